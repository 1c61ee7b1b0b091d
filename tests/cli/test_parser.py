"""The error for a command line with a mistake says what was probably meant, and where help is."""

import pytest

from chatapp_tail.cli.app import main

COMMANDS = (
    "Commands: channels, doctor, login, logout, demo, replay, serve, trigger, events, completion."
)
SPEC = "A channel is written 1229/telegram."
SEE = "See: chatapp-tail --help"
SEE_DEMO = "See: chatapp-tail demo --help"
NO_WORD = "{} is neither a command nor a channel"
ONE_VALUE = "this takes one value, but was given more than one"


@pytest.mark.parametrize(
    ("line", "error", "hints"),
    [
        ("help", NO_WORD.format("'help'"), ["Did you mean --help?", COMMANDS, SPEC, SEE]),
        ("repaly x", NO_WORD.format("'repaly'"), ["Did you mean replay?", COMMANDS, SPEC, SEE]),
        (
            "1230",
            NO_WORD.format("'1230'"),
            [COMMANDS, "A channel is written 1230/telegram or 1230/*.", SEE],
        ),
        ("--xyzzy", "No such option: --xyzzy", [SEE]),
        (
            "--message 5",
            "No such option: --message",
            ["One message is --msg, a messenger's type --messenger.", SEE],
        ),
        ("1229/telegram --jsn", "No such option: --jsn", ["Did you mean --json?", SEE]),
        ("demo --cuont 3", "No such option: --cuont", ["Did you mean --count?", SEE_DEMO]),
        ("login --json", "login doesn't take --json", ["See: chatapp-tail login --help"]),
        (
            "--speed 3 replay x",
            "No such option: --speed",
            ["It is an option of another command: chatapp-tail replay --speed", SEE],
        ),
        (
            "demo --port 3",
            "No such option: --port",
            ["It is an option of another command: chatapp-tail serve --port", SEE_DEMO],
        ),
        (
            "replay",
            "missing argument: FILE|-",
            ["Usage: chatapp-tail replay [OPTIONS] FILE|-", "See: chatapp-tail replay --help"],
        ),
        (
            "events message chatTag",
            "unexpected argument: chatTag",
            ["Usage: chatapp-tail events [OPTIONS] [NAME]", "See: chatapp-tail events --help"],
        ),
        (
            "completion tcsh",
            "'tcsh' is not one of 'bash', 'zsh', 'fish'",
            ["See: chatapp-tail completion --help"],
        ),
        (
            "trigger message -n 0",
            "--count: '0' is not a whole number of 1 or more",
            ["See: chatapp-tail trigger --help"],
        ),
        ("--format", "Option '--format' requires an argument", [SEE]),
        ("—json", "'—json' begins with a dash that isn't a hyphen", ["Type it: --json"]),
        (
            "1229/telegram –count=3",
            "'–count=3' begins with a dash that isn't a hyphen",
            ["Type it: --count=3"],
        ),
        ("events −f json", "'−f' begins with a dash that isn't a hyphen", ["Type it: -f"]),
        ("1229/telegram --record a --record=b", f"--record: {ONE_VALUE}", ["Give it once."]),
        ("events -f json --format json", f"--format: {ONE_VALUE}", ["Give it once."]),
    ],
)
def test_mistake_is_named_with_what_was_probably_meant(
    line: str, error: str, hints: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        f"chatapp-tail: error: {error}",
        *(f"  {hint}" for hint in hints),
    ]


@pytest.mark.parametrize(
    "line",
    [
        *("--json demo", "-n 3 demo --json", "--token made-up-token demo"),
        *("1229/telegram demo", "-- demo", "tail demo"),
    ],
)
def test_command_that_is_not_the_first_word_is_a_usage_error(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    assert capsys.readouterr().err.splitlines() == [
        "chatapp-tail: error: the command demo must come first, and its options after it",
        "  Usage: chatapp-tail demo [OPTIONS]",
    ]


@pytest.mark.parametrize("line", ["--version", "--version demo", "--json --version"])
def test_version_is_shown_in_place_of_anything_else(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 0
    assert capsys.readouterr().out.startswith("chatapp-tail 0.")
