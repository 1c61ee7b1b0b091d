"""What there is to say of a command, as data: --help, the manual and the README are made of it.

It is read off Typer's own commands, so that nothing is said that the program doesn't take.
"""

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from chatapp_tail.cli.examples import EXAMPLES, Example
from chatapp_tail.cli.options import HELP, OPTIONS, PANELS

PROGRAM = "chatapp-tail"
_VARIABLES = re.compile(r" \[env: (?P<names>[A-Z_, ]+)\]$")


class Option(NamedTuple):
    """An option; ``value`` is empty for a flag, ``default`` for one whose default is nothing."""

    short: str
    long: str
    value: str
    meaning: str
    default: str
    variables: tuple[str, ...]

    @property
    def usage(self) -> str:
        """Return the long name with its value."""
        return f"{self.long} {self.value}".rstrip()


class Argument(NamedTuple):
    """A positional argument."""

    name: str
    meaning: str


class Panel(NamedTuple):
    """Options that belong together."""

    title: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A command. ``usages`` begin with the program's name, ``notes`` are paragraphs."""

    name: str
    usages: tuple[str, ...]
    summary: str
    examples: tuple[Example, ...]
    arguments: tuple[Argument, ...]
    panels: tuple[Panel, ...]
    notes: tuple[str, ...]
    commands: "tuple[Page, ...]" = ()

    @property
    def gist(self) -> str:
        """Return the first sentence of the summary."""
        return self.summary.partition(". ")[0].removesuffix(".") + "."


def root_page(root: TyperGroup) -> Page:
    """Return the whole program; its arguments are those of the hidden command ``tail``."""
    ctx = typer.Context(root)
    commands = [root.get_command(ctx, name) for name in root.list_commands(ctx)]
    made = [one for one in commands if isinstance(one, TyperCommand)]
    tail = next(one for one in made if one.hidden)
    usages = (f"{PROGRAM} [OPTIONS] [SPEC]...", f"{PROGRAM} COMMAND [OPTIONS] ...")
    pages = tuple(command_page(one) for one in made if not one.hidden)
    return _page(root, PROGRAM, usages, _arguments(tail), pages)


def command_page(command: TyperCommand) -> Page:
    """Return one command."""
    name, arguments = command.name or "", _arguments(command)
    words = " ".join(one.name for one in arguments)
    return _page(command, name, (f"{PROGRAM} {name} [OPTIONS] {words}".rstrip(),), arguments)


def _page(
    command: TyperCommand | TyperGroup,
    name: str,
    usages: tuple[str, ...],
    arguments: tuple[Argument, ...],
    commands: tuple[Page, ...] = (),
) -> Page:
    summary, *notes = _paragraphs(command.help)
    return Page(
        name,
        usages,
        summary=summary,
        examples=EXAMPLES[name],
        arguments=arguments,
        panels=tuple(_panels(command.params)),
        notes=(*notes, *_paragraphs(command.epilog)),
        commands=commands,
    )


def _arguments(command: TyperCommand) -> tuple[Argument, ...]:
    return tuple(
        Argument(one.metavar or "", one.help or "")
        for one in command.params
        if isinstance(one, TyperArgument)
    )


def _panels(parameters: Iterable[object]) -> Iterator[Panel]:
    """Yield the panels that have options, those of the command alone first."""
    options = [one for one in parameters if isinstance(one, TyperOption) and not one.hidden]
    for title in PANELS:
        found = tuple(_option(one) for one in options if (one.rich_help_panel or OPTIONS) == title)
        if title == HELP:
            found += (Option("-h", "--help", "", "Show this help and exit.", "", ()),)
        if found:
            yield Panel(title, found)


def _option(option: TyperOption) -> Option:
    short = next((name for name in option.opts if not name.startswith("--")), "")
    long = next(name for name in option.opts if name.startswith("--"))
    meaning, _, _ = (option.help or "").partition(" [env: ")
    variables = _VARIABLES.search(option.help or "")
    return Option(
        short,
        long,
        "" if option.is_flag or option.count else option.metavar or "VALUE",
        meaning,
        _default(option),
        tuple(variables["names"].split(", ")) if variables else (),
    )


def _default(option: TyperOption) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    is_said = option.default and not option.is_flag and not option.count
    return str(option.default) if is_said else ""


def _paragraphs(text: str | None) -> list[str]:
    """Return paragraphs without line breaks in them."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return [" ".join(one.split()) for one in paragraphs if one]
