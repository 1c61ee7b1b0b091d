"""One ``--set``: its value's type, its path in an event, and errors that show the position."""

from contextlib import suppress

import pytest
from hypothesis import given

from chatapp_tail.errors import UsageError
from chatapp_tail.triggering.assignment import parse_assignment
from chatapp_tail.triggering.payload import Payload
from tests.chatapp.given import hostile_text

INDEXES = "Indexes: 0 to 1, the last adds. data.0 has id, side, message."


def event() -> Payload:
    """Return a small event."""
    return {
        "data": [{"id": 123, "side": "in", "message": {"text": "Test", "file": None}}],
        "meta": {"type": "message", "licenseId": 1229},
    }


def changed(*texts: str) -> Payload:
    """Return the small event with all changes made."""
    payload = event()
    for text in texts:
        parse_assignment(text).apply(payload)
    return payload


def item(*texts: str) -> object:
    """Return the first item of the small event with all changes made."""
    data = changed(*texts)["data"]
    assert isinstance(data, list)
    return data[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("Hello", "Hello"),
        ("", ""),
        ("a=b", "a=b"),
        ("Привет 👋", "Привет 👋"),
        ("42", 42),
        ("-1.5", -1.5),
        ("true", True),
        ("null", None),
        ('"42"', "42"),
        ("[1, 2]", [1, 2]),
        ('{"a": {"b": 1}}', {"a": {"b": 1}}),
        ("+7000", "+7000"),
        ("007", "007"),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("True", "True"),
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
        (
            ["data.0.message.file.link=https://x.example"],
            {"message": {"text": "Test", "file": {"link": "https://x.example"}}},
        ),
        (["data.0.new.deep.field=1"], {"new": {"deep": {"field": 1}}}),
        (["data.0.tags.0.name=VIP"], {"tags": [{"name": "VIP"}]}),
        (["data.0.tags.5.name=VIP"], {"tags": {"5": {"name": "VIP"}}}),
        (["data.0.tags.0=a", "data.0.tags.1=b"], {"tags": ["a", "b"]}),
        (["data.0.message=gone"], {"message": "gone"}),
    ],
    ids=str,
)
def test_fields_are_set_and_what_is_missing_on_the_way_is_made(
    texts: list[str], expected: dict[str, object]
) -> None:
    original = {"id": 123, "side": "in", "message": {"text": "Test", "file": None}}
    assert item(*texts) == original | expected


def test_index_after_the_last_adds_to_a_list() -> None:
    assert changed("data.1.id=124", "data.1.side=out", "data.2=null") == {
        "data": [
            {"id": 123, "side": "in", "message": {"text": "Test", "file": None}},
            {"id": 124, "side": "out"},
            None,
        ],
        "meta": {"type": "message", "licenseId": 1229},
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
    ("text", "problem", "hint"),
    [
        (
            "data.0.side",
            "--set: there is no = and value",
            "data.0.side\n           ^\nFor example: --set data.0.message.text=Hello",
        ),
        (
            "data..side=in",
            "--set: a part of the path is empty",
            "data..side=in\n     ^\nFor example: --set data.0.message.text=Hello",
        ),
        (
            "=in",
            "--set: a part of the path is empty",
            "=in\n^\nFor example: --set data.0.message.text=Hello",
        ),
        (
            "message.text=Hello",
            "--set: an event has data and meta, but no 'message'",
            "message.text=Hello\n^\nIn the first item: --set data.0.message.text=…",
        ),
        (
            "data.message.text=x",
            "--set: data is a list of 1",
            f"data.message.text=x\n     ^\n{INDEXES}",
        ),
        (
            "data.2.side=x",
            "--set: data is a list of 1",
            f"data.2.side=x\n     ^\n{INDEXES}",
        ),
        (
            "data.-1.side=x",
            "--set: data is a list of 1",
            f"data.-1.side=x\n     ^\n{INDEXES}",
        ),
        (
            "data.0.message.text.more=x",
            '--set: data.0.message.text is "Test" and has no fields',
            "data.0.message.text.more=x\n                    ^\ndata.0.message has text, file.",
        ),
        (
            "meta.type.x=1",
            '--set: meta.type is "message" and has no fields',
            "meta.type.x=1\n          ^\nmeta has type, licenseId.",
        ),
    ],
)
def test_bad_path_shows_the_place_and_what_exists_there(text: str, problem: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        changed(text)
    assert (caught.value.message, caught.value.hint) == (problem, hint)


def test_bad_path_into_lists_without_fields_says_the_indexes_alone() -> None:
    with pytest.raises(UsageError) as caught:
        changed("data=[]", "data.name=x")
    assert caught.value.hint.endswith("\nIndex 0 adds the first.")
    with pytest.raises(UsageError) as caught:
        changed("data=[[1]]", "data.0.0.x=x")
    assert caught.value.hint.endswith("\nFor example: --set data.0.message.text=Hello")


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
        ("data.7.side=x", None),
        ("data.x=x", None),
    ],
)
def test_new_field_much_like_another_is_doubted(text: str, meant: str | None) -> None:
    assert parse_assignment(text).doubt(event()) == meant


@given(path=hostile_text(), value=hostile_text())
def test_any_text_is_set_or_refused_and_nothing_else_happens(path: str, value: str) -> None:
    with suppress(UsageError):
        parse_assignment(f"data.0.{path}={value}").apply(event())
