"""A real tail, over real sockets, against a server of one kind and a scripted API."""

import json
import re
import signal
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import StringIO
from weakref import WeakSet

from chatapp_tail.account.tokens import LiteralToken
from chatapp_tail.api import Api
from chatapp_tail.background import BackgroundCall
from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.errors import ChatAppTailError, ExitCode
from chatapp_tail.pusher.authorizing import AuthorizationWorker, Authorizer
from chatapp_tail.pusher.interfaces import Transport
from chatapp_tail.pusher.transport import WebSocketTransport, open_websocket
from chatapp_tail.settings import Endpoint, ShowSettings, TailSettings
from chatapp_tail.signals import Signals
from chatapp_tail.tail import Tail
from tests.personalities.simulated import CountedAuthorizations, SimulatedTime
from tests.support.credentials import APP, TOKEN
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeWriter, dependencies, opened
from tests.support.loopback_http import Answer, AuthEndpoint, Request, json_answer
from tests.support.personalities import Connection, Personality, PersonalityServer, Switches
from tests.support.records import TELEGRAM

# The limit for one exchange with a server on loopback, in real seconds.
_REAL_TIMEOUT = 2.0
_TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Act = Callable[["Run"], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. ``said`` are the lines on stderr without "connecting to"."""

    code: ExitCode
    error: str
    hint: str
    said: tuple[str, ...]
    shown: tuple[object, ...]
    confirmed: tuple[tuple[str, ...], ...]
    """The channels that the server confirmed, by connection."""
    seconds: float


class Run:
    """One tail with its server and API, opened and closed by ``open_run``."""

    def __init__(  # noqa: PLR0917 (wiring)
        self,
        server: PersonalityServer,
        endpoint: AuthEndpoint,
        time: SimulatedTime,
        settings: TailSettings,
        connect: Callable[[], WebSocketTransport],
        writer: FakeWriter,
    ) -> None:
        assert time.authorizations is not None
        self.server = server
        self.endpoint = endpoint
        self.time = time
        self.clock = time.clock
        self.writer = writer
        self.signals = Signals()
        self.transports: WeakSet[WebSocketTransport] = WeakSet()
        self.tries = 0
        self.when_trying: Callable[[], None] = lambda: None
        self._connect = connect
        self._stderr = StringIO()
        self._began_at = time.clock.now()
        parts = dependencies(
            self.connect,
            time.authorizations,
            time,
            self.writer,
            time.clock,
            self._stderr,
            signals=self.signals,
            ends_at=time.clock.now() + (settings.duration or float("inf")),
            has_goal=settings.show.has_goal,
        )
        self.tail = Tail(settings, parts)

    def connect(self, _timeout: float) -> BackgroundCall[Transport]:
        """Open a websocket, and remember it."""
        return opened(self._open)

    def _open(self) -> WebSocketTransport:
        self.tries += 1
        self.when_trying()
        transport = self._connect()
        self.transports.add(transport)
        return transport

    def plan(self, after: float, act: Act) -> None:
        """Call ``act`` after ``after`` seconds."""
        self.time.plan(after, lambda: act(self))

    def terminate(self) -> None:
        """Send the run a SIGTERM."""
        self.signals.receive(signal.SIGTERM)

    def run(self) -> Outcome:
        """Run to the end, and see that no connection is left open."""
        error = hint = ""
        try:
            code = self.tail.run()
        except ChatAppTailError as exc:
            code, error, hint = exc.exit_code, exc.message, exc.hint
        assert all(each.fileno() < 0 for each in self.transports)
        return Outcome(
            code,
            error,
            hint,
            tuple(self._said()),
            tuple(record.data for record in self.writer.records),
            tuple(tuple(each.confirmed) for each in self.server.connections),
            round(self.clock.now() - self._began_at, 3),
        )

    def _said(self) -> Iterator[str]:
        """Yield the lines on stderr, without times of day and "connecting to"."""
        text = re.sub(r" \(\d\d:\d\d:\d\d–\d\d:\d\d:\d\d\)", "", self._stderr.getvalue())
        for line in text.splitlines():
            said = line.removeprefix("chatapp-tail: ")
            if not said.startswith("connecting to "):
                yield said


@contextmanager
def open_run(
    personality: Personality,
    endpoint: AuthEndpoint,
    *switches: Switches,
    channels: Sequence[str] = (TELEGRAM,),
    app_key: str = APP.key,
    writer: FakeWriter | None = None,
    urls: Sequence[str | None] = (),
    count: int | None = None,
    duration: float = 20_000,
) -> Iterator[Run]:
    """Start a server, and yield a run of the real parts.

    ``urls`` are the targets of the next connections, None for the server.
    """
    clock = FakeClock()
    server = PersonalityServer(personality, clock, *switches)
    with server, closing(SimulatedTime(clock, server)) as time:
        settings = TailSettings(
            channels=tuple(map(parse_name, channels)),
            endpoint=Endpoint(server.url, endpoint.api_url),
            show=ShowSettings(count=count),
            duration=duration,
            notices=True,
        )

        targets = iter(urls)

        def connect() -> WebSocketTransport:
            url = next(targets, None) or server.url
            return open_websocket(url, app_key, timeout=_REAL_TIMEOUT, context=_TRUSTS_NOBODY)

        def new_authorizer() -> Authorizer:
            api = Api(
                endpoint.api_url,
                clock=clock,
                context=_TRUSTS_NOBODY,
                connect_timeout=_REAL_TIMEOUT,
                answer_timeout=_REAL_TIMEOUT,
            )
            return Authorizer(api, LiteralToken(TOKEN))

        worker = AuthorizationWorker(new_authorizer, clock=clock, wake=time.wake)
        time.authorizations = CountedAuthorizations(worker)
        try:
            yield Run(server, endpoint, time, settings, connect, writer or FakeWriter())
        finally:
            worker.stop()


# Acts: what a plan does to a run


def event(item: object, channel: str = TELEGRAM) -> Act:
    """Publish a message with one item, wrapped as the vendor does it."""
    payload = {"queue": "q", "payload": {"data": [item], "meta": {"type": "message"}}}
    return published(json.dumps(payload, ensure_ascii=False), channel)


def published(data: object, channel: str = TELEGRAM) -> Act:
    """Publish a message with this data."""
    return lambda run: run.server.publish("message", channel, data)


def server_does(act: Callable[[Connection], None]) -> Act:
    """Return an act on the server's newest connection."""
    return lambda run: run.server.post(act)


def closed(code: int | None = None, reason: str = "") -> Act:
    """Let the server close the connection with a close frame."""
    return server_does(lambda connection: connection.close(code, reason))


def signed(endpoint: AuthEndpoint, asked: Request) -> Answer:
    """Return a signature. A kept connection would cost 40 ms (delayed ACK) at each request."""
    signature = {"auth": endpoint.sign(asked.socket_id, asked.channel)}
    return json_answer(200, signature, Connection="close")
