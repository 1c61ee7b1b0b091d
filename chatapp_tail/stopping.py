"""Why a run ends from outside: a signal, a reader that left, a full disk, the time, the count."""

from typing import NamedTuple, Protocol

from chatapp_tail.clock import Clock
from chatapp_tail.errors import ExitCode, OutputError
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import HasFileno

# How long stdout gets to take what is queued, after a signal, in seconds.
_DRAIN_TIMEOUT = 0.8


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
        ...


class Writes(Protocol):
    """What the end of a run needs of a Writer."""

    reader_left: bool
    error: OutputError | None
    finished: bool

    @property
    def unwritten(self) -> int:
        """Return how many records were handed over and not written yet."""
        ...

    def finish(self) -> None:
        """Let the writer end after what it has."""
        ...


class Stopping(NamedTuple):
    """Everything that can end a run, looked at together. ``ends_at`` is monotonic, may be inf."""

    signals: Signals
    wakeup: Waits
    writer: Writes
    clock: Clock
    ends_at: float
    is_awaiting: bool
    """Whether the end of the time finds a wish (--count) unmet."""

    @property
    def reader_left(self) -> bool:
        """Return whether nobody can read stdout any more."""
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
            raise Stop(ExitCode.NOT_MET if self.is_awaiting else ExitCode.OK)

    def sleep(self, seconds: float) -> None:
        """Wait, and raise ``Stop`` as soon as the run is over."""
        until = self.clock.now() + seconds
        while True:
            self.check()
            now = self.clock.now()
            if now >= until:
                return
            self.wakeup.wait(None, min(until, self.ends_at) - now)

    def drain(self) -> int:
        """Wait until stdout has taken everything; return how many records it didn't take.

        A slow reader gets the time it needs; after a signal only a moment.
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
