"""Reading recordings, also damaged ones: lines, and frames, all the records of one Pusher event.

An event as ``--format raw`` writes it, or a webhook sends it, has no channel and no time; ``meta``
and the items tell something of both.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple, Protocol

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel, parse_name, parse_spec
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.fields import FIELDS
from chatapp_tail.chatapp.record import NOBODY, Envelope, Record
from chatapp_tail.chatapp.values import dig, integer, string
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ChatAppTailError, UsageError
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.recording.lines import (
    LONGEST_LINE,
    BadLineError,
    NoticeLine,
    RawLine,
    RecordLine,
    parse_line,
    split_lines,
)
from chatapp_tail.recording.unpack import unpack

_BLOCK_BYTES = 256 * 1024
MADE_BY = "Name a file that was made with --record or --json; - reads stdin."
# How many bad lines are reported one by one.
_NAMED = 10
_TORN = "it is cut off, and no line follows"
_SHARED = tuple(field.name for field in FIELDS.values() if field.origin == "frame")


class Frame(NamedTuple):
    """Records of one event, with one envelope, and when they were received."""

    received_at: datetime
    records: Sequence[Record]


Part = RecordLine | Frame | NoticeLine


class Readable(Protocol):
    """A buffered binary stream."""

    def read1(self, size: int, /) -> bytes:
        """Return what is available, up to ``size`` bytes; b"" only at the end."""
        ...


@dataclass(slots=True)
class Stats:
    """The number of lines read so far, of bad ones, and of notices."""

    lines: int = 0
    bad: int = 0
    notices: int = 0


def open_recording(path: Path) -> BufferedReader:
    """Open a recording. Raises ``UsageError``."""
    try:
        return path.open("rb")
    except OSError as exc:
        raise UsageError(
            f"{path} can't be read: {exc.strerror or exc}",
            hint=MADE_BY,
        ) from exc


class RecordingReader:
    """Iterates over the parts of a stream, compressed or not; ``stats`` counts them."""

    def __init__(
        self,
        stream: Readable,
        *,
        clock: Clock,
        warn: Callable[[str], None],
        before_read: Callable[[], object] = lambda: None,
    ) -> None:
        """``warn`` takes a message about what can't be replayed.

        ``before_read`` is called before each read, which may block: the caller has all parts then.
        """
        self._stream = stream
        self._before_read = before_read
        self._clock = clock
        self._warn = warn
        self._raw = 0
        self.stats = Stats()

    def __iter__(self) -> Iterator[Part]:
        """Yield each part in order. Raises ``ChatAppTailError`` if the stream can't be read."""
        stats = self.stats
        for line in split_lines(unpack(self._blocks(), self._warn)):
            stats.lines += 1
            try:
                part = self._part(line)
            except BadLineError as exc:
                self._count_bad(str(exc) if line is None or line.endswith(b"\n") else _TORN)
                continue
            if part is not None:
                yield part
        if stats.bad > _NAMED:
            self._warn(f"{stats.bad} of {stats.lines} lines were skipped")

    def _part(self, line: bytes | None) -> Part | None:
        """Return the part in a line; None for a blank line. Raises ``BadLineError``."""
        if line is None:
            raise BadLineError(f"it is longer than {LONGEST_LINE} bytes")
        if line.isspace():
            return None
        match parse_line(line):
            case RecordLine() as record:
                return record
            case RawLine() as raw:
                self._raw += 1
                return _decode_raw(raw, seq=self._raw, clock=self._clock)
            case NoticeLine() as notice:
                self.stats.notices += 1
                return notice

    def _count_bad(self, reason: str) -> None:
        self.stats.bad += 1
        if self.stats.bad <= _NAMED:
            more = "; further ones are only counted" if self.stats.bad == _NAMED else ""
            self._warn(f"line {self.stats.lines} is skipped: {reason}{more}")

    def _blocks(self) -> Iterator[bytes]:
        while True:
            self._before_read()
            try:
                block = self._stream.read1(_BLOCK_BYTES)
            except OSError as exc:
                raise ChatAppTailError(
                    f"the recording can't be read: {exc.strerror or exc}",
                    hint="Check its disk, or replay a copy of it.",
                ) from exc
            if not block:
                return
            yield block


