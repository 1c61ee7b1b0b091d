import pytest

from chatapp_tail.chatapp.values import dig, integer, string, words
from tests.chatapp.given import shown


@pytest.mark.parametrize(
    ("value", "keys", "found"),
    [
        ({"a": {"b": 1}}, ("a", "b"), 1),
        ({"a": {"b": None}}, ("a", "b"), None),
        ({"a": {"b": False}}, ("a", "b"), False),
        ({"a": None}, ("a", "b"), None),
        ({"a": [1]}, ("a", "0"), None),
        ({"a": "text"}, ("a", "b"), None),
        ({}, ("a",), None),
        ([], ("a",), None),
        (None, ("a",), None),
        ({"a": 1}, (), {"a": 1}),
    ],
)
def test_digging_ends_with_none_where_there_is_nothing(
    value: object, keys: tuple[str, ...], found: object
) -> None:
    assert dig(value, *keys) == found


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1229, 1229),
        ("1229", 1229),
        ("007", 7),
        (0, 0),
        (-5, -5),
        (10**30, 10**30),
        ("9" * 18, 999_999_999_999_999_999),
        ("9" * 19, None),
        ("9" * 1_000_000, None),
        ("-5", None),
        ("+5", None),
        ("1_000", None),
        (" 5", None),
        ("5\n", None),
        ("", None),
        ("١٢٢٩", None),
        ("²", None),
        ("12a", None),
        (True, None),
        (False, None),
        (1.0, None),
        (None, None),
        ([], None),
        ({"id": 1}, None),
    ],
    ids=shown,
)
def test_only_whole_numbers_and_short_ascii_digits_are_integers(
    value: object, number: int | None
) -> None:
    assert integer(value) == number


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), ("", ""), (1, None), (None, None), ([], None)]
)
def test_only_text_is_a_string(value: object, text: str | None) -> None:
    assert string(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("as it is \x1b", "as it is \x1b"),
        (42213, "42213"),
        (False, "false"),
        (55.75, "55.75"),
        ({"code": 470, "имя": [1]}, '{"code":470,"имя":[1]}'),
        (["\ud83d"], r'["\ud83d"]'),
    ],
)
def test_words_are_text_as_it_is_nothing_for_null_and_json_for_the_rest(
    value: object, text: str
) -> None:
    assert words(value) == text
