"""``--highlight``: matches are shown in reverse, in text that is already cleaned and cut.

The marks are escape sequences and take no cell, so no width changes.
"""

import re
from collections.abc import Callable, Sequence

from chatapp_tail.output.text import colored
from chatapp_tail.signals import endless

_CODES = "1;7;33"
# How many characters of a text are searched: uncut text may have millions.
_LONGEST_SEARCHED = 10_000
_RUNS = re.compile(b"\x01+")

Paint = Callable[[str], str]


class Highlighter:
    """Marks the matches of some regular expressions."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        """Mark the matches of ``patterns``; none of them costs nothing."""
        self._patterns = tuple(patterns)

    def paint(self, text: str, rest: Paint = str) -> str:
        """Return ``text`` with marks, and with ``rest`` applied to what is between them.

        ``rest`` must return "" for "". White space at the end, which fills a column, is never
        marked.
        """
        spans = self.spans(text)
        if not spans:
            return rest(text)
        painted, end = [], 0
        for start, stop in spans:
            painted += [rest(text[end:start]), colored(text[start:stop], _CODES)]
            end = stop
        return "".join([*painted, rest(text[end:])])

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where something is found, in order, each place once."""
        if not self._patterns:
            return []
        length = min(len(text.rstrip()), _LONGEST_SEARCHED)
        return [run.span() for run in _RUNS.finditer(_found(self._patterns, text, length))]


# Marks nothing.
NO_HIGHLIGHTS = Highlighter(())


@endless
def _found(patterns: Sequence[re.Pattern[str]], text: str, length: int) -> bytearray:
    """Return a byte for each character: 1 where something is found. A signal interrupts it."""
    found = bytearray(length)
    for pattern in patterns:
        for match in pattern.finditer(text, 0, length):
            start, stop = match.span()
            found[start:stop] = b"\x01" * (stop - start)
    return found
