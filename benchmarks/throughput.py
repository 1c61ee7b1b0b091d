"""JSON Lines as fast as the server sends: events a second, processor time, memory.

Every run begins when the program has subscribed; then the blaster sends, and the program ends by
itself after the last event. The programs take turns.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from statistics import median
from typing import IO, NamedTuple

from benchmarks.bench import Bench, run, say
from benchmarks.blasting import ROOT
from benchmarks.child import Child
from benchmarks.clients import CHANNEL
from benchmarks.figures import FLOOR, PUSHER_JS, PYSHER, TAIL, Row, at_least, at_most

_LIMIT = "orjson alone"
PROGRAMS = (TAIL, PUSHER_JS, PYSHER, FLOOR)
# Pysher's share of the events that the others get, because it is so much slower.
_PYSHERS_PART = 0.2
_MEGABYTE = 1e6


class Sample(NamedTuple):
    """One run: events a second, processor seconds per million events, peak bytes of memory."""

    rate: float
    cpu: float
    peak: float


def measure(bench: Bench) -> list[Row]:
    """Return the rows for a file, for a pipe, and for memory."""
    to_file = compare(bench, to_a_file, "a file")
    to_pipe = compare(bench, to_a_pipe, "a pipe")
    limit = _limit(bench)
    return [
        *_rows(to_file, "to a file", limit),
        *_rows(to_pipe, "| cat", limit),
        *_memory(bench, to_pipe),
    ]


def compare(
    bench: Bench, target: "Callable[[Bench, list[str], int], Sample]", name: str
) -> dict[str, Sample]:
    """Return each program's medians."""
    samples: dict[str, list[Sample]] = {program: [] for program in PROGRAMS}
    for number in range(bench.scale.runs):
        for program in PROGRAMS:
            part = _PYSHERS_PART if program == PYSHER else 1.0
            count = int(bench.scale.events * part)
            sample = target(bench, bench.command(program, count), count)
            say(f"{count:,} events to {name}, {number + 1}: {program} {sample.rate:,.0f}/s")
            samples[program].append(sample)
    return {program: middle(of_one) for program, of_one in samples.items()}


def middle(samples: list[Sample]) -> Sample:
    """Return the medians."""
    return Sample(*(median(figures) for figures in zip(*samples, strict=True)))


def to_a_file(bench: Bench, command: list[str], count: int) -> Sample:
    """Run once with stdout in a file, and hold the number of its lines."""
    path = bench.home / "lines"
    with path.open("wb") as lines:
        sample = sample_of(bench, command, count, lines)
    with path.open("rb") as lines:
        found = sum(1 for _ in lines)
    if found != count:
        raise RuntimeError(f"{found} lines, not {count}, from {' '.join(command)}")
    return sample


def to_a_pipe(bench: Bench, command: list[str], count: int) -> Sample:
    """Run once as ``… | cat > /dev/null``."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as cat:  # noqa: S607
        assert cat.stdin is not None  # noqa: S101 (asked for)
        return sample_of(bench, command, count, cat.stdin)


def sample_of(bench: Bench, command: list[str], count: int, stdout: IO[bytes] | int) -> Sample:
    """Run once, from the first event until the program is over."""
    with Child(command, bench.environment, stdout=stdout, stderr=bench.words) as child:
        bench.blaster.next_subscription()
        cpu = child.cpu()
        bench.blaster.send(count)
        usage = child.wait()
    sent = bench.blaster.sent()
    return Sample(
        rate=count / (usage.ended_at - sent.began_at),
        cpu=(usage.cpu - cpu) * 1e6 / count,
        peak=usage.peak,
    )


def _limit(bench: Bench) -> float:
    """Return the processor seconds that orjson alone needs for a million events."""
    command = [sys.executable, "-m", "benchmarks.peers.limit", CHANNEL, str(bench.scale.events)]
    return median(
        float(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)  # noqa: S603
        for _ in range(bench.scale.runs)
    )


def _rows(samples: Mapping[str, Sample], target: str, limit: float) -> list[Row]:
    rates = {program: sample.rate for program, sample in samples.items()}
    cpu = {**{program: sample.cpu for program, sample in samples.items()}, _LIMIT: limit}
    fast = [at_least(rates, 2, PUSHER_JS), at_least(rates, 10, PYSHER), at_least(rates, 1.1, FLOOR)]
    cheap = [at_most(cpu, 0.45, PUSHER_JS), at_most(cpu, 2.5, _LIMIT)]
    return [
        Row(f"JSON Lines {target}, events/s", rates, fast),
        Row(f"CPU s per million events, {target}", cpu, cheap),
    ]


def _memory(bench: Bench, samples: Mapping[str, Sample]) -> list[Row]:
    few, many = bench.scale.events, bench.scale.many
    peaks = {program: sample.peak / _MEGABYTE for program, sample in samples.items()}
    later = to_a_pipe(bench, bench.command(TAIL, many), many).peak / _MEGABYTE
    grown = {TAIL: later, f"{few:,}": peaks[TAIL]}
    return [
        Row(f"peak memory, {few:,} events, MB", peaks, [at_most(peaks, 0.2, PUSHER_JS)]),
        Row(f"peak memory, {many:,} events, MB", grown, [at_most(grown, 1.05, f"{few:,}")]),
    ]


if __name__ == "__main__":
    sys.exit(run([measure], __doc__))
