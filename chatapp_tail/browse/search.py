"""Words or a test that somebody types, to a test of items. Pure."""

import re

from chatapp_tail.browse.items import Event, Item
from chatapp_tail.browse.paint import text_of
from chatapp_tail.browse.view import Test
from chatapp_tail.filters.predicate import is_found
from chatapp_tail.filters.syntax import parse_regex
from chatapp_tail.filters.where import parse_test, predicate


def words_test(text: str) -> tuple[Test, re.Pattern[str]]:
    """Return a test for the regular expression ``text``, as ``--grep`` takes it, and what it finds.

    It searches what a row shows, and the lines between the rows. Raises ``UsageError``.
    """
    pattern = parse_regex(text)
    patterns = (pattern,)
    return lambda item: is_found(patterns, text_of(item)), pattern


def field_test(text: str) -> Test:
    """Return a test as ``--where`` takes it; of events alone. Raises ``UsageError``."""
    holds = predicate(parse_test(text))

    def accepts(item: Item) -> bool:
        record = item.record if isinstance(item, Event) else None
        return record is not None and holds(record)

    return accepts
