import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from jsonschema import ValidationError

from chatapp_tail import jsontext
from chatapp_tail.chatapp.fields import FIELDS, as_dict, idempotency_key
from chatapp_tail.chatapp.record import Record, iso_utc
from tests.chatapp.given import TELEGRAM, decoded, record
from tests.support.records import hostile_frames, sample_records
from tests.support.schema import validate_line

EVENT_LINE = (
    '{"v":1,"kind":"event","seq":17,"received_at":"2026-11-22T11:39:24.521Z",'
    '"occurred_at":"2021-11-19T10:54:42.000Z","event":"message",'
    '"channel":"private-v1.licenses.1229.messengers.telegram","scope":"license","license":1229,'
    '"messenger":"telegram","company":null,"user":null,'
    '"index":0,"count":1,"chat_id":null,"message_id":"123",'
    '"author":{"kind":"client","id":null,"name":null,"via":null},'
    '"data":{"id":123,"time":1637319282},"meta":{"type":"message","licenseId":"1229"}}'
)


def test_record_is_written_as_documented() -> None:
    payload = {
        "queue": "default",
        "payload": {
            "data": [{"id": 123, "time": 1637319282}],
            "meta": {"type": "message", "licenseId": "1229"},
        },
    }
    (only,) = decoded(json.dumps(payload))
    assert jsontext.dumps(as_dict(only)).decode() == EVENT_LINE
    assert list(as_dict(only)) == [name for name in FIELDS if not FIELDS[name].is_optional]
    assert validate_line(EVENT_LINE)["license"] == 1229


@given(hostile_frames())
@settings(deadline=None)
def test_line_of_any_record_is_the_record_as_json(records: list[Record]) -> None:
    for one in (*records, *map(backfilled, records)):
        assert one.line() == jsontext.dumps(as_dict(one)) + b"\n"


def backfilled(one: Record) -> Record:
    return replace(one, envelope=replace(one.envelope, backfill=True))


def test_lines_of_the_documented_samples_are_the_records_as_json() -> None:
    for one in sample_records():
        assert one.line() == jsontext.dumps(as_dict(one)) + b"\n"


def test_malformed_and_backfilled_records_have_keys_of_their_own_at_the_end() -> None:
    (one,) = decoded("not JSON")
    both = as_dict(backfilled(one))
    assert list(both) == [name for name in FIELDS if name != "idempotency_key"]
    assert (both["data"], both["malformed"], both["backfill"]) == ("not JSON", True, True)
    assert list(as_dict(one))[-1] == "malformed"
    assert validate_line(jsontext.dumps(both)) == both


def test_schema_has_exactly_the_keys_of_a_record() -> None:
    written = as_dict(record("message", {}))
    for key in written:
        lacking = {name: value for name, value in written.items() if name != key}
        with pytest.raises(ValidationError):
            validate_line(json.dumps(lacking))
    assert validate_line(json.dumps(written)) == written


@pytest.mark.parametrize(
    "more", [{"backfill": True}, {"malformed": True}, {"key_of_tomorrow": [1]}], ids=str
)
def test_schema_allows_optional_and_later_keys(more: dict[str, object]) -> None:
    validate_line(json.dumps(json.loads(EVENT_LINE) | more))


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"kind": "row"},
        {"seq": "17"},
        {"received_at": "2026-11-22T11:39:24Z"},
        {"received_at": None},
        {"occurred_at": 1637319282},
        {"scope": "messenger"},
        {"license": True},
        {"count": 0},
        {"malformed": False},
        {"idempotency_key": "1"},
    ],
    ids=str,
)
def test_schema_refuses_a_wrong_value(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        validate_line(json.dumps(json.loads(EVENT_LINE) | change))


@pytest.mark.parametrize(
    "line",
    [
        '{"v":1,"kind":"notice","at":"2026-11-22T11:39:24.521Z","type":"rumour"}',
        '{"v":1,"kind":"notice","at":"2026-11-22T11:39:24.521Z"}',
        '{"v":1,"kind":"notice","type":"lost"}',
        '{"v":1,"kind":"notice","at":"yesterday","type":"lost"}',
        "{}",
        "[]",
    ],
)
def test_schema_refuses_other_lines(line: str) -> None:
    with pytest.raises(ValidationError):
        validate_line(line)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 11, 22, 11, 39, 24, 521_999, tzinfo=UTC), "2026-11-22T11:39:24.521Z"),
        (
            datetime(2026, 11, 23, 1, 9, 24, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2026-11-22T19:39:24.000Z",
        ),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59.000Z"),
    ],
    ids=str,
)
def test_instant_is_written_in_utc_with_milliseconds(instant: datetime, text: str) -> None:
    assert iso_utc(instant) == text


# Idempotency keys


LIVE = {
    "id": 42205,
    "side": "out",
    "message": {"text": "Hi", "caption": "", "file": None, "location": None},
    "chat": {"id": "private-1", "name": "Anna"},
    "time": 1637319282,
}


def key(item: object, event: str = "message", channel: str = TELEGRAM) -> str:
    return idempotency_key([record(event, item, channel=channel)])


def test_message_from_the_api_has_the_key_of_the_live_one() -> None:
    fetched = {**LIVE, "id": "42205", "internalId": "x", "message": {"text": "Hi"}}
    assert key(LIVE) == key(fetched)


@pytest.mark.parametrize(
    "other",
    [{"id": 42206}, {"message": {"text": "Hi!"}}, {"chat": {"id": "private-2"}}],
    ids=["id", "words", "chat"],
)
def test_another_message_has_another_key(other: dict[str, object]) -> None:
    assert key(LIVE) != key({**LIVE, **other})


def test_same_message_of_another_channel_has_another_key() -> None:
    assert key(LIVE) != key(LIVE, channel=TELEGRAM.replace("1229", "1230"))


def test_key_of_a_status_depends_on_its_message_and_type() -> None:
    sent = {"id": 42205, "type": "sent", "time": 1}
    assert key(sent, "messageStatus") == key({**sent, "time": 2}, "messageStatus")
    assert key(sent, "messageStatus") != key({**sent, "type": "delivered"}, "messageStatus")


def test_key_of_another_event_depends_on_its_whole_item() -> None:
    tag = {"chat": {"id": "1"}, "tag": {"name": "vip"}}
    assert key(tag, "chatTag") == key({**tag}, "chatTag")
    assert key(tag, "chatTag") != key({**tag, "x": 1}, "chatTag")
