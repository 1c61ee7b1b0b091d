"""What a listing of the API can be asked for in its query, and the page that answers it. Pure.

Source: programs that page through ChatApp's chats and messages. What they don't show is decided
here and said so.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

MOST_ITEMS = 100
# Nobody shows what comes without a limit; few, so that a client that forgets it has to page.
DEFAULT_LIMIT = 20

# A time in unix seconds, and a number that tells those of one second apart.
Position = tuple[int, int]

_START: Position = (0, 0)
_END: Position = (10**18, 0)
_NUMBER = re.compile(r"[0-9]{1,18}")
# Opaque to clients. Its "+" is for those who forget to encode it: it comes back as a space.
_CURSOR = re.compile(r"([0-9]{1,18})\+([0-9]{1,18})")


class InvalidQuery(Exception):  # noqa: N818  (a reply, not an error of ours)
    """The query can't be answered; ``str()`` says why."""


class Positioned(Protocol):
    """What can be listed by time."""

    @property
    def position(self) -> Position:
        """Its place; no two of a listing have the same."""
        ...


_T = TypeVar("_T", bound=Positioned)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a listing is asked for.

    Not forwards: newest first, what is before ``bound``. Forwards: oldest first, from ``bound`` on.
    """

    limit: int
    bound: Position
    forwards: bool = False

    def order(self, listed: Sequence[_T]) -> Iterator[_T]:
        """Yield what is asked for of ``listed``, which has the oldest first; beyond the limit."""
        bound = bisect_left(listed, self.bound, key=_position)
        order = range(bound, len(listed)) if self.forwards else range(bound - 1, -1, -1)
        return (listed[index] for index in order)

    def cut(self, ordered: Iterator[_T]) -> tuple[list[_T], str | None]:
        """Return the page and the cursor of the next one; None at the end."""
        found = list(islice(ordered, self.limit + 1))
        items = found[: self.limit]
        return items, _cursor(items[-1].position) if len(found) > self.limit else None


def chats_page(query: Mapping[str, str]) -> Page:
    """Read the ``limit`` and ``lastTime`` of one messenger's chats. Raises ``InvalidQuery``.

    ``lastTime`` leads to the chats that are strictly older: whether the real API includes those
    of that second isn't known. This is the harder of the two: who asks with the time of the last
    chat on a page misses the others of its second, and must ask from one second later.
    """
    last_time = _optional_number(query, "lastTime")
    return Page(_limit(query), _END if last_time is None else (last_time, 0))


def messages_page(query: Mapping[str, str]) -> Page:
    """Read ``limit``, ``direction``, and ``nextPage`` or ``lastTime``. Raises ``InvalidQuery``.

    ``prev``, also the default: messages of ``lastTime`` and before. ``next``: of ``lastTime`` and
    after. A cursor says where to go on in the direction that is asked for, and beats ``lastTime``.
    """
    forwards = _choice(query, "direction", {"prev": False, "next": True}, default="prev")
    bound = _first_bound(query, forwards=forwards)
    if (last := _cursor_position(query)) is not None:
        bound = (last[0], last[1] + 1) if forwards else last
    return Page(_limit(query), bound, forwards)


def wants_system_messages(query: Mapping[str, str]) -> bool:
    """Read ``includeSystemMessages``, without which there are none. Raises ``InvalidQuery``.

    1 and 0 are what programs send; to Laravel's rule for booleans the word "true" is none.
    """
    return _choice(query, "includeSystemMessages", {"0": False, "1": True}, default="0")


def _first_bound(query: Mapping[str, str], *, forwards: bool) -> Position:
    last_time = _optional_number(query, "lastTime")
    if last_time is None:
        return _START if forwards else _END
    return (last_time if forwards else last_time + 1), 0


def _limit(query: Mapping[str, str]) -> int:
    limit = _optional_number(query, "limit")
    if limit is None:
        return DEFAULT_LIMIT
    if not 0 < limit <= MOST_ITEMS:
        raise InvalidQuery(f"The limit must be between 1 and {MOST_ITEMS}.")
    return limit


def _cursor(position: Position) -> str:
    return f"{position[0]}+{position[1]}"


def _cursor_position(query: Mapping[str, str]) -> Position | None:
    if "nextPage" not in query:
        return None
    match = _CURSOR.fullmatch(query["nextPage"])
    if match is None:
        raise InvalidQuery("The nextPage is invalid.")
    return int(match[1]), int(match[2])


def _choice(
    query: Mapping[str, str], name: str, choices: Mapping[str, bool], *, default: str
) -> bool:
    chosen = query.get(name, default)
    if chosen not in choices:
        raise InvalidQuery(f"The {name} must be one of: {', '.join(choices)}.")
    return choices[chosen]


def _optional_number(query: Mapping[str, str], name: str) -> int | None:
    return _number(name, query[name]) if name in query else None


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidQuery(f"The {name} must be a number.")
    return int(text)


def _position(one: Positioned) -> Position:
    return one.position
