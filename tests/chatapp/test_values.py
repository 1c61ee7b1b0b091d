import pytest

from chatapp_tail.chatapp.values import dig, id_text, integer, string, words
from tests.chatapp.given import shown


@pytest.mark.parametrize(
    ("value", "keys", "found"),
    [
        ({"a": {"b": 1}}, ("a", "b"), 1),
        ({"a": {"b": False}}, ("a", "b"), False),
        ({"a": None}, ("a", "b"), None),
        ({"a": [1]}, ("a", "0"), None),
        ({}, ("a",), None),
        (None, ("a",), None),
    ],
)
def test_dig_returns_the_inner_value_or_none(
    value: object, keys: tuple[str, ...], found: object
) -> None:
    assert dig(value, *keys) == found


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1229, 1229),
        ("1229", 1229),
        ("007", 7),
        (-5, -5),
        (10**30, 10**30),
        ("9" * 18, 999_999_999_999_999_999),
    ],
    ids=shown,
)
def test_integer_is_a_whole_number_or_short_digits(value: object, number: int) -> None:
    assert integer(value) == number


@pytest.mark.parametrize(
    "value",
    ["9" * 19, "9" * 1_000_000, "-5", "+5", "1_000", " 5", "5\n", "", "١٢٢٩", "²", "12a", True,
     1.0, None, [], {"id": 1}],
    ids=shown,
)  # fmt: skip
def test_nothing_else_is_an_integer(value: object) -> None:
    assert integer(value) is None


@pytest.mark.parametrize(
    ("value", "text", "identity"),
    [("a", "a", "a"), ("", "", None), (1, None, "1"), (True, None, None), (None, None, None)],
)
def test_only_text_is_a_string_and_an_id_is_also_a_number(
    value: object, text: str | None, identity: str | None
) -> None:
    assert string(value) == text
    assert id_text(value) == identity


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("as it is \x1b", "as it is \x1b"),
        (42213, "42213"),
        (False, "false"),
        ({"code": 470, "имя": [1]}, '{"code":470,"имя":[1]}'),
        (["\ud83d"], r'["\ud83d"]'),
    ],
)
def test_words_are_the_text_itself_nothing_for_null_or_json(value: object, text: str) -> None:
    assert words(value) == text
