"""One ``--set``: its value's type, its path in an event, and errors that show the position."""

from contextlib import suppress
from copy import deepcopy

import pytest
from hypothesis import given

from chatapp_tail.errors import UsageError
from chatapp_tail.triggering.assignment import parse_assignment
from chatapp_tail.triggering.payload import Payload
from tests.chatapp.given import hostile_text

EXAMPLE = "For example: --set data.0.message.text=Hello"
INDEXES = "Indexes: 0 to 1, the last adds. data.0 has id, side, message."
ITEM = {"id": 123, "side": "in", "message": {"text": "Test", "file": None}}
META = {"type": "message", "licenseId": 1229}


def event() -> Payload:
    """Return a small event that may be changed."""
    return deepcopy({"data": [ITEM], "meta": META})


def changed(*texts: str) -> Payload:
    """Return the small event with all changes made."""
    payload = event()
    for text in texts:
        parse_assignment(text).apply(payload)
    return payload


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("", ""),
        ("a=b", "a=b"),
        ("Привет 👋", "Привет 👋"),
        ("42", 42),
        ("-1.5", -1.5),
        ("null", None),
        ('"42"', "42"),
        ("[1, 2]", [1, 2]),
        ('{"a": {"b": 1}}', {"a": {"b": 1}}),
        ("+7000", "+7000"),
        ("007", "007"),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("{broken", "{broken"),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_value_is_json_if_it_parses_else_text(written: str, value: object) -> None:
    read = parse_assignment(f"data.0.x={written}").value
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["data.0.side=out"], {"side": "out"}),
        (["data.0.message.text=Hello"], {"message": {"text": "Hello", "file": None}}),
        (["data.0.message.file.link=x"], {"message": {"text": "Test", "file": {"link": "x"}}}),
        (["data.0.new.deep.field=1"], {"new": {"deep": {"field": 1}}}),
        (["data.0.tags.0.name=VIP"], {"tags": [{"name": "VIP"}]}),
        (["data.0.tags.5.name=VIP"], {"tags": {"5": {"name": "VIP"}}}),
        (["data.0.tags.0=a", "data.0.tags.1=b"], {"tags": ["a", "b"]}),
        (["data.0.message=gone"], {"message": "gone"}),
    ],
    ids=str,
)
def test_fields_are_set_and_missing_objects_and_lists_are_created(
    texts: list[str], expected: dict[str, object]
) -> None:
    assert changed(*texts) == {"data": [ITEM | expected], "meta": META}


def test_index_after_the_last_adds_to_a_list() -> None:
    assert changed("data.1.id=124", "data.1.side=out", "data.2=null") == {
        "data": [ITEM, {"id": 124, "side": "out"}, None],
        "meta": META,
    }


def test_meta_and_whole_roots_can_be_set() -> None:
    assert changed('meta.licenseId="77"')["meta"] == {"type": "message", "licenseId": "77"}
    assert changed("meta=null", "data=text") == {"data": "text", "meta": None}


def test_value_is_not_shared_between_events() -> None:
    change = parse_assignment('data.0.tags=[{"name": "a"}]')
    first, second = event(), event()
    change.apply(first)
    parse_assignment("data.0.tags.0.name=b").apply(first)
    change.apply(second)
    assert second["data"] != first["data"]


@pytest.mark.parametrize(
    ("text", "problem", "position", "advice"),
    [
        ("data.0.side", "there is no = and value", 11, EXAMPLE),
        ("data..side=in", "a part of the path is empty", 5, EXAMPLE),
        ("=in", "a part of the path is empty", 0, EXAMPLE),
        (
            "message.text=Hello",
            "an event has data and meta, but no 'message'",
            0,
            "In the first item: --set data.0.message.text=…",
        ),
        ("data.message.text=x", "data is a list of 1", 5, INDEXES),
        ("data.2.side=x", "data is a list of 1", 5, INDEXES),
        ("data.-1.side=x", "data is a list of 1", 5, INDEXES),
        (
            "data.0.message.text.more=x",
            'data.0.message.text is "Test" and has no fields',
            20,
            "data.0.message has text, file.",
        ),
        (
            "meta.type.x=1",
            'meta.type is "message" and has no fields',
            10,
            "meta has type, licenseId.",
        ),
    ],
)
def test_bad_path_shows_the_position_and_what_is_there(
    text: str, problem: str, position: int, advice: str
) -> None:
    with pytest.raises(UsageError) as caught:
        changed(text)
    assert caught.value.message == f"--set: {problem}"
    assert caught.value.hint == f"{text}\n{' ' * position}^\n{advice}"


@pytest.mark.parametrize(
    ("texts", "advice"),
    [
        (("data=[]", "data.name=x"), "Index 0 adds the first."),
        (("data=[1]", "data.name=x"), "Indexes: 0 to 1, the last adds."),
        (("data=[[1]]", "data.0.0.x=x"), EXAMPLE),
    ],
    ids=str,
)
def test_bad_path_into_a_list_without_objects_has_its_own_advice(
    texts: tuple[str, ...], advice: str
) -> None:
    with pytest.raises(UsageError) as caught:
        changed(*texts)
    assert caught.value.hint.endswith(f"\n{advice}")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("data.0.mesage.text=x", "data.0.message.text"),
        ("data.0.message.txt=x", "data.0.message.text"),
        ("meta.license_id=1", "meta.licenseId"),
        ("data.0.message.text=x", None),
        ("data.0.message.file.name=x", None),
        ("data.0.somethingElse=x", None),
        ("data.1.side=x", None),
    ],
)
def test_new_field_with_a_name_like_another_is_doubted(text: str, meant: str | None) -> None:
    assert parse_assignment(text).doubt(event()) == meant


@given(path=hostile_text(), value=hostile_text())
def test_any_text_is_set_or_refused_with_a_usage_error(path: str, value: str) -> None:
    with suppress(UsageError):
        parse_assignment(f"data.0.{path}={value}").apply(event())
