import os
import pty
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.output.status import Status, Verbosity
from tests.output.given import MemoryStream
from tests.support.credentials import TOKEN
from tests.support.fake_clock import FakeClock


class Told:
    """A status, its clock, and what it has written."""

    def __init__(self, verbosity: int = Verbosity.NORMAL) -> None:
        self._stream = StringIO()
        self.clock = FakeClock()
        self.status = Status(self._stream, verbosity, self.clock)

    def lines(self) -> list[str]:
        """Return the lines since the last call, without the program's name."""
        text = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        return [line.removeprefix("chatapp-tail: ") for line in text.splitlines()]


@pytest.mark.parametrize(
    ("verbosity", "count"),
    [(Verbosity.QUIET, 2), (Verbosity.NORMAL, 6), (Verbosity.VERBOSE, 7), (Verbosity.FRAMES, 8)],
)
def test_verbosity_decides_what_is_written_and_secrets_are_masked_everywhere(
    verbosity: Verbosity, count: int
) -> None:
    told = Told(verbosity)
    told.status.hide(TOKEN)
    told.status.hide(TOKEN)
    told.status.hide("")
    told.status.error(ChatAppTailError(f"bad {TOKEN}", hint=f"try {TOKEN}"))
    told.status.warn(f"odd {TOKEN}", f"try {TOKEN}")
    told.status.say(f"{TOKEN}{TOKEN}")
    told.status.block(f"\x1b[1ma table\x1b[0m of {TOKEN}\n")
    told.status.detail(f"{TOKEN} here")
    told.status.frame("<", f'{{"echo":"{TOKEN}"}}')
    lines = [
        "error: bad ***",
        "  try ***",
        "warning: odd ***",
        "  try ***",
        "******",
        "\x1b[1ma table\x1b[0m of ***",
        "*** here",
        '< {"echo":"***"}',
    ]
    assert told.lines() == lines[:count]


def test_hint_of_several_lines_is_indented() -> None:
    told = Told()
    told.status.error(ChatAppTailError("no token", hint="one way\n  another"))
    assert told.lines() == ["error: no token", "  one way", "    another"]


def test_remote_text_stays_in_its_line() -> None:
    told = Told(Verbosity.FRAMES)
    told.status.warn("says: \x1b[2J\x1b]0;x\x07\nchatapp-tail: all is well\u202e \ud83d", "\x9d")
    told.status.frame("<", "\x9b2J[bold]\r")
    assert told.lines() == [
        r"warning: says: \x1b[2J\x1b]0;x\x07\nchatapp-tail: all is well\u202e \ud83d",
        r"  \x9d",
        r"< \x9b2J[bold]\r",
    ]


def test_only_the_beginning_of_megabytes_is_written() -> None:
    told = Told(Verbosity.FRAMES)
    told.status.frame("<", "x" * 8_000_000)
    assert told.lines() == ["< " + "x" * 10_000]


