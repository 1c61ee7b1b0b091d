import os
import pty
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.output.status import Status, Verbosity
from chatapp_tail.output.unbuffered import RawStream, write_all
from tests.support.credentials import TOKEN
from tests.support.fake_clock import FakeClock

SIGNATURE = "ChatsAppApiProdKey:0123456789abcdef"


def said(verbosity: int = Verbosity.NORMAL) -> tuple[Status, StringIO]:
    stream = StringIO()
    return Status(stream, verbosity), stream


@pytest.mark.parametrize(
    ("verbosity", "count"),
    [(Verbosity.QUIET, 2), (Verbosity.NORMAL, 5), (Verbosity.VERBOSE, 6), (Verbosity.FRAMES, 7)],
)
def test_verbosity_decides_what_is_said(verbosity: Verbosity, count: int) -> None:
    status, stream = said(verbosity)
    status.error(ChatAppTailError("error", hint="next"))
    status.warn("warning", "step")
    status.say("sentence")
    status.detail("detail")
    status.frame("<", "{}")
    lines = [
        "chatapp-tail: error: error",
        "  next",
        "chatapp-tail: warning: warning",
        "  step",
        "chatapp-tail: sentence",
        "chatapp-tail: detail",
        "< {}",
    ]
    assert stream.getvalue().splitlines() == lines[:count]


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [(Verbosity.QUIET, ""), (Verbosity.NORMAL, "\x1b[1ma table\x1b[0m\n of *** lines\n")],
)
def test_block_is_shown_as_it_is_but_for_secrets(verbosity: int, shown: str) -> None:
    status, stream = said(verbosity)
    status.hide(TOKEN)
    status.block(f"\x1b[1ma table\x1b[0m\n of {TOKEN} lines\n")
    assert stream.getvalue() == shown


def test_hint_of_several_lines_is_indented_below() -> None:
    status, stream = said()
    status.error(ChatAppTailError("no token", hint="one way\n  another"))
    assert stream.getvalue() == "chatapp-tail: error: no token\n  one way\n    another\n"


def test_remote_text_stays_in_its_line() -> None:
    status, stream = said(Verbosity.FRAMES)
    status.warn("the server says: \x1b[2J\x1b]0;x\x07\nchatapp-tail: all is well\u202e \ud83d")
    status.frame("<", "\x9b2J[bold]\r")
    assert stream.getvalue() == (
        "chatapp-tail: warning: the server says: \\x1b[2J\\x1b]0;x\\x07\\nchatapp-tail: "
        "all is well\\u202e \\ud83d\n"
        "< \\x9b2J[bold]\\r\n"
    )


def test_secrets_are_hidden_in_everything_said() -> None:
    status, stream = said(Verbosity.FRAMES)
    status.hide(TOKEN)
    status.hide(TOKEN)
    status.hide("")
    status.error(ChatAppTailError(f"bad {TOKEN}", hint=f"try {TOKEN}"))
    status.warn(f"bad {TOKEN}", f"try {TOKEN}")
    status.say(f"{TOKEN}{TOKEN}")
    status.detail(f"{TOKEN} here")
    status.frame("<", f'{{"echo":"{TOKEN}"}}')
    assert stream.getvalue().splitlines() == [
        "chatapp-tail: error: bad ***",
        "  try ***",
        "chatapp-tail: warning: bad ***",
        "  try ***",
        "chatapp-tail: ******",
        "chatapp-tail: *** here",
        '< {"echo":"***"}',
    ]


def test_only_the_beginning_of_megabytes_is_shown() -> None:
    status, stream = said(Verbosity.FRAMES)
    status.frame("<", "x" * 8_000_000)
    assert len(stream.getvalue()) == len("< ") + 10_000 + len("\n")


