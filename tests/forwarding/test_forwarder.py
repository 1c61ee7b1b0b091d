"""What is posted, in which order, and what becomes of it."""

import gzip
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from chatapp_tail import __version__
from chatapp_tail.clock import SystemClock
from chatapp_tail.forwarding.forwarder import LONGEST_EFFORT
from chatapp_tail.forwarding.post import request_of
from chatapp_tail.forwarding.result import Counts, Outcome, Overflow, Result
from chatapp_tail.forwarding.target import Header
from tests.forwarding.given import (
    DEADLINE,
    NOBODY,
    Gate,
    MortalWebhook,
    Reports,
    Webhook,
    event,
    finish,
    forwarding,
    http,
    put_all,
)
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer, Request
from tests.support.records import received
from tests.support.scripted_server import Peer, ScriptedServer
from tests.support.waiting import wait_until

SECRET = "s3cret-of-the-webhook"
HUNG_UP = Answer(0)


@pytest.fixture
def reports() -> Reports:
    return Reports()


# What is posted


def test_headers_say_what_it_is_whatever_its_name_holds() -> None:
    request = request_of(received({"data": [{"id": 5}], "meta": None}, event="chat\r\nX: 1 ы"))
    assert request.headers["X-ChatApp-Event"] == "chat%0D%0AX:%201%20%D1%8B"
    assert request.headers["X-ChatApp-Channel"] == "1229/telegram"
    assert request.headers["X-ChatApp-Seq"] == "17"
    assert request_of(received({"data": [{"id": 5}], "meta": None})).about == "message 5"


def test_event_is_posted_as_a_webhook_sends_it(reports: Reports) -> None:
    meta = {"type": "message", "licenseId": "1229"}
    payload = {"queue": "q", "payload": {"data": [{"id": 1}, {"id": 2}], "meta": meta}}
    with Webhook() as webhook, forwarding(f"{webhook.url}?key=1", reports) as forwarder:
        host = urlsplit(webhook.url).netloc
        assert forwarder.put(request_of(received(json.dumps(payload))))
        assert finish(forwarder) == 0
    (request,) = webhook.requests
    assert (request.method, request.path) == ("POST", "/webhook?key=1")
    assert request.body == (
        b'{"data":[{"id":1},{"id":2}],"meta":{"type":"message","licenseId":"1229"}}'
    )
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == f"chatapp-tail/{__version__}"
    assert request.headers["accept"] == "*/*"
    assert reports.news == [Result(17, "message 1", host, Outcome.SENT, 200, "", 0.0, 1, 6)]
    assert request.headers["x-chatapp-seq"] == "17"
    assert forwarder.counts == Counts(sent=1)


def test_only_the_items_that_were_accepted_are_posted() -> None:
    first, _, third = received({"data": ["first", "second", "third"], "meta": None})
    assert request_of([first, third]).body == b'{"data":["first","third"],"meta":null}'


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        ("no JSON", {"data": "no JSON", "meta": None}),
        ('{"data": {"id": 1}, "meta": 5}', {"data": {"id": 1}, "meta": 5}),
        ('{"data": [], "meta": {"a": 1}}', {"data": [], "meta": {"a": 1}}),
        ('{"other": 1}', {"data": {"other": 1}, "meta": None}),
        ("[1, 2]", {"data": [1, 2], "meta": None}),
        ("null", {"data": None, "meta": None}),
    ],
)
def test_malformed_event_is_posted_as_it_came(payload: str, body: object) -> None:
    assert json.loads(request_of(received(payload)).body) == body


def test_any_text_and_number_arrives_as_it_is(reports: Reports) -> None:
    items = ["Привет 🇺🇸", "\ud83d", "\x1b[2J\u202e\x7f", 2**70, -0.5, {"": []}]
    with Webhook() as webhook, forwarding(webhook.url, reports) as forwarder:
        forwarder.put(event(1, *items))
        finish(forwarder)
    assert webhook.items == items


