"""Which events get the same key, from the websocket and from the API."""

import pytest

from chatapp_tail.chatapp.idempotency import idempotency_key
from chatapp_tail.chatapp.record import Record
from tests.chatapp.given import TELEGRAM, decoded

LIVE = {
    "id": 42205,
    "side": "out",
    "message": {"text": "Hi", "caption": "", "file": None, "location": None},
    "chat": {"id": "private-1", "name": "Anna"},
    "time": 1637319282,
}


def records(*items: object, event: str = "message", channel: str = TELEGRAM) -> list[Record]:
    return decoded({"data": list(items), "meta": {"type": event}}, event=event, channel=channel)


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
    other = TELEGRAM.replace("1229", "1230")
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
