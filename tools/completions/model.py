"""What can be completed, read from the program: its commands, their options and arguments."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from chatapp_tail.chatapp.channels import MESSENGER_TYPES
from chatapp_tail.chatapp.events import EVENTS
from chatapp_tail.cli.app import app

# The command of a line without a command word; it isn't offered itself.
TAIL = "tail"


@dataclass(frozen=True, slots=True)
class Words:
    """One of few words, each with a description or an empty one; ``by`` names the set."""

    by: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What only the program knows: ``specs`` or ``profiles``, as ``complete`` calls them."""

    kind: str


@dataclass(frozen=True, slots=True)
class Files:
    """A file's name."""


# What a value may be; None is anything, and nothing is offered.
Values = Words | Asked | Files | None


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its names as typed, the short one first. A flag has no ``placeholder``."""

    names: tuple[str, ...]
    help: str
    placeholder: str = ""
    values: Values = None
    repeats: bool = False
    takes_list: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument, or with ``repeats`` any number of them."""

    placeholder: str
    values: Values
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command with all its options; the one without a word is ``TAIL``."""

    name: str
    help: str
    options: tuple[Option, ...]
    arguments: tuple[Argument, ...]


_EVENTS = Words("events", tuple((one.name, one.meaning) for one in EVENTS.values()))
_SPECS, _PROFILES, _FILES = Asked("specs"), Asked("profiles"), Files()
# By the parameter's name; choices and paths say themselves what they take.
_VALUES: dict[str, Values] = {
    "channel": _SPECS,
    "event": _EVENTS,
    "exclude_event": _EVENTS,
    "file": _FILES,
    "messenger": Words("messengers", tuple((name, "") for name in MESSENGER_TYPES)),
    "name": _EVENTS,
    "profile": _PROFILES,
    "spec": _SPECS,
    "specs": _SPECS,
    "speed": Words("speeds", tuple((speed, "") for speed in ("1", "10", "max"))),
}


def commands() -> tuple[Command, ...]:
    """Return the tail, which has the root's options, and then the commands that help lists."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)  # noqa: S101 (for mypy, as below)
    ctx = typer.Context(root, **root.context_settings)
    named = ((name, root.get_command(ctx, name)) for name in root.list_commands(ctx))
    known = [
        _command(name, one, ctx)
        for name, one in named
        if isinstance(one, TyperCommand) and (name == TAIL or not one.hidden)
    ]
    return tuple(
        replace(one, options=_options(root, ctx)) if one.name == TAIL else one for one in known
    )


def takers(of: Iterable[Command]) -> dict[Option, tuple[str, ...]]:
    """Return every option with the names of the commands that have it, in this wording."""
    found: dict[Option, tuple[str, ...]] = {}
    for command in of:
        for option in command.options:
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
            if replace(known, help="") != replace(option, help=""):
                raise ValueError(f"{name} is not the same in all commands")
    return found


def flag_letters(of: Iterable[Command]) -> str:
    """Return the short flags, which may stand before another short option in one word: -qf."""
    flags = (name for name, option in spelled(of).items() if not option.placeholder)
    return "".join(name[1] for name in flags if len(name) == 2)


def word_sets(of: Iterable[Command]) -> dict[str, Words]:
    """Return all sets of words by name."""
    found: dict[str, Words] = {}
    for command in of:
        taking: tuple[Option | Argument, ...] = (*command.options, *command.arguments)
        found |= {one.values.by: one.values for one in taking if isinstance(one.values, Words)}
    return found


def _command(name: str, command: TyperCommand, parent: typer.Context) -> Command:
    arguments = (one for one in command.params if isinstance(one, TyperArgument))
    return Command(
        name,
        command.get_short_help_str(limit=200).removesuffix("."),
        _options(command, parent),
        tuple(map(_argument, arguments)),
    )


def _options(command: TyperCommand | TyperGroup, parent: typer.Context) -> tuple[Option, ...]:
    ctx = typer.Context(command, parent=parent)  # knows what asks for help
    parameters = (one for one in command.get_params(ctx) if isinstance(one, TyperOption))
    return tuple(_option(one) for one in parameters if not one.hidden)


def _option(parameter: TyperOption) -> Option:
    names = tuple(sorted(parameter.opts, key=len))
    described = (parameter.help or "").partition(" [env: ")[0].removesuffix(".")
    if parameter.is_flag or parameter.count:
        return Option(names, described, repeats=parameter.count)
    values = _values(parameter)
    return Option(
        names,
        described,
        _placeholder(parameter),
        values,
        repeats=parameter.multiple,
        takes_list=parameter.multiple and isinstance(values, Words),
    )


def _argument(parameter: TyperArgument) -> Argument:
    return Argument(_placeholder(parameter), _values(parameter), repeats=parameter.nargs < 0)


def _placeholder(parameter: TyperOption | TyperArgument) -> str:
    return re.sub(r"[^A-Z/@=|-]", "", parameter.metavar or "") or str(parameter.name).upper()


def _values(parameter: TyperOption | TyperArgument) -> Values:
    name = str(parameter.name)
    choices = getattr(parameter.type, "choices", ())
    if choices:
        return Words(name, tuple((str(choice), "") for choice in choices))
    return _FILES if parameter.metavar == "FILE" else _VALUES.get(name)
