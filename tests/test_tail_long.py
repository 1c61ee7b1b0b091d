"""A thousand breaks in simulated time: nothing comes twice, nothing is lost silently."""

import json
import signal
from datetime import datetime, timedelta

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.clock import seeded_random
from chatapp_tail.errors import ApiUnavailableError, TransportError
from chatapp_tail.pusher import protocol
from chatapp_tail.pusher.interfaces import Authorize, Closed, Received
from chatapp_tail.pusher.protocol import Authorization
from chatapp_tail.settings import TailSettings
from chatapp_tail.signals import Signals
from chatapp_tail.tail import Tail
from chatapp_tail.wakeup import HasFileno
from tests.support.fake_clock import FakeClock
from tests.support.fakes import (
    FakeAuthorizations,
    FakeTransport,
    FakeWakeup,
    Life,
    Outcome,
    Sent,
    Stderr,
    dependencies,
    opened,
)
from tests.support.ledger import Ledger
from tests.support.records import TELEGRAM, WHATSAPP, frame

BREAKS = 1_000
CHANNELS = (TELEGRAM, WHATSAPP)
# The event of number n is sent after n * PERIOD seconds, on the channels in turn, to a client that
# is subscribed to its channel.
PERIOD = 7.0
# How connections end; the more often something stands here, the more often it happens.
FIN = Closed(None, "")
CLOSES = (
    *(Closed(1000, "bye"), Closed(4200, "restart")),
    *(Closed(4201, "pong timeout"), Closed(4100, "full")),
)
SILENCE, REFUSED, NO_HANDSHAKE = "silence", "refused", "no handshake"
ERRORS = {"error 4100": 4100, "error 4200": 4200}
ENDS: tuple[Closed | str, ...] = (
    *(FIN,) * 6,
    *(SILENCE, REFUSED) * 3,
    *CLOSES * 2,
    *(NO_HANDSHAKE, *ERRORS),
)


class Connection(FakeTransport):
    """Passes on events of subscribed channels only, and nothing at all once it is silent."""

    def __init__(self, life: Life, server: "BreakingServer", silent_after: float) -> None:
        super().__init__(life, server.clock, f"{server.breaks}.1")
        self._server = server
        self._silent_at = server.clock.now() + silent_after
        self._subscribed: set[str] = set()

    @property
    def next_at(self) -> float:
        at = super().next_at
        return at if at < self._silent_at else float("inf")

    def receive(self) -> list[Received]:
        """Return what has come by now and is for this client."""
        return [each for each in super().receive() if self._is_for_us(each)]

    def _is_for_us(self, received: Received) -> bool:
        if not isinstance(received, bytes):
            return True
        envelope = json.loads(received)
        channel = envelope.get("channel")
        if envelope["event"] == protocol.SUBSCRIPTION_SUCCEEDED:
            self._subscribed.add(channel)
            if len(self._subscribed) == len(CHANNELS):
                self._server.all_are_back()
        return envelope["event"] != "message" or channel in self._subscribed

    def close(self) -> None:
        """Note the end, and whether it was a loss."""
        super().close()
        self._server.open_connections -= 1
        if self._subscribed:
            self._server.is_in_gap = True


class InterruptedWakeup(FakeWakeup):
    """Returns late at random, as after a stop of the process, or with the wall clock set anew."""

    def __init__(self, server: "BreakingServer") -> None:
        super().__init__(server.clock)
        self._server = server
        self.stops = 0
        self.steps = 0

    def wait(self, awaited: HasFileno | None, timeout: float) -> None:
        super().wait(awaited, timeout)
        if self._server.is_last:  # what comes while a run is ended isn't read
            return
        chance = self._server.random.random()
        if chance < 0.02:
            self.stops += 1
            self._server.clock.advance(self._server.random.uniform(1, 600))
        elif chance < 0.04:
            self.steps += 1
            self._server.clock.jump(self._server.random.uniform(-7200, 7200))


