"""``make bench-breaks``: a stream of one event a second whose connection breaks once.

Every program runs once for each kind of break, all of them at the same time, on one server and with
the same events: an event a second is no load. Each has a proxy of its own, and all programs of a
kind are broken at the same instant, half a second after an event. All of it runs in a network
namespace, where there may be one: for the server whose name gets an IPv6 address that swallows all.
"""

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks import namespace, outcome, report
from benchmarks.clients import CHANNEL, EVENT, PROGRAMS, TAIL, Client
from benchmarks.outcome import Outcome, judge, missed_targets
from benchmarks.report import PAGE
from chatapp_tail.clock import SystemClock
from tests.support.loopback_http import AuthEndpoint
from tests.support.programs import missing_reason
from tests.support.soketi import Soketi

# Seconds after a break. Pysher needs 410 after a frozen peer.
LIMIT = 450.0
QUICK_LIMIT = 75.0

# Columns of the table when it goes to a file.
_FILE_WIDTH = 170

_FIRST_NUMBERS = 3
_HALF = 0.5
# For reading what arrived in the last second.
_GRACE = 2.0
# A process is stopped for so long, and its server closes the connection after so long.
_STOP, _CLOSED_AFTER = 60.0, 10.0
# Behind the idle time-out an event comes so rarely that the connection would die between two.
_IDLE, _SLOW_PERIOD = 25.0, 40.0
# chatapp-tail pings every 30 s, and is answered within _PONG_TIME; in seconds.
_PING_INTERVAL = 30.0
_PONG_TIME = 0.1

CLOCK = SystemClock()

_UPGRADE_HEAD = b"HTTP/1.1 101 Switching Protocols\r\nX-Slow: "
_API_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


def _drip_authorization(client: Client) -> None:
    client.api.drip(_API_HEAD)
    client.proxy.fin()


def _swallow_ipv6(client: Client) -> None:
    namespace.open_black_hole()
    client.proxy.fin()


BREAKS: dict[str, Callable[[Client], None]] = {
    outcome.FROZEN: lambda client: client.proxy.freeze(),
    outcome.FIN: lambda client: client.proxy.fin(),
    outcome.RST: lambda client: client.proxy.reset(),
    outcome.CLOSE_1000: lambda client: client.proxy.close(1000),
    outcome.CLOSE_4200: lambda client: client.proxy.close(4200),
    outcome.CLOSE_4201: lambda client: client.proxy.close(4201),
    outcome.CLOSE_4001: lambda client: client.proxy.close(4001),
    outcome.OUTAGE_30: lambda client: client.proxy.outage(outcome.OUTAGE),
    outcome.STOPPED: lambda client: client.stop(_STOP),
    outcome.STOPPED_CLOSED: lambda client: client.stop(_STOP, server_closes_after=_CLOSED_AFTER),
    outcome.UPGRADE_DRIPS: lambda client: client.proxy.drip(_UPGRADE_HEAD),
    outcome.AUTH_DRIPS: _drip_authorization,
    outcome.BLACK_HOLE: _swallow_ipv6,
}
# Set for the process that runs in the namespace.
_INSIDE = "BREAKS_IN_NAMESPACE"


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of break and the clients that it will hit."""

    name: str
    clients: Sequence[Client]

    def is_due(self) -> bool:
        """Return whether now is the moment; false only for a frozen peer, for up to 30 s.

        How long chatapp-tail takes to notice depends on how long ago it pinged: it gets its worst
        moment, when a ping has just been answered. The peers' timers begin with the last event.
        """
        if self.name != outcome.FROZEN:
            return True
        tail = next(client for client in self.clients if client.name == TAIL)
        pinged_at = tail.proxy.sent_at
        return pinged_at is not None and 0.0 <= CLOCK.now() - pinged_at - _PONG_TIME < 1.0

    def strike(self) -> None:
        """Break the connection of every client. Raises ``RuntimeError`` if one wasn't listening."""
        for client in self.clients:
            if not all(client.has(number) for number in range(1, _FIRST_NUMBERS + 1)):
                words = "\n".join(line.text for line in client.said)
                raise RuntimeError(f"{client.name} misses events before the break:\n{words}")
        strike = BREAKS[self.name]
        for client in self.clients:
            strike(client)


