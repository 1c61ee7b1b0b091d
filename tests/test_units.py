from datetime import UTC, datetime, timedelta, timezone

import pytest

from chatapp_tail.units import (
    age,
    counted,
    elapsed,
    format_duration,
    format_minute,
    parse_duration,
    parse_moment,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5m", 300.0),
        ("1h 30m", 5_400.0),
        (" 2d ", 172_800.0),
        ("1.5s", 1.5),
        ("250ms", 0.25),
        ("1m250ms", 60.25),
        ("90", 90.0),
        ("1H30M", 5_400.0),
        ("0h5m", 300.0),
        ("3650d", 315_360_000.0),
    ],
)
def test_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "0", "0m0s", "-5s", "+5s", "5x", "s", "five minutes", "1h30", "1..5s", ".5s"],
        *["1,5s", "5s!", "1e3s", "inf", "1234567890s", "9" * 100_000, "²s"],
    ],
    ids=lambda text: text[:12] or "empty",
)
def test_other_durations_are_refused_with_the_right_forms(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write 30s, 5m or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["999999999d", "3661d", "316224001", "11d999999999h"])
def test_duration_of_over_ten_years_is_too_long(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^'{text}' is too long; ten years are the most$"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (12.34, "12.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1m 0s"),
        (192.9, "3m 12s"),
        (3_599.9, "59m 59s"),
        (3_599.96, "1h 0m"),
        (3_600, "1h 0m"),
        (7_500, "2h 5m"),
        (86_400, "24h 0m"),
    ],
)
def test_duration_is_told_in_two_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


# Moments

NO_MOMENTS = ("", "soon", "24:00", "-5m", "2026-13-01", "2026-11-27T25:00", "8:5")
NOW = datetime(2026, 11, 27, 15, 30, 20, tzinfo=timezone(timedelta(hours=5))).astimezone()


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return a local time of that November."""
    return datetime(2026, 11, day, hour, minute, second).astimezone()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10m", NOW - timedelta(minutes=10)),
        ("1h30m", NOW - timedelta(minutes=90)),
        ("0:00", at(NOW.day, 0)),
        ("23:59:59", at(NOW.day - 1, 23, 59, 59)),
        ("2026-11-27", at(27, 0)),
        ("2026-11-26T08:00:30", at(26, 8, 0, 30)),
        ("20261126T080030Z", datetime(2026, 11, 26, 8, 0, 30, tzinfo=UTC)),
        ("2026-11-26T08:00+05:00", datetime(2026, 11, 26, 3, tzinfo=UTC)),
        (" 10m ", NOW - timedelta(minutes=10)),
    ],
)
def test_moment_is_read_as_people_write_it(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment


def test_time_of_day_is_the_last_one_that_is_over() -> None:
    exactly = at(27, 8)
    assert parse_moment("08:00", exactly) == exactly
    assert parse_moment("08:01", exactly) == at(26, 8, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, "is no time; write 10m, 08:00, 2026-11-27 or") for text in NO_MOMENTS),
        ("2026-11-29", "is yet to come"),
        ("2027-01-01T00:00Z", "is yet to come"),
    ],
)
def test_other_moments_and_those_to_come_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_moment(text, NOW)


@pytest.mark.parametrize(
    ("unix", "words"),
    [
        (1795462620, "2026-11-23 19:37 UTC"),
        (0, "1970-01-01 00:00 UTC"),
        (10**12, "1000000000000"),
        (10**400, "1" + "0" * 400),
    ],
    ids=range(4),
)
def test_unix_time_is_formatted_to_the_minute(unix: int, words: str) -> None:
    assert format_minute(unix) == words


def test_noun_after_a_count_is_singular_or_plural() -> None:
    words = [counted(count, "event") for count in (0, 1, 2, 12345)]
    assert words == ["0 events", "1 event", "2 events", "12,345 events"]
    assert [counted(count, "try", "tries") for count in (1, 2)] == ["1 try", "2 tries"]


# Sizes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64M", 67_108_864),
        ("1G", 1_073_741_824),
        ("64MiB", 67_108_864),
        (" 64 MB ", 67_108_864),
        ("999999999G", 1_073_741_822_926_258_176),
    ],
)
def test_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "0", "0M", "-1M", "+1M", "1.5M", "1e6", "M", "64T", "64X", "64ib", "64i", "1MM"],
        *["9" * 10, "9" * 100_000, "٣M", "six", "1M2k", "inf"],
    ],
    ids=lambda text: text[:12] or "empty",
)
def test_other_sizes_are_refused_with_the_right_forms(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size; write 64M, 512k or 1G"):
        parse_size(text)


@pytest.mark.parametrize(
    ("seconds", "age_text", "elapsed_text"),
    [
        (0, "0s", "0s"),
        (0.04, "0s", "0s"),
        (0.25, "0s", "0.2s"),
        (8.0, "8s", "8s"),
        (9.94, "9s", "9.9s"),
        (9.96, "9s", "10s"),
        (59.9, "59s", "59s"),
        (60, "1m", "1m"),
        (3_599, "59m", "59m"),
        (3_600, "1h", "1h"),
        (86_399, "23h", "23h"),
        (86_400, "1d", "1d"),
        (10**9, "11574d", "11574d"),
    ],
)
def test_duration_in_one_unit_has_a_decimal_only_in_elapsed_time_below_ten_seconds(
    seconds: float, age_text: str, elapsed_text: str
) -> None:
    assert (age(seconds), elapsed(seconds)) == (age_text, elapsed_text)
