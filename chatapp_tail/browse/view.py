"""Which items of a store are seen: all of them, or those that a test accepts. Pure.

A view is brought up to date on purpose, a bounded number of items at a time, so that a test of
many items never keeps a key waiting, and a view that is paused stands still.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple

from chatapp_tail.browse.store import Event, Item, Line, Store
from chatapp_tail.filters.predicate import is_found
from chatapp_tail.filters.syntax import parse_regex
from chatapp_tail.filters.where import parse_test, predicate

Test = Callable[[Item], bool]
# Reads what is typed; returns a test, and what it finds in the text.
Reader = Callable[[str], tuple[Test, re.Pattern[str] | None]]


class Change(NamedTuple):
    """What an update did: how many items went at the front, and how many came at the end."""

    gone: int
    come: int


class View:
    """The numbers of the items that are seen, by place."""

    def __init__(self, store: Store, test: Test | None = None) -> None:
        """Without ``test`` all are seen. Nothing is, before the first update."""
        self._store = store
        self._test = test
        self._numbers: list[int] | range = range(store.first, store.first) if test is None else []
        self.looked_at = store.first
        """The number up to which items were looked at."""

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, place: int) -> int:
        """Return the number of the item at ``place``."""
        return self._numbers[place]

    def place(self, number: int) -> int:
        """Return where the item is, or would be: the place of the first that isn't before it."""
        return bisect_left(self._numbers, number)

    def update(self, until: int, most: int) -> Change:
        """Take what came before number ``until``, and let go what the store has given up.

        ``most`` is how many items to look at.
        """
        first = self._store.first
        start = max(self.looked_at, first)
        end = max(start, min(until, start + most))
        before = len(self._numbers)
        self.looked_at = end
        gone = bisect_left(self._numbers, first)
        if isinstance(self._numbers, range):
            self._numbers = range(first, end)
        else:
            del self._numbers[:gone]
            self._numbers += self._accepted(start, end)
        return Change(gone, len(self._numbers) - (before - gone))

    def _accepted(self, start: int, end: int) -> Iterator[int]:
        for number, item in enumerate(self._store.items(start, end), start):
            if item is not None and (self._test is None or self._test(item)):
                yield number


def words_test(text: str) -> tuple[Test, re.Pattern[str]]:
    """Return a test for the regular expression ``text``, as ``--grep`` takes it, and what it finds.

    It searches what a row shows, and the lines between the rows. Raises ``UsageError``.
    """
    pattern = parse_regex(text)
    patterns = (pattern,)
    return lambda item: is_found(patterns, _text(item)), pattern


def field_test(text: str) -> tuple[Test, None]:
    """Return a test as ``--where`` takes it, of events alone. Raises ``UsageError``."""
    holds = predicate(parse_test(text))

    def accepts(item: Item) -> bool:
        record = item.record if isinstance(item, Event) else None
        return record is not None and holds(record)

    return accepts, None


def _text(item: Item) -> str:
    """Return EVENT, WHO and WORDS, or a line's words."""
    if isinstance(item, Line):
        return item.words
    row = item.row
    return f"{row.event} {row.who} {row.detail} {row.mark}"
