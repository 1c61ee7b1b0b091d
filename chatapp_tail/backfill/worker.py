"""Backfills beside the tail: a thread that reads over REST while the main thread reads the socket.

Like the authorizations' thread it touches no websocket: spans go in and what was found comes out
through queues; ``wake`` tells the main thread that there is something to take.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import NamedTuple

from chatapp_tail.backfill.calls import Calls, RestCalls
from chatapp_tail.backfill.paging import Missed, first_second, missed
from chatapp_tail.backfill.span import Span
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ApiError, ApiUnavailableError, ChatAppTailError, TokenRefusedError
from chatapp_tail.network.headers import ServerClock


class Filled(NamedTuple):
    """What was found for ``span``; with a problem it is a part, or nothing."""

    span: Span
    missed: Missed


class _StoppedError(Exception):
    """stop() was called; unwinds the thread."""


class BackfillWorker:
    """Fills spans one after the other; waiting spans of one channel are joined."""

    def __init__(
        self,
        new_rest: Callable[[], RestCalls],
        *,
        clock: Clock,
        wake: Callable[[], None],
        server_clock: ServerClock | None = None,
    ) -> None:
        """``new_rest`` is called in the worker's thread, once: importing requests takes time.

        The messages' times are the API's; ``server_clock`` says how far it is from ours.
        """
        self._new_rest = new_rest
        self._clock = clock
        self._wake = wake
        self._server_clock = server_clock or ServerClock()
        self._spans: SimpleQueue[Span | None] = SimpleQueue()
        self._results: SimpleQueue[Filled] = SimpleQueue()
        # A result may be large: the next span is filled after the main thread took it.
        self._may_fill = threading.Semaphore()
        self._stopping = threading.Event()
        self._rest: RestCalls | None = None
        self._calls: Calls | None = None
        self._thread = threading.Thread(target=self._run, name="backfill", daemon=True)
        self._thread.start()

    def submit(self, span: Span) -> None:
        """Queue ``span``."""
        self._spans.put(span)

    def result(self) -> Filled | None:
        """Return what was filled; None where nothing was since the last call."""
        try:
            filled = self._results.get_nowait()
        except Empty:
            return None
        self._may_fill.release()
        return filled

    def stop(self) -> None:
        """End the thread and its pauses; a call that is under way is left to its own timeout."""
        self._stopping.set()
        self._spans.put(None)
        self._may_fill.release()
        self._thread.join(timeout=0.1)

    def _run(self) -> None:
        waiting: dict[str, Span] = {}
        try:
            while True:
                self._may_fill.acquire()
                self._collect(waiting)
                channel = next(iter(waiting))
                span = waiting.pop(channel)
                self._results.put(Filled(span, self._fill(span)))
                self._wake()
        except _StoppedError:
            pass
        finally:
            if self._rest is not None:
                self._rest.close()

    def _collect(self, waiting: dict[str, Span]) -> None:
        """Take the spans that were submitted; wait for one if there is none."""
        while not waiting or not self._spans.empty():
            span = self._spans.get()
            if span is None or self._stopping.is_set():
                raise _StoppedError
            earlier = waiting.get(span.channel, span)
            waiting[span.channel] = earlier.joined(span)

    def _fill(self, span: Span) -> Missed:
        ahead = timedelta(seconds=self._server_clock.ahead)
        since = first_second(span.since + ahead, span.floor + ahead)
        try:
            return missed(self._connected(), span.license, span.messenger, since)
        except _StoppedError:
            raise
        except ApiError as exc:
            return Missed(problem=exc)
        except ChatAppTailError as exc:  # a proxy that can't be used, for example
            return Missed(problem=TokenRefusedError(exc.message, hint=exc.hint))
        except Exception as exc:  # noqa: BLE001 (keep the thread alive)
            return Missed(problem=ApiUnavailableError(f"unexpected {type(exc).__name__}: {exc}"))

    def _connected(self) -> Calls:
        if self._calls is None:
            self._rest = self._new_rest()
            self._calls = Calls(self._rest, clock=self._clock, pause=self._pause)
        return self._calls

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise _StoppedError
