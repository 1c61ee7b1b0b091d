"""The last items in order, with an index by chat and message; the oldest are given up. Pure.

Each item has a number that never changes: the first one that was ever kept has 0. One index serves
the conversation and a message's history. The words of rows come from ``chatapp.memory`` instead,
which knows what a filter holds back, and less of it.
"""

from collections.abc import Sequence

from chatapp_tail.browse.items import Event, Item, Key

MOST_ITEMS = 100_000
MOST_BYTES = 64 * 1024 * 1024
# What was given up is cleared away when it is so many items, and half of the list.
_LEAST_CLEARED = 1_000


class Store:
    """Items by number; ``first`` is the oldest that is kept, ``end`` the number of the next."""

    def __init__(self, *, most_items: int = MOST_ITEMS, most_bytes: int = MOST_BYTES) -> None:
        self._most_items = most_items
        self._most_bytes = most_bytes
        self._items: list[Item | None] = []
        # The number of what is at place 0, given up or not.
        self._base = 0
        self.first = 0
        self.size = 0
        """How many bytes the records and lines have."""
        self.events = 0
        """How many of the items are events."""
        self.events_given_up = 0
        # Lists rather than deques: most are of one or two, and an empty deque takes 600 bytes.
        self._chats: dict[Key, list[int]] = {}
        self._messages: dict[Key, list[int]] = {}

    @property
    def end(self) -> int:
        """Return the number that the next item gets."""
        return self._base + len(self._items)

    def __len__(self) -> int:
        return self.end - self.first

    def append(self, item: Item) -> None:
        """Keep ``item``, and give up the oldest beyond the bounds; it itself stays in any case."""
        number = self.end
        self._items.append(item)
        self.size += item.size
        if isinstance(item, Event):
            self.events += 1
            if item.chat is not None:
                self._chats.setdefault(item.chat, []).append(number)
            for key in item.keys:
                self._messages.setdefault(key, []).append(number)
        while len(self) > self._most_items or (self.size > self._most_bytes and len(self) > 1):
            self._give_up()

    def get(self, number: int) -> Item | None:
        """Return the item, None if it was given up or isn't there yet."""
        place = number - self._base
        return self._items[place] if 0 <= place < len(self._items) else None

    def items(self, start: int, end: int) -> Sequence[Item | None]:
        """Return the items from number ``start`` to ``end``, which are kept."""
        return self._items[start - self._base : end - self._base]

    def chat(self, key: Key) -> Sequence[int]:
        """Return the numbers of a chat's events, the oldest first."""
        return tuple(self._chats.get(key, ()))

    def message(self, key: Key) -> Sequence[int]:
        """Return the numbers of all events about a message, the oldest first."""
        return tuple(self._messages.get(key, ()))

    def _give_up(self) -> None:
        place = self.first - self._base
        item, self._items[place] = self._items[place], None
        self.first += 1
        if item is not None:
            self.size -= item.size
        if isinstance(item, Event):
            self.events -= 1
            self.events_given_up += 1
            if item.chat is not None:
                _drop_oldest(self._chats, item.chat)
            for key in item.keys:
                _drop_oldest(self._messages, key)
        if place >= _LEAST_CLEARED and place * 2 > len(self._items):
            del self._items[: place + 1]
            self._base = self.first


def _drop_oldest(index: dict[Key, list[int]], key: Key) -> None:
    numbers = index[key]
    del numbers[0]
    if not numbers:
        del index[key]
