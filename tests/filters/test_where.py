import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters.where import Operator, parse_test, predicate
from tests.chatapp.given import shown
from tests.support.records import (
    COMPANY,
    hostile_records,
    of_item,
    received,
    said,
    sample_records,
)

MESSAGE = sample_records()[0]
VALUES = {
    "text": "invoice 17",
    "number": 1229,
    "zero": 0,
    "whole": 1.0,
    "float": 0.5,
    "huge": 10**40,
    "true": True,
    "false": False,
    "null": None,
    "blank": "",
    "space": " ",
    "list": ["vip", 7, None],
    "lists": [["a"], [["b"]], []],
    "nulls": [None],
    "none": [],
    "object": {"id": 1, "имя": "Ю"},
    "nothing": {},
    "odd-key_1": "=~!",
    "7": "a key of digits",
}
RECORD = of_item(VALUES)


def holds(test: str, record: Record) -> bool:
    """Return whether the test holds for ``record``, asked in both ways."""
    parsed = parse_test(test)
    answer = parsed.matches(record)
    assert predicate(parsed)(record) is answer
    return answer


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ("data.side=in", True),
        ("data.side=out", False),
        ("data.type!=sent", True),
        ("data.message.text", True),
        ("data.message.file", False),
        ("data.chat.tags.name=test", True),
        ("data.chat.accomplices.id=100", True),
        ("data.chat.auditors=null", True),
        ("data.fromMe=false", True),
        ("meta.licenseId=1229", True),
        ("event=message", True),
        ("event~^message", True),
        ("license=1229", True),
        ("occurred_at~^2021-11-19", True),
    ],
)
def test_fields_of_a_documented_message_are_tested(test: str, answer: bool) -> None:  # noqa: FBT001
    assert holds(test, MESSAGE) is answer


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("text", "invoice 17"),
        ("number", "1229"),
        ("zero", "0"),
        ("whole", "1.0"),
        ("float", "0.5"),
        ("huge", "1" + "0" * 40),
        ("true", "true"),
        ("false", "false"),
        ("null", "null"),
        ("blank", ""),
        ("space", " "),
        ("object", '{"id":1,"имя":"Ю"}'),
        ("nothing", "{}"),
        ("odd-key_1", "=~!"),
        ("7", "a key of digits"),
    ],
)
def test_values_are_compared_as_json_writes_them(key: str, text: str) -> None:
    assert holds(f"data.{key}=={text}", RECORD)
    assert not holds(f"data.{key}!={text}", RECORD)
    assert not holds(f"data.{key}={text}x", RECORD)
    assert holds(f"data.{key}!={text}x", RECORD)


def test_a_number_and_its_digits_as_text_are_the_same() -> None:
    for sent in (1229, "1229"):
        assert holds("data.id=1229", of_item({"id": sent}))
    assert holds("license=1229", received({"data": [1], "meta": {"licenseId": "1229"}})[0])


@pytest.mark.parametrize(
    "key", ["text", "number", "zero", "float", "true", "space", "list", "nulls", "object"]
)
def test_path_alone_holds_for_a_value(key: str) -> None:
    assert holds(f"data.{key}", RECORD)


