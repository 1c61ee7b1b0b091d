"""Reads the messages of a messenger's chats from a moment on, over REST.

Source: programs that page through ChatApp's chats and messages: list the chats from the newest to
the first that is older than the gap, then read each forwards from the gap's start. The API's times
are whole seconds of its own clock. Its answers are hostile, so every loop here is bounded.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import itemgetter

from chatapp_tail import jsontext
from chatapp_tail.account.rest import Page, Rest
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.values import dig, id_text, integer
from chatapp_tail.errors import ApiError, ApiRefusedError, ApiUnavailableError

# How far behind ours the API's clock may be, in seconds. What is read twice therefore is dropped.
CLOCK_MARGIN = 5
# Limits: a larger account would take hours, or the API never ends.
MOST_CHAT_PAGES = 200
MOST_MESSAGE_PAGES = 500
MOST_ITEMS = 50_000
# In bytes of JSON: all that is read for one span, and what is kept of it, together.
MOST_BYTES = 128 << 20
# After this many pages in a row without anything new reading ends, whatever the cursor is.
_MOST_STALE_PAGES = 20
# The same for chats: around a second t of many chats, pages before t+1, t and t-1 are asked for.
_MOST_STALE_LISTS = 3
# After this many refused chats in a row the rest is not asked for.
_MOST_REFUSALS = 10
# How often the list is read again because it changed meanwhile.
_MOST_PASSES = 5
_LONGEST_ID = 1000
_TIMES_END = 10**12

Item = dict[str, object]
# Returns what a call returns, which it may repeat. Raises ``ApiError``.
Ask = Callable[[Callable[[Rest], Page]], Page]


@dataclass(frozen=True, slots=True)
class Span:
    """The messages of ``channel`` (its name) sent after ``since``, and none from before ``floor``.

    Both are aware times of our clock. After a gap ``since`` is its start and ``floor`` the run's;
    for the time before the run they are the same.
    """

    channel: str
    license: int
    messenger: str
    since: datetime
    floor: datetime

    def joined(self, other: "Span") -> "Span":
        """Return the span of the same channel that covers both."""
        return replace(self, since=min(self.since, other.since), floor=min(self.floor, other.floor))

    def first_second(self, *, ahead: float) -> int:
        """Return from when to read, in unix seconds of the API's clock: a little before ``since``.

        That clock is ``ahead`` seconds ahead of ours.
        """
        earliest = max(self.since - timedelta(seconds=CLOCK_MARGIN), self.floor)
        return max(int((earliest + timedelta(seconds=ahead)).timestamp()), 0)


def span_of(channel: Channel, since: datetime, floor: datetime) -> Span | None:
    """Return the span of a licence's channel; None for others, of which REST keeps nothing."""
    if channel.license is None or channel.messenger is None:
        return None
    return Span(channel.name, channel.license, channel.messenger, since, floor)


@dataclass(frozen=True, slots=True)
class Missed:
    """The messages found, oldest first, each with its ``chat``; and why they are not all, if so.

    ``texts`` are JSON objects: as Python's they may take twenty times as much memory.
    """

    texts: tuple[bytes, ...] = field(default=(), repr=False)
    problem: ApiError | None = None

    def items(self) -> Iterator[Item]:
        """Yield the messages."""
        return map(_parsed, self.texts)


