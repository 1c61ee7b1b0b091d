import json
import re

import pytest
from hypothesis import given, settings

from chatapp_tail import jsontext
from tests.chatapp.given import json_values, shown

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)

FAMILY = "👨\u200d👩\u200d👧\u200d👦"


def nested_list(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":[1,2.5,"я",null,true]}', {"a": [1, 2.5, "я", None, True]}),
        (b'{"a":"\xd1\x8f"}', {"a": "я"}),
        (r'"\ud83d\ude02"', "😂"),
        (r'"\ud83d"', "\ud83d"),
        (r'{"\udc00":["\ud83d"]}', {"\udc00": ["\ud83d"]}),
        (r'["\ud83d",123456789012345678901234567890]', ["\ud83d", 123456789012345678901234567890]),
        ('"\ud83d"', "\ud83d"),
        (b'"\xed\xa0\xbd"', "\ud83d"),
        ("18446744073709551615", 18446744073709551615),
        ("-9223372036854775808", -9223372036854775808),
        ('{"a":1,"a":2}', {"a": 2}),
        (" 0 ", 0),
    ],
)
def test_json_is_read(text: str | bytes, value: object) -> None:
    assert jsontext.loads(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *["", "hello", "[1,]", "{'a':1}", '"\x01"', "1\x00", "NaN", "-Infinity", "1e999"],
        *[r'["\ud83d",NaN]', r'["\ud83d",1e999]', "9" * 5_000],
        '["\ud83d",' + "9" * 5_000 + "]",
        "\ufeff1",
        b"\xff",
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        "[" * 1_000 + "]" * 1_000,
        "[" * 251 + r'"\ud83d"' + "]" * 251,
        '{"a":' * 300 + r'"\ud83d"' + "}" * 300,
    ],
    ids=shown,
)
def test_what_is_not_json_or_too_deep_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        jsontext.loads(text)


@pytest.mark.parametrize("leaf", ["1", r'"\ud83d"'])
@pytest.mark.parametrize("depth", [200, 250])
def test_what_is_read_from_the_depth_can_be_written_again(depth: int, leaf: str) -> None:
    text = "[" * depth + leaf + "]" * depth
    assert jsontext.dumps(jsontext.loads(text)).decode() == text


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert jsontext.loads("[" + ",".join(["[]"] * 5_000) + "]") == [[]] * 5_000
    assert jsontext.loads(r'["\ud83d",' + ",".join(["{}"] * 500) + "]") == ["\ud83d", *[{}] * 500]


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"a": [1, None]}, rb'{"a":[1,null]}'),
        ("я", '"я"'.encode()),
        (FAMILY, f'"{FAMILY}"'.encode()),
        ("🏳\ufe0f\u200d🌈", '"🏳\ufe0f\u200d🌈"'.encode()),
        ("نص", '"نص"'.encode()),
        ("\x00\x1b\n", rb'"\u0000\u001b\n"'),
        ("a\x7fb", rb'"a\u007fb"'),
        ("\x80\x85\x9b\x9f", rb'"\u0080\u0085\u009b\u009f"'),
        ("\xa0", '"\xa0"'.encode()),
        ("\u061c\u200e\u200f", rb'"\u061c\u200e\u200f"'),
        ("\u202a\u202b\u202c\u202d\u202e", rb'"\u202a\u202b\u202c\u202d\u202e"'),
        ("\u2066\u2067\u2068\u2069", rb'"\u2066\u2067\u2068\u2069"'),
        ("\u2028\u2029", rb'"\u2028\u2029"'),
        ("\u2010\u2030\u2065\u206a", '"\u2010\u2030\u2065\u206a"'.encode()),
        ("\ud83d", rb'"\ud83d"'),
        ("\ufeffa\ufeff\ufffe\ufe0f", rb'"\ufeffa\ufeff' + '\ufffe\ufe0f"'.encode()),
        ("\ud83d\x7f\u202eя", rb'"\ud83d\u007f\u202e' + 'я"'.encode()),
        ({"\ud83d\x9b": {}}, rb'{"\ud83d\u009b":{}}'),
        ({"\x9b": {}}, rb'{"\u009b":{}}'),
        (2**70, b"1180591620717411303424"),
    ],
)
def test_value_is_written_as_one_line_safe_for_a_terminal(value: object, line: bytes) -> None:
    assert jsontext.dumps(value) == line


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ({"a": [1, "\x9b"]}, b'{\n  "a": [\n    1,\n    "\\u009b"\n  ]\n}'),
        ({"a": ["\ud83d"]}, b'{\n  "a": [\n    "\\ud83d"\n  ]\n}'),
    ],
)
def test_indented_json_takes_two_spaces_a_level(value: object, lines: bytes) -> None:
    assert jsontext.dumps(value, indent=True) == lines


@pytest.mark.parametrize("indent", [False, True])
def test_a_hundred_thousand_levels_become_a_sentence(indent: bool) -> None:  # noqa: FBT001
    line = jsontext.dumps(nested_list(100_000), indent=indent)
    assert line == b'"nested too deeply to be written"'


@given(json_values())
@settings(max_examples=200, deadline=None)
def test_every_written_line_is_safe_and_reads_as_the_same_value(value: object) -> None:
    line = jsontext.dumps(value).decode("utf-8")
    assert not UNSAFE.search(line)
    # Two surrogates side by side are one character in JSON, whoever writes them.
    expected = json.loads(json.dumps(value))
    assert json.loads(line, parse_constant=pytest.fail) == expected


@given(json_values())
@settings(max_examples=100, deadline=None)
def test_indented_json_is_the_same_value_and_safe(value: object) -> None:
    text = jsontext.dumps(value, indent=True).decode("utf-8")
    assert not UNSAFE.search(text.replace("\n", ""))
    assert json.loads(text) == json.loads(jsontext.dumps(value))
