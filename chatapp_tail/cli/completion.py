"""TAB: the scripts for each shell, and the names that they ask the program for.

The scripts in ``completions/`` are generated. ``chatapp-tail complete specs|profiles WORD…`` gives
them what only this machine knows, a name a line, with a tab and a description where there is one;
the WORDs are the line so far. It needs no network and loads nothing heavy, not even Typer.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

import chatapp_tail
from chatapp_tail.account.config import (
    CONFIG_FILE,
    DEFAULT_PROFILE,
    cache_folder,
    config_folder,
    load_profile,
)
from chatapp_tail.errors import ChatAppTailError

# A name and its description.
_Offer = tuple[str, str]


class Shell(StrEnum):
    """A shell that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# Named as each shell's own folder of completions wants them.
SCRIPTS: Final[Mapping[Shell, str]] = MappingProxyType(
    {
        Shell.BASH: "chatapp-tail.bash",
        Shell.ZSH: "_chatapp-tail",
        Shell.FISH: "chatapp-tail.fish",
    }
)


def script(shell: Shell) -> str:
    """Return the shell's script: from the package once it is installed, else from beside it."""
    package = Path(chatapp_tail.__file__).parent
    installed = package / "completions"
    folder = installed if installed.is_dir() else package.parent / "completions"
    return (folder / SCRIPTS[shell]).read_text(encoding="utf-8")


def complete(arguments: Sequence[str], environment: Mapping[str, str], stdout: BinaryIO) -> None:
    """Write what completes a line; nothing if anything is wrong: a shell shows no errors here.

    A name that isn't printable is left out: a line break in it would make two of it.
    """
    with suppress(ChatAppTailError, OSError):
        offers: Iterable[_Offer]
        match arguments:
            case ["specs", *words]:
                offers = _specs(words, environment)
            case ["profiles", *words]:
                offers = _profiles(words, environment)
            case _:
                offers = ()
        stdout.writelines(_line(*offer) for offer in offers if offer[0].isprintable())
        stdout.flush()


def _specs(words: Sequence[str], environment: Mapping[str, str]) -> Iterable[_Offer]:
    """Return the last channel listing of the profile that the line names."""
    from chatapp_tail.account.cache import Cache  # noqa: PLC0415 (loads orjson)

    named = _given(words, "--profile", "-p") or environment.get("CHATAPP_TAIL_PROFILE")
    return Cache(cache_folder(environment), named or DEFAULT_PROFILE, None).channels()


def _profiles(words: Sequence[str], environment: Mapping[str, str]) -> Iterable[_Offer]:
    """Return the profiles in the configuration file that the line names."""
    named = _given(words, "--config") or environment.get("CHATAPP_TAIL_CONFIG")
    path = Path(named) if named else config_folder(environment) / CONFIG_FILE
    profile = load_profile(path, DEFAULT_PROFILE, is_required=False)
    return ((name, "") for name in profile.known_profiles if name)


def _given(words: Sequence[str], *options: str) -> str:
    """Return the last value that a line gives to an option; nothing if there is none."""
    found = ""
    for word, following in pairwise([*words, ""]):
        name, _, value = word.partition("=")
        if word in options:
            found = following
        elif name in options:
            found = value
        elif word.startswith("-p") and "-p" in options:
            found = word.removeprefix("-p")
    return found


def _line(name: str, description: str) -> bytes:
    shown = "".join(one if one.isprintable() else " " for one in description).strip()
    return (f"{name}\t{shown}\n" if shown else f"{name}\n").encode()
