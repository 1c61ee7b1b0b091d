"""What commands print once, as Rich tables: events, channels, what a doctor found."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EventType, fields, samples
from chatapp_tail.chatapp.values import dig
from chatapp_tail.output.text import clean

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


def make_console(stream: TextIO, *, color: bool, width: int | None = None) -> Console:
    """Return a console that leaves remote text as it is: no markup, no highlighting.

    ``width`` is the number of columns; None for the terminal's.
    """
    return Console(
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
        try:
            return "" if self.ends is None else f"{datetime.fromtimestamp(self.ends, UTC):%Y-%m-%d}"
        except (OverflowError, OSError, ValueError):
            return str(self.ends)


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


class Diagnosed(Protocol):
    """A finding. ``outcome`` is ok, warning, failed or skipped; ``channel`` is a spec."""

    @property
    def step(self) -> str: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def seconds(self) -> float | None: ...
    @property
    def result(self) -> str: ...
    @property
    def next_step(self) -> str: ...


class _FindingRow(NamedTuple):
    """A finding, or several that differ in their channel alone."""

    finding: Diagnosed
    about: str
    seconds: float | None


def print_diagnosis(
    findings: Iterable[Diagnosed], stream: TextIO, *, color: bool, width: int | None = None
) -> None:
    """Print one row a finding, with the next step below it; many alike channels share a row.

    ``width`` as in ``make_console``.
    """
    table = _table("STEP", "", "TIME", "RESULT")
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    table.columns[2].justify = "right"
    table.columns[3].overflow = "fold"  # a name that is cut can't be copied
    for row in _finding_rows(list(findings)):
        mark, style = _MARKS[row.finding.outcome]
        table.add_row(
            Text(row.finding.step), Text(mark, style), Text(_time(row.seconds)), _result(row)
        )
    make_console(stream, color=color, width=width).print(table)


def _finding_rows(findings: Sequence[Diagnosed]) -> Iterator[_FindingRow]:
    """Yield the rows in order; a finding that many channels share stands at the first of them."""
    alike = Counter(map(_likeness, findings))
    told = set()
    for finding in findings:
        kind = _likeness(finding)
        if finding.channel is None or alike[kind] <= _FEW_ALIKE:
            yield _FindingRow(finding, finding.channel or "", finding.seconds)
        elif kind not in told:
            told.add(kind)
            slowest = max(one.seconds or 0.0 for one in findings if _likeness(one) == kind)
            yield _FindingRow(finding, f"{alike[kind]} channels", slowest or None)


def _likeness(finding: Diagnosed) -> Hashable:
    return finding.channel is None, finding.step, finding.outcome, finding.result, finding.next_step


def _result(row: _FindingRow) -> Text:
    words = Text()
    if row.about:
        words.append(f"{clean(row.about)}: ", "cyan")
    words.append(clean(row.finding.result))
    if row.finding.next_step:
        words.append(f"\n→ {clean(row.finding.next_step)}", "bold")
    return words


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _table(*columns: str) -> Table:
    return Table(*columns, box=box.SIMPLE, pad_edge=False)
