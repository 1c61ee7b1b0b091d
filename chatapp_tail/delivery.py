"""From a Pusher event to the writer: decode, filter, count, hand over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple, Protocol

from chatapp_tail import jsontext
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record, iso_utc
from chatapp_tail.chatapp.redaction import Redactor
from chatapp_tail.chatapp.summary import Summarizer
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ExitCode
from chatapp_tail.filters import Predicate, build_filter
from chatapp_tail.filters.predicate import every
from chatapp_tail.output.backlog import Batch
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.row import zone_of
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.settings import ShowSettings
from chatapp_tail.statistics import Statistics
from chatapp_tail.stopping import Stop

Hear = Callable[[Sequence[Record]], object]

_NEVER = float("inf")
_NOBODY: Mapping[str, str] = MappingProxyType({})


class Output(Protocol):
    """What a tail needs of a Writer."""

    @property
    def dropped(self) -> int:
        """Return how many records there was no room for."""
        ...

    def put(self, batch: Batch) -> bool:
        """Hand over what belongs together; False if there is no room for it."""
        ...

    def flush(self) -> None:
        """Have written what was handed over so far."""
        ...


class Timer(Protocol):
    """What wants to be called at an instant, monotonic and infinite when there is none."""

    @property
    def deadline(self) -> float:
        """Return when ``handle_timeout`` is due."""
        ...

    def handle_timeout(self, now: float) -> None:
        """Do what is due at ``now``; nothing when called early."""
        ...


class Listeners(NamedTuple):
    """Who hears of records besides stdout: all ``received`` ones, and those that are ``shown``.

    ``timers`` are those of them that have something to do later.
    """

    received: tuple[Hear, ...] = ()
    shown: tuple[Hear, ...] = ()
    timers: tuple[Timer, ...] = ()

    @property
    def deadline(self) -> float:
        """Return when the first timer is due; asked for each event, and mostly there is none."""
        if not self.timers:
            return _NEVER
        return min(timer.deadline for timer in self.timers)

    def handle_timeout(self, now: float) -> None:
        """Let every timer do what is due."""
        for timer in self.timers:
            timer.handle_timeout(now)


_NO_LISTENERS = Listeners()


class Delivery:
    """``received`` and ``shown`` count items, ``dropped`` those for which there was no room."""

    def __init__(  # noqa: PLR0913 (everything that an event meets on its way)
        self,
        output: Output,
        show: ShowSettings,
        *,
        people: Mapping[str, str] = _NOBODY,
        listeners: Listeners = _NO_LISTENERS,
        per_frame: bool,
        clock: Clock,
        reporter: Reporter,
    ) -> None:
        """``per_frame`` shows an event once, not each of its items; ``people`` are for rows."""
        self._output = output
        self._accepts = accepted_by(show, people)
        self._is_last = every([test.matches for test in show.until]) if show.until else None
        self._redactor = None if show.redact_key is None else Redactor(show.redact_key)
        self._count = float("inf") if show.count is None else show.count
        self._listeners = listeners
        self._per_frame = per_frame
        self._clock = clock
        self._reporter = reporter
        self.statistics = Statistics(clock.now())
        self._seq = 0
        self._dropped_before = 0
        self._dropping_since: float | None = None
        self.received = 0
        self.shown = 0
        self.is_new: Predicate | None = None
        """Says of a live record whether a backfill hasn't shown it before; None: it never has."""

    @property
    def dropped(self) -> int:
        """Return how many items there was no room for."""
        return self._output.dropped

    def deliver(self, event: PusherEvent, *, backfill: bool = False) -> None:
        """Take one event that came just now. Raises ``Stop`` when it is the last one asked for."""
        self._seq += 1
        # Records have milliseconds; so a recorded one gives the same row again.
        now = self._clock.utcnow()
        received_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        records = decode_event(event, seq=self._seq, received_at=received_at, backfill=backfill)
        if self.is_new is not None and not backfill:
            records = [record for record in records if self.is_new(record)]
        if records:
            self.take(records, event)

    def take(self, records: Sequence[Record], event: PusherEvent | None = None) -> None:
        """Take the records of one event. Raises ``Stop`` when they have the last one asked for.

        Without ``event``, for an output that needs none, they are from a file.
        """
        visible = records
        if self._redactor is not None:
            places = range(len(records)) if event is None else [one.index for one in records]
            event = self._redactor.redact_event(event or event_of(records))
            visible = redacted(records, event, places)
        self.received += len(records)
        self.statistics.received(visible, self._clock.now())
        for hear in self._listeners.received:
            hear(visible)
        accepted, is_last = self._choose(records, visible)
        if accepted:
            for hear in self._listeners.shown:
                hear(accepted)
            is_last &= self._put(accepted, event)
        if is_last:
            raise Stop(ExitCode.OK)

    def _choose(
        self, records: Sequence[Record], visible: Sequence[Record]
    ) -> tuple[list[Record], bool]:
        """Return what is shown of ``visible``, and whether it has the last one asked for.

        The user's filters ask the records themselves, also where only masks are seen.
        """
        room = self._count - self.shown
        if self._is_last is None and len(records) < room:
            accepts = self._accepts
            return [seen for one, seen in zip(records, visible, strict=True) if accepts(one)], False
        chosen: list[Record] = []
        for record, seen in zip(records, visible, strict=True):
            is_last = self._is_last is not None and self._is_last(record)
            if is_last or self._accepts(record):
                chosen.append(seen)
            if is_last or (1 if self._per_frame and chosen else len(chosen)) >= room:
                return chosen, True
        return chosen, False

    def _put(self, accepted: Sequence[Record], event: PusherEvent | None) -> bool:
        entries = accepted[:1] if self._per_frame else accepted
        data = b"" if event is None else event.data
        size = len(data if isinstance(data, str | bytes) else jsontext.dumps(data))
        if self._output.put(Batch(entries, size, event)):
            self.shown += len(entries)
            self.statistics.shown(accepted)
            self._say_room_again()
            return True
        self.statistics.dropped(accepted)
        self._say_no_room()
        return False

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


def accepted_by(show: ShowSettings, people: Mapping[str, str]) -> Predicate:
    """Return the filter; ``people`` are employees' names by id, as rows show them."""
    return build_filter(
        show.events,
        show.excluded_events,
        show.chats,
        show.tests,
        show.greps,
        summarizer=Summarizer(zone_of(show.output.time), people),
    )


def redacted(records: Sequence[Record], event: PusherEvent, places: Sequence[int]) -> list[Record]:
    """Return ``records`` as they are in ``event``, which has masks in place of what was there.

    ``places`` are those of the records' items in its data.
    """
    first = records[0].envelope
    masked = decode_event(event, seq=first.seq, received_at=first.received_at)
    return [_masked(record, masked[place]) for record, place in zip(records, places, strict=True)]


def _masked(record: Record, mask: Record) -> Record:
    envelope = replace(
        mask.envelope, count=record.envelope.count, backfill=record.envelope.backfill
    )
    return replace(record, envelope=envelope, data=mask.data)


def event_of(records: Sequence[Record]) -> PusherEvent:
    """Return an event that holds ``records``, all of one frame, in the documented shape."""
    envelope = records[0].envelope
    name = None if envelope.channel is None else envelope.channel.name
    if envelope.malformed:
        return PusherEvent(envelope.event, name, envelope.payload)
    data = {"data": [record.data for record in records], "meta": envelope.meta}
    return PusherEvent(envelope.event, name, data)
