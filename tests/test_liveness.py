from datetime import UTC, datetime, timedelta

import pytest

from chatapp_tail.liveness import Heartbeat, WallClock

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_silence_is_told_once_an_interval_with_its_whole_length() -> None:
    heartbeat = Heartbeat(60, 1_000)
    assert heartbeat.deadline(1_000) == 1_060
    assert heartbeat.silence(1_000, 1_059.9) is None
    assert heartbeat.silence(1_000, 1_060) == 60
    assert heartbeat.deadline(1_000) == 1_120
    assert heartbeat.silence(1_000, 1_119) is None
    assert heartbeat.silence(1_000, 1_125) == 125
    assert heartbeat.deadline(1_000) == 1_185


def test_event_starts_the_silence_anew() -> None:
    heartbeat = Heartbeat(60, 1_000)
    assert heartbeat.deadline(1_050) == 1_110
    assert heartbeat.silence(1_050, 1_100) is None
    assert heartbeat.silence(1_050, 1_110) == 60
    assert heartbeat.silence(1_115, 1_120) is None
    assert heartbeat.deadline(1_115) == 1_175
    assert heartbeat.silence(1_115, 1_175) == 60


def test_without_an_interval_nothing_is_ever_told() -> None:
    heartbeat = Heartbeat(None, 1_000)
    assert heartbeat.deadline(2_000) == float("inf")
    assert heartbeat.silence(2_000, 10**12) is None


def test_instants_become_times_of_day() -> None:
    wall = WallClock(1_000, NOON)
    assert wall.time(1_000) == NOON
    assert wall.time(1_012.5) == at(12.5)
    assert wall.time(940) == at(-60)


def test_time_that_passes_on_both_clocks_is_no_sleep() -> None:
    wall = WallClock(1_000, NOON)
    assert wall.update(1_000 + 86_400, at(86_400)) == 0.0
    assert wall.time(1_000) == NOON


@pytest.mark.parametrize("slept", [60, 3_600, 14 * 86_400])
def test_sleep_is_what_the_wall_clock_is_ahead(slept: float) -> None:
    wall = WallClock(1_000, NOON)
    wall.update(1_050, at(50))
    assert wall.update(1_055, at(55 + slept)) == slept


def test_after_a_sleep_times_are_those_from_before_it() -> None:
    wall = WallClock(1_000, NOON)
    wall.update(1_055, at(55 + 3_600))
    assert wall.time(1_040) == at(40)


@pytest.mark.parametrize("correction", [-59, -1, 0.3, 59])
def test_small_correction_is_no_sleep_and_is_followed(correction: float) -> None:
    wall = WallClock(1_000, NOON)
    assert wall.update(1_010, at(10 + correction)) == 0.0
    assert wall.time(1_010) == at(10 + correction)


def test_small_corrections_do_not_add_up_to_a_sleep() -> None:
    wall = WallClock(1_000, NOON)
    for number in range(1, 100):
        assert wall.update(1_000 + number, at(number + 30 * number)) == 0.0


@pytest.mark.parametrize("back", [60, 3_600, 10 * 365 * 86_400])
def test_clock_set_back_is_no_sleep_and_is_followed(back: float) -> None:
    wall = WallClock(1_000, NOON)
    assert wall.update(1_010, at(10 - back)) == 0.0
    assert wall.time(1_010) == at(10 - back)
    assert wall.update(1_020, at(20 - back)) == 0.0
