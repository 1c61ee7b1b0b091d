from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.description import Describer, Description, phone_words
from chatapp_tail.chatapp.identity import short_id
from chatapp_tail.chatapp.memory import Memory
from chatapp_tail.chatapp.record import Record
from tests.chatapp.given import RECEIVED_AT, TELEGRAM, decoded, json_values, record, shown

GR_WHATSAPP = "private-v1.licenses.1229.messengers.grWhatsApp"
NOW = int(RECEIVED_AT.timestamp())


def describe(event: str, item: object, people: Mapping[str, str] | None = None) -> Description:
    return Describer(UTC).describe(record(event, item, people=people))


def said(identity: object, *, time: object = None) -> dict[str, object]:
    return {"id": identity, "side": "out", "time": time, "type": "text", "message": {"text": "hi"}}


HOSTILE_NAME = "👨\u200d👩\u200d👧 \u202e\x1b[2J"


@pytest.mark.parametrize(
    ("item", "who"),
    [
        ({"chat": {"name": "Ann", "username": "ann", "phone": "7", "id": "7@c.us"}}, "Ann"),
        ({"chat": {"name": "", "username": "ann", "phone": "7", "id": "7@c.us"}}, "7"),
        ({"chat": {"name": None, "username": "ann", "id": "7@c.us"}}, "@ann"),
        ({"chat": {"username": "@ann", "id": "7@c.us"}}, "@ann"),
        ({"chat": {"username": None, "phone": None, "id": "7@c.us"}}, "7"),
        ({"chat": {"id": "79000000000@c.us"}}, "+7 900 000-00-00"),
        ({"chat": {"id": 79000000000}}, "+7 900 000-00-00"),
        ({"chat": {"id": 1480000001}}, "1480000001"),
        ({"chat": {"id": "120363-1@g.us"}}, "120363-1@g.us"),
        ({"chat": {"phone": 79_000_000_000}}, "+7 900 000-00-00"),
        ({"chat": {"name": {"first": "A"}}}, '{"first":"A"}'),
        ({"chat": {"name": HOSTILE_NAME}}, HOSTILE_NAME),  # rows clean it
        ({"employee": {"id": 685}}, "Айгерим С."),
        ({"employee": {"id": "7"}}, "employee 7"),
        ({"employee": {"id": None}}, ""),
        ({"chat": {"id": 5}, "employee": {"id": 685}}, "5"),
        ({"fromUser": {"name": "Ann"}}, ""),
        ({"chat": "Ann"}, ""),
        ([], ""),
        ("Ann", ""),
    ],
    ids=shown,
)
def test_who_is_the_chat_by_name_phone_username_or_id_or_else_the_employee(
    item: object, who: str
) -> None:
    assert describe("brandNew", item, {"685": "Айгерим С."}).who == who


@pytest.mark.parametrize(
    ("phone", "grouped"),
    [
        ("79000000000", "+7 900 000-00-00"),
        ("+7 (900) 000-00-00", "+7 900 000-00-00"),
        ("12025550123", "+1 202 555-01-23"),
        ("5511912345678", "+5511912345678"),
        ("123", "123"),
        ("not a phone", "not a phone"),
        ("7" * 21, "7" * 21),
    ],
)
def test_digits_of_a_phone_are_grouped(phone: str, grouped: str) -> None:
    assert phone_words(phone) == grouped


def test_name_that_becomes_known_later_is_used_from_then_on() -> None:
    people: dict[str, str] = {}
    item = {"type": "online", "employee": {"id": 685}}
    assert describe("employeeStatus", item, people) == Description("employee 685", "", "online")
    people["685"] = "Айгерим С."
    assert describe("employeeStatus", item, people) == Description("Айгерим С.", "", "online")


IN_GROUP = {"side": "in", "chat": {"id": "group-5"}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "→ phone: hi"),
        ({"fromApi": True}, "→ api: hi"),
        ({"created": {"id": 685}}, "→ Айгерим С.: hi"),
        ({"created": {"id": 7}}, "→ employee 7: hi"),
        ({"created": {"id": 685}, "fromApp": {"id": "webchat"}}, "→ Айгерим С.: hi"),
        ({"created": {"id": 685}, "fromApp": {"id": "bitrix"}}, "→ Айгерим С. via bitrix: hi"),
        ({"fromApp": {"id": "app_1_1", "sender": "employee"}}, "→ employee via app_1_1: hi"),
        ({"side": "in", "type": "system"}, "← system: hi"),
        ({"side": "in", "fromUser": {"name": "Ann"}}, "← hi"),
        ({**IN_GROUP, "fromUser": {"name": "Ann"}, "chat": {"type": "group"}}, "← hi"),
        ({**IN_GROUP, "fromUser": {"name": "Ann"}}, "← Ann: hi"),
        ({**IN_GROUP, "fromUser": {"name": "Ann"}, "chat": {"id": "1-2@g.us"}}, "← Ann: hi"),
        (
            {**IN_GROUP, "fromUser": {"name": "Ann"}, "chat": {"id": 5, "type": "group"}},
            "← Ann: hi",
        ),
        ({**IN_GROUP, "fromUser": {"phone": "7"}}, "← 7: hi"),
        ({**IN_GROUP, "fromUser": {"id": 5}}, "← 5: hi"),
        ({**IN_GROUP, "fromUser": None}, "← hi"),
    ],
    ids=shown,
)
def test_message_names_its_author_where_the_chat_does_not(
    changes: dict[str, object], words: str
) -> None:
    assert describe("message", {**said(5), **changes}, {"685": "Айгерим С."}).detail == words


