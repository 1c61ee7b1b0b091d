import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.details import Context, conversation
from chatapp_tail.chatapp.events import EVENTS, samples
from tests.chatapp.given import json_values, shown

NOW = datetime(2022, 2, 11, 12, 0, tzinfo=UTC)
UNNAMED = Context(UTC, NOW, {})
# Every id of the samples and cases, so that a name in the wrong place would be seen.
PEOPLE = {
    "685": "Айгерим С.",
    "7": "Марат О.",
    **dict.fromkeys(["5", "29", "122", "555", "1197", "1252", "1338", "42213"], "nobody"),
}
NAMED = Context(UTC, NOW, PEOPLE)

SAID = {"text": "hi", "caption": "", "file": None, "location": None}
PHOTO = {"text": "", "caption": "look", "file": {"name": "photo.jpg", "link": "https://x/y"}}
REPORT = {"text": "", "caption": "", "file": {"name": "report.pdf"}}
VOICE = {"text": "", "caption": None, "file": {"link": "https://x/y", "name": None}}
PLACE = {"text": "", "location": {"lat": 55.75, "lon": "37.62"}}
BOTH = {"caption": "see", "file": {"name": "r.pdf"}}
BY = {"edited": {"id": 685}}


def sample_words(name: str, context: Context) -> list[list[str]]:
    """Return the words for each item of each sample of an event."""
    found = []
    for sample in samples(name):
        items = sample["data"]
        assert isinstance(items, list)
        found.append([EVENTS[name].detail(item, context) for item in items])
    return found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("message", [["← Test (↩ test)"]]),
        ("messageStatus", [["✓✓ delivered"]]),
        ("messageDestroy", [["deleted"]]),
        ("messageReaction", [["😂"]]),
        ("chatTag", [['+ tag "test 1"']]),
        ("chatStatus", [["status close"]]),
        ("chatResponsible", [["responsible employee 685 (by employee 685)"]]),
        ("chatResponsiblePin", [["pinned"]]),
        ("chatProducer", [["producer employee 685 (by employee 685)"]]),
        ("chatAccomplice", [["+ accomplice employee 685 (by employee 685)"]]),
        ("chatAuditor", [["+ auditor employee 685 (by employee 685)"]]),
        ("chatLevel", [["level 555 (by employee 685)"]]),
        ("chatConversation", [["window open until 13:41 (BIC)"]]),
        ("chatRead", [["read"]]),
        ("chatProcess", [["process inWork (by employee 685)"]]),
        ("employeeStatus", [["online"]]),
        ("employeeWorkday", [["workday start"]]),
        ("quickResponseList", [['create #1338 "List name" (2 people)'], ["destroy #1338"]]),
        (
            "quickResponse",
            [
                ['create #1197 "Response name"'],
                ["destroy #1197"],
                ["destroy #1197", "destroy #1198"],
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_documented_samples_in_words_without_and_with_names(
    name: str, words: list[list[str]]
) -> None:
    assert sample_words(name, UNNAMED) == words
    assert sample_words(name, NAMED) == [
        [text.replace("employee 685", "Айгерим С.") for text in items] for items in words
    ]


# A message's type, its content, and the words that it becomes.
CONTENTS: list[tuple[str | None, object, str]] = [
    # media
    ("image", PHOTO, "[image] look"),
    ("file", REPORT, "[file] report.pdf"),
    ("document", REPORT, "[document] report.pdf"),
    ("text", REPORT, "[file] report.pdf"),
    (None, REPORT, "[file] report.pdf"),
    ("voice", VOICE, "[voice]"),
    ("sticker", {}, "[sticker]"),
    ("newKind", SAID, "[newKind] hi"),
    ("file", {"file": "x"}, "[file]"),
    (None, SAID, "hi"),
    ("text", {}, ""),
    ("text", {"text": None, "caption": None}, ""),
    ("file", BOTH, "[file] r.pdf · see"),
    ("text", {"text": "a", "caption": "b"}, "a · b"),
    ("text", {"text": "a", "caption": "a"}, "a"),
    # places
    ("location", PLACE, "[location] 55.75,37.62"),
    ("text", {"location": {"latitude": 0, "longitude": 2}}, "[location] 0,2"),
    (None, {"location": {"lat": 1, "lng": 2}}, "[location] 1,2"),
    (None, {"text": "here", "location": {"lat": 1, "lon": 2}}, "[location] 1,2 · here"),
    (None, {"location": {"lat": 1, "address": "Abay 5"}}, "[location] Abay 5"),
    ("location", {"location": "Abay 5"}, "[location] Abay 5"),
    (None, {"location": {"x": 1}}, '[location] {"x":1}'),
    ("text", {**SAID, "location": {}}, "hi"),
    ("text", {**SAID, "location": []}, "hi"),
    ("location", {"location": None}, "[location]"),
    # words inside of what isn't documented
    (
        "interactive",
        {"interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Да"}}},
        "[interactive] Да",
    ),
    ("button", {"text": "", "button": {"text": "Yes", "payload": "p"}}, "[button] Yes"),
    (
        "contacts",
        {"contacts": [{"name": {"full": "Ana P."}, "phones": [{"phone": "+7 0", "wa_id": "70"}]}]},
        "[contacts] Ana P. · +7 0",
    ),
    (
        "poll",
        {"poll": {"name": "When?", "options": [{"name": "Sat"}, {"name": "Sun"}]}},
        "[poll] When? · Sat · Sun",
    ),
    ("call", {"call": {"status": "missed", "duration": 0}}, "[call] missed"),
    ("newKind", {"foo": {"id": 5}}, '[newKind] {"foo":{"id":5}}'),
    # texts of another kind
    ("text", {"text": 5}, "5"),
    ("text", {"text": ["a"]}, '["a"]'),
    ("text", {"text": "a\nb [/x]"}, "a\nb [/x]"),
    (None, "hi", "hi"),
]
QUOTING = {"side": "in", "type": "text", "message": SAID}
CASES: list[tuple[str, object, str]] = [
    # direction
    ("message", {"side": "in", "type": "text", "message": SAID}, "← hi"),
    ("message", {"side": "out", "type": "text", "message": SAID}, "→ hi"),
    ("message", {"side": "in", "fromMe": True, "type": "text", "message": SAID}, "← hi"),
    ("message", {"fromMe": True, "type": "text", "message": SAID}, "→ hi"),
    ("message", {"side": None, "fromMe": "yes", "type": "text", "message": SAID}, "← hi"),
    # quotes
    (
        "message",
        {**QUOTING, "quotedMessage": {"id": 122, "type": "image", "message": PHOTO}},
        "← hi (↩ [image] look)",
    ),
    ("message", {**QUOTING, "quotedMessage": {"id": 122}}, "← hi (↩ a message)"),
    ("message", {**QUOTING, "quotedMessage": {"id": None}}, "← hi"),
    ("message", {**QUOTING, "quotedMessage": {"message": PHOTO}}, "← hi"),
    # states of a message
    ("messageStatus", {"id": 5, "type": "sent"}, "✓ sent"),
    ("messageStatus", {"id": "wamid.A", "type": "viewed", "error": None}, "✓✓ viewed"),
    ("messageStatus", {"id": 5, "type": "queued"}, "queued"),
    ("messageStatus", {"id": 5, "type": "failed"}, "✗ failed"),
    ("messageStatus", {"id": 5, "type": "sent", "error": []}, "✓ sent"),
    ("messageStatus", {"id": 5, "type": "sent", "error": ""}, "✓ sent"),
    ("messageStatus", {"id": 5, "type": "sent", "error": False}, "✓ sent"),
    ("messageDestroy", {"id": 0}, "deleted"),
    ("messageDestroy", {"id": None}, ""),
    # reactions
    ("messageReaction", {"id": 5, "reaction": "😂"}, "😂"),
    ("messageReaction", {"id": 5, "reaction": "😂", "action": "unreact"}, "removed 😂"),
    ("messageReaction", {"id": 5, "reaction": None, "action": "unreact"}, "removed reaction"),
    ("messageReaction", {"id": 5, "reaction": "", "action": "react"}, "reaction"),
    ("messageReaction", {"reaction": "😂"}, ""),
    # tags and members
    ("chatTag", {"type": "destroy", "tag": {"name": "test 1"}}, '- tag "test 1"'),
    ("chatTag", {"type": "add", "tag": {"name": 'a "b"'}}, '+ tag "a "b""'),
    ("chatTag", {"type": "add", "tag": {"id": 29}}, ""),
    (
        "chatAccomplice",
        {"type": "destroy", "accomplice": {"id": 685}, **BY},
        "- accomplice employee 685 (by employee 685)",
    ),
    ("chatAccomplice", {"type": "add", "accomplice": {"id": "7"}}, "+ accomplice employee 7"),
    ("chatAuditor", {"type": "destroy", "auditor": {"id": 685}}, "- auditor employee 685"),
    ("chatAuditor", {"type": "add", "accomplice": {"id": 685}}, ""),
    # states of a chat
    ("chatStatus", {"type": "open"}, "status open"),
    ("chatRead", {"chat": {}}, "read"),
    ("chatRead", {"chat": None}, ""),
    ("chatProcess", {"process": "inWork"}, "process inWork"),
    ("chatProcess", {"process": None, **BY}, "process cleared (by employee 685)"),
    ("chatResponsiblePin", {"type": "unpin"}, "unpinned"),
    ("chatResponsiblePin", {"type": "other"}, ""),
    ("chatResponsiblePin", {"type": {}}, ""),
    # set and cleared
    (
        "chatResponsible",
        {"responsible": {"id": 5}, "edited": None, "fromApp": {"id": "app_123_1"}},
        "responsible employee 5 (by app_123_1)",
    ),
    ("chatResponsible", {"responsible": None, **BY}, "responsible cleared (by employee 685)"),
    ("chatResponsible", {"responsible": {"id": None}}, "responsible cleared"),
    ("chatResponsible", {"responsible": []}, "responsible cleared"),
    ("chatResponsible", {"responsible": 685}, ""),
    ("chatResponsible", {"responsible": [{"id": 685}]}, ""),
    ("chatProducer", {"producer": None}, "producer cleared"),
    ("chatLevel", {"level": {"id": "555"}}, "level 555"),
    ("chatLevel", {"level": None, **BY}, "level cleared (by employee 685)"),
    # employees
    ("employeeStatus", {"type": "offline"}, "offline"),
    ("employeeWorkday", {"type": "end"}, "workday end"),
    # quick responses
    (
        "quickResponseList",
        {"type": "edit", "quickResponseList": {"id": 1, "name": "L", "access": [{}]}},
        'edit #1 "L" (1 person)',
    ),
    (
        "quickResponseList",
        {"type": "edit", "quickResponseList": {"id": 1, "access": None}},
        "edit #1",
    ),
    ("quickResponse", {"type": "destroy", "quickResponseList": {"id": 1339}}, ""),
    ("quickResponse", {"quickResponse": {"id": 2}}, ""),
]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("no", "no"),
        (470, "470"),
        ({"code": 470}, '{"code":470}'),
        ({"code": 131026, "message": "undeliverable"}, "undeliverable (131026)"),
        ({"code": "131026", "title": "undeliverable"}, "undeliverable (131026)"),
        ({"message": "a", "details": "b"}, "a: b"),
        ({"message": "a", "details": "a"}, "a"),
        ({"code": 1, "title": "a", "error_data": {"details": "b"}}, "a (1): b"),
        ({"code": 1, "error_data": {"details": "b"}}, "b (1)"),
        ([{"code": 1, "title": "a"}, {"code": 2}], "a (1)"),
        ({"error": {"message": "a"}, "code": 1}, "a (1)"),
        ({"message": None, "text": "a"}, "a"),
        ({"message": {}}, '{"message":{}}'),
    ],
    ids=shown,
)
def test_failure_in_words_whatever_shape_the_error_has(error: object, words: str) -> None:
    item = {"id": 5, "type": "failed", "error": error}
    assert EVENTS["messageStatus"].detail(item, UNNAMED) == f"✗ failed: {words}"


