from datetime import UTC

import pytest
from hypothesis import given, settings

from chatapp_tail.chatapp.description import Describer
from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters.predicate import row_matches
from chatapp_tail.filters.syntax import parse_regex
from tests.support.records import hostile_records, of_item, said


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
def test_what_the_row_says_is_searched_in_one_line(pattern: str, answer: bool) -> None:  # noqa: FBT001
    record = said("your invoice\nnumber\u00a017\r\n\u2028is paid", "Ann\tSmith")
    assert found(pattern, record) == [answer]


def test_several_are_alternatives_as_in_grep_and_stern() -> None:
    accepts = row_matches([parse_regex("one"), parse_regex("two")], Describer())
    assert [accepts(said(text)) for text in ("one", "two", "one two", "three")] == [
        True,
        True,
        True,
        False,
    ]


def test_nothing_is_cut_before_ten_thousand_characters() -> None:
    assert found("needle", said("hay " * 2_000 + "needle")) == [True]
    assert found("needle", said("hay " * 3_000 + "needle")) == [False]


def test_names_that_came_earlier_and_those_of_employees_are_words_of_the_row() -> None:
    message = of_item({"id": 1, "chat": {"id": 5, "name": "Ann"}, "message": {"text": "hi"}})
    read = of_item({"chat": {"id": 5}}, event="chatRead")
    assert found("Ann read", read, message, read) == [False, False, True]
    item, people = {"type": "online", "employee": {"id": 685}}, {"685": "Айгерим С."}
    assert found("Айгерим", of_item(item, event="employeeStatus", people=people)) == [True]


def test_empty_cells_leave_no_gap() -> None:
    assert found("^brandNew {", of_item({"a": 1}, event="brandNew")) == [True]
    assert found("^{", of_item({"a": 1}, event="")) == [True]


@given(hostile_records())
@settings(deadline=None)
def test_every_record_gets_an_answer(record: Record) -> None:
    assert found("^[^x]*$", record)[0] in (True, False)
