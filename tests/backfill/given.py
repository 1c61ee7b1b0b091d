"""API calls by script, and the pages, chats and messages that they return."""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from chatapp_tail.account.rest import Page, Rest
from chatapp_tail.backfill.paging import Item, Span

TELEGRAM = "private-v1.licenses.1229.messengers.telegram"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# How long anything on loopback may take before the test has failed, in seconds.
DEADLINE = 10.0

ChatsPage = Callable[[int | None], Page]
MessagesPage = Callable[[str, str | None], Page]


class ScriptedRest(Rest):
    """Answers by functions, and remembers what it was asked."""

    def __init__(
        self,
        chats: ChatsPage = lambda _: Page(()),
        messages: MessagesPage = lambda _chat, _cursor: Page(()),
    ) -> None:
        self._chats = chats
        self._messages_of = messages
        self.bounds: list[int | None] = []
        self.asked: list[tuple[str, int, str | None]] = []
        self.closed = threading.Event()

    def chats(self, license_id: int, messenger: str, last_time: int | None = None) -> Page:
        assert (license_id, messenger) == (1229, "telegram")
        self.bounds.append(last_time)
        return self._chats(last_time)

    def messages(
        self,
        license_id: int,
        messenger: str,
        chat_id: str,
        last_time: int,
        next_page: str | None = None,
    ) -> Page:
        assert (license_id, messenger) == (1229, "telegram")
        self.asked.append((chat_id, last_time, next_page))
        return self._messages_of(chat_id, next_page)

    @property
    def read_chats(self) -> list[str]:
        """The chats whose messages were asked for, in order."""
        return [chat_id for chat_id, _, _ in self.asked]

    def close(self) -> None:
        self.closed.set()


def page(*items: Item, more: str | None = None) -> Page:
    return Page(items, more)


def chat(chat_id: object, last_time: object) -> Item:
    return {"id": chat_id, "lastTime": last_time, "name": f"Chat {chat_id}"}


def item(message_id: object, time: object) -> Item:
    return {"id": message_id, "time": time}


def chats_before(*listed: Item, size: int = 100) -> ChatsPage:
    """Return a list that pages as ChatApp's does: strictly older, newest first."""

    def answer(bound: int | None) -> Page:
        times = {id(one): int(str(one["lastTime"])) for one in listed}
        older = [one for one in listed if bound is None or times[id(one)] < bound]
        return Page(tuple(older[:size]))

    return answer


def ids(items: Iterable[Item]) -> list[object]:
    return [one["id"] for one in items]


def span(*, since: datetime = NOON, floor: datetime | None = None, channel: str = TELEGRAM) -> Span:
    return Span(channel, 1229, "telegram", since, floor or datetime(2020, 1, 1, tzinfo=UTC))
