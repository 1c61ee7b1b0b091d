"""Rich tables, each drawn once: events, channels, what a doctor found, the summary of a run."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from io import StringIO
from typing import NamedTuple, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EventType, fields, samples
from chatapp_tail.chatapp.values import dig
from chatapp_tail.output.text import clean
from chatapp_tail.statistics import Summary, Tally, format_rate
from chatapp_tail.units import counted, format_duration, format_minute

LEGEND = (
    ("← →", "a message came in, or went out; behind → who wrote it"),
    ("(↩ words)", "it quotes the message with these words"),
    ("+15m", "behind an arrow: it came that much later than it was sent"),
    ("(again)", "the same message came before, with the same words"),
    ("(edited)", "the same message came before, with other words"),
    ("(deleted)", "it was deleted"),
    ("✓ ✓✓", "a message was sent; delivered, or viewed"),
    ("✗", "it failed, and why"),
    ("+1.4s", "behind a status: so long after the message"),
    ("~", "from the API (--since, --backfill), with the time when it was sent"),
    ("MSG", "the message's id, or 4 signs that stand for a longer one: --msg k3q9"),
)
"""The signs in rows, and what they mean."""

# Specs of channels that don't belong to a licence.
_SPECS = {Scope.COMPANY: "company/2224", Scope.USER: "user/685"}
_COLUMNS = ("name", "messenger", "phone", "status", "until")
_MARKS = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "bold red"),
    "skipped": ("–", "dim"),
}
# Up to this many channels with the same finding are named one by one.
_FEW_ALIKE = 10
# A server can make up a thousand names; one screen of the most frequent is enough.
_MOST_ROWS = 40
# Names are folded to at least so many cells; on narrower screens only two numbers fit.
_LEAST_NAME = 8
_LEAST_WIDTH = 60


class _Console(Console):
    """A console whose caller learns that the reader of a pipe left: Rich's own ends the process."""

    def on_broken_pipe(self) -> None:
        """Raise ``BrokenPipeError``."""
        raise BrokenPipeError


def make_console(stream: TextIO, *, color: bool, width: int | None = None) -> Console:
    """Return a console that leaves remote text as it is: no markup, no highlighting.

    ``width`` is the number of columns; None for the terminal's.
    """
    return _Console(
        file=stream,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,  # otherwise Rich obeys NO_COLOR, which --color always overrules
        highlight=False,
        markup=False,
    )


def print_events(events: Iterable[EventType], stream: TextIO, *, color: bool) -> None:
    """Print one row an event: name, channel, meaning."""
    table = _table("EVENT", "CHANNEL", "MEANING")
    for event in events:
        table.add_row(Text(event.name, "green"), event.scope, event.meaning)
    console = make_console(stream, color=color)
    console.print(table)
    console.print("One of them with its fields and a sample: chatapp-tail events message")
    legend = Table.grid(padding=(0, 2, 0, 0))
    for sign, meaning in LEGEND:
        legend.add_row(Text(sign, "bold"), meaning)
    console.print("\nIn a row of the table:")
    console.print(legend)


def print_event(event: EventType, stream: TextIO, *, color: bool) -> None:
    """Print meaning, fields and samples of one event, and how to get it."""
    console = make_console(stream, color=color)
    console.print(Text.assemble((event.name, "bold green"), f": {event.meaning}"))
    console.print(f"Comes on {event.scope} channels; one row and one record for each item of data.")
    table = _table("FIELD", "TYPE", "VALUES")
    for field in fields(event.name):
        table.add_row(Text(field.path), field.type, Text(field.values))
    console.print(table)
    documented = samples(event.name)
    console.print("Sample:" if len(documented) == 1 else "Samples:")
    for sample in documented:
        console.print(Text(jsontext.dumps(sample, indent=True).decode()), soft_wrap=True)
    console.print(_examples(event), soft_wrap=True)


def _examples(event: EventType) -> str:
    """Return command lines for the event; a test of a field if one has known values."""
    watch = f"chatapp-tail {_spec(event)} -e {event.name}"
    lines = ["\nExamples:", "  # Only this event", f"  {watch}"]
    if known := next((field for field in fields(event.name) if field.values), None):
        test = f"data.{known.path.replace('[]', '')}={known.values.partition(' | ')[0]}"
        lines += ["  # By a field: its path as above, after data.", f"  {watch} -w {test}"]
    return "\n".join(
        [
            *lines,
            "  # Try it without an account, while chatapp-tail serve runs in another terminal",
            f"  chatapp-tail trigger {event.name}",
        ]
    )


