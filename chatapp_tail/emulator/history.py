"""What the local ChatApp has said: the messages it sent, for whoever asks over REST later.

Publishing must stay quick: it keeps an event's text as it is, and only a question has it read.
No I/O; for one event loop.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Channel, Scope, parse_name
from chatapp_tail.chatapp.values import dig, id_text
from chatapp_tail.clock import Clock
from chatapp_tail.emulator.messages import (
    MESSAGE,
    Chat,
    Message,
    SentEvent,
    as_fields,
    read_message,
)

MOST_EVENTS = 100_000
# Of all texts together: a flood of large events must not eat the machine's memory.
MOST_CHARACTERS = 64 * 1024 * 1024

# Licence and messenger type.
Messenger = tuple[int, str]


class _Filed(NamedTuple):
    size: int
    messages: tuple[tuple[Chat, Message], ...]


class History:
    """The last 100,000 ``message`` events of all licences together; fewer if they are large."""

    def __init__(
        self,
        clock: Clock,
        *,
        most_events: int = MOST_EVENTS,
        most_characters: int = MOST_CHARACTERS,
    ) -> None:
        self._clock = clock
        self._most_events = most_events
        self._most_characters = most_characters
        self._characters = 0
        # Both have the oldest first, and all that is filed is older than what is still unread.
        self._filed: deque[_Filed] = deque()
        self._unread: deque[SentEvent] = deque()
        self._chats: dict[Messenger, dict[str, Chat]] = {}
        self._last_chat = 0
        self._last_message = 0

    def add(self, channel: str, event: str, data: object) -> None:
        """Keep a licence's ``message`` event; of all others REST tells nothing."""
        if event != MESSAGE or (parsed := parse_name(channel)).scope is not Scope.LICENSE:
            return
        text = data if isinstance(data, str) else jsontext.dumps(data).decode()
        self._unread.append(SentEvent(parsed, text, self._clock.utcnow()))
        self._characters += len(text)
        while self._holds_too_much():
            self._forget_oldest()

    def chats(self, messengers: Iterable[Messenger]) -> list[Chat]:
        """Return all chats of ``messengers``, the one with the newest message last."""
        self._read()
        found = [chat for one in messengers for chat in self._chats.get(one, {}).values()]
        return sorted(found, key=lambda chat: chat.position)

    def chat(self, messenger: Messenger, chat_id: str) -> Chat | None:
        """Return one chat; None if it has no message here."""
        self._read()
        return self._chats.get(messenger, {}).get(chat_id)

    def _holds_too_much(self) -> bool:
        events = len(self._filed) + len(self._unread)
        return events > self._most_events or self._characters > self._most_characters

    def _forget_oldest(self) -> None:
        if not self._filed:
            self._characters -= len(self._unread.popleft().text)
            return
        oldest = self._filed.popleft()
        self._characters -= oldest.size
        for chat, message in oldest.messages:
            chat.discard(message)
            if not chat.messages:
                del self._chats_beside(chat.channel)[chat.id]

    def _read(self) -> None:
        while self._unread:
            event = self._unread.popleft()
            self._filed.append(_Filed(len(event.text), tuple(self._file(event))))

    def _file(self, event: SentEvent) -> Iterator[tuple[Chat, Message]]:
        """File the messages of ``event``; one without a chat can't be asked for."""
        for record in event.records():
            fields = as_fields(dig(record.data, "chat"))
            if (chat_id := id_text(fields.get("id"))) is not None:
                self._last_message += 1
                message = read_message(event, record, self._last_message)
                chat = self._chat(event.channel, chat_id)
                chat.add(message, fields)
                yield chat, message

    def _chat(self, channel: Channel, chat_id: str) -> Chat:
        chats = self._chats_beside(channel)
        if chat_id not in chats:
            self._last_chat += 1
            chats[chat_id] = Chat(self._last_chat, channel, chat_id)
        return chats[chat_id]

    def _chats_beside(self, channel: Channel) -> dict[str, Chat]:
        # A licence's channel has both; the types don't know.
        return self._chats.setdefault((channel.license or 0, channel.messenger or ""), {})
