"""Words of a command line to what they give for each option and argument, by Typer's parser.

All values stay text: ``precedence`` converts them, together with those of variables and profiles.
The error for a word that can't be understood says what was probably meant.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import typer

from chatapp_tail.cli.commands import COMMANDS, NAMED, PROGRAM, TAIL, Command
from chatapp_tail.cli.option import Argument, Option, Raw
from chatapp_tail.errors import UsageError

# Typer carries its own Click and exports only this leaf of the tree of usage errors.
_ClickError: Any = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

# What is typed for one of two options that are written alike.
_MEANT = {"--message": "One message is --msg, a messenger's type --messenger."}
# What word processors and phones make of hyphens: en and em dashes, a minus, and others.
_DASHED = re.compile(r"[\u2010-\u2015\u2212]+-?(?P<name>[A-Za-z][A-Za-z-]*)(?P<value>(=.*)?)")


class Line(NamedTuple):
    """What a command line gives: the options that are on it by name, and the other words."""

    options: dict[str, Raw]
    words: tuple[str, ...]


def command_of(words: Sequence[str]) -> tuple[Command, Sequence[str]]:
    """Return the command that the first word means, and the words for it.

    A spec, an option, and nothing at all mean the tail: a spec always holds a ``/`` or begins with
    ``private-``, and command names never do. Raises ``UsageError`` for any other word.
    """
    first = words[0] if words else ""
    if command := COMMANDS.get(first):
        return command, words[1:]
    is_spec, is_option = "/" in first or first.startswith("private-"), first.startswith("-")
    if not words or is_spec or is_option or _DASHED.fullmatch(first):
        return COMMANDS[TAIL], words
    raise _unknown_word(first)


def parse(command: Command, words: Sequence[str]) -> Line:
    """Return what ``words`` give. Raises ``UsageError`` for options that can't be understood."""
    parser = typer.core.TyperCommand(
        command.name,
        params=list(map(_parameter, command.options.values())),
        add_help_option=False,
        context_settings={"allow_extra_args": True},
    )
    try:
        context = parser.make_context(command.name, list(words))
    except _ClickError as error:
        raise _unparsable(error, command) from error
    given = {name: raw for name, raw in context.params.items() if raw}
    return Line(given, tuple(context.args))


def _parameter(option: Option) -> typer.core.TyperOption:
    """Return the option for Typer: a value stays text, and comes as often as it was given."""
    has_value = bool(option.metavar)
    return typer.core.TyperOption(
        param_decls=[option.name, *option.names],
        is_flag=not has_value and not option.is_count,
        count=option.is_count,
        multiple=has_value,
    )


def read_arguments(command: Command, words: Sequence[str]) -> dict[str, object]:
    """Return the arguments by name. Raises ``UsageError``."""
    _check(command, words)
    left = list(words)
    values = {one.name: _argument(command, one, left) for one in command.arguments}
    if left:
        raise UsageError(f"unexpected argument: {' '.join(left)}", hint=command.usage_hint)
    return values


def _argument(command: Command, argument: Argument, left: list[str]) -> object:
    """Take an argument's words off ``left``, and return its value."""
    if argument.repeats:
        words, left[:] = tuple(left), []
        return tuple(_read(command, argument, word) for word in words)
    if left:
        return _read(command, argument, left.pop(0))
    if argument.is_required:
        raise UsageError(f"missing argument: {argument.metavar}", hint=command.usage_hint)
    return None


def _read(command: Command, argument: Argument, word: str) -> object:
    try:
        return argument.read(word)
    except ValueError as exc:
        raise UsageError(str(exc), hint=command.see) from exc


def _check(command: Command, words: Sequence[str]) -> None:
    """Raise ``UsageError`` for words that can't be meant as arguments."""
    for word in words:
        if typed := _DASHED.fullmatch(word):
            hyphens = "-" if len(typed["name"]) == 1 else "--"
            raise UsageError(
                f"{word!r} begins with a dash that isn't a hyphen",
                hint=f"Type it: {hyphens}{typed['name']}{typed['value']}",
            )
        if command.name == TAIL and word in COMMANDS:
            raise UsageError(
                f"the command {word} must come first, and its options after it",
                hint=f"Usage: {PROGRAM} {word} [OPTIONS]",
            )


def _unknown_word(word: str) -> UsageError:
    """Return the error for a first word that is neither a command nor a channel."""
    commands = [command.name for command in NAMED]
    lines = [
        *_guess(word, [*commands, *_names(COMMANDS[TAIL])]),
        f"Commands: {', '.join(commands)}.",
        f"A channel is written {word}/telegram or {word}/*."
        if word.isdecimal()
        else "A channel is written 1229/telegram.",
        COMMANDS[TAIL].see,
    ]
    message = f"{word!r} is neither a command nor a channel"
    return UsageError(message, hint="\n".join(lines))


def _unparsable(error: Any, command: Command) -> UsageError:  # noqa: ANN401 (of Typer's own Click)
    """Return what Typer's parser complains of as an error of ours."""
    if type(error).__name__ != "NoSuchOption":  # Typer doesn't export it
        return UsageError(error.format_message().rstrip("."), hint=command.see)
    option, lines = error.option_name, [command.see]
    if option in _names(COMMANDS[TAIL]):
        return UsageError(f"{command.name} doesn't take {option}", hint=command.see)
    if meant := _MEANT.get(option):
        lines = [meant, *lines]
    elif owners := [name for name, one in COMMANDS.items() if option in _names(one)]:
        after = " or ".join(f"{PROGRAM} {name} {option}" for name in owners)
        lines = [f"It is an option of another command: {after}", *lines]
    else:
        lines = [*_guess(option, _names(command)), *lines]
    return UsageError(f"No such option: {option}", hint="\n".join(lines))


def _guess(word: str, known: Iterable[str]) -> list[str]:
    """Return a line with what was probably meant, or none."""
    near = get_close_matches(word, list(known), n=1)
    return [f"Did you mean {near[0]}?"] if near else []


def _names(command: Command) -> list[str]:
    return [name for option in command.options.values() for name in option.names]
