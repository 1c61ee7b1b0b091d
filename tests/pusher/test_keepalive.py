import pytest

from chatapp_tail.pusher.keepalive import KeepAlive


def test_two_deaths_of_idle_connections_shorten_the_interval_to_half_of_the_silence() -> None:
    keepalive = KeepAlive()
    assert not keepalive.died(25.0, 0.1)
    assert keepalive.interval == 30.0
    assert keepalive.died(25.2, 0.1)
    assert keepalive.interval == 12.5


def test_interval_is_never_shorter_than_ten_seconds() -> None:
    keepalive = KeepAlive()
    keepalive.died(8.0, 0.0)
    assert keepalive.died(8.0, 0.0)
    assert keepalive.interval == 10.0
    keepalive.died(8.0, 0.0)
    assert not keepalive.died(8.0, 0.0)


@pytest.mark.parametrize(
    ("idle_for", "longest_silence"),
    [(0.1, 0.0), (5.0, 0.0), (20.0, 30.0), (20.0, 20.0), (600.0, 0.0)],
    ids=["busy", "hardly idle", "survived more", "survived as much", "longer than a ping"],
)
def test_other_deaths_do_not_count(idle_for: float, longest_silence: float) -> None:
    keepalive = KeepAlive()
    for _ in range(3):
        assert not keepalive.died(idle_for, longest_silence)
    assert keepalive.interval == 30.0
