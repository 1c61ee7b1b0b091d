import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.output.table import TableSink
from tests.output.given import any_records, table
from tests.support.records import (
    STARTED_AT,
    of_item,
    received,
    said,
    sample_records,
)

ROWS = """\
TIME     CHANNEL    EVENT              MSG   WHO                WORDS
── Sun 22 Nov 2026 ─────────────────────────────────────────────────────────────────────────────────
11:39:24 telegram   message            123   Test Test          ← +1829d Test (↩ test)
11:39:24 telegram   messageStatus      42213 +7 000 000-00-00   ✓✓ delivered
11:39:24 telegram   messageDestroy     1252  private-243232294… deleted
11:39:24 telegram   messageReaction    z58j  +7 989 972-50-00   😂
11:39:24 telegram   chatTag                  group-54911000655  + tag "test 1"
11:39:24 telegram   chatStatus               +7 000 000-00-00   status close
11:39:24 telegram   chatResponsible          +7 000 000-00-00   responsible employee 685 (by employ…
11:39:24 telegram   employeeStatus           employee 685       online
"""


def written(sink: TableSink, *records: Record) -> str:
    return b"".join([sink.header(), *map(sink.render, records)]).decode()


def test_records_are_aligned_rows() -> None:
    records = sample_records()
    assert written(table(100, is_begun=False), *records[:7], records[15]) == ROWS


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
def test_narrow_terminal_drops_event_then_channel_then_who_and_never_words(
    width: int, columns: str
) -> None:
    assert table(width).header().decode() == f"{columns}\n"


def test_table_of_one_channel_has_no_column_for_it() -> None:
    header = table(56, show_channel=False).header()
    assert header == b"TIME     MSG   WHO              WORDS\n"


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


def test_long_words_are_cut_before_their_mark() -> None:
    sink = table(60, show_channel=False)
    sink.render(said("hello, how are you all doing today?"))
    assert sink.render(said("hello, how are you all doing today?")).decode() == (
        "11:39:24 5     Ann              ← hello, how are yo… (again)\n"
    )


def test_width_of_the_terminal_is_asked_for_once_an_arrival() -> None:
    widths = iter([80, 60])  # for the header, and for both records
    sink = TableSink(
        RowMaker(TimeFormat.UTC, STARTED_AT, cut=True),
        width=lambda: next(widths),
        labels=ChannelLabels(),
        show_header=True,
        full=False,
        color=False,
    )
    items = [{"id": id_, "side": "in", "message": {"text": "hi"}} for id_ in (5, 6)]
    records = received({"data": items})
    assert written(sink, *records).splitlines() == [
        "TIME     CHANNEL MSG   WHO              WORDS",
        f"── Sun 22 Nov 2026 {'─' * 41}",
        "11:39:24 5                      ← hi",
        "11:39:24 6                      ← hi",
    ]


def test_full_wraps_the_last_column_below_itself() -> None:
    text = "hello there, how are you all doing today? 世界 fine"
    assert table(59, full=True, show_channel=False).render(said(text)).decode() == (
        "11:39:24 5     Ann              ← hello there, how are you\n"
        "                                all doing today? 世界 fine\n"
    )


def test_full_loses_no_character_of_a_long_text() -> None:
    text = "a 世\u0301" * 25_000
    lines = written(table(80, full=True, show_header=False), said(text)).splitlines()
    assert "".join(line[43:] for line in lines).replace(" ", "") == "←" + text.replace(" ", "")


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
def test_times_ids_arrows_and_statuses_have_colors(record: Record, row: str) -> None:
    head = "\x1b[2m11:39:24\x1b[0m telegram   "
    assert table(80, color=True).render(record).decode() == head + row


def test_words_of_a_viewed_message_have_no_color() -> None:
    sink = table(80, color=True)
    sink.render(said("hi"))
    viewed = of_item({"type": "viewed", "id": 5}, event="messageStatus", after=6.0)
    row = sink.render(viewed).decode()
    assert row.endswith("\x1b[36m✓✓ viewed +1.5s\x1b[0m · hi\n")


@given(any_records(), st.integers(1, 200))
@settings(deadline=None)
def test_no_line_of_any_record_is_wider_than_the_terminal(record: Record, width: int) -> None:
    for full in (False, True):
        lines = written(table(width, full=full), record).split("\n")
        assert lines.pop() == ""
        assert max(map(cell_len, lines)) <= width
        assert full or len(lines) == 2
