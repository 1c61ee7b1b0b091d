"""The scripts that make TAB work, one for each shell; generated, and shipped with the program."""

from enum import StrEnum
from pathlib import Path

import chatapp_tail


class Shell(StrEnum):
    """A shell that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# Named as each shell's own folder of completions wants them.
SCRIPTS = {
    Shell.BASH: "chatapp-tail.bash",
    Shell.ZSH: "_chatapp-tail",
    Shell.FISH: "chatapp-tail.fish",
}


def script(shell: Shell) -> str:
    """Return the shell's script: from the package once it is installed, else from beside it."""
    package = Path(chatapp_tail.__file__).parent
    installed = package / "completions"
    folder = installed if installed.is_dir() else package.parent / "completions"
    return (folder / SCRIPTS[shell]).read_text(encoding="utf-8")
