import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.errors import (
    ApiRefusedError,
    ApiUnavailableError,
    CredentialsError,
    TokenRefusedError,
    UsageError,
)
from chatapp_tail.pusher.authorizing import (
    REQUEST_INTERVAL,
    Answer,
    AuthorizationWorker,
    Authorizes,
)
from chatapp_tail.pusher.protocol import Authorization
from tests.pusher.given import FIRST, SECOND, THIRD, request
from tests.support.fake_clock import FakeClock

# How long a thread may take before the test has failed, in seconds.
DEADLINE = 5.0


class FakeAuthorizer:
    """Signs with the question itself, after ``before`` each question, which may also raise."""

    def __init__(self, before: Callable[[str, str], None] | None = None) -> None:
        self._before = before
        self.asked: list[tuple[str, str]] = []
        self.thread = ""
        self.cuts = 0
        self.closed = threading.Event()

    def authorize(self, socket_id: str, channel: str) -> Authorization:
        self.asked.append((socket_id, channel))
        self.thread = threading.current_thread().name
        if self._before is not None:
            self._before(socket_id, channel)
        return signed(channel, socket_id)

    def cut(self) -> None:
        self.cuts += 1

    def close(self) -> None:
        self.closed.set()


class SlowCall:
    """A call to the API that lasts until ``go_on``."""

    def __init__(self) -> None:
        self.is_busy = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, *_: str) -> None:
        self.is_busy.set()
        self.go_on.wait(DEADLINE)


class Driver:
    """A worker, and the side of it that the main thread sees."""

    def __init__(self, worker: AuthorizationWorker, woken: threading.Semaphore) -> None:
        self.worker = worker
        self._woken = woken

    def ask(self, channel: str, socket_id: str = "1.1") -> None:
        self.worker.submit(request(channel, socket_id))

    def answers(self, count: int) -> list[Answer]:
        """Return the answers after the main thread was woken ``count`` times."""
        for _ in range(count):
            assert self._woken.acquire(timeout=DEADLINE), "no answer came"
        return self.worker.answers()


@contextmanager
def working(
    new_authorizer: Callable[[], Authorizes],
    clock: Clock | None = None,
    hanging_after: float = DEADLINE,
) -> Iterator[Driver]:
    woken = threading.Semaphore(0)
    worker = AuthorizationWorker(
        new_authorizer,
        clock=clock or FakeClock(),
        wake=woken.release,
        hanging_after=hanging_after,
    )
    try:
        yield Driver(worker, woken)
    finally:
        worker.stop()


def signed(channel: str, socket_id: str = "1.1") -> Authorization:
    return Authorization(f"{socket_id} {channel}")


def outcomes(answers: Sequence[Answer]) -> list[tuple[str, object]]:
    return [(answer.request.channel, answer.outcome) for answer in answers]


def test_answers_come_in_the_order_of_the_questions() -> None:
    with working(FakeAuthorizer) as driver:
        for channel in (SECOND, FIRST, THIRD):
            driver.ask(channel)
        assert driver.answers(3) == [
            Answer(request(SECOND, "1.1"), signed(SECOND)),
            Answer(request(FIRST, "1.1"), signed(FIRST)),
            Answer(request(THIRD, "1.1"), signed(THIRD)),
        ]
        assert driver.worker.answers() == []


def test_authorizer_is_made_once_and_used_in_the_workers_thread_only() -> None:
    made: list[FakeAuthorizer] = []

    def new_authorizer() -> FakeAuthorizer:
        made.append(FakeAuthorizer())
        assert threading.current_thread().name == "authorizations"
        return made[-1]

    with working(new_authorizer) as driver:
        assert made == []
        driver.ask(FIRST)
        driver.ask(SECOND)
        driver.answers(2)
    (authorizer,) = made
    assert authorizer.thread == "authorizations"
    assert authorizer.closed.wait(DEADLINE)


def test_prepared_worker_has_its_authorizer_before_the_first_question() -> None:
    made: list[FakeAuthorizer] = []
    is_made = threading.Event()

    def new_authorizer() -> FakeAuthorizer:
        made.append(FakeAuthorizer())
        is_made.set()
        return made[-1]

    with working(new_authorizer) as driver:
        driver.worker.prepare()
        assert is_made.wait(DEADLINE)
        driver.worker.prepare()  # at the next connection
        driver.ask(FIRST)
        assert outcomes(driver.answers(1)) == [(FIRST, signed(FIRST))]
    (authorizer,) = made
    assert authorizer.asked == [("1.1", FIRST)]


def test_preparation_that_fails_is_tried_again_by_the_first_question() -> None:
    errors: list[Exception] = [UsageError("no certificates")]

    def new_authorizer() -> FakeAuthorizer:
        if errors:
            raise errors.pop()
        return FakeAuthorizer()

    with working(new_authorizer) as driver:
        driver.worker.prepare()
        driver.ask(FIRST)
        assert outcomes(driver.answers(1)) == [(FIRST, signed(FIRST))]
    assert errors == []


@pytest.mark.parametrize(
    ("raised", "outcome", "message"),
    [
        (ApiRefusedError("HTTP 403", status=403), ApiRefusedError, "HTTP 403"),
        (CredentialsError("the token file is gone"), TokenRefusedError, "the token file is gone"),
        (KeyError("x"), ApiUnavailableError, "unexpected KeyError: 'x'"),
    ],
    ids=repr,
)
def test_error_becomes_the_answer_and_the_next_question_is_asked(
    raised: Exception, outcome: type[Exception], message: str
) -> None:
    errors = [raised]

    def fail(*_: str) -> None:
        if errors:
            raise errors.pop()

    with working(lambda: FakeAuthorizer(fail)) as driver:
        driver.ask(FIRST)
        driver.ask(SECOND)
        first, second = driver.answers(2)
    assert (type(first.outcome), str(first.outcome)) == (outcome, message)
    assert second.outcome == signed(SECOND)


