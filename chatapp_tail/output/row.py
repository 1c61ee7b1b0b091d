"""The cells of a row, before widths and colours, and the format ``plain``, which adds neither."""

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from chatapp_tail.chatapp.channels import Channel, Scope
from chatapp_tail.chatapp.description import Describer
from chatapp_tail.chatapp.memory import Memory
from chatapp_tail.chatapp.record import Record
from chatapp_tail.output import TimeFormat, zone_of
from chatapp_tail.output.highlight import NO_HIGHLIGHTS, Highlighter
from chatapp_tail.output.sink import Sink
from chatapp_tail.output.text import clean
from chatapp_tail.units import WEEKDAYS

# A row is cut to the screen anyway: no need to measure a hostile megabyte.
_LONGEST_CELL = 2_000
_TIME_WIDTHS = {
    TimeFormat.LOCAL: 8,
    TimeFormat.UTC: 8,
    TimeFormat.ISO: 29,
    TimeFormat.RELATIVE: 10,
    TimeFormat.DELTA: 10,
}
# The most characters of a channel's label; a server allows longer names.
_WIDEST_LABEL = 20
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FROM_THE_API = "~ "


class Row(NamedTuple):
    """Cleaned text for each column.

    ``day`` is the date of ``time``, "" where ``time`` shows it or is relative. ``mark`` follows
    ``detail`` and isn't cut off. ``kind`` is in, out, failed, viewed, or empty.
    """

    time: str
    channel: str
    event: str
    message: str
    who: str
    detail: str
    mark: str = ""
    kind: str = ""
    day: str = ""

    @property
    def words(self) -> str:
        """The detail, and the mark behind it."""
        return f"{self.detail} {self.mark}" if self.mark else self.detail


class ChannelLabels:
    """Short names of channels: with the id only where several ids of one scope are watched."""

    def __init__(self, channels: Iterable[Channel] = ()) -> None:
        """``channels`` are the watched ones; others are learned from their first event."""
        self._ids: dict[Scope, set[int | None]] = {}
        self.width = 0
        """In characters: of the longest label so far."""
        watched = tuple(channels)
        for channel in watched:
            self._learn(channel)
        for channel in watched:
            self.label(channel)

    def label(self, channel: Channel) -> str:
        """Return ``telegram``, ``1229/telegram``, ``company``; the name of an unknown shape."""
        is_one = self._learn(channel)
        match channel.scope:
            case Scope.LICENSE if is_one:
                label = channel.messenger or ""
            case Scope.COMPANY | Scope.USER if is_one:
                label = str(channel.scope)
            case _:
                label = channel.spec
        self.width = max(self.width, min(len(label), _WIDEST_LABEL))
        return label

    def _learn(self, channel: Channel) -> bool:
        """Return whether no other channel of its kind has another id."""
        if channel.scope is None:
            return False
        ids = self._ids.setdefault(channel.scope, set())
        if len(ids) < 2:  # two are several
            ids.add(channel.license or channel.user or channel.company)
        return len(ids) == 1


class RowMaker:
    """Turns records into rows. Called in the order of arrival: times may be relative."""

    def __init__(
        self,
        time_format: TimeFormat,
        started_at: datetime,
        *,
        cut: bool,
        memory: Memory | None = None,
    ) -> None:
        """``started_at`` is the zero of relative times; ``cut`` limits the length of details.

        ``memory`` may know of records that aren't shown.
        """
        self._format = time_format
        self.time_width = _TIME_WIDTHS[time_format]
        """In cells."""
        self._zone = zone_of(time_format)
        self._describer = Describer(self._zone, memory)
        self._started_at = started_at
        self._previous = started_at
        # Cached for records that came together: formatting a time costs as much as all other cells.
        self._written_at: datetime | None = None
        self._written = ("", "")
        self._longest = _LONGEST_CELL if cut else None

    def row(self, record: Record) -> Row:
        """Return the row of ``record``, its channel as a spec."""
        envelope = record.envelope
        told = self._describer.describe(record)
        # Records from the API show when they were sent, not when they were fetched.
        sent_at = record.occurred_at if envelope.backfill else None
        time, day = self._time(sent_at or envelope.received_at)
        origin = FROM_THE_API if envelope.backfill else ""
        return Row(
            time,
            clean(envelope.channel.spec[:_LONGEST_CELL] if envelope.channel else "-"),
            clean(envelope.event[:_LONGEST_CELL] or "-"),
            clean(told.message),
            clean(told.who[:_LONGEST_CELL]),
            origin + clean(told.detail[: self._longest]),
            told.mark,
            told.kind,
            day,
        )

    def _time(self, instant: datetime) -> tuple[str, str]:
        """Return the columns TIME and, for times of day, the date."""
        previous, self._previous = self._previous, instant
        match self._format:
            case TimeFormat.ISO:
                return _in_zone(instant, None).isoformat(timespec="milliseconds"), ""
            case TimeFormat.RELATIVE:
                return _seconds((instant - self._started_at).total_seconds()), ""
            case TimeFormat.DELTA:
                return _seconds((instant - previous).total_seconds()), ""
            case TimeFormat.LOCAL | TimeFormat.UTC:
                if instant is not self._written_at:
                    self._written_at = instant
                    local = _in_zone(instant, self._zone)
                    self._written = f"{local:%H:%M:%S}", _day(local.date())
                return self._written


class PlainSink(Sink):
    """Tab separated TIME, CHANNEL, EVENT, MSG, WHO, WORDS; a tab in a cell is shown as ``\\t``.

    For grep, cut and awk: never cut, and no colour but for highlights.
    """

    def __init__(self, rows: RowMaker, highlighter: Highlighter = NO_HIGHLIGHTS) -> None:
        self._rows = rows
        self._mark = highlighter.paint

    def render(self, record: Record) -> bytes:
        """Return the record as one line."""
        row = self._rows.row(record)
        event, who, words = map(self._mark, (row.event, row.who, row.words))
        return f"{row.time}\t{row.channel}\t{event}\t{row.message}\t{who}\t{words}\n".encode()


def _day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _in_zone(instant: datetime, zone: tzinfo | None) -> datetime:
    """Return ``instant`` in ``zone``; as it is where that is before the year 1 or after 9999."""
    try:
        return instant.astimezone(zone)
    except OverflowError:  # a recording can have any time
        return instant


def _seconds(seconds: float) -> str:
    """Return ``+12.345s`` or, from an hour on, ``+1:02:03``; the wall clock may go back."""
    sign = "-" if seconds < 0 else "+"
    seconds = abs(seconds)
    if seconds < 3600:
        return f"{sign}{seconds:.3f}s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}:{rest:02}"
