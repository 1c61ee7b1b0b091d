"""Into a running ``chatapp-tail serve``, the way ChatApp's own back end publishes.

Source: the Pusher Channels documentation, "HTTP API", ``POST /apps/{id}/events``.
"""

import ssl
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlencode

from chatapp_tail import jsontext
from chatapp_tail.api import Api, Reply
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.values import dig, integer
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ApiUnavailableError, ConnectionFailedError, UsageError
from chatapp_tail.triggering.payload import Payload, wrapped
from chatapp_tail.triggering.target import Sent

# From the path and the body of a request to the query that signs it.
Sign: TypeAlias = Callable[[str, bytes], Mapping[str, str]]

_CONNECT_TIMEOUT = 5.0


class LocalChatApp:
    """Publishes to one channel of the local ChatApp at ``url``."""

    def __init__(  # noqa: PLR0913 (where to, and how)
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
        self._api = Api(url, clock=clock, context=context, connect_timeout=_CONNECT_TIMEOUT)

    def send(self, event: str, payload: Payload) -> Sent:
        """Publish one event. Raises ``ConnectionFailedError``, or ``UsageError`` if too large."""
        reply = self._post(
            {
                "name": event,
                "channel": self._channel.name,
                "data": jsontext.dumps(wrapped(payload)).decode(),
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
        # The API's client writes JSON in the same way: these bytes are what it sends.
        query = urlencode(self._sign(self._path, jsontext.dumps(body)))
        try:
            return self._api.call("POST", f"{self._path}?{query}", headers={}, json=body)
        except ApiUnavailableError:
            raise ConnectionFailedError(
                f"no local ChatApp at {self._url}", hint="Start one: chatapp-tail serve"
            ) from None


def _sent(spec: str, subscribers: int | None) -> Sent:
    match subscribers:
        case None:
            return Sent(f"sent to {spec}")
        case 0:
            return Sent(
                f"sent to {spec}, which nobody watches", hint=f"Watch it: chatapp-tail {spec}"
            )
        case 1:
            return Sent(f"sent to {spec}, 1 subscriber")
        case _:
            return Sent(f"sent to {spec}, {subscribers} subscribers")
