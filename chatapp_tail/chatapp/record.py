"""The record: one decoded item in its envelope. Rows, filters, counts and JSON Lines share it.

Both have Final fields instead of frozen=True: mypy checks the same, and construction takes a third
of the time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final, overload

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import LONGEST_NAME, Channel, parse_name
from chatapp_tail.chatapp.identity import MESSAGE, Author, author_of, chat_id, identity, message_id

RECORD_VERSION = 1
_END = {
    (False, False): b"}\n",
    (True, False): b',"malformed":true}\n',
    (False, True): b',"backfill":true}\n',
    (True, True): b',"malformed":true,"backfill":true}\n',
}
# The origin is cached for events of at most so many items.
_FEW = 4
NOBODY: Mapping[str, str] = MappingProxyType({})
_BEGIN = jsontext.dumps({"v": RECORD_VERSION, "kind": "event"})[:-1] + b',"seq":'


@dataclass(slots=True)
class Envelope:
    """What the items of one Pusher event share.

    ``payload`` is the event's decoded data as the server sent it, wrapper included. ``channel`` is
    None for an event that came outside any channel. ``owner`` has the ids: it is the channel, or a
    nameless one made of ``meta`` where the channel's name says nothing. ``backfill`` marks what
    came over REST, after a gap or for the time before the start. ``people`` are employees' names by
    their ids as text; it may be large and is never iterated.
    """

    seq: Final[int]
    received_at: Final[datetime]
    event: Final[str]
    channel: Final[Channel | None]
    owner: Final[Channel]
    count: Final[int]
    meta: Final[object]
    payload: Final[object]
    malformed: Final[bool]
    backfill: Final[bool]
    people: Final[Mapping[str, str]]


@dataclass(slots=True)
class Record:
    """One item of ``data[]``, untouched; ``occurred_at`` is its own time if it has one.

    ``body`` is the JSON of the members from ``chat_id`` to ``meta``, if the depth check has made it
    already. ``written`` is the whole line of a record that was read from a recording and would be
    written in the same way.
    """

    envelope: Final[Envelope]
    index: Final[int]
    data: Final[object]
    occurred_at: Final[datetime | None]
    body: Final[bytes | None] = None
    written: Final[bytes | None] = None

    @property
    def chat_id(self) -> str | None:
        """The chat's id as text."""
        return chat_id(self.data)

    @property
    def message_id(self) -> str | None:
        """The id, as text, of the message that the record is about."""
        envelope = self.envelope
        return None if envelope.malformed else message_id(envelope.event, self.data)

    @property
    def author(self) -> Author | None:
        """Who wrote it; None if it is no message."""
        envelope, data = self.envelope, self.data
        if envelope.event != MESSAGE or envelope.malformed or not isinstance(data, dict):
            return None
        return author_of(data, envelope.people)

    def line(self) -> bytes:
        """Return the record as a line of JSON Lines, put together from pieces."""
        if self.written is not None:
            return self.written
        envelope = self.envelope
        body = self.body
        if body is None:
            # A malformed event's data is no item, and nobody wrote it.
            event = "" if envelope.malformed else envelope.event
            content = _content(event, self.data, envelope.meta, envelope.people)
            body = jsontext.dumps(content)
        return b"".join(
            (
                _BEGIN,
                str(envelope.seq).encode(),
                _instants_json(envelope.received_at, self.occurred_at),
                _origin_json(envelope, self.index),
                body[1:-1],
                _END[envelope.malformed, envelope.backfill],
            )
        )


class ManyRecords(Sequence[Record]):
    """The records of one event with many items, each made when it is accessed."""

    def __init__(self, count: int, make: Callable[[int], Record]) -> None:
        """``make`` returns the record at a place from 0 to ``count`` - 1."""
        self._places = range(count)
        self._make = make

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Record]:
        return map(self._make, self._places)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        if isinstance(place, slice):
            return list(map(self._make, self._places[place]))
        return self._make(self._places[place])


def body_json(event: str, data: object, meta: object, people: Mapping[str, str]) -> bytes:
    """Return the ``body`` of a record. Raises ``ValueError`` for over 250 levels."""
    return jsontext.dumps_bounded(_content(event, data, meta, people))


def _content(
    event: str, data: object, meta: object, people: Mapping[str, str]
) -> dict[str, object]:
    content = identity(event, data, people)
    content["data"], content["meta"] = data, meta
    return content


@lru_cache(maxsize=64)  # events that arrive together have the same times
def iso_utc(instant: datetime) -> str:
    """Return ``2026-11-22T11:39:24.521Z``: UTC, milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=64)
def _instants_json(received_at: datetime, occurred_at: datetime | None) -> bytes:
    occurred = None if occurred_at is None else iso_utc(occurred_at)
    return b',"received_at":%b,"occurred_at":%b' % (
        jsontext.dumps(iso_utc(received_at)),
        jsontext.dumps(occurred),
    )


def _origin_json(envelope: Envelope, index: int) -> bytes:
    """Return the members from ``event`` to ``count`` between commas.

    Cached if the channel's name tells the owner and the event has few items.
    """
    event, channel, owner, count = envelope.event, envelope.channel, envelope.owner, envelope.count
    if channel is owner and len(event) <= LONGEST_NAME and count <= _FEW:
        return _named_origin_json(event, channel.name, index, count)
    return _between_commas(event, channel, owner, index, count)


@lru_cache(maxsize=256)
def _named_origin_json(event: str, name: str, index: int, count: int) -> bytes:
    channel = parse_name(name)
    return _between_commas(event, channel, channel, index, count)


def _between_commas(
    event: str, channel: Channel | None, owner: Channel, index: int, count: int
) -> bytes:
    members = {
        "event": event,
        "channel": None if channel is None else channel.name,
        "scope": None if channel is None else channel.scope,
        "license": owner.license,
        "messenger": owner.messenger,
        "company": owner.company,
        "user": owner.user,
        "index": index,
        "count": count,
    }
    return b",%b," % jsontext.dumps(members)[1:-1]
