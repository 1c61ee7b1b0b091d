"""The catalogue of documented events. To add one: a row here and its sample in ``samples/``.

Source: the vendor's page on incoming events; the samples are its objects, unchanged but for
``employeeWorkday``, whose type the page gives as ``start|end``.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache, partial
from types import MappingProxyType
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp import details
from chatapp_tail.chatapp.channels import Scope


class EventType(NamedTuple):
    """One documented event. ``values`` lists the documented values of a field, by its path."""

    name: str
    meaning: str
    detail: details.Detail
    values: Mapping[str, str] = MappingProxyType({})
    scope: Scope = Scope.LICENSE


class Field(NamedTuple):
    """One field of an event's item: its path (``chat.tags[].name``), JSON type, known values."""

    path: str
    type: str
    values: str = ""


_ADD = {"type": "add | destroy"}
_EDIT = {"type": "create | edit | destroy"}

_IN_ORDER = (
    EventType(
        "message",
        "a message came in or went out",
        details.message,
        {
            "side": "in | out",
            "type": "text | image | file | voice | audio | video | system | …",
        },
    ),
    EventType(
        "messageStatus",
        "an outgoing message was sent, delivered, viewed, or failed",
        details.message_status,
        {"type": "sent | delivered | viewed | failed"},
    ),
    EventType("messageDestroy", "a message was deleted", details.message_destroy),
    EventType(
        "messageReaction",
        "someone reacted to a message, or took the reaction back",
        details.message_reaction,
        {"action": "react | unreact"},
    ),
    EventType("chatTag", "a tag was put on a chat, or taken off", details.chat_tag, _ADD),
    EventType("chatStatus", "a chat's status was set", partial(details.state, of="status")),
    EventType(
        "chatResponsible",
        "the employee responsible for a chat was set or cleared",
        partial(details.assignment, role="responsible"),
    ),
    EventType(
        "chatResponsiblePin",
        "the responsible employee was pinned to the chat, or unpinned",
        details.chat_responsible_pin,
        {"type": "pin | unpin"},
    ),
    EventType(
        "chatProducer",
        "the producer of a chat was set or cleared",
        partial(details.assignment, role="producer"),
    ),
    EventType(
        "chatAccomplice",
        "an accomplice was added to a chat, or removed",
        partial(details.membership, role="accomplice"),
        _ADD,
    ),
    EventType(
        "chatAuditor",
        "an auditor was added to a chat, or removed",
        partial(details.membership, role="auditor"),
        _ADD,
    ),
    EventType("chatLevel", "a chat's level was set or cleared", details.chat_level),
    EventType(
        "chatConversation", "WhatsApp's 24-hour window for answers opened", details.conversation
    ),
    EventType("chatRead", "a chat was read", details.chat_read),
    EventType(
        "chatProcess",
        "a chat's process was set or cleared",
        details.chat_process,
        {"process": "null | inWork"},
    ),
    EventType(
        "employeeStatus",
        "an employee came online or left",
        partial(details.state, of=""),
        scope=Scope.COMPANY,
    ),
    EventType(
        "employeeWorkday",
        "an employee's working day started or ended",
        partial(details.state, of="workday"),
        {"type": "start | end"},
        scope=Scope.COMPANY,
    ),
    EventType(
        "quickResponseList",
        "a list of quick responses was created, edited or deleted",
        partial(details.quick_response, key="quickResponseList"),
        _EDIT,
        scope=Scope.USER,
    ),
    EventType(
        "quickResponse",
        "a quick response was created, edited or deleted",
        partial(details.quick_response, key="quickResponse"),
        _EDIT,
        scope=Scope.USER,
    ),
)

EVENTS: Mapping[str, EventType] = {event.name: event for event in _IN_ORDER}
"""The documented events by name, in the order of the vendor's page."""


@cache
def samples(name: str) -> tuple[dict[str, object], ...]:
    """Return the documented ``{"data": [...], "meta": {...}}`` objects of event ``name``."""
    from importlib.resources import files  # noqa: PLC0415 (not needed by a tail)

    text = files("chatapp_tail.chatapp").joinpath("samples", f"{name}.json").read_bytes()
    loaded = jsontext.loads(text)
    if not isinstance(loaded, list):
        raise TypeError(f"samples of {name} are no list")
    return tuple(loaded)


def fields(name: str) -> list[Field]:
    """Return the fields of an item of event ``name``, as its samples have them."""
    found: dict[str, Field] = {}
    for sample in samples(name):
        items = sample["data"]
        for item in items if isinstance(items, list) else []:
            for path, kind in _walk(item, ""):
                known = found.get(path)
                if known is None or known.type == "null":
                    found[path] = Field(path, kind, EVENTS[name].values.get(path, ""))
    return list(found.values())


def near_event(name: str) -> str | None:
    """Return the documented event whose name is most like ``name``, or None."""
    folded = {known.lower(): known for known in EVENTS}
    near = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def _walk(value: object, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            if path:
                yield path, "object"
            for key, inner in value.items():
                yield from _walk(inner, f"{path}.{key}" if path else key)
        case list():
            yield path, "array"
            for inner in value[:1]:
                yield from _walk(inner, f"{path}[]")
        case _:
            yield path, _JSON_TYPES[type(value)]


_JSON_TYPES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}
