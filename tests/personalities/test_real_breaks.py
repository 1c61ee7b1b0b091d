"""Two hundred breaks on real sockets: nothing twice, nothing lost silently, nothing left behind."""

import gc
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chatapp_tail.clock import seeded_random
from chatapp_tail.errors import ExitCode
from tests.personalities.running import Act, Run, closed, event, open_run, server_does, signed
from tests.support.fake_clock import BEGINNING
from tests.support.ledger import Ledger
from tests.support.loopback_http import Answer, AuthEndpoint, Request, json_answer
from tests.support.personalities import (
    PERSONALITIES,
    Connection,
    Personality,
    Switches,
    Then,
    Verdict,
)
from tests.support.records import TELEGRAM, WHATSAPP
from tests.support.waiting import wait_until

# With each of the five servers.
BREAKS = 40
CHANNELS = (TELEGRAM, WHATSAPP)
# The event of number n is sent after n * PERIOD seconds, on the channels in turn.
PERIOD = 5.3
# Where nothing listens.
NOBODY = "ws://127.0.0.1:1"
# Modules whose objects could leak.
OURS = {"chatapp_tail", "websocket", "requests", "urllib3"}


def break_inside_a_frame(connection: Connection) -> None:
    connection.send_half_frame()
    connection.fin()


def freeze_inside_a_frame(connection: Connection) -> None:
    connection.send_half_frame()
    connection.freeze()


# How a connection that was established ends.
ENDS: tuple[Act, ...] = (
    server_does(Connection.fin),
    server_does(Connection.reset),
    server_does(Connection.freeze),
    server_does(break_inside_a_frame),
    server_does(freeze_inside_a_frame),
    closed(),
    closed(1000),
    closed(1001, "going away"),
    closed(1006),
    closed(4004, "quota"),
    closed(4100, "full"),
    closed(4200, "restart"),
    closed(4201, "no pong"),
    closed(4302),
    lambda run: run.server.shut_down(),
)
# Other ways in which the next connection fails.
WORSE: tuple[Switches, ...] = (
    Switches(is_full=True),
    Switches(is_full=True, errors_stay_open=True),
    Switches(handshake=Verdict(4200, "restart", 4200)),
    Switches(handshake=Verdict(None, "", Then.STAYS_OPEN, is_said=False)),
    Switches(greeting="hello"),
    Switches(http="503 Busy"),
    Switches(http="404 Not Found"),
    Switches(has_pongs=False),
    Switches(ignores={WHATSAPP}),
)
FAILURES = (
    Answer(500, {"Connection": "close"}),
    Answer(429, {"Retry-After": "3", "Connection": "close"}),
    json_answer(200, None, Connection="close"),
    Answer(0),
)


def sent_at(number: int) -> datetime:
    return BEGINNING + timedelta(seconds=number * PERIOD)


def kinds_of_connections(seed: int) -> list[Switches | None]:
    """Return the switches of the connections; None for one that is refused."""
    random = seeded_random(seed)
    kinds: list[Switches | None] = [*WORSE, None, None]
    kinds += [Switches()] * (BREAKS - 1 - len(kinds))
    random.shuffle(kinds)
    return [Switches(), *kinds, Switches()]


class Chaos:
    """Ends each connection but the last in a random way."""

    def __init__(self, run: Run, sent: list[int], seed: int) -> None:
        self._run = run
        self._sent = sent
        self._random = seeded_random(seed)
        ends = [*ENDS] * (BREAKS // len(ENDS) + 1)
        self._random.shuffle(ends)
        self._ends = iter(ends)
        self.objects: list[int] = []
        run.endpoint.decide = self._decide
        run.when_trying = self._try
        run.plan(PERIOD, self._publish)

    def _try(self) -> None:
        """Plan the end of the connection that is about to be opened."""
        number = self._run.tries
        self._run.clock.fraction = self._random.random()
        if number in (BREAKS // 4, BREAKS + 1):
            self.objects.append(objects_of_ours())
        if number > BREAKS:
            self._run.plan(120, lambda run: run.terminate())
            return
        end = next(self._ends)
        self._run.plan(
            self._random.uniform(0.05, 20), lambda run: end(run) if run.tries == number else None
        )

    def _publish(self, run: Run) -> None:
        number = len(self._sent) + 1
        self._sent.append(number)
        event(number, CHANNELS[number % 2])(run)
        run.plan(PERIOD, self._publish)

    def _decide(self, asked: Request) -> Answer:
        if 1 < self._run.tries <= BREAKS and self._random.random() < 0.15:
            return self._random.choice(FAILURES)
        return signed(self._run.endpoint, asked)


def objects_of_ours() -> int:
    """Return how many objects there are of our classes, and of what we use to connect."""
    gc.collect()
    modules = (type(each).__module__ for each in gc.get_objects())
    return sum(str(module).partition(".")[0] in OURS for module in modules)


def held() -> tuple[int, int]:
    """Return the number of open files and sockets (0 without /proc), and of threads."""
    open_files = Path("/proc/self/fd")
    return len(list(open_files.iterdir())) if open_files.exists() else 0, threading.active_count()


@pytest.mark.parametrize("personality", PERSONALITIES.values(), ids=PERSONALITIES)
def test_nothing_comes_twice_or_is_lost_silently_or_stays_behind(
    endpoint: AuthEndpoint, personality: Personality
) -> None:
    files, threads = held()
    sent: list[int] = []
    ledger = Ledger(CHANNELS, lambda: len(sent), sent_at)
    kinds = kinds_of_connections(seed=1)
    with open_run(
        personality,
        endpoint,
        *(kind for kind in kinds if kind is not None),
        channels=CHANNELS,
        urls=[NOBODY if kind is None else None for kind in kinds],
        writer=ledger,
    ) as run:
        chaos = Chaos(run, sent, seed=1)
        outcome = run.run()
    assert outcome.code is ExitCode.SIGTERM
    assert run.tries == BREAKS + 1
    ledger.settle_the_end()
    assert ledger.delivered + ledger.lost == len(sent)
    assert min(ledger.delivered, ledger.lost) > 40
    assert ledger.gaps == sum("gap of" in line for line in outcome.said) > 15
    early, late = chaos.objects
    assert late <= early
    wait_until(lambda: held() <= (files, threads), "sockets and threads are gone")
