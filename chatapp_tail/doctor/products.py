"""Which Pusher server it seems to be, by what it sends. Pure.

Source: the frames of soketi 1.6.1, laravel-websockets 1.14.1 and 2.x, and Reverb 1.9.0 as measured;
of Pusher itself as its documentation and the issues of its clients quote them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.pusher import protocol

UNTOLD = "can't be told from what it sent"
UNKNOWN = "none of the servers known here"

# How a frame can carry its ``data``.
_ABSENT, _OBJECT, _STRING, _OTHER = "absent", "object", "string", "other"
_DATA_OF = {
    protocol.PONG: "pong",
    protocol.ERROR: "error",
    protocol.SUBSCRIPTION_SUCCEEDED: "confirmation",
    protocol.SUBSCRIPTION_ERROR: "refusal",
}
_EVENT_KEYS = ("event", "channel", "data")
_LARGEST_SAMPLE = 1 << 16

# What each of them does, by trait; a trait that isn't named can be anything.
PRODUCTS: Mapping[str, Mapping[str, str]] = {
    "soketi": {
        "pong": _OBJECT,
        "error": _OBJECT,
        "confirmation": _ABSENT,
        "refusal": _OBJECT,
        "keys": "event channel data",
        "activity_timeout": "30",
    },
    "laravel-websockets 1": {
        "pong": _ABSENT,
        "error": _OBJECT,
        "confirmation": _ABSENT,
        "refusal": "never",
        "keys": "channel event data",
        "activity_timeout": "30",
    },
    "laravel-websockets 2": {
        "pong": _ABSENT,
        "error": _OBJECT,
        "confirmation": _ABSENT,
        "refusal": "never",
        "keys": "event channel data",
        "activity_timeout": "30",
    },
    "Reverb": {
        "pong": _ABSENT,
        "error": _STRING,
        "confirmation": _STRING,
        "refusal": "never",
        "keys": "event data channel",
    },
    "Pusher": {
        "pong": _STRING,
        "error": _OBJECT,
        "confirmation": _STRING,
        "refusal": "never",
        "activity_timeout": "120",
    },
}


class _Trait(NamedTuple):
    name: str
    seen: str


class Samples:
    """The first message of each kind that tells something; what a server sends has no end."""

    def __init__(self) -> None:
        self._messages: dict[str, bytes] = {}

    def note(self, message: bytes) -> None:
        """Keep ``message`` if there is none of its kind yet."""
        if len(message) > _LARGEST_SAMPLE:
            return
        event = protocol.decode_envelope(message)
        if event is None:
            return
        known = event.event in _DATA_OF or event.event == protocol.CONNECTION_ESTABLISHED
        if known or not event.event.startswith(protocol.PROTOCOL_PREFIXES):
            self._messages.setdefault(event.event if known else "", message)

    @property
    def messages(self) -> list[bytes]:
        """Return what was kept, in the order in which it came."""
        return list(self._messages.values())


def guess_server(messages: Sequence[bytes]) -> str:
    """Return the product that sends such ``messages``, or those it may be, or that it isn't told.

    They are websocket messages as they came.
    """
    traits = [trait for message in messages for trait in _traits(message)]
    fitting = [
        name
        for name, product in PRODUCTS.items()
        if all(product.get(trait.name, trait.seen) == trait.seen for trait in traits)
    ]
    if len(fitting) == len(PRODUCTS):
        return UNTOLD
    *others, last = fitting or [UNKNOWN]
    return f"{', '.join(others)} or {last}" if others else last


def _traits(message: bytes) -> Iterator[_Trait]:
    try:
        envelope = jsontext.loads(message)
    except ValueError:
        return
    if not isinstance(envelope, dict) or not isinstance(event := envelope.get("event"), str):
        return
    if event in _DATA_OF:
        yield _Trait(_DATA_OF[event], _form(envelope))
    elif event == protocol.CONNECTION_ESTABLISHED:
        timeout = protocol.decode_object(envelope.get("data")).get("activity_timeout")
        yield _Trait("activity_timeout", str(timeout))
    elif not event.startswith(protocol.PROTOCOL_PREFIXES) and envelope.keys() >= {*_EVENT_KEYS}:
        yield _Trait("keys", " ".join(key for key in envelope if key in _EVENT_KEYS))


def _form(envelope: Mapping[str, object]) -> str:
    if "data" not in envelope:
        return _ABSENT
    match envelope["data"]:
        case dict():
            return _OBJECT
        case str():
            return _STRING
        case _:
            return _OTHER
