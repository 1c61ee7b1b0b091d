"""Forwarding beside the tail: a thread for each target that posts events in order, one at a time.

The main thread hands over and never waits for an answer. An event for which there is no room is
dropped, counted and reported: the newest, so that the target misses one stretch of events.
"""

import threading
from collections.abc import Callable, Sequence

from chatapp_tail.clock import Clock
from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.forwarding.post import Poster, Reply, Request
from chatapp_tail.forwarding.queues import MemoryQueue, Queue, Queued
from chatapp_tail.forwarding.result import Counts, News, Overflow, Result
from chatapp_tail.pusher.timing import jittered_delays

# An event is dropped after so many tries, or if a try fails after so many seconds.
ATTEMPTS = 6
LONGEST_EFFORT = 300.0
# How long to wait for threads whose connections are cut. Name resolution, and what comes before a
# connection is open, can't be cut; they end by their own timeouts.
_STOP_TIMEOUT = 0.2


class Forwarder:
    """Posts events to one target. One may arrive twice: if its answer is lost, it is sent again."""

    def __init__(
        self,
        poster: Poster,
        *,
        clock: Clock,
        report: Callable[[News], None],
        queue: Queue | None = None,
        retries_forever: bool = False,
    ) -> None:
        """``poster`` is the target, ``queue`` holds what waits for it, by default in memory.

        ``report`` is called by the forwarder's thread, and by ``put`` when there is no more room;
        it must neither block nor raise.
        """
        self._poster = poster
        self._clock = clock
        self._report = report
        self._retries_forever = retries_forever
        self._queue = queue or MemoryQueue()
        self._stopping = threading.Event()
        # Written by the main thread: dropped events, in all and in the current stretch.
        self._overflowed = 0
        self._overflow: Overflow | None = None
        # Written by the worker: events by their outcome.
        self._sent = self._refused = self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="forwarding", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> Counts:
        """The numbers of events by outcome so far."""
        dropped = self._dropped + self._overflowed
        return Counts(self._sent, self._refused, dropped, self._queue.events)

    def put(self, request: Request) -> bool:
        """Queue one event; False if there is no room for it and it was dropped."""
        lost, seq = self._overflow, request.seq
        if self._queue.put(Queued(request, lost)):
            self._overflow = None
            return True
        self._overflowed += 1
        if lost is None:
            self._report(Overflow(seq, seq, 1))
            lost = Overflow(seq, seq, 0, is_over=True)
        self._overflow = Overflow(lost.first, seq, lost.count + 1, is_over=True)
        return False

    def finish(self) -> None:
        """Take no more events, and let the thread end when all are sent."""
        self._queue.finish()

    def stop(self) -> None:
        """Let the thread end now, whatever is under way, and cut its connection."""
        self._stopping.set()
        self._queue.close()
        self._poster.stop()

    def join(self, timeout: float | None) -> None:
        """Wait ``timeout`` seconds at most until the thread has ended.

        With None it waits as long as it takes: an exception of a signal's handler ends that.
        """
        if timeout is not None:
            self._thread.join(timeout)
            return
        while self._thread.is_alive():
            self._thread.join(0.1)  # Windows handles signals between two waits only

    def _run(self) -> None:
        try:
            while (event := self._queue.take()) is not None:
                if event.lost is not None:
                    self._report(event.lost)
                if not self._forward(event):
                    break
                self._queue.done(event)
        finally:
            self._queue.close()
            self._poster.close()

    def _forward(self, event: Queued) -> bool:
        """Try until the outcome is final; False if ``stop`` was called first."""
        delays = jittered_delays(self._clock.uniform)
        gives_up_at = self._clock.now() + LONGEST_EFFORT
        attempts = None if self._retries_forever else ATTEMPTS
        attempt = 1
        while True:
            reply = self._post(event.request)
            if self._stopping.is_set() and not reply.is_final:
                return False
            is_late = attempt == attempts or self._clock.now() >= gives_up_at
            retry_in = None
            if reply.may_pass and (self._retries_forever or not is_late):
                retry_in = max(next(delays), reply.retry_after)
            else:
                self._count(reply)
            result = Result(event.request, self._poster.host, reply, attempt, attempts, retry_in)
            self._report(result)
            if retry_in is None or self._stopping.wait(retry_in):
                return retry_in is None
            attempt += 1

    def _count(self, reply: Reply) -> None:
        if reply.is_taken:
            self._sent += 1
        elif reply.is_final:
            self._refused += 1
        else:
            self._dropped += 1

    def _post(self, request: Request) -> Reply:
        try:
            return self._poster.post(request.body, request.headers)
        except ChatAppTailError as exc:  # the proxy's variable has changed, for example
            return Reply(None, exc.message)
        except Exception as exc:  # noqa: BLE001 (keep the thread alive)
            return Reply(None, f"can't be sent: {type(exc).__name__}")


def finish_all(forwarders: Sequence[Forwarder], clock: Clock, timeout: float | None) -> None:
    """Let all targets take what is queued, ``timeout`` seconds together at most, and stop."""
    for forwarder in forwarders:
        forwarder.finish()
    ends_at = None if timeout is None else clock.now() + timeout
    for forwarder in forwarders:
        forwarder.join(None if ends_at is None else max(0.0, ends_at - clock.now()))
    stop_all(forwarders)


def stop_all(forwarders: Sequence[Forwarder]) -> None:
    """End all threads and connections, whatever is under way."""
    for forwarder in forwarders:
        forwarder.stop()
    for forwarder in forwarders:
        forwarder.join(_STOP_TIMEOUT)
