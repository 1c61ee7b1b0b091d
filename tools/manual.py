"""The manual page ``chatapp-tail(1)``, in the man macros of roff.

Source: groff_man(7). It has no date: the same version gives the same page on every day.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import chatapp_tail
from chatapp_tail.account.config import CONFIG_FILE
from chatapp_tail.cli.commands import COMMANDS, NAMED, PROGRAM, TAIL, Command, Example
from chatapp_tail.cli.help import command_lines
from chatapp_tail.cli.option import Argument, Option
from chatapp_tail.errors import ExitCode
from tools.reference import own_and_shared

MANUAL = Path("man/chatapp-tail.1")
_WIDTH = 78
# Of the lines in the file; escapes make them longer.
_SOURCE_WIDTH = 66
_ESCAPES = str.maketrans(
    {
        "\\": r"\e",
        "-": r"\-",
        "'": r"\(aq",
        "`": r"\(ga",
        "^": r"\(ha",
        "~": r"\(ti",
        '"': r"\(dq",
    }
)
# Variables of others that count, too.
_VARIABLES = {
    "NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM": "Whether to colour, in this order.",
    "COLUMNS": "How wide a help or a table is, in place of the terminal's own width.",
    "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY": "Proxies for the API and the websocket.",
    "SSL_CERT_FILE, REQUESTS_CA_BUNDLE": "A PEM file with the certificates of a private CA.",
    "XDG_CONFIG_HOME, XDG_CACHE_HOME": "Folders in place of ~/.config and ~/.cache.",
    "TMPDIR": "Where events wait past --buffer while stdout isn't read.",
}
_FILES = {
    f"~/.config/{PROGRAM}/{CONFIG_FILE}": "Options by their long names, in profiles: tables "
    "[profile.NAME]; also token-file, email and app-id.",
    f"~/.config/{PROGRAM}/credentials.json": f"Stored logins, mode 0600; {PROGRAM} login and "
    "logout write it.",
    f"~/.cache/{PROGRAM}/": "Names of channels and employees, which can be asked for again.",
}


def manual() -> Mapping[Path, str]:
    """Return the page."""
    return {MANUAL: "\n".join(_lines(COMMANDS[TAIL])) + "\n"}


def _lines(tail: Command) -> Iterator[str]:
    yield '.\\" Made by "make generated"; what it says is in chatapp_tail/cli.'
    yield f'.TH CHATAPP\\-TAIL 1 "" "{PROGRAM} {chatapp_tail.__version__}" "User Commands"'
    yield from (".nh", ".ad l")  # neither hyphens nor spaces that aren't in what is to be typed
    yield from (".SH NAME", f"{_text(PROGRAM)} \\- {_text(_gist())}")
    yield ".SH SYNOPSIS"
    yield from _synopsis(tail.usages)
    yield from (".SH DESCRIPTION", *_filled(tail.summary))
    yield from _paragraphs(tail.notes)
    yield from _arguments(tail.arguments)
    yield ".SH EXAMPLES"
    yield from _examples(COMMANDS[TAIL].examples)
    yield ".SH OPTIONS"
    for title, options in tail.panels.items():
        yield f'.SS "{_text(title)}"'
        yield from _options(options)
    yield ".SH COMMANDS"
    for command in NAMED:
        yield from _command(command)
    yield ".SH EXIT STATUS"
    yield from _list((str(int(one)), one.meaning) for one in ExitCode)
    yield ".SH ENVIRONMENT"
    yield from _list(_variables())
    yield from _list(_VARIABLES.items())
    yield ".SH FILES"
    yield from _list(_FILES.items())
    yield from (".SH SEE ALSO", ".BR jq (1),", ".BR curl (1)")


def _command(command: Command) -> Iterator[str]:
    yield f'.SS "{_text(command.name)}"'
    yield from _synopsis(command.usages)
    yield from (".PP", *_filled(command.summary))
    yield from _paragraphs(command.notes)
    yield from _arguments(command.arguments)
    own, shared = own_and_shared(command)
    yield from _options(own)
    also = ", ".join(one.long for one in shared)
    yield from (".PP", *_filled(f"It also takes {also}, as above."), ".PP")
    yield from _examples(command.examples)


def _variables() -> Iterator[tuple[str, str]]:
    """Yield the environment variables, each with the options that it stands for."""
    found: dict[str, dict[str, None]] = {}
    for command in COMMANDS.values():
        for option in chain(*command.panels.values()):
            for variable in option.variables:
                found.setdefault(variable, {})[option.long] = None
    for name, stands_for in found.items():
        yield name, f"The same as {' and '.join(stands_for)}."


def _synopsis(usages: Iterable[str]) -> Iterator[str]:
    for number, usage in enumerate(usages):
        first, _, rest = usage.partition(" ")
        if number:
            yield ".br"
        yield f"\\fB{_text(first)}\\fR {_text(rest)}"


def _arguments(arguments: Iterable[Argument]) -> Iterator[str]:
    for argument in arguments:
        yield from (".TP", f"\\fI{_text(argument.metavar)}\\fR", *_filled(argument.help))


def _options(listed: Iterable[Option]) -> Iterator[str]:
    for option in listed:
        names = [f"\\fB{_text(name)}\\fR" for name in option.names]
        value = f" \\fI{_text(option.metavar)}\\fR" if option.metavar else ""
        yield from (".TP", f"{', '.join(names)}{value}", *_filled(option.help))
        if option.shown_default:
            yield f"Default: {_text(option.shown_default)}."
        if option.variables:
            yield f"Environment: {_text(', '.join(option.variables))}."


def _examples(examples: Iterable[Example]) -> Iterator[str]:
    for number, (wish, command) in enumerate(examples):
        if number:
            yield ".PP"
        yield from (f"{_text(wish)}:", ".PP", ".RS 4", ".nf")
        yield from (_text(line.strip()) for line in command_lines(command, _WIDTH))
        yield from (".fi", ".RE")


def _list(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, meaning in entries:
        yield from (".TP", f"\\fB{_text(name)}\\fR", *_filled(meaning))


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (".PP", *_filled(text))


def _filled(text: str) -> list[str]:
    """Return lines of roff; it fills them anew."""
    lines = textwrap.wrap(text, _SOURCE_WIDTH, break_long_words=False, break_on_hyphens=False)
    return [_text(line) for line in lines]


def _text(text: str) -> str:
    """Return text that roff takes as nothing else: no escapes, and no request at its beginning."""
    escaped = text.translate(_ESCAPES)
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


def _gist() -> str:
    """Return what the package says of itself, as a NAME section has it."""
    gist = (chatapp_tail.__doc__ or "").rstrip(".")
    return gist[:1].lower() + gist[1:]
