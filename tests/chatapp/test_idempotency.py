"""Which events get the same key, from the websocket and from the API."""

from datetime import UTC, datetime

import pytest

from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.idempotency import idempotency_key
from chatapp_tail.chatapp.record import Record
from chatapp_tail.pusher.protocol import PusherEvent

CHANNEL = "private-v1.licenses.1229.messengers.telegram"
LIVE = {
    "id": 42205,
    "side": "out",
    "message": {"text": "Hi", "caption": "", "file": None, "location": None},
    "chat": {"id": "private-1", "name": "Anna"},
    "time": 1637319282,
}


def records(*items: object, event: str = "message", channel: str = CHANNEL) -> list[Record]:
    payload = {"data": list(items), "meta": {"type": event}}
    return list(
        decode_event(
            PusherEvent(event, channel, payload),
            seq=7,
            received_at=datetime(2026, 11, 27, tzinfo=UTC),
        )
    )


def test_message_from_rest_has_the_key_of_the_live_one() -> None:
    rest = {**LIVE, "id": "42205", "internalId": "x", "status": "sent", "message": {"text": "Hi"}}
    assert idempotency_key(records(LIVE)) == idempotency_key(records(rest))


@pytest.mark.parametrize(
    "other",
    [
        {"id": 42206},
        {"message": {"text": "Hi!"}},
        {"chat": {"id": "private-2"}},
    ],
    ids=["id", "words", "chat"],
)
def test_another_message_has_another_key(other: dict[str, object]) -> None:
    assert idempotency_key(records(LIVE)) != idempotency_key(records({**LIVE, **other}))


def test_key_of_another_channel_is_another() -> None:
    other = CHANNEL.replace("1229", "1230")
    assert idempotency_key(records(LIVE)) != idempotency_key(records(LIVE, channel=other))


def test_status_is_known_by_message_and_type() -> None:
    def key(**status: object) -> str:
        return idempotency_key(records({"id": 42205, **status}, event="messageStatus"))

    assert key(type="sent", time=1) == key(type="sent", time=2)
    assert key(type="sent") != key(type="delivered")


def test_other_events_are_known_by_their_items() -> None:
    tag = {"chat": {"id": "1"}, "tag": {"name": "vip"}}
    keys = {idempotency_key(records(item, event="chatTag")) for item in (tag, tag, {**tag, "x": 1})}
    assert len(keys) == 2
