"""The words for one item of each event, in one line. Pure.

Each function takes one item of ``data[]`` and its context. It returns "" for an item that hasn't
the documented shape; the caller then shows the item as JSON. The words hold raw remote text,
including employees' names: the caller must clean them before printing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from chatapp_tail.chatapp.content import message_words
from chatapp_tail.chatapp.identity import Author, is_outgoing
from chatapp_tail.chatapp.values import dig, id_text, integer, words
from chatapp_tail.units import WEEKDAYS, counted

# The most characters of a name, which stands before what happened.
_LONGEST_NAME = 80
# The vendor's own web app, the usual one, isn't named.
_CABINET = "webchat"
_STATUSES = {"sent": "✓", "delivered": "✓✓", "viewed": "✓✓", "failed": "✗"}
_ERROR_TEXTS = ("message", "title", "error", "description", "reason", "text")
_ERROR_DETAILS = ("details", "detail", "error_data", "errorData")


@dataclass(slots=True)
class Context:
    """What the words depend on besides the item.

    ``zone`` is for times of day (None: local), ``now`` is when the event came. ``people`` are
    employees' names by their ids as text; it may be large and is never iterated. ``author`` is
    that of a message; ``is_group`` tells of its chat. ``said`` returns the words of a message by
    its id, "" if they aren't known. ``since`` is the time since the message, as ``+1.4s``.
    ``content`` are a message's own words if they are known already.
    """

    zone: tzinfo | None
    now: datetime
    people: Mapping[str, str] = field(repr=False)
    author: Author | None = None
    is_group: bool = False
    said: Callable[[object], str] = lambda _: ""
    since: str = ""
    content: str | None = None

    def employee(self, identity: object) -> str:
        """Return an employee's name, ``employee 685`` if it isn't known, or "" without an id."""
        key = words(identity)
        if not key:
            return ""
        return _short(self.people.get(key, "")) or f"employee {key}"


def _short(name: str) -> str:
    return name[:_LONGEST_NAME].strip()


Detail = Callable[[object, Context], str]


def message(item: object, context: Context) -> str:
    """``← text``, ``→ api: [image] caption (↩ the quoted words)``: direction, writer, content."""
    if not isinstance(item, dict) or not isinstance(item.get("message"), dict | str):
        return ""
    arrow = "→" if is_outgoing(item) else "←"
    if writer := _writer(item, context):
        arrow = f"{arrow} {writer}:"
    said = message_words(item) if context.content is None else context.content
    return " ".join(filter(None, (arrow, said, _quote(item, context))))


def _writer(item: Mapping[str, object], context: Context) -> str:
    """Return who wrote it; a client only in a group, as the chat has the client's name."""
    author = context.author
    if author is None:
        return ""
    if author["kind"] == "client":
        user = item.get("fromUser")
        known = author["name"] or words(dig(user, "username")) or words(dig(user, "phone"))
        return _short(known or author["id"] or "") if context.is_group else ""
    if author["kind"] != "employee":
        return author["kind"]
    name = _short(author["name"] or "") or context.employee(author["id"]) or "employee"
    via = author["via"]
    return f"{name} via {via}" if via and via != _CABINET else name


def _quote(item: Mapping[str, object], context: Context) -> str:
    quoted = item.get("quotedMessage")
    if id_text(dig(quoted, "id")) is None:
        return ""
    said = message_words(quoted) if isinstance(quoted, dict) else ""
    return f"(↩ {said or context.said(dig(quoted, 'id')) or 'a message'})"


def message_status(item: object, context: Context) -> str:
    """``✓✓ delivered +1.4s · its words``, ``✗ failed: undeliverable (131026) · its words``."""
    kind = words(dig(item, "type"))
    if not kind or id_text(dig(item, "id")) is None:
        return ""
    error = dig(item, "error")
    sign = _STATUSES.get(kind, "")
    told = f"{sign} {kind}".strip() + (f": {failure_words(error)}" if error else "")
    if context.since and not error:
        told += f" {context.since}"
    return _about(told, item, context)


def failure_words(error: object) -> str:
    """Return an error's message, code and details. Its shape isn't documented: any will do."""
    if isinstance(error, list) and error:
        return failure_words(error[0])
    if not isinstance(error, dict):
        return words(error)
    said = next((text for key in _ERROR_TEXTS if (text := _text_in(error.get(key)))), "")
    details = next((text for key in _ERROR_DETAILS if (text := _text_in(error.get(key)))), "")
    code = words(error.get("code"))
    if not said and not details:
        return words(error)
    told = f"{said or details} ({code})" if code else said or details
    return f"{told}: {details}" if said and details and details != said else told


