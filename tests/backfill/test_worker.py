"""A thread beside the tail: spans in, messages out, and an end at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from chatapp_tail.account.rest import Page
from chatapp_tail.backfill.calls import RestCalls
from chatapp_tail.backfill.paging import Missed
from chatapp_tail.backfill.span import Span, span_of
from chatapp_tail.backfill.worker import BackfillWorker, Filled
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import (
    ApiRefusedError,
    ApiUnavailableError,
    CredentialsError,
    TokenRefusedError,
    UsageError,
)
from chatapp_tail.network.headers import ServerClock
from tests.backfill.given import DEADLINE, NOON, TELEGRAM, Script, chat, ids, item, page, span
from tests.support.fake_clock import FakeClock

NOON_SECONDS = 1795348800


class Driver:
    """A worker, and the side of it that the main thread sees."""

    def __init__(self, worker: BackfillWorker, woken: threading.Semaphore) -> None:
        self.worker = worker
        self._woken = woken

    def result(self) -> Filled:
        """Return the next result, once the main thread was woken for it."""
        assert self._woken.acquire(timeout=DEADLINE), "no result came"
        result = self.worker.result()
        assert result is not None
        return result

    def is_woken_again(self, seconds: float) -> bool:
        """Return whether there is another result within ``seconds``; a span takes 0.2."""
        return self._woken.acquire(timeout=seconds)


@contextmanager
def working(
    new_rest: Callable[[], RestCalls], server_clock: ServerClock | None = None
) -> Iterator[Driver]:
    woken = threading.Semaphore(0)
    worker = BackfillWorker(
        new_rest, clock=FakeClock(), wake=woken.release, server_clock=server_clock
    )
    try:
        yield Driver(worker, woken)
    finally:
        worker.stop()


def one_message() -> Script:
    return Script(
        lambda _: page(chat("a", NOON_SECONDS), chat("b", 1)),
        lambda *_: page(item(1, NOON_SECONDS)),
    )


def test_span_is_filled_with_the_messages_from_a_little_before_it_on() -> None:
    script = one_message()
    with working(lambda: script) as driver:
        assert driver.worker.result() is None
        driver.worker.submit(span())
        of, missed = driver.result()
        assert driver.worker.result() is None
    assert of == span()
    assert ids(missed.items()) == [1]
    assert missed.problem is None
    assert script.asked == [("a", NOON_SECONDS - 5, None)]


def test_messages_are_asked_for_by_the_clock_of_the_api() -> None:
    script, server_clock = one_message(), ServerClock()
    server_clock.ahead = -600.0
    with working(lambda: script, server_clock) as driver:
        driver.worker.submit(span())
        driver.result()
    assert script.asked == [("a", NOON_SECONDS - 605, None)]


def test_calls_are_made_in_the_workers_thread_only_and_closed() -> None:
    made: list[Script] = []

    def new_rest() -> Script:
        made.append(one_message())
        assert threading.current_thread().name == "backfill"
        return made[-1]

    with working(new_rest) as driver:
        assert made == []
        for _ in range(2):
            driver.worker.submit(span())
            driver.result()
    (script,) = made
    assert script.thread == "backfill"
    assert script.closed.wait(DEADLINE)


def test_worker_that_was_never_asked_connects_nowhere() -> None:
    made: list[Script] = []

    def new_rest() -> Script:
        made.append(Script())
        return made[-1]

    with working(new_rest):
        pass
    assert made == []


@pytest.mark.parametrize(
    ("raised", "problem", "message"),
    [
        (ApiRefusedError("HTTP 403"), ApiRefusedError, "HTTP 403"),
        (TokenRefusedError("HTTP 401"), TokenRefusedError, "HTTP 401"),
        (CredentialsError("the token file is gone"), TokenRefusedError, "the token file is gone"),
        (UsageError("no such proxy"), TokenRefusedError, "no such proxy"),
        (ZeroDivisionError("zero"), ApiUnavailableError, "unexpected ZeroDivisionError: zero"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("place", ["at once", "when asked"])
def test_error_is_the_result_and_the_next_span_is_filled(
    raised: Exception, problem: type[Exception], message: str, place: str
) -> None:
    errors = [raised]

    def fail() -> None:
        if errors:
            raise errors.pop()

    def chats(_: int | None) -> Page:
        fail()
        return page(chat("a", NOON_SECONDS), chat("b", 1))

    def new_rest() -> Script:
        if place == "at once":
            fail()
        return Script(chats, lambda *_: page(item(1, NOON_SECONDS)))

    with working(new_rest) as driver:
        driver.worker.submit(span())
        first = driver.result()
        driver.worker.submit(span())
        second = driver.result()
    assert first.missed.texts == ()
    assert type(first.missed.problem) is problem
    assert str(first.missed.problem) == message
    assert (ids(second.missed.items()), second.missed.problem) == ([1], None)


def test_spans_of_one_channel_that_wait_are_filled_as_one() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def chats(_: int | None) -> Page:
        busy.set()
        go_on.wait(DEADLINE)
        return Page(())

    with working(lambda: Script(chats)) as driver:
        driver.worker.submit(span())
        assert busy.wait(DEADLINE)
        later, floor = NOON + timedelta(minutes=5), NOON - timedelta(hours=1)
        driver.worker.submit(span(since=later + timedelta(minutes=5), floor=floor))
        driver.worker.submit(span(since=later, channel=f"{TELEGRAM}Bot", floor=floor))
        driver.worker.submit(span(since=later, floor=NOON))
        go_on.set()
        results = [driver.result() for _ in range(3)]
    assert results == [
        Filled(span(), Missed()),
        Filled(span(since=later, floor=floor), Missed()),
        Filled(span(since=later, channel=f"{TELEGRAM}Bot", floor=floor), Missed()),
    ]


def test_nothing_is_read_ahead_of_what_was_not_taken() -> None:
    script = one_message()
    with working(lambda: script) as driver:
        for channel in (TELEGRAM, f"{TELEGRAM}Bot", f"{TELEGRAM}2"):
            driver.worker.submit(span(channel=channel))
        for taken in range(1, 4):
            assert driver.is_woken_again(DEADLINE)
            assert not driver.is_woken_again(0.5)
            assert len(script.asked) == taken
            assert driver.worker.result() is not None


def test_stop_ends_a_long_pause_at_once() -> None:
    paused = threading.Event()

    def throttle(_: int | None) -> Page:
        paused.set()
        raise ApiUnavailableError("HTTP 429", retry_after=300.0)

    script = Script(throttle)
    clock = SystemClock()
    with working(lambda: script) as driver:
        driver.worker.submit(span())
        assert paused.wait(DEADLINE)
        before = clock.now()
        driver.worker.stop()
        assert script.closed.wait(DEADLINE)
        assert clock.now() - before < 1.0
        assert driver.worker.result() is None


def test_stop_does_not_wait_for_a_call_under_way() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def chats(_: int | None) -> Page:
        busy.set()
        go_on.wait(DEADLINE)
        return Page(())

    clock = SystemClock()
    script = Script(chats)
    with working(lambda: script) as driver:
        for channel in (TELEGRAM, f"{TELEGRAM}Bot"):
            driver.worker.submit(span(channel=channel))
        assert busy.wait(DEADLINE)
        before = clock.now()
        driver.worker.stop()
        assert clock.now() - before < 1.0
        go_on.set()
        assert script.closed.wait(DEADLINE)
    assert len(script.bounds) == 1


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("1229/telegram", Span(TELEGRAM, 1229, "telegram", NOON, NOON)),
        ("company/2224", None),
        ("user/685", None),
        ("company/2224/user/685", None),
        ("private-something", None),
    ],
)
def test_only_a_licences_channel_has_a_span(spec: str, expected: Span | None) -> None:
    assert span_of(parse_spec(spec), NOON, NOON) == expected