@pytest.mark.parametrize(("kind", "content", "words"), CONTENTS, ids=str)
def test_message_in_words(kind: str | None, content: object, words: str) -> None:
    item = {"side": "in", "type": kind, "message": content}
    assert EVENTS["message"].detail(item, UNNAMED) == f"← {words}".rstrip()


@pytest.mark.parametrize(("name", "item", "words"), CASES, ids=str)
def test_item_in_words(name: str, item: object, words: str) -> None:
    assert EVENTS[name].detail(item, UNNAMED) == words


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"producer": {"id": "685"}, "edited": {"id": 7}}, "producer Айгерим С. (by Марат О.)"),
        ({"producer": {"id": 686}, **BY}, "producer employee 686 (by Айгерим С.)"),
        ({"producer": {"id": 685.0}}, "producer employee 685.0"),
        ({"producer": {"id": "0685"}}, "producer employee 0685"),
        ({"producer": {"id": [685]}}, "producer employee [685]"),
        ({"producer": {"id": ""}}, "producer cleared"),
        ({"producer": {"id": 685}, "fromApp": {"id": "7"}}, "producer Айгерим С. (by 7)"),
    ],
    ids=shown,
)
def test_employee_is_named_by_the_same_id_as_number_or_text(item: object, words: str) -> None:
    assert EVENTS["chatProducer"].detail(item, NAMED) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Айгерим С.", "Айгерим С."),
        ("  Ann\n", "Ann"),
        ("", "employee 685"),
        (" \t\r\n\u00a0\u2003", "employee 685"),
        ("x" * 81, "x" * 80),
        ("x" * 79 + " y", "x" * 79),
        (" " * 80 + "Ann", "employee 685"),
        ("я" * 1_000_000, "я" * 80),
        # raw here; rows clean all words
        ("A\x1b[2J\x00\x9b\nB", "A\x1b[2J\x00\x9b\nB"),
        ("\u202eevil\ud83d", "\u202eevil\ud83d"),
    ],
    ids=shown,
)
def test_name_is_shown_raw_and_short_and_a_blank_one_not_at_all(name: str, words: str) -> None:
    assert Context(UTC, NOW, {"685": name}).employee(685) == words


