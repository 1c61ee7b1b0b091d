"""Fakes of a tail's dependencies. Time passes only in ``FakeWakeup.wait``."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from io import StringIO

from chatapp_tail.background import BackgroundCall
from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ApiError, OutputError, TransportError
from chatapp_tail.output.status import LineStream, Status
from chatapp_tail.pusher import protocol
from chatapp_tail.pusher.authorizing import Answer
from chatapp_tail.pusher.interfaces import Authorize, Closed, Received, Transport
from chatapp_tail.pusher.protocol import Authorization
from chatapp_tail.signals import Signals
from chatapp_tail.stopping import Stopping, Waits
from chatapp_tail.tail import Authorizations, Dependencies
from chatapp_tail.wakeup import HasFileno
from tests.support.fake_clock import FakeClock
from tests.support.personalities import SOKETI
from tests.support.schema import validate_line

Outcome = Authorization | ApiError
# A text, or anything else that can be received.
Sent = str | Received
_TOO_MANY = 1_000


@dataclass(frozen=True, slots=True)
class Life:
    """One connection: what the server sends, and when, in seconds after it was opened.

    The handshake, answers to subscriptions and pongs come by themselves, unless switched off.
    ``failure`` is raised in place of opening, ``broken_after`` by every send after that time.
    """

    sends: Sequence[tuple[float, Sent]] = ()
    failure: TransportError | None = None
    broken_after: float = float("inf")
    has_handshake: bool = True
    has_pongs: bool = True


def closed(after: float, code: int | None = None, reason: str = "") -> Life:
    """Return a connection that the server closes ``after`` seconds."""
    return Life([(after, Closed(code, reason))])


def failing(message: str = "no connection", *, fatal: bool = False) -> Life:
    return Life(failure=TransportError(message, hint="Check the network.", fatal=fatal))


class FakeTransport:
    """A connection to a server that speaks as soketi and follows its ``Life``."""

    def __init__(self, life: Life, clock: FakeClock, socket_id: str) -> None:
        self._life = life
        self._clock = clock
        self._opened_at = clock.now()
        self._due: list[tuple[float, int, Received]] = []
        self._scheduled = 0
        self.sent: list[str] = []
        self.is_closed = False
        self.has_unsent = False
        if life.has_handshake:
            data = json.dumps({"socket_id": socket_id, "activity_timeout": 120})
            self._schedule(0, SOKETI.frame(protocol.CONNECTION_ESTABLISHED, data=data))
        for after, sent in life.sends:
            self._schedule(after, sent)

    @property
    def next_at(self) -> float:
        return self._due[0][0] if self._due else float("inf")

    def fileno(self) -> int:
        """Raise: the fakes wait for the object itself."""
        raise OSError("no file descriptor")

    def receive(self) -> list[Received]:
        assert not self.is_closed
        received: list[Received] = []
        while self.next_at <= self._clock.now():
            received.append(heappop(self._due)[2])
            if isinstance(received[-1], Closed):
                break
        return received

    def send_text(self, text: str) -> None:
        assert not self.is_closed
        since = self._clock.now() - self._opened_at
        if since > self._life.broken_after:
            self._schedule(since, Closed(None, "the connection broke: Broken pipe"))
            return
        self.sent.append(text)
        envelope = json.loads(text)
        if envelope["event"] == protocol.PING and self._life.has_pongs:
            self._schedule(since, SOKETI.frame(protocol.PONG, data=SOKETI.pong_data))
        if envelope["event"] == protocol.SUBSCRIBE:
            channel = envelope["data"]["channel"]
            answer = SOKETI.frame(protocol.SUBSCRIPTION_SUCCEEDED, channel=channel)
            self._schedule(since, answer)

    def close(self) -> None:
        self.is_closed = True

    def _schedule(self, after: float, sent: Sent) -> None:
        received = sent.encode() if isinstance(sent, str) else sent
        self._scheduled += 1
        heappush(self._due, (self._opened_at + after, self._scheduled, received))


class Stderr(StringIO):
    """Keeps what is said."""

    @property
    def said(self) -> list[str]:
        """The lines, without the program's name and the times of gaps."""
        text = re.sub(r" \(\d\d:\d\d:\d\d–\d\d:\d\d:\d\d\)", "", self.getvalue())
        return [line.removeprefix("chatapp-tail: ") for line in text.splitlines()]


def opened(connect: Callable[[], Transport]) -> BackgroundCall[Transport]:
    """Return a call of ``connect`` that is over: it has a connection, or a failure."""
    call = BackgroundCall(connect)
    call.run()
    return call


