"""Answers that go wrong on demand. Pure but for a lock.

Source: what clients of the API have met: the vendor's error object with HTTP 200 and with 4xx,
429 and 5xx, a proxy's HTML, and 200 with nothing useful in it.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Self

from chatapp_tail import jsontext
from chatapp_tail.emulator.replies import INVALID_TOKEN, error_body

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=UTF-8"}
_PROXY_PAGE = (
    "<html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One whole HTTP answer: any status, headers and body, or one of those ready-made below."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of_json(cls, status: int, body: object, headers: Mapping[str, str] | None = None) -> Self:
        """Return an answer with a JSON body; ``headers`` come on top of its Content-Type."""
        return cls(status, _JSON | dict(headers or {}), jsontext.dumps(body))

    @classmethod
    def success_false(
        cls, code: str = "ApiInvalidTokenError", message: str = "Invalid Token"
    ) -> Self:
        """Return 200 with the error object: HTTP says yes, the body no."""
        return cls.of_json(200, error_body(code, message))

    @classmethod
    def unauthorized(cls) -> Self:
        """Return 401 with ``ApiInvalidTokenError``."""
        return cls.of_json(401, INVALID_TOKEN)

    @classmethod
    def forbidden(cls) -> Self:
        """Return 403 with an error object."""
        return cls.of_json(403, error_body("ApiAccessError", "Access denied"))

    @classmethod
    def unprocessable(cls) -> Self:
        """Return 422 with an error object."""
        return cls.of_json(422, error_body("ApiValidationError", "The given data was invalid."))

    @classmethod
    def throttled(cls, retry_after: int = 1) -> Self:
        """Return 429, to be tried again after so many seconds."""
        body = error_body("ApiTooManyRequestsError", "Too Many Attempts.")
        return cls.of_json(429, body, {"Retry-After": str(retry_after)})

    @classmethod
    def server_error(cls) -> Self:
        """Return 500 as Laravel words it: no error object."""
        return cls.of_json(500, {"message": "Server Error"})

    @classmethod
    def html(cls, status: int = 200) -> Self:
        """Return the page of a proxy that stands before the API."""
        return cls(status, _HTML, _PROXY_PAGE.encode())

    @classmethod
    def truncated(cls) -> Self:
        """Return 200 with JSON that ends in the middle."""
        return cls(200, _JSON, b'{"success":true,"data":[{"licenseId":1229,"lic')

    @classmethod
    def empty(cls) -> Self:
        """Return 200 without a body."""
        return cls(200, _HTML)


class PlannedFailures:
    """Which failures wait at which path. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: defaultdict[str, deque[Failure]] = defaultdict(deque)

    def plan(self, path: str, failure: Failure, times: int) -> None:
        """Let the next ``times`` requests to ``path`` fail, after those planned before."""
        with self._lock:
            self._waiting[path].extend([failure] * times)

    def take(self, path: str) -> Failure | None:
        """Return the failure that is next at ``path``, once; None if it is to go well."""
        with self._lock:
            waiting = self._waiting.get(path)
            return waiting.popleft() if waiting else None
