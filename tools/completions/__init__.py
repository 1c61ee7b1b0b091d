"""The scripts in ``completions/``: what TAB offers, for each shell."""

from collections.abc import Mapping
from pathlib import Path

from chatapp_tail.cli.commands import COMMANDS
from chatapp_tail.cli.completion import SCRIPTS, Shell
from tools.completions import bash, fish, zsh

_RENDERERS = {
    Shell.BASH: bash.script,
    Shell.ZSH: zsh.script,
    Shell.FISH: fish.script,
}


def completions() -> Mapping[Path, str]:
    """Return the scripts by their place in the project."""
    # The tail is the first: it is meant where there is no command word.
    known = tuple(COMMANDS.values())
    return {
        Path("completions", SCRIPTS[shell]): render(known) for shell, render in _RENDERERS.items()
    }
