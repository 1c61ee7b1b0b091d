"""Aligned rows, appended and never redrawn, with Rich's measure of what a character takes.

A row is put together here rather than by a Rich table: a growing live table shows one screenful
and 17 rows a second, and a table a row costs four times the time of this.
"""

from collections.abc import Callable, Iterator
from functools import partial

from rich.style import Style

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.highlight import NO_HIGHLIGHTS, Highlighter
from chatapp_tail.output.row import FROM_THE_API, ChannelLabels, Row, RowMaker
from chatapp_tail.output.sanitize import clean
from chatapp_tail.output.wrapping import cells, filled, fitting, rule

_EVENT, _MESSAGE = 18, 5
# From so many columns on there is room for EVENT.
_LEAST_WITH_EVENT = 100
# WHO by the width of the screen: as wide as between these.
_WHO_WIDTHS = ((80, 16), (120, 20), (170, 28))
# The words may not get narrower than this before CHANNEL and WHO, then MSG and TIME are dropped.
_LEAST_DETAIL, _LEAST_ALONE = 24, 12
# What of the words is left beside a mark, at least.
_LEAST_BESIDE_MARK = 8
_ELLIPSIS = "…"
_ABOUT = " · "
_HIGHLIGHTED = ("event", "who", "detail")
# Names of the 16 colours, so that the terminal's own theme decides.
_DIM = frozenset({"time", "message"})
_ARROWS = {"in": "green", "out": "blue"}
_ARROW_SIGNS = ("←", "→")


class TableSink:
    """Rows of TIME, CHANNEL, EVENT, MSG, WHO and WORDS, fitted to the width of the terminal."""

    per_frame = False

    def __init__(  # noqa: PLR0913 (layout parameters)
        self,
        rows: RowMaker,
        *,
        time_width: int,
        width: Callable[[], int],
        labels: ChannelLabels,
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
        self._labels = labels
        self._show_channel = show_channel
        self._day = ""
        self._show_header = show_header
        self._full = full
        self._style = _paint if color else _leave
        self._highlighter = highlighter if color else NO_HIGHLIGHTS

    def header(self) -> bytes:
        """Return the line with the columns' names."""
        if not self._show_header:
            return b""
        names = Row("TIME", "CHANNEL", "EVENT", "MSG", "WHO", "WORDS")
        return b"".join(self._lines(names, lambda _, text: self._style(text, "bold")))

    def render(self, record: Record) -> bytes:
        """Return one line, or as many as the words need with ``full``; before it a new day's."""
        row = self._rows.row(record)
        if self._show_channel and record.envelope.channel is not None:
            row = row._replace(channel=clean(self._labels.label(record.envelope.channel)))
        lines = b"".join(self._lines(row, partial(self._paint, row)))
        if row.day == self._day:
            return lines
        self._day = row.day
        return self._day_line(row.day) + lines

    def _day_line(self, day: str) -> bytes:
        line = _cut(rule(day, self._width()), max(self._width(), 1))
        return f"{self._style(line, 'dim')}\n".encode()

    def _paint(self, row: Row, column: str, text: str) -> str:
        if column == "detail":
            return self._paint_words(row, text)
        style = partial(self._style, style="dim" if column in _DIM else "")
        return self._highlighter.paint(text, style) if column in _HIGHLIGHTED else style(text)

    def _paint_words(self, row: Row, text: str) -> str:
        """Paint a failure as a whole, a status up to the message's own words, an arrow alone."""
        end, style = 0, ""
        if row.kind == "failed":
            end, style = len(text), "red"
        elif row.kind == "viewed":
            end, style = len(text.partition(_ABOUT)[0]), "cyan"
        elif style := _ARROWS.get(row.kind, ""):
            at = len(FROM_THE_API) if text.startswith(FROM_THE_API) else 0
            end = at + 1 if text[at : at + 1] in _ARROW_SIGNS else 0
        painted = (text[:end], style), (text[end:], "")
        return "".join(
            self._highlighter.paint(part, partial(self._style, style=color))
            for part, color in painted
        )

    def _lines(self, row: Row, paint: Callable[[str, str], str]) -> Iterator[bytes]:
        """Yield the lines; ``paint`` is given a column's name and what stands in it."""
        width = max(self._width(), 1)
        columns = self._columns(width)
        cells = [paint(name, _fit(getattr(row, name), size)) for name, size in columns]
        used = sum(size + 1 for _, size in columns)
        prefix = "".join(f"{cell} " for cell in cells)
        for detail in self._details(row, max(width - used, 0)):
            line = prefix + paint("detail", detail)
            yield f"{line.rstrip()}\n".encode()
            prefix = " " * used

    def _columns(self, width: int) -> list[tuple[str, int]]:
        """Return names and widths of the columns that fit before the words."""
        columns = [("time", self._time_width), ("message", _MESSAGE), ("who", _who_width(width))]
        if width >= _LEAST_WITH_EVENT:
            columns.insert(1, ("event", _EVENT))
        if self._show_channel:
            columns.insert(1, ("channel", max(self._labels.width, len("CHANNEL"))))
        for name, least in (
            ("channel", _LEAST_DETAIL),
            ("who", _LEAST_DETAIL),
            ("message", _LEAST_ALONE),
            ("time", _LEAST_ALONE),
        ):
            if sum(size + 1 for _, size in columns) + least > width:
                columns = [column for column in columns if column[0] != name]
        return columns

    def _details(self, row: Row, width: int) -> list[str]:
        words = f"{row.detail} {row.mark}" if row.mark else row.detail
        if self._full:
            return list(filled(words.rstrip(), max(width, 1))) or [""]
        left = width - len(row.mark) - 1
        if not row.mark or left < _LEAST_BESIDE_MARK:
            return [_cut(words, width)]
        return [f"{_cut(row.detail, left)} {row.mark}"]


def _who_width(width: int) -> int:
    """Return how wide WHO is on a screen of ``width`` columns."""
    (last_screen, last_size), *wider = _WHO_WIDTHS
    for screen, size in wider:
        if width < screen:
            grown = max(width - last_screen, 0) * (size - last_size) // (screen - last_screen)
            return last_size + grown
        last_screen, last_size = screen, size
    return last_size


def _fit(text: str, width: int) -> str:
    text = _cut(text, width)
    return text + " " * (width - cells(text))


def _cut(text: str, width: int) -> str:
    if len(text) * 2 <= width or cells(text) <= width:  # no character is wider than two
        return text
    return text[: fitting(text, width - 1)].rstrip() + _ELLIPSIS if width > 0 else ""


def _paint(text: str, style: str) -> str:
    return Style.parse(style).render(text) if style and not text.isspace() else text


def _leave(text: str, style: str) -> str:  # noqa: ARG001 (as _paint)
    return text
