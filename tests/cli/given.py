"""Options as a command gets them, from words, variables and a configuration file."""

from collections.abc import Mapping

from chatapp_tail.cli.commands import COMMANDS
from chatapp_tail.cli.options import ShowOptions, TailOptions
from chatapp_tail.cli.parser import parse
from chatapp_tail.cli.precedence import Chosen, settle

# No file of the developer's.
NOWHERE = {"XDG_CONFIG_HOME": "/nowhere"}


def settled(command: str, *words: str, environment: Mapping[str, str] | None = None) -> Chosen:
    """Return the values of a command's options. Raises ``UsageError``."""
    known = COMMANDS[command]
    line = parse(known, words)
    return settle(
        known.options, line.options, NOWHERE | dict(environment or {}), has_specs=bool(line.words)
    )


def tail(*words: str, environment: Mapping[str, str] | None = None) -> TailOptions:
    """Return the options of the tail. Raises ``UsageError``."""
    return TailOptions.gather(settled("tail", *words, environment=environment).values)


def show(*words: str, command: str = "demo") -> ShowOptions:
    """Return what a command shows. Raises ``UsageError``."""
    return ShowOptions.gather(settled(command, *words).values)
