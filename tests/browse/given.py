"""A feed with made-up records, and the screen over it, driven by Textual's pilot."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC
from io import StringIO

from textual.pilot import Pilot

from chatapp_tail.browse.app import BrowseApp
from chatapp_tail.browse.event_screens import ListScreen, Services
from chatapp_tail.browse.feed import Feed
from chatapp_tail.browse.paint import Painter
from chatapp_tail.browse.rows_screen import RowsScreen
from chatapp_tail.browse.store import MOST_BYTES, MOST_ITEMS, Store
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

Scene = Callable[[Pilot[None]], Awaitable[None]]


class Fed:
    """A feed, and what a tail would do to it."""

    def __init__(self, *, most_items: int = MOST_ITEMS, most_bytes: int = MOST_BYTES) -> None:
        self.clock = FakeClock(utc=STARTED_AT)
        self._memory = Memory()
        rows = RowMaker(TimeFormat.UTC, STARTED_AT, cut=True, memory=self._memory)
        store = Store(most_items=most_items, most_bytes=most_bytes)
        labels = ChannelLabels()
        self.feed = Feed(store, rows, self._memory, self.clock, labels=labels, zone=UTC)
        self._seq = 0

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

    def services(self, *, follows: bool = True) -> Services:
        """Return what the screens work with."""
        painter = Painter(time_width=8, shows_channel=False)
        status = Status(StringIO())
        return Services(
            self.feed,
            painter,
            Signals(raises=False),
            SystemClock(),
            status,
            "day.jsonl",
            UTC,
            follows,
        )


def play(services: Services, scene: Scene, size: tuple[int, int] = (80, 24)) -> BrowseApp:
    """Show the screen while ``scene`` plays; return the app when both are over."""
    app = BrowseApp(services)

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await settled(pilot)
            await scene(pilot)

    asyncio.run(run())
    return app


async def settled(pilot: Pilot[None]) -> None:
    """Have the screen look at what came, as it does by itself from time to time, and draw it."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    screen = pilot.app.screen
    if isinstance(screen, RowsScreen | ListScreen | SummaryScreen):
        screen.look()
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and wait until what they do is drawn."""
    for key in keys:
        await pilot.press(key)
    await settled(pilot)


def lines(pilot: Pilot[None]) -> list[str]:
    """Return the screen's lines, without the spaces at their ends."""
    strips = pilot.app.screen._compositor.render_strips()
    return [strip.text.rstrip() for strip in strips]


def text(pilot: Pilot[None]) -> str:
    """Return the screen's text."""
    return "\n".join(lines(pilot))
