"""The cells of a row, before widths and colours: shared by ``table`` and ``plain``."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import NamedTuple

from chatapp_tail.chatapp.record import Record, iso_utc
from chatapp_tail.chatapp.summary import Summarizer
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.sanitize import clean

# A row is cut to the screen anyway; a hostile megabyte need not be measured character by character.
_LONGEST_CELL = 2_000
TIME_WIDTHS = {TimeFormat.ISO: 24, TimeFormat.RELATIVE: 10, TimeFormat.DELTA: 10}
DEFAULT_TIME_WIDTH = 8


class Row(NamedTuple):
    """Clean words in one line each; ``failed`` asks for attention."""

    time: str
    channel: str
    event: str
    who: str
    detail: str
    failed: bool


def zone_of(time_format: TimeFormat) -> tzinfo | None:
    """Return the zone for times of day; None for the local one."""
    return UTC if time_format in (TimeFormat.UTC, TimeFormat.ISO) else None


class RowMaker:
    """Turns records into rows, in the order of arrival (times can be relative)."""

    def __init__(
        self,
        time_format: TimeFormat,
        started_at: datetime,
        *,
        cut: bool,
        people: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """``started_at`` is zero for relative times. ``cut`` limits a detail's length.

        ``people`` has employees' names by their ids as text.
        """
        self._format = time_format
        zone = zone_of(time_format)
        self._summarizer = Summarizer(zone, people)
        self._zone = zone
        self._started_at = started_at
        self._previous = started_at
        # What came together has one time, which takes as long to write as all other cells.
        self._written_at: datetime | None = None
        self._written = ""
        self._longest = _LONGEST_CELL if cut else None

    def row(self, record: Record) -> Row:
        """Return the row of ``record``."""
        envelope = record.envelope
        summary = self._summarizer.summarize(record)
        return Row(
            time=self._time(envelope.received_at),
            channel=clean(envelope.channel.spec[:_LONGEST_CELL] if envelope.channel else "-"),
            event=clean(envelope.event[:_LONGEST_CELL] or "-"),
            who=clean(summary.who[:_LONGEST_CELL]),
            detail=clean(summary.detail[: self._longest]),
            failed=summary.failed,
        )

    def _time(self, received_at: datetime) -> str:
        previous, self._previous = self._previous, received_at
        match self._format:
            case TimeFormat.ISO:
                return iso_utc(received_at)
            case TimeFormat.RELATIVE:
                return _seconds((received_at - self._started_at).total_seconds())
            case TimeFormat.DELTA:
                return _seconds((received_at - previous).total_seconds())
            case TimeFormat.LOCAL | TimeFormat.UTC:
                if received_at is not self._written_at:
                    self._written_at = received_at
                    self._written = f"{_in_zone(received_at, self._zone):%H:%M:%S}"
                return self._written


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
