"""What ``--help`` shows: all there is, examples first, in any width, locale and colour."""

import re
import shlex
from itertools import chain
from pathlib import Path

import pytest

from chatapp_tail.cli.app import main
from chatapp_tail.cli.commands import COMMANDS, NAMED, PROGRAM, TAIL, Command
from chatapp_tail.cli.examples import BRIEF_EXAMPLES, EXAMPLES
from chatapp_tail.cli.help import brief_text, command_lines, help_text
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
@pytest.mark.parametrize("width", [52, 75, 76, 100])
def test_no_line_is_longer_than_the_window(command: Command, width: int) -> None:
    assert [line for line in text(command, width).splitlines() if len(line) > width] == []


@each
@pytest.mark.parametrize("width", [10, 40, 75, 76, 80, 200])
def test_nothing_is_left_out_in_any_width(command: Command, width: int) -> None:
    assert words(text(command, width)) == words(text(command, 100))


@each
def test_help_is_ascii_without_spaces_at_the_ends_of_lines(command: Command) -> None:
    assert text(command).isascii()
    assert [line for line in text(command).splitlines() if line != line.rstrip()] == []


@each
def test_usage_summary_and_examples_come_first(command: Command) -> None:
    blocks = text(command).split("\n\n")
    assert blocks[0].startswith(f"Usage: {PROGRAM} ")
    assert len(words(blocks[1])) < 20
    assert blocks[2].startswith("Examples:\n  # ")


def test_usage_and_all_examples_fit_a_first_screen() -> None:
    assert 5 <= len(EXAMPLES[TAIL]) <= 8
    assert text(ROOT).partition("\nCommands:")[0].count("\n") <= 24


def test_panels_come_in_the_order_in_which_they_are_needed() -> None:
    titles = re.findall(r"^(\w[\w ]+):$", text(ROOT), re.MULTILINE)
    expected = [title for title in PANELS if title != OPTIONS]
    assert titles == ["Examples", "Commands", "Arguments", *expected, "Exit codes"]


@each
def test_same_option_is_in_the_same_panel_everywhere(command: Command) -> None:
    for name, option in command.options.items():
        known = ROOT.options.get(name)
        assert known != option or known.panel == option.panel


@each
def test_every_option_and_argument_says_what_it_means(command: Command) -> None:
    for option in command.options.values():
        assert option.help.endswith(".")
        assert option.usage in text(command)
    assert [one.name for one in command.arguments if not one.help] == []


def test_value_default_and_variable_of_an_option_are_told() -> None:
    shown = " ".join(text(ROOT).split())
    assert (
        "-f, --format FORMAT How to write events: table, plain, json, pretty, raw or browse. "
        "[default: table on a terminal, else json] [env: CHATAPP_TAIL_FORMAT] --json" in shown
    )
    assert "--port N The port on 127.0.0.1; 0 takes any free one. [default: 8765]" in " ".join(
        text(COMMANDS["serve"]).split()
    )


EXAMPLE_LINES = sorted(
    {example.line for one in (*EXAMPLES.values(), BRIEF_EXAMPLES) for example in one}
)


@pytest.mark.parametrize("line", EXAMPLE_LINES)
def test_example_is_a_command_line_that_the_program_takes(line: str) -> None:
    arguments = shlex.split(re.split(r" (?:[|<]|>>?) ", line)[0])
    command, others = command_of(arguments)
    typed = parse(command, others)
    given = read_arguments(command, typed.words)
    assert given.keys() == {one.name for one in command.arguments}


@pytest.mark.parametrize("line", EXAMPLE_LINES)
@pytest.mark.parametrize("width", [20, 40, 80])
def test_broken_example_is_the_same_command_for_a_shell(line: str, width: int) -> None:
    joined = "\n".join(command_lines(line, width)).replace("\\\n", " ")
    assert shlex.split(joined) == shlex.split(f"{PROGRAM} {line}")


def test_hidden_tail_shows_the_help_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for arguments in (["--help"], ["tail", "--help"], ["1229/telegram", "-h", "--help"]):
        assert main(arguments) == 0
        shown.append(capsys.readouterr().out)
    assert set(shown) == {shown[0]}


def test_brief_help_fits_a_screen_with_the_prompt_below_it() -> None:
    lines = brief_text(width=80, color=False).splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [30, 80, 100])
def test_brief_help_has_all_commands_and_the_options_needed_most(width: int) -> None:
    shown = words(brief_text(width=width, color=False))
    assert {command.name for command in NAMED} <= set(shown)
    assert [
        one.long for one in chain(*ROOT.panels.values()) if one.long in shown and one.key != "help"
    ] == [
        *("--all", "--event", "--chat", "--grep", "--where"),
        *("--format", "--record", "--verbose", "--backfill", "--since"),
    ]
    assert " ".join(shown[shown.index("Options") :]).startswith(
        "Options (all of them: chatapp-tail --help): --all "
    )


def test_h_is_brief_for_the_program_and_whole_for_its_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments in (["-h"], ["tail", "-h"], ["1229/telegram", "-h"]):
        assert main(arguments) == 0
        assert capsys.readouterr().out == brief_text(width=80, color=False)
    shown = []
    for arguments in (["replay", "-h"], ["replay", "--help"]):
        assert main(arguments) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("environment", "window", "heading"),
    [
        ({}, Window(80, 24), "\x1b[1mExamples:\x1b[0m"),
        ({}, None, "Examples:"),
    ],
    ids=["terminal", "pipe"],
)
def test_headings_are_bold_where_colour_is_wanted(
    tmp_path: Path, environment: dict[str, str], window: Window | None, heading: str
) -> None:
    with CLI(tmp_path, "logout", "-h", environment=environment, window=window) as process:
        assert process.exit_code() == 0
        shown = process.stdout.text.replace("\r", "")
    assert heading in shown.splitlines()
    assert CONTROL.sub("", shown) == text(COMMANDS["logout"])


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "koi8-r"}, {"PYTHONIOENCODING": "ascii"}],
    ids=str,
)
@pytest.mark.parametrize("arguments", [["--help"], ["events", "messageReaction"]], ids=" ".join)
def test_stdout_is_utf8_in_any_locale(
    tmp_path: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    with CLI(tmp_path, *arguments, environment=environment) as process:
        assert process.exit_code() == 0
        assert process.stderr.text == ""
        assert arguments == ["--help"] or "😂" in process.stdout.text


@each
def test_help_panel_is_last_and_ends_with_help(command: Command) -> None:
    title, options = list(command.panels.items())[-1]
    assert (title, options[-1].usage) == (HELP, "--help")
