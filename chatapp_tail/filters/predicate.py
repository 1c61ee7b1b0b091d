"""What every filter is: a question about one record. Total: never raises, whatever it holds.

``is_event`` asks for the event's name; ``row_matches`` searches the row: EVENT, WHO and the words
with a space between, neither cut nor with controls made visible. It is one line: each line break,
tab and other white space counts as a space.
"""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate

from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.summary import Summarizer
from chatapp_tail.filters.regex import LONGEST_SEARCHED, is_found

Predicate = Callable[[Record], bool]

_WHITE = re.compile(r"\s")


def every(predicates: Sequence[Predicate]) -> Predicate | None:
    """Return a predicate that asks each in turn until one says no; None if there are none."""
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


def row_matches(greps: Sequence[re.Pattern[str]], summarizer: Summarizer) -> Predicate:
    """Return a predicate: one of ``greps`` is found in the row's text; they are alternatives.

    ``summarizer`` is this predicate's own: it remembers the names and messages of what is asked
    about, which is at least what is shown.
    """
    patterns = tuple(greps)

    def accepts(record: Record) -> bool:
        return is_found(patterns, _row_text(record, summarizer))

    return accepts


def _pattern(globs: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs))


def _row_text(record: Record, summarizer: Summarizer) -> str:
    summary = summarizer.summarize(record)
    cells = (record.envelope.event, summary.who, summary.words)
    text = " ".join(cell for cell in cells if cell)
    return _WHITE.sub(" ", text[:LONGEST_SEARCHED])
