"""Options to one predicate over records. Remembers nothing but what rows do (see ``grep``)."""

import re
from collections.abc import Sequence

from chatapp_tail.chatapp.summary import Summarizer
from chatapp_tail.filters.chat import in_chats
from chatapp_tail.filters.event import is_event
from chatapp_tail.filters.grep import row_matches
from chatapp_tail.filters.predicate import Predicate, every
from chatapp_tail.filters.where import Test, by_cost

__all__ = ["Predicate", "build_filter"]


def build_filter(  # noqa: PLR0913 (an option each)
    events: Sequence[str],
    excluded_events: Sequence[str],
    chats: Sequence[str] = (),
    tests: Sequence[Test] = (),
    greps: Sequence[re.Pattern[str]] = (),
    *,
    summarizer: Summarizer | None = None,
) -> Predicate | None:
    """Return a predicate that is true where all that is asked for is; None if nothing is.

    The cheapest is asked first. All is: the event is in ``events`` (if any) and not in
    ``excluded_events``; the chat is one of ``chats``; each of ``tests`` holds; one of ``greps`` is
    found in the row. ``summarizer`` makes the words of that row: one with the zone and the people
    of the rows that are shown, and nobody else's, because it remembers what it saw. Raises
    ``UsageError`` for a chat without a name.
    """
    asked: list[Predicate] = []
    if events or excluded_events:
        asked.append(is_event(events, excluded_events))
    if chats:
        asked.append(in_chats(chats))
    asked += [test.matches for test in by_cost(tests)]
    if greps:
        asked.append(row_matches(greps, summarizer or Summarizer()))
    return every(asked)
