"""The chat, the message and the author of one item of any event. Pure.

Source: events of public programs that use the API. Who wrote an outgoing message is in ``created``,
``fromApp`` and ``fromApi``; its ``fromUser`` is the business account that all employees share.
"""

from collections.abc import Mapping
from typing import TypedDict
from zlib import crc32

from chatapp_tail.chatapp.values import id_text

MESSAGE, STATUS = "message", "messageStatus"
AUTHOR_KINDS = ("system", "client", "api", "bot", "employee", "phone")
"""Who may have written a message; phone is the company's own phone, by exclusion."""
# Events whose item has the id of a message.
_ABOUT_MESSAGES = frozenset({MESSAGE, STATUS, "messageReaction", "messageDestroy"})
_BOT = "msbot"
_LONGEST_SHORT = 5
# No vowels, so that no words appear, and no signs that look alike.
_SIGNS = "23456789bcdfghjkmnpqrstvwxz"
_PAIRS = [first + second for second in _SIGNS for first in _SIGNS]


class Author(TypedDict):
    """Who wrote a message, as JSON has it.

    ``kind`` is one of ``AUTHOR_KINDS``. ``id`` and ``name`` are those of the person, where one is
    known; ``via`` is the app's id.
    """

    kind: str
    id: str | None
    name: str | None
    via: str | None


def chat_id(item: object) -> str | None:
    """Return the id of the item's chat as text."""
    chat = item.get("chat") if isinstance(item, dict) else None
    return id_text(chat.get("id")) if isinstance(chat, dict) else None


def message_id(event: str, item: object) -> str | None:
    """Return the id of the message that the item is about, as text."""
    if event not in _ABOUT_MESSAGES or not isinstance(item, dict):
        return None
    return id_text(item.get("id")) or id_text(item.get("internalId"))


def is_outgoing(item: Mapping[str, object]) -> bool:
    """Return whether a message goes to the client."""
    side = item.get("side")
    return side == "out" or (side != "in" and item.get("fromMe") is True)


def identity(event: str, item: object, people: Mapping[str, str]) -> dict[str, object]:
    """Return ``chat_id``, ``message_id`` and ``author`` of an item, ready for JSON.

    Hot path: no objects besides those that JSON needs.
    """
    chat_id = message_id = author = None
    if type(item) is dict:
        chat = item.get("chat")
        if type(chat) is dict:
            chat_id = id_text(chat.get("id"))
        if event in _ABOUT_MESSAGES:
            message_id = id_text(item.get("id")) or id_text(item.get("internalId"))
            if event == MESSAGE:
                author = author_of(item, people)
    return {"chat_id": chat_id, "message_id": message_id, "author": author}


def author_of(item: Mapping[str, object], people: Mapping[str, str]) -> Author:
    """Return who wrote the message ``item``; ``people`` are employees' names by their ids."""
    get = item.get
    via = sender = None
    app = get("fromApp")
    if type(app) is dict:
        via, sender = id_text(app.get("id")), app.get("sender")
    side, is_system = get("side"), get("type") == "system"
    # ``is_outgoing``, inlined.
    if not is_system and side != "out" and (side == "in" or get("fromMe") is not True):
        person = name = None
        user = get("fromUser")
        if type(user) is dict:
            person, name = id_text(user.get("id")), user.get("name")
            if type(name) is not str or not name:
                name = None
        return {"kind": "client", "id": person, "name": name, "via": via}
    created = get("created")
    creator = id_text(created.get("id")) if type(created) is dict else None
    if is_system:
        kind = "system"
    elif get("fromApi") is True:
        kind = "api"
    elif sender == "system" or via == _BOT:
        kind = "bot"
    elif creator is not None or sender == "employee":
        kind = "employee"
    else:
        kind = "phone"
    name = (creator and people.get(creator)) or None
    return {"kind": kind, "id": creator, "name": name, "via": via}


def short_id(identity: str) -> str:
    """Return a message's id if it has at most 5 characters, else 4 signs made from a hash of it.

    The ends of long ids hardly differ. The signs are the same on every machine.
    """
    if len(identity) <= _LONGEST_SHORT and identity.isprintable() and " " not in identity:
        return identity
    number = crc32(identity.encode("utf-8", "surrogatepass"))
    return _PAIRS[number % len(_PAIRS)] + _PAIRS[number // len(_PAIRS) % len(_PAIRS)]
