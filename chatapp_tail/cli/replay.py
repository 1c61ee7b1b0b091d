"""``chatapp-tail replay FILE|-``: recorded events as if they came now."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from itertools import chain
from pathlib import Path
from typing import TextIO

from chatapp_tail.account.config import expanded
from chatapp_tail.cli.browse import Browser, UntilLeft, piped
from chatapp_tail.cli.build import build_show, warn_of_events
from chatapp_tail.cli.options import ReplayOptions
from chatapp_tail.cli.run_parts import Process, extra_outputs, in_process, remembered
from chatapp_tail.cli.streams import discard_stdout, draw_summary, raw_stream, terminal_fd
from chatapp_tail.delivery import Delivery
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.gaps import specs
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.formats import make_sink
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.status import Status
from chatapp_tail.output.writer import DirectOutput
from chatapp_tail.recording.lines import NoticeLine
from chatapp_tail.recording.pace import Pace
from chatapp_tail.recording.reader import (
    MADE_BY,
    Frame,
    Readable,
    RecordingReader,
    Stats,
    group,
    open_recording,
)
from chatapp_tail.settings import DEFAULT_BUFFER_BYTES, ShowSettings
from chatapp_tail.signals import InterruptedBySignal, Signals
from chatapp_tail.stopping import Stop
from chatapp_tail.units import counted, format_duration
from chatapp_tail.wakeup import file_descriptor


def replay_command(file: str, options: ReplayOptions) -> ExitCode:
    """Replay to the end of the file, or to the end that was asked for."""
    status = Status(sys.stderr, options.show.output.verbosity.level)
    show = build_show(options.show, notices=options.notices)
    warn_of_events(show, status)
    is_browsing = show.output.format is OutputFormat.BROWSE
    stdin = piped() if is_browsing and file == "-" else sys.stdin
    with (
        _opened(file, stdin, show.record) as stream,
        in_process(status, show) as process,
    ):
        replay = _Replay(file, show, options, process)
        reader = RecordingReader(
            _InterruptibleStream(stream, process.signals),
            clock=process.clock,
            warn=status.warn,
            before_read=replay.output.flush,
        )
        try:
            return replay.run(reader)
        except BrokenPipeError:
            discard_stdout()
            return ExitCode.OK
        except InterruptedBySignal:
            return ExitCode(128 + (process.signals.received or 0))


class _InterruptibleStream:
    """A stream whose reads end at a signal, also while no data comes."""

    def __init__(self, stream: Readable, signals: Signals) -> None:
        self._stream = stream
        self._signals = signals

    def read1(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes. Raises ``InterruptedBySignal``."""
        with self._signals.interruptible():
            return self._stream.read1(size)