class BreakingServer:
    """A server that breaks every connection, and what the client reported of it."""

    def __init__(self, breaks: int, seed: int) -> None:
        self.clock = FakeClock()
        self.wakeup = InterruptedWakeup(self)
        self.signals = Signals()
        self.random = seeded_random(seed)
        self.breaks = -1  # the first connection is no break
        self._most = breaks
        self._began_at = self.clock.now()
        self.open_connections = 0
        self.is_in_gap = False
        self.losses_that_came_back = 0

    def all_are_back(self) -> None:
        if self.is_in_gap:
            self.is_in_gap = False
            self.losses_that_came_back += 1

    @property
    def is_last(self) -> bool:
        """Whether no break comes any more."""
        return self.breaks == self._most

    @property
    def events(self) -> int:
        """How many events were sent so far, as far as anybody could receive them."""
        return int((self.clock.now() - self._began_at) / PERIOD) + 1

    def sent_at(self, number: int) -> datetime:
        """Return the instant by the wall clock as it is set now."""
        ago = self.clock.now() - self._began_at - number * PERIOD
        return self.clock.utcnow() - timedelta(seconds=ago)

    def connect(self, _timeout: float) -> Connection:
        """Open the next connection, or fail, at random."""
        assert self.open_connections == 0
        self.breaks += 1
        self.clock.fraction = self.random.random()
        lasts = self.random.uniform(0.5, 50)
        end = self.random.choice(ENDS) if 0 < self.breaks < self._most else FIN
        if end == REFUSED:  # fatal or not: after a success everything is tried again
            raise TransportError("connection refused", fatal=self.random.random() < 0.5)
        if self.breaks == self._most:
            lasts = 100.0
            self.wakeup.plan(90, lambda: self.signals.receive(signal.SIGTERM))
        self.open_connections += 1
        return Connection(self._life(end, lasts), self, lasts if end == SILENCE else float("inf"))

    def _life(self, end: Closed | str, lasts: float) -> Life:
        if end in ERRORS:
            data = {"code": ERRORS[str(end)], "message": "not now"}
            text = json.dumps({"event": protocol.ERROR, "data": data})
            return Life([(0.1, text)], has_handshake=False)
        if end == NO_HANDSHAKE:
            return Life(has_handshake=False)
        since = self.clock.now() - self._began_at
        first = int(since / PERIOD) + 1
        numbers = range(first, int((since + lasts) / PERIOD) + 1)
        sends: list[tuple[float, Sent]] = [
            (number * PERIOD - since, frame(number, channel=CHANNELS[number % 2]))
            for number in numbers
        ]
        if isinstance(end, Closed):
            sends.append((lasts, end))
        return Life(sends)


def run(server: BreakingServer) -> tuple[Ledger, Stderr]:
    ledger, stderr = Ledger(CHANNELS, lambda: server.events - 1, server.sent_at), Stderr()

    def answer(request: Authorize) -> Outcome:
        """Fail once in ten requests, but never at the first connection."""
        if request.socket_id != "0.1" and server.random.random() < 0.1:
            return ApiUnavailableError("HTTP 503", status=503)
        return Authorization("key:signature")

    tail = Tail(
        TailSettings(channels=tuple(map(parse_name, CHANNELS)), notices=True),
        dependencies(
            lambda timeout: opened(lambda: server.connect(timeout)),
            FakeAuthorizations(answer),
            server.wakeup,
            ledger,
            server.clock,
            stderr,
            signals=server.signals,
        ),
    )
    assert tail.run() == 128 + signal.SIGTERM
    ledger.settle_the_end()
    return ledger, stderr


def test_breaks_and_stops_and_set_clocks_lose_nothing_silently_and_show_nothing_twice() -> None:
    server = BreakingServer(BREAKS, seed=2)
    ledger, stderr = run(server)
    assert min(server.wakeup.stops, server.wakeup.steps) > 100
    assert server.breaks == BREAKS
    assert server.open_connections == 0
    assert ledger.delivered + ledger.lost == server.events - 1
    assert min(ledger.delivered, ledger.lost) > 1_000
    said = sum(line.startswith("warning: gap of") for line in stderr.said)
    assert ledger.gaps == said == server.losses_that_came_back > 500
