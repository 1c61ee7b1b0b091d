import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import RowMaker
from chatapp_tail.output.table import TableSink
from tests.chatapp.given import shown
from tests.output.given import controls, table, without_colors
from tests.support.records import (
    STARTED_AT,
    WIDTHS,
    hostile_records,
    of_item,
    said,
    sample_records,
)

SAMPLE_ROWS = """\
TIME     CHANNEL         EVENT              WHO                DETAIL
11:39:24 1229/telegram   message            Test Test          ← +1829d ↩ #122 Test
11:39:24 1229/telegram   messageStatus      @username_test     #42213 delivered
11:39:24 1229/telegram   messageDestroy     private-243232294… #1252 deleted
11:39:24 1229/telegram   messageReaction    79899725000        😂 on #wamid.HBgLNzk4OTk3MjU0NDIVA…
11:39:24 1229/telegram   chatTag            group-54911000655  + tag "test 1"
11:39:24 1229/telegram   chatStatus         70000000000@c.us   status close
11:39:24 1229/telegram   chatResponsible    70000000000@c.us   responsible user 685 (by user 685)
11:39:24 1229/telegram   chatResponsiblePin 70000000000@c.us   pinned
11:39:24 1229/telegram   chatProducer       70000000000@c.us   producer user 685 (by user 685)
11:39:24 1229/telegram   chatAccomplice     70000000000@c.us   + accomplice user 685 (by user 685)
11:39:24 1229/telegram   chatAuditor        70000000000@c.us   + auditor user 685 (by user 685)
11:39:24 1229/telegram   chatLevel          70000000000@c.us   level 555 (by user 685)
11:39:24 1229/telegram   chatConversation   70000000000        window open until 13:41 (BIC)
11:39:24 1229/telegram   chatRead           7000000000@c.us    read
11:39:24 1229/telegram   chatProcess        70000000000@c.us   process inWork (by user 685)
11:39:24 1229/telegram   employeeStatus     user 685           online
11:39:24 1229/telegram   employeeWorkday    user 685           workday start
11:39:24 1229/telegram   quickResponseList                     create #1338 "List name" (2 people)
11:39:24 1229/telegram   quickResponseList                     destroy #1338
11:39:24 1229/telegram   quickResponse                         create #1197 "Response name"
11:39:24 1229/telegram   quickResponse                         destroy #1197
11:39:24 1229/telegram   quickResponse                         destroy #1197
11:39:24 1229/telegram   quickResponse                         destroy #1198
"""


def written(sink: TableSink, *records: Record) -> str:
    return b"".join([sink.header(), *map(sink.render, records)]).decode()


def test_documented_events_are_aligned_rows() -> None:
    assert written(table(98), *sample_records()) == SAMPLE_ROWS


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (200, "TIME     CHANNEL         EVENT              WHO                DETAIL"),
        (79, "TIME     CHANNEL         EVENT              WHO                DETAIL"),
        (78, "TIME     CHANNEL         EVENT              DETAIL"),
        (60, "TIME     CHANNEL         EVENT              DETAIL"),
        (59, "TIME     EVENT              DETAIL"),
        (44, "TIME     EVENT              DETAIL"),
        (43, "EVENT              DETAIL"),
        (35, "EVENT              DETAIL"),
        (34, "DETAIL"),
        (24, "DETAIL"),
        (5, "DETA…"),
        (1, "…"),
        (0, "…"),
    ],
)
def test_narrow_terminals_drop_who_then_channel_then_the_rest(width: int, columns: str) -> None:
    assert table(width).header().decode() == f"{columns}\n"


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (63, "TIME     EVENT              WHO                DETAIL"),
        (62, "TIME     EVENT              DETAIL"),
    ],
)
def test_one_channel_needs_no_column(width: int, columns: str) -> None:
    assert table(width, show_channel=False).header().decode() == f"{columns}\n"


def test_pipe_gets_no_header() -> None:
    assert table(80, show_header=False).header() == b""


