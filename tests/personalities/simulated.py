"""Real sockets and threads on a fake clock, which advances when all are idle."""

import select
import threading
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from chatapp_tail.clock import SystemClock
from chatapp_tail.pusher.authorizing import Answer, AuthorizationWorker
from chatapp_tail.pusher.interfaces import Authorize
from chatapp_tail.wakeup import HasFileno, Wakeup
from tests.support.fake_clock import FakeClock
from tests.support.personalities import PersonalityServer

# The interval of polling while the server or the API is busy, in real seconds.
_LOOK = 0.001
# When all are idle, the kernel gets this long to deliver what was sent, in real seconds.
_GRACE = 0.000_2
# The limit for anything on loopback, in real seconds.
_PATIENCE = 5.0


class CountedAuthorizations:
    """A real AuthorizationWorker that counts the pending answers."""

    def __init__(self, worker: AuthorizationWorker) -> None:
        self._worker = worker
        self._asked: list[Authorize] = []

    @property
    def under_way(self) -> int:
        """The number of pending answers."""
        return len(self._asked)

    def submit(self, request: Authorize) -> None:
        """Pass ``request`` on; requests for earlier connections may never be answered."""
        self._asked = [one for one in self._asked if one.socket_id == request.socket_id]
        self._asked.append(request)
        self._worker.submit(request)

    def forget(self) -> None:
        """Pass it on; no answer is pending any more."""
        self._asked.clear()
        self._worker.forget()

    def answers(self) -> list[Answer]:
        """Return the worker's answers since the last call."""
        answers = self._worker.answers()
        for request, _ in answers:
            if request in self._asked:
                self._asked.remove(request)
        return answers


class SimulatedTime:
    """A ``Waits`` over a real Wakeup, which advances the clock when all are idle.

    Each wait ends with what comes on a real socket, or at the first of: its timeout, a timer of the
    server, what the test has planned. ``authorizations`` are those of the tail, once it has them.
    """

    def __init__(self, clock: FakeClock, server: PersonalityServer) -> None:
        self.clock = clock
        self.authorizations: CountedAuthorizations | None = None
        self._server = server
        self.reader_left = False
        self._wakeup = Wakeup()
        self._real = SystemClock()
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._lock = threading.Lock()
        self._is_woken = threading.Event()
        self._sleeping = 0

    def plan(self, after: float, action: Callable[[], None]) -> None:
        """Call ``action`` ``after`` seconds from now."""
        with self._lock:
            heappush(self._plans, (self.clock.now() + after, next(self._numbers), action))

    def sleep(self, seconds: float) -> None:
        """Wait in a thread of the API, while the clock advances for all others."""
        is_over = threading.Event()

        def end() -> None:
            self._sleeping -= 1
            is_over.set()

        self._sleeping += 1
        self.plan(seconds, end)
        if not is_over.wait(_PATIENCE):
            raise TimeoutError(f"{seconds:g} s didn't pass")

    def wake(self) -> None:
        """End the current wait, or the next one. Safe from any thread."""
        self._is_woken.set()
        self._wakeup.wake()

    def wait(self, awaited: HasFileno | None, timeout: float) -> None:
        """Return when ``awaited`` can be read, when woken, or after ``timeout`` seconds."""
        until = self.clock.now() + timeout
        give_up_at = self._real.now() + _PATIENCE
        is_idle = False
        while not is_idle:
            is_idle = not self._is_busy(awaited)
            if not is_idle:
                self._wakeup.wait(awaited, _LOOK)
            if self._is_woken.is_set():
                self._is_woken.clear()
                return
            if awaited is not None and select.select([awaited], [], [], _GRACE)[0]:
                return
            if self._real.now() > give_up_at:
                raise TimeoutError("the server or the API is busy without end")
        self._advance(until)

    def close(self) -> None:
        """Free the sockets."""
        self._wakeup.close()

    def _is_busy(self, awaited: HasFileno | None) -> bool:
        # Between two connections no answer of the API is awaited.
        is_asking = self.authorizations is not None and self.authorizations.under_way > 0
        if awaited is not None and is_asking and not self._sleeping:
            return True
        return self._server.is_busy

    def _advance(self, until: float) -> None:
        """Advance the clock to the first timer or plan, and run it."""
        with self._lock:
            planned = self._plans[0][0] if self._plans else until
        until = min(until, planned, self._server.due_at)
        assert until < float("inf"), "it would wait for ever"
        self.clock.advance_to(until)
        self._server.tick()
        while self._plans and self._plans[0][0] <= self.clock.now():
            with self._lock:
                _, _, action = heappop(self._plans)
            action()
