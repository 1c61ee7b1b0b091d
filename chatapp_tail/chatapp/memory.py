"""What earlier records said of chats and messages, by their ids: most events have ids only.

The number of both is bounded; the oldest are forgotten first.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from chatapp_tail.chatapp.content import message_words
from chatapp_tail.chatapp.details import failure_words
from chatapp_tail.chatapp.identity import MESSAGE, STATUS
from chatapp_tail.chatapp.record import Envelope, Record
from chatapp_tail.chatapp.values import dig, id_text, words
from chatapp_tail.units import counted, elapsed

_MOST_REMEMBERED = 10_000
# The most characters kept of an id or a name, and of a message's words (more than a row shows).
_LONGEST_KEY, _LONGEST_WORDS = 200, 300
_GROUPS = ("group", "channel")
_ARRIVED = ("delivered", "viewed")
# A server can make up any number of reasons: these are counted apart, all others together.
_MOST_REASONS, _LONGEST_REASON = 100, 80
_OTHERS = "other reasons"
_MOST_NAMED = 3
_MOST_TIMES = 100_000

# A channel's name, and an id in it.
_Key = tuple[str, str]
T = TypeVar("T")


class KnownChat(NamedTuple):
    """What is known of a chat; "" for what isn't."""

    name: str = ""
    phone: str = ""
    username: str = ""
    email: str = ""
    is_group: bool = False


_UNKNOWN = KnownChat()


@dataclass(slots=True)
class KnownMessage:
    """A message: when it was first received, its latest words, and its first and last place.

    A place is the number of a record in the run. ``repetition`` is "again" if the message came
    last with the words it had before, "edited" if with others.
    """

    received_at: datetime
    words: str
    digest: int
    first: int
    last: int
    repetition: str = ""
    has_arrived: bool = False
    """Whether a status said that it was delivered or viewed; set by ``Outcomes``."""

    def seconds_until(self, status: Record) -> float | None:
        """Return how long after the message ``status`` came; None if the clock was set back."""
        seconds = (status.envelope.received_at - self.received_at).total_seconds()
        return seconds if seconds >= 0 else None


class Memory:
    """Remembers chats and messages. Records must be noted in the order of arrival."""

    def __init__(self) -> None:
        self._chats: OrderedDict[_Key, KnownChat] = OrderedDict()
        self._messages: OrderedDict[_Key, KnownMessage] = OrderedDict()
        # The event noted last, the place of its first record, and how many records are noted.
        self._envelope: Envelope | None = None
        self._start = 0
        self._noted = 0
        # The record noted last, and what is known of it: cached for its row.
        self._record: Record | None = None
        self._chat = _UNKNOWN
        self._message: KnownMessage | None = None
        self._said = ""

    def note(self, record: Record) -> None:
        """Remember what ``record`` says; a second call with the same record does nothing."""
        if record.envelope is not self._envelope:
            self._start += self._envelope.count if self._envelope else 0
            self._envelope, self._noted = record.envelope, 0
        elif record.index < self._noted:
            return
        self._noted = record.index + 1
        self._record, self._chat, self._message, self._said = record, _UNKNOWN, None, ""
        if isinstance(record.data, dict):
            is_message = record.envelope.event == MESSAGE
            self._chat = self._note_chat(record, record.data.get("chat"))
            self._said = message_words(record.data) if is_message else ""
            if (key := _key(record, record.message_id)) is not None:
                known = self._messages.get(key)
                self._message = self._note_message(record, key, known) if is_message else known

    def repetition(self, record: Record) -> str:
        """Return "deleted", else "again", "edited" or "" for a message of the event noted last."""
        if dig(record.data, "destroyed") is True:
            return "deleted"
        known = self.about(record)
        place = self._start + record.index
        if known is None or record.envelope is not self._envelope or place == known.first:
            return ""
        return known.repetition if place == known.last else "again"

    def chat(self, record: Record) -> KnownChat:
        """Return what is known of the record's chat."""
        if record is self._record:
            return self._chat
        key = _key(record, record.chat_id)
        return _UNKNOWN if key is None else self._chats.get(key) or _UNKNOWN

    def about(self, record: Record) -> KnownMessage | None:
        """Return the message that the record is about."""
        return self._message if record is self._record else self.message(record, record.message_id)

    def said(self, record: Record) -> str | None:
        """Return the words of the message if it was noted last, else None."""
        return self._said if record is self._record else None

    def message(self, record: Record, identity: object) -> KnownMessage | None:
        """Return the message of the record's channel with this id."""
        key = _key(record, identity)
        return None if key is None else self._messages.get(key)

    def _note_chat(self, record: Record, chat: object) -> KnownChat:
        if not isinstance(chat, dict) or (key := _key(record, chat.get("id"))) is None:
            return _UNKNOWN
        known = self._chats.get(key) or _UNKNOWN
        if _tells_nothing_new(chat, known):
            return known
        told = KnownChat(
            name=_cut(chat.get("name")) or known.name,
            phone=_cut(chat.get("phone")) or known.phone,
            username=_cut(chat.get("username")) or known.username,
            email=_cut(chat.get("email")) or known.email,
            is_group=known.is_group or _is_group(chat),
        )
        if told != _UNKNOWN:
            _remember(self._chats, key, told)
        return told

    def _note_message(self, record: Record, key: _Key, known: KnownMessage | None) -> KnownMessage:
        said, place = self._said, self._start + record.index
        digest = hash(said)
        if known is None:
            # A message from the API counts as received when it was sent.
            sent_at = record.occurred_at if record.envelope.backfill else None
            received_at = sent_at or record.envelope.received_at
            known = KnownMessage(received_at, said[:_LONGEST_WORDS], digest, place, place)
            _remember(self._messages, key, known)
        else:
            known.repetition = "again" if known.digest == digest else "edited"
            known.words, known.digest, known.last = said[:_LONGEST_WORDS], digest, place
        return known


