"""From a Pusher event to the writer: decode, filter, count, render, hand over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chatapp_tail import jsontext
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import NOBODY, ManyRecords, Record, iso_utc
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ExitCode
from chatapp_tail.output import zone_of
from chatapp_tail.output.reporter import OnNotice, Reporter
from chatapp_tail.output.sink import Sink
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.settings import ShowSettings
from chatapp_tail.statistics import Counts, Statistics
from chatapp_tail.stopping import Output, Stop

if TYPE_CHECKING:
    from chatapp_tail.chatapp.memory import Memory
    from chatapp_tail.chatapp.redaction import Redactor
    from chatapp_tail.filters import Filter, Predicate

OnRecords = Callable[[Sequence[Record]], object]

_NEVER = float("inf")
# An event of more than _FEW items is taken in parts, which are limited in items and in bytes of
# what the items share.
_FEW = 20
_MOST_AT_ONCE = 1_000
_MOST_SHARED = 8 * 1024 * 1024


class Timer(Protocol):
    """Something that is called at an instant, in monotonic seconds; infinite for never."""

    @property
    def deadline(self) -> float:
        """When ``handle_timeout`` is due."""

    def handle_timeout(self, now: float) -> None:
        """Do what is due at ``now``; nothing when called early."""


class Listeners(NamedTuple):
    """Receivers of records besides stdout: of all ``received`` ones, and of those ``shown``.

    ``timers`` are those of them that have something to do later; ``notices`` are told of changes of
    the connection.
    """

    received: tuple[OnRecords, ...] = ()
    shown: tuple[OnRecords, ...] = ()
    timers: tuple[Timer, ...] = ()
    notices: tuple[OnNotice, ...] = ()

    @property
    def deadline(self) -> float:
        """When the first timer is due. Asked for each event; mostly there is no timer."""
        if not self.timers:
            return _NEVER
        return min(timer.deadline for timer in self.timers)

    def handle_timeout(self, now: float) -> None:
        """Call every timer."""
        for timer in self.timers:
            timer.handle_timeout(now)


_NO_LISTENERS = Listeners()


class Arrival(NamedTuple):
    """When something came: the same instant in monotonic seconds and as a time of day, in UTC."""

    now: float
    at: datetime


class Delivery:
    """Takes events; counts items: ``received``, ``shown``, and ``dropped`` for want of room."""

    def __init__(  # noqa: PLR0913 (pipeline stages)
        self,
        sink: Sink,
        output: Output,
        show: ShowSettings,
        *,
        people: Mapping[str, str] = NOBODY,
        memory: "Memory | None" = None,
        listeners: Listeners = _NO_LISTENERS,
        clock: Clock,
        reporter: Reporter,
        check: Callable[[], object] = lambda: None,
        is_new: "Predicate | None" = None,
    ) -> None:
        """``people`` are employees' names by id; ``memory`` is fed with all that is received.

        ``check`` raises when the run is over; it is called within very long events. ``is_new``
        tells whether a live record wasn't backfilled before; None if nothing is backfilled.
        """
        self._sink = sink
        self._output = output
        self._people = people
        self._memory = memory
        # Masked records are remembered apart: filters see the real ones.
        is_shared = memory is not None and show.redact_key is None
        self._filter = filter_of(show, memory if is_shared else None)
        self._accepts = self._filter.accepts if self._filter else None
        self._note = self._filter.note if self._filter and not is_shared else None
        self._is_last = _until(show)
        self._redactor = _redactor(show.redact_key)
        self._count = _NEVER if show.count is None else show.count
        self._on_received, self._on_shown = listeners.received, listeners.shown
        self._clock = clock
        self._reporter = reporter
        self._check = check
        self._is_new = is_new
        self.statistics = Statistics(clock.now())
        self._seq = 0
        self._dropped_before = 0
        self._dropping_since: float | None = None
        self.received = 0
        self.shown = 0
        self.dropped = 0

    def arrival(self) -> Arrival:
        """Return the arrival time of what was just read."""
        at = self._clock.utcnow()
        # Records have milliseconds; so a recorded one gives the same row again.
        return Arrival(self._clock.now(), at.replace(microsecond=at.microsecond // 1000 * 1000))

    def deliver(self, event: PusherEvent, arrival: Arrival, *, backfill: bool = False) -> None:
        """Take one event. Raises ``Stop`` when it is the last one asked for."""
        self._seq += 1
        records = decode_event(
            event,
            seq=self._seq,
            received_at=arrival.at,
            backfill=backfill,
            people=self._people,
        )
        if self._is_new is not None and not backfill:
            records = _without_known(records, self._is_new)
        if records:
            self.take(records, arrival.now, event)

    def take(self, records: Sequence[Record], now: float, event: PusherEvent | None = None) -> None:
        """Take the records of one event. Raises ``Stop`` when they have the last one asked for.

        Those from a file have no ``event``.
        """
        if self._note is not None:
            for record in records:
                self._note(record)
        visible = records
        if self._redactor is not None:
            visible = _redacted(records, event, self._redactor)
        if self._memory is not None:
            for record in visible:
                self._memory.note(record)
        self.received += len(records)
        counts = self.statistics.received(visible, now)
        if len(records) > _FEW:
            self._take_many(records, visible, counts)
            return
        for listener in self._on_received:
            listener(visible)
        self._show(records, visible, counts)

    def _take_many(
        self, records: Sequence[Record], visible: Sequence[Record], counts: Counts
    ) -> None:
        """Take the records of a long event in parts, to bound the memory."""
        size = _part_size(records[0])
        parts = [slice(start, start + size) for start in range(0, len(records), size)]
        for listener in self._on_received:
            for part in parts:
                listener(visible[part])
        if self._sink.per_frame:
            self._show(records, visible, counts)
            return
        for number, part in enumerate(parts):
            if number:
                self._check()
            self._show(records[part], visible[part], counts)

    def _show(self, records: Sequence[Record], visible: Sequence[Record], counts: Counts) -> None:
        """Show what is selected of ``records``. Raises ``Stop`` after the last one asked for."""
        accepted, is_last = visible, False
        if self._accepts or self._is_last or len(records) >= self._count - self.shown:
            accepted, is_last = self._choose(records, visible)
        if accepted:
            for listener in self._on_shown:
                listener(accepted)
            is_last &= self._put(accepted, counts)
        if is_last:
            raise Stop(ExitCode.OK)

    @property
    def held_back(self) -> str:
        """Which option held most back, in words; "" if none did."""
        if self._filter is None:
            return ""
        option, count = self._filter.most_held_back
        return f"{option} held back {count}" if count else ""

    def _choose(
        self, records: Sequence[Record], visible: Sequence[Record]
    ) -> tuple[Sequence[Record], bool]:
        """Return what is shown of ``visible``, and whether it has the last one asked for.

        Filters see unmasked records, also with --redact.
        """
        room = self._count - self.shown
        chosen: list[Record] = []
        for record, seen in zip(records, visible, strict=True):
            is_last = self._is_last is not None and self._is_last(record)
            if is_last or self._accepts is None or self._accepts(record):
                chosen.append(seen)
            if is_last or (1 if self._sink.per_frame and chosen else len(chosen)) >= room:
                return chosen, True
        return chosen, False

    def _put(self, accepted: Sequence[Record], counts: Counts) -> bool:
        """Hand over the lines of one event's records; return whether there was room for all.

        What was handed over counts as shown, also when the rest is dropped.
        """
        # Where the unit is the event, its first record stands for all of them.
        units, items = (1, len(accepted)) if self._sink.per_frame else (len(accepted), 1)
        missing = units
        for record in accepted:
            if not missing or not self._output.put(self._sink.render(record), 1):
                break
            missing -= 1
            self.shown += 1
            counts.shown += items
        if missing:
            self.dropped += missing
            counts.dropped += missing * items
            self._say_no_room()
        elif self._dropping_since is not None:
            self._say_room_again(self._dropping_since)
        return not missing

    def _say_no_room(self) -> None:
        if self._dropping_since is None:
            self._dropping_since = self._clock.now()
            self._reporter.status.warn("stdout isn't read, the buffer is full: events are dropped")

    def _say_room_again(self, dropping_since: float) -> None:
        end, seconds = self._clock.utcnow(), self._clock.now() - dropping_since
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


def filter_of(show: ShowSettings, memory: "Memory | None" = None) -> "Filter | None":
    """Return the filter, if any; ``memory``, where given, is fed by the caller."""
    if not show.has_filters:
        return None
    from chatapp_tail.chatapp.description import Describer  # noqa: PLC0415 (many tails have none)
    from chatapp_tail.filters import build_filter  # noqa: PLC0415

    return build_filter(
        events=show.events,
        excluded_events=show.excluded_events,
        chats=show.chats,
        messages=show.messages,
        tests=show.tests,
        greps=show.greps,
        excluded_greps=show.excluded_greps,
        describer=Describer(zone_of(show.output.time), memory),
    )


def _until(show: ShowSettings) -> "Predicate | None":
    """Return the test for the last record, if --until was given."""
    if not show.until:
        return None
    from chatapp_tail.filters.predicate import every  # noqa: PLC0415 (many tails have none)
    from chatapp_tail.filters.where import predicate  # noqa: PLC0415

    return every([predicate(test) for test in show.until])


def _redactor(key: bytes | None) -> "Redactor | None":
    if key is None:
        return None
    from chatapp_tail.chatapp.redaction import Redactor  # noqa: PLC0415 (few need it)

    return Redactor(key)


def _redacted(
    records: Sequence[Record], event: PusherEvent | None, redactor: "Redactor"
) -> Sequence[Record]:
    """Return ``records`` with masks.

    ``event`` may hold more than these; without one their payload holds exactly these.
    """
    first, is_whole = records[0].envelope, event is None
    if event is None:
        name = None if first.channel is None else first.channel.name
        event = PusherEvent(first.event, name, first.payload)
    elif isinstance(first.payload, dict | list):  # decoded already
        event = PusherEvent(event.event, event.channel, first.payload)
    masked = decode_event(
        redactor.redact_event(event),
        seq=first.seq,
        received_at=first.received_at,
        backfill=first.backfill,
        people=redactor.names(first.people),
    )
    envelope = masked[0].envelope
    if envelope.count != first.count:
        envelope = replace(envelope, count=first.count)

    def make(place: int) -> Record:
        record = records[place]
        mask = masked[place if is_whole else record.index]
        return Record(envelope, record.index, mask.data, record.occurred_at, mask.body)

    hidden = ManyRecords(len(records), make)
    return hidden if len(records) > _FEW else list(hidden)


def _without_known(records: Sequence[Record], is_new: "Predicate") -> Sequence[Record]:
    """Return those that are new; ``is_new`` is called once for each."""
    known = {record.index for record in records if not is_new(record)}
    return [record for record in records if record.index not in known] if known else records


def _part_size(record: Record) -> int:
    """Return how many records may be written at once: each repeats what all share."""
    shared = len(jsontext.dumps(record.envelope.meta))
    return max(1, min(_MOST_AT_ONCE, _MOST_SHARED // max(shared, 1)))
