"""Channel authorization: ``POST /broadcasting/auth`` with requests.

Source: the Pusher protocol's "authorizing users" and Laravel's implementation of it, which answers
302 to a login page when it isn't told to expect JSON. The token goes bare into ``Authorization``.
"""

import ssl
from email.utils import parsedate_to_datetime
from typing import Protocol

import requests

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock
from chatapp_tail.errors import (
    AuthorizationError,
    AuthorizationUnavailableError,
    ChannelRefusedError,
    TokenRefusedError,
)
from chatapp_tail.network import http_session
from chatapp_tail.pusher.protocol import Authorization

# Seconds for one answer. Reading and pings go on meanwhile, in another thread.
ANSWER_TIMEOUT = 10.0
# Statuses that may pass: timeout, expired page (Laravel), too early, throttled; and all 5xx.
_PASSING_STATUSES = frozenset({408, 419, 425, 429, *range(500, 600)})
_INVALID_TOKEN = "ApiInvalidTokenError"  # noqa: S105 (the API's error code)
_LONGEST_WISH = 300.0
# A signature takes 100 bytes. An API that sends without end, or what inflates to gigabytes, is cut.
_LARGEST_ANSWER = 1 << 20
# How much of the API's own words goes into a message, in characters.
_LONGEST_QUOTE = 200


class TokenSource(Protocol):
    """Where the access token comes from."""

    def token(self) -> str:
        """Return the current token. Raises ``CredentialsError``."""
        ...

    def renew(self, refused: str) -> str | None:
        """Return another token than the one the API refused, or None if there is none."""
        ...