class Outcomes:
    """Counts outcomes for the summary at the end of a run, with what ``memory`` knows."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._reasons: Counter[str] = Counter()
        self._seconds: list[float] = []
        self._repeated = 0

    def hear(self, records: Sequence[Record]) -> None:
        """Count the records of one event; ``memory`` must have noted them."""
        event = records[0].envelope.event
        if event == MESSAGE:
            self._repeated += sum(self._memory.repetition(one) == "again" for one in records)
        elif event == STATUS:
            for record in records:
                self._count_status(record)

    def words(self) -> Iterator[str]:
        """Yield a line for each kind of outcome that occurred."""
        if failed := self._reasons.total():
            named = [f"{count} × {reason}" for reason, count in self._reasons.most_common()]
            more = f"; and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
            messages = counted(failed, "message")
            yield f"{messages} failed: {'; '.join(named[:_MOST_NAMED])}{more}"
        if self._seconds:
            ordered = sorted(self._seconds)
            usual, longest = elapsed(ordered[len(ordered) // 2]), elapsed(ordered[-1])
            yield f"delivered after {usual} (median), {longest} (longest)"
        if self._repeated:
            yield f"{counted(self._repeated, 'message')} came again with the same words"

    def _count_status(self, record: Record) -> None:
        kind = words(dig(record.data, "type"))
        if kind == "failed":
            reason = failure_words(dig(record.data, "error"))[:_LONGEST_REASON] or "no reason given"
            is_full = reason not in self._reasons and len(self._reasons) >= _MOST_REASONS
            self._reasons[_OTHERS if is_full else reason] += 1
        elif kind in _ARRIVED:
            known = self._memory.about(record)
            if known is None or known.has_arrived:
                return
            if (seconds := known.seconds_until(record)) is not None:
                known.has_arrived = True
                if len(self._seconds) < _MOST_TIMES:
                    self._seconds.append(seconds)


def _remember(recent: OrderedDict[_Key, T], key: _Key, value: T) -> None:
    recent[key] = value
    if len(recent) > _MOST_REMEMBERED:
        recent.popitem(last=False)


def _key(record: Record, identity: object) -> _Key | None:
    text = id_text(identity)
    if text is None:
        return None
    channel = record.envelope.channel
    return (channel.name if channel else "", text[:_LONGEST_KEY])


def _cut(value: object) -> str:
    return words(value)[:_LONGEST_KEY]


def _tells_nothing_new(chat: dict[str, object], known: KnownChat) -> bool:
    """Return whether ``chat`` says only what is known, as it does nearly always."""
    get = chat.get
    return (
        get("name") in (known.name, None)
        and get("phone") in (known.phone, None)
        and get("username") in (known.username, None)
        and get("email") in (known.email, None)
        and (known.is_group or not _is_group(chat))
    )


def _is_group(chat: dict[str, object]) -> bool:
    kind, identity = chat.get("type"), chat.get("id")
    if kind in _GROUPS:
        return True
    return isinstance(identity, str) and (
        identity.startswith(("group-", "channel-")) or identity.endswith("@g.us")
    )
