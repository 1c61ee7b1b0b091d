import re
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.details import Wording, conversation
from chatapp_tail.chatapp.events import EVENTS, samples
from tests.chatapp.given import json_values, shown

UNNAMED = Wording(UTC, {})
# Every id of the samples and cases, so that a name in the wrong place would be seen.
PEOPLE = {
    "685": "Айгерим С.",
    "7": "Марат О.",
    **dict.fromkeys(["5", "29", "122", "555", "1197", "1252", "1338", "42213"], "nobody"),
}
NAMED = Wording(UTC, PEOPLE)

SAID = {"text": "hi", "caption": "", "file": None, "location": None}
PHOTO = {"text": "", "caption": "look", "file": {"name": "photo.jpg", "link": "https://x/y"}}
REPORT = {"text": "", "caption": "", "file": {"name": "report.pdf"}}
VOICE = {"text": "", "caption": None, "file": {"link": "https://x/y", "name": None}}
PLACE = {"text": "", "location": {"lat": 55.75, "lon": "37.62"}}
BY = {"edited": {"id": 685}}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("message", [["← ↩ #122 Test"]]),
        ("messageStatus", [["#42213 delivered"]]),
        ("messageDestroy", [["#1252 deleted"]]),
        (
            "messageReaction",
            [["😂 on #wamid.HBgLNzk4OTk3MjU0NDIVAgARGBIyNjYzNkVEMTcyOTczMDgxMEEA"]],
        ),
        ("chatTag", [['+ tag "test 1"']]),
        ("chatStatus", [["status close"]]),
        ("chatResponsible", [["responsible user 685 (by user 685)"]]),
        ("chatResponsiblePin", [["pinned"]]),
        ("chatProducer", [["producer user 685 (by user 685)"]]),
        ("chatAccomplice", [["+ accomplice user 685 (by user 685)"]]),
        ("chatAuditor", [["+ auditor user 685 (by user 685)"]]),
        ("chatLevel", [["level 555 (by user 685)"]]),
        ("chatRead", [["read"]]),
        ("chatProcess", [["process inWork (by user 685)"]]),
        ("employeeStatus", [["online"]]),
        ("employeeWorkday", [["workday start"]]),
        (
            "quickResponseList",
            [['create #1338 "List name" (2 people)'], ["destroy #1338"]],
        ),
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
def test_documented_samples_in_words(name: str, said: list[list[str]]) -> None:
    assert sample_words(name, UNNAMED) == said


def sample_words(name: str, wording: Wording) -> list[list[str]]:
    """Return the words for each item of each sample of an event."""
    found = []
    for sample in samples(name):
        items = sample["data"]
        assert isinstance(items, list)
        found.append([EVENTS[name].detail(item, wording) for item in items])
    return found


@pytest.mark.parametrize("name", EVENTS)
def test_names_change_the_samples_with_employees_and_no_others(name: str) -> None:
    with_names = {
        "chatResponsible": [["responsible Айгерим С. (by Айгерим С.)"]],
        "chatProducer": [["producer Айгерим С. (by Айгерим С.)"]],
        "chatAccomplice": [["+ accomplice Айгерим С. (by Айгерим С.)"]],
        "chatAuditor": [["+ auditor Айгерим С. (by Айгерим С.)"]],
        "chatLevel": [["level 555 (by Айгерим С.)"]],
        "chatProcess": [["process inWork (by Айгерим С.)"]],
    }
    assert sample_words(name, NAMED) == with_names.get(name, sample_words(name, UNNAMED))