class Authorizer:
    """Signs channels through the API. Not thread-safe: one thread uses it."""

    def __init__(  # noqa: PLR0913 (two of them are timeouts)
        self,
        api_url: str,
        tokens: TokenSource,
        *,
        clock: Clock,
        context: ssl.SSLContext,
        connect_timeout: float,
        answer_timeout: float = ANSWER_TIMEOUT,
    ) -> None:
        """``api_url`` is ``http[s]://host[:port]``; timeouts in seconds."""
        self._url = f"{api_url}/broadcasting/auth"
        self._tokens = tokens
        self._clock = clock
        self._timeout = (connect_timeout, answer_timeout)
        self._session = http_session(api_url, context)

    def authorize(self, socket_id: str, channel: str) -> Authorization:
        """Return the signature of ``channel`` for ``socket_id``.

        A refused token is replaced once, if its source has another. Raises ``TokenRefusedError``,
        ``ChannelRefusedError`` or ``AuthorizationUnavailableError``, and ``CredentialsError``.
        """
        token = self._tokens.token()
        try:
            return self._ask(token, socket_id, channel)
        except TokenRefusedError:
            renewed = self._tokens.renew(token)
            if renewed is None:
                raise
        return self._ask(renewed, socket_id, channel)

    def close(self) -> None:
        """Close the kept connection."""
        self._session.close()

    def _ask(self, token: str, socket_id: str, channel: str) -> Authorization:
        try:
            with self._session.post(
                self._url,
                data={"socket_id": socket_id, "channel_name": channel},
                headers={"Authorization": token},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _content(response)
        except (requests.RequestException, OSError, ValueError) as exc:
            raise AuthorizationUnavailableError(_failure(exc, self._url, token)) from exc
        return self._read(response, content)

    def _read(self, response: requests.Response, content: bytes) -> Authorization:
        """Parse the body first, then the status: the API reports errors with 200, too."""
        status = response.status_code
        try:
            body = jsontext.loads(content)
        except ValueError:
            body = None
        if status == 200 and isinstance(body, dict) and isinstance(body.get("auth"), str):
            channel_data = body.get("channel_data")
            return Authorization(
                body["auth"], channel_data if isinstance(channel_data, str) else None
            )
        raise self._refusal(status, body, response, len(content))

    def _refusal(
        self, status: int, body: object, response: requests.Response, size: int
    ) -> AuthorizationError:
        if status == 407:  # without TLS a proxy answers in the API's place
            return AuthorizationUnavailableError(
                "the proxy wants a user and a password (HTTP 407)", status=status
            )
        token = str(response.request.headers["Authorization"])
        said = _quote(_message(body), token)
        if status == 401 or 300 <= status < 400 or said.startswith(_INVALID_TOKEN):
            return TokenRefusedError(
                f"the API refused the token (HTTP {status}{said and f', {said}'})",
                status=status,
            )
        if status in _PASSING_STATUSES:
            return AuthorizationUnavailableError(
                f"the API answered HTTP {status}{said and f', {said}'}",
                status=status,
                retry_after=self._retry_after(response.headers.get("Retry-After")),
            )
        if 400 <= status < 500:
            return ChannelRefusedError(f"HTTP {status}{said and f', {said}'}", status=status)
        kind = _quote(response.headers.get("Content-Type", "no content type"), token)
        return AuthorizationUnavailableError(
            f"the API's answer has no signature (HTTP {status}{said and f', {said}'}, {kind}, "
            f"{size} bytes)",
            hint="Check --api-url.",
            status=status,
        )

    def _retry_after(self, header: str | None) -> float | None:
        """Return the wish in seconds, from digits or an HTTP date; None for anything else."""
        if header is None:
            return None
        if header.isascii() and header.isdigit() and len(header) < 10:
            return min(float(header), _LONGEST_WISH)
        try:
            seconds = (parsedate_to_datetime(header) - self._clock.utcnow()).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
        return min(max(seconds, 0.0), _LONGEST_WISH)


def _message(body: object) -> str:
    """Return what the API says: ``CODE: message`` of its errors, or Laravel's ``message``."""
    if not isinstance(body, dict):
        return ""
    error = body.get("error")
    if isinstance(error, dict):
        return f"{error.get('code') or 'error'}: {error.get('message') or ''}".rstrip(": ")
    message = body.get("message")
    return message if isinstance(message, str) else ""


def _content(response: requests.Response) -> bytes:
    """Read the body. Raises ``ContentDecodingError`` for one of more than a megabyte."""
    content = bytearray()
    for piece in response.iter_content(1 << 16):
        content += piece
        if len(content) > _LARGEST_ANSWER:
            raise requests.exceptions.ContentDecodingError
    return bytes(content)


def _failure(exc: Exception, url: str, token: str) -> str:
    """Say in a few words why there was no answer; requests' own messages run over lines."""
    cause = _innermost(exc)
    match exc:
        case requests.exceptions.SSLError() if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the API's certificate can't be trusted: {cause.verify_message}"
        case requests.exceptions.ConnectTimeout() | requests.exceptions.ReadTimeout():
            return f"the API didn't answer in time ({url})"
        case requests.exceptions.ProxyError():
            return f"the proxy refused the way to the API ({url}): {_words(cause, token)}"
        case requests.exceptions.ConnectionError():
            return f"no connection to the API ({url}): {_words(cause, token)}"
        case _:
            return f"the API's answer can't be read: {type(exc).__name__}"


def _innermost(exc: BaseException) -> BaseException:
    while (inner := exc.__cause__ or exc.__context__ or _wrapped(exc)) is not None:
        exc = inner
    return exc


def _wrapped(exc: BaseException) -> BaseException | None:
    """Return the exception that urllib3 gives as an argument alone, as it does behind a proxy."""
    return next((inner for inner in exc.args if isinstance(inner, BaseException)), None)


def _words(exc: BaseException, token: str) -> str:
    if isinstance(exc, ssl.SSLError) and exc.reason:
        return exc.reason
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    # http.client quotes a first line that isn't HTTP.
    return _quote(str(exc).strip(), token)


def _quote(words: str, token: str) -> str:
    """Cut the API's own words; one that quotes what it refuses would put the token into ours."""
    return words.replace(token, "the token")[:_LONGEST_QUOTE]
