from datetime import UTC, datetime, timedelta

import pytest

from chatapp_tail.network.server_clock import ServerClock

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def noted(date: str | None, took: float = 0.0) -> tuple[float, list[str]]:
    """Return what the clock is ahead, and what was told, after two answers at noon."""
    told: list[str] = []
    clock = ServerClock(told.append)
    for _ in range(2):
        clock.note(date, NOON - timedelta(seconds=took), NOON)
    return clock.ahead, told


@pytest.mark.parametrize(
    ("date", "ahead", "words"),
    [
        ("Sun, 22 Nov 2026 12:10:00 GMT", 600.5, "this machine's clock is 10m 0s behind the API's"),
        (
            "Sun, 22 Nov 2026 11:49:59 GMT",
            -600.5,
            "this machine's clock is 10m 0s ahead of",
        ),
    ],
)
def test_difference_is_measured_and_told_once(date: str, ahead: float, words: str) -> None:
    measured, told = noted(date)
    assert measured == ahead
    (sentence,) = told
    assert sentence.startswith(words)


@pytest.mark.parametrize(
    "date",
    [None, "", "soon", "Sun, 22 Nov 2026 12:00:04 GMT", "Sun, 22 Nov 2026 11:59:55 GMT"],
)
def test_small_difference_and_none_at_all_are_nothing(date: str | None) -> None:
    assert noted(date) == (0.0, [])


def test_answer_that_took_long_says_less() -> None:
    assert noted("Sun, 22 Nov 2026 12:00:03 GMT", took=20.0) == (0.0, [])
