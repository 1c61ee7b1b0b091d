from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from chatapp_tail.chatapp.events import EVENTS
from chatapp_tail.chatapp.identity import short_id
from chatapp_tail.chatapp.memory import Memory
from chatapp_tail.chatapp.record import Record
from chatapp_tail.errors import UsageError
from chatapp_tail.filters.predicate import Predicate
from chatapp_tail.filters.subject import about_messages, in_chats
from tests.chatapp.given import shown
from tests.support.records import hostile_records, of_item, sample_records

TELEGRAM_CHAT = {
    "id": "private-1480005234h1360003129730259258",
    "hash": "h1360003129730259258",
    "phone": "79990001122",
    "username": "Ann_Smith",
    "name": "Ann",
    "email": "ann@example.com",
}


def accepts(wanted: Sequence[str]) -> Predicate:
    """Return the predicate with an empty memory."""
    return in_chats(wanted, Memory())


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        ("private-1480005234h1360003129730259258", True),
        (" private-1480005234h1360003129730259258 ", True),
        ("private-1480005234", False),
        ("h1360003129730259258", True),
        ("1360003129730259258", False),
        ("79990001122", True),
        ("+7 999 000-11-22", True),
        ("7 (999) 000.11.22", True),
        ("9990001122", False),
        ("Ann_Smith", True),
        ("@Ann_Smith", True),
        ("@ann_smith", True),
        ("ann", True),
        ("Ann", True),
        ("Bob", False),
        ("@Ann", False),
        ("ann@example.com", True),
        ("ann@example", False),
        ("1480005234", False),
    ],
)
def test_chat_is_found_by_id_hash_phone_username_email_and_a_part_of_its_name(
    wanted: str,
    answer: bool,  # noqa: FBT001
) -> None:
    assert accepts([wanted])(of_item({"chat": TELEGRAM_CHAT})) is answer


@pytest.mark.parametrize(
    ("wanted", "chat_id", "answer"),
    [
        ("+7 999 000-11-22", "79990001122@c.us", True),
        ("+7 999 000-11-22", 79990001122, True),
        ("79990001122", "+79990001122@c.us", True),
        ("79990001122@c.us", "79990001122@c.us", True),
        ("79990001122@c.us", "79990001122", False),
        ("54911000655", "group-54911000655", False),
        ("group-54911000655", "group-54911000655", True),
        ("h-5444116472189911315", "private-243232294h-5444116472189911315", True),
        ("79990001122", "79990001122x@c.us", False),
        ("12.5", 12.5, False),
        ("null", None, False),
        ("1" * 1500, "1" * 1500, False),
        ("x", "x" * 1_000_000, False),
        ("+7", "1 " * 1_000_000 + "x", False),
    ],
    ids=shown,
)
def test_chat_of_which_only_the_id_came_is_found_by_hash_and_phone_in_it(
    wanted: str,
    chat_id: object,
    answer: bool,  # noqa: FBT001
) -> None:
    assert accepts([wanted])(of_item({"chat": {"id": chat_id}})) is answer
    assert accepts([wanted])(of_item({"chat": chat_id})) is answer


@pytest.mark.parametrize(
    "wanted", ["айгүл", "Ермекова", "+7 000 000-00-01", "@aigul", "aigul@example.com"]
)
def test_chat_of_an_earlier_event_is_found_by_its_id_alone(wanted: str) -> None:
    memory = Memory()
    told = {
        "id": "private-1",
        "name": "Айгүл Ермекова",
        "phone": "70000000001",
        "username": "aigul",
        "email": "aigul@example.com",
    }
    memory.note(of_item({"chat": told}))
    found = in_chats([wanted], memory)
    read = [of_item({"chat": {"id": f"private-{n}"}}, event="chatRead") for n in (1, 2)]
    assert [found(record) for record in read] == [True, False]


def test_one_of_several_chats_is_enough() -> None:
    found = accepts(["@ann", "79990001122", "group-5"])
    for chat in ({"username": "ann"}, {"phone": "79990001122"}, {"id": "group-5"}, "@Ann"):
        assert found(of_item({"chat": chat}))
    other = {"username": "bob", "phone": "7999", "id": "group-55"}
    assert not found(of_item({"chat": other}))


