"""The history of published messages: order, limits and duplicates."""

import pytest

from chatapp_tail import jsontext
from chatapp_tail.emulator.history import History
from tests.emulator.given import message
from tests.support.fake_clock import FakeClock
from tests.support.records import COMPANY, TELEGRAM, WHATSAPP

NOON = 1795348800  # FakeClock's, in unix seconds


def published(
    *payloads: object, channel: str = TELEGRAM, max_events: int = 100, max_characters: int = 10_000
) -> History:
    """Return a history of one event for each of ``payloads``."""
    history = History(FakeClock(), max_events=max_events, max_characters=max_characters)
    publish(history, *payloads, channel=channel)
    return history


def publish(history: History, *payloads: object, channel: str = TELEGRAM) -> None:
    for payload in payloads:
        history.add(channel, "message", jsontext.dumps(payload).decode())


def items(history: History, chat_id: str = "a", messenger: str = "telegram") -> list[object]:
    """Return one chat's messages, oldest first; empty without a chat."""
    chat = history.chat((1229, messenger), chat_id)
    return [] if chat is None else [one.item() for one in chat.messages]


def ids(history: History, chat_id: str = "a", messenger: str = "telegram") -> list[str | None]:
    """Return the ids of one chat's messages, oldest first; empty without a chat."""
    chat = history.chat((1229, messenger), chat_id)
    return [] if chat is None else [one.id for one in chat.messages]


def chat_ids(history: History) -> list[str]:
    return [chat.id for chat in history.chats((1229, "telegram"))]


def test_messages_are_ordered_by_time_then_by_publishing() -> None:
    payloads = [message("a", number, time) for number, time in [(1, 30), (2, 10), (3, 30), (4, 20)]]
    assert ids(published(*payloads)) == ["2", "4", "1", "3"]


@pytest.mark.parametrize("is_wrapped", [False, True], ids=["flat", "wrapped"])
def test_event_may_have_several_messages(*, is_wrapped: bool) -> None:
    several = [{"id": number, "time": 10, "chat": {"id": 77}} for number in (1, 2)]
    flat = {"data": several, "meta": {}}
    history = published({"queue": "q", "payload": flat} if is_wrapped else flat)
    assert ids(history, "77") == ["1", "2"]


def test_oldest_events_are_dropped_with_their_chats() -> None:
    chats = ["a", "b", "a", "a", "a"]
    events = [message(chat, number, 10) for number, chat in enumerate(chats, 1)]
    history = published(*events, max_events=3)
    assert ids(history) == ["3", "4", "5"]
    assert history.chat((1229, "telegram"), "b") is None
    assert chat_ids(history) == ["a"]


def test_large_events_leave_room_for_fewer() -> None:
    events = [message("a", number, 10, text="x" * 400) for number in range(1, 4)]
    assert ids(published(*events, max_characters=1_000)) == ["3"]


def test_event_larger_than_all_room_is_dropped_at_once() -> None:
    history = published(message("a", 1, 10, text="x" * 10_000))
    assert ids(history) == []
    publish(history, message("a", 2, 10))
    assert ids(history) == ["2"]


def test_chat_of_a_message_after_it_was_dropped_is_a_new_one() -> None:
    events = [message(chat_id, number, 10) for number, chat_id in enumerate("aba", 1)]
    history = published(*events, max_events=1)
    assert ids(history) == ["3"]
    assert [chat.number for chat in history.chats((1229, "telegram"))] == [3]


def test_message_published_twice_is_one_with_the_later_content() -> None:
    history = published(message("a", 1, 10, text="first"), max_events=2)
    publish(history, message("a", "1", 20, text="second"))
    assert items(history) == [{"id": "1", "time": 20, "text": "second"}]
    # The first event is dropped now; the message that replaced its message isn't.
    publish(history, message("a", 2, 15))
    assert ids(history) == ["2", "1"]


def test_messages_without_an_id_are_all_kept() -> None:
    events = [message("a", missing, 10) for missing in (None, "", True, [1], 1)]
    history = published(*events, max_events=4)
    assert ids(history) == [None, None, None, "1"]


def test_messengers_do_not_share_chats() -> None:
    history = published(message("a", 1, 10))
    publish(history, message("a", 2, 10), channel=WHATSAPP)
    assert ids(history) == ["1"]
    assert ids(history, messenger="grWhatsApp") == ["2"]


@pytest.mark.parametrize("time", [None, 0, -5, "soon", 10**15, 1.5, True])
def test_message_without_a_valid_time_has_that_of_its_publishing(time: object) -> None:
    assert items(published(message("a", 1, time))) == [{"id": 1, "time": NOON}]


def test_time_that_is_text_stays_text() -> None:
    history = published(message("a", 1, "1637319282"))
    assert items(history) == [{"id": 1, "time": "1637319282"}]
    assert [chat.last_time for chat in history.chats((1229, "telegram"))] == [1637319282]


@pytest.mark.parametrize(
    "data",
    [
        *("no JSON", "", 7, "[]", '{"data":{}}', '{"data":[]}'),
        '{"data":[7,{},{"id":1},{"id":1,"chat":7},{"id":1,"chat":{"id":null}}]}',
        '{"queue":"events","payload":{"meta":{}}}',
    ],
)
def test_event_without_a_message_in_a_chat_adds_nothing(data: object) -> None:
    history = published()
    history.add(TELEGRAM, "message", data)
    assert chat_ids(history) == []


@pytest.mark.parametrize(
    ("channel", "event"),
    [(COMPANY, "message"), ("private-other", "message"), (TELEGRAM, "messageStatus")],
)
def test_other_channels_and_events_are_not_kept(channel: str, event: str) -> None:
    history = published(message("a", 1, 10), max_events=1)
    history.add(channel, event, jsontext.dumps(message("a", 2, 20)).decode())
    assert ids(history) == ["1"]
