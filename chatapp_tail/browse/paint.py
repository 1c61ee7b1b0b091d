"""Items to coloured cells. Remote text comes here clean, and is never markup."""

import re
from collections.abc import Iterator, Sequence

from rich.segment import Segment
from rich.style import Style

from chatapp_tail.browse.store import Event, Item, Line, Tone
from chatapp_tail.output.highlight import Highlighter
from chatapp_tail.output.row import Row
from chatapp_tail.output.table import columns_of, cut_words, tinted
from chatapp_tail.output.text import fit, rule

_DIM = Style(dim=True)
_PLAIN = Style()
_FOUND = Style(bold=True, reverse=True, color="yellow")
TONES = {
    Tone.PLAIN: Style(dim=True),
    Tone.WARNING: Style(color="yellow"),
    Tone.GAP: Style(bold=True, color="yellow"),
    Tone.ERROR: Style(bold=True, color="red"),
    Tone.MARK: Style(bold=True, color="magenta"),
    Tone.DAY: Style(dim=True),
}
# Lines that stand out across the whole width.
_RULES = frozenset({Tone.GAP, Tone.MARK, Tone.DAY})
_NAMES = Row("TIME", "CHANNEL", "EVENT", "MSG", "WHO", "WORDS")


class Painter:
    """Paints items in ``width`` cells, with the columns of the table."""

    def __init__(
        self,
        *,
        time_width: int,
        shows_channel: bool,
        highlights: Sequence[re.Pattern[str]] = (),
    ) -> None:
        """What ``highlights`` find is marked."""
        self._time_width = time_width
        self._highlights = tuple(highlights)
        self._shows_channel = shows_channel
        self.channel_width = 0
        """Of the widest label so far."""
        self.highlighter = Highlighter(self._highlights)
        """What marks; another one after ``mark``."""

    def mark(self, found: re.Pattern[str] | None) -> None:
        """Mark also what ``found`` finds, in place of what was given here before."""
        self.highlighter = Highlighter((*self._highlights, *([found] if found else [])))

    def header(self, width: int) -> list[Segment]:
        """Return the names of the columns."""
        bold = Style(bold=True)
        return [Segment(text, bold) for _, text in self._cells(_NAMES, width)]

    def item(self, item: Item, width: int, base: Style = _PLAIN) -> list[Segment]:
        """Return one line for ``item``, which fills the width; ``base`` is below its styles."""
        parts = self._line(item, width) if isinstance(item, Line) else self._event(item, width)
        return [Segment(text, base + style if style else base) for text, style, _ in parts]

    def _line(self, line: Line, width: int) -> list[Segment]:
        """Return a line between the events: across the whole width where it is to stand out."""
        words = rule(line.words, width) if line.tone in _RULES else line.words
        return self._marked(fit(words, width), TONES[line.tone])

    def _event(self, event: Event, width: int) -> list[Segment]:
        row = event.row
        self.channel_width = max(self.channel_width, min(len(row.channel), 20))
        segments: list[Segment] = []
        for name, text in self._cells(row, width):
            if name == "detail":
                segments += self._words(row, text)
            else:
                style = _DIM if name in ("time", "message") else _PLAIN
                segments += self._marked(text, style)
        return segments

    def _cells(self, row: Row, width: int) -> Iterator[tuple[str, str]]:
        channel = self.channel_width if self._shows_channel else None
        columns, used = columns_of(width, self._time_width, channel)
        for name, size in columns:
            yield name, fit(getattr(row, name), size) + " "
        left = max(width - used, 0)
        yield "detail", fit(cut_words(row, left), left)

    def _words(self, row: Row, text: str) -> list[Segment]:
        end, color = tinted(row, text)
        tint = Style(color=color or None)
        return self._marked(text[:end], tint) + self._marked(text[end:], _PLAIN)

    def _marked(self, text: str, style: Style) -> list[Segment]:
        segments, end = [], 0
        for start, stop in self.highlighter.spans(text):
            segments += [Segment(text[end:start], style), Segment(text[start:stop], _FOUND)]
            end = stop
        return [*segments, Segment(text[end:], style)]
