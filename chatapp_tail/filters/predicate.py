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


def every(predicates: Sequence[Predicate]) -> Predicate:
    """Return the conjunction of ``predicates``, asked in turn."""
    if len(predicates) == 1:
        return predicates[0]

    def accepts(record: Record) -> bool:
        for predicate in predicates:  # noqa: SIM110 (faster than any())
            if not predicate(record):
                return False
        return True

    return accepts


def negated(predicate: Predicate) -> Predicate:
    """Return a predicate that holds where ``predicate`` doesn't."""
    return lambda record: not predicate(record)


def is_event(globs: Sequence[str]) -> Predicate:
    """Return a predicate: the event's name matches one of ``globs``, with exact case."""
    pattern = re.compile("|".join(map(translate, globs)))
    return lambda record: pattern.match(record.envelope.event) is not None


def row_matches(greps: Sequence[re.Pattern[str]], describer: Describer) -> Predicate:
    """Return a predicate: one of ``greps`` matches the row's text.

    ``describer`` must not be shared: it remembers the names and messages of the records that this
    predicate was asked about.
    """
    return lambda record: is_found(greps, _row_text(record, describer))


@endless
def is_found(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    """Return whether one of ``patterns`` matches in the beginning of ``text``.

    A pattern may backtrack without end; a signal interrupts it.
    """
    for pattern in patterns:  # noqa: SIM110 (signals interrupt this frame)
        if pattern.search(text, 0, LONGEST_SEARCHED):
            return True
    return False


def _row_text(record: Record, describer: Describer) -> str:
    told = describer.describe(record)
    cells = (record.envelope.event, told.who, told.words)
    text = " ".join(cell for cell in cells if cell)
    return _WHITE.sub(" ", text[:LONGEST_SEARCHED])
