"""Each message once, whichever way it came first; repetitions on the websocket as they come."""

import pytest

from chatapp_tail.backfill.seen import Seen
from chatapp_tail.chatapp.record import Record
from tests.backfill.given import TELEGRAM
from tests.support.records import WHATSAPP, of_item


def message(message_id: object, chat_id: object = "a") -> dict[str, object]:
    return {"id": message_id, "chat": {"id": chat_id}, "message": {"text": "Hi"}}


def live(item: object, *, event: str = "message", channel: str | None = TELEGRAM) -> Record:
    return of_item(item, event=event, channel=channel)


def test_message_that_came_live_is_not_filled_in() -> None:
    seen = Seen()
    assert seen.live(live(message(1)))
    assert not seen.filled(TELEGRAM, message(1))
    assert seen.filled(TELEGRAM, message(2))


def test_live_copy_of_a_filled_message_is_dropped_once() -> None:
    """A later copy may be an edited message."""
    seen = Seen()
    assert seen.filled(TELEGRAM, message(1))
    assert [seen.live(live(message(1))) for _ in range(3)] == [False, True, True]
    assert not seen.filled(TELEGRAM, message(1))


@pytest.mark.parametrize(("one", "other"), [(123, "123"), (0, "0")])
def test_ids_are_compared_as_text(one: object, other: object) -> None:
    seen = Seen()
    assert seen.live(live(message(one, chat_id=77)))
    assert not seen.filled(TELEGRAM, message(other, chat_id="77"))


def test_the_same_id_in_another_chat_or_channel_is_another_message() -> None:
    seen = Seen()
    assert seen.filled(TELEGRAM, message(1, "a"))
    assert seen.filled(TELEGRAM, message(1, "b"))
    assert seen.filled(TELEGRAM, message(1, None))
    assert seen.filled(WHATSAPP, message(1, "a"))
    assert seen.live(live(message(1), channel="private-v1.licenses.1.messengers.telegram"))


@pytest.mark.parametrize("event", ["messageStatus", "messageDestroy", "chatTag", ""])
def test_other_events_about_a_message_are_not_the_message(event: str) -> None:
    seen = Seen()
    assert seen.live(live(message(1), event=event))
    assert seen.filled(TELEGRAM, message(1))
    assert seen.live(live(message(1), event=event))


@pytest.mark.parametrize(
    "item", [None, 5, "text", [], {}, {"id": None}, {"id": ""}, {"id": True}, {"id": {"a": 1}}]
)
def test_message_without_an_id_is_shown(item: object) -> None:
    seen = Seen()
    assert [seen.filled(TELEGRAM, item), seen.filled(TELEGRAM, item)] == [True, True]
    assert [seen.live(live(item)), seen.live(live(item))] == [True, True]


def test_event_outside_of_any_channel_is_shown() -> None:
    seen = Seen()
    assert seen.live(live(message(1), channel=None))
    assert seen.filled(TELEGRAM, message(1))


def test_the_oldest_are_forgotten_first() -> None:
    seen = Seen(most=2)
    for number in (1, 2, 1, 3):
        seen.live(live(message(number)))
    assert [seen.filled(TELEGRAM, message(number)) for number in (3, 1, 2)] == [False, False, True]
