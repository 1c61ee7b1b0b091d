"""What became of the messages of a run: failures, delivery times, repetitions."""

from collections import Counter
from collections.abc import Iterator, Sequence

from chatapp_tail.chatapp.description import delivery_seconds
from chatapp_tail.chatapp.details import failure_words
from chatapp_tail.chatapp.identity import MESSAGE, STATUS
from chatapp_tail.chatapp.memory import Memory
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, words
from chatapp_tail.units import counted, elapsed

# A server can make up any number of reasons: these are counted apart, all others together.
_MOST_REASONS, _LONGEST_REASON = 100, 80
_OTHERS = "other reasons"
_MOST_NAMED = 3
_MOST_TIMES = 100_000
_ARRIVED = ("delivered", "viewed")


class Outcomes:
    """Counts outcomes for the summary at the end of a run, with what ``memory`` knows."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._reasons: Counter[str] = Counter()
        self._seconds: list[float] = []
        self._repeated = 0

    def hear(self, records: Sequence[Record]) -> None:
        """Count the records of one event; ``memory`` must have noted them."""
        event = records[0].envelope.event
        if event == MESSAGE:
            for record in records:
                self._count_message(record)
        elif event == STATUS:
            for record in records:
                self._count_status(record)

    def words(self) -> Iterator[str]:
        """Yield a line for each kind of outcome that occurred."""
        if failed := self._reasons.total():
            named = [f"{count} × {reason}" for reason, count in self._reasons.most_common()]
            more = f"; and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
            messages = counted(failed, "message")
            yield f"{messages} failed: {'; '.join(named[:_MOST_NAMED])}{more}"
        if self._seconds:
            ordered = sorted(self._seconds)
            usual, longest = elapsed(ordered[len(ordered) // 2]), elapsed(ordered[-1])
            yield f"delivered after {usual} (median), {longest} (longest)"
        if self._repeated:
            yield f"{counted(self._repeated, 'message')} came again with the same words"

    def _count_message(self, record: Record) -> None:
        self._repeated += self._memory.repetition(record) == "again"

    def _count_status(self, record: Record) -> None:
        kind = words(dig(record.data, "type"))
        if kind == "failed":
            reason = failure_words(dig(record.data, "error"))[:_LONGEST_REASON] or "no reason given"
            is_full = reason not in self._reasons and len(self._reasons) >= _MOST_REASONS
            self._reasons[_OTHERS if is_full else reason] += 1
        elif kind in _ARRIVED:
            known = self._memory.about(record)
            seconds = delivery_seconds(record, known)
            if known is None or known.has_arrived or seconds is None:
                return
            known.has_arrived = True
            if len(self._seconds) < _MOST_TIMES:
                self._seconds.append(seconds)
