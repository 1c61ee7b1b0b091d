"""When frames are due, at each speed."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from chatapp_tail.recording.pace import Pace, parse_speed

BEGIN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "speed"),
    [("1", 1.0), ("10", 10.0), ("0.5", 0.5), ("10x", 10.0), (" 2 ", 2.0), ("max", math.inf)],
)
def test_speed_is_read(text: str, speed: float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize(
    "text", ["", "0", "0.0", "-1", "1,5", "inf", "nan", "1e3", "maximum", "x", "1" * 10, "١"]
)
def test_invalid_speed_is_an_error_that_shows_the_valid_forms(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a speed; write 1, 10, 0\.5 or max"):
        parse_speed(text)


@pytest.mark.parametrize(
    ("speed", "due"),
    [
        (1.0, [0.0, 2.0, 2.0, 12.0, 12.0, 15.5]),
        (10.0, [0.0, 0.2, 0.2, 1.2, 1.2, 1.55]),
        (0.5, [0.0, 4.0, 4.0, 24.0, 24.0, 31.0]),
        (math.inf, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_frames_are_due_as_they_came_and_time_never_goes_back(
    speed: float, due: list[float]
) -> None:
    pace = Pace(speed)
    received = [100.0, 102.0, 102.0, 112.0, 50.0, 53.5]
    found = [pace.due(BEGIN + timedelta(seconds=seconds)) for seconds in received]
    assert found == pytest.approx(due)
