"""The messages that the local ChatApp has published, and the chats they are in. No I/O.

Publishing must stay fast: ``History.add`` stores an event's text, and a query over REST decodes it.
A message refers to its event and is decoded again when it is listed: as objects, messages would
take several times the memory.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel, Scope, parse_name
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, id_text
from chatapp_tail.clock import Clock
from chatapp_tail.pusher.protocol import PusherEvent

MAX_EVENTS = 100_000
# Of all texts together, so that many large events don't exhaust the memory.
MAX_CHARACTERS = 64 * 1024 * 1024

_MESSAGE = "message"

# Licence and messenger type.
Messenger = tuple[int, str]
# A time in unix seconds, and a number that orders those of the same second.
Position = tuple[int, int]


class SentEvent(NamedTuple):
    """A ``message`` event on a licence's channel; ``text`` is its data, double-encoded."""

    channel: Channel
    text: str
    sent_at: datetime

    def records(self) -> Sequence[Record]:
        """Return the event's items, whether it is flat or wrapped; none if it is malformed."""
        event = PusherEvent(_MESSAGE, None, self.text)
        records = decode_event(event, seq=0, received_at=self.sent_at)
        return [] if records[0].envelope.malformed else records


@dataclass(frozen=True, slots=True)
class Message:
    """Item ``index`` of ``event``.

    ``time`` in unix seconds: the item's own, else the time of publishing. ``number`` rises in the
    order of publishing. ``id`` as text, None if it has none.
    """

    time: int
    number: int
    id: str | None
    is_system: bool
    event: SentEvent
    index: int

    @property
    def position(self) -> Position:
        """The message's place among those of its chat."""
        return self.time, self.number

    def item(self) -> dict[str, object]:
        """Return the message as REST lists it: the event's item, without ``chat``, with a time.

        No source shows a whole message of the real API. Programs read ``id``, ``time``, ``side``,
        ``type``, ``message``, ``fromUser``, ``fromApp`` and ``created`` from it, all as in the
        event, and know the chat from the URL.
        """
        record = self.event.records()[self.index]
        item = {key: value for key, value in _fields(record.data).items() if key != "chat"}
        return item if record.occurred_at else item | {"time": self.time}


class Chat:
    """One chat of one messenger. ``number`` rises with each new chat.

    ``fields`` is the chat as the latest event describes it.
    """

    def __init__(self, number: int, channel: Channel, chat_id: str) -> None:
        self.number = number
        self.channel = channel
        self.id = chat_id
        self.fields: dict[str, object] = {}
        self.messages: list[Message] = []  # oldest first
        self._by_id: dict[str, Message] = {}

    @property
    def last_time(self) -> int:
        """The time of the newest message, in unix seconds; there must be one."""
        return self.messages[-1].time

    @property
    def position(self) -> Position:
        """The chat's place among all chats."""
        return self.last_time, self.number

    def add(self, message: Message, fields: dict[str, object]) -> None:
        """Add ``message`` in the order of time; it replaces an earlier one with the same id."""
        if message.id is not None:
            if (earlier := self._by_id.get(message.id)) is not None:
                self.discard(earlier)
            self._by_id[message.id] = message
        insort(self.messages, message, key=position)
        self.fields = fields

    def discard(self, message: Message) -> None:
        """Remove ``message``, unless a later one has replaced it."""
        index = bisect_left(self.messages, message.position, key=position)
        if self.messages[index : index + 1] == [message]:
            del self.messages[index]
            if message.id is not None:
                del self._by_id[message.id]


class _Filed(NamedTuple):
    size: int
    messages: tuple[tuple[Chat, Message], ...]


class History:
    """The last 100,000 ``message`` events of all licences together; fewer if they are large.

    Not thread-safe.
    """

    def __init__(
        self, clock: Clock, *, max_events: int = MAX_EVENTS, max_characters: int = MAX_CHARACTERS
    ) -> None:
        self._clock = clock
        self._max_events = max_events
        self._max_characters = max_characters
        self._characters = 0
        # Both are sorted by age, oldest first; every filed event is older than every unread one.
        self._filed: deque[_Filed] = deque()
        self._unread: deque[SentEvent] = deque()
        self._chats: dict[Messenger, dict[str, Chat]] = {}
        self._last_chat = 0
        self._last_message = 0

    def add(self, channel: str, event: str, data: object) -> None:
        """Store a ``message`` event of a licence; REST lists nothing of other events."""
        if event != _MESSAGE or (parsed := parse_name(channel)).scope is not Scope.LICENSE:
            return
        text = data if isinstance(data, str) else jsontext.dumps(data).decode()
        self._unread.append(SentEvent(parsed, text, self._clock.utcnow()))
        self._characters += len(text)
        while self._is_too_large():
            self._drop_oldest()

    def chats(self, messenger: Messenger) -> list[Chat]:
        """Return all chats of ``messenger``, the one with the newest message last."""
        self._read()
        return sorted(self._chats.get(messenger, {}).values(), key=position)

    def chat(self, messenger: Messenger, chat_id: str) -> Chat | None:
        """Return one chat; None if it has no message here."""
        self._read()
        return self._chats.get(messenger, {}).get(chat_id)

    def _is_too_large(self) -> bool:
        events = len(self._filed) + len(self._unread)
        return events > self._max_events or self._characters > self._max_characters

    def _drop_oldest(self) -> None:
        if not self._filed:
            self._characters -= len(self._unread.popleft().text)
            return
        oldest = self._filed.popleft()
        self._characters -= oldest.size
        for chat, message in oldest.messages:
            chat.discard(message)
            if not chat.messages:
                del self._chats_of(chat.channel)[chat.id]

    def _read(self) -> None:
        while self._unread:
            event = self._unread.popleft()
            self._filed.append(_Filed(len(event.text), tuple(self._file(event))))

    def _file(self, event: SentEvent) -> Iterator[tuple[Chat, Message]]:
        """Add the messages of ``event`` to their chats; skip those without a chat."""
        for record in event.records():
            fields = _fields(dig(record.data, "chat"))
            if (chat_id := id_text(fields.get("id"))) is not None:
                self._last_message += 1
                message = _read_message(event, record, self._last_message)
                chat = self._chat(event.channel, chat_id)
                chat.add(message, fields)
                yield chat, message

    def _chat(self, channel: Channel, chat_id: str) -> Chat:
        chats = self._chats_of(channel)
        if chat_id not in chats:
            self._last_chat += 1
            chats[chat_id] = Chat(self._last_chat, channel, chat_id)
        return chats[chat_id]

    def _chats_of(self, channel: Channel) -> dict[str, Chat]:
        # A licence's channel always has both; the type checker doesn't know it.
        return self._chats.setdefault((channel.license or 0, channel.messenger or ""), {})


def position(listed: Chat | Message) -> Position:
    """Return the place of a chat or a message in its list."""
    return listed.position


def _read_message(event: SentEvent, record: Record, number: int) -> Message:
    """Return the message of ``record``, which is an item of ``event``."""
    return Message(
        time=int((record.occurred_at or event.sent_at).timestamp()),
        number=number,
        id=id_text(dig(record.data, "id")),
        is_system=dig(record.data, "type") == "system",
        event=event,
        index=record.index,
    )


def _fields(value: object) -> dict[str, object]:
    """Return an object as it is; anything else has no fields."""
    return value if isinstance(value, dict) else {}
