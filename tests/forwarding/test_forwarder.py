"""In which order events are posted, how often, and which of them are dropped."""

import pytest

from chatapp_tail.forwarding.forwarder import LONGEST_EFFORT
from chatapp_tail.forwarding.queues import MemoryQueue
from chatapp_tail.forwarding.result import Counts
from chatapp_tail.forwarding.target import Header
from tests.forwarding.given import (
    Gate,
    Reports,
    Webhook,
    event,
    finish,
    forwarded,
    forwarding,
    poster,
    put_all,
)
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer, Request
from tests.support.waiting import wait_until

SECRET = "s3cret-of-the-webhook"
HUNG_UP = Answer(0)


@pytest.fixture
def reports() -> Reports:
    return Reports()


# Order, and one connection


def test_events_arrive_in_order_over_one_connection() -> None:
    with Webhook() as webhook:
        forwarded(webhook.url, *range(300))
        assert webhook.items == list(range(300))
        assert webhook.connections == 1


def test_webhook_that_dies_and_comes_back_gets_everything_in_order(reports: Reports) -> None:
    clock = FakeClock(fraction=0.3)  # 6 tries take 9 seconds
    answers = (*[Answer()] * 35, HUNG_UP, Answer())
    with Webhook(*answers) as webhook, forwarding(webhook.url, reports, clock=clock) as forwarder:
        put_all(forwarder, range(20))
        reports.wait_for(20)
        webhook.die()
        put_all(forwarder, range(20, 40))
        reports.wait_for(21)
        put_all(forwarder, range(40, 60))
        webhook.revive()
        assert finish(forwarder) == 0
    assert webhook.items == [*range(36), *range(35, 60)]
    sent = [one.request.seq for one in reports.results if one.reply.is_taken]
    assert sent == list(range(60))
    failed = {one.request.seq for one in reports.results if one.retry_in is not None}
    assert failed == {20, 35}
    assert forwarder.counts == Counts(sent=60)


def test_kept_connection_that_the_webhook_has_closed_is_opened_again(reports: Reports) -> None:
    with Webhook() as webhook, forwarding(webhook.url, reports) as forwarder:
        for seq in range(3):
            forwarder.put(event(seq))
            reports.wait_for(seq + 1)
            webhook.die()
            webhook.revive()
        assert webhook.connections == 3
    assert [result.reply.is_taken for result in reports.results] == [True] * 3


# Tries


def test_failed_event_is_tried_six_times_before_the_next_one(reports: Reports) -> None:
    answers = (*[Answer(503)] * 6, Answer(404), Answer())
    with Webhook(*answers) as webhook, forwarding(webhook.url, reports) as forwarder:
        put_all(forwarder, (17, 18, 19))
        assert finish(forwarder) == 0
    assert webhook.items == [17, 17, 17, 17, 17, 17, 18, 19]
    assert reports.sentences == [
        *(f"#17: 503 in 0 ms; next try in 0.0 s (try {number} of 6)" for number in range(2, 7)),
        "#17 dropped after 6 tries: 503",
        "#18 refused: 404 in 0 ms",
        "forwarded #19: 200 in 0 ms",
    ]
    assert forwarder.counts == Counts(sent=1, failed=1, dropped=1)


def test_pauses_between_tries_double(reports: Reports) -> None:
    clock = FakeClock(fraction=1 / 1024)
    with (
        Webhook(Answer(500)) as webhook,
        forwarding(webhook.url, reports, clock=clock) as forwarder,
    ):
        forwarder.put(event(17))
        assert finish(forwarder) == 0
    pauses = [1 / 1024, 2 / 1024, 4 / 1024, 8 / 1024, 16 / 1024]
    assert [result.retry_in for result in reports.results] == [*pauses, None]


@pytest.mark.parametrize(
    ("retries_forever", "last"),
    [
        (False, "#17 dropped after 2 tries: 503"),
        (True, "forwarded #17: 200 in 0 ms (try 8)"),
    ],
)
def test_event_that_fails_after_five_minutes_is_dropped_unless_it_is_kept_forever(
    reports: Reports, last: str, *, retries_forever: bool
) -> None:
    clock = FakeClock(fraction=0.0)

    def fail(_: Request) -> Answer:
        clock.advance(LONGEST_EFFORT / 2)
        return Answer(503)

    with (
        Webhook(*[fail] * 7, Answer()) as webhook,
        forwarding(
            poster(webhook.url, clock=clock), reports, clock=clock, retries_forever=retries_forever
        ) as forwarder,
    ):
        forwarder.put(event(17))
        finish(forwarder)
    assert reports.sentences[0].startswith("#17: 503 in 2m 30s; next try in 0.0 s (try 2")
    assert reports.sentences[-1] == last


def test_retry_after_of_the_webhook_is_respected(reports: Reports) -> None:
    answer = Answer(429, {"Retry-After": "120"})
    with Webhook(answer) as webhook, forwarding(webhook.url, reports) as forwarder:
        forwarder.put(event(17))
        assert reports.wait_for(1) == ["#17: 429 in 0 ms; next try in 2m 0s (try 2 of 6)"]
    assert len(webhook.requests) == 1


def test_what_cannot_be_sent_is_dropped_in_words_without_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unusable = Header("X-Key", f"ключ {SECRET}")
    with Webhook() as webhook:
        reports = forwarded(poster(webhook.url, unusable), 17, 18)
    assert reports.sentences == [
        "#17 dropped: can't be sent: UnicodeEncodeError",
        "#18 dropped: can't be sent: UnicodeEncodeError",
    ]
    monkeypatch.setenv("ALL_PROXY", "socks5://p:1")
    reports = forwarded("https://chatapp.test/", 17)
    assert reports.sentences == ["#17 dropped: the proxy for chatapp.test is a socks5 proxy"]


# Too many events


def test_newest_events_are_dropped_and_each_loss_is_reported_where_it_is(reports: Reports) -> None:
    first, second = Gate(), Gate()
    with (
        Webhook(first, second, Answer()) as webhook,
        forwarding(webhook.url, reports, queue=MemoryQueue(most_events=1)) as forwarder,
    ):
        assert put_all(forwarder, (1, 2, 3, 4)) == [True, False, False, False]
        assert forwarder.counts == Counts(dropped=3, waiting=1)
        first.open()
        wait_until(lambda: forwarder.counts.waiting == 0, "the queue to be empty")
        assert forwarder.put(event(5))
        reports.wait_for(3)
        assert not forwarder.put(event(6))
        second.open()
        wait_until(lambda: forwarder.counts.waiting == 0, "the queue to be empty")
        assert forwarder.put(event(7))
        assert finish(forwarder) == 0
    assert webhook.items == [1, 5, 7]
    assert reports.sentences == [
        "#2 dropped: there is no room to queue it; so is what follows",
        "forwarded #1: 200 in 0 ms",
        "3 dropped (#2 to #4); there is room again",
        "#6 dropped: there is no room to queue it; so is what follows",
        "forwarded #5: 200 in 0 ms",
        "#6 was dropped; there is room again",
        "forwarded #7: 200 in 0 ms",
    ]
    assert forwarder.counts == Counts(sent=3, dropped=4)
