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
    ("text", "problem", "shown_place", "advice"),
    [
        ("", "the test is empty", "\n^", EXAMPLES),
        ("=in", "there is no path before '='", "=in\n^", EXAMPLES),
        ("~x", "there is no path before '~'", "~x\n^", EXAMPLES),
        ("!=x", "there is no path before '!'", "!=x\n^", EXAMPLES),
        (".side=in", "a part of the path is empty", ".side=in\n^", EXAMPLES),
        ("data.=in", "a part of the path is empty", "data.=in\n     ^", EXAMPLES),
        ("data..side", "a part of the path is empty", "data..side\n     ^", EXAMPLES),
        (".", "a part of the path is empty", ".\n^", EXAMPLES),
        ("data.time>5", "a path can't contain '>'", "data.time>5\n         ^", OPERATORS),
        ("data.side:in", "a path can't contain ':'", "data.side:in\n         ^", OPERATORS),
        ("data.text!x", "a path can't contain '!'", "data.text!x\n         ^", OPERATORS),
        ("data.tags[0]=x", "a path can't contain '['", "data.tags[0]=x\n         ^", OPERATORS),
        (
            "data.side = in",
            "a path can't contain ' '",
            "data.side = in\n         ^",
            f"Write it without spaces. {EXAMPLES}",
        ),
        (
            "data.text=~x",
            "there is no operator =~",
            "data.text=~x\n         ^",
            "A regular expression is searched with ~: data.text~x",
        ),
        (
            "event.name=x",
            "'event' is a single value",
            "event.name=x\n     ^",
            "For example: event=x. Only data, meta and author have keys of their own.",
        ),
        (
            "data.a~(x",
            "bad regular expression: missing ), unterminated subpattern",
            "data.a~(x\n       ^",
            ESCAPES,
        ),
        (
            "data.a~x[",
            "bad regular expression: unterminated character set",
            "data.a~x[\n        ^",
            ESCAPES,
        ),
        (
            "license=abc",
            "this can never hold: license is a number",
            "license=abc\n        ^",
            EXAMPLES,
        ),
        (
            "malformed=yes",
            "this can never hold: malformed is one of true, false",
            "malformed=yes\n          ^",
            EXAMPLES,
        ),
        (
            "author.kind!=robot",
            f"this can never hold: author.kind is one of {KINDS}",
            "author.kind!=robot\n             ^",
            EXAMPLES,
        ),
        (
            "author.phone=1",
            "an author has no 'phone'",
            "author.phone=1\n       ^",
            "An author has kind, id, name, via.",
        ),
        (
            "data.side=in and data.type=text",
            "a test can't contain a second one",
            "data.side=in and data.type=text\n             ^",
            ONE_EACH,
        ),
        (
            "data.message.text~a || event=message",
            "a test can't contain a second one",
            "data.message.text~a || event=message\n                    ^",
            ONE_EACH,
        ),
        ("data.a~", "the regular expression is empty", "data.a~\n       ^", ESCAPES),
    ],
)
def test_bad_test_is_shown_with_its_place_and_a_right_one(
    text: str, problem: str, shown_place: str, advice: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_test(text)
    assert caught.value.message == problem
    assert caught.value.hint == f"{shown_place}\n{advice}"


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
def test_unknown_key_is_answered_by_the_one_that_is_probably_meant(text: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_test(text)
    assert caught.value.message.startswith("a record has no key '")
    assert caught.value.hint == f"{text}\n^\nDid you mean {meant}?"
    parse_test(meant)


def test_unknown_key_far_from_all_is_answered_by_a_list_of_them() -> None:
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
def test_bad_regular_expression_is_shown_with_its_place(
    text: str, problem: str, shown_place: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_regex(text)
    assert caught.value.message.startswith(problem)
    assert shown_place in caught.value.hint
    assert caught.value.hint.endswith(f"\n{ESCAPES}")


def test_what_may_change_its_meaning_in_a_later_python_is_no_warning() -> None:
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
