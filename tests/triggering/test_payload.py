"""Payloads: current samples, files in each form, and ids for the channel and repetition."""

import json
from copy import deepcopy

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.errors import UsageError
from chatapp_tail.triggering.assignment import parse_assignment
from chatapp_tail.triggering.payload import (
    Payload,
    Recipe,
    fitted,
    numbered,
    paced,
    read_payload,
    sample_payload,
)
from tests.support.fake_clock import BEGINNING, FakeClock

NOW = 1_795_348_800  # BEGINNING
ITEM = {"id": 5, "side": "in"}
META = {"type": "message", "licenseId": "77", "messengerType": "avito"}
RECORD = {"v": 1, "kind": "event", "event": "message", "seq": 3}


def first(payload: Payload) -> dict[str, object]:
    """Return the first item."""
    data = payload["data"]
    assert isinstance(data, list)
    assert isinstance(data[0], dict)
    return data[0]


# Samples


def test_time_is_now_in_the_type_that_the_sample_has() -> None:
    assert first(sample_payload("message", NOW))["time"] == NOW
    assert first(sample_payload("messageReaction", NOW))["time"] == str(NOW)


def test_window_for_answers_opens_now_and_lasts_as_documented() -> None:
    assert first(sample_payload("chatConversation", NOW))["conversation"] == {
        "id": "ccb637d17ba3aced8051abc263bd72e4",
        "type": "BIC",
        "startTime": NOW,
        "endTime": NOW + 86_400,
    }


@pytest.mark.parametrize("name", EVENTS)
def test_everything_else_is_as_documented(name: str) -> None:
    made, documented = sample_payload(name, NOW), samples(name)[0]
    assert made["meta"] == documented["meta"]
    for key in ("time", "conversation"):
        first(made).pop(key, None)
    expected = {k: v for k, v in first(documented).items() if k not in ("time", "conversation")}
    assert first(made) == expected


# Files


