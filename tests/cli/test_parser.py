"""A command line with a mistake is met with what was probably meant, and where help is."""

import pytest

from chatapp_tail.cli.app import main

COMMANDS = (
    "Commands: channels, doctor, login, logout, demo, replay, serve, trigger, events, completion."
)
SPEC = "A channel is written 1229/telegram."
SEE = "See: chatapp-tail --help"


@pytest.mark.parametrize(
    ("arguments", "error", "hints"),
    [
        (
            "help",
            "'help' is neither a command nor a channel",
            ["Did you mean --help?", COMMANDS, SPEC, SEE],
        ),
        (
            "version",
            "'version' is neither a command nor a channel",
            ["Did you mean --version?", COMMANDS, SPEC, SEE],
        ),
        (
            "repaly x",
            "'repaly' is neither a command nor a channel",
            ["Did you mean replay?", COMMANDS, SPEC, SEE],
        ),
        (
            "1230",
            "'1230' is neither a command nor a channel",
            [COMMANDS, "A channel is written 1230/telegram or 1230/*.", SEE],
        ),
        ("--hepl", "No such option: --hepl", ["Did you mean --help?", SEE]),
        ("--xyzzy", "No such option: --xyzzy", [SEE]),
        (
            "--message 5",
            "No such option: --message",
            ["One message is --msg, a messenger's type --messenger.", SEE],
        ),
        ("1229/telegram --jsn", "No such option: --jsn", ["Did you mean --json?", SEE]),
        (
            "demo --cuont 3",
            "No such option: --cuont",
            ["Did you mean --count?", "See: chatapp-tail demo --help"],
        ),
        ("login --json", "login doesn't take --json", ["See: chatapp-tail login --help"]),
        ("serve --json", "serve doesn't take --json", ["See: chatapp-tail serve --help"]),
        ("doctor --names", "doctor doesn't take --names", ["See: chatapp-tail doctor --help"]),
        (
            "--speed 3 replay x",
            "No such option: --speed",
            ["It is an option of another command: chatapp-tail replay --speed", SEE],
        ),
        (
            "demo --port 3",
            "No such option: --port",
            [
                "It is an option of another command: chatapp-tail serve --port",
                "See: chatapp-tail demo --help",
            ],
        ),
        ("doctor --count 3", "doctor doesn't take --count", ["See: chatapp-tail doctor --help"]),
        (
            "replay",
            "missing argument: FILE|-",
            [
                "Usage: chatapp-tail replay [OPTIONS] FILE|-",
                "See: chatapp-tail replay --help",
            ],
        ),
        (
            "events message chatTag",
            "unexpected argument: chatTag",
            [
                "Usage: chatapp-tail events [OPTIONS] [NAME]",
                "See: chatapp-tail events --help",
            ],
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
        (
            "1229/telegram --record a --record=b",
            "--record: this takes one value, but was given more than one",
            ["Give it once."],
        ),
        (
            "-n 1 -n 2 1229/telegram",
            "--count: this takes one value, but was given more than one",
            ["Give it once."],
        ),
        (
            "events -f json --format json",
            "--format: this takes one value, but was given more than one",
            ["Give it once."],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
def test_mistake_is_named_with_what_was_probably_meant(
    arguments: str, error: str, hints: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    first, *others = captured.err.splitlines()
    assert first == f"chatapp-tail: error: {error}"
    assert others == [f"  {hint}" for hint in hints]
