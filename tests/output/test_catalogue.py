import json
import re
from io import StringIO

import pytest

from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.output.catalogue import LEGEND, print_event, print_events
from tests.output.given import controls


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing of the developer's terminal decide how wide the tables are."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)


def all_events(*, color: bool) -> str:
    stream = StringIO()
    print_events(EVENTS.values(), stream, color=color)
    return stream.getvalue()


def one_event(name: str, *, color: bool = False) -> str:
    stream = StringIO()
    print_event(EVENTS[name], stream, color=color)
    return stream.getvalue()


def test_all_events_are_rows_of_name_channel_and_meaning() -> None:
    lines = [line.strip() for line in all_events(color=False).splitlines()]
    assert "EVENT" in lines[1]
    rows = [re.split(r"\s{2,}", line) for line in lines]
    assert [row for row in rows if row[0] in EVENTS] == [
        [event.name, event.scope, event.meaning] for event in EVENTS.values()
    ]
    assert "One of them with its fields and a sample: chatapp-tail events message" in lines
    assert [row for row in rows if row[0] in dict(LEGEND)] == list(map(list, LEGEND))


def test_table_is_colored_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in all_events(color=False)
    assert "\x1b[32mmessageStatus" in all_events(color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32mmessageStatus" in all_events(color=True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in all_events(color=False)


@pytest.mark.parametrize("name", EVENTS)
def test_one_event_is_told_with_its_sample(name: str) -> None:
    text = one_event(name)
    assert text.startswith(f"{name}: {EVENTS[name].meaning}\n")
    assert controls(text) == ""
    blocks = re.findall(r"^\{\n.*?^\}$", text, re.DOTALL | re.MULTILINE)
    assert [json.loads(block) for block in blocks] == list(samples(name))


def test_fields_are_rows_of_path_type_and_values() -> None:
    rows = [re.split(r"\s{2,}", line.strip()) for line in one_event("chatTag").splitlines()]
    assert ["type", "string", "add | destroy"] in rows
    assert ["tag.category.id", "integer"] in rows
    assert "Sample:" in one_event("chatTag").splitlines()
    assert "Samples:" in one_event("quickResponse").splitlines()


@pytest.mark.parametrize(
    ("name", "examples"),
    [
        (
            "message",
            [
                "1229/telegram -e message",
                "1229/telegram -e message -w data.side=in",
                "trigger message",
            ],
        ),
        ("chatConversation", ["1229/WhatsApp -e chatConversation", "trigger chatConversation"]),
        ("employeeStatus", ["company/2224 -e employeeStatus", "trigger employeeStatus"]),
        (
            "quickResponse",
            [
                "user/685 -e quickResponse",
                "user/685 -e quickResponse -w data.type=create",
                "trigger quickResponse",
            ],
        ),
    ],
)
def test_one_event_ends_with_how_to_get_it(name: str, examples: list[str]) -> None:
    lines = one_event(name).partition("\nExamples:\n")[2].splitlines()
    assert [line for line in lines if not line.startswith("  # ")] == [
        f"  chatapp-tail {example}" for example in examples
    ]