@pytest.mark.parametrize(
    "key",
    ["false", "null", "blank", "none", "nothing", "absent", "text.deeper", "null.deeper"],
)
def test_path_alone_fails_for_an_empty_value_or_none(key: str) -> None:
    assert not holds(f"data.{key}", RECORD)


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ("data.tags.name=vip", True),
        ("data.tags.name=old", False),
        ("data.tags.name!=old", True),
        ("data.tags.name!=vip", False),
        ("data.tags.name~^v", True),
        ("data.tags.name", True),
        ("data.tags.color", True),
        ("data.tags.absent", False),
        ("data.tags.absent!=x", True),
        ("data.tags.1.name=vip", False),
        ("data.tags.9.name=vip", False),
        ("data.tags.9.name!=vip", True),
        ("data.words=d", True),
        ("data.words=e", False),
        ("data.words!=b", False),
        ("data.words~^[de]$", True),
        ("data.words.0=b", False),
        ("data.words.2=d", True),
        ("data.words.2.1.0=d", True),
        ("data.words=[]", False),
        ("data.empty=", False),
        ("data.empty!=x", True),
        ("data.deep.name=x", True),
        ("data.deep.0.0.name=x", True),
        ("data.deep.0=y", False),
        (f"data.words.{'9' * 5000}=b", False),
    ],
    ids=shown,
)
def test_one_element_of_a_list_is_enough_and_a_number_picks_one(
    test: str,
    answer: bool,  # noqa: FBT001
) -> None:
    tags = [{"name": "vip", "color": ""}, {"name": "new", "color": "red"}, 5, None]
    words = ["a", "b", ["c", ["d"]]]
    record = of_item({"tags": tags, "words": words, "empty": [], "deep": [[{"name": "x"}]]})
    assert holds(test, record) is answer


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ("data.text~invoice", True),
        ("data.text~INVOICE", False),
        ("data.text~(?i)INVOICE", True),
        (r"data.text~\d\d$", True),
        ("data.number~^12", True),
        ("data.object~Ю", True),
        ("data.null~null", False),
        ("data.null~.*", False),
        ("data.nulls~.*", False),
        ("data.blank~^$", True),
        ("data.absent~.*", False),
        ("data.text!~invoice", False),
        ("data.text!~INVOICE", True),
        ("data.list!~vip", False),
        ("data.null!~null", True),
        ("data.absent!~.*", True),
        ("data~invoice", True),
        ("data.odd-key_1~=~!", True),
    ],
)
def test_regular_expression_is_searched_in_all_values_but_null(test: str, answer: bool) -> None:  # noqa: FBT001
    assert holds(test, RECORD) is answer


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ("company=2224", True),
        ("license", False),
        ("license=null", True),
        ("messenger!=telegram", True),
        ("channel~companies", True),
        ("seq=17", True),
        ("index", True),
        ("count=1", True),
        ("received_at=2026-11-22T11:39:24.521Z", True),
        ("occurred_at", False),
        ("occurred_at=null", True),
        ("malformed", False),
        ("malformed=false", True),
        ("kind=event", True),
        ("data=hello", True),
        ("meta", False),
    ],
)
def test_envelope_of_a_record_is_tested(test: str, answer: bool) -> None:  # noqa: FBT001
    assert holds(test, of_item("hello", event="employeeStatus", channel=COMPANY)) is answer


@pytest.mark.parametrize(
    "test", ["malformed", "malformed=true", "data~^no", "channel=null", "scope=null"]
)
def test_envelope_of_a_malformed_event_without_a_channel_is_tested(test: str) -> None:
    (record,) = received("no JSON", channel=None)
    assert holds(test, record)


def test_first_operator_counts_and_all_behind_it_is_the_value() -> None:
    test = parse_test("data.a=b!=c~d==")
    assert test == (("data", "a"), Operator.EQUALS, "b!=c~d==", None)
    assert holds("data.a= b ", of_item({"a": " b "}))
    assert holds("data.a=", of_item({"a": ""}))
    assert holds("data.a==~x", of_item({"a": "~x"}))


@pytest.mark.parametrize("depth", [1, 250])
def test_nesting_is_followed_to_any_depth(depth: int) -> None:
    lists: object = "x"
    objects: object = "x"
    for _ in range(depth):
        lists, objects = [lists], {"a": objects}
    assert holds("data.a=x", of_item({"a": lists}))
    assert not holds("data.a=y", of_item({"a": lists}))
    assert holds(f"data{'.a' * depth}=x", of_item(objects))
    assert not holds(f"data{'.a' * (depth + 1)}=x", of_item(objects))


def test_lists_of_a_million_elements_are_searched() -> None:
    record = of_item({"numbers": list(range(1_000_000)), "tags": [{"id": 5}] * 1_000_000})
    assert holds("data.numbers=999999", record)
    assert holds("data.numbers.999999=999999", record)
    assert not holds("data.tags.id=6", record)


def test_only_the_beginning_of_a_long_text_is_searched() -> None:
    assert holds("data.message.text~x$", said("x" * 10_000 + "y"))
    assert not holds("data.message.text~y", said("x" * 10_000 + "y"))
    assert holds("data.message.text~y", said("x" * 9_999 + "y"))


PATHS = ["data", "data.chat", "data.chat.name", "data.0", "data.0.1", "meta.a", "event", "channel"]


@given(hostile_records(), st.sampled_from(PATHS), st.sampled_from(["", "=x", "~x", "~^$"]))
@settings(deadline=None)
def test_every_record_gets_an_answer(record: Record, path: str, rest: str) -> None:
    assert holds(path + rest, record) in (True, False)
    for operator in ("=", "~"):
        assert holds(f"{path}!{operator}x", record) is not holds(f"{path}{operator}x", record)
