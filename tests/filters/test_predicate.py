from datetime import UTC

import pytest
from hypothesis import given, settings

from chatapp_tail.chatapp.description import Describer
from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters import build_filter
from chatapp_tail.filters.predicate import row_matches
from chatapp_tail.filters.syntax import parse_regex
from tests.support.records import hostile_records, of_item, said

NAMES = ["message", "messageStatus", "chatTag", "chatRead", "brandNew", "a\nb", ""]


@pytest.mark.parametrize(
    ("events", "excluded", "accepted"),
    [
        (["message", "chatTag"], [], ["message", "chatTag"]),
        (["chat*"], [], ["chatTag", "chatRead"]),
        (["*Status", "chatRead"], [], ["messageStatus", "chatRead"]),
        (["chat????"], [], ["chatRead"]),
        (["chat[TR]*"], [], ["chatTag", "chatRead"]),
        (["chat[!T]*"], [], ["chatRead"]),
        (["Message"], [], []),
        (["mess"], [], []),
        (["*"], [], NAMES),
        ([], ["message"], NAMES[1:]),
        ([], ["*Status", ""], ["message", "chatTag", "chatRead", "brandNew", "a\nb"]),
        ([], ["*"], []),
        (["message*"], ["messageStatus"], ["message"]),
        (["message"], ["message"], []),
        (["message|chatTag"], [], []),
        (["m.ssage"], [], []),
        (["["], [], []),
        (["a*"], [], ["a\nb"]),
        (["a"], [], []),
    ],
)
def test_events_are_selected_by_name_and_glob_and_exclusion_wins(
    events: list[str], excluded: list[str], accepted: list[str]
) -> None:
    asked = build_filter(events=events, excluded_events=excluded)
    assert asked is not None
    assert [name for name in NAMES if asked.accepts(of_item({}, event=name))] == accepted


def found(pattern: str, *records: Record) -> list[bool]:
    accepts = row_matches([parse_regex(pattern)], Describer(UTC))
    return [accepts(record) for record in records]


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("invoice", True),
        ("Invoice", False),
        ("(?i)INVOICE", True),
        ("Ann Smith", True),
        ("^message Ann Smith ← your invoice", True),
        ("paid$", True),
        ("your invoice number 17", True),
        (r"\bnumber", True),
        ("your.*paid", True),
        ("a\tb", False),
        (r"\n", False),
        (r"\\n", False),
        ("telegram", False),
        ("11:39", False),
        ("text", False),
    ],
)
def test_text_of_the_row_is_searched_as_one_line(pattern: str, answer: bool) -> None:  # noqa: FBT001
    record = said("your invoice\nnumber\u00a017\r\n\u2028is paid", "Ann\tSmith")
    assert found(pattern, record) == [answer]


def test_one_of_several_expressions_is_enough() -> None:
    accepts = row_matches([parse_regex("one"), parse_regex("two")], Describer())
    texts = ("one", "two", "one two", "three")
    assert [accepts(said(text)) for text in texts] == [True, True, True, False]


def test_first_ten_thousand_characters_are_searched() -> None:
    assert found("needle", said("hay " * 2_000 + "needle")) == [True]
    assert found("needle", said("hay " * 3_000 + "needle")) == [False]


def test_known_names_of_chats_and_employees_are_searched() -> None:
    message = of_item({"id": 1, "chat": {"id": 5, "name": "Ann"}, "message": {"text": "hi"}})
    read = of_item({"chat": {"id": 5}}, event="chatRead")
    assert found("Ann read", read, message, read) == [False, False, True]
    item, people = {"type": "online", "employee": {"id": 685}}, {"685": "Айгерим С."}
    assert found("Айгерим", of_item(item, event="employeeStatus", people=people)) == [True]


def test_empty_cells_are_left_out() -> None:
    assert found("^brandNew {", of_item({"a": 1}, event="brandNew")) == [True]
    assert found("^{", of_item({"a": 1}, event="")) == [True]


@given(hostile_records())
@settings(deadline=None)
def test_every_record_gets_an_answer(record: Record) -> None:
    assert found("^[^x]*$", record)[0] in (True, False)
