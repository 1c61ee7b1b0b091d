"""One call to ChatApp's HTTP API, and what its failures mean.

The API reports errors in two forms, ``{"success": false, "error": {"code", "message"}}`` and
Laravel's ``{"message"}``, with any status, 200 included; and a proxy may answer in its place with
HTML. So the body is read first, then the status. ``Authorization`` is the token alone.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ApiError, ApiRefusedError, ApiUnavailableError, TokenRefusedError
from chatapp_tail.masking import Secrets
from chatapp_tail.network import (
    NO_TLS,
    OLD_TLS,
    innermost,
    secure_url,
    tunnel_status,
)
from chatapp_tail.network.cuttable import CutError, CuttableSocket
from chatapp_tail.network.headers import PASSING_STATUSES, ServerClock, retry_after

if TYPE_CHECKING:
    import requests

# Seconds of silence in one answer, and for all of it, connecting included.
ANSWER_TIMEOUT = 10.0
CALL_TIMEOUT = 30.0
_PAGE_EXPIRED = 419  # Laravel's own status, temporary
_INVALID_TOKEN = "ApiInvalidTokenError"  # noqa: S105 (the API's error code)
# In bytes, inflated. A signature takes 100, a thousand licences a million.
LARGEST_ANSWER = 1 << 20
# How much of the API's own words goes into a message, in characters.
_LONGEST_QUOTE = 200
_JSON = "application/json"
# How a TLS server answers a request without TLS: an alert record.
_TLS_ALERT = "\x15\x03"
# What nginx, Apache and Go answer to plain HTTP on a port with TLS.
_WANTS_TLS = (b"sent to HTTPS port", b"SSL-enabled server port", b"HTTP request to an HTTPS server")

T = TypeVar("T")


class TokenSource(Protocol):
    """Where the access token comes from."""

    def token(self) -> str:
        """Return the current token. Raises ``CredentialsError``."""
        ...

    def renew(self, refused: str) -> str | None:
        """Return another token than the one the API refused, or None if there is none.

        Raises ``CredentialsError``, and ``ApiUnavailableError`` when it may work later.
        """
        ...


def with_token(tokens: TokenSource, ask: Callable[[str], T]) -> T:
    """Return what ``ask`` returns for the token; a refused one is renewed, once.

    Raises ``TokenRefusedError`` when there is no other or it is refused, too.
    """
    token = tokens.token()
    try:
        return ask(token)
    except TokenRefusedError as refused:
        renewed = tokens.renew(token) if refused.is_verdict else None
        if renewed is None:
            raise
    return ask(renewed)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. ``body`` is its JSON value, None if it isn't JSON; ``size`` in bytes.

    A body may hold tokens. ``said`` is the API's error message with the request's secrets masked;
    ``kind`` the content type; ``retry_after`` in seconds.
    """

    status: int
    body: object = field(repr=False)
    said: str
    kind: str
    size: int
    retry_after: float | None

    @property
    def is_api(self) -> bool:
        """Whether the API itself answered: it sends JSON objects, proxies and portals don't."""
        return isinstance(self.body, dict)


