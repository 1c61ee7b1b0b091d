"""The command lines in the pages are such that the program takes, with their values."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_tail.cli.commands import PROGRAM
from chatapp_tail.cli.parser import command_of, parse, read_arguments
from tests.docs.pages import TRANSLATED, blocks, text

_SHELLS = ("console", "sh")
# What ends a command: the next one's prompt, or words of these characters alone.
_PROMPT = "$"
_ENDS = ";|&<>\n"


def command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the words behind each ``chatapp-tail`` that begins a command.

    Of code within sentences only what has an option; the rest is mentioned, not to be typed.
    """
    code = [block.code.replace("\\\n", " ") for block in blocks(page) if block.language in _SHELLS]
    code += re.findall(rf"`({PROGRAM} [^`\[]* -[^`\[]*)`", text(page))
    for part in code:
        command: list[str] = []
        for word in [*words(part), "\n"]:
            if word != _PROMPT and word.strip(_ENDS):
                command.append(word)
                continue
            if command[:1] == [PROGRAM]:
                yield command[1:]
            command = []


def words(code: str) -> Iterator[str]:
    """Yield the words of a shell's code; those between commands are of ``_ENDS``."""
    lexer = shlex.shlex(code, posix=True, punctuation_chars=_ENDS)
    lexer.whitespace, lexer.whitespace_split = " \t", True
    yield from lexer


@pytest.mark.parametrize("page", TRANSLATED, ids=str)
def test_program_takes_each_command_line(page: Path) -> None:
    for line in command_lines(page):
        command, others = command_of(line)
        typed = parse(command, others)
        read_arguments(command, typed.words)
        for name, raw in typed.options.items():
            command.options[name].value(raw)


def test_command_lines_are_found_in_blocks_and_in_sentences() -> None:
    found = list(command_lines(Path("README.md")))
    assert ["1229/telegram", "-e", "message", "-w", "data.side=in"] in found
    assert ["--all", "-g", "invoice|счёт"] in found
    assert ["replay", "today.jsonl.gz", "--msg", "k3q9"] in found
