"""What long-running commands share: what ends their waits, a memory, and extra outputs."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from chatapp_tail.cli.streams import terminal_fd
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.delivery import Listeners
from chatapp_tail.errors import ExitCode, OutputError
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.formats import chosen_format
from chatapp_tail.output.status import Status
from chatapp_tail.settings import ShowSettings
from chatapp_tail.signals import InterruptedBySignal, Signals
from chatapp_tail.wakeup import Wakeup, file_descriptor

if TYPE_CHECKING:
    from chatapp_tail.chatapp.memory import Memory, Outcomes
    from chatapp_tail.chatapp.record import Record
    from chatapp_tail.cli.forwarding import Forwarding
    from chatapp_tail.forwarding.result import Counts
    from chatapp_tail.recording.recorder import Recorder

# Formats whose rows are in words.
_IN_WORDS = (OutputFormat.TABLE, OutputFormat.PLAIN, OutputFormat.BROWSE)


class Process(NamedTuple):
    """What a run uses of its process: where it writes messages, and what ends its waits."""

    status: Status
    clock: Clock
    signals: Signals
    wakeup: Wakeup


@contextmanager
def in_process(status: Status, show: ShowSettings) -> Iterator[Process]:
    """Yield the process with its signals handled; beside a screen they are only noted."""
    signals = Signals(raises=show.output.format is not OutputFormat.BROWSE)
    with (
        closing(Wakeup(file_descriptor(sys.stdout))) as wakeup,
        signals.installed(wakeup.signal_fd),
    ):
        yield Process(status, SystemClock(), signals, wakeup)


def until_signal(run: Callable[[Wakeup], ExitCode]) -> ExitCode:
    """Return what ``run`` returns, or the exit code of the signal that ends it."""
    signals = Signals()
    with closing(Wakeup()) as wakeup, signals.installed(wakeup.signal_fd):
        try:
            with signals.interruptible():
                return run(wakeup)
        except InterruptedBySignal:
            return ExitCode(128 + (signals.received or signal.SIGINT))


def remembered(show: ShowSettings) -> "tuple[Memory | None, Outcomes | None]":
    """Return the memory of a run's records, and the counts of what became of messages.

    None if neither rows nor a summary are shown: they take time for each event.
    """
    in_words = chosen_format(show.output, terminal_fd(sys.stdout)) in _IN_WORDS
    if not (in_words or show.summary or sys.stderr.isatty()):
        return None, None
    from chatapp_tail.chatapp.memory import Memory, Outcomes  # noqa: PLC0415 (JSON needs none)

    memory = Memory()
    return memory, Outcomes(memory)


class ExtraOutputs:
    """The extra outputs of a run; ``code`` is asked when they have finished."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.listeners = Listeners()
        """Who hears of events."""
        self.recorder: Recorder | None = None
        self.forwarding: Forwarding | None = None

    @property
    def forward(self) -> "Callable[[Record], object] | None":
        """What posts one record to the webhooks again; None without a webhook."""
        forwarding = self.forwarding
        return None if forwarding is None else lambda record: forwarding.put([record])

    @property
    def forwarded(self) -> "Callable[[], Counts] | None":
        """What returns how many events the webhooks got so far; None without a webhook."""
        forwarding = self.forwarding
        return None if forwarding is None else lambda: forwarding.counts

    def code(self, code: ExitCode) -> ExitCode:
        """Return the exit code of a run whose tail ended with ``code``.

        It is another one if a signal came while these finished, if the recorded file is incomplete,
        or if a webhook took nothing.
        """
        if (received := self._process.signals.received) is not None:
            return ExitCode(128 + received)
        return ExitCode.UNEXPECTED if self._lacking() and code < ExitCode.USAGE else code

    def report(self) -> None:
        """Report what was not recorded or forwarded, also with -q."""
        for sentence in self._lacking():
            error = OutputError(sentence, hint="The warnings before this one say why.")
            self._process.status.error(error)

    def _lacking(self) -> list[str]:
        lacking = []
        if self.recorder is not None and (lack := self.recorder.lack):
            lacking.append(lack)
        if self.forwarding is not None and self.forwarding.has_failed:
            lacking.append("a webhook has taken none of the events")
        return lacking


@contextmanager
def extra_outputs(
    show: ShowSettings,
    process: Process,
    outcomes: "Outcomes | None",
    *,
    finish_within: float | None,
) -> Iterator[ExtraOutputs]:
    """Yield the extra outputs; at the end let them finish, and report what is missing.

    ``finish_within`` is how many seconds forwarding gets for what is queued; None for no limit.
    Each is imported only if it is used: most runs have neither.
    """
    made, listeners = ExtraOutputs(process), Listeners()
    with ExitStack() as stack:
        stack.callback(made.report)
        if show.record is not None:
            from chatapp_tail.recording.recorder import Recorder  # noqa: PLC0415

            recorder = made.recorder = Recorder(
                show.record, clock=process.clock, warn=process.status.warn
            )
            stack.callback(recorder.close)
            listeners = Listeners((recorder.put,), (), (recorder,), (recorder.put_notice,))
        if outcomes is not None:
            listeners = listeners._replace(received=(*listeners.received, outcomes.hear))
        if show.forward is not None:
            from chatapp_tail.cli.forwarding import forwarding  # noqa: PLC0415

            made.forwarding = stack.enter_context(
                forwarding(show.forward, process, finish_within=finish_within)
            )
            listeners = listeners._replace(shown=(made.forwarding.put,))
        made.listeners = listeners
        yield made