@pytest.mark.parametrize("identity", [None, ""])
def test_without_an_id_there_is_no_user_whatever_the_names(identity: object) -> None:
    assert Context(UTC, NOW, {"": "Ann", "null": "Ann", "None": "Ann"}).employee(identity) == ""


def test_names_are_in_no_repr() -> None:
    assert "Айгерим" not in repr(NAMED)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "window open until 13:41 (BIC)"),
        (3, "window open until 16:41 (BIC)"),
        (-14, "window open until 23:41 (BIC)"),
    ],
)
def test_window_ends_at_a_time_of_the_given_zone(hours: int, words: str) -> None:
    item = {"conversation": {"type": "BIC", "endTime": "1644586900"}}
    assert conversation(item, Context(timezone(timedelta(hours=hours)), NOW, {})) == words


def test_window_ends_at_a_local_time_without_a_zone() -> None:
    ((words,),) = sample_words("chatConversation", Context(None, NOW, {}))
    assert re.fullmatch(r"window open until \d\d:\d1 \(BIC\)", words)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ({"endTime": 1644586900, "type": None}, "window open until 13:41"),
        ({"endTime": "soon"}, ""),
        ({"endTime": 10**12}, ""),
        ({"endTime": 10**17}, ""),
        ({"endTime": -(10**30)}, ""),
        ("BIC", ""),
    ],
    ids=str,
)
def test_window_without_a_possible_end_has_no_words(window: object, words: str) -> None:
    assert conversation({"conversation": window}, UNNAMED) == words


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("item", [None, 5, True, "text", [], [{}], {}, {"chat": []}], ids=str)
def test_item_of_another_shape_has_no_words(name: str, item: object) -> None:
    assert EVENTS[name].detail(item, UNNAMED) == ""
    assert EVENTS[name].detail(item, NAMED) == ""


@given(st.sampled_from(list(EVENTS)), json_values())
@settings(max_examples=100, deadline=None)
def test_any_item_has_words_or_none(name: str, item: object) -> None:
    assert isinstance(EVENTS[name].detail(item, NAMED), str)
