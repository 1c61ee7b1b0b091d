import json
import re
from collections.abc import Callable, Sequence
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.output.printing import (
    LEGEND,
    FindingRow,
    print_diagnosis,
    print_event,
    print_events,
    summary_lines,
)
from chatapp_tail.statistics import OTHERS, Summary, Tally
from tests.chatapp.given import hostile_text
from tests.output.given import controls, without_colors

FINDINGS = (
    FindingRow("token", "warning", "from CHATAPP_TOKEN; it looks strange", "Quote it: '$2y$10$…'."),
    FindingRow("API", "ok", "fine", seconds=0.0123),
    FindingRow("TLS", "skipped", "ws:// has none"),
    FindingRow("websocket", "failed", "no answer in 10 s", "Check --socket-url.", 10.04),
    FindingRow("subscription", "ok", "fine", seconds=0.9994, channel="1229/telegram"),
)
TALLIES = (
    Tally("message", "1229/telegram", 1234, 1200, 3),
    Tally("messageStatus", "1229/telegram", 1000, 0, 0),
    Tally("", "", 1, 1, 0),
    Tally(OTHERS, "", 1, 1, 0),
)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the tables independent of the developer's terminal."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)


def all_events(*, color: bool = False) -> str:
    stream = StringIO()
    print_events(EVENTS.values(), stream, color=color)
    return stream.getvalue()


def one_event(name: str) -> str:
    stream = StringIO()
    print_event(EVENTS[name], stream, color=False)
    return stream.getvalue()


def diagnosis(
    findings: Sequence[FindingRow] = FINDINGS, *, color: bool = False, width: int = 80
) -> str:
    stream = StringIO()
    print_diagnosis(findings, stream, color=color, width=width)
    return stream.getvalue()


def diagnosis_rows(*findings: FindingRow) -> list[str]:
    """Return the lines below the header that aren't empty."""
    lines = [line.strip() for line in diagnosis(findings).splitlines()]
    return [line for line in lines if line][2:]


def summary(
    rows: Sequence[Tally] = TALLIES,
    *,
    gaps: int = 0,
    gap_seconds: float = 0.0,
    color: bool = False,
    width: int = 80,
) -> str:
    numbers = [sum(row[column] for row in rows) for column in (2, 3, 4)]  # type: ignore[misc]
    total = Tally("total", "", *numbers)
    run = Summary(tuple(rows), total, 312.0, 42.1, gaps, gap_seconds)
    return summary_lines(run, width=width, color=color)


@pytest.mark.parametrize(
    ("draw", "sequence"),
    [
        (all_events, "\x1b[32mmessageStatus"),
        (diagnosis, "\x1b[1;31m✗"),
        (summary, "\x1b[36m1229/telegram\x1b[0m"),
    ],
)
def test_color_comes_only_when_asked_for_and_changes_no_text(
    draw: Callable[..., str], sequence: str
) -> None:
    plain, colored = draw(color=False), draw(color=True)
    assert "\x1b" not in plain
    assert sequence in colored
    stripped = [line.rstrip() for line in without_colors(colored.encode()).splitlines()]
    assert stripped == [line.rstrip() for line in plain.splitlines()]


def test_environment_does_not_overrule_the_color_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32mmessageStatus" in all_events(color=True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in all_events(color=False)


HOSTILE = "a\x1b[31mb\rc\u202ed[bold]e[/x]"


def test_remote_text_is_cleaned_and_is_no_markup() -> None:
    found = FindingRow("ping", "failed", HOSTILE, HOSTILE, None, HOSTILE)
    tally = Tally(HOSTILE, HOSTILE, 1, 1, 0)
    text = diagnosis([found], width=200) + summary([tally], width=200)
    assert controls(text) == ""
    assert text.count(r"a\x1b[31mb\rc\u202ed[bold]e[/x]") == 5


# Events


def test_all_events_are_rows_of_name_channel_and_meaning() -> None:
    lines = [line.strip() for line in all_events().splitlines()]
    assert "EVENT" in lines[1]
    rows = [re.split(r"\s{2,}", line) for line in lines]
    assert [row for row in rows if row[0] in EVENTS] == [
        [event.name, event.scope, event.meaning] for event in EVENTS.values()
    ]
    assert "One of them with its fields and a sample: chatapp-tail events message" in lines
    assert [row for row in rows if row[0] in dict(LEGEND)] == list(map(list, LEGEND))


@pytest.mark.parametrize("name", EVENTS)
def test_one_event_is_printed_with_its_samples(name: str) -> None:
    text = one_event(name)
    assert text.startswith(f"{name}: {EVENTS[name].meaning}\n")
    assert controls(text) == ""
    blocks = re.findall(r"^\{\n.*?^\}$", text, re.DOTALL | re.MULTILINE)
    assert [json.loads(block) for block in blocks] == list(samples(name))


def test_fields_are_rows_of_path_type_and_values() -> None:
    rows = [re.split(r"\s{2,}", line.strip()) for line in one_event("chatTag").splitlines()]
    assert ["type", "string", "add | destroy"] in rows
    assert ["tag.category.id", "integer"] in rows
    assert ["Sample:"] in rows
    assert "Samples:" in one_event("quickResponse").splitlines()


