"""Spans are read in a thread; calls are paced and repeated; the end comes at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chatapp_tail.account.rest import Page, Rest
from chatapp_tail.backfill.worker import ATTEMPTS, BackfillWorker, Calls
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import (
    ApiRefusedError,
    ApiUnavailableError,
    CredentialsError,
    TokenRefusedError,
)
from chatapp_tail.network.headers import ServerClock
from tests.backfill.given import DEADLINE, ScriptedRest, chat, ids, item, page, span
from tests.support.fake_clock import FakeClock

NOON_SECONDS = 1795348800


@contextmanager
def working(
    new_rest: Callable[[], Rest],
    *,
    wake: Callable[[], None] = lambda: None,
    server_clock: ServerClock | None = None,
) -> Iterator[BackfillWorker]:
    worker = BackfillWorker(new_rest, clock=FakeClock(), wake=wake, server_clock=server_clock)
    try:
        yield worker
    finally:
        worker.stop()


def two_chats(_: int | None) -> Page:
    """Return a chat with a message of the span, and one without."""
    return page(chat("a", NOON_SECONDS), chat("b", 1))


def one_message() -> ScriptedRest:
    return ScriptedRest(two_chats, lambda *_: page(item(1, NOON_SECONDS)))


# A span


def test_span_is_read_from_a_little_before_its_beginning() -> None:
    rest, woken = one_message(), threading.Event()
    with working(lambda: rest, wake=woken.set) as worker:
        call = worker.fill(span())
        assert woken.wait(DEADLINE)
        missed = call.result()
    assert (ids(missed.items()), missed.problem) == ([1], None)
    assert rest.asked == [("a", NOON_SECONDS - 5, None)]


def test_span_is_read_by_the_clock_of_the_api() -> None:
    rest, server_clock = one_message(), ServerClock()
    server_clock.ahead = -600.0
    with working(lambda: rest, server_clock=server_clock) as worker:
        worker.fill(span()).result(DEADLINE)
    assert rest.asked == [("a", NOON_SECONDS - 605, None)]


def test_one_connection_is_made_for_all_spans_in_the_workers_thread() -> None:
    made: list[ScriptedRest] = []

    def new_rest() -> ScriptedRest:
        assert threading.current_thread() is not threading.main_thread()
        made.append(one_message())
        return made[-1]

    with working(new_rest) as worker:
        assert made == []
        for _ in range(2):
            worker.fill(span()).result(DEADLINE)
        assert not made[0].closed.is_set()
    (rest,) = made
    assert rest.closed.is_set()


@pytest.mark.parametrize(
    ("raised", "problem", "message"),
    [
        (CredentialsError("the token file is gone"), TokenRefusedError, "the token file is gone"),
        (ZeroDivisionError("zero"), ApiUnavailableError, "unexpected ZeroDivisionError: zero"),
    ],
    ids=repr,
)
def test_error_is_the_result_and_the_next_span_is_read(
    raised: Exception, problem: type[Exception], message: str
) -> None:
    errors = [raised]

    def new_rest() -> ScriptedRest:
        if errors:
            raise errors.pop()
        return one_message()

    with working(new_rest) as worker:
        first = worker.fill(span()).result(DEADLINE)
        second = worker.fill(span()).result(DEADLINE)
    assert first.texts == ()
    assert (type(first.problem), str(first.problem)) == (problem, message)
    assert (ids(second.items()), second.problem) == ([1], None)


def test_stop_ends_a_long_pause_at_once() -> None:
    paused = threading.Event()

    def throttle(_: int | None) -> Page:
        paused.set()
        raise ApiUnavailableError("HTTP 429", retry_after=300.0)

    rest = ScriptedRest(throttle)
    with working(lambda: rest) as worker:
        worker.fill(span())
        assert paused.wait(DEADLINE)
        worker.stop()
        assert rest.closed.wait(DEADLINE)


def test_stop_does_not_wait_for_a_call_under_way() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def chats(bound: int | None) -> Page:
        busy.set()
        go_on.wait(DEADLINE)
        return two_chats(bound)

    clock = SystemClock()
    rest = ScriptedRest(chats)
    with working(lambda: rest) as worker:
        worker.fill(span())
        assert busy.wait(DEADLINE)
        before = clock.now()
        worker.stop()
        assert clock.now() - before < 1.0
        assert not rest.closed.is_set()
        go_on.set()
        assert rest.closed.wait(DEADLINE)
    assert rest.asked == []


# Its calls

PAGE = page(chat("a", 110))


class Caller:
    """Calls that fail with ``errors`` first; pauses are noted and take no time."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.asked = 0
        self.pauses: list[float] = []
        self.clock = FakeClock()
        self._calls = Calls(ScriptedRest, clock=self.clock, pause=self._pause)

    def ask(self) -> Page:
        return self._calls.ask(self._answer)

    def _answer(self, _: Rest) -> Page:
        self.asked += 1
        if self._errors:
            raise self._errors.pop(0)
        return PAGE

    def _pause(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 6))
        self.clock.advance(seconds)


def test_ten_calls_a_second_are_made() -> None:
    caller = Caller()
    for _ in range(20):
        assert caller.ask() == PAGE
    assert caller.pauses == [0.1] * 19


def test_call_that_took_long_is_followed_at_once() -> None:
    caller = Caller()
    for seconds in (0.07, 5.0, 0.0):
        caller.ask()
        caller.clock.advance(seconds)
    assert caller.pauses == [0.03]


@pytest.mark.parametrize(
    ("errors", "pauses"),
    [
        ([ApiUnavailableError("HTTP 503")] * 4, [1.0, 2.0, 4.0, 8.0]),
        ([ApiUnavailableError("", retry_after=wish) for wish in (30.0, 0.5)], [30.0, 2.0]),
        # From a portal in the API's place.
        ([TokenRefusedError("HTTP 401", is_verdict=False)], [1.0]),
        ([ApiRefusedError("HTTP 403", is_verdict=False)], [1.0]),
    ],
    ids=["growing", "longer Retry-After", "portal's 401", "portal's 403"],
)
def test_api_that_cannot_answer_is_asked_again_after_pauses(
    errors: list[Exception], pauses: list[float]
) -> None:
    caller = Caller(*errors)
    assert caller.ask() == PAGE
    assert caller.pauses == pauses


def test_repetitions_keep_the_pace_too() -> None:
    caller = Caller(ApiUnavailableError("HTTP 503"))
    caller.clock.fraction = 0.0
    caller.ask()
    assert caller.pauses == [0.0, 0.1]


def test_fifth_failure_is_raised() -> None:
    errors = [ApiUnavailableError(f"HTTP {number}") for number in range(500, 510)]
    caller = Caller(*errors)
    with pytest.raises(ApiUnavailableError) as caught:
        caller.ask()
    assert caught.value is errors[4]
    assert caller.asked == ATTEMPTS == 5


@pytest.mark.parametrize(
    "error", [ApiRefusedError("HTTP 403"), TokenRefusedError("HTTP 401")], ids=repr
)
def test_refusal_is_not_repeated(error: Exception) -> None:
    caller = Caller(error)
    with pytest.raises(type(error)) as caught:
        caller.ask()
    assert (caught.value, caller.pauses) == (error, [])
