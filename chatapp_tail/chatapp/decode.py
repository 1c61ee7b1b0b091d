"""Pusher events to records. Total: never raises for what a server sends, never drops anything.

Source: the vendor's page shows ``{"data": [...], "meta": {...}}``; on the wire that object sits
in ``{"queue": ..., "payload": {...}}``, while webhooks send it flat. Both are read.
"""

from datetime import UTC, datetime

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel, parse_name
from chatapp_tail.chatapp.record import Envelope, Record
from chatapp_tail.chatapp.values import dig, integer, string
from chatapp_tail.pusher.protocol import PusherEvent

_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that datetime can hold


def decode_event(
    event: PusherEvent, *, seq: int, received_at: datetime, backfill: bool = False
) -> list[Record]:
    """Return one record per item of the event's ``data[]``, or one malformed record.

    ``seq`` is the event's number in this run, ``received_at`` an aware datetime; ``backfill`` marks
    what came from the API after a gap.
    """
    payload, is_json = _decode_payload(event.data)
    data, meta = _unwrap(payload)
    items = data if isinstance(data, list) else []
    channel = None if event.channel is None else parse_name(event.channel)
    envelope = Envelope(
        seq,
        received_at,
        event.event or string(dig(meta, "type")) or "",
        channel,
        _owner(channel, meta),
        len(items) or 1,
        meta,
        payload,
        not (is_json and items),
        backfill,
    )
    if not items:
        return [Record(envelope, 0, data, None)]
    if len(items) == 1:  # as nearly always
        return [Record(envelope, 0, items[0], _time(items[0]))]
    return [Record(envelope, index, item, _time(item)) for index, item in enumerate(items)]


def _decode_payload(data: object) -> tuple[object, bool]:
    """Undo Pusher's double encoding: (value, it was JSON)."""
    if not isinstance(data, str):
        return data, True
    try:
        return jsontext.loads(data), True
    except ValueError:
        return data, False


def _unwrap(payload: object) -> tuple[object, object]:
    """Return (data, meta) of the documented object, wrapped or flat; else (payload, None)."""
    inner = dig(payload, "payload")
    documented = inner if isinstance(inner, dict) else payload
    if isinstance(documented, dict) and "data" in documented:
        return documented["data"], documented.get("meta")
    return payload, None


def _owner(channel: Channel | None, meta: object) -> Channel:
    if channel is not None and channel.scope is not None:
        return channel
    return Channel(
        "",
        license=integer(dig(meta, "licenseId")),
        messenger=string(dig(meta, "messengerType")),
        company=integer(dig(meta, "companyId")),
        user=integer(dig(meta, "userId")),
    )


def _time(item: object) -> datetime | None:
    seconds = integer(item.get("time")) if isinstance(item, dict) else None
    if seconds is None or not 0 < seconds <= _LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, UTC)
