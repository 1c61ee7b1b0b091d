"""From a Pusher event to the writer: decode, filter, count, hand over."""

from datetime import timedelta
from typing import Protocol

from chatapp_tail import jsontext
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import iso_utc
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ExitCode
from chatapp_tail.filters import Predicate
from chatapp_tail.output.backlog import Batch
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.stopping import Stop


class Output(Protocol):
    """What a tail needs of a Writer."""

    @property
    def dropped(self) -> int:
        """Return how many records there was no room for."""
        ...

    def put(self, batch: Batch) -> bool:
        """Hand over what belongs together; False if there is no room for it."""
        ...


class Delivery:
    """``received`` and ``shown`` count items, ``dropped`` those for which there was no room."""

    def __init__(  # noqa: PLR0913 (everything that an event meets on its way)
        self,
        output: Output,
        accepts: Predicate,
        *,
        count: int | None,
        per_frame: bool,
        clock: Clock,
        reporter: Reporter,
    ) -> None:
        """``count`` ends the run; ``per_frame`` shows an event once, not each of its items."""
        self._output = output
        self._accepts = accepts
        self._count = count
        self._per_frame = per_frame
        self._clock = clock
        self._reporter = reporter
        self._seq = 0
        self._dropped_before = 0
        self._dropping_since: float | None = None
        self.received = 0
        self.shown = 0

    @property
    def dropped(self) -> int:
        """Return how many items there was no room for."""
        return self._output.dropped

    def deliver(self, event: PusherEvent) -> None:
        """Take one event. Raises ``Stop`` when the count is reached."""
        self._seq += 1
        records = decode_event(event, seq=self._seq, received_at=self._clock.utcnow())
        self.received += len(records)
        accepted = [record for record in records if self._accepts(record)]
        if self._per_frame:
            del accepted[1:]
        if self._count is not None:
            del accepted[self._count - self.shown :]
        if not accepted:
            return
        text = event.data if isinstance(event.data, str) else jsontext.dumps(event.data)
        if self._output.put(Batch(accepted, len(text), event)):
            self.shown += len(accepted)
            self._say_room_again()
        else:
            self._say_no_room()
        if self.shown == self._count:
            raise Stop(ExitCode.OK)

    def _say_no_room(self) -> None:
        if self._dropping_since is None:
            self._dropping_since = self._clock.now()
            self._reporter.status.warn("stdout isn't read, the buffer is full: events are dropped")

    def _say_room_again(self) -> None:
        if self._dropping_since is None:
            return
        end, seconds = self._clock.utcnow(), self._clock.now() - self._dropping_since
        dropped = self.dropped - self._dropped_before
        self._dropping_since, self._dropped_before = None, self.dropped
        self._reporter.warn(
            "gap",
            f"{dropped} dropped while stdout wasn't read; there is room again",
            **{"from": iso_utc(end - timedelta(seconds=seconds)), "to": iso_utc(end)},
            seconds=round(seconds, 3),
            reason="stdout wasn't read",
            dropped=dropped,
        )