def test_resized_window_is_followed() -> None:
    widths = iter([80, 60])
    sink = TableSink(
        RowMaker(TimeFormat.UTC, STARTED_AT, cut=True),
        time_width=8,
        width=lambda: next(widths),
        show_channel=True,
        show_header=True,
        full=False,
        color=False,
    )
    assert written(sink, said("hi")) == (
        "TIME     CHANNEL         EVENT              WHO                DETAIL\n"
        "11:39:24 1229/telegram   message            ← hi\n"
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
    head = "11:39:24 1229/telegram   message            Ann                "
    assert table(79).render(said(text)).decode() == f"{head}{row}\n"


@pytest.mark.parametrize(
    ("who", "cell"),
    [
        ("Ann", "Ann               "),
        ("Ann Elisabeth Smith", "Ann Elisabeth Smi…"),
        ("王小明 and all friends", "王小明 and all fr…"),
        ("王" * 9, "王" * 9),
        ("王" * 10, "王" * 8 + "… "),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧                "),
    ],
    ids=shown,
)
def test_cells_are_filled_up_to_their_width(who: str, cell: str) -> None:
    line = table(100).render(said("hi", who)).decode()
    assert line == f"11:39:24 1229/telegram   message            {cell} ← hi\n"
    assert cell_len(cell) == 18


def test_name_that_can_be_measured_in_two_ways_is_cut_all_the_same() -> None:
    """Rich's set_cell_size raises IndexError here: of two joiners, which one joins?"""
    line = table(100).render(said("hi", "\u200d\u200d世" * 10)).decode()
    who, _, detail = line[44:].rpartition(" ← ")
    assert (cell_len(who), detail) == (18, "hi\n")


def test_full_wraps_the_last_column_below_itself() -> None:
    text = "hello there, how are you all doing today? 世界 fine"
    assert table(80, full=True).render(said(text)).decode() == (
        "11:39:24 1229/telegram   message            Ann                ← hello there,\n"
        "                                                               how are you all\n"
        "                                                               doing today? 世界\n"
        "                                                               fine\n"
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
    assert "".join(line[63:] for line in lines).replace(" ", "") == "←" + text.replace(" ", "")


def test_wide_characters_on_one_column_are_told_by_an_ellipsis() -> None:
    assert written(table(1, full=True), said("世a")).splitlines() == [*"DETAIL", "←", "…", "a"]


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (
            said("hi"),
            "\x1b[32mmessage           \x1b[0m \x1b[1mAnn               \x1b[0m ← hi\n",
        ),
        (
            of_item({"id": 5, "type": "failed"}, event="messageStatus"),
            f"\x1b[32mmessageStatus     \x1b[0m \x1b[1m{'':18}\x1b[0m \x1b[31m#5 failed\x1b[0m\n",
        ),
        (
            of_item({"chat": {"id": 1}}, event="chatRead"),
            "\x1b[33mchatRead          \x1b[0m \x1b[1m1                 \x1b[0m read\n",
        ),
        (
            of_item({"a": 1}, event="brandNew"),
            'brandNew           \x1b[1m                  \x1b[0m {"a":1}\n',
        ),
    ],
    ids=["message", "failed", "chat", "unknown"],
)
def test_colors_tell_the_columns_the_kind_of_event_and_failures(record: Record, row: str) -> None:
    head = "\x1b[2m11:39:24\x1b[0m \x1b[36m1229/telegram  \x1b[0m "
    assert table(100, color=True).render(record).decode() == head + row


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


@given(hostile_records(), st.booleans())
@settings(deadline=None)
def test_rows_hold_no_control_characters_but_our_colors(
    record: Record,
    full: bool,  # noqa: FBT001
) -> None:
    plain = table(90, full=full).render(record).decode()
    colored = table(90, full=full, color=True).render(record)
    assert controls(plain) == ""
    assert [line.rstrip() for line in without_colors(colored).split("\n")] == plain.split("\n")
