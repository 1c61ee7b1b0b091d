"""What there is to say of a command: --help, the manual and the reference are made of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chatapp_tail.cli.commands import COMMANDS, PROGRAM, TAIL, Command
from chatapp_tail.cli.examples import EXAMPLES, Example
from chatapp_tail.cli.option import Argument, Option
from chatapp_tail.cli.options import PANELS


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
        """The first sentence of the summary."""
        return self.summary.partition(". ")[0].removesuffix(".") + "."

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of all panels."""
        return tuple(option for panel in self.panels for option in panel.options)


def program_page() -> Page:
    """Return the whole program: the tail, which needs no command word, and all other commands."""
    pages = tuple(_page(one) for name, one in COMMANDS.items() if name != TAIL)
    return _page(COMMANDS[TAIL], pages)


def command_page(command: Command) -> Page:
    """Return one command; the tail's is the program's."""
    return program_page() if command.name == TAIL else _page(command)


def _page(command: Command, commands: tuple[Page, ...] = ()) -> Page:
    name = PROGRAM if commands else command.name
    summary, *notes = [*command.help.split("\n\n"), *filter(None, command.notes.split("\n\n"))]
    return Page(
        name,
        (command.usage, f"{PROGRAM} COMMAND [OPTIONS] ...") if commands else (command.usage,),
        summary=summary,
        examples=EXAMPLES[name],
        arguments=command.arguments,
        panels=tuple(_panels(command.options.values())),
        notes=tuple(notes),
        commands=commands,
    )


def _panels(options: Iterable[Option]) -> Iterator[Panel]:
    """Yield the panels that have options, those of the command alone first."""
    for title in PANELS:
        if found := tuple(option for option in options if option.panel == title):
            yield Panel(title, found)
