"""The local ChatApp as tests need it: publishing, failures, outages, and a list of its requests."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.emulator.account import DEMO_TOKEN
from chatapp_tail.emulator.rest import INVALID_TOKEN, error_body
from chatapp_tail.emulator.server import Emulator as LocalChatApp
from chatapp_tail.emulator.server import EmulatorSettings
from chatapp_tail.emulator.server import running_emulator as running_chatapp
from tests.support.loopback_http import Answer, json_answer

__all__ = ["DEMO_TOKEN", "Emulator", "EmulatorSettings", "running_emulator"]

_WEBSOCKETS = "/app/"
# What the API, or a proxy in front of it, answers to a request that fails.
UNAUTHORIZED = json_answer(401, INVALID_TOKEN)
FORBIDDEN = json_answer(403, error_body("ApiAccessError", "Access denied"))
SERVER_ERROR = json_answer(500, {"message": "Server Error"})  # as Laravel, without an error object
HTML_PAGE = Answer(200, {"Content-Type": "text/html"}, "<html><h1>502 Bad Gateway</h1></html>")

_Result = TypeVar("_Result")


def throttled(retry_after: int) -> Answer:
    """Return 429 with a Retry-After in seconds."""
    body = error_body("ApiTooManyRequestsError", "Too Many Attempts.")
    return json_answer(429, body, **{"Retry-After": str(retry_after)})


class _Interception:
    """The first middleware: notes each request, and answers those that fail.

    ``host`` is a Host that it replaces by the loopback's, for clients behind a proxy.
    """

    def __init__(self, host: str | None) -> None:
        self._host = host
        self.planned: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self.seen: list[str] = []
        self.refuses_websockets = False

    @web.middleware
    async def intercept(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # Noted first: a client that has its answer finds its request in the list.
        self.seen.append(request.path)
        planned = self.planned[request.path]
        if self.refuses_websockets and request.path.startswith(_WEBSOCKETS):
            return web.Response(status=503, text="Service Unavailable")
        if planned:
            answer = planned.popleft()
            return web.Response(status=answer.status, headers=answer.headers, body=answer.content)
        if self._host and request.headers[hdrs.HOST].rpartition(":")[0] == self._host:
            renamed = request.headers.copy()
            renamed[hdrs.HOST] = "localhost"
            request = request.clone(headers=renamed)
        return await handler(request)


@dataclass(frozen=True)
class Emulator(LocalChatApp):
    """A running local ChatApp whose events and failures a test controls."""

    interception: _Interception

    @property
    def connections(self) -> int:
        return self.hub.connections

    @property
    def requests(self) -> list[str]:
        """The paths of all HTTP requests, oldest first; failed ones and websockets too."""
        return list(self.interception.seen)

    def publish(self, channel: str, event: str, payload: object) -> int:
        """Send one event; return to how many subscribers.

        ``payload`` goes double-encoded, as servers do; text goes as it is, JSON or not.
        """
        data = payload if isinstance(payload, str) else jsontext.dumps(payload).decode()
        return self._in_loop(lambda: self.hub.publish(channel, event, data))

    def fail(self, path: str, failure: Answer, times: int = 1) -> None:
        """Answer the next ``times`` requests to ``path`` with ``failure``, after earlier plans.

        Any method counts, and any query; ``path`` itself must be exact. It need not exist.
        """
        self.interception.planned[path].extend([failure] * times)

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
