"""``make bench-long``: a quarter of an hour of many events and a break each minute.

Nothing may be lost outside the gaps that are said, nothing may come twice, and the process may not
grow. Breaks take turns; beside them the process is stopped twice, its stdout isn't read for a while
and its webhook is dead for a while.
"""

import argparse
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.clients import CHANNEL, EVENT, PROGRAMS, Client
from benchmarks.outcome import is_in
from benchmarks.report import PAGE, write_long_run
from chatapp_tail.clock import SystemClock
from tests.support.loopback_http import Answer, AuthEndpoint, LoopbackHTTP, Request
from tests.support.programs import missing_reason
from tests.support.soketi import Soketi

CLOCK = SystemClock()

# Minutes of a run whose table goes into BREAKS.md.
_WHOLE = 15.0

# When to do what, in seconds after the beginning.
_Step = tuple[float, Callable[[], None]]

# Seconds without a break before the end, so that the last gap is over. Longer than a silent drop
# takes to be noticed.
_CALM = 50.0
# A close frame on a connection that was frozen before says nothing of what was swallowed: the next
# break comes after the frozen peer was noticed, which takes 40 s.
_LEAST_BETWEEN = 45.0
_FILLING = 15.0
_STALL, _DEAD = 20.0, 60.0
# What a restart of the server has held up is caught up for so many seconds.
_MOST_BEHIND = 1.0
_MOST_MORE_DESCRIPTORS = 3
_MOST_MORE_THREADS = 2
_MOST_GROWTH = 1.25


class Size(NamedTuple):
    """What the process holds: open descriptors, threads, bytes of memory."""

    descriptors: int
    threads: int
    memory: int


class Figures(NamedTuple):
    """The run in numbers; ``sizes`` of its beginning, middle and end."""

    seconds: float
    sent: int
    breaks: int
    gaps: int
    lost_in_gaps: int
    lost_outside: int
    twice: int
    exit_code: int | None
    sizes: Sequence[Size]


class Webhook:
    """Answers 200, or hangs up while it is dead."""

    def __init__(self) -> None:
        self.is_dead = False

    def answer(self, _request: Request) -> Answer:
        """Answer one request."""
        return Answer(0 if self.is_dead else 200)


def main() -> int:
    """Run, show the figures; return 1 if one of them is bad."""
    parser = argparse.ArgumentParser(prog="benchmarks.longrun", description=__doc__)
    parser.add_argument("--minutes", type=float, default=_WHOLE)
    parser.add_argument("--rate", type=int, default=300, help="events a second")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two breaks")
    arguments = parser.parse_args()
    if arguments.every < _LEAST_BETWEEN:
        parser.error(f"--every must be at least {_LEAST_BETWEEN:g}: a frozen peer takes that long")
    if reason := missing_reason():
        parser.error(reason)
    measured_at = CLOCK.utcnow()
    figures = measure(arguments.minutes * 60, arguments.rate, arguments.every)
    lines = markdown(figures)
    sys.stdout.write("\n".join(lines) + "\n")
    if arguments.minutes >= _WHOLE:
        write_long_run(PAGE, lines, measured_at)
    bad = faults(figures)
    for sentence in bad:
        sys.stderr.write(f"bad: {sentence}\n")
    return 1 if bad else 0


def measure(seconds: float, rate: int, every: float) -> Figures:
    """Publish ``rate`` events a second for ``seconds``, with a break ``every`` so many."""
    webhook = Webhook()
    with ExitStack() as running:
        home = Path(running.enter_context(tempfile.TemporaryDirectory()))
        soketi = running.enter_context(Soketi(home))
        api = running.enter_context(AuthEndpoint())
        hook = running.enter_context(LoopbackHTTP(webhook.answer))
        client = running.enter_context(
            Client(
                PROGRAMS[0],
                home,
                server_port=soketi.port,
                api_port=int(api.api_url.rpartition(":")[2]),
                arguments=["--forward-to", hook.url],
            )
        )
        soketi.wait_for_subscribers(CHANNEL, timeout=30)
        plan = _plan(client, soketi, seconds, every)
        breaks = len(plan)
        plan = sorted([*plan, *_beside(client, webhook, seconds)], key=lambda step: step[0])
        sizes: list[Size] = []
        sent: dict[int, float] = {}
        began = next_at = CLOCK.now()
        looks = [min(_FILLING, seconds / 4), seconds / 2, seconds]
        while (elapsed := CLOCK.now() - began) < seconds:
            while plan and plan[0][0] <= elapsed:
                plan.pop(0)[1]()
            if elapsed >= looks[len(sizes)]:
                sizes.append(size_of(client.pid))
            number = len(sent) + 1
            sent[number] = CLOCK.now()
            soketi.publish(
                CHANNEL, EVENT, {"data": [{"id": number, "message": {"text": "Привет"}}]}
            )
            next_at = max(next_at + 1 / rate, CLOCK.now() - _MOST_BEHIND)
            threading.Event().wait(max(0.0, next_at - CLOCK.now()))
        threading.Event().wait(5)
        sizes.append(size_of(client.pid))
        numbers = [arrival.number for arrival in client.arrivals]
        arrived = set(numbers)
        lost = [at for number, at in sent.items() if number not in arrived]
        outside = sum(not is_in(client.gaps, at) for at in lost)
        return Figures(
            seconds=seconds,
            sent=len(sent),
            breaks=breaks,
            gaps=len(client.gaps),
            lost_in_gaps=len(lost) - outside,
            lost_outside=outside,
            twice=len(numbers) - len(arrived),
            exit_code=client.exit_code,
            sizes=sizes,
        )


