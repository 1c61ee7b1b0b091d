"""The fields of a record, version 1: one table for JSON, filters, recordings, schema and manual."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from operator import attrgetter
from types import MappingProxyType
from typing import Literal, NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.content import message_words
from chatapp_tail.chatapp.identity import MESSAGE, STATUS
from chatapp_tail.chatapp.record import RECORD_VERSION, Record, iso_utc
from chatapp_tail.chatapp.values import dig, words

Type = Literal["integer", "string", "time", "author", "any", "true", "key"]


class RecordField(NamedTuple):
    """One field, and how to read it from a record without making the whole JSON object.

    ``type``: a JSON type; "time" as ``iso_utc`` writes it; "author" an object of ``AUTHOR_FIELDS``;
    "any" JSON value; "true" for a field that is written only where it is true; "key" for
    hexadecimal digits that are written only with --idempotency-key. ``values`` are all
    that there are, ``least`` is the smallest one. ``origin``: all records of one "frame" have the
    same value; each "item" has its own; one that is "derived" follows from ``data``, and recordings
    of older versions lack it.
    """

    name: str
    type: Type
    description: str
    value: Callable[[Record], object]
    is_nullable: bool = False
    values: tuple[str | int, ...] = ()
    least: int | None = None
    origin: Literal["frame", "item", "derived"] = "frame"

    @property
    def is_optional(self) -> bool:
        """Whether some records lack it."""
        return self.type in ("true", "key")


def idempotency_key(records: Sequence[Record]) -> str:
    """Return 32 hexadecimal digits that identify the event of ``records``.

    A message is identified by its channel, chat, id and words, because REST and the websocket send
    different fields; a status by its message and type; anything else by its whole data.
    """
    envelope = records[0].envelope
    channel = "" if envelope.channel is None else envelope.channel.name
    parts = [channel, envelope.event, *map(_identity, records)]
    return blake2b(jsontext.dumps(parts), digest_size=16).hexdigest()


def _identity(record: Record) -> object:
    event, message = record.envelope.event, record.message_id
    if message is not None and isinstance(record.data, dict):
        if event == MESSAGE:
            return [record.chat_id, message, message_words(record.data)]
        if event == STATUS:
            return [message, words(dig(record.data, "type"))]
    return record.data


def _of_owner(name: str, type_: Type, what: str) -> RecordField:
    return RecordField(
        name,
        type_,
        f"The {what}, from the channel's name, else from meta.",
        attrgetter(f"envelope.owner.{name}"),
        is_nullable=True,
    )


_IN_ORDER = (
    RecordField(
        "v",
        "integer",
        "The version of this format; new keys keep it.",
        lambda _: RECORD_VERSION,
        values=(RECORD_VERSION,),
    ),
    RecordField(
        "kind",
        "string",
        "What the line is: an event, not a notice.",
        lambda _: "event",
        values=("event",),
    ),
    RecordField(
        "seq",
        "integer",
        "The number of the frame in this run.",
        lambda record: record.envelope.seq,
        least=0,
    ),
    RecordField(
        "received_at",
        "time",
        "When the frame was received: UTC, ISO 8601 with milliseconds.",
        lambda record: iso_utc(record.envelope.received_at),
    ),
    RecordField(
        "occurred_at",
        "time",
        "The item's own time, if it has one.",
        lambda record: record.occurred_at and iso_utc(record.occurred_at),
        is_nullable=True,
        origin="item",
    ),
    RecordField(
        "event",
        "string",
        "The frame's event name, else meta.type, else empty.",
        lambda record: record.envelope.event,
    ),
    RecordField(
        "channel",
        "string",
        "The full name of the channel; null for an event outside any channel.",
        lambda record: record.envelope.channel and record.envelope.channel.name,
        is_nullable=True,
    ),
    RecordField(
        "scope",
        "string",
        "Whom the channel belongs to; null for a channel name of unknown shape.",
        lambda record: record.envelope.channel and record.envelope.channel.scope,
        is_nullable=True,
        values=tuple(map(str, Scope)),
    ),
    _of_owner("license", "integer", "licence"),
    _of_owner("messenger", "string", "messenger's type"),
    _of_owner("company", "integer", "company"),
    _of_owner("user", "integer", "user"),
    RecordField(
        "index",
        "integer",
        "The item's place in its frame, from 0.",
        lambda record: record.index,
        least=0,
        origin="item",
    ),
    RecordField(
        "count",
        "integer",
        "How many records the frame became.",
        lambda record: record.envelope.count,
        least=1,
    ),
    RecordField(
        "chat_id",
        "string",
        "The chat's id as text; null for an event without a chat.",
        lambda record: record.chat_id,
        is_nullable=True,
        origin="derived",
    ),
    RecordField(
        "message_id",
        "string",
        "The id, as text, of the message that the event is about: of message, messageStatus, "
        "messageReaction and messageDestroy; its internalId where it has no id.",
        lambda record: record.message_id,
        is_nullable=True,
        origin="derived",
    ),
    RecordField(
        "author",
        "author",
        "Who wrote a message; null for other events.",
        lambda record: record.author,
        is_nullable=True,
        origin="derived",
    ),
    RecordField(
        "data",
        "any",
        "The item as the server sent it: any JSON value.",
        lambda record: record.data,
        origin="item",
    ),
    RecordField(
        "meta",
        "any",
        "The frame's meta as the server sent it: any JSON value.",
        lambda record: record.envelope.meta,
    ),
    RecordField(
        "malformed",
        "true",
        "Only where the frame's data was no list of items: data is then whole.",
        lambda record: record.envelope.malformed,
    ),
    RecordField(
        "backfill",
        "true",
        "Only where the item came over REST: after a gap, or for the time before the start.",
        lambda record: record.envelope.backfill,
    ),
    RecordField(
        "idempotency_key",
        "key",
        "Only with --idempotency-key: the same value for the same event, as in a webhook's header.",
        lambda record: idempotency_key([record]),
        origin="item",
    ),
)

FIELDS: Mapping[str, RecordField] = MappingProxyType({field.name: field for field in _IN_ORDER})
"""The fields by name, in the order in which they are written."""

AUTHOR_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "kind": "phone: written on the company's own phone, as far as nothing else is known.",
        "id": "The client's id, or the employee's in created; null where there is none.",
        "name": "The client's name, or with --names the employee's.",
        "via": "The app it was sent through, fromApp.id: webchat is ChatApp's own.",
    }
)
"""The fields of an author, with what they mean; all are text, and all but ``kind`` may be null."""


def as_dict(record: Record) -> dict[str, object]:
    """Return the record as a JSON object, without ``idempotency_key``, as ``Record.line`` does."""
    return {
        name: field.value(record)
        for name, field in FIELDS.items()
        if not field.is_optional or (field.type == "true" and field.value(record))
    }
