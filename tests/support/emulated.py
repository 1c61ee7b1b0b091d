"""The local ChatApp as tests need it: publishing, failures, outages, and a list of its requests.

Source of the failures: reports of clients of the API.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple, Self, TypeVar

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.emulator.account import DEMO_TOKEN
from chatapp_tail.emulator.rest import INVALID_TOKEN, error_body
from chatapp_tail.emulator.server import Emulator as LocalChatApp
from chatapp_tail.emulator.server import EmulatorSettings
from chatapp_tail.emulator.server import running_emulator as running_chatapp

__all__ = ["DEMO_TOKEN", "Emulator", "EmulatorSettings", "Failure", "running_emulator"]

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=UTF-8"}
_PROXY_PAGE = (
    "<html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>"
)
_WEBSOCKETS = "/app/"

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Failure:
    """One HTTP answer: any status, headers and body, or one of the common failures below."""

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
        """Return 200 with the error object."""
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
        """Return 429 with a Retry-After in seconds."""
        body = error_body("ApiTooManyRequestsError", "Too Many Attempts.")
        return cls.of_json(429, body, {"Retry-After": str(retry_after)})

    @classmethod
    def server_error(cls) -> Self:
        """Return 500 as Laravel does, without an error object."""
        return cls.of_json(500, {"message": "Server Error"})

    @classmethod
    def html(cls, status: int = 200) -> Self:
        """Return the error page of a proxy in front of the API."""
        return cls(status, _HTML, _PROXY_PAGE.encode())

    @classmethod
    def truncated(cls) -> Self:
        """Return 200 with JSON that ends in the middle."""
        return cls(200, _JSON, b'{"success":true,"data":[{"licenseId":1229,"lic')

    @classmethod
    def empty(cls) -> Self:
        """Return 200 without a body."""
        return cls(200, _HTML)


class SeenRequest(NamedTuple):
    """One request. ``path`` without the query; ``headers`` by lower-case name."""

    method: str
    path: str
    headers: Mapping[str, str]


class _Interception:
    """The first middleware: notes each request, and answers those that are to fail. Thread-safe.

    ``host`` is a Host that it replaces by the loopback's, for clients behind a proxy.
    """

    def __init__(self, host: str | None) -> None:
        self._host = host
        self._lock = Lock()
        self._planned: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self._seen: list[SeenRequest] = []
        self.refuses_websockets = False

    @web.middleware
    async def intercept(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self._lock:
            # Noted first: a client that has its answer finds its request in the list.
            self._seen.append(SeenRequest(request.method, request.path, headers))
            planned = self._planned.get(request.path)
            failure = planned.popleft() if planned else None
        if self.refuses_websockets and request.path.startswith(_WEBSOCKETS):
            return web.Response(status=503, text="Service Unavailable")
        if failure is not None:
            return web.Response(status=failure.status, headers=failure.headers, body=failure.body)
        if self._host and headers.get("host", "").rpartition(":")[0] == self._host:
            renamed = request.headers.copy()
            renamed[hdrs.HOST] = "localhost"
            request = request.clone(headers=renamed)
        return await handler(request)

    def plan(self, path: str, failure: Failure, times: int) -> None:
        with self._lock:
            self._planned[path].extend([failure] * times)

    @property
    def seen(self) -> list[SeenRequest]:
        with self._lock:
            return list(self._seen)


@dataclass(frozen=True)
class Emulator(LocalChatApp):
    """A running local ChatApp whose events and failures a test controls."""

    interception: _Interception

    @property
    def connections(self) -> int:
        """The number of open websockets."""
        return self.hub.connections

    @property
    def requests(self) -> list[SeenRequest]:
        """All HTTP requests, oldest first; failed ones and websockets too."""
        return self.interception.seen

    def publish(self, channel: str, event: str, payload: object) -> int:
        """Send one event; return to how many subscribers.

        ``payload`` goes double-encoded, as servers do; text goes as it is, JSON or not.
        """
        data = payload if isinstance(payload, str) else jsontext.dumps(payload).decode()
        return self._in_loop(lambda: self.hub.publish(channel, event, data))

    def fail(self, path: str, failure: Failure, times: int = 1) -> None:
        """Answer the next ``times`` requests to ``path`` with ``failure``, after earlier plans.

        Any method counts, and any query; ``path`` itself must be exact. It need not exist.
        """
        self.interception.plan(path, failure, times)

    def refuse_websockets(self, *, refused: bool = True) -> None:
        """Answer new websockets with 503, until called with ``refused=False``.

        Those that are open stay; ``drop_all`` after this begins an outage. The API goes on.
        """
        self.interception.refuses_websockets = refused

    def drop_all(self) -> None:
        """Cut all websockets without a close frame; clients may reconnect at once."""
        self._in_loop(self.hub.abort_all)

    def expire_tokens(self) -> None:
        """End all access tokens that were issued; ``token`` and the refresh tokens stay valid."""
        for tenant in self.tenants:
            self._in_loop(tenant.end_access)

    def _in_loop(self, call: Callable[[], _Result]) -> _Result:
        """Return what ``call`` returns in the server's thread."""
        done: Future[_Result] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(call()))
        return done.result(5)


@contextmanager
def running_emulator(
    settings: EmulatorSettings, clock: Clock | None = None, *, host: str | None = None
) -> Iterator[Emulator]:
    """Run a local ChatApp for the length of the ``with`` block.

    It accepts requests for ``host``, too, as they come through a proxy.
    """
    interception = _Interception(host)
    with running_chatapp(
        settings, clock or SystemClock(), middlewares=[interception.intercept]
    ) as chatapp:
        yield Emulator(**vars(chatapp), interception=interception)