def test_authorizer_that_cannot_be_made_is_the_answer_to_each_question() -> None:
    def new_authorizer() -> FakeAuthorizer:
        raise UsageError("no certificates", hint="Give some.")

    with working(new_authorizer) as driver:
        driver.ask(FIRST)
        driver.ask(SECOND)
        for answer in driver.answers(2):
            assert isinstance(answer.outcome, TokenRefusedError)
            assert (answer.outcome.message, answer.outcome.hint) == (
                "no certificates",
                "Give some.",
            )


def test_questions_of_an_earlier_connection_are_dropped() -> None:
    call = SlowCall()
    authorizer = FakeAuthorizer(call)
    with working(lambda: authorizer) as driver:
        driver.ask(FIRST, "1.1")
        driver.ask(SECOND, "1.1")
        assert call.is_busy.wait(DEADLINE)
        driver.ask(FIRST, "2.2")
        driver.ask(SECOND, "2.2")
        call.go_on.set()
        assert outcomes(driver.answers(3)) == [
            (FIRST, signed(FIRST, "1.1")),
            (FIRST, signed(FIRST, "2.2")),
            (SECOND, signed(SECOND, "2.2")),
        ]
    assert authorizer.asked == [("1.1", FIRST), ("2.2", FIRST), ("2.2", SECOND)]


def test_questions_of_a_lost_connection_are_forgotten_before_there_is_another() -> None:
    call = SlowCall()
    authorizer = FakeAuthorizer(call)
    with working(lambda: authorizer) as driver:
        driver.ask(FIRST, "1.1")
        driver.ask(SECOND, "1.1")
        assert call.is_busy.wait(DEADLINE)
        driver.worker.forget()
        call.go_on.set()
        assert outcomes(driver.answers(1)) == [(FIRST, signed(FIRST, "1.1"))]
        driver.ask(FIRST, "2.2")
        assert outcomes(driver.answers(1)) == [(FIRST, signed(FIRST, "2.2"))]
    assert authorizer.asked == [("1.1", FIRST), ("2.2", FIRST)]


def test_stopping_doesnt_wait_for_a_call_that_is_under_way() -> None:
    call, clock = SlowCall(), SystemClock()
    authorizer = FakeAuthorizer(call)
    with working(lambda: authorizer) as driver:
        driver.ask(FIRST)
        driver.ask(SECOND)
        assert call.is_busy.wait(DEADLINE)
        began = clock.now()
        driver.worker.stop()
        assert clock.now() - began < 0.5
        assert not authorizer.closed.is_set()
        call.go_on.set()
        assert authorizer.closed.wait(DEADLINE)
    assert authorizer.asked == [("1.1", FIRST)]


def test_stopping_ends_the_pause_between_two_questions() -> None:
    authorizer = FakeAuthorizer()
    clock = FakeClock()
    with working(lambda: authorizer, clock) as driver:
        driver.ask(FIRST)
        driver.answers(1)
        # The clock goes back, so that the pause before the next question is an hour.
        clock.advance(-3600.0)
        driver.ask(SECOND)
        driver.worker.stop()
        assert authorizer.closed.wait(DEADLINE)
    assert authorizer.asked == [("1.1", FIRST)]


def test_questions_are_a_forty_fifth_of_a_second_apart() -> None:
    clock = SystemClock()
    asked_at: list[float] = []
    with working(lambda: FakeAuthorizer(lambda *_: asked_at.append(clock.now())), clock) as driver:
        for channel in (FIRST, SECOND, THIRD):
            driver.ask(channel)
        driver.answers(3)
    first, second, third = asked_at
    assert second - first >= REQUEST_INTERVAL * 0.99
    assert third - second >= REQUEST_INTERVAL * 0.99


def test_call_that_hangs_holds_no_other_and_no_more_than_four_hang() -> None:
    calls = [SlowCall() for _ in range(5)]
    hanging = iter(calls)
    clock = SystemClock()

    def hang(_socket_id: str, channel: str) -> None:
        if channel.startswith("hanging"):
            next(hanging)()

    with working(lambda: FakeAuthorizer(hang), clock, hanging_after=0.01) as driver:
        for number in range(3):
            driver.ask(f"hanging {number}")
        for channel in (FIRST, SECOND):
            driver.ask(channel)
        assert sorted(outcomes(driver.answers(2))) == sorted(
            [(FIRST, signed(FIRST)), (SECOND, signed(SECOND))]
        )
        driver.ask("hanging 3")
        assert calls[3].is_busy.wait(DEADLINE)
        driver.ask("hanging 4")
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("authorizations") == 4
        assert not calls[4].is_busy.is_set()
        for call in calls:
            call.go_on.set()
        assert len(driver.answers(5)) == 5


def test_loss_of_the_connection_ends_the_call_under_way() -> None:
    call = SlowCall()
    authorizer = FakeAuthorizer(call)
    with working(lambda: authorizer) as driver:
        driver.ask(FIRST, "1.1")
        assert call.is_busy.wait(DEADLINE)
        driver.worker.forget()
        assert authorizer.cuts == 1
        call.go_on.set()
