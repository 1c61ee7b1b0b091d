import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("5m", 300.0),
        ("1h30m", 5_400.0),
        ("1h 30m", 5_400.0),
        (" 2d ", 172_800.0),
        ("1.5s", 1.5),
        ("250ms", 0.25),
        ("1m250ms", 60.25),
        ("90", 90.0),
        ("0.5", 0.5),
        ("1H30M", 5_400.0),
        ("0h5m", 300.0),
        ("3650d", 315_360_000.0),
        ("87600h", 315_360_000.0),
    ],
)
def test_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "0s",
        "0m0s",
        "-5s",
        "+5s",
        "5x",
        "s",
        "five minutes",
        "5 minutes",
        "1h30",
        "1..5s",
        "1.5.5s",
        ".5s",
        "1,5s",
        "5s!",
        "1e3s",
        "inf",
        "nan",
        "1234567890s",
        "9" * 100_000,
        "²s",
    ],
    ids=lambda text: text[:12] or "empty",
)
def test_anything_else_is_refused_with_the_right_forms(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write 30s, 5m or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["999999999d", "3661d", "316224001", "11d999999999h"])
def test_duration_of_over_ten_years_is_too_long(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^'{text}' is too long; ten years are the most$"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.04, "0.0 s"),
        (0.3, "0.3 s"),
        (12.34, "12.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1m 0s"),
        (60, "1m 0s"),
        (192.9, "3m 12s"),
        (3_599.9, "59m 59s"),
        (3_600, "1h 0m"),
        (7_500, "2h 5m"),
        (86_400, "24h 0m"),
    ],
)
def test_duration_is_told_in_two_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(0, 10**9))
@settings(deadline=None)
def test_told_minutes_and_seconds_stay_below_sixty(seconds: float) -> None:
    words = format_duration(seconds)
    assert "60.0 s" not in words
    assert " 60" not in words
    assert not words.startswith("60m")
