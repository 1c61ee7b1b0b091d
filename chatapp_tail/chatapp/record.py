"""The record: one decoded item in its envelope. Rows, filters, counts and JSON Lines share it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chatapp_tail.chatapp.channels import Channel

RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the items of one Pusher event share.

    ``payload`` is the event's decoded data as the server sent it, wrapper included. ``channel`` is
    None for an event that came outside any channel. The ids are read from the channel's name, or
    from ``meta`` where the name has another shape. ``backfill`` marks what came over REST, after a
    gap or for the time before the start.
    """

    seq: int
    received_at: datetime
    event: str
    channel: Channel | None
    license: int | None
    messenger: str | None
    company: int | None
    user: int | None
    count: int
    meta: object
    payload: object
    malformed: bool = False
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One item of ``data[]``, untouched; ``occurred_at`` is its own time if it has one."""

    envelope: Envelope
    index: int
    data: object
    occurred_at: datetime | None

    def as_dict(self) -> dict[str, object]:
        """Return the record, version 1, ready for JSON; all keys are always there."""
        envelope = self.envelope
        channel = envelope.channel
        record: dict[str, object] = {
            "v": RECORD_VERSION,
            "kind": "event",
            "seq": envelope.seq,
            "received_at": iso_utc(envelope.received_at),
            "occurred_at": None if self.occurred_at is None else iso_utc(self.occurred_at),
            "event": envelope.event,
            "channel": None if channel is None else channel.name,
            "scope": None if channel is None else channel.scope,
            "license": envelope.license,
            "messenger": envelope.messenger,
            "company": envelope.company,
            "user": envelope.user,
            "index": self.index,
            "count": envelope.count,
            "data": self.data,
            "meta": envelope.meta,
        }
        if envelope.malformed:
            record["malformed"] = True
        if envelope.backfill:
            record["backfill"] = True
        return record


def iso_utc(instant: datetime) -> str:
    """Return ``2026-11-22T11:39:24.521Z``: UTC, milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