CASES: list[tuple[str, object, str]] = [
    # direction
    ("message", {"side": "in", "type": "text", "message": SAID}, "← hi"),
    ("message", {"side": "out", "type": "text", "message": SAID}, "→ hi"),
    ("message", {"side": "in", "fromMe": True, "type": "text", "message": SAID}, "← hi"),
    ("message", {"fromMe": True, "type": "text", "message": SAID}, "→ hi"),
    ("message", {"side": None, "fromMe": "yes", "type": "text", "message": SAID}, "← hi"),
    # who wrote it
    ("message", {"side": "out", "fromApi": True, "type": "text", "message": SAID}, "→ (api) hi"),
    ("message", {"side": "out", "fromApi": 1, "type": "text", "message": SAID}, "→ hi"),
    (
        "message",
        {"side": "out", "fromApp": {"id": "msbot"}, "type": "text", "message": SAID},
        "→ (bot) hi",
    ),
    (
        "message",
        {
            "side": "out",
            "fromApp": {"id": "app_1_1", "sender": "system"},
            "type": "text",
            "message": SAID,
        },
        "→ (bot) hi",
    ),
    (
        "message",
        {
            "side": "out",
            "fromApp": {"id": "app_1_1", "sender": "employee"},
            "type": "text",
            "message": SAID,
        },
        "→ hi",
    ),
    (
        "message",
        {
            "side": "out",
            "fromApi": True,
            "fromApp": {"id": "msbot"},
            "type": "text",
            "message": SAID,
        },
        "→ (api) hi",
    ),
    ("message", {"side": "in", "type": "system", "message": SAID}, "← (system) hi"),
    # quotes
    (
        "message",
        {"side": "in", "type": "text", "quotedMessage": {"id": 122}, "message": SAID},
        "← ↩ #122 hi",
    ),
    (
        "message",
        {"side": "in", "type": "text", "quotedMessage": {"id": "wamid.A"}, "message": SAID},
        "← ↩ #wamid.A hi",
    ),
    (
        "message",
        {"side": "in", "type": "text", "quotedMessage": {"id": None}, "message": SAID},
        "← hi",
    ),
    # media
    ("message", {"side": "in", "type": "image", "message": PHOTO}, "← [image] look"),
    ("message", {"side": "in", "type": "file", "message": REPORT}, "← [file] report.pdf"),
    ("message", {"side": "in", "type": "document", "message": REPORT}, "← [document] report.pdf"),
    ("message", {"side": "in", "type": "text", "message": REPORT}, "← [file] report.pdf"),
    ("message", {"side": "in", "message": REPORT}, "← [file] report.pdf"),
    ("message", {"side": "in", "type": "voice", "message": VOICE}, "← [voice]"),
    ("message", {"side": "in", "type": "sticker", "message": {}}, "← [sticker]"),
    ("message", {"side": "in", "type": "newKind", "message": SAID}, "← [newKind] hi"),
    ("message", {"side": "in", "type": "file", "message": {"file": "x"}}, "← [file]"),
    ("message", {"side": "in", "message": SAID}, "← hi"),
    ("message", {"side": "in", "type": "text", "message": {}}, "←"),
    (
        "message",
        {"side": "in", "type": "text", "message": {"text": None, "caption": None}},
        "←",
    ),
    (
        "message",
        {"side": "out", "type": "image", "quotedMessage": {"id": 5}, "message": PHOTO},
        "→ ↩ #5 [image] look",
    ),
    # places
    ("message", {"side": "in", "type": "location", "message": PLACE}, "← [location] 55.75,37.62"),
    (
        "message",
        {"type": "text", "message": {"location": {"latitude": 1, "longitude": 2}}},
        "← [location] 1,2",
    ),
    ("message", {"message": {"location": {"lat": 1, "lng": 2}}}, "← [location] 1,2"),
    (
        "message",
        {"message": {"text": "here", "location": {"lat": 1, "lon": 2}}},
        "← [location] 1,2 here",
    ),
    ("message", {"type": "text", "message": {**SAID, "location": {}}}, "← hi"),
    ("message", {"type": "text", "message": {**SAID, "location": []}}, "← hi"),
    ("message", {"type": "location", "message": {"location": None}}, "← [location]"),
    # texts of another kind
    ("message", {"type": "text", "message": {"text": 5}}, "← 5"),
    ("message", {"type": "text", "message": {"text": ["a"]}}, '← ["a"]'),
    ("message", {"type": "text", "message": {"text": "a\nb [/x]"}}, "← a\nb [/x]"),
    ("message", {"message": None}, ""),
    ("message", {"message": "hi"}, ""),
    ("message", {}, ""),
    # states of a message
    ("messageStatus", {"id": 5, "type": "sent"}, "#5 sent"),
    ("messageStatus", {"id": "wamid.A", "type": "viewed", "error": None}, "#wamid.A viewed"),
    ("messageStatus", {"id": 5, "type": "failed"}, "#5 failed"),
    ("messageStatus", {"id": 5, "type": "failed", "error": "no"}, "#5 failed: no"),
    (
        "messageStatus",
        {"id": 5, "type": "failed", "error": {"code": 470}},
        '#5 failed: {"code":470}',
    ),
    (
        "messageStatus",
        {"id": 5, "type": "failed", "error": {"code": 131026, "message": "undeliverable"}},
        "#5 failed: undeliverable (131026)",
    ),
    ("messageStatus", {"id": 5, "type": "failed", "error": 470}, "#5 failed: 470"),
    ("messageStatus", {"id": 5, "type": "sent", "error": []}, "#5 sent"),
    ("messageStatus", {"id": 5, "type": "sent", "error": ""}, "#5 sent"),
    ("messageStatus", {"id": 5, "type": "sent", "error": False}, "#5 sent"),
    ("messageStatus", {"id": 5}, ""),
    ("messageStatus", {"type": "sent"}, ""),
    ("messageDestroy", {"id": 0}, "#0 deleted"),
    ("messageDestroy", {"id": None}, ""),
    ("messageDestroy", {}, ""),
    # reactions
    ("messageReaction", {"id": 5, "reaction": "❤️", "action": "react"}, "❤️ on #5"),
    ("messageReaction", {"id": 5, "reaction": "😂"}, "😂 on #5"),
    ("messageReaction", {"id": 5, "reaction": "😂", "action": "unreact"}, "removed 😂 from #5"),
    (
        "messageReaction",
        {"id": 5, "reaction": None, "action": "unreact"},
        "removed reaction from #5",
    ),
    ("messageReaction", {"id": 5, "reaction": "", "action": "react"}, "reaction on #5"),
    ("messageReaction", {"reaction": "😂"}, ""),
    # tags and members
    ("chatTag", {"type": "destroy", "tag": {"name": "test 1"}}, '- tag "test 1"'),
    ("chatTag", {"type": "add", "tag": {"name": 'a "b"'}}, '+ tag "a "b""'),
    ("chatTag", {"type": "add", "tag": {"id": 29}}, ""),
    ("chatTag", {"type": "add", "tag": None}, ""),
    (
        "chatAccomplice",
        {"type": "destroy", "accomplice": {"id": 685}, **BY},
        "- accomplice user 685 (by user 685)",
    ),
    ("chatAccomplice", {"type": "add", "accomplice": {"id": "7"}}, "+ accomplice user 7"),
    ("chatAccomplice", {"type": "add", "accomplice": None}, ""),
    ("chatAuditor", {"type": "destroy", "auditor": {"id": 685}}, "- auditor user 685"),
    ("chatAuditor", {"type": "add", "accomplice": {"id": 685}}, ""),
    # states of a chat
    ("chatStatus", {"type": "open"}, "status open"),
    ("chatStatus", {"type": None}, ""),
    ("chatRead", {"chat": {}}, "read"),
    ("chatRead", {"chat": None}, ""),
    ("chatProcess", {"process": "inWork"}, "process inWork"),
    ("chatProcess", {"process": None, **BY}, "process cleared (by user 685)"),
    ("chatProcess", {}, ""),
    ("chatResponsiblePin", {"type": "unpin"}, "unpinned"),
    ("chatResponsiblePin", {"type": "other"}, ""),
    ("chatResponsiblePin", {"type": {}}, ""),
    # set and cleared
    ("chatResponsible", {"responsible": {"id": 685}}, "responsible user 685"),
    (
        "chatResponsible",
        {"responsible": {"id": 5}, "edited": None, "fromApp": {"id": "app_123_1"}},
        "responsible user 5 (by app_123_1)",
    ),
    ("chatResponsible", {"responsible": None, **BY}, "responsible cleared (by user 685)"),
    ("chatResponsible", {"responsible": {"id": None}}, "responsible cleared"),
    ("chatResponsible", {"responsible": []}, "responsible cleared"),
    ("chatResponsible", {"responsible": 685}, ""),
    ("chatResponsible", {"responsible": [{"id": 685}]}, ""),
    ("chatResponsible", {}, ""),
    ("chatProducer", {"producer": None}, "producer cleared"),
    ("chatLevel", {"level": {"id": "555"}}, "level 555"),
    ("chatLevel", {"level": None, **BY}, "level cleared (by user 685)"),
    # employees
    ("employeeStatus", {"type": "offline"}, "offline"),
    ("employeeStatus", {}, ""),
    ("employeeWorkday", {"type": "end"}, "workday end"),
    ("employeeWorkday", {"type": ""}, ""),
    # quick responses
    (
        "quickResponseList",
        {"type": "edit", "quickResponseList": {"id": 1, "name": "L", "access": [{}]}},
        'edit #1 "L" (1 person)',
    ),
    (
        "quickResponseList",
        {"type": "edit", "quickResponseList": {"id": 1, "name": "L", "access": []}},
        'edit #1 "L" (0 people)',
    ),
    (
        "quickResponseList",
        {"type": "edit", "quickResponseList": {"id": 1, "access": None}},
        "edit #1",
    ),
    ("quickResponse", {"type": "edit", "quickResponse": {"id": 2, "name": "R"}}, 'edit #2 "R"'),
    ("quickResponse", {"type": "destroy", "quickResponse": {"id": 1197}}, "destroy #1197"),
    ("quickResponse", {"type": "destroy", "quickResponseList": {"id": 1339}}, ""),
    ("quickResponse", {"quickResponse": {"id": 2}}, ""),
]


