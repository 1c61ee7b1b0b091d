"""``make bench-outage``: a webhook that is dead for ten minutes, with ``--forward-spool``.

Every event must reach the webhook once it is back, and the process may not grow meanwhile. An event
may come twice: the one whose answer was cut off.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.longrun import Size, size_of
from chatapp_tail.clock import SystemClock
from tests.forwarding.given import Webhook
from tests.support.cli_process import clean_environment, endpoint
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator

CLOCK = SystemClock()
_CHANNEL = "private-v1.licenses.1229.messengers.telegram"
_ITEM = {"side": "in", "type": "text", "message": {"text": "Привет"}, "chat": {"id": "1"}}
# How long events come before the outage and after it, in seconds.
_CALM = 5.0
# How long the webhook may take after the outage to get everything, in seconds: the longest pause
# between two tries, and the events themselves.
_CATCHING_UP = 300.0
_MOST_TWICE = 1
_MOST_MORE_DESCRIPTORS = 3
_MOST_GROWTH = 1.25


class Figures(NamedTuple):
    """The run in numbers; ``sizes`` before the outage, at its end, and after everything arrived."""

    outage: float
    sent: int
    once: int
    twice: int
    lost: int
    caught_up: float
    exit_code: int
    sizes: tuple[Size, Size, Size]


def main() -> int:
    """Run, show the figures; return 1 if one of them is bad."""
    parser = argparse.ArgumentParser(prog="benchmarks.outage", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=20.0, help="events a second")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        figures = measure(Path(home), arguments.minutes * 60, arguments.rate)
    for name, figure in rows(figures):
        sys.stdout.write(f"{name:28} {figure}\n")
    bad = faults(figures)
    for sentence in bad:
        sys.stderr.write(f"bad: {sentence}\n")
    return 1 if bad else 0


def measure(home: Path, outage: float, rate: float, calm: float = _CALM) -> Figures:
    """Publish ``rate`` events a second; the webhook is dead for ``outage`` seconds of that.

    Before that and afterwards it is alive for ``calm`` seconds.
    """
    with running_emulator(EmulatorSettings(pace=None)) as emulator, Webhook() as webhook:
        process = _started(home, emulator, webhook.url)
        try:
            _wait(lambda: emulator.publish(_CHANNEL, "ready", {"data": [{}]}) == 1, 30.0)
            sent = _published(emulator, range(int(calm * rate)), rate)
            _wait(lambda: len(_delivered(webhook)) == sent, 30.0)
            before = size_of(process.pid)
            webhook.die()
            sent = _published(emulator, range(sent, sent + int(outage * rate)), rate)
            dead = size_of(process.pid)
            webhook.revive()
            alive_at = CLOCK.now()
            sent = _published(emulator, range(sent, sent + int(calm * rate)), rate)
            _wait(lambda: len(_delivered(webhook)) == sent, _CATCHING_UP)
            caught_up = CLOCK.now() - alive_at
            after = size_of(process.pid)
            process.send_signal(signal.SIGTERM)
            exit_code = process.wait(30.0)
        finally:
            process.kill()
            process.wait()
    times = _delivered(webhook)
    return Figures(
        outage=outage,
        sent=sent,
        once=sum(count == 1 for count in times.values()),
        twice=sum(count > 1 for count in times.values()),
        lost=sum(number not in times for number in range(sent)),
        caught_up=caught_up,
        exit_code=exit_code,
        sizes=(before, dead, after),
    )


def faults(figures: Figures) -> list[str]:
    """Return a sentence for each figure that must not be as it is."""
    before, dead, after = figures.sizes
    checks = [
        (not figures.lost, f"{figures.lost} events lost"),
        (figures.twice <= _MOST_TWICE, f"{figures.twice} events came twice"),
        (figures.exit_code == -signal.SIGTERM, f"it ended with {figures.exit_code}"),
        (
            max(dead.descriptors, after.descriptors) <= before.descriptors + _MOST_MORE_DESCRIPTORS,
            f"{dead.descriptors} and {after.descriptors} descriptors, {before.descriptors} before",
        ),
        (
            max(dead.memory, after.memory) <= before.memory * _MOST_GROWTH,
            f"{dead.memory:,} and {after.memory:,} bytes of memory, {before.memory:,} before",
        ),
    ]
    return [sentence for holds, sentence in checks if not holds]


def rows(figures: Figures) -> list[tuple[str, str]]:
    """Return each figure with its name."""
    sizes = figures.sizes
    return [
        ("webhook dead, s", f"{figures.outage:g}"),
        ("events sent", f"{figures.sent:,}"),
        ("delivered once", f"{figures.once:,}"),
        ("delivered twice", f"{figures.twice:,}"),
        ("lost", f"{figures.lost:,}"),
        ("all there after, s", f"{figures.caught_up:.1f}"),
        ("descriptors", " → ".join(str(size.descriptors) for size in sizes)),
        ("threads", " → ".join(str(size.threads) for size in sizes)),
        ("memory, MB", " → ".join(f"{size.memory / 1e6:.1f}" for size in sizes)),
    ]


def _started(home: Path, emulator: Emulator, url: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "chatapp_tail", "1229/telegram", "--exclude-event", "ready"]
    command += ["--forward-to", url, "--forward-spool", "spool"]
    found = endpoint(emulator.socket_url, emulator.api_url, emulator.token)
    with (home / "stderr").open("wb") as stderr:
        return subprocess.Popen(  # noqa: S603 (the program itself)
            command,
            cwd=home,
            env=clean_environment(home) | found,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )


def _published(emulator: Emulator, numbers: range, rate: float) -> int:
    """Publish an event for each number, and return how many there were since the beginning."""
    next_at = CLOCK.now()
    for number in numbers:
        emulator.publish(_CHANNEL, "message", {"data": [{"id": number, **_ITEM}]})
        next_at += 1 / rate
        threading.Event().wait(max(0.0, next_at - CLOCK.now()))
    return numbers.stop


def _delivered(webhook: Webhook) -> Counter[int]:
    """Return how often each event came."""
    bodies: list[object] = webhook.bodies[:]
    return Counter(body["data"][0]["id"] for body in bodies)  # type: ignore[index]


def _wait(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until ``holds``, ``seconds`` at most: what is missing shows in the figures."""
    ends_at = CLOCK.now() + seconds
    while not holds() and CLOCK.now() < ends_at:
        threading.Event().wait(0.1)


if __name__ == "__main__":
    sys.exit(main())
