"""The calls of a backfill: not too many a second, and again when the API can't answer."""

from collections.abc import Callable
from typing import Protocol

from chatapp_tail.account.rest import Page
from chatapp_tail.backfill.paging import Listing
from chatapp_tail.clock import Clock
from chatapp_tail.errors import (
    ApiError,
    ApiUnavailableError,
    ChatAppTailError,
    TokenRefusedError,
)
from chatapp_tail.pusher.timing import jittered_delays

# Seconds between two calls. The API allows 50 calls a second per address, shared with
# authorizations, other tails and the user's own programs.
CALL_INTERVAL = 1 / 10
ATTEMPTS = 5


class RestCalls(Listing, Protocol):
    """What is needed of ``account.rest.Rest``, its end included."""

    def close(self) -> None:
        """Free the connection."""
        ...


class Calls:
    """A ``Listing`` that paces and repeats the calls of another; for one thread."""

    def __init__(self, rest: Listing, *, clock: Clock, pause: Callable[[float], None]) -> None:
        """``pause`` waits some seconds, and may raise to end it all."""
        self._rest = rest
        self._clock = clock
        self._pause = pause
        self._earliest = float("-inf")

    def chats(self, license_id: int, messenger: str, last_time: int | None = None) -> Page:
        """Return a page of chats. Raises ``ApiError``."""
        return self._repeated(lambda: self._rest.chats(license_id, messenger, last_time))

    def messages(
        self,
        license_id: int,
        messenger: str,
        chat_id: str,
        last_time: int,
        next_page: str | None = None,
    ) -> Page:
        """Return a page of messages. Raises ``ApiError``."""
        return self._repeated(
            lambda: self._rest.messages(license_id, messenger, chat_id, last_time, next_page)
        )

    def _repeated(self, ask: Callable[[], Page]) -> Page:
        delays = jittered_delays(self._clock.uniform)
        for _ in range(ATTEMPTS - 1):
            try:
                return self._paced(ask)
            except ApiUnavailableError as exc:
                delay = max(exc.retry_after or 0.0, next(delays))
            except ApiError as exc:
                if exc.is_verdict:
                    raise
                delay = next(delays)
            self._pause(delay)
        return self._paced(ask)

    def _paced(self, ask: Callable[[], Page]) -> Page:
        if (delay := self._earliest - self._clock.now()) > 0:
            self._pause(delay)
        self._earliest = self._clock.now() + CALL_INTERVAL
        try:
            return ask()
        except ApiError:
            raise
        except ChatAppTailError as exc:  # the token's file is gone, for example
            raise TokenRefusedError(exc.message, hint=exc.hint) from exc