class Api:
    """Calls on one kept connection. One thread calls; any other may ``cut``."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        url: str,
        *,
        clock: Clock,
        context: ssl.SSLContext,
        connect_timeout: float,
        answer_timeout: float = ANSWER_TIMEOUT,
        call_timeout: float = CALL_TIMEOUT,
        server_clock: ServerClock | None = None,
    ) -> None:
        """``url`` is ``http[s]://host[:port]``. Timeouts in seconds.

        ``answer_timeout`` is for each silence of the API, ``call_timeout`` for the whole call.
        ``server_clock`` learns the API's time from its answers.
        """
        self._url = url
        self._clock = clock
        self._timeout = (connect_timeout, answer_timeout)
        self._call_timeout = call_timeout
        self._server_clock = server_clock or ServerClock()
        self._socket = CuttableSocket()
        from chatapp_tail.network.http import http_session  # noqa: PLC0415 (loads requests)

        self._session = http_session(url, context, self._socket)

    def call(  # noqa: PLR0913 (the parts of a request)
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        json: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        largest: int = LARGEST_ANSWER,
    ) -> Reply:
        """Return the answer, with any status. Raises ``ApiUnavailableError`` if there is none.

        ``secrets`` and the values of ``headers`` are masked in all texts.
        """
        url, hidden = f"{self._url}{path}", (*headers.values(), *secrets)
        asked_at = self._clock.utcnow()
        try:
            with (
                self._socket.within(self._call_timeout),
                self._session.request(
                    method,
                    url,
                    data=form if json is None else jsontext.dumps(json),
                    headers={**headers, **({} if json is None else {"Content-Type": _JSON})},
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                date = response.headers.get("Date")
                self._server_clock.note(date, asked_at, self._clock.utcnow())
                return self._reply(response, _content(response, largest), hidden)
        except (OSError, ValueError) as exc:  # requests' own errors are among them
            reason = _failure(exc, url, hidden)
        # Outside of the handler: the error's context may quote a header, or what was sent.
        raise ApiUnavailableError(reason)

    def cut(self) -> None:
        """End the call that is under way, if any; it raises. Any thread may call this."""
        self._socket.cut()

    def close(self) -> None:
        """Close the kept connection; another call opens a new one."""
        self._session.close()

    def _reply(
        self, response: "requests.Response", content: bytes, hidden: tuple[str, ...]
    ) -> Reply:
        if secure := self._wanted_url(response, content):
            raise ApiUnavailableError(
                f"the API wants TLS ({self._url})",
                hint=f"Use {secure}",
                status=response.status_code,
            )
        try:
            body = jsontext.loads(content)
        except ValueError:
            body = None
        return Reply(
            response.status_code,
            body,
            said=_quote(_message(body), hidden),
            kind=_quote(response.headers.get("Content-Type", "no content type"), hidden),
            size=len(content),
            retry_after=retry_after(response.headers.get("Retry-After"), self._clock.utcnow()),
        )

    def _wanted_url(self, response: "requests.Response", content: bytes) -> str:
        """Return the URL to use in place of ours if only TLS is missing; else an empty string."""
        parts = urlsplit(self._url)
        if parts.scheme != "http":
            return ""
        if 300 <= response.status_code < 400:
            return secure_url(response.headers.get("Location", ""), parts.hostname or "")
        if response.status_code == 400 and any(words in content for words in _WANTS_TLS):
            return f"https://{parts.netloc}"
        return ""


def failure(reply: Reply, *, lacks: str) -> ApiError:
    """Return the error for a ``reply`` without the result; ``lacks`` names the result.

    The fault is the token's, this request's, or a temporary one.
    """
    status, said = reply.status, reply.said and f", {reply.said}"
    if status == 407:  # a proxy's answer to a request without TLS
        return ApiUnavailableError(
            "the proxy wants a user and a password (HTTP 407)",
            hint="They go into its URL: http://user:password@host:port",
            status=status,
        )
    if status == 401 or 300 <= status < 400 or reply.said.startswith(_INVALID_TOKEN):
        return TokenRefusedError(
            f"the API refused the token (HTTP {status}{said})",
            status=status,
            is_verdict=reply.is_api,
        )
    if status in PASSING_STATUSES or status == _PAGE_EXPIRED:
        return ApiUnavailableError(
            f"the API answered HTTP {status}{said}", status=status, retry_after=reply.retry_after
        )
    if 400 <= status < 500:
        return ApiRefusedError(f"HTTP {status}{said}", status=status, is_verdict=reply.is_api)
    return ApiUnavailableError(
        f"the API's answer has no {lacks} (HTTP {status}{said}, {reply.kind}, {reply.size} bytes)",
        hint="Check the API's address.",
        status=status,
    )


def _message(body: object) -> str:
    """Return an error's text: the API's ``CODE: message``, Laravel's ``message; field: problem``.

    Of a field's problems the first is taken.
    """
    if not isinstance(body, dict):
        return ""
    error = body.get("error")
    if isinstance(error, dict):
        code, message = _text(error.get("code")), _text(error.get("message"))
        return f"{code or 'error'}: {message}".rstrip(": ")
    said = [_text(error) or _text(body.get("message"))]
    fields = body.get("errors")
    if isinstance(fields, dict):
        for name, problems in fields.items():
            problem = _text(problems[0] if isinstance(problems, list) and problems else problems)
            said.append(f"{name}: {problem}".rstrip(": "))
    return "; ".join(filter(None, said))


def _text(value: object) -> str:
    """Return text and numbers as text; "" for others, whose notation could hide a secret."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _content(response: "requests.Response", largest: int) -> bytes:
    """Read the body. Raises ``ContentDecodingError`` for one of more than ``largest`` bytes."""
    from requests.exceptions import ContentDecodingError  # noqa: PLC0415 (slow import)

    content = bytearray()
    for piece in response.iter_content(1 << 16):
        content += piece
        if len(content) > largest:
            raise ContentDecodingError
    return bytes(content)


