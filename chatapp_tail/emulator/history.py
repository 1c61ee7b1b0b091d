"""The messages that the local ChatApp has published, and the chats they are in. No I/O.

A message is kept as JSON text: as objects it would take several times the memory.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
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
# The key that sorts chats and messages.
position = attrgetter("position")


@dataclass(frozen=True, slots=True)
class Message:
    """One item of a ``message`` event.

    ``time`` in unix seconds: the item's own, else the time of publishing. ``number`` rises in the
    order of publishing. ``id`` as text, None if it has none. ``text`` is JSON: see ``item``.
    """

    time: int
    number: int
    id: str | None
    is_system: bool
    text: bytes

    @property
    def position(self) -> Position:
        """The message's place among those of its chat."""
        return self.time, self.number

    def item(self) -> object:
        """Return the message as REST lists it: the event's item, without ``chat``, with a time.

        No source shows a whole message of the real API. Programs read ``id``, ``time``, ``side``,
        ``type``, ``message``, ``fromUser``, ``fromApp`` and ``created`` from it, all as in the
        event, and know the chat from the URL.
        """
        return jsontext.loads(self.text)


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


class _Event(NamedTuple):
    size: int
    messages: list[tuple[Chat, Message]]


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
        self._events: deque[_Event] = deque()  # oldest first
        self._chats: dict[Messenger, dict[str, Chat]] = {}
        self._last_chat = 0
        self._last_message = 0

    def add(self, channel: str, event: str, data: object) -> None:
        """Store the messages of an event on a licence's channel; ignore any other event."""
        if event != _MESSAGE or (parsed := parse_name(channel)).scope is not Scope.LICENSE:
            return
        text = data if isinstance(data, str) else jsontext.dumps(data).decode()
        self._events.append(_Event(len(text), list(self._messages(parsed, text))))
        self._characters += len(text)
        while len(self._events) > self._max_events or self._characters > self._max_characters:
            self._drop_oldest()

    def chats(self, messenger: Messenger) -> list[Chat]:
        """Return all chats of ``messenger``, the one with the newest message last."""
        return sorted(self._chats.get(messenger, {}).values(), key=position)

    def chat(self, messenger: Messenger, chat_id: str) -> Chat | None:
        """Return one chat; None if it has no message here."""
        return self._chats.get(messenger, {}).get(chat_id)

    def _drop_oldest(self) -> None:
        oldest = self._events.popleft()
        self._characters -= oldest.size
        for chat, message in oldest.messages:
            chat.discard(message)
            if not chat.messages:
                del self._chats_of(chat.channel)[chat.id]

    def _messages(self, channel: Channel, text: str) -> Iterator[tuple[Chat, Message]]:
        """Add the items of an event's data, flat or wrapped, to their chats; skip those without."""
        event = PusherEvent(_MESSAGE, None, text)
        for record in decode_event(event, seq=0, received_at=self._clock.utcnow()):
            fields = _fields(dig(record.data, "chat"))
            chat_id = id_text(fields.get("id"))
            if chat_id is None or record.envelope.malformed:
                continue
            self._last_message += 1
            message = _read_message(record, self._last_message)
            chat = self._chat(channel, chat_id)
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


def _read_message(record: Record, number: int) -> Message:
    time = int((record.occurred_at or record.envelope.received_at).timestamp())
    item = {key: value for key, value in _fields(record.data).items() if key != "chat"}
    if record.occurred_at is None:
        item["time"] = time
    return Message(
        time=time,
        number=number,
        id=id_text(item.get("id")),
        is_system=item.get("type") == "system",
        text=jsontext.dumps(item),
    )


def _fields(value: object) -> dict[str, object]:
    """Return an object as it is; anything else has no fields."""
    return value if isinstance(value, dict) else {}
