import json
from dataclasses import dataclass
from io import StringIO

import pytest
from rich.cells import cell_len

from chatapp_tail.output.diagnosis import Diagnosed, print_diagnosis
from tests.output.given import controls, without_colors


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as the table wants it."""

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


def test_table_is_colored_only_when_asked() -> None:
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
