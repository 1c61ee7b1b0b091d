"""The scripts in ``completions/``: what TAB offers, for each shell."""

from collections.abc import Mapping
from pathlib import Path

from chatapp_tail.cli.completion import SCRIPTS, Shell
from tools.completions import bash, fish, zsh
from tools.completions.model import commands

_RENDERERS = {
    Shell.BASH: bash.script,
    Shell.ZSH: zsh.script,
    Shell.FISH: fish.script,
}


def completions() -> Mapping[Path, str]:
    """Return the scripts by their place in the project."""
    known = commands()
    return {
        Path("completions", SCRIPTS[shell]): render(known) for shell, render in _RENDERERS.items()
    }
