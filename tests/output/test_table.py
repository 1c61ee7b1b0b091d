import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.output.table import TableSink
from tests.chatapp.given import shown
from tests.output.given import table
from tests.support.records import (
    STARTED_AT,
    WIDTHS,
    hostile_records,
    of_item,
    said,
    sample_records,
)

SAMPLE_ROWS = """\
TIME     CHANNEL    EVENT              MSG   WHO                WORDS
── Sun 22 Nov 2026 ─────────────────────────────────────────────────────────────────────────────────
11:39:24 telegram   message            123   Test Test          ← +1829d Test (↩ test)
11:39:24 telegram   messageStatus      42213 +7 000 000-00-00   ✓✓ delivered
11:39:24 telegram   messageDestroy     1252  private-243232294… deleted
11:39:24 telegram   messageReaction    z58j  +7 989 972-50-00   😂
11:39:24 telegram   chatTag                  group-54911000655  + tag "test 1"
11:39:24 telegram   chatStatus               +7 000 000-00-00   status close
11:39:24 telegram   chatResponsible          +7 000 000-00-00   responsible employee 685 (by employ…
11:39:24 telegram   chatResponsiblePin       +7 000 000-00-00   pinned
11:39:24 telegram   chatProducer             +7 000 000-00-00   producer employee 685 (by employee…
11:39:24 telegram   chatAccomplice           +7 000 000-00-00   + accomplice employee 685 (by emplo…
11:39:24 telegram   chatAuditor              +7 000 000-00-00   + auditor employee 685 (by employee…
11:39:24 telegram   chatLevel                +7 000 000-00-00   level 555 (by employee 685)
11:39:24 telegram   chatConversation         +7 000 000-00-00   window open until Fri 13:41 (BIC)
11:39:24 telegram   chatRead                 +7000000000        read
11:39:24 telegram   chatProcess              +7 000 000-00-00   process inWork (by employee 685)
11:39:24 telegram   employeeStatus           employee 685       online
11:39:24 telegram   employeeWorkday          employee 685       workday start
11:39:24 telegram   quickResponseList                           create #1338 "List name" (2 people)
11:39:24 telegram   quickResponseList                           destroy #1338
11:39:24 telegram   quickResponse                               create #1197 "Response name"
11:39:24 telegram   quickResponse                               destroy #1197
11:39:24 telegram   quickResponse                               destroy #1197
11:39:24 telegram   quickResponse                               destroy #1198
"""


def written(sink: TableSink, *records: Record) -> str:
    return b"".join([sink.header(), *map(sink.render, records)]).decode()


def test_documented_events_are_aligned_rows() -> None:
    assert written(table(100, is_begun=False), *sample_records()) == SAMPLE_ROWS


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (200, "TIME     CHANNEL    EVENT              MSG   WHO                          WORDS"),
        (170, "TIME     CHANNEL    EVENT              MSG   WHO                          WORDS"),
        (120, "TIME     CHANNEL    EVENT              MSG   WHO                  WORDS"),
        (100, "TIME     CHANNEL    EVENT              MSG   WHO                WORDS"),
        (99, "TIME     CHANNEL    MSG   WHO               WORDS"),
        (80, "TIME     CHANNEL    MSG   WHO              WORDS"),
        (67, "TIME     CHANNEL    MSG   WHO              WORDS"),
        (66, "TIME     MSG   WHO              WORDS"),
        (56, "TIME     MSG   WHO              WORDS"),
        (55, "TIME     MSG   WORDS"),
        (27, "TIME     MSG   WORDS"),
        (26, "TIME     WORDS"),
        (21, "TIME     WORDS"),
        (20, "WORDS"),
        (5, "WORDS"),
        (4, "WOR…"),
        (1, "…"),
        (0, "…"),
    ],
)
def test_narrow_terminals_drop_the_event_then_channel_then_who_and_never_the_words(
    width: int, columns: str
) -> None:
    assert table(width).header().decode() == f"{columns}\n"


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (56, "TIME     MSG   WHO              WORDS"),
        (55, "TIME     MSG   WORDS"),
    ],
)
def test_one_channel_needs_no_column(width: int, columns: str) -> None:
    assert table(width, show_channel=False).header().decode() == f"{columns}\n"


