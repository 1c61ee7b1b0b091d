"""A page as the text of ``--help``: wrapped to any width, in ASCII for any locale."""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from chatapp_tail.cli.commands import PROGRAM, Command
from chatapp_tail.cli.examples import Example
from chatapp_tail.cli.option import Option
from chatapp_tail.cli.page import Page, command_page
from chatapp_tail.errors import ExitCode
from chatapp_tail.output import ColorMode
from chatapp_tail.output.color import use_color

# Columns of the screen: longer lines are hard to read, and narrower ones hold no option.
_WIDEST, _NARROWEST = 100, 30
# From here on meanings stand beside their options, not below.
_TWO_COLUMNS = 76
_LONGEST_LABEL = 26
_INDENT = "  "
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
# Keeps a variable beside "env:", and a default beside "default:".
_HARD_SPACE = "\N{NO-BREAK SPACE}"
# Where a command line may go on in the next line.
_BREAKS = re.compile(r" (?=[-|<>])")


class Row(NamedTuple):
    """A word and what it means."""

    label: str
    meaning: str


def command_help(command: Command) -> str:
    """Return a command's page as wide as this process's terminal."""
    color = use_color(ColorMode.AUTO, os.environ, is_terminal=sys.stdout.isatty())
    return help_text(command_page(command), width=shutil.get_terminal_size().columns, color=color)


def help_text(page: Page, *, width: int, color: bool) -> str:
    """Return the page in lines of ``width`` columns; words and examples may be longer."""
    width = max(_NARROWEST, min(width, _WIDEST))
    text = "\n\n".join(_blocks(page, width)) + "\n"
    return text if color else re.sub("\x1b\\[\\dm", "", text)


def _blocks(page: Page, width: int) -> Iterator[str]:
    usages = f"\n{' ' * len('Usage: ')}".join(page.usages)
    yield f"{_BOLD}Usage:{_PLAIN} {usages}"
    yield _filled(page.summary, width)
    yield _block("Examples", _example_lines(page.examples, width))
    yield from _table_blocks(page, width)
    yield from (_filled(note, width) for note in page.notes)
    if page.commands:
        yield _filled(f"Help on a command: {PROGRAM} COMMAND --help", width)


def _table_blocks(page: Page, width: int) -> Iterator[str]:
    panels = {title: [_row(one) for one in options] for title, options in page.panels}
    column = _column([row for rows in panels.values() for row in rows])
    if page.commands:
        yield _table("Commands", [Row(one.name, one.gist) for one in page.commands], width)
    if page.arguments:
        yield _table(
            "Arguments", [Row(one.metavar, one.help) for one in page.arguments], width, column
        )
    for title, rows in panels.items():
        yield _table(title, rows, width, column)
    if page.commands:
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
    short = f"{option.short}, " if option.short else "    "
    return Row(f"{short}{option.usage}", " ".join(parts))


def _block(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{_BOLD}{title}:{_PLAIN}", *lines])


def _example_lines(examples: Iterable[Example], width: int) -> Iterator[str]:
    for example in examples:
        for line in _wrapped(f"# {example.wish}", width, _INDENT, f"{_INDENT}# "):
            yield f"{_DIM}{line}{_PLAIN}"
        yield from command_lines(example.line, width)


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


def _row_lines(rows: Iterable[Row], width: int, column: int) -> Iterator[str]:
    """Yield labels with their meanings beside them, or below where there is no room."""
    indent = " " * (column + 2 * len(_INDENT)) if width >= _TWO_COLUMNS else " " * 6
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
