from collections.abc import Callable
from io import StringIO

import pytest

from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.output.status import Status, Verbosity
from tests.support.fake_clock import FakeClock


class Said:
    """A status, its clock, and the lines that it wrote since the last call of ``lines``."""

    def __init__(self, verbosity: int = Verbosity.NORMAL) -> None:
        self._stream = StringIO()
        self.clock = FakeClock()
        self.status = Status(self._stream, verbosity, self.clock)

    def lines(self) -> list[str]:
        said = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        return [line.removeprefix("chatapp-tail: ") for line in said.splitlines()]


def test_equal_warnings_are_said_once_and_counted_every_five_seconds() -> None:
    said = Said()
    for _ in range(1_999):
        said.status.warn("full", "Make room.")
    assert said.lines() == ["warning: full", "  Make room."]
    said.clock.advance(4.9)
    said.status.tell_counted()
    assert said.lines() == []
    said.clock.advance(0.1)
    said.status.warn("full", "Make room.")
    assert said.lines() == ["warning: full (and 1,998 more in 5.0 s)"]
    said.clock.advance(5)
    said.status.tell_counted()
    assert said.lines() == ["warning: full (and 1 more in 5.0 s)"]
    said.clock.advance(5)
    said.status.tell_counted()
    said.status.warn("full")
    assert said.lines() == ["warning: full"]


def test_deadline_is_when_a_count_is_due() -> None:
    said = Said()
    assert said.status.deadline == float("inf")
    said.status.warn("full")
    assert said.status.deadline == float("inf")
    said.clock.advance(1)
    said.status.warn("full")
    assert said.status.deadline == 1005.0
    said.clock.advance(4)
    said.status.tell_counted()
    assert said.status.deadline == float("inf")


@pytest.mark.parametrize(
    ("say", "last"),
    [
        (lambda status: status.say("all is well"), "all is well"),
        (lambda status: status.warn("empty"), "warning: empty"),
        (lambda status: status.detail("more"), "more"),
        (lambda status: status.error(ChatAppTailError("bad", hint="x")), "error: bad"),
        (lambda status: status.block("block\n"), "block"),
    ],
)
def test_count_comes_before_any_other_sentence(say: Callable[[Status], None], last: str) -> None:
    said = Said(Verbosity.VERBOSE)
    for _ in range(3):
        said.status.warn("full")
    said.clock.advance(0.5)
    say(said.status)
    said.status.warn("full")
    assert [line for line in said.lines() if line != "  x"] == [
        "warning: full",
        "warning: full (and 2 more in 0.5 s)",
        last,
        "warning: full",
    ]


def test_of_a_kind_ten_are_said_and_the_others_counted_whatever_stands_between() -> None:
    said = Said()
    for number in range(1, 1_001):
        said.status.warn(f"error {number % 500}", kind="errors")
    said.status.say("and this")
    said.status.warn("error 3", kind="errors")
    said.clock.advance(2)
    said.status.say("and that")
    assert said.lines() == [
        *(f"warning: error {number}" for number in range(1, 11)),
        "warning: error 0 (and 990 more in 0.0 s)",
        "and this",
        "warning: error 3 (and 1 more in 2.0 s)",
        "and that",
    ]


def test_quiet_counts_nothing() -> None:
    said = Said(Verbosity.QUIET)
    said.status.warn("full")
    said.status.warn("full")
    said.status.error(ChatAppTailError("bad", hint="x"))
    assert said.lines() == ["error: bad", "  x"]