def test_every_sentence_is_flushed(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    with path.open("w") as stream:
        Status(stream).say("now")
        assert path.read_text() == "chatapp-tail: now\n"


def test_closed_stderr_is_no_error() -> None:
    stream = StringIO()
    stream.close()
    Status(stream).error(ChatAppTailError("nobody sees it"))


def test_broken_stderr_is_no_error() -> None:
    class Broken(StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    Status(Broken()).say("nobody sees it")


def test_stderr_that_cannot_encode_is_no_error(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w", encoding="ascii") as stream:
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


def test_sentences_are_all_written_in_the_background(background: Background) -> None:
    with background.status.in_background():
        for number in range(100):
            background.status.say(f"{number} Привет")
    background.status.say("after")
    assert background.read_until("after") == [
        *(f"chatapp-tail: {number} Привет" for number in range(100)),
        "chatapp-tail: after",
    ]


def test_stream_in_the_background_can_be_wrapped(background: Background) -> None:
    class Marked:
        def __init__(self, raw: RawStream) -> None:
            self._raw = raw

        def fileno(self) -> int:
            return self._raw.fileno()

        def write(self, data: memoryview, /) -> int:
            write_all(self._raw, b"> " + data)
            return len(data)

    with background.status.in_background(Marked):
        background.status.say("inside")
    background.status.say("after")
    assert background.read_until("after") == ["> chatapp-tail: inside", "chatapp-tail: after"]


def test_stopped_terminal_does_not_block_the_caller_and_what_is_skipped_is_counted(
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
import termios
from chatapp_tail.output.status import Status
status = Status(sys.stderr)
with status.in_background():
    for _ in range(3_000):
        status.say("x" * 100)
sys.exit(3)
"""


def test_process_ends_though_its_stderr_is_stuck() -> None:
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


def test_stream_in_memory_needs_no_background() -> None:
    status, stream = said()
    with status.in_background():
        status.say("now")
        assert stream.getvalue() == "chatapp-tail: now\n"


def test_closed_stderr_is_no_error_in_the_background(tmp_path: Path) -> None:
    stream = (tmp_path / "stderr").open("w")
    stream.close()
    with Status(stream).in_background():
        Status(stream).say("nobody hears it")


def test_encoding_of_the_stream_holds_in_the_background(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    with path.open("w", encoding="ascii") as stream, (status := Status(stream)).in_background():
        status.say("Привет")
    assert path.read_bytes() == b"chatapp-tail: \\u041f\\u0440\\u0438\\u0432\\u0435\\u0442\n"


def test_reader_of_stderr_that_leaves_is_no_error_in_the_background(
    background: Background,
) -> None:
    background.reader.close()
    with background.status.in_background():
        background.status.say("nobody sees it")


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


def test_warnings_stand_out_on_a_terminal_and_nothing_else_does(
    terminal: tuple[Status, int],
) -> None:
    status, screen = terminal
    status.warn("something is odd")
    status.say("all is well")
    shown = b""
    while shown.count(b"\n") < 2:  # each is written by itself
        shown += os.read(screen, 1_000)
    assert shown.decode() == (
        "\x1b[1;33mchatapp-tail: warning: something is odd\x1b[0m\r\nchatapp-tail: all is well\r\n"
    )


def test_gap_is_a_warning_where_there_is_no_terminal() -> None:
    status, stream = said()
    status.rule("gap of 2.3 s")
    assert stream.getvalue() == "chatapp-tail: warning: gap of 2.3 s\n"


def test_quiet_knows_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    status, stream = said(Verbosity.QUIET)
    status.rule("gap of 2.3 s")
    assert stream.getvalue() == ""


def test_dated_sentences_have_the_local_time_and_hints_none() -> None:
    stream = StringIO()
    Status(stream, clock=FakeClock(), is_dated=True).warn("too late", "Look at it.")
    sentence, hint = stream.getvalue().splitlines()
    instant, _, rest = sentence.partition(" ")
    assert datetime.fromisoformat(instant) == FakeClock().utcnow().replace(microsecond=0)
    assert rest == "chatapp-tail: warning: too late"
    assert hint == "  Look at it."