def test_each_message_is_flushed(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    with path.open("w") as stream:
        Status(stream).say("now")
        assert path.read_text() == "chatapp-tail: now\n"


class BrokenText(StringIO):
    """A stream whose reader has left."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_stderr_that_is_closed_broken_or_of_another_encoding_is_no_error(tmp_path: Path) -> None:
    closed = StringIO()
    closed.close()
    with (tmp_path / "stderr").open("w", encoding="ascii") as ascii_only:
        for stream in (closed, BrokenText(), ascii_only):
            Status(stream).say("Привет")


class Background:
    """A status that writes in the background, to a pipe that the test reads."""

    def __init__(self) -> None:
        read_end, write_end = os.pipe()
        self.reader = os.fdopen(read_end, "rb", buffering=0)
        self._stream = os.fdopen(write_end, "w")
        self.status = Status(self._stream)
        self.clock = SystemClock()
        self._read = ""

    def read_until(self, text: str) -> list[str]:
        """Read until a line that holds ``text``; return all lines so far."""
        while text not in self._read or not self._read.endswith("\n"):
            self._read += self.reader.read(1_000_000).decode()
        return self._read.splitlines()

    def close(self) -> None:
        """Close the pipe, which ends the thread that still writes to it."""
        self.reader.close()
        for thread in threading.enumerate():
            if thread.name == "stderr":
                thread.join(5)
        self._stream.close()


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


def test_messages_are_all_written_in_the_background(background: Background) -> None:
    with background.status.in_background():
        for number in range(100):
            background.status.say(f"{number} Привет")
    background.status.say("after")
    assert background.read_until("after") == [
        *(f"chatapp-tail: {number} Привет" for number in range(100)),
        "chatapp-tail: after",
    ]


def test_stream_in_the_background_can_be_wrapped(background: Background) -> None:
    wrapped = MemoryStream()
    with background.status.in_background(lambda _: wrapped):
        background.status.say("inside")
    background.status.say("after")
    assert wrapped.written == b"chatapp-tail: inside\n"
    assert background.read_until("after") == ["chatapp-tail: after"]


def test_stopped_terminal_does_not_block_and_messages_left_out_are_counted(
    background: Background,
) -> None:
    with background.status.in_background():
        for number in range(30_000):  # nobody reads before the last of them
            background.status.say(f"{number:05} {'x' * 80}")
        *lines, skipped = background.read_until("left out")
        background.status.say("goes on")
    assert background.read_until("goes on")[-1] == "chatapp-tail: goes on"
    assert [int(line.split()[1]) for line in lines] == list(range(len(lines)))
    assert 5_000 < len(lines) < 25_000
    assert skipped == (f"chatapp-tail: {30_000 - len(lines):,} lines left out: stderr wasn't read")


def test_end_does_not_wait_for_a_stopped_terminal(background: Background) -> None:
    with background.status.in_background():
        for _ in range(3_000):
            background.status.say("x" * 100)
        began_at = background.clock.now()
    assert background.clock.now() - began_at < 0.5


_STUCK = """\
import sys
from chatapp_tail.clock import SystemClock
from chatapp_tail.output.footer import Footer, FooterState
from chatapp_tail.output.status import Status
from chatapp_tail.output.unbuffered import unbuffered
status = Status(sys.stderr)
footer = Footer(unbuffered(sys.stderr), clock=SystemClock(), width=lambda: 80)
with status.in_background(footer.wrap):
    for _ in range(3_000):
        status.say("x" * 100)
    footer.update(FooterState(channels=4))
    footer.close()
sys.exit(3)
"""


def test_process_ends_though_nobody_reads_its_stderr() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": ""}
    read_end, write_end = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", _STUCK], stderr=write_end, env=environment
        )
        assert process.wait(10) == 3
    finally:
        process.kill()
        os.close(read_end)
        os.close(write_end)


def test_stream_in_memory_is_written_without_a_thread() -> None:
    told = Told()
    with told.status.in_background():
        told.status.say("now")
        assert told.lines() == ["now"]


def test_stderr_that_is_closed_or_whose_reader_left_is_no_error_in_the_background(
    background: Background, tmp_path: Path
) -> None:
    background.reader.close()
    with background.status.in_background():
        background.status.say("nobody sees it")
    with (tmp_path / "stderr").open("w") as closed:
        closed.close()
        with (status := Status(closed)).in_background():
            status.say("nobody sees it")


def test_encoding_of_the_stream_is_used_in_the_background(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    with path.open("w", encoding="ascii") as stream, (status := Status(stream)).in_background():
        status.say("ü")
    assert path.read_bytes() == b"chatapp-tail: \\xfc\n"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Status, int]]:
    """Yield a status on a terminal of 40 columns, and the terminal's other end."""
    for variable in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 40))
    with os.fdopen(theirs, "w") as stream:
        yield Status(stream), ours
    os.close(ours)


def test_gap_is_a_line_across_the_terminal(terminal: tuple[Status, int]) -> None:
    status, screen = terminal
    status.rule("gap of 2.3 s")
    line = f"── gap of 2.3 s {'─' * 24}"
    assert os.read(screen, 1_000).decode() == f"\x1b[1;33m{line}\x1b[0m\r\n"
    status.rule("gap of 2.3 s in 1229/telegram: what was sent then is lost")
    assert "is lost ──" in os.read(screen, 1_000).decode()


