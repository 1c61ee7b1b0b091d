"""The payload of each of several events, and when it is due. Pure."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.clock import Clock
from chatapp_tail.triggering.assignment import Assignment
from chatapp_tail.triggering.payload import Payload, fitted, numbered, sample_payload


@dataclass(frozen=True, slots=True)
class Recipe:
    """An event's name, and what its payload is made of.

    ``given`` is sent in the sample's place. ``channel`` is what ``meta`` must fit, None for any.
    """

    event: str
    channel: Channel | None = None
    given: Payload | None = None
    changes: tuple[Assignment, ...] = ()

    def payload(self, number: int, now: datetime) -> Payload:
        """Return the payload of repetition ``number``, from 0, as a copy.

        Raises ``UsageError`` for a change that can't be made: then for each number.
        """
        payload = numbered(self._original(now), number)
        for change in self.changes:
            change.apply(payload)
        return payload

    def doubts(self, now: datetime) -> list[str]:
        """Return what is probably meant by changes of fields that aren't there."""
        original = self._original(now)
        return [path for one in self.changes if (path := one.doubt(original)) is not None]

    def _original(self, now: datetime) -> Payload:
        payload = (
            sample_payload(self.event, int(now.timestamp()))
            if self.given is None
            else deepcopy(self.given)
        )
        return payload if self.channel is None else fitted(payload, self.channel)


def paced(
    count: int, rate: float | None, clock: Clock, wait: Callable[[float], object]
) -> Iterator[int]:
    """Yield the numbers from 0 to ``count`` - 1, each when it is due: ``rate`` a second.

    Without a rate all at once. ``wait`` waits for at most the seconds it is given. A late start
    catches up without pauses.
    """
    began = clock.now()
    for number in range(count):
        due = began + number / rate if rate else began
        while (left := due - clock.now()) > 0:
            wait(left)
        yield number
