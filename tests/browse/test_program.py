"""The real program on a terminal: what is shown, and what is left behind."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tests.support.cli_process import CLI, Window, endpoint
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.records import TELEGRAM, said
from tests.support.waiting import wait_until

SPEC = "1229/telegram"
WINDOW = Window(100, 30)
LEFT = "\x1b[?1049l"
BIG = 8_000_000


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Yield a local ChatApp in which nothing happens by itself."""
    with running_emulator(EmulatorSettings(pace=None)) as running:
        yield running


def browse(home: Path, emulator: Emulator, *arguments: str, token: str | None = None) -> CLI:
    """Return a tail that is shown on a screen."""
    environment = endpoint(emulator.socket_url, emulator.api_url, token or emulator.token)
    return on_terminal(home, SPEC, "-b", *arguments, **environment)


def on_terminal(home: Path, *arguments: str, **environment: str) -> CLI:
    environment["TERM"] = "xterm-256color"
    return CLI(home, *arguments, environment=environment, window=WINDOW, stderr_on_terminal=True)


def publish(emulator: Emulator, text: str, identity: int = 5) -> None:
    chat = {"id": "private-1", "name": "Ann"}
    item = {"id": identity, "side": "in", "chat": chat, "message": {"text": text}}
    assert emulator.publish(TELEGRAM, "message", {"data": [item]}) == 1


def screen(process: CLI, window: Window = WINDOW) -> str:
    """Return what the terminal shows now."""
    shown, received = pyte.Screen(*window), bytes(process.stdout.received)
    pyte.Stream(shown).feed(received.decode(errors="ignore").replace("\x1b[>", "\x1b[?"))
    return "\n".join(line.rstrip() for line in shown.display)


def sees(process: CLI, words: str, window: Window = WINDOW) -> None:
    """Wait until the terminal shows ``words``."""
    process._pump_until(lambda: words in screen(process, window), words, 15)


def after_the_screen(process: CLI) -> str:
    """Return what was written after the screen was left."""
    return process.stdout.text.rpartition(LEFT)[2]


def test_rows_come_as_they_are_sent_and_q_leaves_the_terminal_as_it_was(
    emulator: Emulator, tmp_path: Path
) -> None:
    with browse(tmp_path, emulator, "--record", "day.jsonl") as process:
        modes = process.terminal_modes()
        sees(process, "subscribed to 1229/telegram")
        publish(emulator, "is it ready?")
        sees(process, "← is it ready?")
        assert process.terminal_modes() != modes
        process.type(b"\r")
        sees(process, "message #1 · private-v1.licenses.1229.messengers.telegram")
        process.type(b"q")
        assert process.exit_code() == 0
        assert process.terminal_modes() == modes
        assert "1 shown of 1 received" in after_the_screen(process)
    recorded = map(json.loads, (tmp_path / "day.jsonl").read_text(encoding="utf-8").splitlines())
    (record,) = (one for one in recorded if one["kind"] == "event")
    assert record["data"]["message"]["text"] == "is it ready?"


def test_ctrl_c_ends_with_130_and_the_terminal_in_order(emulator: Emulator, tmp_path: Path) -> None:
    with browse(tmp_path, emulator) as process:
        modes = process.terminal_modes()
        sees(process, "subscribed to 1229/telegram")
        process.type(b"\x03")
        assert (process.exit_code(), process.died_of) == (130, signal.SIGINT)
        assert process.terminal_modes() == modes
        assert "0 shown of 0 received" in after_the_screen(process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_the_screen_and_the_terminal_is_in_order(
    emulator: Emulator, tmp_path: Path, number: signal.Signals
) -> None:
    with browse(tmp_path, emulator) as process:
        modes = process.terminal_modes()
        sees(process, "subscribed to 1229/telegram")
        process.send(number)
        assert (process.exit_code(), process.died_of) == (128 + number, number)
        assert process.terminal_modes() == modes
        assert LEFT in process.stdout.text


def state(process: CLI) -> str:
    """Return the letter of the process's state: S, T for one that is stopped."""
    stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0]


def test_ctrl_z_gives_the_terminal_back_and_fg_shows_the_screen_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    with browse(tmp_path, emulator) as process:
        modes = process.terminal_modes()
        sees(process, "subscribed to 1229/telegram")
        process.type(b"\x1a")
        wait_until(lambda: state(process) == "T", "the program is stopped")
        assert process.terminal_modes() == modes
        process.send(signal.SIGCONT)
        publish(emulator, "after fg")
        sees(process, "← after fg")
        process.type(b"q")
        assert process.exit_code() == 0
        assert process.terminal_modes() == modes