@pytest.mark.parametrize(("name", "item", "said"), CASES, ids=str)
def test_item_in_words(name: str, item: object, said: str) -> None:
    assert EVENTS[name].detail(item, UNNAMED) == said


@pytest.mark.parametrize(
    ("name", "item", "said"),
    [
        # ids as numbers and as text
        ("chatResponsible", {"responsible": {"id": 685}}, "responsible Айгерим С."),
        ("chatResponsible", {"responsible": {"id": "685"}}, "responsible Айгерим С."),
        (
            "chatResponsible",
            {"responsible": {"id": "685"}, "edited": {"id": 7}},
            "responsible Айгерим С. (by Марат О.)",
        ),
        ("chatAccomplice", {"type": "destroy", "accomplice": {"id": "7"}}, "- accomplice Марат О."),
        ("chatAuditor", {"type": "add", "auditor": {"id": 7}}, "+ auditor Марат О."),
        ("chatProcess", {"process": None, **BY}, "process cleared (by Айгерим С.)"),
        # one known, one not
        (
            "chatProducer",
            {"producer": {"id": 686}, "edited": {"id": 685}},
            "producer user 686 (by Айгерим С.)",
        ),
        (
            "chatProducer",
            {"producer": {"id": 685}, "edited": {"id": 686}},
            "producer Айгерим С. (by user 686)",
        ),
        # ids of other kinds
        ("chatProducer", {"producer": {"id": 685.0}}, "producer user 685.0"),
        ("chatProducer", {"producer": {"id": "0685"}}, "producer user 0685"),
        ("chatProducer", {"producer": {"id": [685]}}, "producer user [685]"),
        # not an employee
        ("chatProducer", {"producer": None, **BY}, "producer cleared (by Айгерим С.)"),
        ("chatProducer", {"producer": {"id": ""}}, "producer cleared"),
        (
            "chatProducer",
            {"producer": {"id": 685}, "fromApp": {"id": "7"}},
            "producer Айгерим С. (by 7)",
        ),
        ("chatLevel", {"level": {"id": 685}}, "level 685"),
        ("chatLevel", {"level": {"id": 7}, **BY}, "level 7 (by Айгерим С.)"),
    ],
    ids=str,
)
def test_known_employee_is_named_and_everything_else_keeps_its_words(
    name: str, item: object, said: str
) -> None:
    assert EVENTS[name].detail(item, NAMED) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Айгерим С.", "Айгерим С."),
        ("  Ann\n", "Ann"),
        ("", "user 685"),
        (" \t\r\n\u00a0\u2003", "user 685"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 80),
        ("x" * 79 + " y", "x" * 79),
        (" " * 80 + "Ann", "user 685"),
        ("я" * 1_000_000, "я" * 80),
        # raw here; rows clean all words
        ("A\x1b[2J\x00\x9b\nB", "A\x1b[2J\x00\x9b\nB"),
        ("\u202eevil\ud83d", "\u202eevil\ud83d"),
        ("[red]Ann[/x]", "[red]Ann[/x]"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
    ids=shown,
)
def test_name_is_shown_raw_and_short_and_a_blank_one_not_at_all(name: str, said: str) -> None:
    assert Wording(UTC, {"685": name}).user(685) == said


