import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel, Scope
from chatapp_tail.chatapp.events import EVENTS
from chatapp_tail.chatapp.fields import as_dict
from tests.chatapp.given import RECEIVED_AT, TELEGRAM, decoded, hostile_text, json_values, shown
from tests.support.schema import validate_line

META = {"type": "message", "licenseId": 1229, "messengerType": "telegram"}
FLAT: dict[str, object] = {"data": [{"id": 1}, {"id": "2"}], "meta": META}
WRAPPED: dict[str, object] = {"queue": "events", "payload": FLAT}


@pytest.mark.parametrize(
    "data",
    [
        FLAT,
        WRAPPED,
        json.dumps(FLAT),
        json.dumps(WRAPPED),
        json.dumps({"payload": FLAT}),
        json.dumps({"payload": FLAT, "data": "of the wrapper", "meta": "of the wrapper"}),
        json.dumps({"payload": "no object", **FLAT}),
        json.dumps({"payload": None, **FLAT}),
    ],
    ids=shown,
)
def test_items_are_found_wrapped_and_flat_encoded_and_plain(data: object) -> None:
    records = decoded(data)
    assert [one.data for one in records] == [{"id": 1}, {"id": "2"}]
    assert [one.index for one in records] == [0, 1]
    for one in records:
        assert one.envelope.count == 2
        assert one.envelope.meta == META
        assert one.envelope.malformed is False
        assert one.envelope.seq == 17
        assert one.envelope.received_at == RECEIVED_AT


@pytest.mark.parametrize(
    ("data", "kept", "meta"),
    [
        (None, None, None),
        (1.5, 1.5, None),
        ({}, {}, None),
        ([], [], None),
        ("", "", None),
        ("not JSON", "not JSON", None),
        ("NaN", "NaN", None),
        ('{"data":[1e999]}', '{"data":[1e999]}', None),
        ("[" * 100_000, "[" * 100_000, None),
        ("null", None, None),
        ('"text"', "text", None),
        (json.dumps(json.dumps(FLAT)), json.dumps(FLAT), None),  # encoded once too often
        ('{"message":"x"}', {"message": "x"}, None),
        ('{"meta":{"a":1}}', {"meta": {"a": 1}}, None),
        ('{"data":[],"meta":{"a":1}}', [], {"a": 1}),
        ('{"data":{"id":1},"meta":5}', {"id": 1}, 5),
        ('{"data":null,"meta":null}', None, None),
        ('{"data":"[{}]"}', "[{}]", None),
        ('{"payload":{}}', {"payload": {}}, None),
        ('{"queue":"q","payload":[]}', {"queue": "q", "payload": []}, None),
        ('{"payload":{"meta":{}}}', {"payload": {"meta": {}}}, None),
        ('{"payload":{"data":[],"meta":{}}}', [], {}),
        (
            '{"payload":{"payload":{"data":[{"id":1}]}}}',
            {"payload": {"payload": {"data": [{"id": 1}]}}},
            None,
        ),
    ],
    ids=shown,
)
def test_data_without_a_list_of_items_is_one_malformed_record_that_keeps_it(
    data: object, kept: object, meta: object
) -> None:
    (only,) = decoded(data)
    assert only.data == kept
    assert only.envelope.meta == meta
    assert only.envelope.malformed is True
    assert (only.index, only.envelope.count) == (0, 1)
    assert only.occurred_at is None


@pytest.mark.parametrize("data", [[{"id": 1}], '[{"id":1}]'], ids=str)
def test_bare_list_is_taken_for_the_items(data: object) -> None:
    (only,) = decoded(data)
    assert only.data == {"id": 1}
    assert only.envelope.meta is None
    assert only.envelope.malformed is False


def test_items_that_are_no_objects_are_records_too() -> None:
    items: list[object] = [None, 1, "text", [], {}, True, -1.5]
    records = decoded({"data": items})
    assert [one.data for one in records] == items
    assert [one.index for one in records] == [0, 1, 2, 3, 4, 5, 6]
    assert {one.envelope.count for one in records} == {7}
    assert {one.envelope.malformed for one in records} == {False}
    assert {one.occurred_at for one in records} == {None}


def test_items_and_payload_are_not_copied() -> None:
    (first, second) = decoded(WRAPPED)
    assert first.envelope is second.envelope
    assert first.envelope.payload is WRAPPED
    assert FLAT["data"] == [first.data, second.data]


