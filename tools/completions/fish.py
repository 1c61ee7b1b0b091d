"""The script for fish, from 3.2 on."""

from collections.abc import Iterable, Iterator, Sequence

from chatapp_tail.cli.commands import TAIL, Command
from chatapp_tail.cli.option import Argument, Option
from tools.completions.model import (
    Asked,
    Values,
    Words,
    description,
    spelled,
    takers,
    values,
    word_sets,
)

_HEAD = """\
# TAB in fish for chatapp-tail. Written by "make generated"; don't edit.
#
# Only the names of channels and profiles are asked of the program; all the rest is here.
"""

_FUNCTIONS = r"""
# Says the command of the line, which is tail without one, and how many arguments it has so far;
# "- 0" for the first word. The empty word stands for the one at the cursor.
function __chatapp_tail_place
    set -l line (commandline -opc) ''
    set -e line[1]
    set -l command tail
    if test (count $line) -eq 1
        set command -
    else if contains -- $line[1] $__chatapp_tail_commands
        set command $line[1]
        set -e line[1]
    end
    argparse --ignore-unknown $__chatapp_tail_options -- $line 2>/dev/null
    echo $command (math (count $argv) - 1)
end

# Whether the line's command is one of these; no command yet is tail.
function __chatapp_tail_has
    set -l place (__chatapp_tail_place | string split ' ' | string replace -- - tail)
    contains -- $place[1] $argv
end

# Whether this is the place for argument $argv[2] of the command $argv[1]; from 0, * is any.
function __chatapp_tail_at
    set -l place (__chatapp_tail_place | string split ' ')
    test "$place[1]" = $argv[1]
    and string match -q -- $argv[2] "$place[2]"
end

# Offers the words of a list, behind those that stand before the last comma.
function __chatapp_tail_list
    set -l before (commandline -ct | string replace -r -- '^--[a-z-]+=' '' | string match -r '^.*,')
    printf '%s\n' "$before"$argv
end

# Offers the names that the program knows, and their descriptions.
function __chatapp_tail_ask
    set -l line (commandline -opc)
    command chatapp-tail complete $argv[1] $line[2..-1] 2>/dev/null </dev/null
end
"""

_COMPLETE = "complete -c chatapp-tail"


def script(commands: Sequence[Command]) -> str:
    """Return the whole script."""
    parts = (
        "\n".join(_tables(commands)),
        "\n".join((f"{_COMPLETE} -f", *_first(commands))),
        "\n".join(_arguments(commands)),
        "\n".join(_option(option, names) for option, names in takers(commands).items()),
    )
    return _HEAD + _FUNCTIONS + "".join(f"\n{part}\n" for part in parts)


def _tables(commands: Sequence[Command]) -> Iterator[str]:
    named = (command.name for command in commands if command.name != TAIL)
    yield f"set -g __chatapp_tail_commands {' '.join(named)}"
    options = dict.fromkeys(
        "/".join(name.lstrip("-") for name in option.names) + ("=+" if option.metavar else "")
        for option in spelled(commands).values()
    )
    yield f"set -g __chatapp_tail_options {' '.join(options)}"
    for words in word_sets(commands).values():
        lines = " ".join(_quoted(_line(*word)) for word in words.words)
        yield f"set -g __chatapp_tail_{words.by} {lines}"


def _line(word: str, meaning: str) -> str:
    return f"{word}\t{meaning}" if meaning else word


def _first(commands: Iterable[Command]) -> Iterator[str]:
    condition = "-n '__chatapp_tail_at - 0'"
    yield f"{_COMPLETE} {condition} -a '(__chatapp_tail_ask specs)' -d Channel"
    for command in commands:
        if command.name != TAIL:
            yield f"{_COMPLETE} {condition} -a {command.name} -d {_quoted(description(command))}"


def _arguments(commands: Iterable[Command]) -> Iterator[str]:
    for command in commands:
        for number, argument in enumerate(command.arguments):
            place = _place(number, argument)
            what = _values(values(argument), is_list=False)
            yield f"{_COMPLETE} -n '__chatapp_tail_at {command.name} {place}' {what}"


def _place(number: int, argument: Argument) -> str:
    return "\\*" if argument.repeats else str(number)


def _option(option: Option, commands: Iterable[str]) -> str:
    names = " ".join(
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    )
    what = f" -r {_values(values(option), is_list=option.is_comma_list)}" if option.metavar else ""
    condition = f"-n '__chatapp_tail_has {' '.join(commands)}'"
    return f"{_COMPLETE} {condition} {names}{what} -d {_quoted(description(option))}"


def _values(allowed: Values, *, is_list: bool) -> str:
    match allowed:
        case Words(by=by):
            list_ = f"(__chatapp_tail_list $__chatapp_tail_{by})" if is_list else ""
            return f"-f -a '{list_ or f'$__chatapp_tail_{by}'}'"
        case Asked(kind):
            return f"-f -a '(__chatapp_tail_ask {kind})'"
        case None:
            return "-f"
        case _:
            return "-F"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
