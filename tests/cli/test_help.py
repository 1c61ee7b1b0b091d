"""What ``--help`` and ``-h`` show: examples first, in any width, locale and colour."""

import re
import shlex
from itertools import chain
from pathlib import Path

import pytest

from chatapp_tail.cli.app import main
from chatapp_tail.cli.commands import COMMANDS, NAMED, PROGRAM, TAIL, Command
from chatapp_tail.cli.help import BRIEF_EXAMPLES, brief_text, command_lines, help_text
from chatapp_tail.cli.option import OPTIONS
from chatapp_tail.cli.options import HELP, PANELS
from chatapp_tail.cli.parser import command_of, parse, read_arguments
from tests.support.cli_process import CLI, Window

CONTROL = re.compile("\x1b\\[[0-9]m")
ROOT = COMMANDS[TAIL]
each = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


def text(command: Command, width: int = 80) -> str:
    return help_text(command, width=width, color=False)


def words(text: str) -> list[str]:
    """Return the words of a help, however its lines and command lines are broken."""
    return [word for word in text.split() if word not in ("\\", "#")]


@each
@pytest.mark.parametrize("width", [10, 52, 75, 76, 100])
def test_help_has_the_same_words_in_any_width_and_fits_it(command: Command, width: int) -> None:
    lines = text(command, width).splitlines()
    assert words(text(command, width)) == words(text(command, 100))
    assert [line for line in lines if line != line.rstrip()] == []
    if width >= 52:
        assert [line for line in lines if len(line) > width] == []


@each
def test_usage_summary_and_examples_come_first_and_help_is_the_last_option(
    command: Command,
) -> None:
    blocks = text(command).split("\n\n")
    assert blocks[0].startswith(f"Usage: {PROGRAM} ")
    assert len(words(blocks[1])) < 20
    assert blocks[2].startswith("Examples:\n  # ")
    title, options = list(command.panels.items())[-1]
    assert (title, options[-1].usage) == (HELP, "--help")


def test_usage_and_all_examples_fit_a_first_screen() -> None:
    assert text(ROOT).partition("\nCommands:")[0].count("\n") <= 24


def test_panels_come_in_the_order_in_which_they_are_needed() -> None:
    titles = re.findall(r"^(\w[\w ]+):$", text(ROOT), re.MULTILINE)
    expected = [title for title in PANELS if title != OPTIONS]
    assert titles == ["Examples", "Commands", "Arguments", *expected, "Exit codes"]


@each
def test_every_option_and_argument_is_explained_in_ascii(command: Command) -> None:
    assert text(command).isascii()
    for option in command.options.values():
        assert option.help.endswith(".")
        assert option.usage in text(command)
    assert [one.name for one in command.arguments if not one.help] == []


def test_value_default_and_variable_of_an_option_are_shown() -> None:
    shown = " ".join(text(ROOT).split())
    assert (
        "-f, --format FORMAT How to write events: table, plain, json, pretty, raw or browse. "
        "[default: table on a terminal, else json] [env: CHATAPP_TAIL_FORMAT] --json" in shown
    )
    assert "--port N The port on 127.0.0.1; 0 takes any free one. [default: 8765]" in " ".join(
        text(COMMANDS["serve"]).split()
    )


EXAMPLES = [BRIEF_EXAMPLES, *(command.examples for command in COMMANDS.values())]


@pytest.mark.parametrize("line", sorted({line for _, line in chain(*EXAMPLES)}))
def test_example_is_taken_by_the_program_and_the_same_for_a_shell_where_it_is_broken(
    line: str,
) -> None:
    arguments = shlex.split(re.split(r" (?:[|<]|>>?) ", line)[0])
    command, others = command_of(arguments)
    given = read_arguments(command, parse(command, others).words)
    assert given.keys() == {one.name for one in command.arguments}
    for width in (20, 40, 80):
        joined = "\n".join(command_lines(line, width)).replace("\\\n", " ")
        assert shlex.split(joined) == shlex.split(f"{PROGRAM} {line}")


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["--help", "tail --help", "1229/telegram -h --help"], text(ROOT)),
        (["-h", "tail -h", "1229/telegram -h"], brief_text(width=80, color=False)),
        (["replay -h", "replay --help"], text(COMMANDS["replay"])),
    ],
    ids=["all of the tail", "one screen", "another command"],
)
def test_h_is_one_screen_for_the_tail_only(
    lines: list[str], shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in lines:
        assert main(line.split()) == 0
        assert capsys.readouterr().out == shown


def test_brief_help_fits_a_screen_with_the_prompt_below_it() -> None:
    lines = brief_text(width=80, color=False).splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [30, 80, 100])
def test_brief_help_has_all_commands_and_the_options_needed_most(width: int) -> None:
    shown = words(brief_text(width=width, color=False))
    assert {command.name for command in NAMED} <= set(shown)
    heading = ["Options", "(all", "of", "them:", "chatapp-tail", "--help):"]
    options = shown[shown.index("Options") :]
    assert options[: len(heading) + 1] == [*heading, "--all"]
    assert {one.long for one in ROOT.options.values()} & set(options) == {
        *("--all", "--event", "--chat", "--grep", "--where"),
        *("--format", "--record", "--verbose", "--since", "--backfill"),
    }


@pytest.mark.parametrize(
    ("window", "heading"),
    [(Window(80, 24), "\x1b[1mExamples:\x1b[0m"), (None, "Examples:")],
    ids=["terminal", "pipe"],
)
def test_headings_are_bold_on_a_terminal(
    tmp_path: Path, window: Window | None, heading: str
) -> None:
    with CLI(tmp_path, "logout", "-h", window=window) as process:
        assert process.exit_code() == 0
        shown = process.stdout.text.replace("\r", "")
    assert heading in shown.splitlines()
    assert CONTROL.sub("", shown) == text(COMMANDS["logout"])


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "koi8-r"}, {"PYTHONIOENCODING": "ascii"}],
    ids=str,
)
def test_stdout_is_utf8_in_any_locale(tmp_path: Path, environment: dict[str, str]) -> None:
    with CLI(tmp_path, "events", "messageReaction", environment=environment) as process:
        assert process.exit_code() == 0
        assert process.stderr.text == ""
        assert "😂" in process.stdout.text
