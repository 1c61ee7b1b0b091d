"""The format ``browse``: how soon a key is answered while much comes, what is lost, and memory.

A key is ``p``, which pauses: it is answered when the terminal has got the word ``paused``.
"""

import os
import re
import sys
import threading
from statistics import quantiles
from typing import Self

from benchmarks.bench import Bench, run, say
from benchmarks.child import CLOCK, Child, Terminal
from benchmarks.figures import TAIL, Goal, Row

_MOST_TO_ANSWER = 0.1
_MOST_TO_OPEN = 1.0
_RATE = 1_000
_PAUSE = 0.2
_BUFFER_MIB = 16
# Above a run in which nothing comes. Python takes 1.8 KB for a record of 1.4 KB besides itself.
_MOST_MEMORY_MIB = _BUFFER_MIB * 2.3 + 24
_WITHIN = 20.0
_SHOWN = re.compile(rb"([0-9]+) shown of ([0-9]+) received")
_MEBIBYTE = 1 << 20


class _Screen(Terminal):
    """A terminal whose bytes are looked through for words, and that takes keys."""

    def __init__(self) -> None:
        super().__init__()
        self._ready = threading.Condition()
        self._since_key = bytearray()

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def type(self, key: bytes) -> float:
        """Type ``key`` and forget what came before; return when."""
        with self._ready:
            self._since_key.clear()
        os.write(self._ours, key)
        return CLOCK.now()

    def shows(self, words: bytes) -> float:
        """Wait for ``words``; return when they came. Raises ``TimeoutError``."""
        with self._ready:
            if not self._ready.wait_for(lambda: words in self._since_key, _WITHIN):
                raise TimeoutError(f"the screen never showed {words!r}")
            return CLOCK.now()

    @property
    def text(self) -> bytes:
        """What came since the last key."""
        with self._ready:
            return bytes(self._since_key)

    def take(self, chunk: bytes) -> None:
        """Take what the program has written."""
        with self._ready:
            self._since_key += chunk
            self._ready.notify_all()


def measure(bench: Bench) -> list[Row]:
    """Return the rows for a busy screen and for a file that is opened."""
    return [*_busy(bench), *_opened(bench)]


def _busy(bench: Bench) -> list[Row]:
    seconds = bench.scale.browse_time
    count = int(seconds * _RATE)
    command = bench.tail("-b", "--buffer", f"{_BUFFER_MIB}M")
    delays: list[float] = []
    with (
        _Screen() as screen,
        Child(command, bench.environment, stderr=bench.words, terminal=screen.fd) as child,
    ):
        bench.blaster.next_subscription()
        screen.shows(b"subscribed")
        before = child.memory()
        bench.blaster.send(count, _RATE)
        ends_at = CLOCK.now() + seconds
        while CLOCK.now() < ends_at:
            typed_at = screen.type(b"p")
            delays.append(screen.shows(b"paused") - typed_at)
            threading.Event().wait(_PAUSE)
            screen.type(b"p")
            threading.Event().wait(_PAUSE)
        bench.blaster.sent()
        threading.Event().wait(1.0)
        grown = (child.memory() - before) / _MEBIBYTE
        screen.type(b"q")
        child.wait()
        threading.Event().wait(_PAUSE)
        shown = _SHOWN.search(screen.text)
    slowest = quantiles(delays, n=20)[-1]
    lost = count - (int(shown[1]) if shown else 0)
    say(f"browse at {_RATE}/s: {slowest * 1000:.0f} ms, {lost} lost, {grown:.0f} MiB more")
    return [
        Row(
            f"browse, {_RATE:,} events/s: a key is answered, p95, seconds",
            {TAIL: slowest},
            [Goal(slowest, _MOST_TO_ANSWER, is_least=False)],
        ),
        Row(
            f"browse, {_RATE:,} events/s: events that the screen has lost",
            {TAIL: lost},
            [Goal(lost, 0, is_least=False)],
        ),
        Row(
            f"browse, {_RATE:,} events/s: memory grown, with --buffer {_BUFFER_MIB}M, MiB",
            {TAIL: grown},
            [Goal(grown, _MOST_MEMORY_MIB, is_least=False)],
        ),
    ]


def _opened(bench: Bench) -> list[Row]:
    path = bench.home / "browsed.jsonl"
    count = bench.scale.events
    command = bench.tail("--json", "--count", str(count))
    with (
        path.open("wb") as lines,
        Child(command, bench.environment, stdout=lines, stderr=bench.words) as child,
    ):
        bench.blaster.next_subscription()
        bench.blaster.send(count)
        child.wait()
        bench.blaster.sent()
    command = [sys.executable, "-m", "chatapp_tail", "replay", str(path), "-b"]
    with (
        _Screen() as screen,
        Child(command, bench.environment, stderr=bench.words, terminal=screen.fd) as child,
    ):
        seconds = screen.shows("←".encode()) - child.started_at
        screen.type(b"q")
        child.wait()
    say(f"browse a file of {count:,} events: first screen after {seconds:.2f} s")
    return [
        Row(
            f"browse a file of {count:,} events: first screen, seconds from the start",
            {TAIL: seconds},
            [Goal(seconds, _MOST_TO_OPEN, is_least=False)],
        )
    ]


if __name__ == "__main__":
    sys.exit(run([measure], __doc__))
