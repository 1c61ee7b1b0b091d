"""What every filter is: a question about one record. Total: never raises, whatever it holds."""

from collections.abc import Callable, Sequence

from chatapp_tail.chatapp.record import Record

Predicate = Callable[[Record], bool]


def every(predicates: Sequence[Predicate]) -> Predicate | None:
    """Return a predicate that asks each in turn until one says no; None if there are none."""
    if not predicates:
        return None
    if len(predicates) == 1:
        return predicates[0]
    asked = tuple(predicates)

    def accepts(record: Record) -> bool:
        for predicate in asked:  # noqa: SIM110 (a generator a record costs more than the questions)
            if not predicate(record):
                return False
        return True

    return accepts
