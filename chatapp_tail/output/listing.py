"""An account's channels as a Rich table, for ``chatapp-tail channels``."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple, TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from chatapp_tail.output.console import make_console
from chatapp_tail.output.sanitize import clean

_COLUMNS = ("name", "messenger", "phone", "status", "until")


class ListedRow(NamedTuple):
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


def print_listing(rows: Iterable[ListedRow], stream: TextIO, *, color: bool) -> None:
    """Print one row a channel; columns that would be empty are left out."""
    rows = list(rows)
    columns = [name for name in _COLUMNS if any(getattr(row, name) for row in rows)]
    table = Table("SPEC", *(name.upper() for name in columns), box=box.SIMPLE, pad_edge=False)
    for column in table.columns:
        # A spec and a number are there to be copied; only words may take several lines.
        column.overflow = "fold"
        column.no_wrap = column.header not in ("NAME", "MESSENGER")
    for row in rows:
        cells = [Text(clean(str(getattr(row, name))), _style(name, row)) for name in columns]
        table.add_row(Text(row.spec, "cyan"), *cells)
    make_console(stream, color=color).print(table)


def _style(column: str, row: ListedRow) -> str:
    return "yellow" if column == "status" and row.status not in ("", "active") else ""
