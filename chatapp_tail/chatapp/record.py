"""The record: one decoded item in its envelope. Rows, filters, counts and JSON Lines share it.

Both are frozen by ``Final``, which mypy holds, because two of them are made for each event and a
dataclass that freezes itself takes three times as long to make.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel

RECORD_VERSION = 1


@dataclass(slots=True)
class Envelope:
    """What the items of one Pusher event share.

    ``payload`` is the event's decoded data as the server sent it, wrapper included. ``channel`` is
    None for an event that came outside any channel. ``owner`` has the ids: it is the channel, or a
    nameless one made of ``meta`` where the channel's name says nothing. ``backfill`` marks what
    came over REST, after a gap or for the time before the start. ``meta_json`` is ``meta`` as
    ``jsontext`` writes it.
    """

    seq: Final[int]
    received_at: Final[datetime]
    event: Final[str]
    channel: Final[Channel | None]
    owner: Final[Channel]
    count: Final[int]
    meta: Final[object]
    meta_json: Final[bytes]
    payload: Final[object]
    malformed: Final[bool]
    backfill: Final[bool]


@dataclass(slots=True)
class Record:
    """One item of ``data[]``, untouched; ``occurred_at`` is its own time if it has one.

    ``json`` is ``data`` as ``jsontext`` writes it, where that was needed to know how deep it is.
    """

    envelope: Final[Envelope]
    index: Final[int]
    data: Final[object]
    occurred_at: Final[datetime | None]
    json: Final[bytes | None]

    def as_dict(self) -> dict[str, object]:
        """Return the record, version 1, ready for JSON; all keys are always there."""
        envelope = self.envelope
        record = {**self._head(), "data": self.data, "meta": envelope.meta}
        if envelope.malformed:
            record["malformed"] = True
        if envelope.backfill:
            record["backfill"] = True
        return record

    def line(self) -> bytes:
        """Return ``as_dict`` as a line of JSON Lines, in less time."""
        envelope = self.envelope
        return b'%b,"data":%b,"meta":%b%b%b}\n' % (
            jsontext.dumps(self._head())[:-1],
            jsontext.dumps(self.data) if self.json is None else self.json,
            envelope.meta_json,
            b',"malformed":true' if envelope.malformed else b"",
            b',"backfill":true' if envelope.backfill else b"",
        )

    def _head(self) -> dict[str, object]:
        """Return all that comes before ``data``."""
        envelope = self.envelope
        channel, owner = envelope.channel, envelope.owner
        return {
            "v": RECORD_VERSION,
            "kind": "event",
            "seq": envelope.seq,
            "received_at": iso_utc(envelope.received_at),
            "occurred_at": None if self.occurred_at is None else iso_utc(self.occurred_at),
            "event": envelope.event,
            "channel": None if channel is None else channel.name,
            "scope": None if channel is None else channel.scope,
            "license": owner.license,
            "messenger": owner.messenger,
            "company": owner.company,
            "user": owner.user,
            "index": self.index,
            "count": envelope.count,
        }


@lru_cache(maxsize=64)  # events that come together have the same times
def iso_utc(instant: datetime) -> str:
    """Return ``2026-11-22T11:39:24.521Z``: UTC, milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