NAMED = {"type": "chatNew"}


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        ({"data": [ITEM], "meta": META}, {"data": [ITEM], "meta": META}),
        (
            {"queue": "q", "payload": {"data": [ITEM], "meta": META}},
            {"data": [ITEM], "meta": META},
        ),
        (RECORD | {"data": ITEM, "meta": META}, {"data": [ITEM], "meta": META}),
        (RECORD | {"data": "x", "meta": None, "malformed": True}, {"data": "x", "meta": None}),
        ({"data": 7, "meta": None}, {"data": 7, "meta": None}),
        (ITEM, {"data": [ITEM], "meta": NAMED}),
        ([ITEM], {"data": [ITEM], "meta": NAMED}),
        ({"data": [ITEM]}, {"data": [ITEM], "meta": NAMED}),
    ],
    ids=["flat", "wrapped", "record", "malformed", "no list", "item", "items", "no meta"],
)
def test_file_is_read_in_each_form_and_gets_a_meta_that_names_the_event(
    value: object, payload: Payload
) -> None:
    assert read_payload(json.dumps(value).encode(), "chatNew") == payload


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "--file: not JSON: "),
        (b"\xff\xfe\xfa", "--file: not JSON: "),
        (b"{}\n{}", "--file: not JSON: "),
        (b"[" * 100_000, "--file: not JSON: nested too deeply"),
        (b"null", "--file: neither an object nor a list"),
    ],
)
def test_file_of_another_form_is_refused(text: bytes, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_payload(text, "x")
    assert caught.value.message.startswith(problem)
    assert '{"data": […], "meta": {…}}' in caught.value.hint


# Ids


@pytest.mark.parametrize(
    ("event", "spec", "meta"),
    [
        ("message", "1229/telegram", {"licenseId": 1229, "messengerType": "telegram"}),
        ("chatRead", "1229/telegram", {"licenseId": "1229", "messengerType": "telegram"}),
        ("chatRead", "7/avito", {"licenseId": 7, "messengerType": "avito"}),
        ("employeeStatus", "company/2224", {"companyId": 2224}),
        ("employeeStatus", "company/1/user/2", {"companyId": 1, "userId": "2"}),
        ("quickResponse", "user/7", {"userId": "7"}),
        ("quickResponse", "private-other", {"userId": "685"}),
    ],
)
def test_meta_gets_the_ids_of_the_channel(event: str, spec: str, meta: dict[str, object]) -> None:
    payload = fitted(sample_payload(event, NOW), parse_spec(spec))
    assert payload["meta"] == {"type": event, **meta}


def test_meta_that_is_no_object_stays() -> None:
    payload: Payload = {"data": [], "meta": None}
    assert fitted(payload, parse_spec("1229/telegram")) == payload


@pytest.mark.parametrize(
    ("ids", "second", "third"),
    [
        ([123], [124], [125]),
        (["1252"], ["1253"], ["1254"]),
        (["wamid.x"], ["wamid.x-1"], ["wamid.x-2"]),
        ([1, 2], [3, 4], [5, 6]),
        ([5, "7"], [8, "10"], [11, "13"]),
        ([None, True, "", {}], [None, True, "", {}], [None, True, "", {}]),
    ],
)
def test_ids_count_up_with_each_event(
    ids: list[object], second: list[object], third: list[object]
) -> None:
    payload: Payload = {"data": [{"id": one} for one in ids]}
    made = [numbered(payload, number) for number in (0, 1, 2)]
    assert made == [{"data": [{"id": one} for one in some]} for some in (ids, second, third)]


# All together


def recipe(*changes: str, spec: str | None = None, given: Payload | None = None) -> Recipe:
    channel = None if spec is None else parse_spec(spec)
    return Recipe("message", channel, given, tuple(map(parse_assignment, changes)))


def test_changes_come_last_and_leave_the_documented_sample() -> None:
    before = deepcopy(samples("message"))
    changes = ("data.0.id=1", "data.0.time=0", "data.0.message.text=x", "meta.licenseId=5")
    payload = recipe(*changes, spec="1229/telegram").payload(3, BEGINNING)
    assert (first(payload)["id"], first(payload)["time"]) == (1, 0)
    assert payload["meta"] == {"type": "message", "licenseId": 5, "messengerType": "telegram"}
    assert samples("message") == before


def test_file_is_sent_as_it_is_without_a_channel_and_each_time_with_another_id() -> None:
    given: Payload = {"data": [{"id": 5, "time": 1}], "meta": META}
    made = recipe("data.0.x=1", given=given)
    assert made.payload(0, BEGINNING) == {"data": [{"id": 5, "time": 1, "x": 1}], "meta": META}
    assert made.payload(1, BEGINNING) == {"data": [{"id": 6, "time": 1, "x": 1}], "meta": META}
    assert given == {"data": [{"id": 5, "time": 1}], "meta": META}


def test_later_change_may_depend_on_an_earlier_one() -> None:
    made = recipe("data.1.id=1", "data.2.id=1")
    assert len(made.payload(0, BEGINNING)["data"]) == 3  # type: ignore[arg-type]
    assert made.doubts(BEGINNING) == []


def test_doubts_name_the_path_that_is_probably_meant() -> None:
    assert recipe("data.0.mesage.text=x").doubts(BEGINNING) == ["data.0.message.text"]


# Pace


def test_events_are_due_at_their_rate_and_late_ones_at_once() -> None:
    clock, due = FakeClock(), []
    began = clock.now()
    for number in paced(5, 2.0, clock, clock.advance):
        due.append(clock.now() - began)
        if number == 1:
            clock.advance(1.25)
    assert due == [0.0, 0.5, 1.75, 1.75, 2.0]


def test_wait_that_ends_early_is_waited_again() -> None:
    clock, waits = FakeClock(), []

    def wait(left: float) -> None:
        waits.append(left)
        clock.advance(min(left, 0.75))

    assert list(paced(2, 0.5, clock, wait)) == [0, 1]
    assert waits == [2.0, 1.25, 0.5]


def test_without_a_rate_nothing_waits() -> None:
    def never(_left: float) -> None:
        raise AssertionError

    assert list(paced(3, None, FakeClock(), never)) == [0, 1, 2]
