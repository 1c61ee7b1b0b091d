"""What the scripts are made from."""

import pytest

from chatapp_tail.cli.commands import Command
from chatapp_tail.cli.option import Group, option
from chatapp_tail.errors import ExitCode
from tools.completions.model import flag_letters, spelled, takers


class Flag(Group):
    """An option of this name."""

    names: bool = option("Say names.", "-n")


class SameFlag(Group):
    """The same, in other words."""

    names: bool = option("Other words.", "-n")


class Value(Group):
    """Another option of the same name."""

    names: str | None = option("Say names.", "-n N")


def command(name: str, group: type[Group]) -> Command:
    """Return a command of this name that takes a group."""

    def run() -> ExitCode:
        return ExitCode.OK

    run.__name__ = name
    run.__annotations__ = {"options": group}
    return Command(run, "")


def test_name_with_another_meaning_in_another_command_is_refused() -> None:
    with pytest.raises(ValueError, match="-n is not the same"):
        spelled([command("a", Flag), command("b", Value)])


def test_option_may_have_another_help_in_another_command() -> None:
    both = [command("a", Flag), command("b", SameFlag)]
    assert spelled(both).keys() == {"-n", "--names", "-h", "--help"}
    (first,), (other,) = Flag.options().values(), SameFlag.options().values()
    assert (takers(both)[first], takers(both)[other]) == (("a",), ("b",))
    assert flag_letters(both) == "nh"
