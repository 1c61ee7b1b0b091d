from itertools import islice

import pytest

from chatapp_tail.pusher.protocol import CloseAction
from chatapp_tail.pusher.timing import KeepAlive, ReconnectBackoff, jittered_delays
from tests.support.fake_clock import FakeClock

NOW, SOON = CloseAction.RECONNECT_NOW, CloseAction.BACK_OFF


@pytest.mark.parametrize(
    ("fraction", "delays"),
    [
        (1.0, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]),
        (0.5, [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]),
        (0.0, [0.0] * 8),
    ],
)
def test_delays_double_up_to_half_a_minute_with_full_jitter(
    fraction: float, delays: list[float]
) -> None:
    assert list(islice(jittered_delays(FakeClock(fraction=fraction).uniform), 8)) == delays


def test_each_delay_is_random_by_itself() -> None:
    clock = FakeClock()
    clock.fractions.extend([0.25, 1.0, 0.0])
    assert list(islice(jittered_delays(clock.uniform), 4)) == [0.25, 2.0, 0.0, 8.0]


def test_pause_is_at_least_what_the_close_code_asks_for() -> None:
    backoff = ReconnectBackoff(FakeClock(fraction=0.0).uniform)
    assert backoff.delay(SOON, 60.0) == 60.0
    assert backoff.delay(SOON, 1.0) == 1.0
    assert backoff.delay(SOON) == 0.0


def test_pause_that_is_longer_than_the_least_one_stays() -> None:
    backoff = ReconnectBackoff(FakeClock().uniform)
    assert [backoff.delay(SOON, 3.0) for _ in range(4)] == [3.0, 3.0, 4.0, 8.0]


def test_reconnect_at_once_is_granted_once() -> None:
    backoff = ReconnectBackoff(FakeClock().uniform)
    assert [backoff.delay(NOW) for _ in range(4)] == [0.0, 1.0, 2.0, 4.0]


def test_reconnect_at_once_doesnt_use_up_a_pause() -> None:
    backoff = ReconnectBackoff(FakeClock().uniform)
    assert [backoff.delay(action) for action in (SOON, NOW, SOON, NOW)] == [1.0, 0.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("subscribed_for", "next_delays"),
    [
        (0.0, [8.0, 16.0]),
        (59.9, [8.0, 16.0]),
        (60.0, [0.0, 1.0]),
        (86_400.0, [0.0, 1.0]),
    ],
)
def test_connection_of_a_minute_begins_the_pauses_anew(
    subscribed_for: float, next_delays: list[float]
) -> None:
    backoff = ReconnectBackoff(FakeClock().uniform)
    assert [backoff.delay(NOW) for _ in range(4)] == [0.0, 1.0, 2.0, 4.0]
    backoff.connection_lasted(subscribed_for)
    assert [backoff.delay(NOW) for _ in range(2)] == next_delays


def test_two_losses_of_idle_connections_shorten_the_interval_to_half_of_the_silence() -> None:
    keepalive = KeepAlive()
    assert not keepalive.lost(25.0, 0.1)
    assert keepalive.interval == 30.0
    assert keepalive.lost(25.2, 0.1)
    assert keepalive.interval == 12.5


def test_interval_is_never_shorter_than_ten_seconds() -> None:
    keepalive = KeepAlive()
    keepalive.lost(8.0, 0.0)
    assert keepalive.lost(8.0, 0.0)
    assert keepalive.interval == 10.0
    keepalive.lost(8.0, 0.0)
    assert not keepalive.lost(8.0, 0.0)


@pytest.mark.parametrize(
    ("idle_for", "longest_silence"),
    [(0.1, 0.0), (5.0, 0.0), (20.0, 30.0), (20.0, 20.0), (600.0, 0.0)],
    ids=["busy", "hardly idle", "survived more", "survived as much", "longer than a ping"],
)
def test_other_losses_do_not_count(idle_for: float, longest_silence: float) -> None:
    keepalive = KeepAlive()
    for _ in range(3):
        assert not keepalive.lost(idle_for, longest_silence)
    assert keepalive.interval == 30.0
