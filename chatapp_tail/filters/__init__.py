"""Filters of records: options to one predicate, and what it remembers of earlier records."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from chatapp_tail.chatapp.description import Describer
from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters.predicate import Predicate, every, is_event, negated, row_matches
from chatapp_tail.filters.subject import about_messages, in_chats
from chatapp_tail.filters.where import Test, predicate

__all__ = ["Filter", "Predicate", "build_filter"]


class Filter:
    """All parts must accept a record; the first refusal ends the test."""

    def __init__(
        self, parts: Sequence[tuple[str, Predicate]], note: Callable[[Record], None] | None
    ) -> None:
        """``parts`` are options and their predicates, the cheapest first.

        The caller must pass each record to ``note`` before ``accepts``; None if not needed.
        """
        self._parts = tuple(parts)
        self._held_back = Counter({option: 0 for option, _ in parts})
        self.note = note

    def accepts(self, record: Record) -> bool:
        """Return whether all options accept the record. Never raises for what it holds."""
        for option, accepts in self._parts:
            if not accepts(record):
                self._held_back[option] += 1
                return False
        return True

    @property
    def most_held_back(self) -> tuple[str, int]:
        """The option that refused most records, and how many."""
        ((option, count),) = self._held_back.most_common(1)
        return option, count


def build_filter(  # noqa: PLR0913 (one per option)
    *,
    events: Sequence[str] = (),
    excluded_events: Sequence[str] = (),
    chats: Sequence[str] = (),
    messages: Sequence[str] = (),
    tests: Sequence[Test] = (),
    greps: Sequence[re.Pattern[str]] = (),
    excluded_greps: Sequence[re.Pattern[str]] = (),
    describer: Describer | None = None,
) -> Filter | None:
    """Return a filter of all conditions; None if there are none.

    The event matches ``events`` (if any) and none of ``excluded_events``; the chat is one of
    ``chats``; the record is about one of ``messages``; each of ``tests`` holds; one of ``greps``
    matches the row, none of ``excluded_greps`` does. ``describer`` makes the words of that row, in
    the zone of the rows that are shown. Raises ``UsageError`` for an empty chat or message.
    """
    words = describer or Describer()
    asked: list[tuple[str, Predicate]] = []
    if events:
        asked.append(("--event", is_event(events)))
    if excluded_events:
        asked.append(("--exclude-event", negated(is_event(excluded_events))))
    if messages:
        asked.append(("--msg", about_messages(messages)))
    if chats:
        asked.append(("--chat", in_chats(chats, words.memory)))
    if tests:
        regexes_last = sorted(tests, key=lambda test: test.regex is not None)
        asked.append(("--where", every([predicate(test) for test in regexes_last])))
    if greps:
        asked.append(("--grep", row_matches(greps, words)))
    if excluded_greps:
        asked.append(("--no-grep", negated(row_matches(excluded_greps, words))))
    if not asked:
        return None
    remembers = bool(chats or greps or excluded_greps)
    return Filter(asked, words.memory.note if remembers else None)
