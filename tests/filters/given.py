"""What the tests of this folder share."""

from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters.where import parse_test, predicate


def holds(test: str, record: Record) -> bool:
    """Return whether the test that ``test`` writes holds for ``record``, asked in both ways."""
    parsed = parse_test(test)
    answer = parsed.matches(record)
    assert predicate(parsed)(record) is answer
    return answer


def nested(depth: int, innermost: object, *, key: str | None = None) -> object:
    """Return ``innermost`` in ``depth`` lists, or in as many objects with ``key``."""
    value = innermost
    for _ in range(depth):
        value = [value] if key is None else {key: value}
    return value
