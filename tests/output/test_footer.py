"""The footer on a pseudo-terminal with an emulated screen: what a user sees."""

import fcntl
import os
import pty
import struct
import termios
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from io import FileIO
from pathlib import Path

import pyte
import pytest

from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.output import OutputFormat, terminal_width
from chatapp_tail.output.footer import Footer, FooterState, is_wanted, share_terminal, state_words
from chatapp_tail.output.unbuffered import RawStream, write_all
from tests.output.given import BrokenStream, MemoryStream
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_until

SHOWN = " subscribed 4 channels · 0 events · 0/s"


class Screen:
    """A terminal: a thread reads the user's end into an emulator of the same size."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self._user, self._program = pty.openpty()
        self._emulator = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._emulator)
        self._lock = threading.Lock()
        self.resize(columns, rows)
        self.stdout = FileIO(os.dup(self._program), "wb")
        self.stderr = FileIO(os.dup(self._program), "wb")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def lines(self) -> list[str]:
        """The lines down to the last that isn't empty."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self._emulator.display).rstrip().split("\n")

    @property
    def width(self) -> int:
        """The number of columns that the program sees."""
        return terminal_width(self._program, {})

    def footer(self, clock: Clock | None = None) -> Footer:
        """Return a footer on this screen."""
        return Footer(self.stderr, clock=clock or FakeClock(), width=lambda: self.width)

    def show(self, *lines: str) -> None:
        """Wait until the screen holds these lines and no more."""
        try:
            wait_until(lambda: self.lines == list(lines), "the screen")
        except TimeoutError:
            assert self.lines == list(lines)
            raise

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window; its content is cut."""
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._program, termios.TIOCSWINSZ, size)
        with self._lock:
            self._emulator.resize(rows, columns)

    def reflow(self, columns: int) -> None:
        """Make the window narrower, as terminals do that wrap long lines again.

        The cursor stays at the character that it is at.
        """
        lines, row, column = self.lines, self._emulator.cursor.y, self._emulator.cursor.x
        self.resize(columns, self._emulator.lines)
        with self._lock:
            self._emulator.reset()
            before = "\r\n".join([*lines[:row], lines[row][:column]])
            after = "\r\n".join([lines[row][column:], *lines[row + 1 :]])
            self._stream.feed(f"{before}\x1b7{after}\x1b8".encode())

    def stop(self) -> None:
        """Stop the output, as Ctrl-S does."""
        termios.tcflow(self._program, termios.TCOOFF)

    def go_on(self) -> None:
        """Continue the output, as Ctrl-Q does."""
        termios.tcflow(self._program, termios.TCOON)

    def close(self) -> None:
        """Close both ends."""
        self.go_on()
        for stream in (self.stdout, self.stderr):
            stream.close()
        os.close(self._program)
        self._reader.join(5)
        os.close(self._user)

    def _read(self) -> None:
        while chunk := self._next():
            with self._lock:
                self._stream.feed(chunk)

    def _next(self) -> bytes:
        try:
            return os.read(self._user, 65_536)
        except OSError:  # the program's end is closed
            return b""


@pytest.fixture
def screen() -> Iterator[Screen]:
    screen = Screen()
    yield screen
    screen.close()


def in_memory(
    memory: MemoryStream, clock: FakeClock | None = None, *, width: int = 80, color: bool = False
) -> Footer:
    clock = clock or FakeClock()
    return Footer(memory, clock=clock, width=lambda: width, zone=UTC, color=color)


def live(received: int = 0, *, rate: float = 0.0) -> FooterState:
    """Return the state of a run that has its four channels, and shows what it received."""
    return FooterState(4, 4, is_connected=True, received=received, shown=received, rate=rate)


def put(raw: RawStream, text: str) -> None:
    write_all(raw, text.encode())


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (FooterState(channels=4), "connecting · 0 events · 0/s"),
        (FooterState(channels=4, retry_at=1011.2), "reconnecting in 12 s · 0 events · 0/s"),
        (FooterState(channels=4, retry_at=999.0), "reconnecting · 0 events · 0/s"),
        (
            FooterState(channels=4, is_connected=True),
            "subscribing to 4 channels · 0 events · 0/s",
        ),
        (
            FooterState(channels=1_200, subscribed=1_100, is_connected=True, received=1, shown=1),
            "subscribed 1,100 of 1,200 channels · 1 event · 0/s",
        ),
        (
            FooterState(channels=1, subscribed=1, is_connected=True, received=5, shown=2, rate=0.5),
            "subscribed 1 channel · 5 events, 2 shown · 0.5/s",
        ),
        (
            FooterState(
                channels=4,
                subscribed=4,
                is_connected=True,
                received=1234,
                shown=1234,
                rate=12.4,
                last_at=datetime(2026, 11, 22, 13, 41, 5, tzinfo=UTC),
                round_trip=0.0231,
            ),
            "subscribed 4 channels · 1,234 events · 12/s · last 13:41:05 · ping 23 ms",
        ),
    ],
)
def test_line_says_the_state_of_the_connection_and_what_came(
    state: FooterState, words: str
) -> None:
    assert " · ".join(state_words(state, 1000.0, UTC)) == words


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (40, SHOWN),
        (39, " subscribed 4 channels · 0 events"),
        (24, " subscribed 4 channels"),
        (10, " subscrib"),
        (2, " "),
        (1, ""),
        (0, ""),
    ],
)
def test_narrow_window_gets_fewer_parts_and_one_column_stays_free(width: int, words: str) -> None:
    memory = MemoryStream()
    footer = in_memory(memory, width=width)
    footer.update(live())
    put(footer.wrap(memory), "row\n")
    assert memory.written.rpartition(b"row\n")[2].decode().removesuffix("\r") == words
    footer.close()


def test_line_is_below_the_rows_and_is_removed_at_the_end(screen: Screen) -> None:
    footer = screen.footer()
    stdout, stderr = footer.wrap(screen.stdout), footer.wrap(screen.stderr)
    assert stdout.fileno() == screen.stdout.fileno()
    footer.update(live())
    screen.show(SHOWN)
    put(stdout, "one\ntwo\n")
    put(stderr, "chatapp-tail: sentence\n")
    screen.show("one", "two", "chatapp-tail: sentence", SHOWN)
    footer.close()
    screen.show("one", "two", "chatapp-tail: sentence")
    put(stderr, "the end\n")
    screen.show("one", "two", "chatapp-tail: sentence", "the end")


def test_line_stays_the_last_when_the_screen_scrolls(screen: Screen) -> None:
    footer = screen.footer()
    stdout = footer.wrap(screen.stdout)
    footer.update(live())
    for number in range(100):
        put(stdout, f"{number}\n")
    screen.show(*(str(number) for number in range(77, 100)), SHOWN)
    footer.close()
    screen.show(*(str(number) for number in range(77, 100)))


def test_rows_of_two_threads_stay_whole_while_the_line_changes() -> None:
    screen, clock = Screen(80, 700), SystemClock()
    footer = screen.footer(clock)
    rows = [f"row {number} {'漢字👍' * (number % 11)}." for number in range(300)]
    sentences = [f"sentence {number}" for number in range(300)]

    def speak(raw: RawStream, lines: list[str]) -> None:
        for line in lines:
            put(raw, f"{line}\n")

    threads = [
        threading.Thread(target=speak, args=(footer.wrap(screen.stdout), rows)),
        threading.Thread(target=speak, args=(footer.wrap(screen.stderr), sentences)),
    ]
    for thread in threads:
        thread.start()
    received = 0
    while any(thread.is_alive() for thread in threads):
        received += 1
        footer.due_at = 0.0  # as if a quarter of a second had passed each time
        footer.update(live(received))
    footer.close()
    wait_until(lambda: len(screen.lines) == 600, "all lines")
    shown = screen.lines
    screen.close()
    assert [line for line in shown if line.startswith("row")] == rows
    assert [line for line in shown if line.startswith("sentence")] == sentences


def test_line_is_below_a_row_as_wide_as_the_screen(screen: Screen) -> None:
    footer = screen.footer()
    stdout = footer.wrap(screen.stdout)
    footer.update(live())
    put(stdout, f"{'漢' * 40}\n{'x' * 80}\n")
    put(stdout, "next\n")
    screen.show("漢" * 40, "x" * 80, "next", SHOWN)
    footer.close()


def test_line_follows_the_width_of_the_window(screen: Screen) -> None:
    footer = screen.footer()
    stdout = footer.wrap(screen.stdout)
    footer.update(live())
    screen.show(SHOWN)
    screen.resize(30, 24)
    put(stdout, "one\n")
    screen.show("one", " subscribed 4 channels")
    screen.resize(80, 24)
    put(stdout, "two\n")
    screen.show("one", "two", SHOWN)
    footer.close()


def test_nothing_is_left_of_a_line_that_a_narrower_window_has_wrapped(screen: Screen) -> None:
    footer = screen.footer()
    stdout = footer.wrap(screen.stdout)
    put(stdout, "one\n")
    footer.update(live())
    screen.show("one", SHOWN)
    screen.reflow(15)
    assert screen.lines == ["one", SHOWN[:15], SHOWN[15:30].rstrip(), SHOWN[30:]]
    put(stdout, "two\n")
    screen.show("one", "two", " subscribed 4")
    footer.close()


def test_line_is_not_drawn_within_a_row() -> None:
    memory = MemoryStream()
    footer = in_memory(memory)
    stdout = footer.wrap(memory)
    put(stdout, "begins")
    footer.update(live())
    put(stdout, ", goes on")
    assert memory.written == b"begins, goes on"
    put(stdout, ", ends\n")
    assert memory.written == b"begins, goes on, ends\n" + SHOWN.encode() + b"\r"
    footer.close()


def test_line_is_dim_and_sets_no_mode() -> None:
    memory = MemoryStream()
    footer = in_memory(memory, color=True)
    footer.update(live())
    wait_until(lambda: memory.written != b"", "the line")
    footer.close()
    assert memory.written == b"\r\x1b[J\x1b[2m" + SHOWN.encode() + b"\x1b[0m\r\r\x1b[J"


def test_line_is_drawn_four_times_a_second_at_most() -> None:
    memory, clock = MemoryStream(), FakeClock()
    footer = in_memory(memory, clock)
    assert footer.deadline == float("inf")
    footer.update(live())
    wait_until(lambda: memory.written.endswith(b"0/s\r"), "the first line")
    assert footer.deadline == float("inf")
    before = memory.written
    for received in range(1, 100):
        clock.advance(0.002)
        footer.update(live(received))
    assert footer.deadline == footer.due_at == 1000.25
    assert memory.written == before
    clock.advance_to(footer.deadline)
    footer.update(live(99))
    wait_until(lambda: b" 99 events" in memory.written, "the last line")
    assert footer.deadline == float("inf")
    footer.close()
    assert memory.written.count(b"subscribed") == 2


def test_line_is_drawn_each_second_while_there_is_a_rate_and_not_afterwards() -> None:
    memory, clock = MemoryStream(), FakeClock()
    footer = in_memory(memory, clock)
    footer.update(live(rate=0.3))
    assert footer.deadline == 1001.0
    clock.advance(0.5)
    footer.update(live(rate=0.3))  # called for another reason: not drawn
    assert footer.deadline == 1001.0
    clock.advance(0.5)
    footer.update(live(rate=0.2))
    assert footer.deadline == 1002.0
    clock.advance(0.5)
    footer.update(live(rate=0.0))  # the drawn rate is outdated
    assert footer.deadline == 1002.0
    clock.advance(0.5)
    footer.update(live(rate=0.0))
    assert footer.deadline == float("inf")
    wait_until(lambda: memory.written.endswith(b" 0/s\r"), "the last line")
    footer.close()


def test_line_counts_down_to_the_next_attempt() -> None:
    memory, clock = MemoryStream(), FakeClock()
    footer = in_memory(memory, clock)
    waiting = FooterState(channels=4, retry_at=1002.5)
    for words in (b"in 3 s", b"in 2 s", b"in 1 s"):
        footer.update(waiting)
        wait_until(lambda words=words: words in memory.written, "the countdown")  # type: ignore[misc]
        clock.advance_to(footer.deadline)
    assert clock.now() == 1003.0
    footer.close()


def test_stopped_terminal_does_not_block_the_main_thread(screen: Screen) -> None:
    clock, fake = SystemClock(), FakeClock()
    footer = screen.footer(fake)
    footer.update(live())
    screen.show(SHOWN)
    screen.stop()
    began_at = clock.now()
    for received in range(1_000):
        fake.advance(1)
        footer.update(live(received))
    footer.close()
    assert clock.now() - began_at < 2
    screen.go_on()
    screen.show("")


def test_blocked_writer_does_not_block_the_main_thread() -> None:
    memory, clock = MemoryStream(), SystemClock()
    footer = in_memory(memory)
    memory.gate.clear()
    writer = threading.Thread(target=put, args=(footer.wrap(memory), "row\n"))
    writer.start()
    began_at = clock.now()
    footer.update(live())
    footer.close()
    assert clock.now() - began_at < 2
    memory.gate.set()
    writer.join(5)
    assert memory.written.replace(b"\r\x1b[J", b"") in (
        b"row\n",
        b"row\n" + SHOWN.encode() + b"\r",
    )


def test_closed_terminal_ends_the_line_and_not_the_rows() -> None:
    memory, broken = MemoryStream(), BrokenStream(OSError(5, "Input/output error"))
    footer = in_memory(broken)
    footer.update(live())
    footer.close()
    put(footer.wrap(memory), "row\n")
    assert memory.written == b"row\n"
    with pytest.raises(OSError, match="Input/output error"):
        put(footer.wrap(broken), "row\n")


wanted = partial(
    is_wanted,
    on_one_terminal=True,
    environment={"TERM": "xterm-256color"},
    is_allowed=True,
    is_quiet=False,
)


@pytest.mark.parametrize("chosen", [None, *OutputFormat])
def test_footer_is_wanted_below_a_table_on_a_terminal(chosen: OutputFormat | None) -> None:
    assert wanted(chosen) is (chosen in (None, OutputFormat.TABLE))
    assert not wanted(chosen, on_one_terminal=False)
    assert not wanted(chosen, environment={"TERM": "dumb"})
    assert not wanted(chosen, environment={"TERM": ""})
    assert not wanted(chosen, environment={})
    assert not wanted(chosen, is_allowed=False)
    assert not wanted(chosen, is_quiet=True)


def test_two_streams_share_a_terminal_or_not(screen: Screen) -> None:
    other = Screen()
    with Path(os.devnull).open() as nowhere:
        stdout, stderr = screen.stdout.fileno(), screen.stderr.fileno()
        assert share_terminal(stdout, stderr)
        assert not share_terminal(stdout, other.stderr.fileno())
        assert not share_terminal(stdout, nowhere.fileno())
        assert not share_terminal(nowhere.fileno(), nowhere.fileno())
        assert not share_terminal(stdout, None)
        assert not share_terminal(None, stderr)
    other.close()
    assert not share_terminal(999_999, 999_999)