def test_headers_are_sent_along(reports: Reports) -> None:
    headers = [
        Header("Authorization", f"Bearer {SECRET}"),
        Header("X-Name", "Zoë"),
        Header("user-agent", "ChatApp"),
        Header("Host", "crm.example"),
    ]
    with Webhook() as webhook, forwarding(webhook.url, reports, *headers) as forwarder:
        forwarder.put(event(1))
        finish(forwarder)
    (request,) = webhook.requests
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["x-name"] == "Zoë"
    assert request.headers["user-agent"] == "ChatApp"
    assert request.headers["host"] == "crm.example"
    assert SECRET not in repr(reports.news)


# Order, and one connection


def test_events_arrive_in_order_over_one_connection(reports: Reports) -> None:
    with MortalWebhook() as webhook, forwarding(webhook.url, reports) as forwarder:
        assert all(put_all(forwarder, range(300)))
        assert finish(forwarder) == 0
        assert webhook.bodies == [{"data": [seq], "meta": None} for seq in range(300)]
        assert webhook.connections == 1
    assert forwarder.counts == Counts(sent=300)


def test_webhook_that_dies_and_comes_back_gets_everything_in_order(reports: Reports) -> None:
    clock = FakeClock(fraction=0.3)  # 6 tries take 9 seconds
    with MortalWebhook() as webhook, forwarding(webhook.url, reports, clock=clock) as forwarder:
        put_all(forwarder, range(20))
        reports.wait_for(20)
        webhook.die()
        put_all(forwarder, range(20, 40))
        reports.wait_for(21)
        put_all(forwarder, range(40, 60))
        webhook.live(answers=15)  # then it hangs up in the middle of a request
        wait_until(lambda: reports.results[-1].seq == 35, "the hang-up to be noticed")
        webhook.die()
        webhook.live()
        assert finish(forwarder) == 0
    assert webhook.bodies == [{"data": [seq], "meta": None} for seq in range(60)]
    sent = [result.seq for result in reports.results if result.outcome is Outcome.SENT]
    assert sent == list(range(60))
    failed = {result.seq for result in reports.results if result.outcome is Outcome.RETRY}
    assert failed == {20, 35}
    assert forwarder.counts == Counts(sent=60)


def test_kept_connection_that_the_webhook_has_closed_is_opened_again(reports: Reports) -> None:
    with MortalWebhook() as webhook, forwarding(webhook.url, reports) as forwarder:
        for seq in range(3):
            forwarder.put(event(seq))
            reports.wait_for(seq + 1)
            webhook.die()
            webhook.live()
        assert webhook.connections == 3
    assert [result.outcome for result in reports.results] == [Outcome.SENT] * 3


# Answers


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_answer_of_success_is_the_end_of_it(reports: Reports, status: int) -> None:
    with Webhook(Answer(status)) as webhook, forwarding(webhook.url, reports) as forwarder:
        put_all(forwarder, (17, 18))
        finish(forwarder)
    assert webhook.items == [17, 18]
    assert reports.sentences[0] == f"forwarded #17: {status} in 0 ms"
    assert forwarder.counts == Counts(sent=2)


@pytest.mark.parametrize(
    "status", [300, 304, 400, 401, 403, 404, 405, 407, 409, 410, 413, 422, 499]
)
def test_refusal_isnt_tried_again(reports: Reports, status: int) -> None:
    answers = (Answer(status), Answer())
    with Webhook(*answers) as webhook, forwarding(webhook.url, reports) as forwarder:
        put_all(forwarder, (17, 18))
        finish(forwarder)
    assert webhook.items == [17, 18]
    assert reports.sentences[0].startswith(f"#17 refused: {status} in 0 ms")
    assert reports.sentences[1:] == ["forwarded #18: 200 in 0 ms"]
    assert forwarder.counts == Counts(sent=1, failed=1)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 599])
