"""A feed with made-up records, and the screen over it, driven by Textual's pilot."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from io import StringIO
from typing import TypeVar

from textual.pilot import Pilot
from textual.widget import Widget

from chatapp_tail.browse.app import BrowseApp
from chatapp_tail.browse.event_screens import ListScreen, Services
from chatapp_tail.browse.feed import Feed
from chatapp_tail.browse.paint import Painter
from chatapp_tail.browse.rows import Rows
from chatapp_tail.browse.rows_screen import RowsScreen
from chatapp_tail.browse.store import MOST_ITEMS, Event, Item, Store
from chatapp_tail.browse.summary import SummaryScreen
from chatapp_tail.chatapp.memory import Memory
from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import SystemClock
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.output.status import Status
from chatapp_tail.signals import Signals
from tests.support.fake_clock import FakeClock
from tests.support.records import STARTED_AT, received

W = TypeVar("W", bound=Widget)


class Fed:
    """A feed, and what a tail would do to it."""

    def __init__(self, messages: int = 0, *, most_items: int = MOST_ITEMS) -> None:
        """Take so many messages, numbered from 1."""
        self.clock = FakeClock(utc=STARTED_AT)
        self._memory = Memory()
        rows = RowMaker(TimeFormat.UTC, STARTED_AT, cut=True, memory=self._memory)
        store = Store(most_items=most_items)
        labels = ChannelLabels()
        self.feed = Feed(store, rows, self._memory, self.clock, labels=labels, zone=UTC)
        self._seq = 0
        self.messages(messages)

    def take(self, records: Sequence[Record]) -> None:
        """Take the records of one event, as a delivery hands them over."""
        for record in records:
            self._memory.note(record)
        self.feed.received(records)
        self.feed.shown(records)

    def event(self, event: str, item: object, *, after: float | None = None) -> None:
        """Take one event with one item, a second after the one before unless told."""
        self._seq += 1
        after = float(self._seq) if after is None else after
        data = {"data": [item], "meta": None}
        self.take(received(data, event=event, after=after, seq=self._seq))

    def message(
        self,
        identity: int,
        text: str,
        *,
        chat: str = "private-1",
        who: str = "Ann",
        side: str = "in",
        after: float | None = None,
        **more: object,
    ) -> None:
        """Take a message."""
        item = {"id": identity, "side": side, "type": "text", "chat": {"id": chat, "name": who}}
        self.event("message", item | {"message": {"text": text}} | more, after=after)

    def status(
        self,
        identity: int,
        kind: str,
        *,
        chat: str = "private-1",
        after: float | None = None,
        **more: object,
    ) -> None:
        """Take what became of a message."""
        item = {"id": identity, "type": kind, "chat": {"id": chat}} | more
        self.event("messageStatus", item, after=after)

    def messages(self, count: int) -> None:
        """Take ``count`` messages, numbered from 1."""
        for number in range(1, count + 1):
            self.message(number, f"message {number}")

    @property
    def items(self) -> list[Item]:
        """What is kept, in order."""
        kept = self.feed.store
        return [item for item in kept.items(kept.first, kept.end) if item is not None]

    @property
    def services(self) -> Services:
        """What the screens work with."""
        painter = Painter(time_width=8, shows_channel=False)
        signals, status = Signals(raises=False), Status(StringIO())
        return Services(self.feed, painter, signals, SystemClock(), status, "day.jsonl", UTC)


class Screen:
    """The screen over a feed, driven by Textual's pilot between the steps of a test."""

    def __init__(self, pilot: Pilot[None], runner: asyncio.Runner) -> None:
        self._pilot = pilot
        self._run = runner.run
        self.app = pilot.app

    def settle(self) -> None:
        """Have the screen look at what came, as it does by itself from time to time, and draw."""
        self._run(self._settled())

    async def _settled(self) -> None:
        await self.app.workers.wait_for_complete()
        await self._pilot.pause()
        if isinstance(self.top, RowsScreen | ListScreen | SummaryScreen):
            self.top.look()
        await self._pilot.pause()

    def press(self, *keys: str) -> None:
        """Press keys, each when what the one before does is drawn."""
        for key in keys:
            self._run(self._pilot.press(key))
        self.settle()

    def click_row(self, number: int) -> None:
        """Click a row, counted from 0."""
        self._run(self._pilot.click(Rows, offset=(20, number)))
        self.settle()

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self._run(self._pilot.resize_terminal(columns, rows))
        self.settle()

    @property
    def top(self) -> object:
        """The screen that is on top."""
        return self.app.screen

    def find(self, kind: type[W]) -> W:
        """Return the widget of this kind."""
        return self.app.screen.query_one(kind)

    @property
    def lines(self) -> list[str]:
        """The lines without the spaces at their ends."""
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    @property
    def messages(self) -> list[str]:
        """The words of the incoming messages in sight."""
        return [line[:78].rstrip().partition(" ← ")[2] for line in self.lines if " ← " in line]

    @property
    def chosen(self) -> str:
        """The words of the event that the cursor is on; "" for a line between the events."""
        item = self.find(Rows).item
        return item.row.detail if isinstance(item, Event) else ""


@contextmanager
def shown(fed: Fed, size: tuple[int, int] = (80, 24), **services: object) -> Iterator[Screen]:
    """Show the screen inside; ``services`` are in place of those of ``fed``."""
    app = BrowseApp(fed.services._replace(**services))  # type: ignore[arg-type]
    test = app.run_test(size=size, notifications=True)
    with asyncio.Runner() as runner:
        screen = Screen(runner.run(test.__aenter__()), runner)
        try:
            screen.settle()
            yield screen
        finally:
            runner.run(test.__aexit__(None, None, None))