class FakeServer:
    """Lives the n-th life on the n-th connection, whose socket_id is ``n.1``; then the last."""

    def __init__(self, clock: FakeClock, lives: Sequence[Life]) -> None:
        self._clock = clock
        self._lives = lives
        self.transports: list[FakeTransport] = []
        self.tried_at: list[float] = []
        self.timeouts: list[float] = []
        self.before_connecting: Callable[[], None] = lambda: None
        self.kind: type[FakeTransport] = FakeTransport
        self.calls: list[BackgroundCall[Transport]] = []
        self.answers = True

    def connect(self, timeout: float) -> BackgroundCall[Transport]:
        """Open the next connection, fail as its life says, or don't answer."""
        self.calls.append(BackgroundCall(lambda: self._open(timeout)))
        if self.answers:
            self.calls[-1].run()
        return self.calls[-1]

    def _open(self, timeout: float) -> FakeTransport:
        assert len(self.tried_at) < _TOO_MANY
        self.tried_at.append(self._clock.now())
        self.timeouts.append(timeout)
        self.before_connecting()
        number = len(self.tried_at)
        life = self._lives[min(number, len(self._lives)) - 1]
        if life.failure is not None:
            raise life.failure
        transport = self.kind(life, self._clock, f"{number}.1")
        self.transports.append(transport)
        return transport

    @property
    def all_closed(self) -> bool:
        return all(transport.is_closed for transport in self.transports)


class FakeAuthorizations:
    """Answers at once, by a function; by default signs everything."""

    def __init__(self, outcome: Callable[[Authorize], Outcome] | None = None) -> None:
        self._outcome = outcome or _signed
        self._answers: list[Answer] = []
        self.requests: list[Authorize] = []

    def submit(self, request: Authorize) -> None:
        self.requests.append(request)
        self._answers.append(Answer(request, self._outcome(request)))

    def forget(self) -> None:
        """Do nothing: no request is pending between two calls."""

    def answers(self) -> list[Answer]:
        answers, self._answers = self._answers, []
        return answers


class FakeWakeup:
    """Advances the clock to the next message, plan or timeout, and runs the plans of that time."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self.reader_left = False
        self.waits = 0

    def plan(self, after: float, action: Callable[[], None]) -> None:
        """Call ``action``, and end the wait, ``after`` seconds from now."""
        heappush(self._plans, (self._clock.now() + after, len(self._plans), action))

    def wait(self, awaited: HasFileno | None, timeout: float) -> None:
        self.waits += 1
        until = self._clock.now() + timeout
        if isinstance(awaited, FakeTransport):
            until = min(until, awaited.next_at)
        if self._plans:
            until = min(until, self._plans[0][0])
        assert until < float("inf"), "it would wait for ever"
        self._clock.advance_to(until)
        while self._plans and self._plans[0][0] <= self._clock.now():
            heappop(self._plans)[2]()


@dataclass(slots=True)
class FakeWriter:
    """Keeps records and notices in lists; ``takes`` returns whether there is room for records.

    It is the sink, too: its lines are numbers, by which it knows the records again.
    """

    records: list[Record] = field(default_factory=list)
    notices: list[dict[str, object]] = field(default_factory=list)
    takes: Callable[[], bool] = lambda: True
    per_frame: bool = False
    unwritten: int = 0
    reader_left: bool = False
    error: OutputError | None = None
    finished: bool = False
    finishing: bool = False
    _rendered: dict[bytes, Record] = field(default_factory=dict)

    def header(self) -> bytes:
        return b""

    def render(self, record: Record) -> bytes:
        line = b"%d\n" % len(self._rendered)
        self._rendered[line] = record
        return line

    def put(self, lines: bytes, records: int, /) -> bool:
        """Take a notice, after validation; take a record, or refuse it."""
        assert records == lines.count(b"\n") == 1
        if lines not in self._rendered:
            self.notices.append(validate_line(lines))
            return True
        is_taken = self.takes()
        if is_taken:
            self.records.append(self._rendered[lines])
        return is_taken

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def settle(self, seconds: float) -> None:
        """Do nothing: nothing is buffered."""

    def finish(self) -> None:
        self.finishing = True


def dependencies(  # noqa: PLR0917 (wiring)
    connect: Callable[[float], BackgroundCall[Transport]],
    authorizations: Authorizations,
    wakeup: Waits,
    writer: FakeWriter,
    clock: Clock,
    stderr: LineStream,
    *,
    signals: Signals | None = None,
    ends_at: float = float("inf"),
    has_goal: bool = False,
    verbosity: int = 0,
) -> Dependencies:
    stopping = Stopping(
        signals or Signals(), wakeup, writer, clock, ends_at=ends_at, has_goal=has_goal
    )
    return Dependencies(connect, authorizations, writer, stopping, Status(stderr, verbosity), clock)


def _signed(request: Authorize) -> Authorization:
    return Authorization(f"key:{request.socket_id}:{request.channel}")
