"""A record in words: who, and what happened. What a row shows, before any cleaning or cutting."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

from chatapp_tail import jsontext
from chatapp_tail.chatapp.details import Wording
from chatapp_tail.chatapp.events import EVENTS
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, words

# A message this much older than its receipt is marked: it was delayed on its way.
LATE_AFTER = timedelta(seconds=10)
# How many messages and chat names are remembered, and how much of a hostile id is kept of each.
_REMEMBERED = 10_000
_LONGEST_KEY = 200
# JSON of an unknown item goes into one line that is cut anyway; no need to clean a megabyte of it.
_LONGEST_JSON = 4_000


class Summary(NamedTuple):
    """One row's words. Remote text throughout. ``failed`` marks what went wrong."""

    who: str
    detail: str
    failed: bool = False


Key = tuple[str, str]
T = TypeVar("T")


class _Recent(Generic[T]):
    """What was seen last, by channel and id; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._values: OrderedDict[Key, T] = OrderedDict()

    def put(self, key: Key, value: T) -> None:
        self._values[key] = value
        if len(self._values) > _REMEMBERED:
            self._values.popitem(last=False)

    def get(self, key: Key) -> T | None:
        return self._values.get(key)


class Summarizer:
    """Turns records into words, with what earlier records told.

    A status says how long it took since its message; an event that carries a chat's id alone shows
    the name that came with a message.
    """

    def __init__(
        self, zone: tzinfo | None = None, people: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """``zone`` is for times of day inside the text (None: local).

        ``people`` has employees' names by their ids as text; who isn't there is ``user 685``.
        """
        self._wording = Wording(zone, people)
        self._received_at: _Recent[datetime] = _Recent()
        self._names: _Recent[str] = _Recent()

    def summarize(self, record: Record) -> Summary:
        """Return the words for ``record``. Never raises, whatever the record holds."""
        return Summary(
            who=self._who(record),
            detail=self._detail(record) or _compact(record.data),
            failed=_failed(record),
        )

    def _who(self, record: Record) -> str:
        """Return the chat's name, else its @username, phone or id; else the employee."""
        chat = dig(record.data, "chat")
        key = _key(record, dig(chat, "id"))
        if name := words(dig(chat, "name")):
            self._names.put(key, name[:_LONGEST_KEY])
            return name
        if chat is not None and (known := self._names.get(key)):
            return known
        if username := words(dig(chat, "username")):
            return f"@{username}"
        if who := words(dig(chat, "phone")) or words(dig(chat, "id")):
            return who
        return self._wording.user(dig(record.data, "employee", "id"))

    def _detail(self, record: Record) -> str:
        name, item = record.envelope.event, record.data
        event = EVENTS.get(name)
        if event is None or record.envelope.malformed:
            return ""
        text = event.detail(item, self._wording)
        if text and name == "message":
            self._received_at.put(_key(record, dig(item, "id")), record.envelope.received_at)
            return _insert_delay(text, record)
        if text and name == "messageStatus":
            return text + self._since_message(record)
        return text

    def _since_message(self, record: Record) -> str:
        received_at = self._received_at.get(_key(record, dig(record.data, "id")))
        if received_at is None:
            return ""
        seconds = (record.envelope.received_at - received_at).total_seconds()
        return f" +{seconds:.1f}s" if seconds >= 0 else ""  # the wall clock was set back


def age(seconds: float) -> str:
    """Return a duration in one unit: ``12s``, ``3m``, ``5h``, ``2d``."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"


def _insert_delay(text: str, record: Record) -> str:
    """Put ``+12s`` after the arrow: at the end it would be the first thing to be cut."""
    if record.occurred_at is None:
        return text
    late = record.envelope.received_at - record.occurred_at
    if late < LATE_AFTER:
        return text
    return f"{text[0]} +{age(late.total_seconds())}{text[1:]}"


def _key(record: Record, identity: object) -> Key:
    channel = record.envelope.channel
    return (channel.name if channel else "", words(identity)[:_LONGEST_KEY])


def _failed(record: Record) -> bool:
    if record.envelope.malformed:
        return True
    return record.envelope.event == "messageStatus" and dig(record.data, "type") == "failed"


def _compact(item: object) -> str:
    if isinstance(item, str):
        return item[:_LONGEST_JSON]
    return jsontext.dumps(item)[:_LONGEST_JSON].decode(errors="ignore")