def group(parts: Iterable[Part]) -> Iterator[Frame | NoticeLine]:
    """Yield frames and notices in the order of ``parts``.

    Each frame is yielded as soon as its last record was read.
    """
    waiting: list[RecordLine] = []
    size = 0
    for part in parts:
        if waiting and not (isinstance(part, RecordLine) and _follows(part, waiting[-1], size)):
            yield frame_of(waiting)
            waiting, size = [], 0
        if not isinstance(part, RecordLine):
            yield part
            continue
        if part.total == 1:  # nearly always
            yield frame_of((part,))
            continue
        waiting.append(part)
        size += part.size
        if part.place + 1 >= part.total:
            yield frame_of(waiting)
            waiting, size = [], 0
    if waiting:
        yield frame_of(waiting)


def _follows(later: RecordLine, earlier: RecordLine, size: int) -> bool:
    """Return whether both belong to one frame, which has ``size`` bytes so far."""
    return (
        size + later.size <= LONGEST_LINE
        and later.place > earlier.place
        and _shared(later) == _shared(earlier)
    )


def _shared(line: RecordLine) -> bytes:
    """Return the shared fields as JSON, because in Python 1, 1.0 and True are equal."""
    return jsontext.dumps([line.value.get(key) for key in _SHARED])


def frame_of(lines: Sequence[RecordLine]) -> Frame:
    """Return the frame of records that came together; its payload is rebuilt from the lines."""
    first, received_at = lines[0].value, lines[0].received_at
    items = [line.value["data"] for line in lines]
    is_malformed = first.get("malformed") is True
    name = string(first["channel"])
    channel = None if name is None else parse_name(name)
    envelope = Envelope(
        seq=integer(first["seq"]) or 0,
        received_at=received_at,
        event=string(first["event"]) or "",
        channel=channel,
        owner=channel if channel is not None and channel.scope is not None else _owner(first),
        count=lines[0].total,
        meta=first["meta"],
        payload={"data": items[0] if is_malformed else items, "meta": first["meta"]},
        malformed=is_malformed,
        backfill=first.get("backfill") is True,
        people=_people(lines),
    )
    records = [
        Record(envelope, line.place, line.value["data"], line.occurred_at, None, line.written)
        for line in lines
    ]
    return Frame(received_at, records)


def _owner(first: Mapping[str, object]) -> Channel:
    return Channel(
        string(first["channel"]) or "",
        license=integer(first["license"]),
        messenger=string(first["messenger"]),
        company=integer(first["company"]),
        user=integer(first["user"]),
    )


def _people(lines: Sequence[RecordLine]) -> Mapping[str, str]:
    """Return the employees' names that the recorded authors have."""
    people = {}
    for line in lines:
        author = line.value.get("author")
        identity, name = string(dig(author, "id")), string(dig(author, "name"))
        if identity and name and dig(author, "kind") != "client":
            people[identity] = name
    return people or NOBODY


def _decode_raw(line: RawLine, *, seq: int, clock: Clock) -> Frame:
    """Return the event's frame; it counts as received at the time of an item, else now."""
    now = clock.utcnow()
    records = decode_event(PusherEvent("", None, line.payload), seq=seq, received_at=now)
    times = (record.occurred_at for record in records if record.occurred_at is not None)
    received_at = next(times, now)
    event = PusherEvent("", _channel(records[0].envelope.meta), line.payload)
    return Frame(received_at, decode_event(event, seq=seq, received_at=received_at))


def _channel(meta: object) -> str | None:
    """Return the name of the channel on which ChatApp sends events with this ``meta``."""
    messenger = string(dig(meta, "messengerType"))
    license_id, company, user = (
        integer(dig(meta, key)) for key in ("licenseId", "companyId", "userId")
    )
    if license_id is not None and messenger is not None:
        spec = f"{license_id}/{messenger}"
    elif company is not None:
        spec = f"company/{company}" + ("" if user is None else f"/user/{user}")
    elif user is not None:
        spec = f"user/{user}"
    else:
        return None
    try:
        return parse_spec(spec).name
    except UsageError:  # a number or a word that no channel can have
        return None
