"""``chatapp-tail replay FILE|-``: recorded events as if they came now."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BufferedReader, FileIO
from itertools import chain
from pathlib import Path

from chatapp_tail.account.config import expanded
from chatapp_tail.chatapp.memory import Memory
from chatapp_tail.chatapp.record import Record
from chatapp_tail.cli.browse import Browser, UntilLeft, piped
from chatapp_tail.cli.build import build_output, build_show, warn_of_events
from chatapp_tail.cli.listeners import extra_outputs, remembered
from chatapp_tail.cli.options import ReplayOptions, ShowOptions
from chatapp_tail.cli.process import Process, in_process
from chatapp_tail.cli.streams import (
    Streams,
    discard_stdout,
    process_streams,
    raw_stream,
    summary_drawer,
    terminal_fd,
)
from chatapp_tail.delivery import Delivery
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.gaps import specs
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.formats import chosen_format, make_sink
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.sink import Sink
from chatapp_tail.output.status import Status
from chatapp_tail.output.writer import DirectOutput
from chatapp_tail.recording.frame import Frame, Part, group
from chatapp_tail.recording.lines import NoticeLine
from chatapp_tail.recording.pace import Pace
from chatapp_tail.recording.reader import MADE_BY, Readable, RecordingReader, Stats, open_recording
from chatapp_tail.settings import DEFAULT_BUFFER_BYTES, ShowSettings
from chatapp_tail.signals import InterruptedBySignal, Signals
from chatapp_tail.stopping import Stop
from chatapp_tail.units import format_duration
from chatapp_tail.wakeup import file_descriptor

_Output = DirectOutput | UntilLeft


def replay_command(file: str, options: ShowOptions, part: ReplayOptions) -> ExitCode:
    """Replay to the end of the file, or to the end that was asked for."""
    streams = process_streams()
    status = Status(streams.stderr, options.output.verbosity.level)
    show = build_show(options, build_output(options.output, notices=part.notices))
    warn_of_events(show, status)
    is_browsing = show.output.format is OutputFormat.BROWSE
    source = piped(streams) if is_browsing and file == "-" else streams
    with (
        _opened(file, source, show.record) as stream,
        in_process(streams, status, has_screen=is_browsing) as process,
    ):
        replay = _Replay(
            show,
            Pace(part.speed),
            part.holds,
            process,
            notices=part.notices,
        )
        if is_browsing:
            replay.browse(file, options.output.buffer or DEFAULT_BUFFER_BYTES)
        reader = RecordingReader(
            _InterruptibleStream(stream, process.signals),
            clock=process.clock,
            warn=status.warn,
            before_read=replay.flush,
        )
        try:
            return replay.run(reader)
        except BrokenPipeError:
            discard_stdout(streams.stdout)
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
        show: ShowSettings,
        pace: Pace,
        holds: Callable[[datetime], bool],
        process: Process,
        *,
        notices: bool,
    ) -> None:
        self._show = show
        self._notices = notices
        self._holds = holds
        self._pace = pace
        self._process = process
        self._streams, self._status, self._clock, self._signals, self._wakeup = process
        self._started_at = self._clock.now()
        self._output: _Output | None = None
        self._memory, self._outcomes = remembered(show, self._streams)
        self._browser: Browser | None = None
        self._title = ""

    def browse(self, title: str, buffer_bytes: int) -> None:
        """Show a screen in place of lines. Raises ``UsageError`` where that can't be done."""
        self._title = title
        self._browser = Browser(
            self._show,
            self._process,
            memory=self._memory or Memory(),
            buffer_bytes=buffer_bytes,
        )

    def run(self, reader: RecordingReader) -> ExitCode:
        """Return how it ended. Raises what reading and writing raise."""
        parts = (part for part in reader if self._holds(part.received_at))
        terminal = terminal_fd(self._streams.stdout)
        is_json = chosen_format(self._show.output, terminal) is OutputFormat.JSON
        # Rows show a date if it differs from that of the first one; a screen always shows it.
        first = None if self._browser or is_json else next(parts, None)
        sink = self._sink(first, terminal)
        output = self._output = self._new_output(sink.header())
        with extra_outputs(self._show, self._process, self._outcomes, finish_within=None) as extra:
            listeners = extra.listeners
            delivery = Delivery(
                sink,
                output,
                self._show,
                memory=self._memory,
                listeners=self._browser.heard_by(listeners) if self._browser else listeners,
                clock=self._clock,
                reporter=Reporter(self._status, self._clock),
            )
            frames = group(chain([] if first is None else [first], parts))

            def deliver() -> ExitCode:
                code = self._deliver(frames, delivery, output)
                if not delivery.received:
                    raise UsageError(f"nothing to replay: {_lack(reader.stats)}", hint=MADE_BY)
                return code

            try:
                code = self._beside_the_screen(deliver, extra.forward)
            finally:
                output.flush()
                self._say(delivery, reader)
        if code is ExitCode.NOT_MET:
            self._status.warn(self._show.not_met)
        return extra.code(code)

    def _beside_the_screen(
        self,
        deliver: Callable[[], ExitCode],
        forward: Callable[[Record], object] | None,
    ) -> ExitCode:
        """Deliver, beside the screen if there is one."""
        if self._browser is None:
            return deliver()
        return self._browser.show(
            deliver, title=self._title, follows=self._pace.is_finite, forward=forward
        )

    def flush(self) -> None:
        """Write what is buffered. Raises what writing raises."""
        if self._output is not None:
            self._output.flush()

    def _deliver(
        self, frames: Iterable[Frame | NoticeLine], delivery: Delivery, output: _Output
    ) -> ExitCode:
        try:
            for frame in frames:
                if isinstance(frame, NoticeLine):
                    self._tell(frame, output)
                    continue
                if self._pace.is_finite:
                    self._wait(frame, output)
                delivery.take(frame.records, self._clock.now())
        except Stop as stop:
            return stop.code
        return ExitCode.NOT_MET if self._show.has_goal else ExitCode.OK

    def _tell(self, notice: NoticeLine, output: _Output) -> None:
        """Say that events may be missing here; pass the notice on if that is wanted."""
        if self._notices:
            output.put(notice.line, 0)
        if (gap := notice.gap) is not None:
            output.flush()
            self._status.rule(gap.words(specs(gap.channels), "what was sent then may be missing"))

    def _wait(self, frame: Frame, output: _Output) -> None:
        """Sleep until the frame is due. Raises ``BrokenPipeError``, ``InterruptedBySignal``."""
        due = self._started_at + self._pace.due(frame.received_at)
        while (left := due - self._clock.now()) > 0:
            output.flush()
            self._wakeup.wait(None, left)
            if self._wakeup.reader_left:
                raise BrokenPipeError
            with self._signals.interruptible():  # raises if a signal came meanwhile
                pass

    def _sink(self, first: Part | None, terminal: int | None) -> Sink:
        return make_sink(
            self._show.output,
            environment=self._streams.environment,
            terminal_fd=terminal,
            started_at=self._clock.utcnow() if first is None else first.received_at,
            channels=None,
            memory=self._memory,
            highlights=self._show.highlights,
        )

    def _new_output(self, header: bytes) -> _Output:
        if self._browser is not None:
            return UntilLeft(self._wakeup)
        return DirectOutput(raw_stream(self._streams.stdout), self._signals, header=header)

    def _say(self, delivery: Delivery, reader: RecordingReader) -> None:
        now = self._clock.now()
        seconds = format_duration(now - self._started_at)
        words = [f"{delivery.shown} shown of {delivery.received} replayed in {seconds}"]
        if bad := reader.stats.bad:
            words.append("1 bad line" if bad == 1 else f"{bad} bad lines")
        if delivery.held_back:
            words.append(delivery.held_back)
        self._status.say("; ".join(words))
        for line in self._outcomes.words() if self._outcomes else ():
            self._status.say(line)
        if self._show.summary:
            summary = delivery.statistics.snapshot(now)
            self._status.block(summary_drawer(self._streams)(summary))


def _lack(stats: Stats) -> str:
    """Return what a recording without an event holds."""
    if not stats.lines:
        return "the recording is empty"
    if stats.notices < stats.lines:
        return "the recording holds no event"
    return "its only line is a notice" if stats.lines == 1 else "all of its lines are notices"


@contextmanager
def _opened(file: str, streams: Streams, record: Path | None) -> Iterator[Readable]:
    with (
        open_recording(expanded(file))
        if file != "-"
        else BufferedReader(FileIO(streams.stdin.fileno(), closefd=False))
    ) as stream:
        _check_distinct(stream.fileno(), streams, record)
        yield stream


def _check_distinct(source: int, streams: Streams, record: Path | None) -> None:
    """Raise ``UsageError`` for a file that would be written to while it is read: it has no end."""
    read = os.fstat(source)
    if not stat.S_ISREG(read.st_mode):
        return
    stdout = file_descriptor(streams.stdout)
    if stdout is not None and os.path.samestat(read, os.fstat(stdout)):
        raise UsageError("stdout is the file that is replayed", hint="Write to another file.")
    if record is not None and record.exists() and os.path.samestat(read, record.stat()):
        raise UsageError(
            "this is the file that is replayed",
            hint="Record to another file.",
            option="record",
        )
