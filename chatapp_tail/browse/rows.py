"""The list of items: one line each, only those on the screen are drawn.

It is a Line API widget rather than a DataTable, which can't let its oldest row go without building
all others anew, and takes a second to take ten thousand.
"""

from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chatapp_tail.browse.feed import Feed
from chatapp_tail.browse.paint import Painter
from chatapp_tail.browse.store import Event, Item
from chatapp_tail.browse.view import Change, Test, View
from chatapp_tail.clock import Clock
from chatapp_tail.output.highlight import NO_HIGHLIGHTS
from chatapp_tail.signals import limited

# How many items are looked at in one go, and for how many seconds at most before keys are answered.
MOST_AT_ONCE = 500
_LONGEST_PULL = 0.02
# For how many seconds one item may be tested: a regular expression may backtrack for ever.
_LONGEST_TEST = 0.25
# Rows that are kept as they were drawn.
_MOST_STRIPS = 1_000


class Rows(ScrollView, can_focus=True):
    """Rows with a cursor, which follows the newest one until it is moved away from it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor"}
    DEFAULT_CSS = """
    Rows {
        height: 1fr;
        width: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .rows--cursor { background: $primary 40%; }
        &:focus > .rows--cursor { background: $primary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end", "follow", "Follow", show=False),
    ]

    class Moved(Message):
        """The cursor stands on another item, or following began or ended."""

    class Opened(Message):
        """An item was clicked while the cursor was on it."""

    def __init__(self, feed: Feed, painter: Painter, clock: Clock, *, follows: bool) -> None:
        """``follows`` is whether to begin at the newest row."""
        super().__init__()
        self._clock = clock
        self._feed = feed
        self._painter = painter
        self.view = View(feed.store)
        self.follows = follows
        self.cursor: int | None = None
        """The number of the item that the cursor is on; None where there is none."""
        self.paused_at: int | None = None
        """The number up to which items are shown while it is paused."""
        self._strips: dict[int, Strip] = {}
        self._strips_for: tuple[object, ...] = ()
        self._style = Style()

    # What the screen asks and wants.

    @property
    def new(self) -> int:
        """How many items came after the last one that was looked at."""
        if self.paused_at is not None:
            with self._feed.lock:
                return self._feed.store.end - self.paused_at
        if self.follows or self.cursor is None:
            return 0
        last = max(len(self.view) - 1, 0)
        return last - min(self.view.place(self.cursor), last)

    @property
    def item(self) -> Item | None:
        """The item that the cursor is on."""
        if self.cursor is None:
            return None
        with self._feed.lock:
            return self._feed.store.get(self.cursor)

    def look_at(self, test: Test | None) -> None:
        """Show only what the test accepts, or everything; the cursor stays if its item does.

        Raises ``TimeoutError`` as ``pull`` does.
        """
        with self._feed.lock:
            self.view = View(self._feed.store, test)
        self.pull()
        self._resize_list()
        self.refresh()
        if not self.follows:
            self.show_cursor(center=True)

    def pause(self) -> None:
        """Stand still at what is shown though items come, or go on."""
        self.paused_at = self.view.looked_at if self.paused_at is None else None

    def pull(self) -> Change:
        """Take what has come; return what that changed.

        Raises ``TimeoutError`` if the test doesn't end with an item; then ``look_at`` another one.
        """
        with self._feed.lock, limited(_LONGEST_TEST):
            store = self._feed.store
            until = store.end if self.paused_at is None else min(self.paused_at, store.end)
            gone, come = self.view.update(until, MOST_AT_ONCE)
            ends_at = self._clock.now() + _LONGEST_PULL
            while self.view.looked_at < until and self._clock.now() < ends_at:
                come += self.view.update(until, MOST_AT_ONCE).come
        change = Change(gone, come)
        if not any(change):
            return change
        is_in_sight = len(self.view) - come < self.scroll_offset.y + self.size.height
        self._resize_list()
        if not len(self.view):
            self.cursor = None
        elif self.follows:
            self._move_to(len(self.view) - 1)
        else:
            cursor = self._first_event() if self.cursor is None else self.cursor
            if gone:
                self.scroll_to(y=max(self.scroll_offset.y - gone, 0), animate=False)
            # The next item where its own was given up or is filtered out.
            self.cursor = self.view.number(min(self.view.place(cursor), len(self.view) - 1))
        if self.follows or gone or is_in_sight:
            self.refresh()
        return change

    def next_match(self, test: Test, step: int) -> int | None:
        """Return the number of the next item that the test accepts, whether it is seen or not.

        ``step`` is 1, or -1 for the one before. None: there is no further one. Raises
        ``TimeoutError`` as ``pull`` does.
        """
        with self._feed.lock, limited(_LONGEST_TEST):
            store = self._feed.store
            here = store.first if self.cursor is None else self.cursor
            ahead = range(here + 1, store.end) if step > 0 else range(here - 1, store.first - 1, -1)
            for number in ahead:
                item = store.get(number)
                if item is not None and test(item):
                    return number
        return None

    def go_to(self, number: int) -> None:
        """Put the cursor on the item, and stop following."""
        self.follows = False
        self.cursor = number
        self.show_cursor(center=True)
        self.refresh()
        self.post_message(self.Moved())

    def show_cursor(self, *, center: bool = False) -> None:
        """Scroll to the cursor where it isn't in sight."""
        if self.cursor is None or not len(self.view):
            return
        height = max(self.scrollable_content_region.height, 1)
        place, top = self.view.place(self.cursor), self.scroll_offset.y
        if top <= place < top + height:
            return
        nearest = place if place < top else place - height + 1
        self.scroll_to(y=max(place - height // 2 if center else nearest, 0), animate=False)

    # Keys.

    def action_page(self, step: int) -> None:
        """Move the cursor by ``step`` screens."""
        self.action_move(step * max(self.scrollable_content_region.height - 1, 1))

    def action_first(self) -> None:
        """Put the cursor on the first row."""
        self.action_move(-len(self.view))

    def action_follow(self) -> None:
        """Put the cursor on the last row, and have it stay on the newest."""
        self.follows = True
        self.action_move(len(self.view))

    def action_move(self, step: int) -> None:
        """Move the cursor by ``step`` rows, to the last one at most; only there it may follow."""
        if not len(self.view) or self.cursor is None:
            return
        last = len(self.view) - 1
        place = min(max(self.view.place(self.cursor) + step, 0), last)
        self.follows = self.follows and place == last
        self._move_to(place)
        self.refresh()
        self.post_message(self.Moved())

    # The mouse.

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where it was clicked; a second click opens the item."""
        place = self.scroll_offset.y + event.y
        if not 0 <= place < len(self.view):
            return
        number = self.view.number(place)
        if number == self.cursor and not self.follows:
            self.post_message(self.Opened())
        else:
            self.go_to(number)

    def on_mouse_scroll_up(self) -> None:
        """Stop following: the wheel moves the screen, not the cursor."""
        if self.follows and len(self.view) > self.size.height:
            self.follows = False
            self.post_message(self.Moved())

    # Drawing.

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a part of the screen."""
        width, painter = self.scrollable_content_region.width, self._painter
        # Everything that the look of a row depends on; and all rows that were in sight are enough.
        look = (width, self.rich_style, painter.highlighter, painter.channel_width)
        if look != self._strips_for or len(self._strips) > _MOST_STRIPS:
            self._strips.clear()
            self._strips_for = look
        self._style = self.rich_style
        try:
            with limited(_LONGEST_TEST):
                return super().render_lines(crop)
        except TimeoutError:
            painter.highlighter = NO_HIGHLIGHTS
            return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return line ``y`` of the screen."""
        width = self.scrollable_content_region.width
        place = self.scroll_offset.y + y
        if place >= len(self.view):
            return Strip.blank(width, self._style)
        number = self.view.number(place)
        if number == self.cursor:
            return self._strip(number, width, self.get_component_rich_style("rows--cursor"))
        strip = self._strips.get(number)
        if strip is None:
            strip = self._strips[number] = self._strip(number, width, self._style)
        return strip

    def _strip(self, number: int, width: int, style: Style) -> Strip:
        with self._feed.lock:
            item = self._feed.store.get(number)
        if item is None:  # given up since the last update
            return Strip.blank(width, style)
        return Strip(self._painter.item(item, width, style), width)

    def on_resize(self) -> None:
        """Keep the cursor on the screen."""
        self._resize_list()
        self.show_cursor()

    def _resize_list(self) -> None:
        """Tell the scroll bar how long the list is.

        Without a layout, which Textual does for each change of ``virtual_size``: nothing moves.
        """
        size = Size(self.scrollable_content_region.width, len(self.view))
        self.set_reactive(Rows.virtual_size, size)
        self.vertical_scrollbar.window_virtual_size = size.height

    def _first_event(self) -> int:
        """Return the number of the first event in sight; without one, of the first line."""
        numbers = range(min(len(self.view), self.size.height))
        with self._feed.lock:
            for number in map(self.view.number, numbers):
                if isinstance(self._feed.store.get(number), Event):
                    return number
        return self.view.number(0)

    def _move_to(self, place: int) -> None:
        self.cursor = self.view.number(place)
        self.show_cursor()
