"""Recorded lines to frames: all the records of one Pusher event together.

An event as ``--format raw`` writes it, or a webhook sends it, has no channel and no time; ``meta``
and the items tell something of both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel, parse_name, parse_spec
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.fields import FIELDS
from chatapp_tail.chatapp.record import NOBODY, Envelope, Record
from chatapp_tail.chatapp.values import dig, integer, string
from chatapp_tail.clock import Clock
from chatapp_tail.errors import UsageError
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.recording.lines import LONGEST_LINE, NoticeLine, RawLine, RecordLine

_SHARED = tuple(field.name for field in FIELDS.values() if field.origin == "frame")


class Frame(NamedTuple):
    """Records of one event, with one envelope, and when they were received."""

    received_at: datetime
    records: Sequence[Record]


Part = RecordLine | Frame | NoticeLine


def group(parts: Iterable[Part]) -> Iterator[Frame | NoticeLine]:
    """Yield frames and notices in the order of ``parts``.

    Each frame is yielded as soon as its last record was read.
    """
    waiting: list[RecordLine] = []
    size = 0
    for part in parts:
        if waiting and not (isinstance(part, RecordLine) and _follows(part, waiting[-1], size)):
            yield _frame(waiting)
            waiting, size = [], 0
        if not isinstance(part, RecordLine):
            yield part
            continue
        if part.total == 1:  # nearly always
            yield _frame((part,))
            continue
        waiting.append(part)
        size += part.size
        if part.place + 1 >= part.total:
            yield _frame(waiting)
            waiting, size = [], 0
    if waiting:
        yield _frame(waiting)


def _frame(recorded: Sequence[RecordLine]) -> Frame:
    return Frame(recorded[0].received_at, _records(recorded))


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


def _records(lines: Sequence[RecordLine]) -> list[Record]:
    """Return the records of one frame; its payload is rebuilt from the lines."""
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
    return [
        Record(envelope, line.place, line.value["data"], line.occurred_at, None, line.written)
        for line in lines
    ]


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


def decode_raw(line: RawLine, *, seq: int, clock: Clock) -> Frame:
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
        return _name(f"{license_id}/{messenger}")
    if company is not None:
        return _name(f"company/{company}" + ("" if user is None else f"/user/{user}"))
    return None if user is None else _name(f"user/{user}")


def _name(spec: str) -> str | None:
    try:
        return parse_spec(spec).name
    except UsageError:  # a number or a word that no channel can have
        return None