class _Replay:
    """One run through a file."""

    def __init__(
        self,
        file: str,
        show: ShowSettings,
        options: ReplayOptions,
        process: Process,
    ) -> None:
        """Raises ``UsageError`` where a screen is wanted and can't be shown."""
        self._show = show
        self._options = options
        self._process = process
        self._status, self._clock, self._signals, self._wakeup = process
        self._pace = Pace(options.speed)
        self._started_at = self._clock.now()
        self._memory, self._outcomes = remembered(show)
        self._browser: Browser | None = None
        self.output: DirectOutput | UntilLeft
        if show.output.format is OutputFormat.BROWSE and self._memory is not None:
            self._browser = Browser(
                show,
                process,
                memory=self._memory,
                buffer_bytes=options.show.output.buffer or DEFAULT_BUFFER_BYTES,
                title=file,
            )
            self.output = UntilLeft(self._wakeup)
        else:
            self.output = DirectOutput(raw_stream(sys.stdout), self._signals)

    def run(self, reader: RecordingReader) -> ExitCode:
        """Return how it ended. Raises what reading and writing raise."""
        parts = (part for part in reader if self._options.holds(part.received_at))
        browser = self._browser
        # Rows show a date if it differs from that of the first one; a screen always shows it.
        first = None if browser else next(parts, None)
        sink = make_sink(
            self._show.output,
            environment=os.environ,
            terminal_fd=terminal_fd(sys.stdout),
            started_at=first.received_at if first else self._clock.utcnow(),
            channels=None,
            memory=self._memory,
            highlights=self._show.highlights,
        )
        self.output.put(sink.header(), 0)
        with extra_outputs(self._show, self._process, self._outcomes, finish_within=None) as extra:
            delivery = Delivery(
                sink,
                self.output,
                self._show,
                memory=self._memory,
                listeners=browser.heard_by(extra.listeners) if browser else extra.listeners,
                clock=self._clock,
                reporter=Reporter(self._status, self._clock),
            )
            frames = group(chain([first] if first else [], parts))

            def deliver() -> ExitCode:
                code = self._deliver(frames, delivery)
                if not delivery.received:
                    raise UsageError(f"nothing to replay: {_lack(reader.stats)}", hint=MADE_BY)
                return code

            try:
                if browser is None:
                    code = deliver()
                else:
                    follows = self._pace.is_finite
                    code = browser.show(deliver, follows=follows, forward=extra.forward)
            finally:
                self.output.flush()
                self._report(delivery, reader.stats)
        if code is ExitCode.NOT_MET:
            self._status.warn(self._show.not_met)
        return extra.code(code)

    def _deliver(self, frames: Iterable[Frame | NoticeLine], delivery: Delivery) -> ExitCode:
        try:
            for frame in frames:
                if isinstance(frame, NoticeLine):
                    self._tell(frame)
                    continue
                if self._pace.is_finite:
                    self._wait(frame)
                delivery.take(frame.records, self._clock.now())
        except Stop as stop:
            return stop.code
        return ExitCode.NOT_MET if self._show.has_goal else ExitCode.OK

    def _tell(self, notice: NoticeLine) -> None:
        """Say that events may be missing here; pass the notice on if that is wanted."""
        if self._options.notices:
            self.output.put(notice.line, 0)
        if (gap := notice.gap) is not None:
            self.output.flush()
            self._status.rule(gap.words(specs(gap.channels), "what was sent then may be missing"))

    def _wait(self, frame: Frame) -> None:
        """Sleep until the frame is due. Raises ``BrokenPipeError``, ``InterruptedBySignal``."""
        due = self._started_at + self._pace.due(frame.received_at)
        while (left := due - self._clock.now()) > 0:
            self.output.flush()
            self._wakeup.wait(None, left)
            if self._wakeup.reader_left:
                raise BrokenPipeError
            with self._signals.interruptible():  # raises if a signal came meanwhile
                pass

    def _report(self, delivery: Delivery, stats: Stats) -> None:
        now = self._clock.now()
        seconds = format_duration(now - self._started_at)
        words = [f"{delivery.shown} shown of {delivery.received} replayed in {seconds}"]
        if stats.bad:
            words.append(counted(stats.bad, "bad line"))
        if delivery.held_back:
            words.append(delivery.held_back)
        self._status.say("; ".join(words))
        for line in self._outcomes.words() if self._outcomes else ():
            self._status.say(line)
        if self._show.summary:
            self._status.block(draw_summary(delivery.statistics.snapshot(now)))


def _lack(stats: Stats) -> str:
    """Return what a recording without an event holds."""
    if not stats.lines:
        return "the recording is empty"
    if stats.notices < stats.lines:
        return "the recording holds no event"
    return "its only line is a notice" if stats.lines == 1 else "all of its lines are notices"


@contextmanager
def _opened(file: str, stdin: TextIO, record: Path | None) -> Iterator[Readable]:
    with (
        open_recording(expanded(file))
        if file != "-"
        else BufferedReader(FileIO(stdin.fileno(), closefd=False))
    ) as stream:
        _check_distinct(stream.fileno(), record)
        yield stream


def _check_distinct(source: int, record: Path | None) -> None:
    """Raise ``UsageError`` for a file that would be written to while it is read: it has no end."""
    read = os.fstat(source)
    if not stat.S_ISREG(read.st_mode):
        return
    stdout = file_descriptor(sys.stdout)
    if stdout is not None and os.path.samestat(read, os.fstat(stdout)):
        raise UsageError("stdout is the file that is replayed", hint="Write to another file.")
    if record is not None and record.exists() and os.path.samestat(read, record.stat()):
        raise UsageError(
            "this is the file that is replayed",
            hint="Record to another file.",
            option="record",
        )