def test_failure_that_may_pass_is_tried_again_before_anything_else(
    reports: Reports, status: int
) -> None:
    answers = (Answer(status), Answer(status), Answer())
    with Webhook(*answers) as webhook, forwarding(webhook.url, reports) as forwarder:
        put_all(forwarder, (17, 18))
        assert finish(forwarder) == 0
    assert webhook.items == [17, 17, 17, 18]
    assert reports.sentences == [
        f"#17: {status} in 0 ms; next try in 0.0 s (try 2 of 6)",
        f"#17: {status} in 0 ms; next try in 0.0 s (try 3 of 6)",
        "forwarded #17: 200 in 0 ms (try 3)",
        "forwarded #18: 200 in 0 ms",
    ]
    assert forwarder.counts == Counts(sent=2)


def test_event_is_dropped_after_six_tries(reports: Reports) -> None:
    answers = (*[Answer(503)] * 6, Answer())
    with Webhook(*answers) as webhook, forwarding(webhook.url, reports) as forwarder:
        put_all(forwarder, (17, 18))
        assert finish(forwarder) == 0
    assert webhook.items == [17, 17, 17, 17, 17, 17, 18]
    assert reports.sentences[4:] == [
        "#17: 503 in 0 ms; next try in 0.0 s (try 6 of 6)",
        "#17 dropped after 6 tries: 503",
        "forwarded #18: 200 in 0 ms",
    ]
    assert forwarder.counts == Counts(sent=1, dropped=1)


def test_pauses_between_tries_double(reports: Reports) -> None:
    clock = FakeClock(fraction=1 / 1024)
    with (
        Webhook(Answer(500)) as webhook,
        forwarding(webhook.url, reports, clock=clock) as forwarder,
    ):
        forwarder.put(event(17))
        assert finish(forwarder) == 0
    assert [result.retry_in for result in reports.results] == [
        1 / 1024,
        2 / 1024,
        4 / 1024,
        8 / 1024,
        16 / 1024,
        None,
    ]


def test_event_that_fails_after_five_minutes_is_dropped(reports: Reports) -> None:
    clock = FakeClock(fraction=0.0)

    def answer(_: Request) -> Answer:
        clock.advance(LONGEST_EFFORT / 2)
        return Answer(503)

    with Webhook(answer) as webhook, forwarding(webhook.url, reports, clock=clock) as forwarder:
        forwarder.put(event(17))
        finish(forwarder)
    assert reports.sentences == [
        "#17: 503 in 2m 30s; next try in 0.0 s (try 2 of 6)",
        "#17 dropped after 2 tries: 503",
    ]


def test_wish_for_a_later_try_is_respected(reports: Reports) -> None:
    answer = Answer(429, {"Retry-After": "120"})
    with Webhook(answer) as webhook, forwarding(webhook.url, reports) as forwarder:
        forwarder.put(event(17))
        assert reports.wait_for(1) == ["#17: 429 in 0 ms; next try in 2m 0s (try 2 of 6)"]
    assert len(webhook.requests) == 1


def test_redirect_isnt_followed_and_gets_no_header(reports: Reports) -> None:
    with Webhook() as other:
        moved = Answer(307, {"Location": other.url})
        key = Header("X-Key", SECRET)
        with Webhook(moved) as webhook, forwarding(webhook.url, reports, key) as forwarder:
            forwarder.put(event(17))
            finish(forwarder)
    assert reports.sentences == ["#17 refused: 307 in 0 ms; redirects aren't followed"]
    assert other.requests == []


def test_cookies_arent_kept(reports: Reports) -> None:
    with (
        Webhook(Answer(headers={"Set-Cookie": "a=b; Path=/"})) as webhook,
        forwarding(webhook.url, reports) as forwarder,
    ):
        put_all(forwarder, (1, 2))
        finish(forwarder)
    assert ["cookie" in request.headers for request in webhook.requests] == [False, False]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body="{}"),
        Answer(body=b"x" * 10_000_000),
        Answer(body=gzip.compress(bytes(10_000_000)), headers={"Content-Encoding": "gzip"}),
        Answer(body="no gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["short", "long", "inflated", "broken"],
)
def test_whatever_the_answer_says_is_of_no_interest(reports: Reports, answer: Answer) -> None:
    with Webhook(answer) as webhook, forwarding(webhook.url, reports) as forwarder:
        put_all(forwarder, range(5))
        assert finish(forwarder) == 0
    assert webhook.items == [0, 1, 2, 3, 4]
    assert forwarder.counts == Counts(sent=5)


