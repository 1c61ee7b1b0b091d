"""``--chat`` and ``--msg``: the chat that a record belongs to, the message that it is about.

Messages carry all that is known of their chat. Of most other events only the chat's id is
documented: they are found by it, by what an earlier event told of the chat, and by what the id
holds: the hash in telegram's (``private-1480005234h1360003129730259``), the phone in WhatsApp's
(``79990000000@c.us``).
"""

import re
from collections.abc import Sequence

from chatapp_tail.chatapp.identity import short_id
from chatapp_tail.chatapp.memory import Memory
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, id_text, words
from chatapp_tail.errors import UsageError
from chatapp_tail.filters.predicate import Predicate

# Characters of an id that are searched: longer ids are hostile.
_LONGEST_ID = 1_000
_PHONE = re.compile(r"[+0-9\s().-]+")
_ID_OF_PHONE = re.compile(r"\+?([0-9]+)(?:@.*)?")
_ID_WITH_HASH = re.compile(r"[a-z]+-[0-9]+(h-?[0-9]+)")
_NOT_DIGITS = re.compile("[^0-9]+")
# Shorter ends of message ids fit too many.
_LEAST_END = 4
# Ids of messages that were found by their other id; more than anybody looks for.
_MOST_FOUND = 10_000


def in_chats(wanted: Sequence[str], memory: Memory) -> Predicate:
    """Return a predicate: the item's chat is one of ``wanted``. Raises ``UsageError`` for "".

    Ids and hashes are compared exactly, phones by their digits (``+7 999 000-00-00``), usernames
    (with or without @) and e-mail addresses ignoring case; of a name a part is enough. What
    ``memory`` knows of the chat counts, too: most events have its id only.
    """
    names = [_chat_name(name.strip()) for name in wanted]
    ids = frozenset(names)
    phones = frozenset(filter(None, map(_phone, names)))
    usernames = frozenset(map(_username, names))
    parts = tuple(name.casefold() for name in names if any(map(str.isalpha, name)))

    def has_id(text: str) -> bool:
        return (
            text in ids
            or _within(_ID_WITH_HASH, text) in ids
            or _within(_ID_OF_PHONE, text) in phones
        )

    def has_name(name: str) -> bool:
        folded = name.casefold()
        return any(part in folded for part in parts)

    def accepts(record: Record) -> bool:
        chat = dig(record.data, "chat")
        if not isinstance(chat, dict):
            text = _text(chat)
            return text != "" and (has_id(text) or _username(text) in usernames)
        known = memory.chat(record)
        return (
            has_id(_text(chat.get("id")))
            or _text(chat.get("hash")) in ids
            or _phone(_text(chat.get("phone")) or known.phone) in phones
            or _username(_text(chat.get("username")) or known.username) in usernames
            or _username(_text(chat.get("email")) or known.email) in usernames
            or has_name(_text(chat.get("name")) or known.name)
        )

    return accepts


def _chat_name(name: str) -> str:
    if not name.lstrip("@"):
        raise UsageError(
            f"{name!r} names no chat",
            hint="For example: --chat @username, --chat '+7 999 000-00-00', a name, or an id.",
            option="chat",
        )
    return name


def _text(value: object) -> str:
    """Return an id that is text or a number as text, else ""."""
    return words(value)[:_LONGEST_ID] if isinstance(value, str | int) else ""


def _phone(text: str) -> str:
    """Return the digits of a text that is written like a phone, else ""."""
    return _NOT_DIGITS.sub("", text) if _PHONE.fullmatch(text) else ""


def _within(pattern: re.Pattern[str], chat_id: str) -> str:
    """Return the group of ``pattern`` if all of ``chat_id`` has its form, else ""."""
    match = pattern.fullmatch(chat_id)
    return match[1] if match else ""


def _username(text: str) -> str:
    return text.removeprefix("@").casefold()


def about_messages(wanted: Sequence[str]) -> Predicate:
    """Return a predicate: the record is about one of the messages ``wanted``, or quotes it.

    Each is an id, the short id of a row, or the end of an id. Raises ``UsageError`` for "".
    """
    names = [_message_name(name.strip()) for name in wanted]
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
            # Its statuses have only the other id.
            if identity is not None and len(found) < _MOST_FOUND:
                found.add(identity)
            return True
        return is_wanted(id_text(dig(record.data, "quotedMessage", "id")))

    return accepts


def _message_name(name: str) -> str:
    if not name:
        raise UsageError(
            "the message's id is empty",
            hint="For example: --msg 42203, or the id in the column MSG.",
            option="msg",
        )
    return name
