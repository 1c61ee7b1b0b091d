"""What is sent: the documented ``{"data": [...], "meta": {...}}`` of a sample or a file. Pure."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import TypeAlias

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.events import samples
from chatapp_tail.chatapp.values import dig, integer
from chatapp_tail.errors import UsageError

Payload: TypeAlias = dict[str, object]

_FORMS = 'A file holds {"data": […], "meta": {…}}, one item of data, or a list of items.'


def sample_payload(event: str, now: int) -> Payload:
    """Return the first documented sample of ``event`` as if it came at ``now``, in unix seconds.

    Its ``time`` is now, in the type that the sample has it in; WhatsApp's window opens now.
    """
    payload = deepcopy(samples(event)[0])
    for item in _items(payload):
        if "time" in item:
            item["time"] = str(now) if isinstance(item["time"], str) else now
        window = item.get("conversation")
        start, end = (integer(dig(window, key)) for key in ("startTime", "endTime"))
        if isinstance(window, dict) and start is not None and end is not None:
            window |= {"startTime": now, "endTime": now + end - start}
    return payload


def read_payload(text: bytes, event: str) -> Payload:
    """Return what a file holds: flat, wrapped as on the wire, a record, an item, or items.

    Without a ``meta`` it gets one that names ``event``. Raises ``UsageError``.
    """
    try:
        value = jsontext.loads(text)
    except ValueError as exc:
        raise UsageError(f"--file: no JSON: {exc}", hint=_FORMS) from exc
    documented = _documented(value)
    return documented if "meta" in documented else documented | {"meta": {"type": event}}


def fitted(payload: Payload, channel: Channel) -> Payload:
    """Return ``payload`` with those ids in ``meta`` that differ from the channel's set to its own.

    An id that is the same stays what it is, a number or text. Other than an object, ``meta`` stays.
    """
    meta = payload.get("meta")
    if not isinstance(meta, dict):
        return payload
    differing = {key: one for key, one in _ids(channel).items() if str(meta.get(key)) != str(one)}
    return payload | {"meta": meta | differing}


def numbered(payload: Payload, number: int) -> Payload:
    """Return ``payload`` with other ids of its items for each ``number``; for 0 it stays as it is.

    Numbers, also as text, count up; other text gets the number at its end.
    """
    copy = deepcopy(payload)
    ids = [one for item in _items(copy) if (one := integer(item.get("id"))) is not None]
    step = number * (max(ids) - min(ids) + 1) if ids else 0
    for item in _items(copy) if number else ():
        old = item.get("id")
        if (count := integer(old)) is not None:
            item["id"] = str(count + step) if isinstance(old, str) else count + step
        elif isinstance(old, str) and old:
            item["id"] = f"{old}-{number}"
    return copy


def wrapped(payload: Payload) -> Payload:
    """Return ``payload`` as a websocket event has it, not a webhook (chatapp-api.md, 1.1)."""
    return {"queue": "events", "payload": payload}


def _documented(value: object) -> Payload:
    if isinstance(value, list):
        return {"data": value}
    if not isinstance(value, dict):
        raise UsageError("--file: neither an object nor a list", hint=_FORMS)
    inner = value.get("payload")
    if isinstance(inner, dict) and "data" in inner:
        return inner
    if _is_record(value):
        data = value["data"]
        return {"data": data if value.get("malformed") else [data], "meta": value["meta"]}
    return value if "data" in value else {"data": [value]}


def _is_record(value: Payload) -> bool:
    """Return whether ``value`` is a line of our own JSON Lines, which has one item."""
    return value.get("kind") == "event" and {"v", "data", "meta"} <= value.keys()


def _ids(channel: Channel) -> Mapping[str, object]:
    """Return the ids of ``channel`` by their keys in ``meta``; a user is text there."""
    ids = {
        "licenseId": channel.license,
        "messengerType": channel.messenger,
        "companyId": channel.company,
        "userId": None if channel.user is None else str(channel.user),
    }
    return {key: value for key, value in ids.items() if value is not None}


def _items(payload: Payload) -> Iterator[dict[str, object]]:
    data = payload.get("data")
    for item in data if isinstance(data, list) else ():
        if isinstance(item, dict):
            yield item