def test_day_has_a_line_before_its_first_row_and_wherever_it_changes() -> None:
    rows = [
        of_item({"id": text, "message": {"text": text}}, after=after)
        for text, after in (("a", 4.5), ("b", 5.0), ("c", 86_400.0), ("d", 4.5))
    ]
    lines = written(table(40, is_begun=False), *rows).splitlines()
    sunday = "── Sun 22 Nov 2026 " + "─" * 21
    monday = "── Mon 23 Nov 2026 " + "─" * 21
    assert [line if line.startswith("──") else line[-1] for line in lines] == [
        *("S", sunday, "a", "b", monday, "c", sunday, "d")
    ]


def test_mark_is_not_cut_off_with_the_words() -> None:
    sink = table(60, show_channel=False)
    sink.render(said("hello, how are you all doing today?"))
    assert sink.render(said("hello, how are you all doing today?")).decode() == (
        "11:39:24 5     Ann              ← hello, how are yo… (again)\n"
    )


def test_resized_window_is_followed() -> None:
    widths = iter([80, 60])
    sink = TableSink(
        RowMaker(TimeFormat.RELATIVE, STARTED_AT, cut=True),
        width=lambda: next(widths),
        labels=ChannelLabels(),
        show_header=True,
        full=False,
        color=False,
    )
    assert written(sink, said("hi")) == (
        "TIME       CHANNEL MSG   WHO              WORDS\n+4.521s    5     Ann              ← hi\n"
    )


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("hello, how are you", "← hello, how ar…"),
        ("hello how are", "← hello how are"),
        ("hello wide 世界!", "← hello wide 世…"),
        ("hello, wide 世界", "← hello, wide…"),
        ("hello, wide! 世界", "← hello, wide!…"),
        ("👨\u200d👩\u200d👧 and what they do", "← 👨\u200d👩\u200d👧 and what t…"),
        ("e\u0301" * 14, "← " + "e\u0301" * 14),
        ("e\u0301" * 15, "← " + "e\u0301" * 13 + "…"),
        ("[bold]x[/bold][/]", "← [bold]x[/bold…"),
        ("a\nb\x1b[2J", r"← a\nb\x1b[2J"),
    ],
    ids=shown,
)
def test_detail_is_cut_to_the_width_in_cells(text: str, row: str) -> None:
    head = "11:39:24 5     "
    sink = table(31, show_channel=False)
    assert sink.render(said(text)).decode() == f"{head}{row}\n"


@pytest.mark.parametrize(
    ("who", "cell"),
    [
        ("Ann", "Ann             "),
        ("Ann Elisabeth Smith", "Ann Elisabeth S…"),
        ("王小明 and all friends", "王小明 and all…"),
        ("王" * 8, "王" * 8),
        ("王" * 9, "王" * 7 + "… "),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧              "),
    ],
    ids=shown,
)
def test_cells_are_filled_up_to_their_width(who: str, cell: str) -> None:
    line = table(80).render(said("hi", who)).decode()
    padded = cell + " " * (16 - cell_len(cell))
    assert line == f"11:39:24 telegram   5     {padded} ← hi\n"


def test_name_that_can_be_measured_in_two_ways_is_cut_all_the_same() -> None:
    """Rich's set_cell_size raises IndexError for two joiners."""
    line = table(80).render(said("hi", "\u200d\u200d世" * 10)).decode()
    who, _, detail = line[26:].rpartition(" ← ")
    assert (cell_len(who), detail) == (16, "hi\n")


