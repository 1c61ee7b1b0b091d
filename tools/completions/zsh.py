"""The script for zsh: a file for ``$fpath``, or to be read with ``eval`` after compinit."""

from collections.abc import Iterable, Sequence

from chatapp_tail.cli.commands import TAIL, Command
from chatapp_tail.cli.option import Argument, Option
from tools.completions.model import (
    Asked,
    Values,
    Words,
    description,
    placeholder,
    values,
    word_sets,
)

_HEAD = """\
#compdef chatapp-tail
# TAB in zsh for chatapp-tail. Written by "make generated"; don't edit.
#
# Only the names of channels and profiles are asked of the program; all the rest is here.
"""

_FUNCTIONS = r"""
# A command, or a channel, which needs none.
_chatapp-tail_first() {
    _alternative 'commands:command:_chatapp-tail_commands' 'specs:channel:_chatapp-tail_specs'
}

_chatapp-tail_specs() {
    _chatapp-tail_ask specs channel
}

_chatapp-tail_profiles() {
    _chatapp-tail_ask profiles profile
}

# Offers the names of a kind ($1, in words $2) that the program knows, and their descriptions.
_chatapp-tail_ask() {
    local name description
    local -a offers
    while IFS=$'\t' read -r name description; do
        name=${${name//\\/\\\\}//:/\\:}
        offers+=("$name${description:+:$description}")
    done < <(command chatapp-tail complete $1 "${typed[@]}" 2>/dev/null </dev/null)
    _describe -t $1 $2 offers
}

if [[ $funcstack[1] == _chatapp-tail ]]; then
    _chatapp-tail "$@"
elif (( $+functions[compdef] )); then # without compinit there is nothing to tell
    compdef _chatapp-tail chatapp-tail
fi
"""


def script(commands: Sequence[Command]) -> str:
    """Return the whole script."""
    listed = [(one.name, description(one)) for one in commands if one.name != TAIL]
    sets = word_sets(commands).values()
    described = [(one.by, one.words) for one in sets if _has_function(one)]
    parts = (
        _main(commands),
        *(_described(name, words) for name, words in (("commands", listed), *described)),
    )
    return _HEAD + "".join(f"\n{part}\n" for part in parts) + _FUNCTIONS


def _main(commands: Sequence[Command]) -> str:
    tail = next(command for command in commands if command.name == TAIL)
    cases = [_case(command) for command in commands if command is not tail]
    return "\n".join(
        (
            "_chatapp-tail() {",
            '    local -a typed=("${(@Q)words[2,CURRENT-1]}") tail=(',
            *(f"        {_option(option)}" for option in tail.options.values()),
            "    )",
            "    if (( CURRENT == 2 )); then",
            "        _arguments -s -S \"$tail[@]\" ': :_chatapp-tail_first'",
            "        return",
            "    fi",
            "    case $words[2] in",
            *cases,
            "        *)",
            "            _arguments -s -S \"$tail[@]\" '*: :_chatapp-tail_specs'",
            "            ;;",
            "    esac",
            "}",
        )
    )


def _case(command: Command) -> str:
    options, arguments = command.options.values(), command.arguments
    takes = [*map(_option, options), "': :'", *map(_argument, arguments)]  # after the command word
    lines = " \\\n".join(f"                {one}" for one in takes)
    return f"        {command.name})\n            _arguments -s -S \\\n{lines}\n            ;;"


def _option(option: Option) -> str:
    """Return an option as _arguments wants it: ``'(-f --format)'{-f+,--format=}'[HELP]:F:…'``."""
    names = [_with_value(name) for name in option.names] if option.metavar else option.names
    value = f":{_escaped(placeholder(option))}:{_action(values(option))}" if option.metavar else ""
    told = f"[{_escaped(description(option))}]{value}"
    before = "" if len(names) == 1 else f"({' '.join(option.names)})"
    if option.repeats or option.is_count:
        before = "*"
    if len(names) == 1:
        return _quoted(f"{before}{names[0]}{told}")
    return f"{_quoted(before)}{{{','.join(names)}}}{_quoted(told)}"


def _with_value(name: str) -> str:
    return f"{name}=" if name.startswith("--") else f"{name}+"


def _argument(argument: Argument) -> str:
    place = "*" if argument.repeats else ""
    return _quoted(f"{place}:{_escaped(placeholder(argument))}:{_action(values(argument))}")


def _action(allowed: Values) -> str:
    match allowed:
        case Words(by=by, words=words):
            if _has_function(allowed):
                return f"_chatapp-tail_{by}"
            return f"({' '.join(word for word, _ in words)})"
        case Asked(kind):
            return f"_chatapp-tail_{kind}"
        case None:
            return " "
        case _:
            return "_files"


def _described(name: str, words: Iterable[tuple[str, str]]) -> str:
    """Return the function that offers words; what stands before a comma is done already."""
    lines = (
        _quoted(f"{word}:{_colons(description)}" if description else word)
        for word, description in words
    )
    return "\n".join(
        (
            f"_chatapp-tail_{name}() {{",
            "    local -a offers=(",
            *(f"        {line}" for line in lines),
            "    )",
            "    compset -P '*,'",
            f"    _describe -t {name} {name.removesuffix('s')} offers",
            "}",
        )
    )


def _has_function(words: Words) -> bool:
    return words.by in {"events", "messengers"}


def _colons(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _escaped(text: str) -> str:
    return _colons(text).replace("[", "\\[").replace("]", "\\]")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
