import pytest
from hypothesis import given, settings

from chatapp_tail.chatapp.identity import short_id
from chatapp_tail.chatapp.record import Record
from chatapp_tail.errors import UsageError
from chatapp_tail.filters.message import about_messages
from tests.support.records import hostile_records, of_item

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
def test_message_is_known_by_its_id_short_id_or_the_end_of_its_id(
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
def test_all_about_a_message_is_found(event: str, item: object, answer: bool) -> None:  # noqa: FBT001
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
    assert about_messages(["no-such-id"])(record) in (True, False)
