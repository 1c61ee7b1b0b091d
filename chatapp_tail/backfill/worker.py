"""Reads missed messages over REST, in a thread beside the tail that reads the socket.

Calls to the API are paced, and repeated when it can't answer.
"""

import threading
from collections.abc import Callable

from chatapp_tail.account.rest import Page, Rest
from chatapp_tail.backfill.paging import Missed, Span, SpanReader
from chatapp_tail.background import BackgroundCall
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ApiError, ApiUnavailableError, ChatAppTailError, api_error
from chatapp_tail.network.headers import ServerClock
from chatapp_tail.pusher.timing import jittered_delays

# Seconds between two calls. The API allows 50 calls a second per address, shared with
# authorizations, other tails and the user's own programs.
CALL_INTERVAL = 1 / 10
ATTEMPTS = 5


class _StoppedError(Exception):
    """stop() was called; ends the pause and the call."""


class BackfillWorker:
    """Fills one span at a time, over one connection to the API."""

    def __init__(
        self,
        new_rest: Callable[[], Rest],
        *,
        clock: Clock,
        wake: Callable[[], None],
        server_clock: ServerClock | None = None,
    ) -> None:
        """``new_rest`` is called once, beside the main thread: importing requests takes time.

        ``wake`` tells the main thread that a span is filled. The messages' times are the API's;
        ``server_clock`` says how far it is from ours.
        """
        self._wake = wake
        self._server_clock = server_clock or ServerClock()
        self._calls = Calls(new_rest, clock=clock, pause=self._pause)
        self._filling: BackgroundCall[Missed] | None = None
        self._stopping = threading.Event()

    def fill(self, span: Span) -> BackgroundCall[Missed]:
        """Begin to read the messages of ``span``; the span before it must be filled."""
        self._filling = BackgroundCall(
            lambda: self._fill(span), wake=self._wake, discard=lambda _: self._calls.close()
        )
        return self._filling.start()

    def stop(self) -> None:
        """End pauses and the connection; a call under way is left to its own timeout first."""
        self._stopping.set()
        if self._filling is None or not self._filling.abandon():
            self._calls.close()

    def _fill(self, span: Span) -> Missed:
        """Return what is found. Raises nothing: any error is a problem of this span."""
        since = span.first_second(ahead=self._server_clock.ahead)
        try:
            return SpanReader(self._calls.ask, span.license, span.messenger, since).read()
        except _StoppedError:
            return Missed()
        except Exception as exc:  # noqa: BLE001 (reported, whatever it is)
            return Missed(problem=api_error(exc))

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise _StoppedError


class Calls:
    """Makes calls to the API, paced and repeated; for one thread at a time."""

    def __init__(
        self, new_rest: Callable[[], Rest], *, clock: Clock, pause: Callable[[float], None]
    ) -> None:
        """``new_rest`` is called at the first call. ``pause`` waits, and may raise to end it."""
        self._new_rest = new_rest
        self._rest: Rest | None = None
        self._clock = clock
        self._pause = pause
        self._earliest = float("-inf")

    def ask(self, call: Callable[[Rest], Page]) -> Page:
        """Return what ``call`` returns in one of several attempts. Raises ``ApiError``."""
        delays = jittered_delays(self._clock.uniform)
        for _ in range(ATTEMPTS - 1):
            try:
                return self._paced(call)
            except ApiUnavailableError as exc:
                delay = max(exc.retry_after or 0.0, next(delays))
            except ApiError as exc:
                if exc.is_verdict:
                    raise
                delay = next(delays)
            self._pause(delay)
        return self._paced(call)

    def close(self) -> None:
        """Free the connection, if there is one."""
        if self._rest is not None:
            self._rest.close()

    def _paced(self, call: Callable[[Rest], Page]) -> Page:
        if (delay := self._earliest - self._clock.now()) > 0:
            self._pause(delay)
        self._earliest = self._clock.now() + CALL_INTERVAL
        try:
            self._rest = self._rest or self._new_rest()
            return call(self._rest)
        except ApiError:
            raise
        except ChatAppTailError as exc:
            raise api_error(exc) from exc
