"""The script for PowerShell, from Windows PowerShell 5.1 on.

What it holds are tables: lines of fields with tabs between them. A line that is offered begins
with the name, and its description follows; the program answers in the same form.
"""

from collections.abc import Iterable, Sequence

from tools.completions.model import (
    TAIL,
    Asked,
    Command,
    Option,
    Values,
    Words,
    flag_letters,
    takers,
    word_sets,
)

_HEAD = """\
# TAB in PowerShell for chatapp-tail. Written by "make generated"; don't edit.
#
# Only the names of channels and profiles are asked of the program; all the rest is here.

Register-ArgumentCompleter -Native -CommandName 'chatapp-tail', 'chatapp-tail.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
"""

_REST = r"""
    # The words before the one at the cursor, without the program's name.
    $line = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_.Value -is [string]) { $_.Value } else { $_.Extent.Text } })

    # What each option takes; a flag isn't in it.
    $takes = [Collections.Hashtable]::new([StringComparer]::Ordinal)
    foreach ($row in $options) {
        $null, $names, $value, $null = $row -split "`t"
        if ($value) { foreach ($name in $names -split ' ') { $takes[$name] = $value } }
    }

    # The command of the line, which is tail without one, and how many arguments it has so far.
    $command = ''; $place = 0; $value = ''
    foreach ($word in $line) {
        if ($value) { $value = '' }
        elseif ($word -cmatch $clusters) { $value = $takes['-' + $Matches[1]] }
        elseif ($word -like '-?*') { $value = $takes[$word] }
        elseif ($command) { $place++ }
        elseif ($words['commands'] -replace "`t.*" -ccontains $word) { $command = $word }
        else { $command = 'tail'; $place = 1 }
    }

    $typed = $wordToComplete.Trim("'", '"'); $before = ''; $offers = @()
    if (-not $value -and $typed -match '^(--[a-z-]+=)(.*)$') {
        $before = $Matches[1]; $typed = $Matches[2]; $value = $takes[$before.TrimEnd('=')]
    }
    elseif (-not $value -and $typed -like '-*') {
        $named = if ($command) { $command } else { 'tail' }
        $offers = foreach ($row in $options) {
            $having, $names, $null, $help = $row -split "`t"
            if ($having -split ' ' -ccontains $named) {
                foreach ($name in $names -split ' ') { "$name`t$help" }
            }
        }
    }
    elseif (-not $value -and -not $command) { $offers = $words['commands']; $value = 'specs' }
    elseif (-not $value) {
        $value = $arguments["${command}:$place"], $arguments["${command}:*"] -ne $null |
            Select-Object -First 1
    }

    if ($value -in 'specs', 'profiles') {
        try {
            $encoding = [Console]::OutputEncoding
            [Console]::OutputEncoding = [Text.UTF8Encoding]::new($false)
            try { $offers = @($offers) + @(& chatapp-tail complete $value @line 2>$null) }
            finally { [Console]::OutputEncoding = $encoding }
        }
        catch { }
    }
    elseif ($value) { $offers = $words[$value] }

    # A name with anything in it that means more than itself goes into quotes.
    foreach ($offer in $offers) {
        $name, $help = $offer -split "`t", 2
        if (-not $name -or -not $name.StartsWith($typed, [StringComparison]::Ordinal)) { continue }
        $text = $before + $name
        if ($text -notmatch '^[A-Za-z0-9_./=-]+$') {
            $text = $text -replace "['\u2018-\u201b]", '$0$0'
            $text = "'$text'"
        }
        if (-not $help) { $help = $name }
        [Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $help)
    }
}
"""


def script(commands: Sequence[Command]) -> str:
    """Return the whole script."""
    listed = tuple((one.name, one.help) for one in commands if one.name != TAIL)
    sets = (Words("commands", listed), *word_sets(commands).values())
    options = (_row(option, names) for option, names in takers(commands).items())
    parts = (
        ("What is offered, by the set's name.", "    $words = @{}"),
        *(("", _lines(f"$words['{one.by}']", map(_offer, one.words))) for one in sets),
        (
            "The options: the commands that have them, their names, what they take, their help.",
            _lines("$options", options),
        ),
        ("What may stand at COMMAND:PLACE, counted from 0.", _arguments(commands)),
        (
            "Short options in one word, of which the last may take a value.",
            f"    $clusters = '^-[{flag_letters(commands)}]*([^-])$'",
        ),
    )
    told = ((f"    # {comment}\n" if comment else "") + code for comment, code in parts)
    return _HEAD + "".join(f"\n{part}\n" for part in told) + _REST


def _lines(variable: str, lines: Iterable[str]) -> str:
    """Return an assignment of lines as they are; the end of such a text must begin its line."""
    text = "\n".join(lines)
    return f"    {variable} = @'\n{text}\n'@ -split '\\r?\\n'"


def _offer(word: tuple[str, str]) -> str:
    return "\t".join(word).rstrip("\t")


def _row(option: Option, commands: Iterable[str]) -> str:
    takes = _takes(option.values) if option.placeholder else ""
    return "\t".join((" ".join(commands), " ".join(option.names), takes, option.help))


def _takes(values: Values) -> str:
    match values:
        case Words(by=by):
            return by
        case Asked(kind):
            return kind
        case None:
            return "anything"
        case _:
            return "files"


def _arguments(commands: Iterable[Command]) -> str:
    lines = (
        f"        '{command.name}:{'*' if one.repeats else number}' = '{_takes(one.values)}'"
        for command in commands
        for number, one in enumerate(command.arguments)
    )
    return "\n".join(("    $arguments = @{", *lines, "    }"))