def test_answer_that_breaks_off_is_one(reports: Reports) -> None:
    def answer(peer: Peer) -> None:
        peer.read_request()
        peer.read(len(b'{"data":[1],"meta":null}'))
        peer.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    with ScriptedServer(answer) as server, forwarding(http(server), reports) as forwarder:
        put_all(forwarder, (1, 2))
        assert finish(forwarder) == 0
    assert reports.sentences == ["forwarded #1: 200 in 0 ms", "forwarded #2: 200 in 0 ms"]


def test_answer_without_end_is_left(reports: Reports) -> None:
    def answer(peer: Peer) -> None:
        peer.read_request()
        peer.read(len(b'{"data":[1],"meta":null}'))
        peer.send_raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            peer.send_raw(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    with ScriptedServer(answer) as server, forwarding(http(server), reports) as forwarder:
        put_all(forwarder, (1, 2))
        assert finish(forwarder) == 0
        assert server.connections == 2
    assert reports.sentences == ["forwarded #1: 200 in 0 ms", "forwarded #2: 200 in 0 ms"]


# No answer


def test_refused_connection_is_tried_again(reports: Reports) -> None:
    with forwarding(NOBODY, reports) as forwarder:
        forwarder.put(event(17))
        assert finish(forwarder) == 0
    assert reports.sentences == [
        "#17: connection refused; next try in 0.0 s (try 2 of 6)",
        "#17: connection refused; next try in 0.0 s (try 3 of 6)",
        "#17: connection refused; next try in 0.0 s (try 4 of 6)",
        "#17: connection refused; next try in 0.0 s (try 5 of 6)",
        "#17: connection refused; next try in 0.0 s (try 6 of 6)",
        "#17 dropped after 6 tries: connection refused",
    ]
    assert forwarder.counts == Counts(dropped=1)


def test_connection_that_ends_without_an_answer_is_tried_again(reports: Reports) -> None:
    with (
        Webhook(Answer(), HUNG_UP, Answer()) as webhook,
        forwarding(webhook.url, reports) as forwarder,
    ):
        put_all(forwarder, (17, 18))
        assert finish(forwarder) == 0
    assert webhook.items == [17, 18, 18]
    assert reports.sentences[1:] == [
        "#18: the connection was closed without an answer; next try in 0.0 s (try 2 of 6)",
        "forwarded #18: 200 in 0 ms (try 2)",
    ]


def test_silent_webhook_is_tried_again(reports: Reports) -> None:
    answers = (Answer(delay=DEADLINE), Answer())
    with (
        Webhook(*answers) as webhook,
        forwarding(webhook.url, reports, answer_timeout=0.1) as forwarder,
    ):
        forwarder.put(event(17))
        assert finish(forwarder) == 0
    assert reports.sentences == [
        "#17: no answer in time; next try in 0.0 s (try 2 of 6)",
        "forwarded #17: 200 in 0 ms (try 2)",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        f"{SECRET}\r\n\r\n",
        f"HTTP/1.1 {SECRET}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\n{SECRET * 4000}",
        "HTTP/1.1 200 OK\r\n" + "X-Key: 1\r\n" * 101 + "\r\n",
    ],
    ids=["no status line", "no status", "endless header", "endless headers"],
)
def test_what_isnt_http_is_said_without_quoting_it(reports: Reports, raw: str) -> None:
    def answer(peer: Peer) -> None:
        peer.read_request()
        peer.read(len(b'{"data":[17],"meta":null}'))
        peer.send_raw(raw.encode())

    with ScriptedServer(answer) as server, forwarding(http(server), reports) as forwarder:
        forwarder.put(event(17))
        assert finish(forwarder) == 0
    assert reports.sentences[5:] == ["#17 dropped after 6 tries: the answer isn't HTTP"]


