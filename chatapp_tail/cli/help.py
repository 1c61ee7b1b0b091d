"""The text of ``--help`` and ``-h``: wrapped to any width, in ASCII for any locale."""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from types import MappingProxyType
from typing import Final, NamedTuple

from chatapp_tail.cli.commands import COMMANDS, NAMED, PROGRAM, TAIL, Command, Example
from chatapp_tail.cli.option import Option
from chatapp_tail.errors import ExitCode
from chatapp_tail.output import ColorMode, use_color

# Columns of the screen: longer lines are hard to read, and narrower ones hold no option.
_WIDEST, _NARROWEST = 100, 30
# From here on meanings stand beside their options, not below.
_TWO_COLUMNS = 76
_LONGEST_LABEL = 26
_INDENT = "  "
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
# Keeps a variable beside "env:", and a default beside "default:".
_HARD_SPACE = "\N{NO-BREAK SPACE}"
# Where a command line may be continued in the next line.
_BREAKS = re.compile(r" (?=[-|<>])")
# What ``-h`` shows: one screen of 80 columns and 24 lines, the prompt included.
_BRIEF_USAGE: Final = "[COMMAND] [OPTIONS] [SPEC]..."
BRIEF_EXAMPLES: Final = (
    ("no account needed", "demo"),
    ("what customers write", "1229/telegram -e message -w data.side=in"),
    ("everything, into a file", "--all --record today.jsonl.gz"),
)
# By their names, the ten that are needed most.
_BRIEF_OPTIONS: Final = MappingProxyType(
    {
        "all": "watch every channel that the token may watch",
        "event": "only these events; message,messageStatus or chat*",
        "chat": "only this chat: phone, name, @username, e-mail, id",
        "grep": "only rows that match",
        "where": "only if a field passes: data.side=in",
        "format": "table, json, plain, pretty or raw",
        "since": "first the messages from T on: 10m, 08:00",
        "backfill": "after a gap, fetch its messages",
        "record": "keep everything in a file; replay shows it again",
        "verbose": "say each step; -vv shows each frame",
    }
)


class Row(NamedTuple):
    """A word and what it means."""

    label: str
    meaning: str


def command_help(command: Command, *, is_brief: bool) -> str:
    """Return a command's help as wide as this process's terminal.

    With ``is_brief`` the tail's is one screen; those of other commands are short anyway.
    """
    color = use_color(ColorMode.AUTO, os.environ, is_terminal=sys.stdout.isatty())
    width = shutil.get_terminal_size().columns
    if is_brief and command.name == TAIL:
        return brief_text(width=width, color=color)
    return help_text(command, width=width, color=color)


def brief_text(*, width: int, color: bool) -> str:
    """Return one screen about the program: examples, commands, and the options needed most."""
    width = max(_NARROWEST, min(width, _WIDEST))
    usage = f"{_BOLD}Usage:{_PLAIN} {PROGRAM} {_BRIEF_USAGE}"
    examples = [Row(f"{PROGRAM} {line}", wish) for wish, line in BRIEF_EXAMPLES]
    longest = max(len(row.label) for row in examples)
    commands = [Row(one.name, one.brief) for one in NAMED]
    options = COMMANDS[TAIL].options
    rows = [Row(_label(options[name]), words) for name, words in _BRIEF_OPTIONS.items()]
    blocks = (
        "\n".join([usage, *_row_lines(examples, width, longest)]),
        _block("Commands", _command_lines(commands, width)),
        _block(f"Options (all of them: {PROGRAM} --help)", _row_lines(rows, width, _column(rows))),
    )
    return _coloured("\n\n".join(blocks) + "\n", color=color)


