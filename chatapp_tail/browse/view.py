"""Which items of a store are seen: all of them, or those that a test accepts. Pure.

A view is brought up to date on purpose, a bounded number of items at a time, so that a test of
many items never keeps a key waiting, and a view that is paused stands still.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from chatapp_tail.browse.items import Item
from chatapp_tail.browse.store import Store

Test = Callable[[Item], bool]


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
        self._looked_at = store.first

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, place: int) -> int:
        """Return the number of the item at ``place``."""
        return self._numbers[place]

    def place(self, number: int) -> int:
        """Return where the item is, or would be: the place of the first that isn't before it."""
        return bisect_left(self._numbers, number)

    @property
    def looked_at(self) -> int:
        """The number up to which items were looked at."""
        return self._looked_at

    def update(self, until: int, most: int) -> Change:
        """Take what came before number ``until``, and let go what the store has given up.

        ``most`` is how many items to look at.
        """
        first = self._store.first
        start = max(self._looked_at, first)
        end = max(start, min(until, start + most))
        before = len(self._numbers)
        self._looked_at = end
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


def next_match(store: Store, numbers: Iterable[int], test: Test) -> int | None:
    """Return the first of ``numbers``, in their order, whose item the test accepts."""
    for number in numbers:
        item = store.get(number)
        if item is not None and test(item):
            return number
    return None
