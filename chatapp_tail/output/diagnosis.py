"""What a doctor found as a Rich table, for ``chatapp-tail doctor``."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from chatapp_tail.output.console import make_console
from chatapp_tail.output.sanitize import clean

_MARKS = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "bold red"),
    "skipped": ("–", "dim"),
}
# Up to this many channels with the same finding are named one by one.
_FEW_ALIKE = 10


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


class _Row(NamedTuple):
    """A finding, or several that differ in their channel alone."""

    finding: Diagnosed
    about: str
    seconds: float | None


def print_diagnosis(
    findings: Iterable[Diagnosed], stream: TextIO, *, color: bool, width: int | None = None
) -> None:
    """Print one row a finding, with the next step to take below it; of many channels one for all.

    ``width`` is the terminal's where there is none to ask.
    """
    table = Table("STEP", "", "TIME", "RESULT", box=box.SIMPLE, pad_edge=False)
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    table.columns[2].justify = "right"
    table.columns[3].overflow = "fold"  # a name that is cut can't be copied
    for row in _rows(list(findings)):
        mark, style = _MARKS[row.finding.outcome]
        table.add_row(
            Text(row.finding.step), Text(mark, style), Text(_time(row.seconds)), _words(row)
        )
    console = make_console(stream, color=color)
    if width is not None:
        console.width = width
    console.print(table)


def _words(row: _Row) -> Text:
    words = Text()
    if row.about:
        words.append(f"{clean(row.about)}: ", "cyan")
    words.append(clean(row.finding.result))
    if row.finding.next_step:
        words.append(f"\n→ {clean(row.finding.next_step)}", "bold")
    return words


def _rows(findings: Sequence[Diagnosed]) -> Iterator[_Row]:
    """Yield the rows in order; a finding that many channels share stands at the first of them."""
    alike = Counter(map(_likeness, findings))
    told = set()
    for finding in findings:
        kind = _likeness(finding)
        if finding.channel is None or alike[kind] <= _FEW_ALIKE:
            yield _Row(finding, finding.channel or "", finding.seconds)
        elif kind not in told:
            told.add(kind)
            slowest = max(one.seconds or 0.0 for one in findings if _likeness(one) == kind)
            yield _Row(finding, f"{alike[kind]} channels", slowest or None)


def _likeness(finding: Diagnosed) -> Hashable:
    return finding.channel is None, finding.step, finding.outcome, finding.result, finding.next_step


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