@pytest.mark.parametrize("identity", [None, ""])
def test_without_an_id_there_is_no_user_whatever_the_names(identity: object) -> None:
    assert Wording(UTC, {"": "Ann", "null": "Ann", "None": "Ann"}).user(identity) == ""


def test_names_are_not_told_by_the_wording_itself() -> None:
    assert repr(NAMED) == "Wording(zone=datetime.timezone.utc)"


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "window open until 13:41 (BIC)"),
        (3, "window open until 16:41 (BIC)"),
        (-14, "window open until 23:41 (BIC)"),
    ],
)
def test_window_ends_at_a_time_of_the_given_zone(hours: int, said: str) -> None:
    item = {"conversation": {"type": "BIC", "endTime": "1644586900"}}
    assert conversation(item, Wording(timezone(timedelta(hours=hours)), {})) == said


def test_window_ends_at_a_local_time_without_a_zone() -> None:
    (sample,) = samples("chatConversation")
    items = sample["data"]
    assert isinstance(items, list)
    said = EVENTS["chatConversation"].detail(items[0], Wording(None, {}))
    assert re.fullmatch(r"window open until \d\d:\d1 \(BIC\)", said)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({"endTime": 1644586900}, "window open until 13:41"),
        ({"endTime": 1644586900, "type": None}, "window open until 13:41"),
        ({"endTime": None}, ""),
        ({"endTime": "soon"}, ""),
        ({"endTime": True}, ""),
        ({"endTime": 10**12}, ""),
        ({"endTime": 10**17}, ""),
        ({"endTime": 10**30}, ""),
        ({"endTime": -(10**30)}, ""),
        ({}, ""),
        (None, ""),
        ("BIC", ""),
    ],
    ids=str,
)
def test_window_without_a_possible_end_has_no_words(window: object, said: str) -> None:
    assert conversation({"conversation": window}, UNNAMED) == said


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("item", [None, 5, True, "text", [], [{}], {}, {"chat": []}], ids=str)
def test_item_of_another_shape_has_no_words(name: str, item: object) -> None:
    assert EVENTS[name].detail(item, UNNAMED) == ""
    assert EVENTS[name].detail(item, NAMED) == ""


@given(st.sampled_from(list(EVENTS)), json_values())
@settings(max_examples=100, deadline=None)
def test_any_item_has_words_or_none(name: str, item: object) -> None:
    assert isinstance(EVENTS[name].detail(item, NAMED), str)