@pytest.mark.parametrize(
    ("event", "item", "detail"),
    [
        ("brandNew", {"a": [1, "я"]}, '{"a":[1,"я"]}'),
        ("brandNew", {"a": "\x9b\x7f\u202e"}, r'{"a":"\u009b\u007f\u202e"}'),
        ("brandNew", {"a": "\ud83d"}, r'{"a":"\ud83d"}'),
        ("brandNew", None, "null"),
        ("brandNew", "text", "text"),
        ("brandNew", "", ""),
        ("", {}, "{}"),
        ("message", {"text": "hi"}, '{"text":"hi"}'),
        ("messageStatus", {"type": "sent"}, '{"type":"sent"}'),
        ("Message", {"message": {"text": "hi"}}, '{"message":{"text":"hi"}}'),
    ],
    ids=shown,
)
def test_what_has_no_words_is_shown_as_compact_json(event: str, item: object, detail: str) -> None:
    assert describe(event, item).detail == detail


def test_long_unknown_items_are_cut_between_characters() -> None:
    assert describe("brandNew", ["x" * 1_000_000]).detail == '["' + "x" * 3_998
    assert describe("brandNew", ["x" + "я" * 1_000_000]).detail == '["x' + "я" * 1_998
    assert describe("brandNew", "я" * 1_000_000).detail == "я" * 4_000


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        ("not JSON", "not JSON"),
        ('{"data":{"message":{"text":"hi"}}}', '{"message":{"text":"hi"}}'),
    ],
)
def test_malformed_data_is_shown_as_it_is_and_marked(data: object, detail: str) -> None:
    (only,) = decoded(data)
    assert Describer().describe(only) == Description("", "", detail, kind="failed")


@pytest.mark.parametrize(
    ("event", "item", "kind"),
    [
        ("messageStatus", {"id": 5, "type": "failed", "error": {"code": 470}}, "failed"),
        ("messageStatus", {"id": 5, "type": "delivered"}, ""),
        ("messageStatus", {"id": 5, "type": "viewed"}, "viewed"),
        ("chatStatus", {"type": "failed"}, ""),
        ("message", {"side": "in"}, "in"),
        ("message", {"side": "out"}, "out"),
        ("message", {"fromMe": True}, "out"),
        ("message", 5, ""),
    ],
    ids=shown,
)
def test_kind_is_the_direction_or_what_became_of_a_message(
    event: str, item: object, kind: str
) -> None:
    assert describe(event, item).kind == kind


@pytest.mark.parametrize(
    ("time", "detail"),
    [
        (None, "→ phone: hi"),
        (NOW - 9, "→ phone: hi"),
        (NOW - 10, "→ +10s phone: hi"),
        (str(NOW - 12), "→ +12s phone: hi"),
        (NOW - 2 * 86_400, "→ +2d phone: hi"),
        (NOW + 3_600, "→ phone: hi"),
    ],
    ids=shown,
)
def test_late_message_shows_how_late_it_came(time: object, detail: str) -> None:
    assert describe("message", said(5, time=time)).detail == detail


def test_old_time_of_another_event_is_not_shown() -> None:
    item = {"id": 5, "type": "sent", "time": NOW - 3_600}
    assert describe("messageStatus", item).detail == "✓ sent"


def described(*records: Record) -> list[Description]:
    """Return the words for ``records``, which come one after the other."""
    describer = Describer(UTC)
    return [describer.describe(one) for one in records]


