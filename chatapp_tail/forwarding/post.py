"""One event as a POST to the target, and what came of it."""

import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from chatapp_tail import jsontext
from chatapp_tail.chatapp.fields import idempotency_key
from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import Clock
from chatapp_tail.forwarding.target import Header, merged
from chatapp_tail.network import innermost, tunnel_status
from chatapp_tail.network.cuttable import CutError, CuttableSocket
from chatapp_tail.network.headers import PASSING_STATUSES, retry_after

if TYPE_CHECKING:
    import requests

# The body of an answer isn't used. A short one is read, so that the connection can be kept.
_LONGEST_ANSWER = 64 * 1024
_PIECE = 4096
# How much of an answer that isn't 2xx is shown, in bytes.
_LONGEST_QUOTE = 200
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
# Limit of what the server names, in characters.
_LONGEST_NAME = 200
# What a header's value may hold besides letters and digits; the rest is percent-encoded.
_PLAIN = "!#$&'()*+,/:;=?@[]_.~-"


class Request(NamedTuple):
    """One event: ``seq`` is its number in this run, ``about`` names it (``message 42205``)."""

    seq: int
    about: str
    headers: Mapping[str, str]
    body: bytes


def request_of(records: Sequence[Record]) -> Request:
    """Return the request for ``records`` of one event, as a ChatApp webhook sends it.

    The data of a malformed event are sent unchanged.
    """
    envelope = records[0].envelope
    data = records[0].data if envelope.malformed else [record.data for record in records]
    channel = "" if envelope.channel is None else envelope.channel.spec
    event, message = envelope.event, records[0].message_id
    return Request(
        envelope.seq,
        f"{event} {message[:_LONGEST_NAME]}" if message else event[:_LONGEST_NAME],
        {
            "Idempotency-Key": idempotency_key(records),
            "X-ChatApp-Event": quote(event[:_LONGEST_NAME], safe=_PLAIN),
            "X-ChatApp-Channel": quote(channel[:_LONGEST_NAME], safe=_PLAIN),
            "X-ChatApp-Seq": str(envelope.seq),
        },
        jsontext.dumps({"data": data, "meta": envelope.meta}),
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """The target's status; None without an answer, and then ``error`` says why in a few words.

    ``seconds`` is how long that took; ``may_pass`` tells whether another try may succeed,
    ``retry_after`` after how many seconds the target wants it; ``said`` is the beginning of an
    answer that isn't 2xx, in one line.
    """

    status: int | None
    error: str = ""
    seconds: float = 0.0
    may_pass: bool = False
    retry_after: float = 0.0
    said: str = ""


class Poster:
    """Posts JSON on one kept connection, in one thread."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        url: str,
        headers: Sequence[Header],
        *,
        context: ssl.SSLContext,
        clock: Clock,
        line: CuttableSocket,
        connect_timeout: float,
        answer_timeout: float,
    ) -> None:
        """Timeouts in seconds; ``answer_timeout`` is for the whole exchange."""
        from http.cookiejar import DefaultCookiePolicy  # noqa: PLC0415 (slow import)

        from chatapp_tail.network.http import http_session  # noqa: PLC0415 (loads requests)

        self._url = url
        self._clock = clock
        self._timeout = (connect_timeout, answer_timeout)
        self._line = line
        self._session = http_session(url, context, line)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._own = merged(headers)
        self._session.headers.update(
            {"Accept": "*/*", **self._own, "Content-Type": "application/json"}
        )

    def post(self, body: bytes, headers: Mapping[str, str] = _NO_HEADERS) -> Reply:
        """Send ``body`` and return the reply. A redirect isn't followed.

        The user's own headers replace those of the same name in ``headers``.
        """
        own = {name.lower() for name in self._own}
        more = {name: value for name, value in headers.items() if name.lower() not in own}
        began = self._clock.now()
        try:
            with (
                self._line.within(self._timeout[1]),
                self._session.post(
                    self._url,
                    data=body,
                    headers=more,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                reply = self._reply(response, self._clock.now() - began)
                beginning = _read(response)
                is_taken = 200 <= response.status_code < 300
                return reply if is_taken else replace(reply, said=_in_one_line(beginning))
        except OSError as exc:  # requests' own errors are among them
            return replace(_failure(exc), seconds=self._clock.now() - began)

    def close(self) -> None:
        """Close the kept connection."""
        self._session.close()

    def _reply(self, response: "requests.Response", seconds: float) -> Reply:
        wish = response.headers.get("Retry-After")
        return Reply(
            response.status_code,
            seconds=seconds,
            may_pass=response.status_code in PASSING_STATUSES,
            retry_after=retry_after(wish, self._clock.utcnow()) or 0.0,
        )


def _read(response: "requests.Response") -> bytes:
    """Read a short answer and return its beginning; a long one costs the connection."""
    size, beginning = 0, b""
    # Only the status counts, also if the body breaks off or can't be inflated.
    with suppress(OSError):
        for piece in response.iter_content(_PIECE):
            size += len(piece)
            beginning = beginning or piece[:_LONGEST_QUOTE]
            if size > _LONGEST_ANSWER:
                break
    return beginning


def _in_one_line(beginning: bytes) -> str:
    return " ".join(beginning.decode("utf-8", "replace").split())


def _failure(exc: OSError) -> Reply:
    from requests import exceptions  # noqa: PLC0415 (slow import)

    cause = innermost(exc)
    match exc:
        case exceptions.InvalidHeader():
            return Reply(None, "can't be sent: InvalidHeader")
        case exceptions.SSLError() if isinstance(cause, ssl.SSLCertVerificationError):
            return Reply(None, f"the certificate can't be trusted: {cause.verify_message}")
        case exceptions.ConnectTimeout():
            return Reply(None, "no connection in time", may_pass=True)
        case exceptions.Timeout() | CutError():
            return Reply(None, "no answer in time", may_pass=True)
        case exceptions.ProxyError():
            return _refused_by_proxy(cause)
        case _:
            return Reply(None, _words(cause), may_pass=True)


def _refused_by_proxy(cause: BaseException) -> Reply:
    status = tunnel_status(cause)
    if status is None:
        return Reply(None, f"the proxy: {_words(cause)}", may_pass=True)
    return Reply(None, f"the proxy answered {status}", may_pass=status in PASSING_STATUSES)


def _words(cause: BaseException) -> str:
    """Return the system's words for a failure; the target's own words may quote our headers."""
    from http.client import RemoteDisconnected  # noqa: PLC0415 (slow import)

    match cause:
        case RemoteDisconnected():
            return "the connection was closed without an answer"
        case ssl.SSLError():
            return f"TLS failed: {cause.reason}"
        case OSError() if cause.strerror:
            return cause.strerror[:1].lower() + cause.strerror[1:]
        case _:
            return "the answer isn't HTTP"
