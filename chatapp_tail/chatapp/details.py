"""The DETAIL texts: what one item of each event says in a line. Pure.

Each function takes one item of ``data[]`` and what else its words depend on. It returns words, or
"" when the item doesn't have the documented shape; the caller then shows the item itself. Words are
raw remote text, employees' names among them: whoever prints them cleans them first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from chatapp_tail.chatapp.values import dig, integer, words

# No person's name is longer, and it stands before what happened.
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Wording:
    """What words depend on besides the item.

    ``zone`` is that of times of day (None: local); ``people`` are employees' names by their ids as
    text, only ever looked up in: it may be large.
    """

    zone: tzinfo | None
    people: Mapping[str, str] = field(repr=False)

    def user(self, identity: object) -> str:
        """Return an employee's name, ``user 685`` if it isn't known, or "" without an id."""
        key = words(identity)
        if not key:
            return ""
        return self.people.get(key, "")[:_LONGEST_NAME].strip() or f"user {key}"


Detail = Callable[[object, Wording], str]


def message(item: object, _: Wording) -> str:
    """``← text``, ``→ (api) ↩ #122 [image] caption``: direction, writer, quote, content."""
    content = dig(item, "message")
    if not isinstance(content, dict):
        return ""
    parts = (_direction(item), _writer(item), _quote(item), _media(item, content), _text(content))
    return " ".join(part for part in parts if part)


def _direction(item: object) -> str:
    side = dig(item, "side")
    outgoing = side == "out" or (side != "in" and dig(item, "fromMe") is True)
    return "→" if outgoing else "←"


def _writer(item: object) -> str:
    """Tell the API, a robot and the system from people (clients and employees are unmarked)."""
    if dig(item, "type") == "system":
        return "(system)"
    if dig(item, "fromApi") is True:
        return "(api)"
    if dig(item, "fromApp", "sender") == "system" or dig(item, "fromApp", "id") == "msbot":
        return "(bot)"
    return ""


def _quote(item: object) -> str:
    quoted = dig(item, "quotedMessage", "id")
    return "" if quoted is None else f"↩ #{words(quoted)}"


def _media(item: object, content: dict[str, object]) -> str:
    location = content.get("location")
    if isinstance(location, dict) and location:
        latitude = location.get("lat", location.get("latitude"))
        longitude = location.get("lon", location.get("lng", location.get("longitude")))
        return f"[location] {words(latitude)},{words(longitude)}"
    kind = words(dig(item, "type"))
    name = "" if content.get("caption") else words(dig(content, "file", "name"))
    if kind in ("", "text", "system"):
        return f"[file] {name}" if name else ""
    return f"[{kind}] {name}".rstrip()


def _text(content: dict[str, object]) -> str:
    return words(content.get("text")) or words(content.get("caption"))


def message_status(item: object, _: Wording) -> str:
    """``#42213 delivered``, ``#42213 failed: Message undeliverable (131026)``."""
    kind, identity = words(dig(item, "type")), words(dig(item, "id"))
    if not (kind and identity):
        return ""
    error = dig(item, "error")
    return f"#{identity} {kind}" + (f": {_failure(error)}" if error else "")


def _failure(error: object) -> str:
    """Return an error's message and code, if it has both; its shape isn't documented."""
    message, code = words(dig(error, "message")), words(dig(error, "code"))
    return f"{message} ({code})" if message and code else words(error)


def message_destroy(item: object, _: Wording) -> str:
    """``#1252 deleted``."""
    identity = words(dig(item, "id"))
    return f"#{identity} deleted" if identity else ""


def message_reaction(item: object, _: Wording) -> str:
    """``😂 on #id``, ``removed 😂 from #id``."""
    reaction, identity = words(dig(item, "reaction")) or "reaction", words(dig(item, "id"))
    if not identity:
        return ""
    if dig(item, "action") == "unreact":
        return f"removed {reaction} from #{identity}"
    return f"{reaction} on #{identity}"


