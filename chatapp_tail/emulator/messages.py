"""Messages and the chats they are in, as REST lists them. Pure.

A message is kept as the place where it can be read again: the text of its event is there anyway,
and as objects it would take several times the memory.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, id_text
from chatapp_tail.emulator.paging import Position
from chatapp_tail.pusher.protocol import PusherEvent

MESSAGE = "message"


class SentEvent(NamedTuple):
    """A ``message`` event of a licence's channel; ``text`` is its data, double-encoded."""

    channel: Channel
    text: str
    sent_at: datetime

    def records(self) -> Sequence[Record]:
        """Return the items, in either of the shapes an event has; none if there are none."""
        event = PusherEvent(MESSAGE, None, self.text)
        records = decode_event(event, seq=0, received_at=self.sent_at)
        return [] if records[0].envelope.malformed else records


@dataclass(frozen=True, slots=True)
class Message:
    """Item ``index`` of ``event``.

    ``time`` in unix seconds: the item's own, else when it was sent. ``number`` rises in the order
    of sending. ``id`` as text, None if it has none.
    """

    time: int
    number: int
    id: str | None
    is_system: bool
    event: SentEvent
    index: int

    @property
    def position(self) -> Position:
        """Its place among the messages of its chat."""
        return self.time, self.number

    def item(self) -> dict[str, object]:
        """Return what REST says of it: the event's item without its ``chat``, always with a time.

        Nobody has shown a whole message of the real API. Programs read ``id``, ``time``, ``side``,
        ``type``, ``message``, ``fromUser``, ``fromApp`` and ``created`` from it, all as in the
        event, and take the chat from the address they asked.
        """
        record = self.event.records()[self.index]
        item = {key: value for key, value in as_fields(record.data).items() if key != "chat"}
        return item if record.occurred_at else item | {"time": self.time}


class Chat:
    """One chat of one messenger. ``number`` rises with each chat that is met.

    ``fields`` are what the event that came last says about the chat.
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
        """Its place among all chats."""
        return self.last_time, self.number

    def add(self, message: Message, fields: dict[str, object]) -> None:
        """File ``message`` under its time.

        It takes the place of an earlier one with its id: sent twice, it is still one message.
        """
        if message.id is not None:
            if (earlier := self._by_id.get(message.id)) is not None:
                self.discard(earlier)
            self._by_id[message.id] = message
        insort(self.messages, message, key=_position)
        self.fields = fields

    def discard(self, message: Message) -> None:
        """Forget ``message``, unless a later one has its place already."""
        index = bisect_left(self.messages, message.position, key=_position)
        if self.messages[index : index + 1] == [message]:
            del self.messages[index]
            if message.id is not None:
                del self._by_id[message.id]


def read_message(event: SentEvent, record: Record, number: int) -> Message:
    """Return the message in ``record``, which is one of ``event``."""
    return Message(
        time=int((record.occurred_at or event.sent_at).timestamp()),
        number=number,
        id=id_text(dig(record.data, "id")),
        is_system=dig(record.data, "type") == "system",
        event=event,
        index=record.index,
    )


def as_fields(value: object) -> dict[str, object]:
    """Return an object as it is; anything else has no fields."""
    return value if isinstance(value, dict) else {}


def _position(message: Message) -> Position:
    return message.position
