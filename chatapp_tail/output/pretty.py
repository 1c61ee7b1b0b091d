"""The format ``pretty``: indented JSON, coloured on a terminal."""

import re
from functools import partial

from chatapp_tail import jsontext
from chatapp_tail.chatapp.fields import as_dict
from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.highlight import NO_HIGHLIGHTS, Highlighter
from chatapp_tail.output.sink import Sink
from chatapp_tail.output.text import colored

_COLORS = {"key": "1;34", "string": "32", "number": "36", "word": "35"}
# Each match is one token: outside strings a quote always opens one.
# Possessive, because backtracking would cost 150 bytes for each character of a long string.
_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")(?P<key>(?=:))?'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<word>true|false|null)",
)


class PrettySink(Sink):
    """One record, indented over lines."""

    def __init__(self, *, color: bool, highlighter: Highlighter = NO_HIGHLIGHTS) -> None:
        """``highlighter`` marks values, as JSON writes them; only with ``color``."""
        self._color = color
        self._highlighter = highlighter

    def render(self, record: Record) -> bytes:
        """Return the record over several lines."""
        text = jsontext.dumps(as_dict(record), indent=True)
        if self._color:
            # jsontext has escaped control characters; only our own colours are added.
            text = _TOKEN.sub(self._paint, text.decode()).encode()
        return text + b"\n"

    def _paint(self, match: re.Match[str]) -> str:
        kind = match.lastgroup or "word"
        style = partial(colored, codes=_COLORS[kind])
        return style(match[0]) if kind == "key" else self._highlighter.paint(match[0], style)
