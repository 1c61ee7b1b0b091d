"""What is said above a record's JSON: who, when, and how late. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from chatapp_tail.chatapp.values import dig, string, words
from chatapp_tail.output.text import clean
from chatapp_tail.units import elapsed

_LONGEST = 200


def caption(record: Mapping[str, object], zone: tzinfo | None = None) -> Iterator[str]:
    """Yield lines about ``record``, as JSON Lines have it. They are clean."""
    event, channel = words(record.get("event")), words(record.get("channel"))
    yield _cut(f"{event} #{words(record.get('seq'))} · {channel or 'no channel'}")
    if author := _author(record.get("author")):
        yield _cut(f"by {author}")
    yield _cut(_times(record, zone))
    for key, name in (("chat_id", "chat"), ("message_id", "message")):
        if identity := words(record.get(key)):
            yield _cut(f"{name} {identity}")


def _author(author: object) -> str:
    kind, name, identity = (words(dig(author, key)) for key in ("kind", "name", "id"))
    if not kind:
        return ""
    who = f"{kind} {name}" if name else kind
    who = f"{who} ({identity})" if identity else who
    via = words(dig(author, "via"))
    return f"{who} via {via}" if via else who


def _times(record: Mapping[str, object], zone: tzinfo | None) -> str:
    received = _instant(record.get("received_at"))
    occurred = _instant(record.get("occurred_at"))
    if received is None:
        return ""
    told = f"received {_clock(received, zone)}"
    if occurred is not None:
        late = (received - occurred).total_seconds()
        after = f"{elapsed(late)} later" if late >= 0 else f"{elapsed(-late)} earlier"
        told = f"at {_clock(occurred, zone)}, {told} ({after})"
    if record.get("backfill") is True:
        told += ", from the API"
    if record.get("malformed") is True:
        told += ", not as documented"
    return told


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(string(text) or "")
    except ValueError:
        return None


def _clock(instant: datetime, zone: tzinfo | None) -> str:
    try:
        return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except OverflowError:
        return words(instant.isoformat())


def _cut(text: str) -> str:
    return clean(text[:_LONGEST])
