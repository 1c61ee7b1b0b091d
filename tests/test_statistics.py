from datetime import timedelta

import pytest

from chatapp_tail.statistics import OTHERS, Statistics, Summary, Tally, format_rate
from tests.support.records import STARTED_AT, TELEGRAM, WHATSAPP, received

START = 1000.0


def counted(statistics: Statistics, now: float = START) -> Summary:
    return statistics.snapshot(now)


def feed(
    statistics: Statistics,
    items: int = 1,
    *,
    event: str = "message",
    channel: str | None = TELEGRAM,
    at: float = START,
    shown: int = 0,
    dropped: int = 0,
) -> None:
    """Count one event of so many items, of which some are shown and some dropped."""
    records = received({"data": [{}] * items}, event=event, channel=channel)
    counts = statistics.received(records, at)
    counts.shown += shown
    counts.dropped += dropped


def test_items_are_counted_by_event_and_channel_the_most_frequent_first() -> None:
    statistics = Statistics(START)
    feed(statistics, 3, shown=2)
    feed(statistics, 1, channel=WHATSAPP, shown=1)
    feed(statistics, 5, event="messageStatus", dropped=4)
    feed(statistics, 1, event="messageStatus")
    feed(statistics, 2, shown=2)
    feed(statistics, 1, event="", channel=None)
    summary = counted(statistics)
    assert summary.rows == (
        Tally("messageStatus", "1229/telegram", 6, 0, 4),
        Tally("message", "1229/telegram", 5, 4, 0),
        Tally("", "", 1, 0, 0),
        Tally("message", "1229/grWhatsApp", 1, 1, 0),
    )
    assert [row.filtered for row in summary.rows] == [2, 1, 1, 0]
    assert summary.total == Tally("total", "", 13, 5, 4)


def test_nothing_seen_is_counted_as_nothing() -> None:
    statistics = Statistics(START)
    assert counted(statistics) == Summary((), Tally("total", "", 0, 0, 0), 0.0, 0.0, 0, 0.0)
    assert counted(statistics).rate == 0.0
    assert statistics.last_received_at is None


def test_names_beyond_the_limit_share_one_row() -> None:
    statistics = Statistics(START)
    for number in range(1_500):
        feed(statistics, event=f"event {number:04}", shown=1)
    feed(statistics, 2, event="event 0007")
    rows = counted(statistics).rows
    assert len(rows) == 1_001
    assert rows[0] == Tally("event 0007", "1229/telegram", 3, 1, 0)
    assert rows[-1] == Tally(OTHERS, "", 500, 500, 0)


@pytest.mark.parametrize(
    ("event", "channel"), [("x" * 201, TELEGRAM), ("message", "x" * 8_000_000)]
)
def test_names_longer_than_pusher_allows_are_not_kept(event: str, channel: str) -> None:
    statistics = Statistics(START)
    feed(statistics, event=event, channel=channel)
    assert counted(statistics).rows == (Tally(OTHERS, "", 1, 0, 0),)


def test_summary_has_the_gaps_and_the_length_of_the_run() -> None:
    summary = Statistics(START).snapshot(START + 60, 2, 12.5)
    assert (summary.gaps, summary.gap_seconds) == (2, 12.5)
    assert summary.seconds == 60.0


@pytest.mark.parametrize(
    ("events", "now", "longest"),
    [([], 7, 7), ([5, 6], 8, 5), ([1, 4, 5], 6, 3), ([1, 2], 9, 7)],
    ids=["never", "before the first", "between", "after the last"],
)
def test_longest_silence_is_found_wherever_it_was(
    events: list[int], now: int, longest: int
) -> None:
    statistics = Statistics(START)
    for after in events:
        feed(statistics, at=START + after)
    assert counted(statistics, START + now).longest_silence == longest


def test_last_event_is_remembered_with_its_time() -> None:
    statistics = Statistics(START)
    statistics.received(received({"data": [{}]}, after=2), START)
    statistics.received(received({"data": [{}]}, after=3), START)
    assert statistics.last_received_at == STARTED_AT + timedelta(seconds=3)


@pytest.mark.parametrize("start", [0.0, 3.25, START])
def test_rate_of_a_steady_stream_is_steady(start: float) -> None:
    statistics = Statistics(start)
    rates = []
    for quarter in range(4, 400):  # 12 items a second
        feed(statistics, 3, at=start + quarter / 4)
        rates.append(statistics.rate(start + quarter / 4))
    assert (min(rates[40:]), max(rates[40:])) == pytest.approx((12.0, 12.0), abs=0.31)
    assert max(rates) < 13


def test_rate_looks_back_ten_seconds() -> None:
    statistics = Statistics(START)
    feed(statistics, 50, at=START + 20.5)
    rates = [statistics.rate(START + 20.5 + later) for later in (0, 5, 9, 10, 10.5, 60)]
    assert rates == pytest.approx([5.0, 5.0, 5.0, 2.5, 0.0, 0.0])


def test_rate_of_the_first_seconds_is_that_of_the_run() -> None:
    statistics = Statistics(START)
    feed(statistics, 50, at=START + 0.25)
    assert statistics.rate(START + 0.25) == 50.0  # as if of one second, not 200
    assert statistics.rate(START + 2) == 25.0


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0.0, "0/s"),
        (1234.4, "1,234/s"),
        (12.0, "12/s"),
        (9.96, "10/s"),
        (1.5, "1.5/s"),
        (0.1, "0.1/s"),
        (0.05, "3.0/min"),
        (0.0004, "1.4/h"),
    ],
)
def test_rate_is_formatted_by_second_minute_or_hour(rate: float, words: str) -> None:
    assert format_rate(rate) == words