def test_program_that_is_stopped_from_outside_goes_on(emulator: Emulator, tmp_path: Path) -> None:
    with browse(tmp_path, emulator) as process:
        modes = process.terminal_modes()
        sees(process, "subscribed to 1229/telegram")
        process.send(signal.SIGSTOP)
        wait_until(lambda: state(process) == "T", "the program is stopped")
        process.send(signal.SIGCONT)
        publish(emulator, "goes on")
        sees(process, "← goes on")
        process.type(b"q")
        assert process.exit_code() == 0
        assert process.terminal_modes() == modes


def test_refused_token_is_said_on_the_screen_and_again_after_it(
    emulator: Emulator, tmp_path: Path
) -> None:
    with browse(tmp_path, emulator, token="not-the-token") as process:
        sees(process, "error: ")
        assert "401" in screen(process)
        process.type(b"q")
        assert process.exit_code() == 3
        assert "chatapp-tail: error: " in after_the_screen(process)
        assert "not-the-token" not in process.stdout.text


def test_connection_that_breaks_is_a_line_between_the_rows(
    emulator: Emulator, tmp_path: Path
) -> None:
    with browse(tmp_path, emulator) as process:
        sees(process, "subscribed to 1229/telegram")
        publish(emulator, "before")
        sees(process, "← before")
        emulator.drop_all()
        sees(process, "gap of ")
        publish(emulator, "after", 6)
        sees(process, "← after")
        shown = screen(process).splitlines()
        places = [
            next(place for place, line in enumerate(shown) if words in line)
            for words in ("← before", "── gap of ", "← after")
        ]
        assert places == sorted(places)


def test_search_that_would_take_for_ever_is_given_up_and_said(
    emulator: Emulator, tmp_path: Path
) -> None:
    with browse(tmp_path, emulator) as process:
        sees(process, "subscribed to 1229/telegram")
        publish(emulator, "a" * 60 + "b")
        sees(process, "← aaaa")
        process.type(b"/")
        sees(process, "words to find")
        process.type(b"(a+)+$")
        sees(process, "this search takes too long")
        publish(emulator, "still here", 6)
        sees(process, "← still here")


def test_second_signal_ends_it_on_the_spot_and_the_terminal_is_in_order(
    emulator: Emulator, tmp_path: Path
) -> None:
    with browse(tmp_path, emulator) as process:
        modes = process.terminal_modes()
        sees(process, "subscribed to 1229/telegram")
        for number in (signal.SIGSTOP, signal.SIGHUP, signal.SIGTERM, signal.SIGCONT):
            process.send(number)  # so that the two in the middle strike at once
        assert process.exit_code() == 128 + signal.SIGTERM
        assert process.terminal_modes() == modes
        assert LEFT in process.stdout.text
        assert "shown of" not in process.stdout.text


def test_highlight_that_would_take_for_ever_is_left_out(emulator: Emulator, tmp_path: Path) -> None:
    with browse(tmp_path, emulator, "--highlight", "(a+)+$") as process:
        sees(process, "subscribed to 1229/telegram")
        publish(emulator, "a" * 60 + "b")
        sees(process, "← aaaa")


def test_wheel_moves_the_rows_and_the_footer_says_how_many_are_new(
    emulator: Emulator, tmp_path: Path
) -> None:
    with browse(tmp_path, emulator) as process:
        sees(process, "subscribed to 1229/telegram")
        for number in range(1, 61):
            publish(emulator, f"message {number}.", number)
        sees(process, "← message 60.")
        process.type(b"\x1b[<64;10;10M" * 3)  # the wheel, up, as a terminal reports it
        process._pump_until(lambda: "← message 60." not in screen(process), "scrolled", 15)
        publish(emulator, "message 61.", 61)
        sees(process, "▼ 1 new")


def test_demo_plays_on_the_screen(tmp_path: Path) -> None:
    with on_terminal(tmp_path, "demo", "-b") as process:
        sees(process, "← [image] Здравствуйте!")
        process.type(b"q")
        assert process.exit_code() == 0