def test_terminal_gets_colored_warnings_and_wrapped_messages(terminal: tuple[Status, int]) -> None:
    status, screen = terminal
    status.warn("something is odd")
    status.say("all is well, and it goes on for long")
    shown = b""
    while shown.count(b"\n") < 3:  # each is written by itself
        shown += os.read(screen, 1_000)
    assert shown.decode().splitlines() == [
        "\x1b[1;33mchatapp-tail: warning: something is odd\x1b[0m",
        "chatapp-tail: all is well, and it goes",
        "    on for long",
    ]


def test_gap_is_a_warning_without_a_terminal_and_nothing_with_quiet() -> None:
    told, quiet = Told(), Told(Verbosity.QUIET)
    for status in (told.status, quiet.status):
        status.rule("gap of 2.3 s")
    assert told.lines() == ["warning: gap of 2.3 s"]
    assert quiet.lines() == []


def test_message_can_begin_with_the_local_time_and_its_hint_does_not() -> None:
    stream = StringIO()
    Status(stream, clock=FakeClock(), is_dated=True).warn("too late", "Look at it.")
    sentence, hint = stream.getvalue().splitlines()
    instant, _, rest = sentence.partition(" ")
    assert datetime.fromisoformat(instant) == FakeClock().utcnow().replace(microsecond=0)
    assert rest == "chatapp-tail: warning: too late"
    assert hint == "  Look at it."


# Repeated warnings


def test_equal_warnings_are_written_once_and_counted_every_five_seconds() -> None:
    told = Told()
    for _ in range(1_999):
        told.status.warn("full", "Make room.")
    assert told.lines() == ["warning: full", "  Make room."]
    told.clock.advance(4.9)
    told.status.tell_counted()
    assert told.lines() == []
    told.clock.advance(0.1)
    told.status.warn("full", "Make room.")
    assert told.lines() == ["warning: full (and 1,998 more in 5.0 s)"]
    told.clock.advance(5)
    told.status.tell_counted()
    assert told.lines() == ["warning: full (and 1 more in 5.0 s)"]
    told.clock.advance(5)
    told.status.tell_counted()
    told.status.warn("full")
    assert told.lines() == ["warning: full"]


def test_deadline_is_when_a_count_is_due() -> None:
    told = Told()
    assert told.status.deadline == float("inf")
    told.status.warn("full")
    assert told.status.deadline == float("inf")
    told.clock.advance(1)
    told.status.warn("full")
    assert told.status.deadline == 1005.0
    told.clock.advance(4)
    told.status.tell_counted()
    assert told.status.deadline == float("inf")


@pytest.mark.parametrize(
    ("say", "last"),
    [
        (lambda status: status.say("all is well"), "all is well"),
        (lambda status: status.warn("empty"), "warning: empty"),
        (lambda status: status.detail("more"), "more"),
        (lambda status: status.error(ChatAppTailError("bad", hint="x")), "error: bad"),
        (lambda status: status.block("block\n"), "block"),
    ],
)
def test_count_comes_before_any_other_message(say: Callable[[Status], None], last: str) -> None:
    told = Told(Verbosity.VERBOSE)
    for _ in range(3):
        told.status.warn("full")
    told.clock.advance(0.5)
    say(told.status)
    told.status.warn("full")
    assert [line for line in told.lines() if line != "  x"] == [
        "warning: full",
        "warning: full (and 2 more in 0.5 s)",
        last,
        "warning: full",
    ]


def test_ten_warnings_of_a_kind_are_written_and_the_others_counted() -> None:
    told = Told()
    for number in range(1, 1_001):
        told.status.warn(f"error {number % 500}", kind="errors")
    told.status.say("and this")
    told.status.warn("error 3", kind="errors")
    told.clock.advance(2)
    told.status.say("and that")
    assert told.lines() == [
        *(f"warning: error {number}" for number in range(1, 11)),
        "warning: error 0 (and 990 more in 0.0 s)",
        "and this",
        "warning: error 3 (and 1 more in 2.0 s)",
        "and that",
    ]
