"""The summary of a run as a Rich table: at its end, and at SIGUSR1."""

from collections.abc import Iterator, Sequence
from io import StringIO

from rich import box
from rich.table import Table
from rich.text import Text

from chatapp_tail.output.printing import make_console
from chatapp_tail.output.text import clean
from chatapp_tail.statistics import Summary, Tally, format_rate
from chatapp_tail.units import counted, format_duration

# A server can make up a thousand names; one screen of the most frequent is enough.
_MOST_ROWS = 40
# Names are folded to at least so many cells; on narrower screens only two numbers fit.
_LEAST_NAME = 8
_LEAST_WIDTH = 60


def summary_lines(summary: Summary, *, width: int, color: bool) -> str:
    """Return whole lines of at most ``width`` cells: a row for each event and channel, then totals.

    They are cleaned, and with ``color`` hold escape sequences.
    """
    stream = StringIO()
    console = make_console(stream, color=color, width=max(width, 1))
    if summary.rows:
        console.print(_table(summary, is_narrow=width < _LEAST_WIDTH))
    for words in _words(summary):
        console.print(Text(words))
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines() if line.strip())


def _table(summary: Summary, *, is_narrow: bool) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, show_footer=len(summary.rows) > 1)
    has_channels = any(row.channel for row in summary.rows)
    table.add_column("EVENT", "total", style="green", overflow="fold", min_width=_LEAST_NAME)
    if has_channels:
        table.add_column("CHANNEL", style="cyan", overflow="fold", min_width=_LEAST_NAME)
    names = ["SEEN", "SHOWN"]
    names += [] if is_narrow else ["FILTERED"]
    names += ["DROPPED"] if summary.total.dropped and not is_narrow else []
    for name, number in zip(names, _numbers(summary.total), strict=False):
        table.add_column(name, number, justify="right", no_wrap=True)
    for row in _shortened(summary.rows):
        cells = [row.event, row.channel] if has_channels else [row.event]
        cells = [clean(cell) or "-" for cell in cells] + _numbers(row)[: len(names)]
        table.add_row(*map(Text, cells))
    return table


def _shortened(rows: Sequence[Tally]) -> Iterator[Tally]:
    """Yield the rows; of too many, the first ones and one for all others."""
    if len(rows) <= _MOST_ROWS:
        yield from rows
        return
    yield from rows[: _MOST_ROWS - 1]
    rest = rows[_MOST_ROWS - 1 :]
    sums = (sum(row.seen for row in rest), sum(row.shown for row in rest))
    yield Tally(f"({len(rest)} more)", "", *sums, sum(row.dropped for row in rest))


def _numbers(row: Tally) -> list[str]:
    return [f"{number:,}" for number in (row.seen, row.shown, row.filtered, row.dropped)]


def _words(summary: Summary) -> Iterator[str]:
    """Yield the lines below the table."""
    seen = summary.total.seen
    events = counted(seen, "event") if seen else "no events"
    silence = format_duration(summary.longest_silence)
    yield (
        f"{events} in {format_duration(summary.seconds)} ({format_rate(summary.rate)}); "
        f"longest silence {silence}"
    )
    if summary.gaps:
        gaps = "1 gap of" if summary.gaps == 1 else f"{summary.gaps:,} gaps,"
        yield f"{gaps} {format_duration(summary.gap_seconds)} not watched"
    if summary.total.dropped:
        yield f"{summary.total.dropped:,} dropped while stdout wasn't read"