def _failure(  # noqa: PLR0911 (a table)
    exc: Exception, url: str, hidden: tuple[str, ...]
) -> str:
    """Return in a few words why there was no answer; requests' own messages are long."""
    from requests import exceptions  # noqa: PLC0415 (slow import)

    cause, host = innermost(exc), urlsplit(url).netloc
    match exc:
        case CutError():
            return f"the API gave {exc} ({url})" if exc.is_overdue else f"the call was {exc}"
        case exceptions.InvalidHeader() | UnicodeEncodeError():
            return "the request can't be sent: a header holds what none may"
        case exceptions.SSLError() if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the API's certificate can't be trusted: {cause.verify_message}"
        case exceptions.SSLError() if _reason(cause) in NO_TLS:
            return f"the API speaks without TLS at this port: use http://{host}"
        case exceptions.SSLError() if _reason(cause) in OLD_TLS:
            return f"the API offers only versions of TLS that are no longer safe ({url})"
        case exceptions.ConnectTimeout() | exceptions.ReadTimeout():
            return f"the API didn't answer in time ({url})"
        case exceptions.ConnectionError() if str(cause).startswith(_TLS_ALERT):
            return f"the API speaks TLS at this port: use https://{host}"
        case exceptions.ProxyError():
            return f"the proxy refused the way to the API ({url}){_refusal_of_proxy(cause)}"
        case exceptions.ConnectionError():
            ended = url.startswith("http:") and isinstance(cause, ConnectionResetError)
            question = f"; does it want TLS (https://{host})?" if ended else ""
            return f"no connection to the API ({url}): {_words(cause, hidden)}{question}"
        case _:
            return f"the API's answer can't be read: {type(exc).__name__}"


def _refusal_of_proxy(cause: BaseException) -> str:
    """Return the system's error or the proxy's status; the proxy's text may quote credentials."""
    if isinstance(cause, OSError) and cause.strerror:
        return f": {cause.strerror}"
    status = tunnel_status(cause)
    return f" (HTTP {status})" if status else ""


def _reason(exc: BaseException) -> str:
    """Return OpenSSL's name of the error; "" if it isn't one of TLS."""
    return (isinstance(exc, ssl.SSLError) and exc.reason) or ""


def _words(exc: BaseException, hidden: tuple[str, ...]) -> str:
    if isinstance(exc, ssl.SSLError) and exc.reason:
        return exc.reason
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    # http.client quotes a first line that isn't HTTP, so it may hold a secret.
    return _quote(str(exc).strip(), hidden)


def _quote(words: str, hidden: tuple[str, ...]) -> str:
    """Return the beginning of the API's words with secrets masked: it may quote what we sent."""
    return Secrets(hidden).masked(words, _LONGEST_QUOTE)
