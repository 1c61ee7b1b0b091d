"""The payloads of triggered events: samples, files and changes of them. Pure.

A payload is the documented ``{"data": [...], "meta": {...}}``.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.events import samples
from chatapp_tail.chatapp.values import dig, integer
from chatapp_tail.clock import Clock
from chatapp_tail.errors import UsageError
from chatapp_tail.triggering.assignment import Assignment

Payload: TypeAlias = dict[str, object]

_FORMS = 'A file holds {"data": […], "meta": {…}}, one item of data, or a list of items.'


@dataclass(frozen=True, slots=True)
class Recipe:
    """Makes the payloads of an event.

    ``given`` is used in place of the event's sample. The ids in ``meta`` are changed to those of
    ``channel``, if there is one.
    """

    event: str
    channel: Channel | None = None
    given: Payload | None = None
    changes: tuple[Assignment, ...] = ()

    def payload(self, number: int, now: datetime) -> Payload:
        """Return a new payload for repetition ``number``, from 0.

        Raises ``UsageError`` for a change that is not possible, whatever the number.
        """
        payload = numbered(self._original(now), number)
        for change in self.changes:
            change.apply(payload)
        return payload

    def doubts(self, now: datetime) -> list[str]:
        """Return the paths that are probably meant by changes of missing fields."""
        original = self._original(now)
        return [path for one in self.changes if (path := one.doubt(original)) is not None]

    def _original(self, now: datetime) -> Payload:
        if self.given is None:
            payload = sample_payload(self.event, int(now.timestamp()))
        else:
            payload = deepcopy(self.given)
        return payload if self.channel is None else fitted(payload, self.channel)


def paced(
    count: int, rate: float | None, clock: Clock, wait: Callable[[float], object]
) -> Iterator[int]:
    """Yield the numbers from 0 to ``count`` - 1, ``rate`` a second; all at once without a rate.

    ``wait`` waits for at most the seconds it is given. A late number is followed without pauses
    until the rate is reached again.
    """
    began = clock.now()
    for number in range(count):
        due = began + number / rate if rate else began
        while (left := due - clock.now()) > 0:
            wait(left)
        yield number


def sample_payload(event: str, now: int) -> Payload:
    """Return the first documented sample of ``event`` as if it came at ``now``, in unix seconds.

    Its ``time`` is now, as text where the sample has text; WhatsApp's window opens now.
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
    """Return the payload in a file: flat, wrapped as on the wire, a record, an item, or items.

    Without a ``meta`` it gets one that names ``event``. Raises ``UsageError``.
    """
    try:
        value = jsontext.loads(text)
    except ValueError as exc:
        raise UsageError(f"--file: not JSON: {exc}", hint=_FORMS) from exc
    payload = _payload(value)
    return payload if "meta" in payload else payload | {"meta": {"type": event}}


def fitted(payload: Payload, channel: Channel) -> Payload:
    """Return ``payload`` with the channel's ids in ``meta``; a ``meta`` that is no object stays.

    An equal id stays as it is, a number or text.
    """
    meta = payload.get("meta")
    if not isinstance(meta, dict):
        return payload
    ids = {
        "licenseId": channel.license,
        "messengerType": channel.messenger,
        "companyId": channel.company,
        "userId": None if channel.user is None else str(channel.user),
    }
    differing = {
        key: value
        for key, value in ids.items()
        if value is not None and str(meta.get(key)) != str(value)
    }
    return payload | {"meta": meta | differing}


def numbered(payload: Payload, number: int) -> Payload:
    """Return a copy of ``payload`` whose items have other ids for each ``number`` above 0.

    Numeric ids, also as text, count up; other text gets the number at its end.
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


def _payload(value: object) -> Payload:
    if isinstance(value, list):
        return {"data": value}
    if not isinstance(value, dict):
        raise UsageError("--file: neither an object nor a list", hint=_FORMS)
    inner = value.get("payload")
    if isinstance(inner, dict) and "data" in inner:
        return inner
    if value.get("kind") == "event" and {"v", "data", "meta"} <= value.keys():
        # A line of our own JSON Lines, which has one item.
        data = value["data"]
        return {"data": data if value.get("malformed") else [data], "meta": value["meta"]}
    return value if "data" in value else {"data": [value]}


def _items(payload: Payload) -> Iterator[dict[str, object]]:
    data = payload.get("data")
    for item in data if isinstance(data, list) else ():
        if isinstance(item, dict):
            yield item
