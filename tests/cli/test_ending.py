"""How the process ends: of which signal, with which exit code, and with which last words."""

import re
import signal
from pathlib import Path

import pytest

from tests.cli.running import SPEC, SUBSCRIBED, environment, publish, tail, watching
from tests.output.given import without_colors
from tests.support.cli_process import CLI, Window
from tests.support.emulated import Emulator
from tests.support.waiting import wait_until

# Nobody listens there.
DEAD_WEBHOOK = "http://127.0.0.1:9/hook"
DEAD_SERVER = {"CHATAPP_SOCKET_URL": "ws://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
def test_process_dies_of_the_signal_with_everything_in_order(
    emulator: Emulator, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with watching(tmp_path, emulator, "--record", "r.jsonl.gz") as process:
        for identity in range(3):
            publish(emulator, identity)
        assert len(process.lines(3)) == 3
        process.send(number)
        assert process.exit_code() == code
        assert process.died_of == number
        wait_until(lambda: emulator.connections == 0, "the server to see it leave")
        assert "3 shown of 3 received" in process.stderr.text
    with CLI(tmp_path, "replay", "r.jsonl.gz") as replayed:
        assert replayed.exit_code() == 0
        assert len(replayed.stdout.text.splitlines()) == 3


def test_ctrl_c_leaves_a_loop_of_the_shell(emulator: Emulator, tmp_path: Path) -> None:
    script = """exec bash -c 'while true; do "$@"; done' bash "$@\""""
    with watching(tmp_path, emulator, window=Window(80, 24), script=script) as process:
        process.type(b"\x03")
        assert process.exit_code() == 130


@pytest.mark.parametrize("name", ["HUP", "INT"])
def test_signal_that_was_ignored_at_the_start_stays_ignored(
    emulator: Emulator, tmp_path: Path, name: str
) -> None:
    script = f'trap "" {name}; exec "$@"'
    with watching(tmp_path, emulator, "-n", "1", script=script) as process:
        process.send(getattr(signal, f"SIG{name}"))
        publish(emulator, 1)
        assert process.exit_code() == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [("--version", 0), (f"{SPEC} --grep (", 2), (SPEC, 3), (f"{SPEC} -d 0.1s --token x", 0)],
)
def test_stderr_that_takes_nothing_does_not_change_the_exit_code(
    tmp_path: Path, words: str, code: int
) -> None:
    for script in ('"$@" 2>/dev/full', '"$@" 2>&-'):
        with CLI(tmp_path, *words.split(), environment=DEAD_SERVER, script=script) as process:
            assert process.exit_code() == code, script


def test_end_amid_the_start_is_no_crash(tmp_path: Path) -> None:
    """A thread loads requests then, which the interpreter's own end doesn't survive."""
    for seconds in ("0.02s", "0.05s", "0.1s") * 4:
        arguments = (SPEC, "-d", seconds, "--token", "x")
        with CLI(tmp_path, *arguments, environment=DEAD_SERVER) as process:
            assert process.exit_code() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-n 5", "the run ended before --count 5 was reached"),
        ("--until data.side=out", "the run ended before anything matched --until"),
    ],
)
def test_run_that_ends_too_early_says_what_it_waited_for(
    emulator: Emulator, tmp_path: Path, words: str, said: str
) -> None:
    with tail(tmp_path, emulator, "-d", "0.2s", *words.split()) as process:
        assert process.exit_code() == 6
        assert said in process.stderr.text


def test_dead_webhook_delays_the_end_by_five_seconds_at_most(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "-n", "50", "--forward-to", DEAD_WEBHOOK) as process:
        for identity in range(50):
            publish(emulator, identity)
        assert len(process.lines(50)) == 50
        process.wait_for("still to be forwarded")
        assert process.exit_code(within=9.0) == 1
        assert "not sent" in process.stderr.text
        assert "error: a webhook has taken none of the events" in process.stderr.text


def test_ctrl_c_amid_a_replay_to_a_dead_webhook_is_no_defect(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "-n", "1", "--record", "r.jsonl") as process:
        publish(emulator, 1)
        assert process.exit_code() == 0
    with CLI(tmp_path, "replay", "r.jsonl", "--forward-to", DEAD_WEBHOOK) as process:
        process.wait_for("still to be forwarded")
        process.send(signal.SIGINT)
        assert process.exit_code() == 130
        assert "unexpected" not in process.stderr.text


@pytest.mark.parametrize(
    "words", ["--help", "doctor --help", "--version", "events", f"{SPEC} --grep ("]
)
def test_optimized_python_changes_nothing(tmp_path: Path, words: str) -> None:
    outputs = []
    for level in ("", "2"):
        with CLI(tmp_path, *words.split(), environment={"PYTHONOPTIMIZE": level}) as process:
            outputs.append((process.exit_code(), process.stdout.text, process.stderr.text))
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("words", ["--help", "--version", "events", "demo", "serve", SPEC])
def test_closed_stdout_is_an_error_in_one_sentence(tmp_path: Path, words: str) -> None:
    with CLI(tmp_path, *words.split(), script='"$@" >&-') as process:
        assert process.exit_code() == 1
        assert process.stderr.text.startswith("chatapp-tail: error: standard output is closed\n")


@pytest.mark.parametrize("words", ["--help", "--version", "events", "events message"])
def test_reader_that_leaves_is_no_error(tmp_path: Path, words: str) -> None:
    with CLI(tmp_path, *words.split()) as process:
        process.close_stdout()
        assert process.exit_code() == 0
        assert process.stderr.text == ""


def test_terminal_without_a_size_has_eighty_columns(emulator: Emulator, tmp_path: Path) -> None:
    with CLI(
        *(tmp_path, SPEC, "-n", "1"),
        environment=environment(emulator),
        window=Window(0, 0),
        stderr_on_terminal=True,
    ) as process:
        process.wait_for_prompt(SUBSCRIBED)
        publish(emulator, 1)
        assert process.exit_code() == 0
        shown = without_colors(process.stdout.text.encode())
    assert "1 shown of 1 received" in shown
    assert re.search(r"\n── [^\n]{16,18}─{60,62}\r\n", shown)