class SpanReader:
    """Reads the messages of one messenger, once."""

    def __init__(self, ask: Ask, license_id: int, messenger: str, since: int) -> None:
        """``since`` is the first second to read, in unix seconds of the API's clock."""
        self._ask = ask
        self._license = license_id
        self._messenger = messenger
        self._since = since
        # JSON of each chat, by id; time and JSON of each message; what else may be read, in bytes.
        self._chats: dict[str, bytes] = {}
        self._found: list[tuple[int, bytes]] = []
        self._bytes_left = MOST_BYTES

    def read(self) -> Missed:
        """Return the messages, and the first error in place of raising it."""
        problem: ApiError | None = None
        try:
            self._list_chats()
        except ApiError as exc:
            problem = exc
        problem = self._read_chats() or problem
        self._found.sort(key=itemgetter(0))  # stable: those of one second stay as they were read
        return Missed(tuple(text for _, text in self._found), problem)

    def _list_chats(self) -> None:
        """Find the chats that have a message of ``since`` or later.

        A chat that is written to while pages are read moves to the front, and is on none of those
        to come. So the list is read again, down to where it began, until that brings nothing new
        or is a single page.
        """
        until = self._since
        for _ in range(_MOST_PASSES):
            known = len(self._chats)
            top, pages = self._read_list(until)
            if pages == 1 or top is None or (known and len(self._chats) == known):
                break
            until = top

    def _read_list(self, until: int) -> tuple[int | None, int]:
        """Read the list once; return the newest time on its first page, and its pages' number."""
        met: set[str] = set()
        bound: int | None = None
        newest: int | None = None
        stale = 0
        for number in range(1, MOST_CHAT_PAGES + 1):
            page = self._chats_before(bound)
            before = len(met)
            times = list(self._note_chats(page, met, until))
            if number == 1:
                newest = max(times, default=None)
            stale = 0 if len(met) > before else stale + 1
            if not times or times[-1] < until or stale == _MOST_STALE_LISTS:
                return newest, number
            # Whether chats of that very second are included isn't known, so ask from one later; but
            # never twice for the same. Of a second with more chats than a page the rest is lost.
            bound = times[-1] + 1 if bound is None else min(times[-1] + 1, bound - 1)
        raise _endless("chats")

    def _note_chats(self, page: Page, met: set[str], until: int) -> Iterator[int]:
        """Note the chats of a page that changed since ``until``; yield all the times that it has.

        The ids of all its chats go into ``met``.
        """
        for chat in page.items:
            chat_id, time = id_text(chat.get("id")), _time(chat.get("lastTime"))
            # An id of dots alone would be removed from the URL's path; no chat has one.
            if chat_id is None or len(chat_id) > _LONGEST_ID or not chat_id.strip("."):
                continue
            met.add(chat_id)
            if time is None or time >= until:
                self._chats[chat_id] = jsontext.dumps(chat)
            if time is not None:
                yield time

    def _read_chats(self) -> ApiError | None:
        """Read the messages of all chats; return the first error."""
        problem: ApiError | None = None
        refusals = 0
        for chat_id, text in self._chats.items():
            try:
                self._read_chat(chat_id, _parsed(text))
                refusals = 0
            except ApiRefusedError as exc:  # this chat: the others can still be read
                problem, refusals = problem or exc, refusals + 1
                if refusals == _MOST_REFUSALS:
                    break
            except ApiError as exc:
                return problem or exc
        return problem

    def _read_chat(self, chat_id: str, chat: Item) -> None:
        """Read a chat's messages, each once.

        One without a time has that of the message before it.
        """
        cursor: str | None = None
        cursors: set[str] = set()
        known: set[str | None] = set()
        time, stale = self._since, 0
        for _ in range(MOST_MESSAGE_PAGES):
            page = self._messages(chat_id, cursor)
            before = len(known)
            for item in page.items:
                time = _time(item.get("time")) or time
                if (message_id := id_text(item.get("id"))) in known and message_id is not None:
                    continue
                known.add(message_id)
                if time >= self._since:
                    self._keep(time, _with_chat(item, chat))
            stale = 0 if len(known) > before else stale + 1
            cursor = page.next_page
            if cursor is None or cursor in cursors or stale == _MOST_STALE_PAGES:
                return
            cursors.add(cursor)
        raise _endless("messages")

    def _keep(self, time: int, message: Item) -> None:
        if len(self._found) == MOST_ITEMS:
            raise ApiUnavailableError(f"there are more than {MOST_ITEMS:,} messages")
        text = jsontext.dumps(message)
        self._spend(len(text))
        self._found.append((time, text))

    def _chats_before(self, bound: int | None) -> Page:
        return self._page(lambda rest: rest.chats(self._license, self._messenger, bound))

    def _messages(self, chat_id: str, cursor: str | None) -> Page:
        return self._page(
            lambda rest: rest.messages(self._license, self._messenger, chat_id, self._since, cursor)
        )

    def _page(self, call: Callable[[Rest], Page]) -> Page:
        page = self._ask(call)
        self._spend(len(jsontext.dumps([page.items, page.next_page])))
        return page

    def _spend(self, size: int) -> None:
        """Raise ``ApiUnavailableError`` when all that is read and kept takes too many bytes."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise ApiUnavailableError(
                f"its chats and messages take more than {MOST_BYTES >> 20} MB"
            )


def _with_chat(item: Item, chat: Item) -> Item:
    """Return ``item`` as an event has it: with the chat, which REST doesn't repeat in each."""
    return item if id_text(dig(item, "chat", "id")) is not None else {**item, "chat": chat}


def _parsed(text: bytes) -> Item:
    value = jsontext.loads(text)
    assert isinstance(value, dict)  # noqa: S101 (for mypy)
    return value


def _time(value: object) -> int | None:
    time = integer(value)
    return time if time is not None and 0 < time < _TIMES_END else None


def _endless(what: str) -> ApiRefusedError:
    return ApiRefusedError(f"the API's list of {what} has too many pages")