def faults(figures: Figures) -> list[str]:
    """Return a sentence for each figure that must not be as it is."""
    first, middle, last = figures.sizes
    checks = [
        (figures.exit_code is None, f"it ended by itself with {figures.exit_code}"),
        (not figures.lost_outside, f"{figures.lost_outside} events lost outside the gaps"),
        (not figures.twice, f"{figures.twice} events came twice"),
        (figures.gaps > 0, "no gap was said"),
        (
            last.descriptors <= first.descriptors + _MOST_MORE_DESCRIPTORS,
            f"{last.descriptors} descriptors at the end, {first.descriptors} at the beginning",
        ),
        (
            last.threads <= first.threads + _MOST_MORE_THREADS,
            f"{last.threads} threads at the end, {first.threads} at the beginning",
        ),
        (
            last.memory <= middle.memory * _MOST_GROWTH,
            f"{last.memory:,} bytes of memory at the end, {middle.memory:,} in the middle",
        ),
    ]
    return [sentence for holds, sentence in checks if not holds]


def markdown(figures: Figures) -> list[str]:
    """Return the lines of a table."""
    rows = [
        ("seconds", f"{figures.seconds:g}"),
        ("events sent", f"{figures.sent:,} ({figures.sent / figures.seconds:.0f}/s)"),
        ("breaks", str(figures.breaks)),
        ("gaps said", str(figures.gaps)),
        ("lost in gaps", f"{figures.lost_in_gaps:,}"),
        ("lost outside gaps", str(figures.lost_outside)),
        ("twice", str(figures.twice)),
        ("descriptors", " → ".join(str(size.descriptors) for size in figures.sizes)),
        ("threads", " → ".join(str(size.threads) for size in figures.sizes)),
        ("memory, MB", " → ".join(f"{size.memory / 1e6:.1f}" for size in figures.sizes)),
    ]
    return ["| what | figure |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in rows)]


def _plan(client: Client, soketi: Soketi, seconds: float, every: float) -> list[_Step]:
    kinds: list[Callable[[], None]] = [
        client.proxy.fin,
        client.proxy.reset,
        lambda: client.proxy.close(1000),
        client.proxy.freeze,
        lambda: client.proxy.close(4200),
        soketi.restart,
        lambda: client.stop(20),
        lambda: client.proxy.outage(10),
        lambda: client.proxy.close(4201),
        lambda: client.stop(40, server_closes_after=10),
    ]
    count = max(0, int((seconds - _CALM) / every))
    return [(every * (n + 1), kinds[n % len(kinds)]) for n in range(count)]


def _beside(client: Client, webhook: Webhook, seconds: float) -> list[_Step]:
    """Return the stalled reader and the dead webhook, both in the first half of the run."""

    def kill() -> None:
        webhook.is_dead = True

    def revive() -> None:
        webhook.is_dead = False

    stalled_at, dead_at = seconds * 0.15, seconds * 0.3
    return [
        (stalled_at, client.reading.clear),
        (stalled_at + min(_STALL, seconds / 10), client.reading.set),
        (dead_at, kill),
        (dead_at + min(_DEAD, seconds / 10), revive),
    ]


def size_of(pid: int) -> Size:
    """Return what a process holds now. Linux."""
    process = Path(f"/proc/{pid}")
    memory = next(
        line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS:")
    )
    return Size(
        descriptors=len(list((process / "fd").iterdir())),
        threads=len(list((process / "task").iterdir())),
        memory=int(memory.split()[1]) * 1024,
    )


if __name__ == "__main__":
    sys.exit(main())