def _text_in(value: object) -> str:
    """Return a text, or the first text of an error object."""
    if isinstance(value, dict):
        keys = (*_ERROR_DETAILS, *_ERROR_TEXTS)
        return next((text for key in keys if isinstance(text := value.get(key), str) and text), "")
    return value if isinstance(value, str) else ""


def message_destroy(item: object, context: Context) -> str:
    """``deleted · its words``."""
    return "" if id_text(dig(item, "id")) is None else _about("deleted", item, context)


def message_reaction(item: object, context: Context) -> str:
    """``😂 · its words``, ``removed 😂 · its words``; in a group ``😂 Pavel · its words``."""
    if id_text(dig(item, "id")) is None:
        return ""
    told = words(dig(item, "reaction")) or "reaction"
    if dig(item, "action") == "unreact":
        told = f"removed {told}"
    if context.is_group and (name := words(dig(item, "fromUser", "name"))):
        told = f"{told} {_short(name)}"
    return _about(told, item, context)


def _about(told: str, item: object, context: Context) -> str:
    said = context.said(dig(item, "id"))
    return f"{told} · {said}" if said else told


def chat_tag(item: object, _: Context) -> str:
    """``+ tag "vip"``, ``- tag "vip"``."""
    name = words(dig(item, "tag", "name"))
    return f'{_sign(item)} tag "{name}"' if name else ""


def state(item: object, _: Context, *, of: str) -> str:
    """``status close``, ``workday start``; ``online`` where ``of`` is empty."""
    kind = words(dig(item, "type"))
    return f"{of} {kind}".strip() if kind else ""


def chat_responsible_pin(item: object, _: Context) -> str:
    """``pinned``, ``unpinned``."""
    return {"pin": "pinned", "unpin": "unpinned"}.get(words(dig(item, "type")), "")


def chat_read(item: object, _: Context) -> str:
    """``read``."""
    return "read" if isinstance(dig(item, "chat"), dict) else ""


def chat_process(item: object, context: Context) -> str:
    """``process inWork``, ``process cleared``."""
    if not isinstance(item, dict) or "process" not in item:
        return ""
    return f"process {words(item['process']) or 'cleared'}" + _editor(item, context)


def assignment(item: object, context: Context, *, role: str) -> str:
    """``responsible employee 685``, ``responsible cleared``."""
    return _assigned(item, role, context.employee(dig(item, role, "id")), context)


def chat_level(item: object, context: Context) -> str:
    """``level 555``, ``level cleared``."""
    return _assigned(item, "level", words(dig(item, "level", "id")), context)


def _assigned(item: object, role: str, value: str, context: Context) -> str:
    if not isinstance(item, dict) or role not in item:
        return ""
    if item[role] and not isinstance(item[role], dict):
        return ""
    return f"{role} {value or 'cleared'}{_editor(item, context)}"


def membership(item: object, context: Context, *, role: str) -> str:
    """``+ auditor employee 685``, ``- auditor employee 685``."""
    user = context.employee(dig(item, role, "id"))
    return f"{_sign(item)} {role} {user}{_editor(item, context)}" if user else ""


def conversation(item: object, context: Context) -> str:
    """``window open until 13:41 (BIC)``, with the weekday if it isn't today."""
    end = integer(dig(item, "conversation", "endTime"))
    if end is None:
        return ""
    try:
        until = datetime.fromtimestamp(end, tz=context.zone).astimezone(context.zone)
        is_today = until.date() == context.now.astimezone(context.zone).date()
    except (OverflowError, OSError, ValueError):
        return ""
    kind = words(dig(item, "conversation", "type"))
    day = "" if is_today else f"{WEEKDAYS[until.weekday()]} "
    return f"window open until {day}{until:%H:%M}" + (f" ({kind})" if kind else "")


def quick_response(item: object, _: Context, *, key: str) -> str:
    """``create #1338 "List name" (2 people)``, of the response or list under ``key``."""
    kind, identity = words(dig(item, "type")), words(dig(item, key, "id"))
    if not (kind and identity):
        return ""
    name, access = words(dig(item, key, "name")), dig(item, key, "access")
    people = f" ({counted(len(access), 'person', 'people')})" if isinstance(access, list) else ""
    return f"{kind} #{identity}" + (f' "{name}"' if name else "") + people


def _sign(item: object) -> str:
    return "-" if dig(item, "type") == "destroy" else "+"


def _editor(item: object, context: Context) -> str:
    """Return who made the change: an employee, else the app."""
    if user := context.employee(dig(item, "edited", "id")):
        return f" (by {user})"
    app = words(dig(item, "fromApp", "id"))
    return f" (by {app})" if app else ""
