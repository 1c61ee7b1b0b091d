"""What the tests of this folder start from: events, records, and arbitrary JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record
from chatapp_tail.pusher.protocol import PusherEvent

TELEGRAM = "private-v1.licenses.1229.messengers.telegram"
RECEIVED_AT = datetime(2026, 11, 22, 11, 39, 24, 521_000, tzinfo=UTC)


def decoded(
    data: object,
    *,
    event: str = "message",
    channel: str | None = TELEGRAM,
    after: float = 0.0,
    seq: int = 17,
    people: Mapping[str, str] | None = None,
) -> list[Record]:
    """Return the records of one event that came ``after`` seconds later than ``RECEIVED_AT``."""
    return list(
        decode_event(
            PusherEvent(event, channel, data),
            seq=seq,
            received_at=RECEIVED_AT + timedelta(seconds=after),
            people=people or {},
        )
    )


def record(
    event: str,
    item: object,
    *,
    channel: str | None = TELEGRAM,
    after: float = 0.0,
    people: Mapping[str, str] | None = None,
) -> Record:
    """Return the record of an event's only item."""
    data = {"data": [item], "meta": None}
    (only,) = decoded(data, event=event, channel=channel, after=after, people=people)
    return only


def shown(value: object) -> str:
    """Return a test id: ``value``, cut, with its length if it is long."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}… {len(text)}"


# Lone surrogates, C0, DEL, C1, bidi controls, line separators, joiners, and what Rich would parse.
HOSTILE = '\ud83d\ude02\udcff\x00\x07\x1b\n\x7f\x85\x9b\u061c\u200e\u202e\u2028\u2066\u200d[/]\\"'


def hostile_text(max_size: int = 12) -> st.SearchStrategy[str]:
    """Return text of any code points, surrogates included, the dangerous ones often."""
    return st.text(st.characters() | st.sampled_from(HOSTILE), max_size=max_size)


def json_values(max_leaves: int = 12) -> st.SearchStrategy[object]:
    """Return any value that JSON can hold, with integers of any size."""
    leaves: st.SearchStrategy[object] = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(2**100), 2**100),
        st.floats(allow_nan=False, allow_infinity=False),
        hostile_text(),
    )
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(hostile_text(4), inner, max_size=4)
        ),
        max_leaves=max_leaves,
    )
