"""What earlier records told: chats by their ids, and messages with what became of their words.

Most events carry ids alone. What is remembered is bounded, the oldest is forgotten first.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from chatapp_tail.chatapp.content import content_words
from chatapp_tail.chatapp.identity import MESSAGE
from chatapp_tail.chatapp.record import Envelope, Record
from chatapp_tail.chatapp.values import dig, id_text, words

MOST_REMEMBERED = 10_000
# Of a hostile id or name, in characters; and of a message's words, which fill any screen's row.
_LONGEST_KEY, _LONGEST_WORDS = 200, 300
_GROUPS = ("group", "channel")

# A channel's name, and an id in it.
_Key = tuple[str, str]
T = TypeVar("T")


class KnownChat(NamedTuple):
    """What is known of a chat; empty where nothing is."""

    name: str = ""
    phone: str = ""
    username: str = ""
    email: str = ""
    is_group: bool = False


@dataclass(slots=True)
class KnownMessage:
    """A message: when it was received first, its words now, where it came first and last.

    ``repetition`` is "again" if it came last with the same words as before, "edited" if with
    others.
    """

    received_at: datetime
    words: str
    digest: int
    first: int
    last: int
    repetition: str = ""
    has_arrived: bool = False
    """Whether a status said that it was delivered or viewed; set by who counts these."""

    def repetition_at(self, place: int) -> str:
        """Return the repetition that the record at ``place`` is, "" for the first one."""
        if place == self.first:
            return ""
        return self.repetition if place == self.last else "again"


class Memory:
    """Remembers; the records of one event are to be noted in their order."""

    def __init__(self) -> None:
        self._chats: _Recent[KnownChat] = _Recent()
        self._messages: _Recent[KnownMessage] = _Recent()
        # The event that was noted last, the place of its first record, and how many are noted.
        self._envelope: Envelope | None = None
        self._start = 0
        self._noted = 0

    def note(self, record: Record) -> None:
        """Remember what ``record`` tells; nothing if that was done."""
        if record.envelope is not self._envelope:
            self._start += self._envelope.count if self._envelope else 0
            self._envelope, self._noted = record.envelope, 0
        elif record.index < self._noted:
            return
        self._noted = record.index + 1
        if isinstance(record.data, dict):
            self._note_chat(record, record.data.get("chat"))
            if record.envelope.event == MESSAGE:
                self._note_message(record, record.data)

    def repetition(self, record: Record) -> str:
        """Return the KnownMessage's repetition that ``record``, of the event noted last, is."""
        known = self.message(record, record.message_id)
        if known is None or record.envelope is not self._envelope:
            return ""
        return known.repetition_at(self._start + record.index)

    def chat(self, record: Record) -> KnownChat:
        """Return what is known of the record's chat."""
        key = _key(record, dig(record.data, "chat", "id"))
        return _UNKNOWN if key is None else self._chats.get(key) or _UNKNOWN

    def message(self, record: Record, identity: object) -> KnownMessage | None:
        """Return the message of the record's channel with this id."""
        key = _key(record, identity)
        return None if key is None else self._messages.get(key)

    def _note_chat(self, record: Record, chat: object) -> None:
        if not isinstance(chat, dict) or (key := _key(record, chat.get("id"))) is None:
            return
        known = self._chats.get(key) or _UNKNOWN
        told = KnownChat(
            name=_cut(chat.get("name")) or known.name,
            phone=_cut(chat.get("phone")) or known.phone,
            username=_cut(chat.get("username")) or known.username,
            email=_cut(chat.get("email")) or known.email,
            is_group=known.is_group or _is_group(chat),
        )
        if told != _UNKNOWN:
            self._chats.put(key, told)

    def _note_message(self, record: Record, item: dict[str, object]) -> None:
        if (key := _key(record, record.message_id)) is None:
            return
        content = item.get("message")
        said = content_words(words(item.get("type")), content) if isinstance(content, dict) else ""
        place, digest = self._start + record.index, hash(said)
        known = self._messages.get(key)
        if known is None:
            # What the API brought was received when it was sent.
            sent_at = record.occurred_at if record.envelope.backfill else None
            received_at = sent_at or record.envelope.received_at
            known = KnownMessage(received_at, said[:_LONGEST_WORDS], digest, place, place)
        else:
            known.repetition = "again" if known.digest == digest else "edited"
            known.words, known.digest, known.last = said[:_LONGEST_WORDS], digest, place
        self._messages.put(key, known)


class _Recent(Generic[T]):
    """The last values that were put, by key."""

    def __init__(self) -> None:
        self._values: OrderedDict[_Key, T] = OrderedDict()

    def put(self, key: _Key, value: T) -> None:
        self._values[key] = value
        if len(self._values) > MOST_REMEMBERED:
            self._values.popitem(last=False)

    def get(self, key: _Key) -> T | None:
        return self._values.get(key)


_UNKNOWN = KnownChat()


def _key(record: Record, identity: object) -> _Key | None:
    text = id_text(identity)
    if text is None:
        return None
    channel = record.envelope.channel
    return (channel.name if channel else "", text[:_LONGEST_KEY])


def _cut(value: object) -> str:
    return words(value)[:_LONGEST_KEY]


def _is_group(chat: dict[str, object]) -> bool:
    kind, identity = chat.get("type"), chat.get("id")
    if kind in _GROUPS:
        return True
    return isinstance(identity, str) and (
        identity.startswith(("group-", "channel-")) or identity.endswith("@g.us")
    )