def test_full_wraps_the_last_column_below_itself() -> None:
    text = "hello there, how are you all doing today? 世界 fine"
    assert table(59, full=True, show_channel=False).render(said(text)).decode() == (
        "11:39:24 5     Ann              ← hello there, how are you\n"
        "                                all doing today? 世界 fine\n"
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["← short"]),
        ("", ["←"]),
        ("exactly here it ends", ["← exactly here", "it ends"]),
        ("in  two   spaces wide", ["← in  two", "spaces wide"]),
        ("a" * 30, ["←", "a" * 14, "a" * 14, "aa"]),
        ("世" * 10, ["←", "世" * 7, "世" * 3]),
        ("世 " * 7, ["← 世 世 世 世", "世 世 世"]),
    ],
    ids=shown,
)
def test_full_breaks_at_spaces_where_there_are_any(text: str, lines: list[str]) -> None:
    assert written(table(14, full=True, show_header=False), said(text)).splitlines() == lines


def test_full_loses_no_character_of_a_long_text() -> None:
    text = "a 世\u0301" * 25_000
    lines = written(table(80, full=True, show_header=False), said(text)).splitlines()
    assert "".join(line[43:] for line in lines).replace(" ", "") == "←" + text.replace(" ", "")


def test_wide_characters_on_one_column_are_told_by_an_ellipsis() -> None:
    assert written(table(1, full=True), said("世a")).splitlines() == [*"WORDS", "←", "…", "a"]


STATUS = {"type": "viewed", "id": 5}


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (said("hi"), "\x1b[2m5    \x1b[0m Ann              \x1b[32m←\x1b[0m hi\n"),
        (
            of_item({"id": 5, "side": "out", "message": {"text": "hi"}}),
            f"\x1b[2m5    \x1b[0m {'':16} \x1b[34m→\x1b[0m phone: hi\n",
        ),
        (
            of_item({"id": 5, "type": "failed"}, event="messageStatus"),
            f"\x1b[2m5    \x1b[0m {'':16} \x1b[31m✗ failed\x1b[0m\n",
        ),
        (
            of_item({"id": 5, "type": "viewed"}, event="messageStatus"),
            f"\x1b[2m5    \x1b[0m {'':16} \x1b[36m✓✓ viewed\x1b[0m\n",
        ),
        (
            of_item({"id": 5, "type": "delivered"}, event="messageStatus"),
            f"\x1b[2m5    \x1b[0m {'':16} ✓✓ delivered\n",
        ),
        (of_item({"chat": {"id": 1}}, event="chatRead"), "      1                read\n"),
        (of_item({"a": 1}, event="brandNew"), f'{"":22} {{"a":1}}\n'),
    ],
    ids=["in", "out", "failed", "viewed", "delivered", "chat", "unknown"],
)
def test_colors_tell_times_ids_directions_and_what_became_of_a_message(
    record: Record, row: str
) -> None:
    head = "\x1b[2m11:39:24\x1b[0m telegram   "
    assert table(80, color=True).render(record).decode() == head + row


def test_of_a_viewed_message_the_words_are_plain() -> None:
    sink = table(80, color=True)
    sink.render(said("hi"))
    row = sink.render(of_item(STATUS, event="messageStatus", after=6.0)).decode()
    assert row.endswith("\x1b[36m✓✓ viewed +1.5s\x1b[0m · hi\n")


def wide_text() -> st.SearchStrategy[str]:
    return st.text(WIDTHS + "ab .\n\x1b", max_size=80)


@given(st.builds(said, wide_text(), wide_text()) | hostile_records(), st.integers(1, 200))
@settings(deadline=None)
def test_no_line_is_wider_than_the_terminal_whatever_it_holds(record: Record, width: int) -> None:
    for full in (False, True):
        lines = written(table(width, full=full), record).split("\n")
        assert lines.pop() == ""
        assert max(map(cell_len, lines)) <= width
        assert full or len(lines) == 2
