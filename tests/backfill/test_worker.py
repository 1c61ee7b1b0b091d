"""Reading beside the tail, ten calls a second, with patience; and an end at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chatapp_tail.account.rest import Page
from chatapp_tail.backfill.paging import Listing
from chatapp_tail.backfill.worker import ATTEMPTS, BackfillWorker, Calls
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    CredentialsError,
    TokenRefusedError,
)
from chatapp_tail.network.headers import ServerClock
from tests.backfill.given import DEADLINE, Script, chat, ids, item, page, span
from tests.support.fake_clock import FakeClock

NOON_SECONDS = 1795348800


@contextmanager
def working(
    new_rest: Callable[[], Listing],
    *,
    wake: Callable[[], None] = lambda: None,
    server_clock: ServerClock | None = None,
) -> Iterator[BackfillWorker]:
    worker = BackfillWorker(new_rest, clock=FakeClock(), wake=wake, server_clock=server_clock)
    try:
        yield worker
    finally:
        worker.stop()


def one_message() -> Script:
    return Script(
        lambda _: page(chat("a", NOON_SECONDS), chat("b", 1)),
        lambda *_: page(item(1, NOON_SECONDS)),
    )


class Waiting:
    """Calls of ``script``, and the pauses they make, which take no time."""

    def __init__(self, script: Script) -> None:
        self.pauses: list[float] = []
        self.clock = FakeClock()
        self.calls = Calls(lambda: script, clock=self.clock, pause=self._pause)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 6))
        self.clock.advance(seconds)


def failing(*errors: Exception) -> Callable[[int | None], Page]:
    """Return a list of chats that begins with ``errors``."""
    left = list(errors)

    def answer(_: int | None) -> Page:
        if left:
            raise left.pop(0)
        return page(chat("a", 110))

    return answer


# A span


def test_span_is_filled_with_the_messages_from_a_little_before_it_on() -> None:
    script, woken = one_message(), threading.Event()
    with working(lambda: script, wake=woken.set) as worker:
        call = worker.fill(span())
        assert woken.wait(DEADLINE)
        missed = call.result()
    assert (ids(missed.items()), missed.problem) == ([1], None)
    assert script.asked == [("a", NOON_SECONDS - 5, None)]


def test_messages_are_asked_for_by_the_clock_of_the_api() -> None:
    script, server_clock = one_message(), ServerClock()
    server_clock.ahead = -600.0
    with working(lambda: script, server_clock=server_clock) as worker:
        worker.fill(span()).result(DEADLINE)
    assert script.asked == [("a", NOON_SECONDS - 605, None)]


def test_one_connection_is_made_at_the_first_call_beside_the_main_thread() -> None:
    made: list[Script] = []

    def new_rest() -> Script:
        assert threading.current_thread() is not threading.main_thread()
        made.append(one_message())
        return made[-1]

    with working(new_rest) as worker:
        assert made == []
        for _ in range(2):
            worker.fill(span()).result(DEADLINE)
        assert not made[0].closed.is_set()
    (script,) = made
    assert script.closed.is_set()


@pytest.mark.parametrize(
    ("raised", "problem", "message"),
    [
        (ApiRefusedError("HTTP 403"), ApiRefusedError, "HTTP 403"),
        (CredentialsError("the token file is gone"), TokenRefusedError, "the token file is gone"),
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

    script = Script(throttle)
    with working(lambda: script) as worker:
        worker.fill(span())
        assert paused.wait(DEADLINE)
        worker.stop()
        assert script.closed.wait(DEADLINE)


def test_stop_does_not_wait_for_a_call_under_way() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def chats(_: int | None) -> Page:
        busy.set()
        go_on.wait(DEADLINE)
        return page(chat("a", NOON_SECONDS), chat("b", 1))

    clock = SystemClock()
    script = Script(chats)
    with working(lambda: script) as worker:
        worker.fill(span())
        assert busy.wait(DEADLINE)
        before = clock.now()
        worker.stop()
        assert clock.now() - before < 1.0
        assert not script.closed.is_set()
        go_on.set()
        assert script.closed.wait(DEADLINE)
    assert script.asked == []


# Its calls


def test_answers_come_as_they_are() -> None:
    script = Script(lambda _: page(chat("a", 110)), lambda *_: page(item(1, 110), more="x"))
    calls = Waiting(script).calls
    assert calls.chats(1229, "telegram", 120) == page(chat("a", 110))
    assert calls.messages(1229, "telegram", "a", 100, "y") == page(item(1, 110), more="x")
    assert (script.bounds, script.asked) == ([120], [("a", 100, "y")])


def test_ten_calls_a_second_are_made_of_both_kinds() -> None:
    waiting = Waiting(Script())
    for _ in range(10):
        waiting.calls.chats(1229, "telegram")
        waiting.calls.messages(1229, "telegram", "a", 100)
    assert waiting.pauses == [0.1] * 19


def test_call_that_took_long_is_followed_at_once() -> None:
    waiting = Waiting(Script())
    waiting.calls.chats(1229, "telegram")
    waiting.clock.advance(0.07)
    waiting.calls.chats(1229, "telegram")
    waiting.clock.advance(5)
    waiting.calls.chats(1229, "telegram")
    assert waiting.pauses == [0.03]


def test_api_that_cannot_answer_is_asked_again_with_growing_pauses() -> None:
    waiting = Waiting(Script(failing(*[ApiUnavailableError("HTTP 503")] * 4)))
    assert waiting.calls.chats(1229, "telegram") == page(chat("a", 110))
    assert waiting.pauses == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("kind", [TokenRefusedError, ApiRefusedError])
def test_portal_in_the_apis_place_is_asked_again(kind: type[ApiError]) -> None:
    waiting = Waiting(Script(failing(kind("HTTP 401", is_verdict=False))))
    assert waiting.calls.chats(1229, "telegram") == page(chat("a", 110))
    assert waiting.pauses == [1.0]


def test_repetitions_keep_the_pace_too() -> None:
    waiting = Waiting(Script(failing(ApiUnavailableError("HTTP 503"))))
    waiting.clock.fraction = 0.0
    waiting.calls.chats(1229, "telegram")
    assert waiting.pauses == [0.0, 0.1]


def test_longer_retry_after_is_respected() -> None:
    errors = [ApiUnavailableError("HTTP 429", retry_after=seconds) for seconds in (30.0, 0.5)]
    waiting = Waiting(Script(failing(*errors)))
    waiting.calls.chats(1229, "telegram")
    assert waiting.pauses == [30.0, 2.0]


def test_after_five_attempts_it_is_given_up() -> None:
    errors = [ApiUnavailableError(f"HTTP {number}") for number in range(500, 510)]
    waiting = Waiting(script := Script(failing(*errors)))
    with pytest.raises(ApiUnavailableError) as caught:
        waiting.calls.chats(1229, "telegram")
    assert caught.value is errors[4]
    assert len(script.bounds) == ATTEMPTS == 5


@pytest.mark.parametrize(
    "error", [ApiRefusedError("HTTP 403"), TokenRefusedError("HTTP 401")], ids=repr
)
def test_refusal_is_not_repeated(error: Exception) -> None:
    waiting = Waiting(Script(failing(error)))
    with pytest.raises(type(error)) as caught:
        waiting.calls.chats(1229, "telegram")
    assert caught.value is error
    assert waiting.pauses == []
