"""The last items in order, with an index by chat and message; the oldest are given up. Pure.

An item is what stands in the list: an event, or a line between the events. Each has a number that
never changes: the first one that was ever kept has 0. One index serves the conversation and a
message's history. The words of rows come from ``chatapp.memory`` instead, which knows what a filter
holds back, and less of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.row import Row
from chatapp_tail.recording.lines import BadLineError, RecordLine, parse_line
from chatapp_tail.recording.reader import frame_of

MOST_ITEMS = 100_000
MOST_BYTES = 64 * 1024 * 1024
# What was given up is cleared away when it is so many items, and half of the list.
_LEAST_CLEARED = 1_000

# A channel's name, and an id in it.
Key = tuple[str, str]


class Status(NamedTuple):
    """What an event tells of another message: ``words`` for it, without the message's own.

    ``kind`` is delivered, failed and so on, or empty for a reaction or a deletion.
    """

    kind: str
    words: str


@dataclass(slots=True)
class Event:
    """An event that is shown: ``line`` is its record as a line of JSON Lines.

    ``chat`` and ``message`` are its keys, None where it has none; ``others`` are further messages
    that it is about: the one it quotes, and its own other id. ``status`` is what it tells of
    ``message``, None where it is a message itself, or about none.
    """

    at: datetime
    row: Row
    line: bytes
    chat: Key | None = None
    message: Key | None = None
    others: tuple[Key, ...] = ()
    status: Status | None = None

    @property
    def size(self) -> int:
        """The bytes of its record; with its words and the index Python takes 1,800 more."""
        return len(self.line)

    @property
    def record(self) -> Record | None:
        """The record again; None for one that can't be read back."""
        try:
            parsed = parse_line(self.line)
        except BadLineError:
            return None
        return frame_of([parsed]).records[0] if isinstance(parsed, RecordLine) else None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of all messages that it is about."""
        return self.others if self.message is None else (self.message, *self.others)


class Tone(Enum):
    """How a line between the events is coloured."""

    PLAIN = "plain"
    WARNING = "warning"
    GAP = "gap"
    ERROR = "error"
    MARK = "mark"
    DAY = "day"


class Line(NamedTuple):
    """A line between the events: a sentence, a mark, or a day. ``words`` are clean."""

    words: str
    tone: Tone = Tone.PLAIN

    @property
    def size(self) -> int:
        """The bytes of its words, in the widest characters."""
        return 4 * len(self.words)


Item = Event | Line


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
