"""The format ``table``: aligned rows, appended and never redrawn, with Rich's cell widths.

Rows are made here, not by Rich: its live table shows one screenful and 17 rows a second, and one
Rich table for each row takes four times as long as this.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.highlight import NO_HIGHLIGHTS, Highlighter
from chatapp_tail.output.row import FROM_THE_API, ChannelLabels, Row, RowMaker
from chatapp_tail.output.sink import Sink
from chatapp_tail.output.text import clean, colored, cut, filled, fit, rule

_EVENT, _MESSAGE = 18, 5
# From so many columns on, EVENT is shown.
_LEAST_WITH_EVENT = 100
# The least width of WORDS: below the first CHANNEL and WHO are dropped, below the second MSG and
# TIME.
_LEAST_DETAIL, _LEAST_ALONE = 24, 12
# The least width of WORDS beside a mark.
_LEAST_BESIDE_MARK = 8
_ABOUT = " · "
_HIGHLIGHTED = ("event", "who", "detail")
# Of the 16 colours, so that the terminal's own theme decides.
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "blue": "34", "cyan": "36"}
_DIM = ("time", "message")
_ARROWS = ("←", "→")


class TableSink(Sink):
    """Rows of TIME, CHANNEL, EVENT, MSG, WHO and WORDS, fitted to the width of the terminal."""

    def __init__(  # noqa: PLR0913 (layout parameters)
        self,
        rows: RowMaker,
        *,
        width: Callable[[], int],
        labels: ChannelLabels | None,
        show_header: bool,
        full: bool,
        color: bool,
        highlighter: Highlighter = NO_HIGHLIGHTS,
    ) -> None:
        """``width`` is called at each arrival, so a resized window is followed; ``full`` wraps.

        ``labels`` are shown in the column CHANNEL; None for no such column. ``highlighter`` marks
        text that comes from the record; only with ``color``.
        """
        self._rows = rows
        self._width = width
        self._labels = labels
        self._screen = _LEAST_WITH_EVENT
        self._measured_at: object = None
        self._day = ""
        self._show_header = show_header
        self._full = full
        self._color = color
        self._highlighter = highlighter if color else NO_HIGHLIGHTS

    def header(self) -> bytes:
        """Return the names of the columns, for a terminal."""
        if not self._show_header:
            return b""
        names = Row("TIME", "CHANNEL", "EVENT", "MSG", "WHO", "WORDS")
        self._screen = max(self._width(), 1)
        return b"".join(self._lines(names, lambda _, __, text: self._style(text, "bold")))

    def render(self, record: Record) -> bytes:
        """Return one line, or several with ``full``; before them a line for a new day."""
        row = self._rows.row(record)
        if record.envelope.received_at is not self._measured_at:
            self._measured_at = record.envelope.received_at
            self._screen = max(self._width(), 1)
        if self._labels is not None and record.envelope.channel is not None:
            row = row._replace(channel=clean(self._labels.label(record.envelope.channel)))
        lines = b"".join(self._lines(row, self._paint))
        if row.day == self._day:
            return lines
        self._day = row.day
        day = cut(rule(row.day, self._screen), self._screen)
        return f"{self._style(day, 'dim')}\n".encode() + lines

    def _style(self, text: str, style: str) -> str:
        return colored(text, _CODES[style]) if self._color and text.strip() else text

    def _paint(self, row: Row, column: str, text: str) -> str:
        if column == "detail":
            return self._paint_words(row, text)
        if column in _DIM:
            return self._style(text, "dim")
        return self._highlighter.paint(text) if column in _HIGHLIGHTED else text

    def _paint_words(self, row: Row, text: str) -> str:
        end, style = tinted(row, text)
        tint = partial(self._style, style=style)
        return self._highlighter.paint(text[:end], tint) + self._highlighter.paint(text[end:])

    def _lines(self, row: Row, paint: Callable[[Row, str, str], str]) -> Iterator[bytes]:
        """Yield the lines; ``paint`` takes the row, a column's name and its text."""
        columns, used = columns_of(
            self._screen, self._rows.time_width, self._labels.width if self._labels else None
        )
        prefix = ""
        for name, size in columns:
            prefix += paint(row, name, fit(getattr(row, name), size)) + " "
        for detail in self._details(row, max(self._screen - used, 0)):
            line = prefix + paint(row, "detail", detail)
            yield f"{line.rstrip()}\n".encode()
            prefix = " " * used

    def _details(self, row: Row, width: int) -> list[str]:
        if self._full:
            return list(filled(row.words.rstrip(), max(width, 1))) or [""]
        return [cut_words(row, width)]


def cut_words(row: Row, width: int) -> str:
    """Return the words of ``row`` in ``width`` cells; its mark stays where there is room."""
    left = width - len(row.mark) - 1
    if not row.mark or left < _LEAST_BESIDE_MARK:
        return cut(row.words, width)
    return f"{cut(row.detail, left)} {row.mark}"


def tinted(row: Row, text: str) -> tuple[int, str]:
    """Return how many characters of ``text``, the words of ``row``, have a colour, and its name.

    A failure has it as a whole, a status up to the message's words, a message at its arrow.
    """
    if row.kind == "failed":
        return len(text), "red"
    if row.kind == "viewed":
        return len(text.partition(_ABOUT)[0]), "cyan"
    arrow = len(FROM_THE_API) if text.startswith(FROM_THE_API) else 0
    if row.kind in ("in", "out") and text[arrow : arrow + 1] in _ARROWS:
        return arrow + 1, "green" if row.kind == "in" else "blue"
    return 0, ""


@lru_cache(maxsize=8)
def columns_of(
    screen: int, time_width: int, label_width: int | None
) -> tuple[Sequence[tuple[str, int]], int]:
    """Return names and widths of the columns before WORDS, and the width of them all.

    ``label_width`` is None if channels aren't shown.
    """
    columns = [("time", time_width), ("message", _MESSAGE), ("who", _who_width(screen))]
    if screen >= _LEAST_WITH_EVENT:
        columns.insert(1, ("event", _EVENT))
    if label_width is not None:
        columns.insert(1, ("channel", max(label_width, len("CHANNEL"))))
    for name, least in (
        ("channel", _LEAST_DETAIL),
        ("who", _LEAST_DETAIL),
        ("message", _LEAST_ALONE),
        ("time", _LEAST_ALONE),
    ):
        if sum(size + 1 for _, size in columns) + least > screen:
            columns = [column for column in columns if column[0] != name]
    return columns, sum(size + 1 for _, size in columns)


def _who_width(screen: int) -> int:
    """Return the width of WHO: 16 cells of 80, 20 of 120, 28 of 170 and more, and between them."""
    return 16 + min(max(screen - 80, 0), 40) // 10 + min(max(screen - 120, 0), 50) * 4 // 25
