"""What the session's tests don't show."""

from collections.abc import Iterator

from chatapp_tail.errors import ApiUnavailableError
from chatapp_tail.pusher.interfaces import Postponed, Refused, SendText, Subscribed
from chatapp_tail.pusher.subscriptions import Subscriptions
from tests.pusher.given import (
    FIRST,
    SECOND,
    SIGNED,
    SOCKET_ID,
    THIRD,
    doubling_delays,
    request,
    subscribe,
)

NEVER = float("inf")
LATER = ApiUnavailableError("later")


def started(*channels: str) -> Subscriptions:
    subscriptions = Subscriptions(channels, answer_timeout=10.0, delays=doubling_delays)
    subscriptions.start(SOCKET_ID)
    return subscriptions


def test_nothing_to_watch_is_nothing_to_do() -> None:
    subscriptions = Subscriptions([], answer_timeout=10.0, delays=doubling_delays)
    assert subscriptions.start(SOCKET_ID) == []
    assert subscriptions.deadline == NEVER
    assert subscriptions.handle_timeout(1000.0) == []
    assert subscriptions.subscribing is None


def test_word_about_an_unknown_channel_changes_nothing() -> None:
    subscriptions = started(FIRST)
    subscriptions.receive_authorization(request(FIRST), SIGNED, 1.0)
    assert subscriptions.confirm("private-other", 2.0) == []
    assert subscriptions.confirm(None, 2.0) == []
    assert subscriptions.refuse("private-other", "no", None, 2.0) == []
    assert subscriptions.subscribing == FIRST


def test_yes_for_a_channel_that_waits_for_its_turn_saves_the_subscription() -> None:
    subscriptions = started(FIRST, SECOND, THIRD)
    for channel in (FIRST, SECOND, THIRD):
        subscriptions.receive_authorization(request(channel), SIGNED, 1.0)
    assert subscriptions.confirm(SECOND, 2.0) == [Subscribed(SECOND)]
    assert subscriptions.confirm(FIRST, 3.0) == [Subscribed(FIRST), SendText(subscribe(THIRD))]


def test_refused_channel_stays_refused() -> None:
    subscriptions = started(FIRST)
    subscriptions.receive_authorization(request(FIRST), SIGNED, 1.0)
    assert subscriptions.refuse(None, "no", 4009, 2.0) == [Refused(FIRST, "no", 4009)]
    assert subscriptions.confirm(FIRST, 3.0) == []
    assert subscriptions.refuse(FIRST, "no", 4009, 3.0) == []
    assert subscriptions.receive_authorization(request(FIRST), SIGNED, 3.0) == []
    assert subscriptions.deadline == NEVER


def test_each_next_channel_gets_the_whole_time_for_its_answer() -> None:
    subscriptions = started(FIRST, SECOND)
    subscriptions.receive_authorization(request(FIRST), SIGNED, 1.0)
    subscriptions.receive_authorization(request(SECOND), SIGNED, 1.0)
    subscriptions.confirm(FIRST, 9.0)
    assert subscriptions.deadline == 19.0


def test_channels_that_were_put_off_together_are_asked_for_in_order() -> None:
    subscriptions = started(FIRST, SECOND, THIRD)
    for channel in (THIRD, FIRST, SECOND):
        subscriptions.receive_authorization(request(channel), LATER, 1.0)
    assert subscriptions.deadline == 2.0
    assert subscriptions.handle_timeout(1.999) == []
    assert subscriptions.handle_timeout(2.0) == [request(THIRD), request(FIRST), request(SECOND)]
    assert subscriptions.deadline == NEVER


def test_each_channel_has_its_own_series_of_delays() -> None:
    subscriptions = started(FIRST, SECOND)
    assert [
        effect
        for channel in (FIRST, FIRST, SECOND, FIRST, SECOND)
        for effect in subscriptions.receive_authorization(request(channel), LATER, 1.0)
    ] == [
        Postponed(FIRST, "later", 1.0, 1),
        Postponed(FIRST, "later", 2.0, 2),
        Postponed(SECOND, "later", 1.0, 1),
        Postponed(FIRST, "later", 4.0, 3),
        Postponed(SECOND, "later", 2.0, 2),
    ]


def test_missing_answer_continues_the_series_that_the_api_began() -> None:
    subscriptions = started(FIRST)
    subscriptions.receive_authorization(request(FIRST), LATER, 0.0)
    subscriptions.handle_timeout(1.0)
    subscriptions.receive_authorization(request(FIRST), SIGNED, 2.0)
    assert subscriptions.handle_timeout(12.0) == [
        Postponed(FIRST, "no answer to the subscription in 10 s", 2.0, 2)
    ]


def test_pause_of_nothing_asks_again_at_once() -> None:
    def no_delays() -> Iterator[float]:
        while True:
            yield 0.0

    subscriptions = Subscriptions([FIRST], answer_timeout=10.0, delays=no_delays)
    subscriptions.start(SOCKET_ID)
    subscriptions.receive_authorization(request(FIRST), SIGNED, 0.0)
    assert subscriptions.handle_timeout(10.0) == [
        Postponed(FIRST, "no answer to the subscription in 10 s", 0.0, 1),
        request(FIRST),
    ]
