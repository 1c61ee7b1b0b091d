"""The pages fit the program, and each other."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatapp_tail import __version__
from chatapp_tail.cli.app import main
from chatapp_tail.clock import SystemClock
from chatapp_tail.statistics import Statistics
from chatapp_tail.supervision.metrics import Metrics
from chatapp_tail.supervision.systemd import Facts
from tests.docs.pages import TOP, TRANSLATED, Block, blocks, targets, text

README, REFERENCE = Path("README.md"), Path("docs/reference.md")
OPERATIONS = Path("docs/operations.md")
# In words, as wc counts them.
LONGEST_README = 1_800
COMMANDS = ("channels", "doctor", "login", "logout", "demo", "replay", "serve", "trigger", "events")
# Options of other programs that the text explains.
OTHERS = {"--unbuffered", "--line-buffered", "--batch-size"}

_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][a-z-]*")

in_both = pytest.mark.parametrize(("english", "russian"), TRANSLATED.items(), ids=str)


def commands(page: Path) -> Iterator[str]:
    """Yield every ``chatapp-tail …`` of the page's code, up to a pipe or a comment."""
    code = [block.code.replace("\\\n", " ") for block in blocks(page)]
    code += re.findall(r"`(chatapp-tail [^`]*)`", text(page))
    for part in code:
        yield from re.findall(r"chatapp-tail [^|#;\n]*", part)


def without_words(block: Block) -> list[str]:
    """Return a block's lines without comments, which each language has in its own words."""
    lines = [re.sub(r" +#.*", "", line) for line in block.code.splitlines()]
    return [re.sub(r'"…": "[^"]*"', "", line) for line in lines]


def shape(page: Path) -> list[str]:
    """Return what both languages have alike: levels of headings, tables, lists, blocks."""
    return re.findall(r"^(#+ |\||- |\d\. |```\w*|!\[|<!-- .* -->)", text(page), re.MULTILINE)


def first_column(page: Path, heading: str) -> list[str]:
    """Return the code in the first cells of the table below a heading."""
    chapter = text(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([\w]+)[^`]*` \|", chapter, re.MULTILINE)


@pytest.mark.parametrize("page", [README, TRANSLATED[README]], ids=str)
def test_readme_is_short_enough_to_be_read(page: Path) -> None:
    assert len(text(page).split()) <= LONGEST_README


@pytest.mark.parametrize("page", TRANSLATED, ids=str)
def test_options_in_the_text_exist(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], *([command] for command in COMMANDS)):
        assert main([*arguments, "--help"]) == 0
    known = set(_OPTION.findall(capsys.readouterr().out))
    used = {option for command in commands(page) for option in _OPTION.findall(command)}
    named = {match[1] for match in re.finditer(r"`(--?[a-zA-Z][a-z-]*)", text(page))}
    assert used | named
    assert (used | named) - known <= OTHERS


@in_both
def test_russian_page_has_the_same_commands(english: Path, russian: Path) -> None:
    here, there = blocks(english), blocks(russian)
    assert [block.language for block in there] == [block.language for block in here]
    assert [without_words(block) for block in there] == [without_words(block) for block in here]


@in_both
def test_russian_page_has_the_same_shape(english: Path, russian: Path) -> None:
    assert shape(russian) == shape(english)


@in_both
def test_russian_page_links_to_the_same_pages_in_russian(english: Path, russian: Path) -> None:
    here = [TRANSLATED.get(page, page) for page in targets(english)]
    there = [russian if page == english else page for page in targets(russian)]
    assert there == here


def test_all_notices_are_in_the_reference() -> None:
    schema = json.loads((TOP / "chatapp_tail/schema/record.v1.schema.json").read_text())
    types = schema["$defs"]["notice"]["properties"]["type"]["enum"]
    assert first_column(REFERENCE, "Notices") == types


def test_all_metrics_are_in_the_page_on_operations() -> None:
    clock = SystemClock()
    summary = Statistics(clock.now()).snapshot(clock.now())
    metrics = Metrics(Path("unwritten"), clock=clock, warn=pytest.fail)
    metrics.begin(lambda: Facts(summary, 1, 1, 1, datetime(2026, 11, 22, tzinfo=UTC), 0.1, 0))
    names = [
        f"{one.name}_total" if one.type == "counter" else one.name for one in metrics.collect()
    ]
    assert first_column(OPERATIONS, "Metrics") == names


def test_changelog_begins_with_the_version_of_the_program() -> None:
    versions = re.findall(r"^## (\d+\.\d+\.\d+) - ", text(Path("CHANGELOG.md")), re.MULTILINE)
    assert versions[0] == __version__