def main() -> int:
    """Measure, show, write the page; return 1 if chatapp-tail missed a target."""
    parser = argparse.ArgumentParser(prog="benchmarks.breaks", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"stop {QUICK_LIMIT:g} s after the last break, and leave {PAGE.name} as it is",
    )
    is_quick = parser.parse_args().quick
    if reason := missing_reason():
        parser.error(reason)
    if os.environ.get(_INSIDE):
        namespace.prepare()
    elif reason := namespace.missing_reason():
        _say(f"{outcome.BLACK_HOLE} is left out: {reason}")
        BREAKS.pop(outcome.BLACK_HOLE)
    else:
        command = namespace.command("benchmarks.breaks", sys.argv[1:])
        os.execvpe(command[0], command, os.environ | {_INSIDE: "1"})  # noqa: S606 (this program)
    limit = QUICK_LIMIT if is_quick else LIMIT
    measured_at = CLOCK.utcnow()
    outcomes = measure(limit)
    missed = missed_targets(outcomes)
    console = Console()
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(report.table(outcomes, limit))
    if not is_quick:
        report.write_breaks(PAGE, report.markdown(outcomes, missed, limit, measured_at))
    for sentence in missed:
        _say(f"target missed: {sentence}")
    return 1 if missed else 0


def measure(limit: float) -> list[Outcome]:
    """Run all programs through all breaks, and on for ``limit`` seconds.

    The idle time-out has a server of its own, with few events, at the same time.
    """
    with ExitStack() as running, ThreadPoolExecutor() as beside:
        home = Path(running.enter_context(tempfile.TemporaryDirectory()))
        api = running.enter_context(AuthEndpoint())
        api_port = int(api.api_url.rpartition(":")[2])
        idle = beside.submit(measure_idle, limit, api_port)
        soketi = running.enter_context(Soketi(home))
        start = partial(Client, home=home, server_port=soketi.port, api_port=api_port)
        cases = [
            Case(
                name,
                [
                    running.enter_context(start(program, host=_host_of(name)))
                    for program in PROGRAMS
                ],
            )
            for name in BREAKS
        ]
        everyone = [client for case in cases for client in case.clients]
        _say(f"{len(everyone)} clients are starting")
        soketi.wait_for_subscribers(CHANNEL, len(everyone), timeout=120)
        sent = stream(cases, partial(soketi.publish, CHANNEL, EVENT), limit)
        outcomes = [
            judge(case.name, client, sent, limit) for case in cases for client in case.clients
        ]
        return outcomes + idle.result()


def measure_idle(limit: float, api_port: int) -> list[Outcome]:
    """Run all programs behind a proxy that ends idle connections, for ``limit`` seconds."""
    with ExitStack() as running:
        home = Path(running.enter_context(tempfile.TemporaryDirectory()))
        soketi = running.enter_context(Soketi(home))
        start = partial(Client, home=home, server_port=soketi.port, api_port=api_port, idle=_IDLE)
        clients = [running.enter_context(start(program)) for program in PROGRAMS]
        soketi.wait_for_subscribers(CHANNEL, len(clients), timeout=120)
        sent: dict[int, float] = {}
        started_at = CLOCK.now()
        while CLOCK.now() < started_at + limit + _IDLE:
            number = len(sent) + 1
            sent[number] = CLOCK.now()
            soketi.publish(CHANNEL, EVENT, _event(number))
            _sleep_until(started_at + number * _SLOW_PERIOD)
        return [judge(outcome.IDLE_25, client, sent, limit) for client in clients]


def stream(
    cases: Sequence[Case], publish: Callable[[object], None], limit: float
) -> dict[int, float]:
    """Publish an event a second, break the cases one after the other, go on for ``limit`` seconds.

    Return when each event was published.
    """
    sent: dict[int, float] = {}
    waiting = list(cases)
    started_at = CLOCK.now()
    ends_at = started_at + _FIRST_NUMBERS + max(len(cases), _PING_INTERVAL) + _GRACE
    while CLOCK.now() < ends_at:
        number = len(sent) + 1
        _sleep_until(started_at + number)
        sent[number] = CLOCK.now()
        publish(_event(number))
        _sleep_until(started_at + number + _HALF)
        case = next((case for case in waiting if case.is_due()), None)
        if case is not None and number >= _FIRST_NUMBERS:
            waiting.remove(case)
            _say(f"event {number}: {case.name}")
            case.strike()
            if not waiting:
                ends_at = CLOCK.now() + limit + _GRACE
    if waiting:
        raise RuntimeError(f"{TAIL} sent no ping in {_PING_INTERVAL:g} s")
    return sent


def _host_of(break_name: str) -> str:
    return namespace.HOST if break_name == outcome.BLACK_HOLE else "127.0.0.1"


def _event(number: int) -> object:
    """Return a payload as ChatApp sends it; the message's id is the running number."""
    message = {"id": number, "side": "in", "type": "text", "message": {"text": f"Привет {number}"}}
    meta = {"type": EVENT, "licenseId": 1229, "messengerType": "telegram"}
    return {"data": [message], "meta": meta}


def _sleep_until(instant: float) -> None:
    threading.Event().wait(max(0.0, instant - CLOCK.now()))


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
