"""Which warnings are written: one that is repeated is written once, and then counted."""

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp_tail.clock import Clock
from chatapp_tail.units import format_duration

# For how many seconds a warning is counted before the count is written.
_WINDOW = 5.0
# How many different warnings of a kind are written meanwhile.
_MOST_OF_A_KIND = 10


@dataclass(slots=True)
class _Kind:
    """Warnings of one kind: those that were ``said``, and how many ``more`` since an instant."""

    since: float
    said: set[str]
    last: str = ""
    more: int = 0


class Repeats:
    """Decides which warnings are written: a server may cause a million a minute.

    An equal warning is a repeat if nothing else was written between, or if both have the same kind.
    Of the different warnings of one kind, the first ten are written.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}
        # Warnings without a kind, by their text; forgotten when something else is written.
        self._own: dict[str, _Kind] = {}

    @property
    def deadline(self) -> float:
        """When ``due`` returns something, in monotonic seconds; infinite for never."""
        kinds = (*self._kinds.values(), *self._own.values())
        return min((kind.since + _WINDOW for kind in kinds if kind.more), default=float("inf"))

    def take(self, sentence: str, kind: str) -> list[str]:
        """Return what to write now: counts that are due, then ``sentence`` unless it is counted.

        ``kind`` is "" for a warning without a kind.
        """
        told = self.due()
        kinds, key = (self._kinds, kind) if kind else (self._own, sentence)
        same = kinds.get(key)
        if same is not None and (sentence in same.said or len(same.said) >= _MOST_OF_A_KIND):
            same.last = sentence
            same.more += 1
            return told
        told += self.all()
        kinds.setdefault(key, _Kind(self._clock.now(), set())).said.add(sentence)
        return [*told, sentence]

    def due(self) -> list[str]:
        """Return the counts that are due, each with the last warning that it counts."""
        return [*self._told(self._kinds, _WINDOW), *self._told(self._own, _WINDOW)]

    def all(self) -> list[str]:
        """Return all counts, because something else is to be written."""
        told = [*self._told(self._kinds, 0.0), *self._told(self._own, 0.0)]
        self._own.clear()
        return told

    def _told(self, kinds: dict[str, _Kind], after: float) -> Iterator[str]:
        """Yield counts that are at least ``after`` seconds old; forget kinds at rest."""
        now = self._clock.now()
        for key, kind in list(kinds.items()):
            if kind.more and now >= kind.since + after:
                span = format_duration(now - kind.since)
                yield f"{kind.last} (and {kind.more:,} more in {span})"
                kind.since, kind.more = now, 0
            elif now >= kind.since + _WINDOW:
                del kinds[key]
