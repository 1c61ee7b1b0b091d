"""Pusher events to records. Never raises for anything a server sends, and drops nothing.

Source: the vendor's page shows ``{"data": [...], "meta": {...}}``; on the wire that object sits
in ``{"queue": ..., "payload": {...}}``, while webhooks send it flat. Both are read.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel, parse_name
from chatapp_tail.chatapp.record import NOBODY, Envelope, ManyRecords, Record, body_json
from chatapp_tail.chatapp.values import dig, integer, string
from chatapp_tail.pusher.protocol import PusherEvent

_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that datetime can hold
# Above this number of items, records are made one by one: all at once would need more memory than
# the event.
_MANY = 1_000


def decode_event(
    event: PusherEvent,
    *,
    seq: int,
    received_at: datetime,
    backfill: bool = False,
    people: Mapping[str, str] = NOBODY,
) -> Sequence[Record]:
    """Return one record per item of the event's ``data[]``, or one malformed record.

    ``seq`` is the event's number in this run, ``received_at`` an aware datetime. ``backfill``
    marks items that came from the API after a gap. ``people`` are employees' names by id.
    """
    payload, data, meta, body = _decode_content(event, people)
    items = data if isinstance(data, list) else []
    channel = None if event.channel is None else parse_name(event.channel)
    envelope = Envelope(
        seq,
        received_at,
        _name(event, meta),
        channel,
        channel if channel is not None and channel.scope is not None else _owner(meta),
        len(items) or 1,
        meta,
        payload,
        not items,
        backfill,
        people,
    )
    if not items:
        return [Record(envelope, 0, data, None, body)]
    if len(items) == 1:  # nearly always
        return [Record(envelope, 0, items[0], _time(items[0]), body)]
    if len(items) <= _MANY:
        return [Record(envelope, at, item, _time(item), None) for at, item in enumerate(items)]
    return ManyRecords(
        len(items), lambda at: Record(envelope, at, items[at], _time(items[at]), None)
    )


def _decode_content(
    event: PusherEvent, people: Mapping[str, str]
) -> tuple[object, object, object, bytes | None]:
    """Undo Pusher's double encoding; return payload, data, meta, and the body of a single record.

    Data that isn't JSON, or is nested too deeply, stays text.
    """
    data = event.data
    try:
        payload = jsontext.loads_of_any_depth(data) if isinstance(data, str) else data
        inner, meta, is_all = _unwrap(payload)
        if is_all and isinstance(inner, list) and len(inner) == 1:
            # Dumping doubles as the depth check.
            return payload, inner, meta, body_json(_name(event, meta), inner[0], meta, people)
        if jsontext.is_too_deep(payload):
            raise ValueError("nested too deeply")
    except ValueError:
        return data, data, None, None
    return payload, inner, meta, None


def _name(event: PusherEvent, meta: object) -> str:
    return event.event or string(dig(meta, "type")) or ""


def _unwrap(payload: object) -> tuple[object, object, bool]:
    """Return data and meta of the documented object, wrapped or flat; else payload and None.

    The third value tells whether it holds nothing else, except the name of a queue.
    """
    if not isinstance(payload, dict):
        return payload, None, False
    documented, is_all = payload, True
    if isinstance(inner := payload.get("payload"), dict):
        documented = inner
        is_all = len(payload) == 1 or (len(payload) == 2 and type(payload.get("queue")) is str)
    if "data" not in documented:
        return payload, None, False
    is_all = is_all and len(documented) == 1 + ("meta" in documented)
    return documented["data"], documented.get("meta"), is_all


def _owner(meta: object) -> Channel:
    return Channel(
        "",
        license=integer(dig(meta, "licenseId")),
        messenger=string(dig(meta, "messengerType")),
        company=integer(dig(meta, "companyId")),
        user=integer(dig(meta, "userId")),
    )


def _time(item: object) -> datetime | None:
    seconds = integer(item.get("time")) if isinstance(item, dict) else None
    return None if seconds is None or not 0 < seconds <= _LAST_SECOND else _instant(seconds)


@lru_cache(maxsize=64)  # events that come together have the same times
def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
