"""What can be completed: the commands of the program, and words for the values they take."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from chatapp_tail.chatapp.channels import MESSENGER_TYPES
from chatapp_tail.chatapp.events import EVENTS
from chatapp_tail.cli.commands import Command
from chatapp_tail.cli.option import Argument, Option


class Words(NamedTuple):
    """One of few words, each with a description or an empty one; ``by`` names the set."""

    by: str
    words: tuple[tuple[str, str], ...]


class Asked(NamedTuple):
    """What only the program knows: ``specs`` or ``profiles``, as ``complete`` calls them."""

    kind: str


class Files(NamedTuple):
    """A file's name."""


# What a value may be; None is anything, and nothing is offered.
Values = Words | Asked | Files | None

_WORDS: dict[str, Values] = {
    "events": Words("events", tuple((one.name, one.meaning) for one in EVENTS.values())),
    "files": Files(),
    "messengers": Words("messengers", tuple((name, "") for name in MESSENGER_TYPES)),
    "profiles": Asked("profiles"),
    "specs": Asked("specs"),
}


def values(taker: Option | Argument) -> Values:
    """Return what may stand for a value."""
    if isinstance(taker.completes, tuple):
        return Words(taker.name, tuple((str(word), "") for word in taker.completes))
    return _WORDS.get(taker.completes)


def placeholder(taker: Option | Argument) -> str:
    """Return what a value is called in a shell's menu; empty for a flag."""
    return re.sub(r"[^A-Z/@=|-]", "", taker.metavar)


def description(told: Option | Command) -> str:
    """Return what it does, as a shell's menu has it: without a point at the end."""
    return (told.help if isinstance(told, Option) else told.gist).removesuffix(".")


def takers(of: Iterable[Command]) -> dict[Option, tuple[str, ...]]:
    """Return every option with the names of the commands that have it, in this wording."""
    found: dict[Option, tuple[str, ...]] = {}
    for command in of:
        for option in command.options.values():
            found[option] = (*found.get(option, ()), command.name)
    return found


def spelled(of: Iterable[Command]) -> dict[str, Option]:
    """Return the options by each of their names.

    Raises ``ValueError`` where a name takes something else in another command: the scripts read a
    line before they know which command it has.
    """
    found: dict[str, Option] = {}
    for option in takers(of):
        for name in option.names:
            known = found.setdefault(name, option)
            if _taken(known) != _taken(option):
                raise ValueError(f"{name} is not the same in all commands")
    return found


def flag_letters(of: Iterable[Command]) -> str:
    """Return the short flags, which may stand before another short option in one word: -qf."""
    flags = (name for name, option in spelled(of).items() if not option.metavar)
    return "".join(name[1] for name in flags if len(name) == 2)


def word_sets(of: Iterable[Command]) -> dict[str, Words]:
    """Return all sets of words by name."""
    found: dict[str, Words] = {}
    for command in of:
        taking: tuple[Option | Argument, ...] = (*command.options.values(), *command.arguments)
        for taker in taking:
            if isinstance(words := values(taker), Words):
                found[words.by] = words
    return found


def _taken(option: Option) -> object:
    return option.names, option.metavar, option.completes, option.is_comma_list
