"""``--event`` and ``--exclude-event``: the event's name against names and globs."""

import re
from collections.abc import Sequence
from fnmatch import translate

from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters.predicate import Predicate


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


def _pattern(globs: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs))