@pytest.mark.parametrize(
    ("message_id", "status_id", "channel", "after", "detail"),
    [
        (5, 5, TELEGRAM, 1.2, "✓✓ delivered +1.2s · hi"),
        (5, "5", TELEGRAM, 0.04, "✓✓ delivered +0s · hi"),
        ("wamid.A", "wamid.A", TELEGRAM, 75.0, "✓✓ delivered +1m · hi"),
        (5, 6, TELEGRAM, 1.2, "✓✓ delivered"),
        (5, 5, GR_WHATSAPP, 1.2, "✓✓ delivered"),
        (5, 5, None, 1.2, "✓✓ delivered"),
        (5, 5, TELEGRAM, -2.0, "✓✓ delivered · hi"),
    ],
)
def test_status_says_how_long_it_took_when_its_message_was_seen(
    message_id: object, status_id: object, channel: str | None, after: float, detail: str
) -> None:
    status = {"id": status_id, "type": "delivered"}
    late = record("messageStatus", status, channel=channel, after=after)
    assert described(record("message", said(message_id)), late)[1].detail == detail


@pytest.mark.parametrize(
    ("event", "item", "detail"),
    [
        ("messageStatus", {"id": 5, "type": "viewed"}, "✓✓ viewed +9s · hi"),
        ("messageStatus", {"id": 5, "type": "failed", "error": "no"}, "✗ failed: no · hi"),
        ("messageReaction", {"id": 5, "reaction": "❤️"}, "❤️ · hi"),
        ("message", {**said(6), "side": "in", "quotedMessage": {"id": "5"}}, "← hi (↩ hi)"),
        ("messageDestroy", {"id": 5}, "deleted · hi"),
    ],
    ids=shown,
)
def test_later_event_names_its_message_by_the_words(event: str, item: object, detail: str) -> None:
    status = record("messageStatus", {"id": 5, "type": "sent"}, after=0.5)
    later = record(event, item, after=9.0)
    assert described(record("message", said(5)), status, later)[2].detail == detail


def test_message_that_comes_again_is_marked_and_one_with_other_words_too() -> None:
    other = {**said(5), "message": {"text": "ho"}}
    items = [said(5), said(5), other, {**other, "destroyed": True}, said(6)]
    rows = described(*(record("message", item) for item in items))
    assert [one.mark for one in rows] == ["", "(again)", "(edited)", "(deleted)", ""]
    assert rows[1].words == "→ phone: hi (again)"


def test_message_that_is_twice_in_one_event_is_marked() -> None:
    describer = Describer(UTC)
    both = decoded({"data": [said(5), said(5)]})
    for _ in range(2):  # noting again changes nothing
        for one in both:
            describer.memory.note(one)
    assert [describer.describe(one).mark for one in both] == ["", "(again)"]


def test_internal_id_identifies_a_message_without_an_id_and_no_other() -> None:
    items = [
        {**said(None), "internalId": "3EB0"},
        {**said(None), "internalId": "3EB0"},
        {**said("wamid.A"), "internalId": "3EB1"},
        {**said("wamid.B"), "internalId": "3EB1"},
    ]
    rows = described(*(record("message", item) for item in items))
    assert [(one.message, one.mark) for one in rows] == [
        ("3EB0", ""),
        ("3EB0", "(again)"),
        (short_id("wamid.A"), ""),
        (short_id("wamid.B"), ""),
    ]


def test_memory_of_records_that_are_not_shown_is_used() -> None:
    memory = Memory()
    memory.note(record("message", {**said(5), "chat": {"id": 7, "name": "Ann"}}))
    status = record("messageStatus", {"id": 5, "type": "sent", "chat": {"id": 7}}, after=2.0)
    assert Describer(UTC, memory).describe(status) == Description("Ann", "5", "✓ sent +2s · hi")


def test_ten_thousand_messages_are_remembered_and_no_more() -> None:
    describer = Describer(UTC)
    for identity in range(10_001):
        describer.memory.note(record("message", said(identity)))
    statuses = [record("messageStatus", {"id": one, "type": "sent"}) for one in (0, 1, 10_000)]
    details = [describer.describe(status).detail for status in statuses]
    assert details == ["✓ sent", "✓ sent +0s · hi", "✓ sent +0s · hi"]


instants = st.integers(0, 10**11).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.text(max_size=5), json_values(), instants, st.none() | instants)
@settings(max_examples=100, deadline=None)
def test_any_record_has_words_whatever_its_times(
    name: str, item: object, received_at: datetime, occurred_at: datetime | None
) -> None:
    (base,) = decoded({"data": [item]}, event="message")
    envelope = replace(base.envelope, received_at=received_at)
    for event in (name, "message", "messageStatus"):
        one = Record(replace(envelope, event=event), 0, item, occurred_at, None)
        assert isinstance(Describer().describe(one).detail, str)


@pytest.mark.parametrize(("channel", "who"), [(TELEGRAM, "Ann"), (GR_WHATSAPP, "7")])
def test_chat_has_the_name_that_came_before_in_its_channel(channel: str, who: str) -> None:
    named = record("message", {"chat": {"id": "7@c.us", "name": "Ann"}})
    unnamed = record("chatRead", {"chat": {"id": "7@c.us"}}, channel=channel)
    assert described(named, unnamed)[1].who == who