@pytest.mark.parametrize(
    ("name", "watch", "test"),
    [
        ("message", "1229/telegram", "data.side=in"),
        ("chatConversation", "1229/WhatsApp", ""),
        ("employeeStatus", "company/2224", ""),
        ("quickResponse", "user/685", "data.type=create"),
    ],
)
def test_one_event_ends_with_examples(name: str, watch: str, test: str) -> None:
    lines = one_event(name).partition("\nExamples:\n")[2].splitlines()
    assert [line for line in lines if not line.startswith("  # ")] == [
        f"  chatapp-tail {watch} -e {name}",
        *([f"  chatapp-tail {watch} -e {name} -w {test}"] if test else []),
        f"  chatapp-tail trigger {name}",
    ]


# A diagnosis


def test_each_finding_is_a_row_with_its_next_step_below_it() -> None:
    assert diagnosis_rows(*FINDINGS) == [
        "token          !            from CHATAPP_TOKEN; it looks strange",
        "→ Quote it: '$2y$10$…'.",
        "API            ✓    12 ms   fine",
        "TLS            –            ws:// has none",
        "websocket      ✗   10.0 s   no answer in 10 s",
        "→ Check --socket-url.",
        "subscription   ✓   999 ms   1229/telegram: fine",
    ]
    assert diagnosis().splitlines()[1].split() == ["STEP", "TIME", "RESULT"]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_diagnosis_keeps_to_the_width_and_cuts_nothing(width: int) -> None:
    name = "private-v1.some.unknown.channel.with.a.long.name." + "0123456789" * 9
    found = FindingRow("authorization", "failed", "word " * 30, "chatapp-tail channels", 0.1, name)
    text = diagnosis([found], width=width)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= width
    letters = "".join(text.split())
    assert name in letters
    assert letters.count("word") == 30
    assert "…" not in text


def test_finding_that_many_channels_share_is_one_row() -> None:
    numbers = range(11)
    fine = [FindingRow("authorization", "ok", "fine", "", n / 1000, f"1/{n}") for n in numbers]
    skipped = [FindingRow("subscription", "skipped", "no", "", None, f"1/{n}") for n in numbers]
    refused = FindingRow("authorization", "failed", "HTTP 403", "ask", 0.002, "2/telegram")
    mixed = [one for pair in zip(fine, skipped, strict=True) for one in pair]
    assert diagnosis_rows(*mixed[:4], refused, *mixed[4:], FindingRow("ping", "ok", "fine")) == [
        "authorization   ✓   10 ms   11 channels: fine",
        "subscription    –           11 channels: no",
        "authorization   ✗    2 ms   2/telegram: HTTP 403",
        "→ ask",
        "ping            ✓           fine",
    ]
    assert len(diagnosis_rows(*fine[:10])) == 10


# The summary of a run


def test_summary_is_a_table_and_a_few_lines() -> None:
    assert summary(gaps=2, gap_seconds=12.3).splitlines() == [
        " EVENT           CHANNEL          SEEN   SHOWN   FILTERED   DROPPED",
        " ──────────────────────────────────────────────────────────────────",
        " message         1229/telegram   1,234   1,200         31         3",
        " messageStatus   1229/telegram   1,000       0      1,000         0",
        " -               -                   1       1          0         0",
        " (others)        -                   1       1          0         0",
        " ──────────────────────────────────────────────────────────────────",
        " total                           2,236   1,202      1,031         3",
        "2,236 events in 5m 12s (7.2/s); longest silence 42.1 s",
        "2 gaps, 12.3 s not watched",
        "3 dropped while stdout wasn't read",
    ]


def test_summary_leaves_out_what_did_not_happen() -> None:
    text = summary([Tally("message", "", 1, 1, 0)], gaps=1, gap_seconds=1.5)
    assert text.splitlines() == [
        " EVENT      SEEN   SHOWN   FILTERED",
        " ──────────────────────────────────",
        " message       1       1          0",
        "1 event in 5m 12s (0.2/min); longest silence 42.1 s",
        "1 gap of 1.5 s not watched",
    ]
    assert summary([]) == "no events in 5m 12s (0/s); longest silence 42.1 s\n"


def test_narrow_summary_keeps_the_names_and_two_numbers() -> None:
    text = summary(width=40)
    lines = text.splitlines()
    assert max(map(cell_len, lines)) <= 40
    assert lines[0].split() == ["EVENT", "CHANNEL", "SEEN", "SHOWN"]
    assert "1,234   1,200" in text
    assert "…" not in text


def test_summary_of_a_thousand_rows_is_cut_to_one_screen_and_keeps_their_sum() -> None:
    rows = [Tally(f"event {number}", "", 3, 2, 0) for number in range(1_001)]
    lines = summary(rows).splitlines()
    assert lines[2].split() == ["event", "0", "3", "2", "1"]
    assert lines[40].split() == ["event", "38", "3", "2", "1"]
    assert lines[41].split() == ["(962", "more)", "2,886", "1,924", "962"]
    assert lines[43].split() == ["total", "3,003", "2,002", "1,001"]


@given(st.lists(st.tuples(hostile_text(30), hostile_text(30)), max_size=4), st.integers(1, 120))
@settings(deadline=None)
def test_summary_of_any_names_has_whole_and_clean_lines(
    names: list[tuple[str, str]], width: int
) -> None:
    text = summary([Tally(*name, 1, 1, 0) for name in names], width=width)
    assert text.endswith("\n")
    assert controls(text) == ""