def _command_lines(rows: Sequence[Row], width: int) -> Iterator[str]:
    """Yield the rows in two columns, read downwards, or in one where there is no room."""
    if width < _TWO_COLUMNS:
        yield from _row_lines(rows, width, _column(rows))
        return
    half = (len(rows) + 1) // 2
    lines = list(_row_lines(rows, width // 2, _column(rows), beside=True))
    for left, right in zip_longest(lines[:half], lines[half:], fillvalue=""):
        yield f"{left:{width // 2}}{right}".rstrip()


def help_text(command: Command, *, width: int, color: bool) -> str:
    """Return the help in lines of ``width`` columns; words and examples may be longer."""
    width = max(_NARROWEST, min(width, _WIDEST))
    return _coloured("\n\n".join(_blocks(command, width)) + "\n", color=color)


def _coloured(text: str, *, color: bool) -> str:
    return text if color else re.sub("\x1b\\[\\dm", "", text)


def _blocks(command: Command, width: int) -> Iterator[str]:
    usages = f"\n{' ' * len('Usage: ')}".join(command.usages)
    yield f"{_BOLD}Usage:{_PLAIN} {usages}"
    yield _filled(command.summary, width)
    yield _block("Examples", _example_lines(command.examples, width))
    yield from _table_blocks(command, width)
    yield from (_filled(note, width) for note in command.notes)
    if command.name == TAIL:
        yield _filled(f"Help on a command: {PROGRAM} COMMAND --help", width)


def _table_blocks(command: Command, width: int) -> Iterator[str]:
    panels = {title: [_row(one) for one in options] for title, options in command.panels.items()}
    column = _column([row for rows in panels.values() for row in rows])
    if command.name == TAIL:
        yield _table("Commands", [Row(one.name, one.gist) for one in NAMED], width)
    if arguments := [Row(one.metavar, one.help) for one in command.arguments]:
        yield _table("Arguments", arguments, width, column)
    for title, rows in panels.items():
        yield _table(title, rows, width, column)
    if command.name == TAIL:
        yield _table("Exit codes", [Row(str(int(one)), one.meaning) for one in ExitCode], width)


def _table(title: str, rows: Sequence[Row], width: int, column: int | None = None) -> str:
    return _block(title, _row_lines(rows, width, column or _column(rows)))


def _column(rows: Sequence[Row]) -> int:
    """Return the width of the labels' column."""
    return min(max(len(row.label) for row in rows), _LONGEST_LABEL)


def _row(option: Option) -> Row:
    parts = [option.help]
    if option.shown_default:
        parts.append(f"[default:{_HARD_SPACE}{option.shown_default}]")
    if option.variables:
        parts.append(f"[env:{_HARD_SPACE}{', '.join(option.variables)}]")
    return Row(_label(option), " ".join(parts))


def _label(option: Option) -> str:
    short = f"{option.short}, " if option.short else "    "
    return f"{short}{option.usage}"


def _block(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{_BOLD}{title}:{_PLAIN}", *lines])


def _example_lines(examples: Iterable[Example], width: int) -> Iterator[str]:
    for wish, command in examples:
        for line in _wrapped(f"# {wish}", width, _INDENT, f"{_INDENT}# "):
            yield f"{_DIM}{line}{_PLAIN}"
        yield from command_lines(command, width)


def command_lines(line: str, width: int) -> list[str]:
    """Return a command line to copy, with a backslash where it is continued."""
    first, *parts = _BREAKS.split(f"{PROGRAM} {line}")
    lines = [_INDENT + first]
    for part in parts:
        longer = f"{lines[-1]} {part}"
        if len(longer) <= width - (0 if part == parts[-1] else len(" \\")):
            lines[-1] = longer
        else:
            lines[-1] += " \\"
            lines.append(f"{_INDENT * 2}{part}")
    return lines


def _row_lines(
    rows: Iterable[Row], width: int, column: int, *, beside: bool | None = None
) -> Iterator[str]:
    """Yield labels with their meanings beside them, or below where there is no room."""
    beside = width >= _TWO_COLUMNS if beside is None else beside
    indent = " " * (column + 2 * len(_INDENT)) if beside else " " * 6
    for row in rows:
        label = f"{_INDENT}{row.label}"
        lines = _wrapped(row.meaning, width, indent, indent)
        if lines and len(label) + len(_INDENT) <= len(indent):
            lines[0] = label + lines[0][len(label) :]
        else:
            yield label
        yield from lines


def _filled(text: str, width: int) -> str:
    return "\n".join(_wrapped(text, width))


def _wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_HARD_SPACE, " ") for line in lines]