def test_header_that_cant_be_sent_is_said_without_its_value(reports: Reports) -> None:
    with Webhook() as webhook:
        with forwarding(webhook.url, reports, Header("X-Key", f"ключ {SECRET}")) as forwarder:
            put_all(forwarder, (17, 18))
            assert finish(forwarder) == 0
        with forwarding(webhook.url, reports, Header("X-Key", f" {SECRET}")) as forwarder:
            forwarder.put(event(19))
            assert finish(forwarder) == 0
    assert reports.sentences == [
        "#17 dropped: can't be sent: UnicodeEncodeError",
        "#18 dropped: can't be sent: UnicodeEncodeError",
        "#19 dropped: can't be sent: InvalidHeader",
    ]
    assert webhook.requests == []


# Too many events


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


def test_newest_events_are_dropped_and_the_loss_is_said_where_it_is(
    reports: Reports, gate: Gate
) -> None:
    with (
        Webhook(gate) as webhook,
        forwarding(webhook.url, reports, most_events=3) as forwarder,
    ):
        assert put_all(forwarder, range(1, 7)) == [True, True, True, False, False, False]
        assert reports.news == [Overflow(4, 4, 1)]
        assert forwarder.counts == Counts(dropped=3, waiting=3)
        gate.open()
        reports.wait_for(4)
        wait_until(lambda: forwarder.counts.waiting == 0, "the room to be empty")
        assert put_all(forwarder, range(7, 9)) == [True, True]
        assert finish(forwarder) == 0
    assert webhook.items == [1, 2, 3, 7, 8]
    assert reports.sentences == [
        "#4 dropped: there is no room to queue it; so is what follows",
        "forwarded #1: 200 in 0 ms",
        "forwarded #2: 200 in 0 ms",
        "forwarded #3: 200 in 0 ms",
        "3 dropped (#4 to #6); there is room again",
        "forwarded #7: 200 in 0 ms",
        "forwarded #8: 200 in 0 ms",
    ]
    assert forwarder.counts == Counts(sent=5, dropped=3)


def test_each_loss_is_said(reports: Reports) -> None:
    first, second = Gate(), Gate()
    with (
        Webhook(first, second, Answer()) as webhook,
        forwarding(webhook.url, reports, most_events=1) as forwarder,
    ):
        assert put_all(forwarder, (1, 2)) == [True, False]
        first.open()
        wait_until(lambda: forwarder.counts.waiting == 0, "the room to be empty")
        assert forwarder.put(event(3))
        reports.wait_for(3)
        assert not forwarder.put(event(4))
        second.open()
        wait_until(lambda: forwarder.counts.waiting == 0, "the room to be empty")
        assert forwarder.put(event(5))
        assert finish(forwarder) == 0
    assert webhook.items == [1, 3, 5]
    assert reports.sentences == [
        "#2 dropped: there is no room to queue it; so is what follows",
        "forwarded #1: 200 in 0 ms",
        "#2 was dropped; there is room again",
        "#4 dropped: there is no room to queue it; so is what follows",
        "forwarded #3: 200 in 0 ms",
        "#4 was dropped; there is room again",
        "forwarded #5: 200 in 0 ms",
    ]


def test_slow_webhook_neither_blocks_nor_fills_the_memory(reports: Reports, gate: Gate) -> None:
    clock, item = SystemClock(), "x" * 10_000
    with (
        Webhook(gate) as webhook,
        forwarding(webhook.url, reports, most_bytes=1_000_000) as forwarder,
    ):
        forwarder.put(event(0))
        assert webhook.arrived.wait(DEADLINE)
        began = clock.now()
        fits = [forwarder.put(event(seq, item)) for seq in range(1, 5001)]
        assert clock.now() - began < 2.0
        assert fits.count(True) == 99
        assert fits[:99] == [True] * 99
        assert forwarder.counts == Counts(dropped=4901, waiting=100)
        gate.open()
