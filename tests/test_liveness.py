import pytest

from chatapp_tail.liveness import Attention, Heartbeat


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


def attention(longest_pause: float = 30.0) -> Attention:
    """Return one of a process that was awake at 1,000 and waits until 1,030 at the latest."""
    made = Attention(1_000, longest_pause=longest_pause)
    made.expect(1_030)
    return made


def test_loop_that_comes_back_in_time_was_not_paused() -> None:
    assert attention().late_at == 1_031


def test_after_a_pause_nothing_is_certain_until_all_is_read() -> None:
    woken = attention()
    woken.paused(1_020)
    assert woken.give_up(1_020, 1_000) is None
    assert (woken.is_certain, woken.certain_at) == (False, 1_000)
    assert woken.give_up(1_020.1, 0) is None
    assert (woken.is_certain, woken.certain_at) == (True, 1_020.1)


@pytest.mark.parametrize(("longest_pause", "pause"), [(30, 30.1), (30, 86_400), (1, 5.1)])
def test_after_a_long_pause_the_connection_is_given_up_once_all_is_read(
    longest_pause: float, pause: float
) -> None:
    woken = attention(longest_pause)
    now = 1_000 + pause
    woken.paused(now)
    assert woken.give_up(now, 1) is None
    assert woken.give_up(now, 0) == pytest.approx(pause)
    assert woken.certain_at == 1_000


def test_after_a_short_pause_with_a_large_backlog_the_connection_is_given_up() -> None:
    woken = attention()
    woken.paused(1_004)
    assert woken.give_up(1_004, 128 * 1024) is None
    assert woken.give_up(1_004, 1) is None
    assert woken.give_up(1_004.5, 0) == 4


def test_flood_after_a_pause_is_not_read_for_ever() -> None:
    woken = attention()
    woken.paused(1_060)
    assert woken.give_up(1_064.9, 1_000) is None
    assert woken.give_up(1_065, 1_000) == 60


def test_second_pause_before_all_is_read_lasts_from_the_same_instant() -> None:
    woken = attention()
    woken.paused(1_020)
    woken.give_up(1_020, 1)
    woken.paused(1_040)
    assert woken.give_up(1_040, 0) == 40