@pytest.mark.parametrize(
    ("time", "occurred_at"),
    [
        (1637319282, datetime(2021, 11, 19, 10, 54, 42, tzinfo=UTC)),
        ("1697795977", datetime(2023, 10, 20, 9, 59, 37, tzinfo=UTC)),
        (1, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (253_402_300_799, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (253_402_300_800, None),
        (10**30, None),
        (0, None),
        (-1, None),
        (1637319282.0, None),
        ("2021-11-19T10:54:42Z", None),
    ],
    ids=shown,
)
def test_each_item_has_the_time_in_its_whole_seconds(
    time: object, occurred_at: datetime | None
) -> None:
    first, second = decoded({"data": [{"time": time}, {"time": 2}]})
    assert first.occurred_at == occurred_at
    assert second.occurred_at == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "meta", "name"),
    [
        ("message", {"type": "chatTag"}, "message"),
        ("brandNew", None, "brandNew"),
        ("", {"type": "chatTag"}, "chatTag"),
        ("", {"type": 5}, ""),
        ("", None, ""),
    ],
    ids=shown,
)
def test_event_has_the_name_of_its_frame_or_the_type_of_meta(
    event: str, meta: object, name: str
) -> None:
    (only,) = decoded({"data": [{}], "meta": meta}, event=event)
    assert only.envelope.event == name


@pytest.mark.parametrize(
    ("channel", "scope", "owner"),
    [
        (TELEGRAM, Scope.LICENSE, (1229, "telegram", None, None)),
        ("private-v1.companies.2224.users.685", Scope.EMPLOYEE, (None, None, 2224, 685)),
        ("private-v2.licenses.1229", None, (77, "avito", 88, 99)),
        ("", None, (77, "avito", 88, 99)),
    ],
)
def test_owner_is_read_from_the_channel_name_or_else_from_meta(
    channel: str, scope: Scope | None, owner: tuple[object, ...]
) -> None:
    meta = {"licenseId": "77", "messengerType": "avito", "companyId": 88, "userId": "99"}
    (only,) = decoded({"data": [{}], "meta": meta}, channel=channel)
    envelope = only.envelope
    assert envelope.channel is not None
    assert (envelope.channel.name, envelope.channel.scope) == (channel, scope)
    read = envelope.owner
    assert (read.license, read.messenger, read.company, read.user) == owner


@pytest.mark.parametrize(
    "meta",
    [
        {"licenseId": "12a", "messengerType": 5, "companyId": True, "userId": "9" * 30},
        "licenseId",
        None,
    ],
    ids=shown,
)
def test_ids_of_another_type_in_meta_are_left_out(meta: object) -> None:
    (only,) = decoded({"data": [{}], "meta": meta}, channel=None)
    assert only.envelope.channel is None
    assert only.envelope.owner == Channel("")
    assert only.envelope.meta == meta


def test_data_of_any_depth_is_written_as_a_record() -> None:
    for depth in (100, 245, 250, 254, 255, 300, 990, 1_010, 1_024, 5_000):
        text = '{"data":[' + "[" * depth + "]" * depth + "]}"
        (only,) = decoded(text)
        line = jsontext.dumps(as_dict(only))
        assert line.startswith(b'{"v":1,"kind":"event"')
        validate_line(line)


channels = st.none() | st.sampled_from([TELEGRAM, "private-v1.users.1", "x"]) | hostile_text()
names = st.sampled_from([*EVENTS, "", "brandNew"]) | hostile_text()


def wrappings(items: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    flat = st.fixed_dictionaries({}, optional={"data": items, "meta": json_values(4)})
    return flat | st.fixed_dictionaries(
        {"payload": flat | json_values(4)}, optional={"data": items}
    )


payloads = json_values() | wrappings(st.lists(json_values(4), max_size=3) | json_values(4))


@given(payloads | payloads.map(json.dumps) | hostile_text(60), names, channels)
@settings(max_examples=200, deadline=None)
def test_any_value_or_text_becomes_records_that_the_schema_allows(
    data: object, event: str, channel: str | None
) -> None:
    records = decoded(data, event=event, channel=channel)
    assert records
    for index, one in enumerate(records):
        assert one.index == index
        assert one.envelope.count == len(records)
        line = validate_line(jsontext.dumps(as_dict(one)))
        # JSON joins two adjacent surrogates into one character.
        assert line["data"] == json.loads(json.dumps(one.data))


@pytest.mark.parametrize(
    "payload",
    [
        '{"data":[1],"meta":null,"other":DEEP}',
        '{"data":[1],"other":DEEP}',
        '{"queue":DEEP,"payload":{"data":[1],"meta":null}}',
        '{"other":DEEP,"payload":{"data":[1],"meta":null}}',
        '{"queue":"q","payload":{"data":[1],"meta":null,"other":DEEP}}',
        '{"queue":"q","payload":{"data":[DEEP],"meta":null}}',
        '{"queue":"q","payload":{"data":[1],"meta":DEEP}}',
        '{"queue":"q","payload":{"data":[1,DEEP],"meta":null}}',
        '{"queue":"q","payload":{"data":DEEP,"meta":null}}',
    ],
)
def test_nesting_too_deep_to_be_written_is_found_wherever_it_is(payload: str) -> None:
    text = payload.replace("DEEP", "[" * 400 + "]" * 400)
    (only,) = decoded(text)
    assert (only.data, only.envelope.malformed) == (text, True)
    assert json.loads(only.line())["data"] == text
