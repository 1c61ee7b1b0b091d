"""From the server's send to the line that can be read on the pipe, one event at a time or many.

The blaster notes when it gives an event to the kernel, and a thread here when it has read the line.
Both clocks are one: ``time.monotonic()`` is the machine's.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from statistics import median

from benchmarks.bench import Bench, run, say
from benchmarks.child import CLOCK, Child
from benchmarks.figures import PUSHER_JS, TAIL, Row, at_most

_PROGRAMS = (TAIL, PUSHER_JS)
# Events a second. Ten milliseconds apart, an event has gone through before the next one comes.
_ALONE = 100
_MANY = 1000
# The most for the median and the 99th percentile, as multiples of pusher-js's.
_MOST = {_ALONE: (1.0, 1.0), _MANY: (1.1, 0.7)}
_CHUNK = 1 << 16
_MILLISECONDS = 1e3


def measure(bench: Bench) -> list[Row]:
    """Return median and 99th percentile for both rates, in milliseconds."""
    return [*_rows(bench, _ALONE, "one event at a time"), *_rows(bench, _MANY, "1,000 events/s")]


def latencies(bench: Bench, program: str, rate: int) -> list[float]:
    """Run a program once; return the seconds that each event took."""
    count = int(rate * bench.scale.latency_time)
    arrivals: list[float] = []
    with Child(
        bench.command(program, count),
        bench.environment,
        stdout=subprocess.PIPE,
        stderr=bench.words,
    ) as child:
        reader = threading.Thread(target=_read, args=[child.stdout.fileno(), arrivals])
        reader.start()
        bench.blaster.next_subscription()
        bench.blaster.send(count, rate)
        child.wait()
        reader.join()
    times = bench.blaster.sent().times
    if len(arrivals) != count:
        raise RuntimeError(f"{len(arrivals)} lines, not {count}, from {program}")
    return [arrived - sent for sent, arrived in zip(times, arrivals, strict=True)]


def percentile(figures: Sequence[float], percent: int) -> float:
    """Return the figure that so many percent don't exceed (nearest rank)."""
    ordered = sorted(figures)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _read(fd: int, arrivals: list[float]) -> None:
    """Note when each line came, until the program closes its end."""
    with suppress(OSError):
        while chunk := os.read(fd, _CHUNK):
            arrivals.extend([CLOCK.now()] * chunk.count(b"\n"))


def _rows(bench: Bench, rate: int, what: str) -> list[Row]:
    medians: dict[str, list[float]] = {program: [] for program in _PROGRAMS}
    slowest: dict[str, list[float]] = {program: [] for program in _PROGRAMS}
    for number in range(bench.scale.runs):
        for program in _PROGRAMS:
            found = [seconds * _MILLISECONDS for seconds in latencies(bench, program, rate)]
            medians[program].append(median(found))
            slowest[program].append(percentile(found, 99))
            say(f"{what}, {number + 1}: {program} {medians[program][-1]:.2f} ms")
    middle = {program: median(found) for program, found in medians.items()}
    late = {program: median(found) for program, found in slowest.items()}
    most_median, most_late = _MOST[rate]
    return [
        Row(f"send → line, {what}, median ms", middle, [at_most(middle, most_median, PUSHER_JS)]),
        Row(f"send → line, {what}, p99 ms", late, [at_most(late, most_late, PUSHER_JS)]),
    ]


if __name__ == "__main__":
    sys.exit(run([measure], __doc__))