def _spec(event: EventType) -> str:
    """Return a channel on which the event comes."""
    messenger = dig(samples(event.name)[0], "meta", "messengerType")
    return f"1229/{messenger}" if event.scope is Scope.LICENSE else _SPECS[event.scope]


class ChannelRow(NamedTuple):
    """One channel in words. Remote text, all but the spec. ``ends`` in unix seconds."""

    spec: str
    name: str
    messenger: str
    phone: str
    status: str
    ends: int | None

    @property
    def until(self) -> str:
        """The day on which the licence ends."""
        return "" if self.ends is None else format_minute(self.ends).partition(" ")[0]


def print_channels(rows: Iterable[ChannelRow], stream: TextIO, *, color: bool) -> None:
    """Print one row a channel; columns that would be empty are left out."""
    rows = list(rows)
    columns = [name for name in _COLUMNS if any(getattr(row, name) for row in rows)]
    table = _table("SPEC", *(name.upper() for name in columns))
    for column in table.columns:
        # A spec and a number are there to be copied; only words may take several lines.
        column.overflow = "fold"
        column.no_wrap = column.header not in ("NAME", "MESSENGER")
    for row in rows:
        cells = [Text(clean(str(getattr(row, name))), _style(name, row)) for name in columns]
        table.add_row(Text(row.spec, "cyan"), *cells)
    make_console(stream, color=color).print(table)


def _style(column: str, row: ChannelRow) -> str:
    return "yellow" if column == "status" and row.status not in ("", "active") else ""


class FindingRow(NamedTuple):
    """One finding. ``outcome`` is ok, warning, failed or skipped; ``channel`` is a spec."""

    step: str
    outcome: str
    result: str
    next_step: str = ""
    seconds: float | None = None
    channel: str | None = None


def print_diagnosis(
    findings: Iterable[FindingRow], stream: TextIO, *, color: bool, width: int | None = None
) -> None:
    """Print one row a finding, with the next step below it; many alike channels share a row.

    ``width`` as in ``make_console``.
    """
    table = _table("STEP", "", "TIME", "RESULT")
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    table.columns[2].justify = "right"
    table.columns[3].overflow = "fold"  # a name that is cut can't be copied
    for row in _merged(list(findings)):
        mark, style = _MARKS[row.outcome]
        table.add_row(Text(row.step), Text(mark, style), Text(_time(row.seconds)), _result(row))
    make_console(stream, color=color, width=width).print(table)


def _merged(findings: Sequence[FindingRow]) -> Iterator[FindingRow]:
    """Yield the findings in order; one that many channels share stands at the first of them."""
    alike = defaultdict[Hashable, list[FindingRow]](list)
    for finding in findings:
        alike[_likeness(finding)].append(finding)
    for finding in findings:
        same = alike[_likeness(finding)]
        if finding.channel is None or len(same) <= _FEW_ALIKE:
            yield finding
        elif finding is same[0]:
            slowest = max(one.seconds or 0.0 for one in same)
            yield finding._replace(channel=f"{len(same)} channels", seconds=slowest or None)


def _likeness(finding: FindingRow) -> Hashable:
    return finding.channel is None, finding.step, finding.outcome, finding.result, finding.next_step


def _result(row: FindingRow) -> Text:
    words = Text()
    if row.channel:
        words.append(f"{clean(row.channel)}: ", "cyan")
    words.append(clean(row.result))
    if row.next_step:
        words.append(f"\n→ {clean(row.next_step)}", "bold")
    return words


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def summary_lines(summary: Summary, *, width: int, color: bool) -> str:
    """Return whole lines of at most ``width`` cells: a row for each event and channel, then totals.

    They are cleaned, and with ``color`` hold escape sequences.
    """
    stream = StringIO()
    console = make_console(stream, color=color, width=max(width, 1))
    if summary.rows:
        console.print(_summary_table(summary, is_narrow=width < _LEAST_WIDTH))
    for words in _totals(summary):
        console.print(Text(words))
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines() if line.strip())


def _summary_table(summary: Summary, *, is_narrow: bool) -> Table:
    table = _table()
    table.show_footer = len(summary.rows) > 1
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


def _totals(summary: Summary) -> Iterator[str]:
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


def _table(*columns: str) -> Table:
    return Table(*columns, box=box.SIMPLE, pad_edge=False)
