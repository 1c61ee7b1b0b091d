from datetime import UTC, datetime, timedelta

import pytest

from chatapp_tail.network.headers import ServerClock, retry_after
from tests.chatapp.given import shown
from tests.support.fake_clock import BEGINNING

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("007", 7.0),
        ("300", 300.0),
        ("301", 300.0),
        ("999999999", 300.0),
        ("9" * 5000, 300.0),
        ("Sun, 22 Nov 2026 12:00:45 GMT", 45.0),
        ("Sun, 22 Nov 2026 14:00:45 +0200", 45.0),
        ("Sun, 22 Nov 2026 12:00:45 -0000", 45.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
        ("Wed, 01 Jan 3000 00:00:00 GMT", 300.0),
    ],
    ids=shown,
)
def test_retry_after_is_read_in_seconds_at_most_300(header: str, seconds: float) -> None:
    assert retry_after(header, BEGINNING) == seconds


@pytest.mark.parametrize(
    "header",
    [
        None,
        7,
        "",
        "soon",
        "-5",
        "1.5",
        "²",
        "٣",
        "Sun, 99 Nov 2026 12:00:09 GMT",
        "Sun, 22 Nov 99999 12:00:45 GMT",
        "Sun, 22 Nov 2026 12:00:45 +99999999999999",
        "Sun, 22 Nov 99999999999999999999 12:00:45 GMT",
    ],
    ids=shown,
)
def test_retry_after_that_is_neither_digits_nor_a_date_is_ignored(header: object) -> None:
    assert retry_after(header, BEGINNING) is None


def noted(date: str | None, took: float = 0.0) -> tuple[float, list[str]]:
    """Return by how much the clock is ahead, and what was told, after two answers at noon."""
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
def test_small_difference_or_no_date_is_ignored(date: str | None) -> None:
    assert noted(date) == (0.0, [])


def test_difference_that_a_slow_answer_explains_is_ignored() -> None:
    assert noted("Sun, 22 Nov 2026 12:00:03 GMT", took=20.0) == (0.0, [])
