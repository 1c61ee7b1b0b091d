import re

import pytest

from chatapp_tail.cli.commands import COMMANDS, NAMED, TAIL
from chatapp_tail.errors import ExitCode
from tools.reference import ENGLISH, exit_codes_part, options_part, own_and_shared, with_parts
from tools.russian import OPTIONS

TABLES = f"{options_part(ENGLISH)}\n\n{exit_codes_part()}"


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_part_takes_the_place_of_what_is_between_its_markers() -> None:
    text = "before <!-- a -->\nold\n<!-- /a --> between <!-- b --><!-- /b --> after"
    assert with_parts(text, {"b": "B", "a": "A"}) == (
        "before <!-- a -->\n\nA\n\n<!-- /a --> between <!-- b -->\n\nB\n\n<!-- /b --> after"
    )


@pytest.mark.parametrize("text", ["", "<!-- a -->", "<!-- /a --><!-- a -->"])
def test_missing_marker_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="there is no <!-- a --> with its <!-- /a -->"):
        with_parts(text, {"a": "A"})


def test_rows_have_the_cells_of_their_table() -> None:
    for table in TABLES.split("\n\n"):
        rows = [cells(line) for line in table.splitlines() if line.startswith("|")]
        assert len({len(row) for row in rows}) <= 1
        assert all(cell.count("`") % 2 == 0 for row in rows for cell in row)


def test_every_option_has_a_row() -> None:
    named = {name for row in TABLES.splitlines() for name in re.findall(r"`(--[a-z-]+)", row[:60])}
    for command in COMMANDS.values():
        assert {option.long for option in command.options.values()} <= named


def test_option_of_a_command_names_it_and_its_default() -> None:
    assert "| `--speed N\\|max` | max | replay: The speed: 1 is as fast" in TABLES
    assert "| `--seed N` | 1 | demo, serve: Another number makes another story. |" in TABLES
    assert "| ~/.config/chatapp-tail/config.toml | The configuration file. " in TABLES


def test_every_exit_code_has_a_row() -> None:
    rows = exit_codes_part().splitlines()[2:]
    assert [cells(row)[0] for row in rows] == [str(int(code)) for code in ExitCode]
    assert "| 6 | `--count` or `--until` not met within `--duration` or `--idle` |" in rows


def test_russian_words_are_of_options_that_exist() -> None:
    tails = {option.usage.split()[0] for option in COMMANDS[TAIL].options.values()}
    own = {
        f"{one.name} {option.usage.split()[0]}"
        for one in NAMED
        for option in own_and_shared(one)[0]
    }
    assert set(OPTIONS) - tails - own == set()
