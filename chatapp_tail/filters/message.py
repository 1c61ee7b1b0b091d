"""``--msg``: all about some messages, by id: themselves, statuses, reactions, replies to them."""

from collections.abc import Sequence

from chatapp_tail.chatapp.identity import short_id
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, id_text
from chatapp_tail.errors import UsageError
from chatapp_tail.filters.predicate import Predicate

# Shorter ends of ids fit too many.
_LEAST_END = 4
# Ids of messages that were found by their other id; more than anybody looks for.
_MOST_FOUND = 10_000


def about_messages(wanted: Sequence[str]) -> Predicate:
    """Return a predicate: the record is about one of the messages ``wanted``, or quotes it.

    Each is an id, the short id of a row, or the end of an id. Raises ``UsageError`` for "".
    """
    names = [_checked(name.strip()) for name in wanted]
    exact = frozenset(names)
    ends = tuple(name for name in names if len(name) >= _LEAST_END)
    found: set[str] = set()

    def is_wanted(identity: str | None) -> bool:
        if identity is None:
            return False
        if identity in exact or identity in found or identity.endswith(ends):
            return True
        return short_id(identity) in exact

    def accepts(record: Record) -> bool:
        identity = record.message_id
        if is_wanted(identity):
            return True
        if is_wanted(id_text(dig(record.data, "internalId"))):
            # Its statuses have the other id alone.
            if identity is not None and len(found) < _MOST_FOUND:
                found.add(identity)
            return True
        return is_wanted(id_text(dig(record.data, "quotedMessage", "id")))

    return accepts


def _checked(name: str) -> str:
    if not name:
        raise UsageError(
            "the message's id is empty",
            hint="For example: --msg 42203, or the id in the column MSG.",
            option="msg",
        )
    return name
