"""Predicates over records: of the event's name, and of the text of the row. They never raise.

The row is searched as EVENT, WHO and WORDS with spaces between, neither cut nor cleaned. It is one
line: each line break, tab or other white space counts as a space.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate

from chatapp_tail.chatapp.description import Describer
from chatapp_tail.chatapp.record import Record
from chatapp_tail.signals import endless

Predicate = Callable[[Record], bool]

# How many characters of a text are searched at most: a hostile megabyte is no message.
LONGEST_SEARCHED = 10_000
_WHITE = re.compile(r"\s")


def every(predicates: Sequence[Predicate]) -> Predicate | None:
    """Return the conjunction of ``predicates``, asked in turn; None if there are none."""
    if not predicates:
        return None
    if len(predicates) == 1:
        return predicates[0]
    asked = tuple(predicates)

    def accepts(record: Record) -> bool:
        for predicate in asked:  # noqa: SIM110 (faster than any())
            if not predicate(record):
                return False
        return True

    return accepts


def is_event(events: Sequence[str], excluded_events: Sequence[str]) -> Predicate:
    """Return a predicate: the event is in ``events`` (if any) and not in ``excluded_events``.

    Both hold names or globs (``chat*``), compared with exact case.
    """
    wanted = _pattern(events) if events else None
    unwanted = _pattern(excluded_events) if excluded_events else None

    def accepts(record: Record) -> bool:
        event = record.envelope.event
        if wanted is not None and not wanted.match(event):
            return False
        return unwanted is None or not unwanted.match(event)

    return accepts


def row_matches(greps: Sequence[re.Pattern[str]], describer: Describer) -> Predicate:
    """Return a predicate: one of ``greps`` matches the row's text.

    ``describer`` must not be shared: it remembers the names and messages of the records that this
    predicate was asked about.
    """
    patterns = tuple(greps)

    def accepts(record: Record) -> bool:
        return is_found(patterns, _row_text(record, describer))

    return accepts


@endless
def is_found(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    """Return whether one of ``patterns`` matches in the beginning of ``text``.

    A pattern may backtrack without end; a signal interrupts it.
    """
    for pattern in patterns:  # noqa: SIM110 (signals interrupt this frame)
        if pattern.search(text, 0, LONGEST_SEARCHED):
            return True
    return False


def _pattern(globs: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs))


def _row_text(record: Record, describer: Describer) -> str:
    told = describer.describe(record)
    cells = (record.envelope.event, told.who, told.words)
    text = " ".join(cell for cell in cells if cell)
    return _WHITE.sub(" ", text[:LONGEST_SEARCHED])
