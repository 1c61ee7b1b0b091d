"""The READMEs fit the program, and each other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_tail import __version__
from chatapp_tail.cli.app import main
from tests.docs.pages import Block, blocks, links, text

ENGLISH, RUSSIAN = Path("README.md"), Path("README.ru.md")
COMMANDS = ("channels", "doctor", "login", "logout", "demo", "replay", "serve", "trigger", "events")
# Options of other programs that the text explains.
OTHERS = {"--unbuffered", "--batch-size"}

_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][a-z-]*")


def commands(page: Path) -> Iterator[str]:
    """Yield every ``chatapp-tail …`` of the page's code, up to a pipe or a comment."""
    code = [block.code.replace("\\\n", " ") for block in blocks(page)]
    code += re.findall(r"`(chatapp-tail [^`]*)`", text(page))
    for part in code:
        yield from re.findall(r"chatapp-tail [^|#;\n]*", part)


def without_words(block: Block) -> list[str]:
    """Return a block's lines without comments, which each language has in its own words."""
    lines = [re.sub(r" +#.*", "", line) for line in block.code.splitlines()]
    if block.language == "":  # a map: file names, and what is in them
        return [line.split("  ")[0] for line in lines]
    return [re.sub(r'"…": "[^"]*"', "", line) for line in lines]


def shape(page: Path) -> list[str]:
    """Return what both languages have alike: levels of headings, tables, lists, blocks."""
    return re.findall(r"^(#+ |\||- |\d\. |```\w*|!\[|<!-- .* -->)", text(page), re.MULTILINE)


def test_options_in_the_readme_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], *([command] for command in COMMANDS)):
        assert main([*arguments, "--help"]) == 0
    known = set(_OPTION.findall(capsys.readouterr().out))
    used = {option for command in commands(ENGLISH) for option in _OPTION.findall(command)}
    named = {match[1] for match in re.finditer(r"`(--?[a-zA-Z][a-z-]*)", text(ENGLISH))}
    assert used
    assert (used | named) - known == OTHERS


def test_russian_readme_has_the_same_commands() -> None:
    english, russian = blocks(ENGLISH), blocks(RUSSIAN)
    assert [block.language for block in russian] == [block.language for block in english]
    assert [without_words(block) for block in russian] == [
        without_words(block) for block in english
    ]


def test_russian_readme_has_the_same_shape_and_the_same_links() -> None:
    assert shape(RUSSIAN) == shape(ENGLISH)
    english, russian = [
        [link for link in links(page) if not link.startswith(("#", "README"))]
        for page in (ENGLISH, RUSSIAN)
    ]
    assert russian == english


def test_changelog_begins_with_the_version_of_the_program() -> None:
    versions = re.findall(r"^## (\d+\.\d+\.\d+) - ", text(Path("CHANGELOG.md")), re.MULTILINE)
    assert versions[0] == __version__
