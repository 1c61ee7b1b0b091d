import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_tail.chatapp.identity import Author, author_of, chat_id, message_id, short_id
from tests.chatapp.given import shown

PEOPLE = {"685": "Айгерим С."}
OUT = {"side": "out"}


@pytest.mark.parametrize(
    ("item", "author"),
    [
        (
            {"side": "in", "fromUser": {"id": 5, "name": "Ann"}, "fromApp": None},
            Author("client", "5", "Ann", None),
        ),
        ({"side": "in", "fromUser": {"id": "7@c.us"}}, Author("client", "7@c.us", None, None)),
        ({"side": "in", "fromUser": None}, Author("client", None, None, None)),
        ({"side": "in", "created": {"id": 685}}, Author("client", None, None, None)),
        ({}, Author("client", None, None, None)),
        (
            {**OUT, "created": {"id": 685}, "fromUser": {"id": 1, "name": "Shop"}},
            Author("employee", "685", "Айгерим С.", None),
        ),
        ({**OUT, "created": {"id": "7"}}, Author("employee", "7", None, None)),
        (
            {**OUT, "fromApp": {"id": "bitrix", "sender": "employee"}, "created": {"id": 7}},
            Author("employee", "7", None, "bitrix"),
        ),
        ({**OUT, "fromApp": {"sender": "employee"}}, Author("employee", None, None, None)),
        (
            {**OUT, "fromApp": {"id": "app_1_1", "sender": "system"}},
            Author("bot", None, None, "app_1_1"),
        ),
        ({**OUT, "fromApp": {"id": "msbot"}}, Author("bot", None, None, "msbot")),
        (
            {**OUT, "fromApi": True, "fromApp": {"id": "msbot"}},
            Author("api", None, None, "msbot"),
        ),
        ({**OUT, "fromApi": "true"}, Author("phone", None, None, None)),
        (
            {**OUT, "type": "system", "fromApi": True, "created": {"id": 685}},
            Author("system", "685", "Айгерим С.", None),
        ),
        ({"side": "in", "type": "system"}, Author("system", None, None, None)),
        ({**OUT, "fromApp": None, "created": None}, Author("phone", None, None, None)),
        ({"fromMe": True}, Author("phone", None, None, None)),
        ({"side": "in", "fromMe": True}, Author("client", None, None, None)),
        (None, None),
        ([], None),
        ("text", None),
    ],
    ids=shown,
)
def test_author_is_the_first_that_fits(item: object, author: Author | None) -> None:
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


@pytest.mark.parametrize(
    ("identity", "short"), [("5", "5"), ("42213", "42213"), ("3EB0A", "3EB0A")]
)
def test_short_ids_stay_as_they_are(identity: str, short: str) -> None:
    assert short_id(identity) == short


def test_long_ids_that_hardly_differ_have_four_signs_of_their_own() -> None:
    ids = [f"wamid.HBgLNzk4ODExMTIyMzMVAgARGBIyNjYzNkVEMTcyOTczMDgxMEE{n}" for n in range(100)]
    shorts = {short_id(one) for one in ids}
    assert len(shorts) == 100
    assert {len(short) for short in shorts} == {4}
    assert all(short.isalnum() for short in shorts)
    # The same on every machine, so that one person can type what another one reads.
    assert short_id("wamid.A") == "4twg"


@given(st.text(max_size=20))
def test_whatever_an_id_is_its_short_form_is_at_most_five_printable_characters(text: str) -> None:
    short = short_id(text)
    assert len(short) <= 5
    assert short.isprintable()
    assert " " not in short