def chat_tag(item: object, _: Wording) -> str:
    """``+ tag "vip"``, ``- tag "vip"``."""
    name = words(dig(item, "tag", "name"))
    return f'{_sign(item)} tag "{name}"' if name else ""


def chat_status(item: object, _: Wording) -> str:
    """``status close``."""
    kind = words(dig(item, "type"))
    return f"status {kind}" if kind else ""


def chat_responsible_pin(item: object, _: Wording) -> str:
    """``pinned``, ``unpinned``."""
    return {"pin": "pinned", "unpin": "unpinned"}.get(words(dig(item, "type")), "")


def chat_read(item: object, _: Wording) -> str:
    """``read``."""
    return "read" if isinstance(dig(item, "chat"), dict) else ""


def chat_process(item: object, wording: Wording) -> str:
    """``process inWork``, ``process cleared``."""
    if not isinstance(item, dict) or "process" not in item:
        return ""
    return f"process {words(item['process']) or 'cleared'}" + _editor(item, wording)


def assignment(role: str) -> Detail:
    """Return the text of an event that sets or clears ``role``: ``responsible user 685 (by …)``."""

    def detail(item: object, wording: Wording) -> str:
        return _assigned(item, role, wording.user(dig(item, role, "id")), wording)

    return detail


def chat_level(item: object, wording: Wording) -> str:
    """``level 555``, ``level cleared``."""
    return _assigned(item, "level", words(dig(item, "level", "id")), wording)


def _assigned(item: object, role: str, value: str, wording: Wording) -> str:
    if not isinstance(item, dict) or role not in item:
        return ""
    if item[role] and not isinstance(item[role], dict):
        return ""
    return f"{role} {value or 'cleared'}{_editor(item, wording)}"


def membership(role: str) -> Detail:
    """Return the text of an event that adds or removes a ``role``: ``+ accomplice user 685``."""

    def detail(item: object, wording: Wording) -> str:
        user = wording.user(dig(item, role, "id"))
        return f"{_sign(item)} {role} {user}{_editor(item, wording)}" if user else ""

    return detail


def conversation(item: object, wording: Wording) -> str:
    """``window open until 13:41 (BIC)``, the time in the wording's zone."""
    end = integer(dig(item, "conversation", "endTime"))
    if end is None:
        return ""
    try:
        until = datetime.fromtimestamp(end, tz=wording.zone).astimezone(wording.zone)
    except (OverflowError, OSError, ValueError):
        return ""
    kind = words(dig(item, "conversation", "type"))
    return f"window open until {until:%H:%M}" + (f" ({kind})" if kind else "")


def employee_status(item: object, _: Wording) -> str:
    """``online``."""
    return words(dig(item, "type"))


def employee_workday(item: object, _: Wording) -> str:
    """``workday start``, ``workday end``."""
    kind = words(dig(item, "type"))
    return f"workday {kind}" if kind else ""


def quick_response(key: str) -> Detail:
    """Return the text of a quick response or list: ``create #1338 "List name" (2 people)``."""

    def detail(item: object, _: Wording) -> str:
        kind, identity = words(dig(item, "type")), words(dig(item, key, "id"))
        if not (kind and identity):
            return ""
        name, access = words(dig(item, key, "name")), dig(item, key, "access")
        people = f" ({_people(len(access))})" if isinstance(access, list) else ""
        return f"{kind} #{identity}" + (f' "{name}"' if name else "") + people

    return detail


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _sign(item: object) -> str:
    return "-" if dig(item, "type") == "destroy" else "+"


def _editor(item: object, wording: Wording) -> str:
    """Return who made the change: an employee, else the app it came through."""
    if user := wording.user(dig(item, "edited", "id")):
        return f" (by {user})"
    app = words(dig(item, "fromApp", "id"))
    return f" (by {app})" if app else ""
