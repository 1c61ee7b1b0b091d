import json
import re
from dataclasses import dataclass
from io import StringIO

import pytest
from rich.cells import cell_len

from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.output.printing import (
    LEGEND,
    Diagnosed,
    print_diagnosis,
    print_event,
    print_events,
)
from tests.output.given import controls, without_colors


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the tables independent of the developer's terminal."""
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


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a doctor."""

    step: str
    outcome: str = "ok"
    result: str = "fine"
    next_step: str = ""
    seconds: float | None = None
    channel: str | None = None


def printed(*findings: Diagnosed, color: bool = False, width: int = 80) -> str:
    stream = StringIO()
    print_diagnosis(findings, stream, color=color, width=width)
    return stream.getvalue()


def rows(*findings: Diagnosed, width: int = 80) -> list[str]:
    """Return what is printed below the header."""
    lines = [line.strip() for line in printed(*findings, width=width).splitlines()]
    return [line for line in lines if line][2:]


FOUND = (
    Found("token", "warning", "from CHATAPP_TOKEN; it looks strange", "Quote it: '$2y$10$…'."),
    Found("API", seconds=0.0123),
    Found("TLS", "skipped", "ws:// has none"),
    Found("websocket", "failed", "no answer in 10 s", "Check --socket-url.", 10.04),
    Found("subscription", channel="1229/telegram", seconds=0.9994),
)


def test_each_finding_is_a_row_with_its_next_step_below_it() -> None:
    assert rows(*FOUND) == [
        "token          !            from CHATAPP_TOKEN; it looks strange",
        "→ Quote it: '$2y$10$…'.",
        "API            ✓    12 ms   fine",
        "TLS            –            ws:// has none",
        "websocket      ✗   10.0 s   no answer in 10 s",
        "→ Check --socket-url.",
        "subscription   ✓   999 ms   1229/telegram: fine",
    ]
    assert printed(*FOUND).splitlines()[1].split() == ["STEP", "TIME", "RESULT"]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_table_keeps_to_the_width_and_cuts_nothing(width: int) -> None:
    name = "private-v1.some.unknown.channel.with.a.long.name." + "0123456789" * 9
    found = Found("authorization", "failed", "word " * 30, "chatapp-tail channels", 0.1, name)
    text = printed(found, width=width)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= width
    letters = "".join(text.split())
    assert name in letters
    assert letters.count("word") == 30
    assert "…" not in text


def test_diagnosis_is_colored_only_when_asked() -> None:
    assert "\x1b" not in printed(*FOUND)
    colored = printed(*FOUND, color=True)
    assert "\x1b[1;31m✗" in colored
    assert [line.rstrip() for line in without_colors(colored.encode()).splitlines()] == [
        line.rstrip() for line in printed(*FOUND).splitlines()
    ]


def test_remote_words_are_cleaned_and_no_markup() -> None:
    hostile = "a\x1b[31mb\rc\u202ed[bold]e[/x]"
    found = Found("handshake", "failed", hostile, hostile, None, hostile)
    text = printed(found, width=200)
    assert controls(text) == ""
    assert text.count(r"a\x1b[31mb\rc\u202ed[bold]e[/x]") == 3


def test_what_many_channels_have_in_common_is_one_row() -> None:
    fine = [Found("authorization", seconds=n / 1000, channel=f"1/{n}") for n in range(11)]
    skipped = [Found("subscription", "skipped", "needs it", "", None, f"1/{n}") for n in range(11)]
    refused = Found("authorization", "failed", "HTTP 403", "ask", 0.002, "2/telegram")
    mixed = [one for pair in zip(fine, skipped, strict=True) for one in pair]
    assert rows(*mixed[:4], refused, *mixed[4:], Found("ping")) == [
        "authorization   ✓   10 ms   11 channels: fine",
        "subscription    –           11 channels: needs it",
        "authorization   ✗    2 ms   2/telegram: HTTP 403",
        "→ ask",
        "ping            ✓           fine",
    ]
    assert len(rows(*fine[:10])) == 10


def test_time_is_left_out_where_there_is_none() -> None:
    assert rows(Found("server", result=json.dumps({"a": 1}))) == ['server   ✓          {"a": 1}']
