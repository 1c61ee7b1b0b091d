"""A command line that can't be understood: what is wrong with it, what was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from chatapp_tail.cli.commands import shown_name
from chatapp_tail.cli.help import page_of
from chatapp_tail.cli.page import PROGRAM, Page, root_page
from chatapp_tail.errors import UsageError

# What is typed for one of two options that are written alike.
_MEANT = {"--message": "One message is --msg, a messenger's type --messenger."}
_SEE = f"See: {PROGRAM} --help"


def unknown_word(word: str, root: Any) -> UsageError:  # noqa: ANN401 (Typer's own Click)
    """Return the error for a first word that is neither a command nor a channel."""
    page = root_page(root)
    commands = [one.name for one in page.commands]
    lines = [
        *_guess(word, [*commands, *_options(page)]),
        f"Commands: {', '.join(commands)}.",
        f"A channel is written {word}/telegram or {word}/*."
        if word.isdecimal()
        else "A channel is written 1229/telegram.",
        _SEE,
    ]
    message = f"{word!r} is neither a command nor a channel"
    return UsageError(message, hint="\n".join(lines))


def explained(error: Any) -> UsageError:  # noqa: ANN401
    """Return what Click complains of as an error of ours."""
    kind = type(error).__name__  # Typer exports few of Click's
    is_of_value = kind == "BadParameter" and error.param is not None
    said = (error.message if is_of_value else error.format_message()).rstrip(".")
    if is_of_value:
        said = f"{shown_name(error.param)}: {said}"
    if error.ctx is None:
        return UsageError(said, hint=_SEE)
    page, root = page_of(error.ctx), root_page(error.ctx.find_root().command)
    see = _SEE if page.name == PROGRAM else f"See: {PROGRAM} {page.name} --help"
    if kind == "NoSuchOption":
        return _no_such_option(error.option_name, page, root, see)
    if kind in ("MissingParameter", "UsageError"):
        see = f"Usage: {page.usages[0]}\n{see}"
    return UsageError(said, hint=see)


def _no_such_option(option: str, page: Page, root: Page, see: str) -> UsageError:
    """Return the error for an option that isn't this page's: another's, or nobody's."""
    if meant := _MEANT.get(option):
        return UsageError(f"No such option: {option}", hint=f"{meant}\n{see}")
    if option in _options(root):
        return UsageError(f"{page.name} doesn't take {option}", hint=see)
    if owners := [one.name for one in root.commands if option in _options(one)]:
        after = " or ".join(f"{PROGRAM} {name} {option}" for name in owners)
        lines = [f"It goes after a command's word: {after}", see]
    else:
        lines = [*_guess(option, _options(page)), see]
    return UsageError(f"No such option: {option}", hint="\n".join(lines))


def _guess(word: str, known: Iterable[str]) -> list[str]:
    """Return a line with what was probably meant, or none."""
    near = get_close_matches(word, list(known), n=1)
    return [f"Did you mean {near[0]}?"] if near else []


def _options(page: Page) -> list[str]:
    options = [option for panel in page.panels for option in panel.options]
    return [name for option in options for name in (option.short, option.long) if name]
