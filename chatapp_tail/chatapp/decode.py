"""Pusher events to records. Total: never raises for what a server sends, never drops anything.

Source: the vendor's page shows ``{"data": [...], "meta": {...}}``; on the wire that object sits
in ``{"queue": ..., "payload": {...}}``, while webhooks send it flat. Both are read.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel, parse_name
from chatapp_tail.chatapp.record import Envelope, Record
from chatapp_tail.chatapp.values import dig, integer, string
from chatapp_tail.pusher.protocol import PusherEvent

_WRAPPER = frozenset({"queue", "payload"})
_DOCUMENTED = frozenset({"data", "meta"})
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that datetime can hold


def decode_event(
    event: PusherEvent, *, seq: int, received_at: datetime, backfill: bool = False
) -> list[Record]:
    """Return one record per item of the event's ``data[]``, or one malformed record.

    ``seq`` is the event's number in this run, ``received_at`` an aware datetime; ``backfill`` marks
    what came from the API after a gap.
    """
    payload, data, meta, meta_json, json = _decode_content(event.data)
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
        meta_json,
        payload,
        not items,
        backfill,
    )
    if not items:
        return [Record(envelope, 0, data, None, json)]
    if len(items) == 1:  # as nearly always
        return [Record(envelope, 0, items[0], _time(items[0]), json)]
    return [Record(envelope, index, item, _time(item), None) for index, item in enumerate(items)]


class _Content(NamedTuple):
    """What an event's data holds; ``json`` is that of the item, if there is one alone."""

    payload: object
    data: object
    meta: object
    meta_json: bytes
    json: bytes | None


def _decode_content(data: object) -> _Content:
    """Undo Pusher's double encoding. What isn't JSON, or is too deep, is text."""
    try:
        payload = jsontext.loads_of_any_depth(data) if isinstance(data, str) else data
        inner, meta = _unwrap(payload)
        if isinstance(inner, list) and len(inner) == 1 and _holds_no_more(payload):
            # To write both is the quickest way to know how deep they are.
            json = jsontext.dumps_bounded(inner[0])
            return _Content(payload, inner, meta, jsontext.dumps_bounded(meta), json)
        if jsontext.is_too_deep(payload):
            raise ValueError("nested too deeply")
        return _Content(payload, inner, meta, jsontext.dumps(meta), None)
    except ValueError:
        return _Content(data, data, None, b"null", None)


def _holds_no_more(payload: object) -> bool:
    """Return whether there is nothing but the documented object and the name of its queue."""
    if not isinstance(payload, dict):
        return False
    if "payload" in payload:
        if not (payload.keys() <= _WRAPPER and isinstance(payload.get("queue", ""), str)):
            return False
        payload = payload["payload"]
    return isinstance(payload, dict) and payload.keys() <= _DOCUMENTED


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
