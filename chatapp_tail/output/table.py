"""Aligned rows, appended and never redrawn, with Rich's measure of what a character takes.

A row is put together here rather than by a Rich table: a growing live table shows one screenful
and 17 rows a second, and a table a row costs four times the time of this.
"""

from collections.abc import Callable, Iterator
from functools import partial

from rich.style import Style

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.highlight import NO_HIGHLIGHTS, Highlighter
from chatapp_tail.output.row import Row, RowMaker
from chatapp_tail.output.wrapping import cells, filled, fitting

_CHANNEL, _EVENT, _WHO = 15, 18, 18
# DETAIL may not get narrower than this before WHO, then CHANNEL, are dropped.
_LEAST_DETAIL = 16
_ELLIPSIS = "…"
_HIGHLIGHTED = ("event", "who", "detail")
# By the beginning of the event's name; the first that fits. Names of the 16 colours, so that the
# terminal's own theme decides.
_EVENT_COLORS = (
    ("message", "green"),
    ("chat", "yellow"),
    ("employee", "magenta"),
    ("quickResponse", "blue"),
)


class TableSink:
    """Rows of TIME, CHANNEL, EVENT, WHO and DETAIL, fitted to the width of the terminal."""

    per_frame = False

    def __init__(  # noqa: PLR0913 (a terminal has that many sides)
        self,
        rows: RowMaker,
        *,
        time_width: int,
        width: Callable[[], int],
        show_channel: bool,
        show_header: bool,
        full: bool,
        color: bool,
        highlighter: Highlighter = NO_HIGHLIGHTS,
    ) -> None:
        """``width`` is asked for each row, so a resized window is followed; ``full`` wraps.

        ``highlighter`` marks the words that come from the record; only with ``color``.
        """
        self._rows = rows
        self._time_width = time_width
        self._width = width
        self._show_channel = show_channel
        self._show_header = show_header
        self._full = full
        self._style = _paint if color else _leave
        self._highlighter = highlighter if color else NO_HIGHLIGHTS

    def header(self) -> bytes:
        """Return the line with the columns' names."""
        if not self._show_header:
            return b""
        names = Row("TIME", "CHANNEL", "EVENT", "WHO", "DETAIL", failed=False)
        return b"".join(self._lines(names, lambda _, text: self._style(text, "bold")))

    def render(self, record: Record) -> bytes:
        """Return one line, or as many as DETAIL needs with ``full``."""
        row = self._rows.row(record)
        return b"".join(self._lines(row, partial(self._paint, row)))

    def _paint(self, row: Row, column: str, text: str) -> str:
        style = partial(self._style, style=_style(column, row))
        if column in _HIGHLIGHTED:
            return self._highlighter.paint(text, style)
        return style(text)

    def _lines(self, row: Row, paint: Callable[[str, str], str]) -> Iterator[bytes]:
        """Yield the lines; ``paint`` is given a column's name and what stands in it."""
        width = max(self._width(), 1)
        columns = self._columns(width)
        cells = [paint(name, _fit(getattr(row, name), size)) for name, size in columns]
        used = sum(size + 1 for _, size in columns)
        prefix = "".join(f"{cell} " for cell in cells)
        for detail in self._details(row.detail, max(width - used, 0)):
            line = prefix + paint("detail", detail)
            yield f"{line.rstrip()}\n".encode()
            prefix = " " * used

    def _columns(self, width: int) -> list[tuple[str, int]]:
        """Return names and widths of the columns that fit before DETAIL."""
        columns = [("time", self._time_width), ("event", _EVENT), ("who", _WHO)]
        if self._show_channel:
            columns.insert(1, ("channel", _CHANNEL))
        for name in ("who", "channel", "time", "event"):
            if sum(size + 1 for _, size in columns) + _LEAST_DETAIL <= width:
                break
            columns = [column for column in columns if column[0] != name]
        return columns

    def _details(self, detail: str, width: int) -> list[str]:
        if not self._full:
            return [_cut(detail, width)]
        return list(filled(detail.rstrip(), max(width, 1))) or [""]


def _fit(text: str, width: int) -> str:
    text = _cut(text, width)
    return text + " " * (width - cells(text))


def _cut(text: str, width: int) -> str:
    if len(text) * 2 <= width or cells(text) <= width:  # no character is wider than two
        return text
    return text[: fitting(text, width - 1)].rstrip() + _ELLIPSIS if width > 0 else ""


def _style(column: str, row: Row) -> str:
    match column:
        case "time":
            return "dim"
        case "channel":
            return "cyan"
        case "event":
            return next((color for name, color in _EVENT_COLORS if row.event.startswith(name)), "")
        case "who":
            return "bold"
        case _:
            return "red" if row.failed else ""


def _paint(text: str, style: str) -> str:
    return Style.parse(style).render(text) if style and text else text


def _leave(text: str, style: str) -> str:  # noqa: ARG001 (as _paint)
    return text
