"""What the tests of this folder share."""

from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters.where import parse_test


def holds(test: str, record: Record) -> bool:
    """Return whether the test that ``test`` writes holds for ``record``."""
    return parse_test(test).matches(record)


def nested(depth: int, innermost: object, *, key: str | None = None) -> object:
    """Return ``innermost`` in ``depth`` lists, or in as many objects with ``key``."""
    value = innermost
    for _ in range(depth):
        value = [value] if key is None else {key: value}
    return value
