"""The targets of triggered events: a local ChatApp, or a webhook.

A running ``chatapp-tail serve`` gets them through Pusher's HTTP API, as from ChatApp's own back
end; a webhook gets the flat payload of ChatApp's own webhooks. Source: the Pusher Channels
documentation, "HTTP API", ``POST /apps/{id}/events``.
"""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlencode, urlsplit

from chatapp_tail import jsontext
from chatapp_tail.api import Api, Reply
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.values import dig, integer
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ApiUnavailableError, ConnectionFailedError, UsageError
from chatapp_tail.forwarding.post import Poster
from chatapp_tail.forwarding.target import Header, check_target
from chatapp_tail.network import is_loopback, proxy_for
from chatapp_tail.triggering.payload import Payload
from chatapp_tail.units import counted

# Makes the query that signs a request from its path and body.
Sign: TypeAlias = Callable[[str, bytes], Mapping[str, str]]

_LOCAL_CONNECT_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of sending one event, in words; ``hint`` is the next step, if any."""

    words: str
    is_taken: bool = True
    hint: str = ""


def check_local(url: str) -> None:
    """Raise ``UsageError`` if the valid ``url`` isn't on this machine.

    Only ``serve`` takes events, and it listens on loopback alone; events must not go elsewhere.
    """
    host = urlsplit(url).hostname or ""
    if not is_loopback(host):
        raise UsageError(
            f"only a local ChatApp takes events, and {host} is not this machine",
            hint="Start one with chatapp-tail serve, and name it in --api-url or CHATAPP_API_URL.\n"
            "To post to a webhook: chatapp-tail trigger EVENT --to URL",
        )


def check_webhook(url: str, *, insecure: bool) -> None:
    """Raise ``UsageError`` as ``check_target`` does, in the words of this command's options."""
    try:
        check_target(url, insecure=insecure)
    except UsageError as exc:
        # Here the options are --header and --insecure.
        hint = exc.hint.replace("--forward-", "--")
        raise UsageError(exc.message, hint=hint, option="to") from None
    proxy_for(url)


class LocalChatApp:
    """Publishes to one channel of the local ChatApp at ``url``."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        url: str,
        app_id: str,
        sign: Sign,
        channel: Channel,
        *,
        context: ssl.SSLContext,
        clock: Clock,
    ) -> None:
        self._url = url
        self._path = f"/apps/{app_id}/events"
        self._sign = sign
        self._channel = channel
        self.name = channel.spec
        self._api = Api(url, clock=clock, context=context, connect_timeout=_LOCAL_CONNECT_TIMEOUT)

    def send(self, event: str, payload: Payload) -> Sent:
        """Publish one event. Raises ``ConnectionFailedError``, or ``UsageError`` if too large."""
        # On the websocket, unlike in a webhook, ChatApp wraps the payload.
        wrapped = {"queue": "events", "payload": payload}
        reply = self._post(
            {
                "name": event,
                "channel": self._channel.name,
                "data": jsontext.dumps(wrapped).decode(),
                "info": "subscription_count",
            }
        )
        if reply.status == 413:
            raise UsageError(
                "the event is larger than a local ChatApp takes: 100 KB of data",
                hint="Send less of it, or send it to a webhook: --to URL",
            )
        if reply.status != 200 or not isinstance(reply.body, dict):
            raise ConnectionFailedError(
                f"what answers at {self._url} takes no events (HTTP {reply.status})",
                hint="Is it another program? Start chatapp-tail serve --port N, and name its URL "
                "in --api-url.",
            )
        count = dig(reply.body, "channels", self._channel.name, "subscription_count")
        return _sent(self._channel.spec, integer(count))

    def _post(self, body: Mapping[str, str]) -> Reply:
        # ``Api.call`` encodes JSON in the same way, so these are the bytes that are sent.
        query = urlencode(self._sign(self._path, jsontext.dumps(body)))
        try:
            return self._api.call("POST", f"{self._path}?{query}", headers={}, json=body)
        except ApiUnavailableError:
            raise ConnectionFailedError(
                f"no local ChatApp at {self._url}", hint="Start one: chatapp-tail serve"
            ) from None


class Webhook:
    """Posts each event once to ``url``, which passed ``check_webhook``."""

    def __init__(
        self, url: str, headers: Sequence[Header], *, context: ssl.SSLContext, clock: Clock
    ) -> None:
        self._poster = Poster(url, headers, context=context, clock=clock)
        self.name = self._poster.host

    def send(self, _event: str, payload: Payload) -> Sent:
        """Post one event; any answer but 2xx counts as not taken.

        Raises ``ConnectionFailedError`` when there is no answer.
        """
        reply = self._poster.post(jsontext.dumps(payload))
        if reply.status is None:
            raise ConnectionFailedError(
                f"the webhook at {self.name} could not be reached: {reply.error}",
                hint="Is it running, and is that its address?",
            )
        is_redirect = 300 <= reply.status < 400
        return Sent(
            f"{reply.status} in {round(reply.seconds * 1000)} ms",
            is_taken=reply.is_taken,
            hint="Redirects aren't followed." if is_redirect else "",
        )


Target: TypeAlias = LocalChatApp | Webhook


def _sent(spec: str, subscribers: int | None) -> Sent:
    if subscribers is None:
        return Sent(f"sent to {spec}")
    if subscribers == 0:
        return Sent(f"sent to {spec}, which nobody watches", hint=f"Watch it: chatapp-tail {spec}")
    return Sent(f"sent to {spec}, {counted(subscribers, 'subscriber')}")
