"""The dependencies of an examination, and its time limits."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from chatapp_tail.api import ANSWER_TIMEOUT
from chatapp_tail.background import BackgroundCall
from chatapp_tail.clock import Clock
from chatapp_tail.doctor.findings import Finding
from chatapp_tail.errors import TransportError
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.session import SessionTimeouts
from chatapp_tail.settings import DEFAULT_CONNECT_TIMEOUT
from chatapp_tail.wakeup import Wakeup

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. ``connect`` and ``answer`` are for one silence, ``step`` for a step as a whole.

    The channels together get ``channels`` and ``each_channel`` for each of them: a server that
    answers to none of five hundred subscriptions would take an hour and a half.
    """

    connect: float = DEFAULT_CONNECT_TIMEOUT
    answer: float = ANSWER_TIMEOUT
    step: float = 30.0
    channels: float = 30.0
    each_channel: float = 0.5
    session: SessionTimeouts = field(default_factory=SessionTimeouts)


class Dependencies(NamedTuple):
    """Made by the caller. ``status`` shows the frames with -vv and masks secrets.

    Signals must write to ``wakeup``; otherwise one that comes just before a wait would not end it.
    """

    clock: Clock
    status: Status
    wakeup: Wakeup
    limits: Limits = Limits()

    def bounded(
        self,
        call: Callable[[], T],
        what: str,
        *,
        discard: Callable[[T], object] = lambda _result: None,
    ) -> T:
        """Run a blocking call with a deadline, the limit of a step; Ctrl-C ends the wait for it.

        Returns what ``call`` returns, and raises what it raises, or a ``TransportError`` about
        ``what``. What it returns after the deadline or Ctrl-C goes to ``discard``, in the call's
        thread.
        """
        deadline = self.clock.now() + self.limits.step
        running = BackgroundCall(call, wake=self.wakeup.wake, discard=discard)
        try:
            running.start()
            while not running.is_over and (left := deadline - self.clock.now()) > 0:
                self.wakeup.wait(None, left)
        finally:
            is_unfinished = running.abandon()
        if is_unfinished:
            raise TransportError(f"{what} took more than {self.limits.step:g} s")
        return running.result()

    def timed(self, take: Callable[[], Finding]) -> Finding:
        """Return the finding of ``take`` with the time that it took."""
        began_at = self.clock.now()
        finding = take()
        return replace(finding, seconds=self.clock.now() - began_at)
