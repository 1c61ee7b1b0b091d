from datetime import UTC, datetime, timedelta

import pytest

from chatapp_tail.gaps import Attention, Gap, GapTracker

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def watching(*channels: str) -> GapTracker:
    gaps = GapTracker()
    for channel in channels:
        assert gaps.subscribed(channel, 0, at(0)) is None
    return gaps


def test_what_was_never_watched_is_not_missed() -> None:
    gaps = GapTracker()
    assert gaps.refused("b", 1, at(1)) is None
    gaps.lost(1, "refused")
    assert gaps.open_since is None
    assert gaps.subscribed("a", 5, at(5)) is None
    assert (gaps.count, gaps.seconds) == (0, 0.0)


def test_gap_lasts_from_the_last_sign_of_life_to_the_next_subscription() -> None:
    gaps = watching("a")
    gaps.lost(10, "silent")
    opened_at = gaps.open_since
    gap = gaps.subscribed("a", 25, at(25))
    assert opened_at == 10
    assert gap == Gap(at(10), at(25), ("a",), "silent")
    assert gap.seconds == 15.0
    assert (gaps.open_since, gaps.count, gaps.seconds) == (None, 1, 15.0)


def test_several_losses_in_a_row_are_one_gap_until_all_channels_are_back() -> None:
    gaps = watching("b", "a")
    gaps.lost(10, "silent")
    gaps.lost(20, "no network")
    assert gaps.subscribed("a", 30, at(30)) is None
    gaps.lost(40, "no network")
    assert gaps.subscribed("a", 50, at(50)) is None
    assert gaps.subscribed("b", 51, at(51)) == Gap(at(10), at(51), ("a", "b"), "silent")
    assert (gaps.count, gaps.seconds) == (1, 41.0)


def test_channel_first_watched_inside_a_gap_is_missed_from_its_loss_on() -> None:
    gaps = watching("a")
    gaps.lost(10, "silent")
    assert gaps.subscribed("new", 20, at(20)) is None
    gaps.lost(30, "no network")
    assert gaps.subscribed("a", 40, at(40)) is None
    assert gaps.subscribed("new", 41, at(41)) == Gap(at(10), at(41), ("a", "new"), "silent")


def test_each_gap_names_its_own_channels() -> None:
    gaps = watching("a")
    gaps.lost(10, "silent")
    first = gaps.subscribed("a", 20, at(20))
    assert first is not None
    assert (first.channels, first.seconds) == (("a",), 10.0)
    gaps.subscribed("b", 25, at(25))
    gaps.lost(30, "closed")
    gaps.subscribed("b", 40, at(40))
    assert gaps.subscribed("a", 41, at(41)) == Gap(at(30), at(41), ("a", "b"), "closed")
    assert (gaps.count, gaps.seconds) == (2, 21.0)


def test_channel_refused_after_the_loss_ends_the_gap_of_the_others() -> None:
    gaps = watching("a", "b")
    gaps.lost(10, "silent")
    gaps.subscribed("a", 20, at(20))
    assert gaps.refused("b", 22, at(22)) == Gap(at(10), at(22), ("a",), "silent")


def test_nothing_is_missed_when_all_are_refused() -> None:
    gaps = watching("a", "b")
    gaps.lost(10, "silent")
    assert gaps.refused("a", 20, at(20)) is None
    assert gaps.refused("b", 21, at(21)) is None
    assert (gaps.open_since, gaps.count, gaps.seconds) == (None, 0, 0.0)


def test_wall_clock_that_is_set_in_a_gap_does_not_change_its_length() -> None:
    gaps = watching("a")
    gaps.lost(10, "silent")
    gap = gaps.subscribed("a", 14, at(-3_600))
    assert gap == Gap(at(-3_604), at(-3_600), ("a",), "silent")
    assert (gaps.count, gaps.seconds) == (1, 4.0)


def attention(longest_pause: float = 30.0) -> Attention:
    """Return one of a process that was awake at 1,000 and waits until 1,030 at the latest."""
    made = Attention(1_000, longest_pause=longest_pause)
    made.expect(1_030)
    return made


def test_after_a_pause_nothing_is_certain_until_all_is_read() -> None:
    woken = attention()
    assert woken.late_at == 1_031
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
