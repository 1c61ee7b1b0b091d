import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.output.sanitize import clean
from tests.chatapp.given import hostile_text

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]8;;http://evil\x07link", r"\x1b]8;;http://evil\x07link"),
        ("\x1b]8;;\x1b\\.", r"\x1b]8;;\x1b\."),
        ("\x1b]52;c;ZWNobw==\x07", r"\x1b]52;c;ZWNobw==\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("\x9d0;title\x9c", r"\x9d0;title\x9c"),
        ("a\x7f\x08b", r"a\x7f\x08b"),
        ("a\x00b", r"a\x00b"),
        ("two\nlines", r"two\nlines"),
        ("over\rwritten", r"over\rwritten"),
        ("a\tb", r"a\tb"),
        ("\x0b\x0c\x85", r"\x0b\x0c\x85"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\ufeffa", r"\ufeffa"),
        ("a\u200bb", r"a\u200bb"),
        ("a\u00adb", r"a\xadb"),
        ("a\u2060b\u180ec", r"a\u2060b\u180ec"),
        ("\ufff9a\ufffbb", r"\ufff9a\ufffbb"),
        ("\U000e0001en", r"\U000e0001en"),
        ("half \ud83d", r"half \ud83d"),
        ("\ude00 half", r"\ude00 half"),
        ("\udcff", r"\udcff"),
    ],
    ids=ascii,
)
def test_what_could_act_on_a_terminal_is_made_visible(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize("control", BIDI, ids=ascii)
def test_bidi_control_is_made_visible(control: str) -> None:
    assert clean(f"user{control}cod.exe") == f"user\\u{ord(control):04x}cod.exe"


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0)], ids=hex)
def test_no_control_character_is_forgotten(code: int) -> None:
    assert clean(f"a{chr(code)}b").isprintable()


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
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@given(st.text(st.characters()) | hostile_text(40))
@settings(deadline=None)
def test_clean_text_holds_nothing_that_acts_and_can_be_encoded(text: str) -> None:
    cleaned = clean(text)
    assert not [one for one in cleaned if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(cleaned) & set(BIDI)
    cleaned.encode()
