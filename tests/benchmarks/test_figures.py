"""What decides over the exit code of ``make bench``."""

import math

import pytest

from benchmarks.figures import Goal, Row, at_least, at_most, shortfalls


@pytest.mark.parametrize(
    ("ours", "theirs", "holds"), [(200.0, 100.0, True), (199.0, 100.0, False), (1.0, 0.0, False)]
)
def test_at_least_holds_from_its_bound_on(ours: float, theirs: float, holds: bool) -> None:  # noqa: FBT001
    goal = at_least({"chatapp-tail": ours, "pusher-js": theirs}, 2, "pusher-js")
    assert goal.holds is holds


def test_at_most_holds_up_to_its_bound() -> None:
    values = {"chatapp-tail": 50.0, "pusher-js": 100.0}
    assert at_most(values, 0.5, "pusher-js").holds
    assert not at_most(values, 0.49, "pusher-js").holds


def test_a_figure_that_is_no_number_never_holds() -> None:
    assert not Goal(math.nan, 1.0, is_least=False).holds
    assert not Goal(math.nan, 1.0).holds


def test_a_ratio_without_a_bound_is_only_shown() -> None:
    goal = at_least({"chatapp-tail": 1.0, "without": 4.0}, None, "without")
    assert goal.holds
    assert (goal.reached_words, goal.bound_words) == ("0.25 × without", "—")


def test_each_goal_that_falls_short_is_named() -> None:
    values = {"chatapp-tail": 150.0, "pusher-js": 100.0, "floor": 200.0}
    row = Row("lines", values, [at_least(values, 2, "pusher-js"), at_least(values, 0.6, "floor")])
    assert not row.holds
    assert shortfalls([row]) == ["lines: 1.50 × pusher-js, to reach ≥ 2 × pusher-js"]
