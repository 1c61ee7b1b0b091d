"""The real program on a terminal: what is shown, and what is left behind."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pyte
import pytest

from tests.support.cli_process import CLI, Window, endpoint
from tests.support.emulated import Emulator
from tests.support.records import TELEGRAM, said
from tests.support.waiting import wait_until

LEFT = "\x1b[?1049l"


class Terminal(CLI):
    """The program on a terminal of 100 columns and 30 rows."""

    def __init__(self, home: Path, *arguments: str, script: str = "", **environment: str) -> None:
        self._size = Window(100, 30)
        super().__init__(
            home,
            *arguments,
            environment=environment,
            window=self._size,
            stderr_on_terminal=True,
            script=script,
        )

    def __enter__(self) -> Self:
        super().__enter__()
        self.modes = self.terminal_modes()
        return self

    @property
    def screen(self) -> list[str]:
        """The lines that the terminal shows now."""
        shown, received = pyte.Screen(*self._size), bytes(self.stdout.received)
        pyte.Stream(shown).feed(received.decode(errors="ignore").replace("\x1b[>", "\x1b[?"))
        return [line.rstrip() for line in shown.display]

    @property
    def after_the_screen(self) -> str:
        """What was written after the screen was left."""
        return self.stdout.text.rpartition(LEFT)[2]

    def sees(self, words: str, *, is_there: bool = True) -> None:
        """Wait until the terminal shows ``words``, or no longer does."""
        self._pump_until(lambda: (words in "\n".join(self.screen)) is is_there, words, 15)

    def resize(self, window: Window) -> None:
        """Give the terminal another size."""
        self._size = window
        super().resize(window)
        self.send(signal.SIGWINCH)

    def ends(self, code: int) -> None:
        """Wait for the end; the terminal is as it was."""
        assert self.exit_code() == code
        assert self.terminal_modes() == self.modes

    def quits(self, code: int = 0) -> None:
        """End with q."""
        self.type(b"q")
        self.ends(code)


@contextmanager
def subscribed(home: Path, emulator: Emulator, *arguments: str) -> Iterator[Terminal]:
    """Yield a tail on a screen once it is subscribed."""
    environment = endpoint(emulator.socket_url, emulator.api_url, emulator.token)
    with Terminal(home, "1229/telegram", "-b", *arguments, **environment) as process:
        process.sees("subscribed to 1229/telegram")
        yield process


def replayed(home: Path, *lines: bytes, arguments: str = "-b", **environment: str) -> Terminal:
    """Return the program that shows a recording of ``lines``."""
    (home / "day.jsonl").write_bytes(b"".join(lines))
    return Terminal(home, "replay", "day.jsonl", *arguments.split(), **environment)


def publish(emulator: Emulator, text: str, identity: int = 5) -> None:
    chat = {"id": "private-1", "name": "Ann"}
    item = {"id": identity, "side": "in", "chat": chat, "message": {"text": text}}
    assert emulator.publish(TELEGRAM, "message", {"data": [item]}) == 1


def test_rows_come_as_they_are_sent_and_q_leaves_the_terminal_as_it_was(
    emulator: Emulator, tmp_path: Path
) -> None:
    with subscribed(tmp_path, emulator, "--record", "day.jsonl") as process:
        publish(emulator, "is it ready?")
        process.sees("← is it ready?")
        assert process.terminal_modes() != process.modes
        process.type(b"\r")
        process.sees("message #1 · private-v1.licenses.1229.messengers.telegram")
        process.quits()
        assert "1 shown of 1 received" in process.after_the_screen
    recorded = map(json.loads, (tmp_path / "day.jsonl").read_text(encoding="utf-8").splitlines())
    (record,) = (one for one in recorded if one["kind"] == "event")
    assert record["data"]["message"]["text"] == "is it ready?"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_signals_end_the_screen(
    emulator: Emulator, tmp_path: Path, number: signal.Signals
) -> None:
    with subscribed(tmp_path, emulator) as process:
        if number == signal.SIGINT:
            process.type(b"\x03")
        else:
            process.send(number)
        process.ends(128 + number)
        assert process.died_of == number
        assert "0 shown of 0 received" in process.after_the_screen


def test_second_signal_ends_it_at_once_and_the_terminal_is_in_order(
    emulator: Emulator, tmp_path: Path
) -> None:
    with subscribed(tmp_path, emulator) as process:
        for number in (signal.SIGSTOP, signal.SIGHUP, signal.SIGTERM, signal.SIGCONT):
            process.send(number)  # so that the two in the middle strike at once
        process.ends(128 + signal.SIGTERM)
        assert LEFT in process.stdout.text
        assert "shown of" not in process.stdout.text


@pytest.mark.parametrize("by_key", [True, False], ids=["ctrl-z", "SIGSTOP"])
def test_stopped_program_goes_on(emulator: Emulator, tmp_path: Path, *, by_key: bool) -> None:
    with subscribed(tmp_path, emulator) as process:
        if by_key:
            process.type(b"\x1a")
        else:
            process.send(signal.SIGSTOP)
        stat = Path(f"/proc/{process.pid}/stat")
        wait_until(lambda: ") T " in stat.read_text(encoding="utf-8"), "the program is stopped")
        assert (process.terminal_modes() == process.modes) is by_key
        process.send(signal.SIGCONT)
        publish(emulator, "goes on")
        process.sees("← goes on")
        process.quits()


def test_refused_token_is_said_on_the_screen_and_again_after_it(
    emulator: Emulator, tmp_path: Path
) -> None:
    found = endpoint(emulator.socket_url, emulator.api_url, "not-the-token")
    with Terminal(tmp_path, "1229/telegram", "-b", **found) as process:
        process.sees("error: ")
        assert "401" in "\n".join(process.screen)
        process.quits(3)
        assert "chatapp-tail: error: " in process.after_the_screen
        assert "not-the-token" not in process.stdout.text


def test_connection_that_breaks_is_a_line_between_the_rows(
    emulator: Emulator, tmp_path: Path
) -> None:
    with subscribed(tmp_path, emulator) as process:
        publish(emulator, "before")
        process.sees("← before")
        emulator.drop_all()
        process.sees("gap of ")
        publish(emulator, "after", 6)
        process.sees("← after")
        shown = "\n".join(process.screen)
        assert re.search(r"← before.*── gap of .*← after", shown, re.DOTALL)


def test_search_that_would_never_end_is_given_up_and_said(
    emulator: Emulator, tmp_path: Path
) -> None:
    with subscribed(tmp_path, emulator) as process:
        publish(emulator, "a" * 60 + "b")
        process.sees("← aaaa")
        process.type(b"/")
        process.sees("words to find")
        process.type(b"(a+)+$")
        process.sees("this search takes too long")
        publish(emulator, "still here", 6)
        process.sees("← still here")


def test_highlight_that_would_never_end_is_left_out(emulator: Emulator, tmp_path: Path) -> None:
    with subscribed(tmp_path, emulator, "--highlight", "(a+)+$") as process:
        publish(emulator, "a" * 60 + "b")
        process.sees("← aaaa")


def test_wheel_moves_the_rows_and_the_footer_says_how_many_are_new(
    emulator: Emulator, tmp_path: Path
) -> None:
    with subscribed(tmp_path, emulator) as process:
        for number in range(1, 61):
            publish(emulator, f"message {number}.", number)
        process.sees("← message 60.")
        process.type(b"\x1b[<64;10;10M" * 3)  # the wheel, up, as a terminal reports it
        process.sees("← message 60.", is_there=False)
        publish(emulator, "message 61.", 61)
        process.sees("▼ 1 new")


def test_server_that_never_answers_leaves_the_screen_to_its_keys(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        found = endpoint(f"ws://127.0.0.1:{port}", f"http://127.0.0.1:{port}", "a-token")
        with Terminal(tmp_path, "1229/telegram", "-b", **found) as process:
            process.sees("connecting")
            process.type(b"m")
            process.sees("mark ")
            process.quits()


def test_screen_follows_the_window(emulator: Emulator, tmp_path: Path) -> None:
    with subscribed(tmp_path, emulator) as process:
        publish(emulator, "x" * 60 + " the end")
        process.sees("…")
        assert "the end" not in "\n".join(process.screen)
        process.resize(Window(150, 30))
        process.sees("the end")


def test_demo_plays_on_the_screen(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo", "-b") as process:
        process.sees("← [image] Здравствуйте!")
        process.quits()


def test_recorded_file_is_browsed_from_its_first_row(tmp_path: Path) -> None:
    lines = [said(f"message {number}", after=number).line() for number in range(100)]
    with replayed(tmp_path, *lines, arguments="--browse") as process:
        process.sees("← message 0")
        process.sees("▼ 99 new")
        assert "day.jsonl" in process.screen[0]
        process.type(b"f")
        process.sees("← message 99")
        process.quits()


def test_recorded_gap_stands_between_the_rows(tmp_path: Path) -> None:
    gap = {"v": 1, "kind": "notice", "at": "2026-11-22T11:39:30Z", "type": "gap"}
    gap |= {"from": "2026-11-22T11:39:26Z", "to": "2026-11-22T11:39:29Z"}
    gap |= {"reason": "connection lost", "channels": [TELEGRAM]}
    before, after = said("before", after=4).line(), said("after", after=12).line()
    with replayed(tmp_path, before, json.dumps(gap).encode() + b"\n", after) as process:
        process.sees("the end")
        first, second, third = process.screen[3:6]
        assert first.endswith("← before")
        assert second.startswith("── gap of 3")
        assert "← after" in third


def test_recording_that_is_piped_in_leaves_the_keyboard_to_the_screen(tmp_path: Path) -> None:
    (tmp_path / "day.jsonl").write_bytes(said("from a pipe").line())
    with Terminal(tmp_path, "replay", "-", "-b", script='cat day.jsonl | "$@"') as process:
        process.sees("← from a pipe")
        process.quits()


def test_empty_file_says_so_on_the_screen_and_after_it(tmp_path: Path) -> None:
    with replayed(tmp_path) as process:
        process.sees("nothing to replay: the recording is empty")
        process.quits(2)
        assert "nothing to replay: the recording is empty" in process.after_the_screen


def test_record_of_megabytes_is_shown_and_opened(tmp_path: Path) -> None:
    with replayed(tmp_path, said("x" * 8_000_000).line()) as process:
        process.sees("← xxx")
        process.type(b"\r")
        process.sees("data: ")
        process.quits()


@pytest.mark.parametrize("color", ["always", "never"])
def test_color_is_left_out_where_it_is_not_wanted(tmp_path: Path, color: str) -> None:
    environment = {"COLORTERM": "truecolor", "NO_COLOR": "1"}
    arguments = f"-b --color {color}"
    with replayed(tmp_path, said("hi").line(), arguments=arguments, **environment) as process:
        process.sees("← hi")
        colors = re.findall(r"38;2;(\d+);(\d+);(\d+)", process.stdout.text)
        assert colors
        assert any(len(set(one)) > 1 for one in colors) is (color == "always")


def test_terminal_that_can_not_draw_is_a_usage_error(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo", "-b", TERM="dumb") as process:
        process.ends(2)
        assert "TERM says that this one can't" in " ".join(process.stdout.text.split())


@pytest.mark.parametrize(
    ("stream", "script"),
    [
        ("stdout", '"$@" | cat'),
        ("stderr", '"$@" 2>words; code=$?; cat words; exit $code'),
    ],
)
def test_without_a_terminal_one_sentence_says_so(tmp_path: Path, stream: str, script: str) -> None:
    with Terminal(tmp_path, "demo", "-b", script=script) as process:
        process.ends(0 if stream == "stdout" else 2)  # a pipe's end is that of cat
        assert f"the format browse needs a terminal, and {stream} is none" in process.stdout.text
        assert "\x1b[?1049h" not in process.stdout.text


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['textual'] = None\n")
    with Terminal(tmp_path, "demo", "-b", PYTHONPATH=str(tmp_path)) as process:
        process.ends(2)
        assert "python -m pip install 'chatapp-tail[browse]'" in process.stdout.text
