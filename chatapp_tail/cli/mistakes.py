"""A command line that can't be understood: what is wrong with it, what was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from chatapp_tail.cli.commands import COMMANDS, PROGRAM, TAIL, Command
from chatapp_tail.errors import UsageError

# What is typed for one of two options that are written alike.
_MEANT = {"--message": "One message is --msg, a messenger's type --messenger."}


def unknown_word(word: str) -> UsageError:
    """Return the error for a first word that is neither a command nor a channel."""
    commands = [name for name in COMMANDS if name != TAIL]
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


def unparsable(error: Any, command: Command) -> UsageError:  # noqa: ANN401 (of Typer's own Click)
    """Return what Typer's parser complains of as an error of ours."""
    said = error.format_message().rstrip(".")
    if type(error).__name__ != "NoSuchOption":  # Typer doesn't export it
        return UsageError(said, hint=command.see)
    option = error.option_name
    if meant := _MEANT.get(option):
        return UsageError(said, hint=f"{meant}\n{command.see}")
    if option in _names(COMMANDS[TAIL]):
        return UsageError(f"{command.name} doesn't take {option}", hint=command.see)
    if owners := [name for name, one in COMMANDS.items() if option in _names(one)]:
        after = " or ".join(f"{PROGRAM} {name} {option}" for name in owners)
        lines = [f"It goes after a command's word: {after}", command.see]
    else:
        lines = [*_guess(option, _names(command)), command.see]
    return UsageError(f"No such option: {option}", hint="\n".join(lines))


def _guess(word: str, known: Iterable[str]) -> list[str]:
    """Return a line with what was probably meant, or none."""
    near = get_close_matches(word, list(known), n=1)
    return [f"Did you mean {near[0]}?"] if near else []


def _names(command: Command) -> list[str]:
    return [name for option in command.options.values() for name in option.names]
