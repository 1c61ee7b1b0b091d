"""The history of published messages: order, limits and duplicates."""

import pytest

from chatapp_tail import jsontext
from chatapp_tail.emulator.history import History
from tests.emulator.given import message
from tests.support.fake_clock import FakeClock
from tests.support.records import COMPANY, TELEGRAM, WHATSAPP

NOON = 1795348800  # FakeClock's, in unix seconds


def history(max_events: int = 100, max_characters: int = 10_000) -> History:
    return History(FakeClock(), max_events=max_events, max_characters=max_characters)


def sent(channel: str, *payloads: object, into: History) -> History:
    for payload in payloads:
        into.add(channel, "message", jsontext.dumps(payload).decode())
    return into


def ids(remembered: History, chat_id: str = "a", messenger: str = "telegram") -> list[str | None]:
    """Return the ids of one chat's messages, oldest first; empty without a chat."""
    chat = remembered.chat((1229, messenger), chat_id)
    return [] if chat is None else [one.id for one in chat.messages]


def test_messages_are_ordered_by_time_then_by_sending() -> None:
    payloads = [message("a", number, time) for number, time in [(1, 30), (2, 10), (3, 30), (4, 20)]]
    assert ids(sent(TELEGRAM, *payloads, into=history())) == ["2", "4", "1", "3"]


def test_oldest_events_are_forgotten_first() -> None:
    remembered = history(max_events=3)
    for number in range(1, 6):
        sent(TELEGRAM, message("a" if number != 2 else "b", number, 10), into=remembered)
    assert ids(remembered) == ["3", "4", "5"]
    assert remembered.chat((1229, "telegram"), "b") is None
    assert [chat.id for chat in remembered.chats((1229, "telegram"))] == ["a"]


def test_large_events_leave_room_for_fewer() -> None:
    remembered = history(max_characters=1_000)
    for number in range(1, 4):
        sent(TELEGRAM, message("a", number, 10, text="x" * 400), into=remembered)
    assert ids(remembered) == ["3"]


def test_event_larger_than_all_room_is_not_kept_and_does_no_harm() -> None:
    remembered = sent(TELEGRAM, message("a", 1, 10, text="x" * 10_000), into=history())
    assert ids(remembered) == []
    assert ids(sent(TELEGRAM, message("a", 2, 10), into=remembered)) == ["2"]


def test_chat_that_comes_back_after_it_was_forgotten_is_a_new_one() -> None:
    remembered = history(max_events=1)
    for number, chat_id in enumerate("aba", 1):
        sent(TELEGRAM, message(chat_id, number, 10), into=remembered)
        assert ids(remembered, chat_id) == [str(number)]
    assert [chat.number for chat in remembered.chats((1229, "telegram"))] == [3]


def test_message_sent_twice_is_one_with_the_later_words() -> None:
    remembered = history(max_events=2)
    sent(TELEGRAM, message("a", 1, 10, text="first"), into=remembered)
    assert ids(remembered) == ["1"]
    sent(TELEGRAM, message("a", "1", 20, text="second"), into=remembered)
    chat = remembered.chat((1229, "telegram"), "a")
    assert chat is not None
    assert [one.item() for one in chat.messages] == [{"id": "1", "time": 20, "text": "second"}]
    # The first event is dropped now; the message that replaced its message isn't.
    sent(TELEGRAM, message("a", 2, 15), into=remembered)
    assert ids(remembered) == ["2", "1"]


def test_messages_without_an_id_are_all_kept() -> None:
    payloads = [message("a", missing, 10) for missing in (None, "", True, [1])]
    remembered = sent(TELEGRAM, *payloads, into=history(max_events=4))
    assert ids(remembered) == [None, None, None, None]
    assert ids(sent(TELEGRAM, message("a", 1, 10), into=remembered)) == [None, None, None, "1"]


def test_messengers_do_not_share_chats() -> None:
    remembered = sent(TELEGRAM, message("a", 1, 10), into=history())
    sent(WHATSAPP, message("a", 2, 10), into=remembered)
    assert ids(remembered) == ["1"]
    assert ids(remembered, messenger="grWhatsApp") == ["2"]


@pytest.mark.parametrize("time", [None, 0, -5, "soon", 10**15, 1.5, True])
def test_message_without_a_usable_time_has_that_of_its_sending(time: object) -> None:
    remembered = sent(TELEGRAM, message("a", 1, time), into=history())
    chat = remembered.chat((1229, "telegram"), "a")
    assert chat is not None
    assert [one.item() for one in chat.messages] == [{"id": 1, "time": NOON}]


def test_time_that_is_text_stays_text() -> None:
    remembered = sent(TELEGRAM, message("a", 1, "1637319282"), into=history())
    chat = remembered.chat((1229, "telegram"), "a")
    assert chat is not None
    assert chat.last_time == 1637319282
    assert chat.messages[0].item() == {"id": 1, "time": "1637319282"}


@pytest.mark.parametrize(
    "data",
    [
        "no JSON",
        "",
        7,
        "[]",
        '{"data":{}}',
        '{"data":[]}',
        '{"data":[7,{},{"id":1},{"id":1,"chat":7},{"id":1,"chat":{"id":null}}]}',
        '{"queue":"events","payload":{"meta":{}}}',
    ],
)
def test_event_without_a_message_in_a_chat_is_passed_over(data: object) -> None:
    remembered = history()
    remembered.add(TELEGRAM, "message", data)
    assert remembered.chats((1229, "telegram")) == []
    assert ids(sent(TELEGRAM, message("a", 1, 10), into=remembered)) == ["1"]


@pytest.mark.parametrize(
    ("channel", "event"),
    [(COMPANY, "message"), ("private-other", "message"), (TELEGRAM, "messageStatus")],
)
def test_other_channels_and_events_are_not_kept(channel: str, event: str) -> None:
    remembered = history(max_events=1)
    sent(TELEGRAM, message("a", 1, 10), into=remembered)
    remembered.add(channel, event, jsontext.dumps(message("a", 2, 20)).decode())
    assert ids(remembered) == ["1"]
