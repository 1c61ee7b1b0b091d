"""Single messages that are expensive to process: deep, long, or with huge numbers."""

import json
from collections.abc import Callable

import pytest

from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import SystemClock
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.pusher.session import Session
from chatapp_tail.pusher.transport import MAX_MESSAGE_BYTES
from tests.hostile.given import Sinks
from tests.network.given import envelope
from tests.pusher.given import doubling_delays
from tests.support.records import STARTED_AT, TELEGRAM

# The time limit for one message, from its bytes to the output of every format, in seconds.
_SLOW = 10.0
_BIG = MAX_MESSAGE_BYTES - 10_000


def event(data: str) -> str:
    """Return the text of an event; ``data`` is JSON, inserted as it is."""
    return f'{{"event":"message","channel":"{TELEGRAM}","data":{data}}}'


def encoded(data: str) -> str:
    """Return the text of an event whose data is JSON in a string, as usual."""
    return event(json.dumps(data))


def item(text: str) -> str:
    """Return the payload of one message, ``text`` in it as JSON."""
    return f'{{"data":[{{"id":1,"chat":{{"name":{text}}},"message":{{"text":{text}}}}}]}}'


def nested(text: str, times: int) -> str:
    """Return ``text`` as JSON in a string in JSON; its backslashes double each time."""
    for _ in range(times):
        text = json.dumps(text)
    return text


MONSTERS: dict[str, Callable[[], str]] = {
    "open brackets": lambda: "[" * 1_000_000,
    "open brackets in an event": lambda: event("[" * 1_000_000),
    "open brackets in a string": lambda: encoded("[" * _BIG),
    "deep lists": lambda: event("[" * 100_000 + "]" * 100_000),
    "deep objects": lambda: encoded('{"data":' * 100_000 + "1" + "}" * 100_000),
    "as deep as is read": lambda: encoded(item("[" * 245 + "]" * 245)),
    "wide and flat": lambda: event('{"x":[' + "[]," * 50_000 + "[]]}"),
    "integer": lambda: encoded(item("9" * 100_000)),
    "integer as an id": lambda: event('{"data":[{"id":' + "9" * 4_000 + "}]}"),
    "integer as a time": lambda: event('{"data":[{"time":' + "9" * 400 + "}]}"),
    "digits as a time": lambda: event('{"data":[{"time":"' + "9" * 100_000 + '"}]}'),
    "fraction": lambda: encoded(item("0." + "3" * 100_000)),
    "NaN": lambda: encoded(item("NaN")),
    "Infinity": lambda: event(item("-Infinity")),
    "1e999": lambda: encoded(item("1e999")),
    "1e-999": lambda: encoded(item("1e-999")),
    "long exponent": lambda: encoded(item("1e" + "9" * 100_000)),
    "lone surrogates": lambda: encoded(item('"' + r"\ud83d" * 50_000 + '"')),
    "surrogates the wrong way": lambda: encoded(item('"' + r"\ude02\ud83d" * 50_000 + '"')),
    "bytes that are no UTF-8": lambda: event(item('"' + "\udcff" * 50_000 + '"')),
    "NULs": lambda: encoded(item('"' + r"\u0000" * 50_000 + '"')),
    "escapes": lambda: event(item('"' + r"\u001b[2J" * 50_000 + '"')),
    "quotes": lambda: encoded(item('"' + r"\"" * 300_000 + '"')),
    "backslashes": lambda: event(item('"' + r"\\" * 50_000 + '"')),
    "JSON in JSON in JSON": lambda: encoded(item(nested(item('"x"'), 15))),
    "combining": lambda: event(item('"' + "e" + "\u0301" * 300_000 + '"')),
    "joiners": lambda: event(item('"' + "\u200d" * 100_000 + '"')),
    "flags": lambda: event(item('"' + "🇺🇸" * 100_000 + '"')),
    "wide characters": lambda: event(item('"' + "世" * 300_000 + '"')),
    "spaces": lambda: event(item('"' + " " * 300_000 + '"')),
    "markup": lambda: event(item('"' + "[bold]" * 100_000 + '"')),
    "one long word": lambda: encoded(item('"' + "x" * (_BIG // 2 - 200) + '"')),
    "no JSON": lambda: encoded("x" * 1_000_000),
    "keys": lambda: event("{" + ",".join(f'"{key}":1' for key in range(20_000)) + "}"),
    "the same key": lambda: event("{" + '"data":1,' * 50_000 + '"data":[1]}'),
    "name of an event": lambda: json.dumps({"event": "x" * 1_000_000, "data": "{}"}),
    "name of a channel": lambda: json.dumps({"event": "x", "channel": "private-" * 100_000}),
}


def records_of(text: str) -> list[Record]:
    """Return the records of the events that a session delivers after ``text``."""
    session = Session([TELEGRAM], now=0.0, delays=doubling_delays)
    opening = envelope("pusher:connection_established", {"socket_id": "1.1"})
    session.receive_text(opening.encode(), 0.0)
    return [
        record
        for effect in session.receive_text(text.encode(errors="surrogateescape"), 0.0)
        if isinstance(effect, PusherEvent)
        for record in decode_event(effect, seq=1, received_at=STARTED_AT)
    ]


@pytest.mark.parametrize("make", MONSTERS.values(), ids=MONSTERS)
def test_expensive_message_is_one_record_in_every_format_within_seconds(
    make: Callable[[], str],
) -> None:
    clock = SystemClock()
    text = make()
    assert len(text) <= MAX_MESSAGE_BYTES
    began = clock.now()
    records = records_of(text)
    assert len(records) == 1
    Sinks().check(records)
    assert clock.now() - began < _SLOW
