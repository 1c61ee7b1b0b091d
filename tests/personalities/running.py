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
from chatapp_tail.api import Api, TokenSource
from chatapp_tail.background import BackgroundCall
from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ChatAppTailError, ExitCode
from chatapp_tail.pusher.authorizing import AuthorizationWorker, Authorizer
from chatapp_tail.pusher.interfaces import Transport
from chatapp_tail.pusher.transport import WebSocketTransport, open_websocket
from chatapp_tail.settings import Endpoint, ShowSettings, TailSettings
from chatapp_tail.signals import Signals
from chatapp_tail.tail import Authorizations, Tail
from tests.personalities.simulated import CountedAuthorizations, SimulatedTime
from tests.support.credentials import APP, TOKEN
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeWriter, dependencies, opened
from tests.support.loopback_http import Answer, AuthEndpoint, AuthRequest, json_answer
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
    sockets: int
    confirmed: tuple[tuple[str, ...], ...]
    """The channels that the server confirmed, by connection."""
    seconds: float


class Run:
    """One tail with its server and API, opened and closed by ``open_run``."""

    def __init__(
        self,
        *,
        server: PersonalityServer,
        endpoint: AuthEndpoint,
        time: SimulatedTime,
        settings: TailSettings,
        connect: Callable[[float], WebSocketTransport],
        authorizations: Authorizations,
        writer: FakeWriter,
    ) -> None:
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
            authorizations,
            time,
            self.writer,
            time.clock,
            self._stderr,
            signals=self.signals,
            ends_at=time.clock.now() + (settings.duration or float("inf")),
            has_goal=settings.show.has_goal,
        )
        self.tail = Tail(settings, parts)

    def connect(self, timeout: float) -> BackgroundCall[Transport]:
        """Open a websocket, and remember it."""
        return opened(lambda: self._open(timeout))

    def _open(self, timeout: float) -> WebSocketTransport:
        self.tries += 1
        self.when_trying()
        transport = self._connect(timeout)
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
            code, error, hint = exc.exit_code, _without_host(exc.message), exc.hint
        assert all(each.fileno() < 0 for each in self.transports)
        return Outcome(
            code,
            error,
            hint,
            tuple(self.said),
            tuple(record.data for record in self.writer.records),
            len(self.server.connections),
            tuple(tuple(each.confirmed) for each in self.server.connections),
            round(self.clock.now() - self._began_at, 3),
        )

    def summary(self) -> str:
        """Return the tail's summary."""
        self.tail.report_summary()
        return self.said[-1]

    def notices(self, notice: str) -> list[dict[str, object]]:
        """Return the notices of one type."""
        return [each for each in self.writer.notices if each["type"] == notice]

    @property
    def said(self) -> list[str]:
        """The lines on stderr, without addresses, times of day and "connecting to"."""
        text = re.sub(r" \(\d\d:\d\d:\d\d–\d\d:\d\d:\d\d\)", "", self._stderr.getvalue())
        lines = [line.removeprefix("chatapp-tail: ") for line in _without_host(text).splitlines()]
        return [line for line in lines if not line.startswith("connecting to ")]


@contextmanager
def open_run(
    personality: Personality,
    endpoint: AuthEndpoint,
    *switches: Switches,
    channels: Sequence[str] = (TELEGRAM,),
    app_key: str = APP.key,
    tokens: TokenSource | None = None,
    authorizations: Authorizations | None = None,
    answer_timeout: float = _REAL_TIMEOUT,
    pace: Clock | None = None,
    writer: FakeWriter | None = None,
    urls: Iterator[str | None] | None = None,
    count: int | None = None,
    duration: float | None = 20_000,
    retries: int | None = None,
    strict: bool = False,
) -> Iterator[Run]:
    """Start a server, and yield a run of the real parts.

    ``urls`` are the targets of the next connections, None for the server; ``authorizations``
    replace the API; ``pace`` is the clock for pauses between requests to it.
    """
    time = SimulatedTime(FakeClock())
    with PersonalityServer(personality, time.clock, *switches) as server:
        time.servers.append(server)
        settings = TailSettings(
            channels=tuple(map(parse_name, channels)),
            endpoint=Endpoint(server.url, endpoint.api_url),
            show=ShowSettings(count=count),
            duration=duration,
            retries=retries,
            strict=strict,
            notices=True,
        )

        def connect(_timeout: float) -> WebSocketTransport:
            url = next(urls, None) if urls is not None else None
            return open_websocket(
                url or server.url, app_key, timeout=_REAL_TIMEOUT, context=_TRUSTS_NOBODY
            )

        def new_authorizer() -> Authorizer:
            api = Api(
                endpoint.api_url,
                clock=time.clock,
                context=_TRUSTS_NOBODY,
                connect_timeout=_REAL_TIMEOUT,
                answer_timeout=answer_timeout,
            )
            return Authorizer(api, tokens or LiteralToken(TOKEN))

        worker = AuthorizationWorker(new_authorizer, clock=pace or time.clock, wake=time.wake)
        if authorizations is None:
            authorizations = time.authorizations = CountedAuthorizations(worker)
        with closing(time):
            try:
                yield Run(
                    server=server,
                    endpoint=endpoint,
                    time=time,
                    settings=settings,
                    connect=connect,
                    authorizations=authorizations,
                    writer=writer or FakeWriter(),
                )
            finally:
                worker.stop()


def _without_host(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)


# Acts: what a plan does to a run


def event(item: object, channel: str = TELEGRAM, *, name: str = "message") -> Act:
    """Publish an event with one item, wrapped as the vendor does it."""
    payload = {"queue": "q", "payload": {"data": [item], "meta": {"type": name}}}
    return published(json.dumps(payload, ensure_ascii=False), channel, name=name)


def published(data: object, channel: str = TELEGRAM, *, name: str = "message") -> Act:
    """Publish an event with this data."""
    return lambda run: run.server.publish(name, channel, data)


def signed(endpoint: AuthEndpoint, asked: AuthRequest) -> Answer:
    """Return a signature. A kept connection would cost 40 ms (delayed ACK) at each request."""
    signature = {"auth": endpoint.sign(asked.socket_id, asked.channel)}
    return json_answer(200, signature, Connection="close")


def server_does(act: Callable[[Connection], None]) -> Act:
    """Return an act on the server's newest connection."""
    return lambda run: run.server.post(act)
