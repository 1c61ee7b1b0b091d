import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_tail.chatapp.identity import author_of, chat_id, message_id, short_id
from tests.chatapp.given import shown

PEOPLE = {"685": "Айгерим С."}
OUT = {"side": "out"}
IN = {"side": "in"}
BY_685 = {"created": {"id": 685}}


@pytest.mark.parametrize(
    ("item", "kind", "identity", "name", "via"),
    [
        ({**IN, "fromUser": {"id": 5, "name": "Ann"}}, "client", "5", "Ann", None),
        ({**IN, "fromUser": {"id": "7@c.us"}}, "client", "7@c.us", None, None),
        ({**IN, "fromUser": None}, "client", None, None, None),
        (IN | BY_685, "client", None, None, None),
        ({}, "client", None, None, None),
        ({**IN, "fromMe": True}, "client", None, None, None),
        ({"fromMe": True}, "phone", None, None, None),
        (OUT | BY_685 | {"fromUser": {"id": 1}}, "employee", "685", "Айгерим С.", None),
        ({**OUT, "created": {"id": "7"}}, "employee", "7", None, None),
        (OUT | BY_685 | {"fromApp": {"id": "bitrix"}}, "employee", "685", "Айгерим С.", "bitrix"),
        ({**OUT, "fromApp": {"sender": "employee"}}, "employee", None, None, None),
        ({**OUT, "fromApp": {"id": "app_1_1", "sender": "system"}}, "bot", None, None, "app_1_1"),
        ({**OUT, "fromApp": {"id": "msbot"}}, "bot", None, None, "msbot"),
        ({**OUT, "fromApi": True, "fromApp": {"id": "msbot"}}, "api", None, None, "msbot"),
        ({**OUT, "fromApi": "true"}, "phone", None, None, None),
        ({**OUT, "fromApp": None, "created": None}, "phone", None, None, None),
        (OUT | BY_685 | {"type": "system", "fromApi": True}, "system", "685", "Айгерим С.", None),
        ({**IN, "type": "system"}, "system", None, None, None),
    ],
    ids=shown,
)
def test_author_is_the_first_kind_that_fits(
    item: dict[str, object], kind: str, identity: str | None, name: str | None, via: str | None
) -> None:
    author = {"kind": kind, "id": identity, "name": name, "via": via}
    assert author_of(item, PEOPLE) == author


@pytest.mark.parametrize(
    ("event", "item", "identity"),
    [
        ("message", {"id": 5}, "5"),
        ("messageStatus", {"id": "wamid.A"}, "wamid.A"),
        ("messageReaction", {"id": 0}, "0"),
        ("messageDestroy", {"id": "5"}, "5"),
        ("message", {"id": None, "internalId": "3EB0"}, "3EB0"),
        ("message", {"id": "", "internalId": "3EB0"}, "3EB0"),
        ("message", {"id": 5, "internalId": "3EB0"}, "5"),
        ("message", {"id": True}, None),
        ("message", {"id": {"a": 1}}, None),
        ("message", {}, None),
        ("message", None, None),
        ("chatRead", {"id": 5}, None),
    ],
    ids=shown,
)
def test_message_is_known_by_its_id_as_text(event: str, item: object, identity: object) -> None:
    assert message_id(event, item) == identity


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        ({"chat": {"id": "private-1h2"}}, "private-1h2"),
        ({"chat": {"id": 79990000000}}, "79990000000"),
        ({"chat": {"id": None}}, None),
        ({"chat": "5"}, None),
        ({}, None),
        (5, None),
    ],
    ids=shown,
)
def test_chat_is_known_by_its_id_as_text(item: object, identity: str | None) -> None:
    assert chat_id(item) == identity


def test_short_ids_stay_as_they_are() -> None:
    assert [short_id(one) for one in ("5", "42213", "3EB0A")] == ["5", "42213", "3EB0A"]


def test_long_ids_have_different_short_forms_of_four_signs() -> None:
    ids = [f"wamid.HBgLNzk4ODExMTIyMzMVAgARGBIyNjYzNkVEMTcyOTczMDgxMEE{n}" for n in range(100)]
    shorts = {short_id(one) for one in ids}
    assert len(shorts) == 100
    assert {len(short) for short in shorts} == {4}
    assert all(short.isalnum() for short in shorts)
    # The same on every machine, so that one person can type what another one reads.
    assert short_id("wamid.A") == "4twg"


@given(st.text(max_size=20))
def test_short_form_of_any_id_is_at_most_five_printable_characters(text: str) -> None:
    short = short_id(text)
    assert len(short) <= 5
    assert short.isprintable()
    assert " " not in short
