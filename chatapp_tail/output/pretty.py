"""Indented JSON for eyes, coloured where colours are wanted."""

import re

from chatapp_tail import jsontext
from chatapp_tail.chatapp.record import Record

_RESET = "\x1b[0m"
_COLORS = {"key": "\x1b[1;34m", "string": "\x1b[32m", "number": "\x1b[36m", "word": "\x1b[35m"}
# One token a match; a quote always opens a string in JSON, so no token is taken for another.
# Possessive, because a match that could go back costs 150 bytes a character of a long string.
_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")(?P<key>(?=:))?'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<word>true|false|null)",
)


class PrettySink:
    """One record, indented over lines."""

    per_frame = False

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def header(self) -> bytes:
        """Return nothing."""
        return b""

    def render(self, record: Record) -> bytes:
        """Return the record over several lines."""
        text = jsontext.dumps(record.as_dict(), indent=True)
        if self._color:
            # jsontext has escaped what could act on the terminal; only our own colours are added.
            text = _TOKEN.sub(_paint, text.decode()).encode()
        return text + b"\n"


def _paint(match: re.Match[str]) -> str:
    return f"{_COLORS[match.lastgroup or 'word']}{match[0]}{_RESET}"
