"""Records of every documented event, and of hostile input."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import strategies as st

from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.backlog import Lines
from tests.chatapp.given import RECEIVED_AT, decoded, hostile_text, json_values

TELEGRAM = "private-v1.licenses.1229.messengers.telegram"
WHATSAPP = "private-v1.licenses.1229.messengers.grWhatsApp"
WHATSAPP_API = "private-v1.licenses.1229.messengers.caWhatsApp"
COMPANY = "private-v1.companies.2224"
USER = "private-v1.users.685"
STARTED_AT = datetime(2026, 11, 22, 11, 39, 20, tzinfo=UTC)

# Characters of other widths than one cell: wide, joined, combining, flags, variable.
WIDTHS = (
    "字。　ｱ한\u1100\u1161👍🏽👨\u200d👩\u200d👧❤\ufe0f❤\u200d\ufe0f🇺🇸\u0301\u0e33\u200c﷽⸻"
    "\U000e0067\U000e007f"
)


def received(
    data: object,
    *,
    event: str = "message",
    channel: str | None = TELEGRAM,
    after: float = 4.521,
    seq: int = 17,
    people: Mapping[str, str] | None = None,
) -> list[Record]:
    """Return the records of one Pusher event that came ``after`` seconds of the run."""
    since = after - (RECEIVED_AT - STARTED_AT).total_seconds()
    return decoded(data, event=event, channel=channel, after=since, seq=seq, people=people)


def of_item(
    item: object,
    *,
    event: str = "message",
    channel: str | None = TELEGRAM,
    after: float = 4.521,
    people: Mapping[str, str] | None = None,
) -> Record:
    """Return the record of an event's only item."""
    data = {"data": [item], "meta": None}
    (only,) = received(data, event=event, channel=channel, after=after, people=people)
    return only


def said(text: str, who: str = "Ann", *, after: float = 4.521) -> Record:
    """Return an incoming message's record."""
    item = {"id": 5, "side": "in", "type": "text", "chat": {"name": who}, "message": {"text": text}}
    return of_item(item, after=after)


def sample_records() -> list[Record]:
    return [
        record
        for name in EVENTS
        for sample in samples(name)
        for record in received(json.dumps({"queue": "q", "payload": sample}), event=name)
    ]


def hostile_records() -> st.SearchStrategy[Record]:
    """Return records with any JSON, text and name where a server can put them."""
    return hostile_frames().map(lambda records: records[0])


def hostile_frames() -> st.SearchStrategy[list[Record]]:
    """Return all the records of one hostile event."""
    text = hostile_text(60) | st.text(WIDTHS + " a", max_size=60)
    said_by = st.builds(
        lambda who, words: {"chat": {"name": who}, "message": {"text": words}},
        text,
        text,
    )
    items = st.lists(said_by | json_values(6), max_size=2)
    payloads = st.one_of(
        st.builds(lambda data, meta: {"data": data, "meta": meta}, items, json_values(3)),
        json_values(6),
        text,
    )
    return st.builds(
        lambda event, channel, data: received(data, event=event, channel=channel),
        st.sampled_from(list(EVENTS)) | hostile_text(30),
        st.none() | st.just(TELEGRAM) | hostile_text(30),
        payloads,
    )


def lines(*texts: object) -> Lines:
    """Return the output of a delivery: a line for each of ``texts``."""
    return Lines("".join(f"{text}\n" for text in texts).encode(), len(texts))


def frame(*items: object, event: str = "message", channel: str = TELEGRAM) -> str:
    """Return the websocket text of an event with ``items``, as the vendor's server sends it."""
    payload = {"queue": "q", "payload": {"data": items, "meta": {"type": event}}}
    return json.dumps({"event": event, "channel": channel, "data": json.dumps(payload)})