ON_CHAT = ["70000000000@c.us", "+7 000 000-00-00"]
WANTED_OF_SAMPLES: dict[str, list[str]] = {
    "message": ["private-1480005234h1360003129730259258", "h1360003129730259258", "+7 000 000-000"],
    "messageStatus": ["private-1480000234h1367520000730259258", "@USERNAME_TEST", "+70000000000"],
    "messageDestroy": ["private-243232294h-5444116472189911315", "h-5444116472189911315"],
    "messageReaction": ["79899725000", "+7 989 972-50-00"],
    "chatTag": ["group-54911000655"],
    "chatConversation": ["70000000000", "+7 000 000-00-00"],
    "chatRead": ["7000000000@c.us", "+7 000 000 000"],
    "employeeStatus": [],
    "employeeWorkday": [],
    "quickResponseList": [],
    "quickResponse": [],
}


@pytest.mark.parametrize("event", EVENTS)
def test_every_documented_event_of_a_chat_is_found(event: str) -> None:
    wanted = WANTED_OF_SAMPLES.get(event, ON_CHAT)
    records = [record for record in sample_records() if record.envelope.event == event]
    assert records
    for record in records:
        assert [one for one in wanted if not accepts([one])(record)] == []
        assert not accepts(["@somebody", "somebody", "+7 123", "685"])(record)


@pytest.mark.parametrize("wanted", ["", "  ", "@", "@@"])
def test_chat_without_a_name_is_a_usage_error(wanted: str) -> None:
    with pytest.raises(UsageError) as caught:
        accepts(["@ann", wanted])
    assert caught.value.message == f"{wanted.strip()!r} names no chat"
    assert "--chat @username" in caught.value.hint


WAMID = "wamid.HBgLNzk4ODExMTIyMzMVAgARGBIyNjYzNkVEMTcyOTczMDgxMEEA"


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (WAMID, True),
        (f" {WAMID} ", True),
        (short_id(WAMID), True),
        (WAMID[-4:], True),
        (WAMID[-20:], True),
        (WAMID[-3:], False),
        (WAMID[:-1], False),
        ("wamid.X", False),
    ],
)
def test_message_is_found_by_its_id_short_id_or_the_end_of_its_id(
    wanted: str,
    answer: bool,  # noqa: FBT001
) -> None:
    for event in ("message", "messageStatus", "messageReaction", "messageDestroy"):
        assert about_messages([wanted])(of_item({"id": WAMID}, event=event)) is answer


@pytest.mark.parametrize(
    ("event", "item", "answer"),
    [
        ("message", {"id": 42213}, True),
        ("messageStatus", {"id": "42213"}, True),
        ("message", {"id": 7, "quotedMessage": {"id": "42213"}}, True),
        ("message", {"id": 7, "quotedMessage": {"id": 42214}}, False),
        ("message", {"internalId": "42213"}, True),
        ("message", {"id": 142213}, True),  # the end of its id
        ("chatRead", {"id": 42213}, False),
        ("message", {"chat": {"id": 42213}}, False),
    ],
    ids=str,
)
def test_records_about_a_message_are_found(event: str, item: object, answer: bool) -> None:  # noqa: FBT001
    assert about_messages(["42213"])(of_item(item, event=event)) is answer


def test_statuses_of_a_message_found_by_its_internal_id_are_found_too() -> None:
    accepts = about_messages(["3EB0AFFC"])
    assert accepts(of_item({"id": WAMID, "internalId": "3EB0AFFC"}))
    assert accepts(of_item({"id": WAMID, "type": "sent"}, event="messageStatus"))
    assert not accepts(of_item({"id": "other", "type": "sent"}, event="messageStatus"))


@pytest.mark.parametrize("wanted", ["", "  "])
def test_empty_id_is_a_usage_error(wanted: str) -> None:
    with pytest.raises(UsageError) as caught:
        about_messages(["5", wanted])
    assert caught.value.option == "msg"


@given(hostile_records())
@settings(deadline=None)
def test_every_record_gets_an_answer(record: Record) -> None:
    assert accepts(["@no-such-name", "+7 999 000-11-22"])(record) in (True, False)
    assert about_messages(["no-such-id"])(record) in (True, False)
