"""Errors of tests and regular expressions show the place, and a correct example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_tail.chatapp.fields import FIELDS
from chatapp_tail.errors import UsageError
from chatapp_tail.filters.syntax import parse_regex
from chatapp_tail.filters.where import parse_test
from tests.chatapp.given import hostile_text, shown

KINDS = "system, client, api, bot, employee, phone, null"
ONE_EACH = "Give each a -w of its own: all must hold. For an or, pipe --json into jq."
OPERATORS = (
    "The operators are =, !=, ~ and !~, as in data.type!=sent; for more, pipe --json into jq."
)
EXAMPLES = "For example: data.side=in, data.message.text~invoice, or data.message.file alone."
ESCAPES = (
    r"For example: invoice|receipt. With a backslash a character means itself: \( \[ \* \+ \? \."
)


@pytest.mark.parametrize(
    ("text", "problem", "position", "advice"),
    [
        ("", "the test is empty", 0, EXAMPLES),
        ("=in", "there is no path before '='", 0, EXAMPLES),
        ("!=x", "there is no path before '!'", 0, EXAMPLES),
        ("data..side", "a part of the path is empty", 5, EXAMPLES),
        (".", "a part of the path is empty", 0, EXAMPLES),
        ("data.time>5", "a path can't contain '>'", 9, OPERATORS),
        ("data.side:in", "a path can't contain ':'", 9, OPERATORS),
        ("data.tags[0]=x", "a path can't contain '['", 9, OPERATORS),
        ("data.side = in", "a path can't contain ' '", 9, f"Write it without spaces. {EXAMPLES}"),
        (
            "data.text=~x",
            "there is no operator =~",
            9,
            "A regular expression is searched with ~: data.text~x",
        ),
        (
            "event.name=x",
            "'event' is a single value",
            5,
            "For example: event=x. Only data, meta and author have keys of their own.",
        ),
        ("data.a~(x", "bad regular expression: missing ), unterminated subpattern", 7, ESCAPES),
        ("data.a~x[", "bad regular expression: unterminated character set", 8, ESCAPES),
        ("license=abc", "this can never hold: license is a number", 8, EXAMPLES),
        ("malformed=yes", "this can never hold: malformed is one of true, false", 10, EXAMPLES),
        ("author.kind!=robot", f"this can never hold: author.kind is one of {KINDS}", 13, EXAMPLES),
        ("author.phone=1", "an author has no 'phone'", 7, "An author has kind, id, name, via."),
        ("data.side=in and data.type=text", "a test can't contain a second one", 13, ONE_EACH),
        ("data.message.text~a || event=message", "a test can't contain a second one", 20, ONE_EACH),
        ("data.a~", "the regular expression is empty", 7, ESCAPES),
    ],
)
def test_bad_test_is_shown_with_its_place_and_advice(
    text: str, problem: str, position: int, advice: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_test(text)
    assert caught.value.message == problem
    assert caught.value.hint == f"{text}\n{' ' * position}^\n{advice}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("side=in", "data.side=in"),
        ("message.text~invoice", "data.message.text~invoice"),
        ("chat.tags.name=vip", "data.chat.tags.name=vip"),
        ("text~invoice", "data.message.text~invoice"),
        ("status=close", "data.chat.status=close"),
        ("quickResponse.id", "data.quickResponse.id"),
        ("licence=1229", "license=1229"),
        ("licenseId=1229", "license=1229"),
        ("Event=message", "event=message"),
        ("receivedAt~^2026", "received_at~^2026"),
        ("dta.side=in", "data.side=in"),
    ],
)
def test_error_of_an_unknown_key_names_a_similar_one(text: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_test(text)
    assert caught.value.message.startswith("a record has no key '")
    assert caught.value.hint == f"{text}\n^\nDid you mean {meant}?"
    parse_test(meant)


def test_error_of_a_key_like_no_other_names_all_keys() -> None:
    with pytest.raises(UsageError) as caught:
        parse_test("zzz=1")
    assert caught.value.message == "a record has no key 'zzz'"
    assert caught.value.hint == (
        "zzz=1\n^\nThe keys are v, kind, seq, received_at, occurred_at, event, channel, scope, "
        "license, messenger, company, user, index, count, chat_id, message_id, author, data, meta, "
        "malformed, backfill, idempotency_key; those of an event are below data."
    )


@pytest.mark.parametrize(
    ("text", "problem", "shown_place"),
    [
        ("", "the regular expression is empty", "\n^"),
        ("*x", "bad regular expression: nothing to repeat", "*x\n^"),
        ("привет (мир", "bad regular expression: missing ), unterminated subpattern", "       ^"),
        ("世界(", "bad regular expression: missing ), unterminated subpattern", "世界(\n    ^"),
        ("e\u0301(", "bad regular expression: missing ), unterminated subpattern", "\n ^"),
        (r"\q", r"bad regular expression: bad escape \q", "\\q\n^"),
        ("a\n\x1b(", "bad regular expression: missing ), unterminated subpattern", "a··(\n   ^"),
        ("a{99999999999}", "bad regular expression: the repetition number is too large", "a{"),
        ("(" * 5000 + ")" * 5000, "bad regular expression: ", "(((((…\n^"),
        ("x" * 100 + "(" + "y" * 100, "bad regular expression: ", f"…{'x' * 40}({'y' * 29}…\n"),
        ("x" * 100 + "(", "bad regular expression: ", f"…{'x' * 40}(\n{' ' * 41}^"),
    ],
    ids=shown,
)
def test_bad_regular_expression_is_shown_with_its_place_and_advice(
    text: str, problem: str, shown_place: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_regex(text)
    assert caught.value.message.startswith(problem)
    assert shown_place in caught.value.hint
    assert caught.value.hint.endswith(f"\n{ESCAPES}")


def test_syntax_that_a_later_python_may_change_is_no_warning() -> None:
    assert parse_regex("[[a]").search("[")


@given(hostile_text(20) | st.text("dat.=!~()[]*?\\ x", max_size=20), st.sampled_from(["", "data."]))
def test_every_text_is_a_test_or_a_usage_error_of_three_lines(text: str, start: str) -> None:
    try:
        test = parse_test(start + text)
    except UsageError as error:
        place, caret, *advice = error.hint.split("\n")
        assert caret.strip(" ") == "^"
        assert place.isprintable()
        assert advice
    else:
        assert test.path[0] in FIELDS
