"""Which warnings are written: one that is repeated is written once, and then counted."""

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp_tail.clock import Clock
from chatapp_tail.units import format_duration

# For how many seconds a warning is counted before it is said again.
_WINDOW = 5.0
# How many different ones of a kind are said meanwhile.
_MOST_OF_A_KIND = 10


@dataclass(slots=True)
class _Kind:
    """Warnings of one kind: those that were ``said``, and how many ``more`` since an instant."""

    since: float
    said: set[str]
    last: str = ""
    more: int = 0


class Repeats:
    """Decides which warnings are said. A server may send a million a minute.

    Equal ones that follow each other are repeats, and so are equal ones of a kind, whatever is said
    between; of a kind, different ones are said in moderation only.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Warnings without a kind, by sentence; forgotten once something else is said.
        self._kinds: dict[str, _Kind] = {}
        self._own: dict[str, _Kind] = {}

    @property
    def deadline(self) -> float:
        """When ``due`` has something to tell, in monotonic seconds; infinite for never."""
        kinds = (*self._kinds.values(), *self._own.values())
        return min((kind.since + _WINDOW for kind in kinds if kind.more), default=float("inf"))

    def take(self, sentence: str, kind: str) -> list[str]:
        """Return what to say now; ``sentence`` is the last of it, unless it is counted.

        A ``kind`` of "" is none.
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
        """Return the counts whose time has come, each with the last sentence that it counts."""
        return [*self._told(self._kinds, _WINDOW), *self._told(self._own, _WINDOW)]

    def all(self) -> list[str]:
        """Return all counts: something else is to be said."""
        told = [*self._told(self._kinds, 0.0), *self._told(self._own, 0.0)]
        self._own.clear()
        return told

    def _told(self, kinds: dict[str, _Kind], after: float) -> Iterator[str]:
        """Yield counts of at least ``after`` seconds; forget a kind that has come to rest."""
        now = self._clock.now()
        for key, kind in list(kinds.items()):
            if kind.more and now >= kind.since + after:
                span = format_duration(now - kind.since)
                yield f"{kind.last} (and {kind.more:,} more in {span})"
                kind.since, kind.more = now, 0
            elif now >= kind.since + _WINDOW:
                del kinds[key]
