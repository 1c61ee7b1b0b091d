"""What ends a run from outside: a signal, a reader that left, a full disk, the time."""

from typing import Protocol

from chatapp_tail.clock import Clock
from chatapp_tail.errors import ExitCode, OutputError
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import HasFileno

# How long stdout gets to take what is queued, after a signal, in seconds.
_DRAIN_TIMEOUT = 0.8
# How long the summary on stderr waits for stdout to be written, in seconds.
_SETTLE_TIMEOUT = 0.1


class Stop(Exception):  # noqa: N818 (not an error: the end that was asked for)
    """The run is over, with this exit code."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


class Waits(Protocol):
    """What a run needs of a Wakeup."""

    reader_left: bool

    def wait(self, awaited: HasFileno | None, timeout: float) -> None:
        """Return when ``awaited`` can be read, when woken, or after ``timeout`` seconds."""


class Output(Protocol):
    """Where the lines of records go."""

    def put(self, lines: bytes, records: int, /) -> bool:
        """Hand over the lines of so many ``records``; return False if there is no room."""

    def flush(self) -> None:
        """Have written what was handed over so far."""


class QueuedOutput(Output, Protocol):
    """One that is written in the background: what a tail needs of a Writer."""

    reader_left: bool
    error: OutputError | None
    finished: bool

    @property
    def unwritten(self) -> int:
        """How many records were handed over and not written yet."""

    def settle(self, seconds: float) -> None:
        """Wait until everything is written, ``seconds`` at most."""

    def finish(self) -> None:
        """Let the writer end once everything is written."""


class Stopping:
    """All that can end a run from outside."""

    def __init__(  # noqa: PLR0913 (one argument for each way to end)
        self,
        signals: Signals,
        wakeup: Waits,
        writer: QueuedOutput,
        clock: Clock,
        *,
        ends_at: float = float("inf"),
        idle: float | None = None,
        has_goal: bool,
    ) -> None:
        """``ends_at`` is monotonic; ``idle`` the seconds without a shown item that end the run.

        ``has_goal``: --count or --until was given, so that an end by time exits with 6.
        """
        self.signals = signals
        self.wakeup = wakeup
        self.writer = writer
        self.clock = clock
        self._ends_at = ends_at
        self._idle = idle
        self._idle_ends_at = float("inf") if idle is None else clock.now() + idle
        self._has_goal = has_goal

    @property
    def ends_at(self) -> float:
        """The instant at which the run ends, if nothing more is shown; may be infinite."""
        return min(self._ends_at, self._idle_ends_at)

    def shown(self, _records: object = None) -> None:
        """Note that something was shown just now."""
        if self._idle is not None:
            self._idle_ends_at = self.clock.now() + self._idle

    @property
    def reader_left(self) -> bool:
        """Whether nobody can read stdout any more."""
        return self.wakeup.reader_left or self.writer.reader_left

    def check(self) -> None:
        """Raise ``Stop``, or the writer's error, if the run is over."""
        if self.signals.received is not None:
            raise Stop(ExitCode(128 + self.signals.received))
        if self.reader_left:
            raise Stop(ExitCode.OK)
        if self.writer.error is not None:
            raise self.writer.error
        if self.clock.now() >= self.ends_at:
            raise Stop(ExitCode.NOT_MET if self._has_goal else ExitCode.OK)

    def settle(self) -> None:
        """Flush stdout before the summary goes to stderr."""
        self.writer.settle(_SETTLE_TIMEOUT)

    def drain(self) -> int:
        """Wait until stdout has taken everything; return how many records it didn't take.

        A slow reader gets the time it needs; after a signal less than a second.
        """
        self.writer.finish()
        deadline = float("inf")
        while not (self.writer.finished or self.reader_left):
            if self.signals.received is not None:
                deadline = min(deadline, self.clock.now() + _DRAIN_TIMEOUT)
            if self.clock.now() >= deadline:
                break
            self.wakeup.wait(None, deadline - self.clock.now())
        return 0 if self.reader_left else self.writer.unwritten
