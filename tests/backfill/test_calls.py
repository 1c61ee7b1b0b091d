"""Ten calls a second, and patience with an API that can't answer."""

from collections.abc import Callable

import pytest

from chatapp_tail.account.rest import Page
from chatapp_tail.backfill.calls import ATTEMPTS, Calls
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    CredentialsError,
    TokenRefusedError,
)
from tests.backfill.given import Script, chat, item, page
from tests.support.fake_clock import FakeClock


class Waiting:
    """Calls of ``script``, and the pauses they make, which take no time."""

    def __init__(self, script: Script) -> None:
        self.pauses: list[float] = []
        self.clock = FakeClock()
        self.calls = Calls(script, clock=self.clock, pause=self._pause)

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


def test_wish_for_a_longer_pause_is_granted() -> None:
    waiting = Waiting(
        Script(
            failing(
                ApiUnavailableError("HTTP 429", retry_after=30.0),
                ApiUnavailableError("HTTP 429", retry_after=0.5),
            )
        )
    )
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


def test_missing_token_is_a_refused_one() -> None:
    waiting = Waiting(Script(failing(CredentialsError("the file is gone", hint="Log in."))))
    with pytest.raises(TokenRefusedError) as caught:
        waiting.calls.chats(1229, "telegram")
    assert (caught.value.message, caught.value.hint) == ("the file is gone", "Log in.")
