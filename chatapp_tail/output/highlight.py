"""What ``--highlight`` finds is shown in reverse, in what is already clean and cut.

The marks are characters of their own around it and take no cell, so no width changes.
"""

import re
from collections.abc import Callable, Sequence

from chatapp_tail.signals import endless

_ON, _OFF = "\x1b[1;7;33m", "\x1b[0m"
# How many characters of a text are searched; what isn't cut may have millions.
_LONGEST_SEARCHED = 10_000

Paint = Callable[[str], str]


class Highlighter:
    """Marks what any of the regular expressions finds."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        """Without ``patterns`` nothing is marked, at no cost."""
        self._patterns = tuple(patterns)

    def paint(self, text: str, rest: Paint = str) -> str:
        """Return ``text`` with marks, and ``rest`` (which leaves "" as it is) applied between them.

        White space at the end, which fills up a cell, is never marked.
        """
        spans = self.spans(text)
        if not spans:
            return rest(text)
        painted, end = [], 0
        for start, stop in spans:
            painted += [rest(text[end:start]), _mark(text[start:stop])]
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
    for pattern in patterns:  # a comprehension would run it in a frame of its own
        for match in pattern.finditer(text, 0, length):
            if match.end() > match.start():
                spans.append(match.span())  # noqa: PERF401 (as above)
    return spans


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ``spans``, which are in order, with those that touch made one."""
    merged: list[tuple[int, int]] = []
    for start, stop in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged


def _mark(text: str) -> str:
    return f"{_ON}{text}{_OFF}"
