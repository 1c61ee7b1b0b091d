from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp_tail.output.summary import summary_lines
from chatapp_tail.statistics import OTHERS, Summary, Tally
from tests.chatapp.given import hostile_text
from tests.output.given import controls, without_colors

ROWS = (
    Tally("message", "1229/telegram", 1234, 1200, 3),
    Tally("messageStatus", "1229/telegram", 1000, 0, 0),
    Tally("", "", 1, 1, 0),
    Tally(OTHERS, "", 1, 1, 0),
)


def summary(
    rows: Sequence[Tally] = ROWS,
    *,
    gaps: int = 0,
    gap_seconds: float = 0.0,
) -> Summary:
    numbers = [sum(row[column] for row in rows) for column in (2, 3, 4)]  # type: ignore[misc]
    total = Tally("total", "", *numbers)
    return Summary(tuple(rows), total, 312.0, 42.1, gaps, gap_seconds)


def lines(told: Summary, width: int = 80) -> list[str]:
    return summary_lines(told, width=width, color=False).splitlines()


def test_summary_is_a_table_and_a_few_words() -> None:
    assert lines(summary(gaps=2, gap_seconds=12.3)) == [
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


def test_what_did_not_happen_is_left_out() -> None:
    assert lines(summary([Tally("message", "", 1, 1, 0)], gaps=1, gap_seconds=1.5)) == [
        " EVENT      SEEN   SHOWN   FILTERED",
        " ──────────────────────────────────",
        " message       1       1          0",
        "1 event in 5m 12s (0.2/min); longest silence 42.1 s",
        "1 gap of 1.5 s not watched",
    ]
    assert lines(summary([])) == ["no events in 5m 12s (0/s); longest silence 42.1 s"]


def test_narrow_window_keeps_the_names_and_two_numbers() -> None:
    shown = lines(summary(), 40)
    assert max(map(cell_len, shown)) <= 40
    assert shown[0].split() == ["EVENT", "CHANNEL", "SEEN", "SHOWN"]
    assert "1,234   1,200" in "".join(shown)
    assert "…" not in "".join(shown)


def test_a_thousand_rows_are_cut_to_one_screen_and_their_sum_is_kept() -> None:
    rows = [Tally(f"event {number}", "", 3, 2, 0) for number in range(1_001)]
    shown = lines(summary(rows))
    assert shown[2].split() == ["event", "0", "3", "2", "1"]
    assert shown[40].split() == ["event", "38", "3", "2", "1"]
    assert shown[41].split() == ["(962", "more)", "2,886", "1,924", "962"]
    assert shown[43].split() == ["total", "3,003", "2,002", "1,001"]


def test_colours_come_only_when_asked_for() -> None:
    plain = summary_lines(summary(), width=80, color=False)
    colored = summary_lines(summary(), width=80, color=True)
    assert "\x1b" not in plain
    assert "\x1b[36m1229/telegram\x1b[0m" in colored
    stripped = [line.rstrip() for line in without_colors(colored.encode()).splitlines()]
    assert stripped == plain.splitlines()


def test_remote_words_are_cleaned_and_no_markup() -> None:
    hostile = "a\x1b[31mb\rc\u202ed[bold]e[/x]"
    text = "".join(lines(summary([Tally(hostile, hostile, 1, 1, 0)]), 200))
    assert controls(text) == ""
    assert text.count(r"a\x1b[31mb\rc\u202ed[bold]e[/x]") == 2


@given(st.lists(st.tuples(hostile_text(30), hostile_text(30)), max_size=4), st.integers(1, 120))
@settings(deadline=None)
@pytest.mark.filterwarnings("error")
def test_whatever_the_names_every_line_is_whole_and_clean(
    names: list[tuple[str, str]], width: int
) -> None:
    rows = [Tally(event, channel, 1, 1, 0) for event, channel in names]
    text = summary_lines(summary(rows), width=width, color=False)
    assert text.endswith("\n")
    assert controls(text) == ""
