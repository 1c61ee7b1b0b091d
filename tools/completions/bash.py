"""The script for bash, from 3.2 on (where it offers no files); bash-completion isn't needed."""

from collections.abc import Iterable, Sequence

from chatapp_tail.cli.commands import TAIL, Command
from chatapp_tail.cli.option import Argument
from tools.completions.model import (
    Asked,
    Values,
    Words,
    flag_letters,
    spelled,
    values,
)

_HEAD = """\
# TAB in bash for chatapp-tail. Written by "make generated"; don't edit.
#
# Only the names of channels and profiles are asked of the program; all the rest is here.
# In these functions $value is what a word may be: words, files, specs, profiles, or anything.
"""

_FUNCTIONS = r"""
_chatapp_tail() {
    local typed=() word i
    _chatapp_tail_split
    local last=$((${#typed[@]} - 1))
    local current=${typed[last]} before= rest=${typed[last]}
    local value= words= separator= command= place=0 only_arguments=
    if [[ " $_chatapp_tail_commands " == *" ${typed[1]} "* && $last -gt 1 ]]; then
        command=${typed[1]}
    elif [[ $last -gt 1 ]]; then
        command=tail
    fi
    for ((i = 1; i < last; i++)); do
        word=${typed[i]}
        if [[ $value ]]; then
            value=
        elif [[ $word == -- ]]; then
            only_arguments=yes
        elif [[ ! $only_arguments && $word == -?* ]]; then
            _chatapp_tail_option "$word"
        elif [[ $i -gt 1 || $command == tail ]]; then
            place=$((place + 1))
        fi
    done
    if [[ ! $value && ! $only_arguments && $current == --*=* ]]; then
        _chatapp_tail_option "${current%%=*}"
        before=${current%%=*}= rest=${current#*=}
    elif [[ ! $value && ! $only_arguments && $current == -* ]]; then
        _chatapp_tail_options "${command:-tail}"
    elif [[ ! $value && ! $command ]]; then
        value=specs words=$_chatapp_tail_commands
    elif [[ ! $value ]]; then
        _chatapp_tail_argument "$command:$place"
    fi
    COMPREPLY=()
    _chatapp_tail_offer "${current%"$2"}"
}

# Sets $typed to the words up to the cursor. Readline cuts them at characters like = and @, too.
_chatapp_tail_split() {
    local line=${COMP_LINE:0:COMP_POINT} piece gap
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD + 1}"; do
        gap=${line%%[![:space:]]*}
        line=${line#"$gap"}
        piece=${line:0:${#piece}}
        line=${line:${#piece}}
        if [[ $gap || ${#typed[@]} -eq 0 ]]; then
            typed+=("$piece")
        else
            typed[${#typed[@]} - 1]+=$piece
        fi
    done
}

# Offers what $value allows, without $1, the beginning of the word that readline leaves alone.
_chatapp_tail_offer() {
    local quote= name
    if [[ $rest == [\"\']* ]]; then
        quote=${rest:0:1} rest=${rest:1}
    fi
    if [[ $separator && $rest == *$separator* ]]; then
        before+=${rest%"$separator"*}$separator rest=${rest##*"$separator"}
    fi
    before=$quote$before
    for name in $words; do
        _chatapp_tail_add "$1" "$name"
    done
    case $value in
        files) compopt -o default 2>/dev/null ;;
        specs | profiles)
            while IFS=$'\t' read -r name _; do
                _chatapp_tail_add "$1" "$name"
            done <<<"$(_chatapp_tail_ask "$value")"
            ;;
    esac
}

# Says the names that the program knows; quotes in the line so far don't belong to its words.
_chatapp_tail_ask() {
    command chatapp-tail complete "$1" "${typed[@]//[\"\'\\]/}" 2>/dev/null </dev/null
}

# Offers the name $2, quoted so that no shell finds anything to run in it.
_chatapp_tail_add() {
    local quoted
    printf -v quoted %q "$2"
    if [[ ! $2 || ($quote && $quoted != "$2") ]]; then
        return
    fi
    if [[ $2 == "$rest"* || $quoted == "$rest"* ]]; then
        quoted=$before$quoted
        COMPREPLY+=("${quoted#"$1"}")
    fi
}

complete -F _chatapp_tail chatapp-tail
"""


def script(commands: Sequence[Command]) -> str:
    """Return the whole script."""
    named = " ".join(command.name for command in commands if command.name != TAIL)
    parts = (
        f"_chatapp_tail_commands='{named}'",
        _options(commands),
        _option(commands),
        _argument(commands),
    )
    return _HEAD + "".join(f"\n{part}\n" for part in parts) + _FUNCTIONS


def _options(commands: Iterable[Command]) -> str:
    cases = (f"{command.name}) words='{' '.join(_names(command))}' ;;" for command in commands)
    return _function(
        "_chatapp_tail_options", "Sets $words to the options of the command $1.", cases
    )


def _names(command: Command) -> list[str]:
    return [name for option in command.options.values() for name in option.names]


def _option(commands: Iterable[Command]) -> str:
    setting: dict[str, list[str]] = {}
    for name, option in spelled(commands).items():
        if option.metavar:
            setting.setdefault(_set(values(option), is_list=option.is_comma_list), []).append(name)
    cases = [f"{' | '.join(names)}) {what} ;;" for what, names in setting.items()]
    return _function(
        "_chatapp_tail_option",
        "Sets $value to what the option $1 takes, to nothing for a flag.",
        cases,
        before=(
            "local name=$1",
            f"[[ $name =~ ^-[{flag_letters(commands)}]*(.)$ ]] && name=-${{BASH_REMATCH[1]}}",
            "value= words= separator=",
        ),
        subject="$name",
    )


def _argument(commands: Iterable[Command]) -> str:
    cases = (
        f"{command.name}:{_place(number, argument)}) {_set(values(argument))} ;;"
        for command in commands
        for number, argument in enumerate(command.arguments)
    )
    return _function(
        "_chatapp_tail_argument",
        "Sets $value to what may stand at COMMAND:PLACE, which is counted from 0.",
        cases,
    )


def _place(number: int, argument: Argument) -> str:
    return "*" if argument.repeats else str(number)


def _set(allowed: Values, *, is_list: bool = False) -> str:
    match allowed:
        case Words(words=words):
            comma = " separator=," if is_list else ""
            return f"value=words words='{' '.join(word for word, _ in words)}'{comma}"
        case Asked(kind):
            return f"value={kind}"
        case None:
            return "value=anything"
        case _:
            return "value=files"


def _function(
    name: str,
    comment: str,
    cases: Iterable[str],
    *,
    before: Iterable[str] = (),
    subject: str = "$1",
) -> str:
    lines = [*before, f"case {subject} in", *(f"    {case}" for case in cases), "esac"]
    body = "\n".join(f"    {line}" for line in lines)
    return f"# {comment}\n{name}() {{\n{body}\n}}"
