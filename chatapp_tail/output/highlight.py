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
        return _merged(sorted(_found(self._patterns, text, length)))


# Marks nothing.
NO_HIGHLIGHTS = Highlighter(())


@endless
def _found(patterns: Sequence[re.Pattern[str]], text: str, length: int) -> list[tuple[int, int]]:
    spans = []
    for pattern in patterns:  # signals interrupt this frame, not a comprehension's
        for match in pattern.finditer(text, 0, length):
            if match.end() > match.start():
                spans.append(match.span())  # noqa: PERF401 (as above)
    return spans


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ordered ``spans`` with those that touch joined."""
    merged: list[tuple[int, int]] = []
    for start, stop in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged
