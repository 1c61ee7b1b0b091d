import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp_tail.output.text import broken, cells, clean, cut, filled, fit, fitting
from tests.chatapp.given import hostile_text, shown
from tests.support.waiting import assert_linear

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]8;;http://evil\x07link", r"\x1b]8;;http://evil\x07link"),
        ("\x1b]52;c;ZWNobw==\x07", r"\x1b]52;c;ZWNobw==\x07"),
        ("\x9d0;title\x9c", r"\x9d0;title\x9c"),
        ("a\x7f\x08b", r"a\x7f\x08b"),
        ("two\nlines", r"two\nlines"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\ufeffa", r"\ufeffa"),
        ("a\u00adb", r"a\xadb"),
        ("a\u2060b\u180ec", r"a\u2060b\u180ec"),
        ("\ufff9a\ufffbb", r"\ufff9a\ufffbb"),
        ("\U000e0001en", r"\U000e0001en"),
        ("half \ud83d", r"half \ud83d"),
        ("\ude00 half", r"\ude00 half"),
    ],
    ids=ascii,
)
def test_sequences_and_invisible_characters_are_escaped(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_each_control_character_is_escaped() -> None:
    for control in [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *BIDI]:
        assert clean(f"a{control}b") == f"a{control.encode('unicode_escape').decode()}b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "[bold]x[/bold]",
        "[/x]",
        "back\\slash \\x1b",
        "Привет, 世界! مرحبا שלום",
        "é e\u0301 ʰ½",
        "می\u200cخواهم",
        "👨\u200d👩\u200d👧\u200d👦",
        "❤\ufe0f 👍🏽 🇰🇿",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "no\u00a0break",
    ],
    ids=ascii,
)
def test_text_of_people_is_not_changed(text: str) -> None:
    assert clean(text) == text


@given(st.text(st.characters()) | hostile_text(40))
@settings(deadline=None)
def test_any_cleaned_text_has_no_control_characters_and_can_be_encoded(text: str) -> None:
    cleaned = clean(text)
    assert not [one for one in cleaned if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(cleaned) & set(BIDI)
    cleaned.encode()


@pytest.mark.parametrize(
    ("sentence", "width", "lines"),
    [
        ("as wide as it", 13, ["as wide as it"]),
        ("wider than it is", 13, ["wider than it", "    is"]),
        ("  a hint of three", 10, ["  a hint", "    of", "    three"]),
        ("a  b   c    d", 5, ["a  b", "    c", "    d"]),
        ("   ^", 2, ["   ^"]),
        (
            "see https://example.invalid/long now",
            12,
            ["see", "    https://example.invalid/long", "    now"],
        ),
        ("чат 世界世界 и всё", 10, ["чат", "    世界世界", "    и всё"]),
        ("", 10, [""]),
        ("ends in spaces" + " " * 10_000, 10, ["ends in", "    spaces"]),
        ("one two", 1, ["one", "    two"]),
    ],
)
def test_sentence_is_broken_between_words(sentence: str, width: int, lines: list[str]) -> None:
    assert broken(sentence, width).split("\n") == lines


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 8, ["one two", "three"]),
        ("onetwothree", 8, ["onetwoth", "ree"]),
        ("one     two", 8, ["one", "two"]),
        ("in  two   spaces", 8, ["in  two", "spaces"]),
        ("exactly it ends", 8, ["exactly", "it ends"]),
        ("世界世界世界", 8, ["世界世界", "世界"]),
        ("世 世 世 世", 8, ["世 世 世", "世"]),
        ("世a", 1, ["…", "a"]),
        ("e\u0301" * 9, 8, ["e\u0301" * 8, "e\u0301"]),
        ("", 8, []),
    ],
    ids=shown,
)
def test_text_is_filled_into_lines_of_a_width(text: str, width: int, lines: list[str]) -> None:
    assert list(filled(text, width)) == lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann", "Ann"),
        ("hello how are", "hello how are"),
        ("hello, how are you", "hello, how a…"),
        ("hello, how  are you", "hello, how…"),
        ("hello wide 世", "hello wide 世"),
        ("hello wide 世界", "hello wide…"),
        ("hello you 世界", "hello you 世…"),
        ("👨\u200d👩\u200d👧 and what they do", "👨\u200d👩\u200d👧 and what…"),
        ("e\u0301" * 13, "e\u0301" * 13),
        ("e\u0301" * 14, "e\u0301" * 12 + "…"),
        ("\u200d\u200d世" * 10, "\u200d\u200d世" * 6 + "\u200d\u200d…"),
    ],
    ids=shown,
)
def test_text_is_cut_and_padded_to_cells(text: str, expected: str) -> None:
    assert cut(text, 13) == expected
    assert fit(text, 13) == expected + " " * (13 - cell_len(expected))


@pytest.mark.parametrize("unit", ["word ", "x", "Привет ", "😀", "e\u0301", "\u0301", " "])
def test_long_text_is_filled_in_linear_time(unit: str) -> None:
    def fill(size: int) -> int:
        return sum(map(len, filled(unit * (size // len(unit)) + "x", 60)))

    assert_linear(fill, 100_000)


def test_cells_are_counted_as_rich_counts_them() -> None:
    characters = [chr(code) for code in range(0x20, 0x3100) if chr(code).isprintable()]
    assert [one for one in characters if cells(one) != cell_len(one)] == []
    assert [one for one in characters if fitting(f"{one}漢", cell_len(one)) != 1] == []
