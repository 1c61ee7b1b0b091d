"""One event as a POST to the target, and what came of it."""

import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

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

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 30.0
# The body of an answer isn't used. A short one is read, so that the connection can be kept.
_LONGEST_ANSWER = 64 * 1024
_PIECE = 4096
# How much of an answer that isn't 2xx is shown, in bytes.
_LONGEST_QUOTE = 200
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

    ``seconds`` is how long an answer took; ``may_pass`` tells whether another try may succeed,
    ``retry_after`` after how many seconds the target wants it; ``said`` is the beginning of the
    answer in one line.
    """

    status: int | None
    error: str = ""
    seconds: float = 0.0
    may_pass: bool = False
    retry_after: float = 0.0
    said: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the target took the event: its status is 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_final(self) -> bool:
        """Whether it is an answer that another try wouldn't change."""
        return self.status is not None and not self.may_pass


class Poster:
    """Posts JSON on one kept connection. One thread posts; any other one may ``stop`` it."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        url: str,
        headers: Sequence[Header],
        *,
        context: ssl.SSLContext,
        clock: Clock,
        connect_timeout: float = CONNECT_TIMEOUT,
        answer_timeout: float = ANSWER_TIMEOUT,
    ) -> None:
        """``url`` passed ``check_target``. Timeouts in seconds, the second one for an exchange."""
        self.host = urlsplit(url).netloc
        """The target in messages: the path or query of its URL may be a secret."""
        self._url = url
        self._own = merged(headers)
        self._own_names = {name.lower() for name in self._own}
        self._context = context
        self._clock = clock
        self._timeout = (connect_timeout, answer_timeout)
        self._connection = CuttableSocket()
        self._session: requests.Session | None = None

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Send ``body`` and return the reply. A redirect isn't followed.

        The user's own headers replace those of the same name in ``headers``.
        Raises ``UsageError`` for a proxy that can't be used.
        """
        given = (headers or {}).items()
        more = {name: value for name, value in given if name.lower() not in self._own_names}
        if self._session is None:
            self._session = self._new_session()
        began = self._clock.now()
        try:
            with (
                self._connection.within(self._timeout[1]),
                self._session.post(
                    self._url,
                    data=body,
                    headers=more,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                wish = response.headers.get("Retry-After")
                return Reply(
                    response.status_code,
                    seconds=self._clock.now() - began,
                    may_pass=response.status_code in PASSING_STATUSES,
                    retry_after=retry_after(wish, self._clock.utcnow()) or 0.0,
                    said=_beginning(response),
                )
        except OSError as exc:  # requests' own errors are among them
            return _failure(exc)

    def stop(self) -> None:
        """Cut the connection, and every later one."""
        self._connection.close()

    def close(self) -> None:
        """Close the kept connection."""
        if self._session is not None:
            self._session.close()

    def _new_session(self) -> "requests.Session":
        from http.cookiejar import DefaultCookiePolicy  # noqa: PLC0415 (slow import)

        from chatapp_tail.network.http import http_session  # noqa: PLC0415 (loads requests)

        session = http_session(self._url, self._context, self._connection)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.update({"Accept": "*/*", **self._own, "Content-Type": "application/json"})
        return session


def _beginning(response: "requests.Response") -> str:
    """Read a short answer and return its beginning in one line; a long one costs the connection."""
    size, beginning = 0, b""
    # Only the status counts, also if the body breaks off or can't be inflated.
    with suppress(OSError):
        for piece in response.iter_content(_PIECE):
            size += len(piece)
            beginning = beginning or piece[:_LONGEST_QUOTE]
            if size > _LONGEST_ANSWER:
                break
    return " ".join(beginning.decode("utf-8", "replace").split())


def _failure(exc: OSError) -> Reply:
    from requests import exceptions  # noqa: PLC0415 (slow import)

    cause = innermost(exc)
    match exc:
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
