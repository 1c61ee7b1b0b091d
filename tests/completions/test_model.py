"""What the scripts are made from."""

from dataclasses import replace

import pytest

from tools.completions.model import Command, Option, commands, flag_letters, spelled, takers

NAMES = Option(("-n", "--names"), "Say names")


def test_a_name_that_takes_something_else_in_another_command_is_refused() -> None:
    other = Command("b", "", (replace(NAMES, placeholder="N"),), ())
    with pytest.raises(ValueError, match="-n is not the same"):
        spelled([Command("a", "", (NAMES,), ()), other])


def test_an_option_may_be_explained_otherwise_in_another_command() -> None:
    other = replace(NAMES, help="Other words")
    both = [Command("a", "", (NAMES,), ()), Command("b", "", (other,), ())]
    assert spelled(both).keys() == {"-n", "--names"}
    assert takers(both) == {NAMES: ("a",), other: ("b",)}
    assert flag_letters(both) == "n"


def test_the_tail_comes_first_and_is_the_only_hidden_command() -> None:
    names = [command.name for command in commands()]
    assert names[0] == "tail"
    assert "demo" in names[1:]
    assert "complete" not in names