def test_server_that_never_answers_leaves_the_screen_to_its_keys(
    emulator: Emulator, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        with browse(tmp_path, emulator, "--socket-url", url) as process:
            modes = process.terminal_modes()
            sees(process, "connecting")
            process.type(b"m")
            sees(process, "mark ")
            process.type(b"q")
            assert process.exit_code() == 0
            assert process.terminal_modes() == modes


def test_screen_follows_the_window(emulator: Emulator, tmp_path: Path) -> None:
    with browse(tmp_path, emulator) as process:
        sees(process, "subscribed to 1229/telegram")
        publish(emulator, "x" * 60 + " the end")
        sees(process, "…")
        assert "the end" not in screen(process)
        process.resize(Window(150, 30))
        process.send(signal.SIGWINCH)
        sees(process, "the end", Window(150, 30))


def test_recorded_file_is_browsed_from_its_first_row(tmp_path: Path) -> None:
    lines = [said(f"message {number}", after=number).line() for number in range(100)]
    (tmp_path / "day.jsonl").write_bytes(b"".join(lines))
    with on_terminal(tmp_path, "replay", "day.jsonl", "--browse") as process:
        sees(process, "← message 0")
        sees(process, "▼ 99 new")
        assert "day.jsonl" in screen(process).splitlines()[0]
        process.type(b"f")
        sees(process, "← message 99")
        process.type(b"q")
        assert process.exit_code() == 0


def test_recorded_gap_stands_between_the_rows(tmp_path: Path) -> None:
    gap = {
        "v": 1,
        "kind": "notice",
        "at": "2026-11-22T11:39:30.000Z",
        "type": "gap",
        "from": "2026-11-22T11:39:26.000Z",
        "to": "2026-11-22T11:39:29.000Z",
        "seconds": 3.0,
        "reason": "connection lost",
        "channels": [TELEGRAM],
    }
    told = json.dumps(gap).encode() + b"\n"
    lines = (said("before", after=4).line(), told, said("after", after=12).line())
    (tmp_path / "day.jsonl").write_bytes(b"".join(lines))
    with on_terminal(tmp_path, "replay", "day.jsonl", "-b") as process:
        sees(process, "the end")
        before, between, after = screen(process).splitlines()[3:6]
        assert before.endswith("← before")
        assert between.startswith("── gap of 3")
        assert "← after" in after


def test_recording_that_is_piped_in_leaves_the_keyboard_to_the_screen(tmp_path: Path) -> None:
    (tmp_path / "day.jsonl").write_bytes(said("from a pipe").line())
    environment = {"TERM": "xterm-256color"}
    with CLI(
        tmp_path,
        *("replay", "-", "-b"),
        window=WINDOW,
        stderr_on_terminal=True,
        environment=environment,
        script='cat day.jsonl | "$@"',
    ) as process:
        sees(process, "← from a pipe")
        process.type(b"q")
        assert process.exit_code() == 0


def test_empty_file_says_so_on_the_screen_and_after_it(tmp_path: Path) -> None:
    (tmp_path / "day.jsonl").touch()
    with on_terminal(tmp_path, "replay", "day.jsonl", "-b") as process:
        sees(process, "nothing to replay: the recording is empty")
        process.type(b"q")
        assert process.exit_code() == 2


def test_record_of_megabytes_is_shown_and_opened(tmp_path: Path) -> None:
    (tmp_path / "day.jsonl").write_bytes(said("x" * BIG).line())
    with on_terminal(tmp_path, "replay", "day.jsonl", "-b") as process:
        sees(process, "← xxx")
        process.type(b"\r")
        sees(process, "data: ")
        process.type(b"q")
        assert process.exit_code() == 0


@pytest.mark.parametrize("color", ["always", "never"])
def test_color_is_left_out_where_it_is_not_wanted(tmp_path: Path, color: str) -> None:
    (tmp_path / "day.jsonl").write_bytes(said("hi").line())
    options = ("replay", "day.jsonl", "-b", "--color", color)
    with on_terminal(tmp_path, *options, COLORTERM="truecolor", NO_COLOR="1") as process:
        sees(process, "← hi")
        colors = re.findall(r"38;2;(\d+);(\d+);(\d+)", process.stdout.text)
        has_color = any(len(set(one)) > 1 for one in colors)
        assert colors
        assert has_color is (color == "always")


def test_terminal_that_can_not_draw_is_a_usage_error(tmp_path: Path) -> None:
    with CLI(
        tmp_path,
        *("demo", "-b"),
        window=WINDOW,
        stderr_on_terminal=True,
        environment={"TERM": "dumb"},
    ) as process:
        assert process.exit_code() == 2
        assert "TERM says that this one can't" in " ".join(process.stdout.text.split())


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_without_a_terminal_one_sentence_says_so(tmp_path: Path, stream: str) -> None:
    pipe, file = '"$@" | cat', '"$@" 2>words; code=$?; cat words; exit $code'
    with CLI(
        tmp_path,
        *("demo", "-b"),
        window=WINDOW,
        stderr_on_terminal=True,
        script=pipe if stream == "stdout" else file,
    ) as process:
        code = process.exit_code()
        assert f"the format browse needs a terminal, and {stream} is none" in process.stdout.text
        assert stream == "stdout" or code == 2
        assert "\x1b[?1049h" not in process.stdout.text


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['textual'] = None\n")
    with on_terminal(tmp_path, "demo", "-b", PYTHONPATH=str(tmp_path)) as process:
        assert process.exit_code() == 2
        assert "python -m pip install 'chatapp-tail[browse]'" in process.stdout.text


def test_two_formats_contradict_each_other(tmp_path: Path) -> None:
    with CLI(tmp_path, "demo", "-b", "-f", "table") as process:
        assert process.exit_code() == 2
        assert "table and browse contradict each other" in process.stderr.text
