"""The first screen: the header, the rows, the record beside them, and the keys."""

from typing import ClassVar

from rich.text import Text
from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Footer, Input, Static

from chatapp_tail.browse.event_screens import EventScreen, Services
from chatapp_tail.browse.record import RecordPanel
from chatapp_tail.browse.rows import Rows
from chatapp_tail.browse.store import Event
from chatapp_tail.browse.view import Reader, Test, field_test, words_test
from chatapp_tail.errors import UsageError
from chatapp_tail.output.footer import state_words
from chatapp_tail.output.text import clean, cut
from chatapp_tail.units import counted

# How often what has come is drawn, in seconds. A key is answered at once.
_INTERVAL = 0.1
# From so many columns on the record is beside the rows, else below them.
_LEAST_BESIDE = 120
# What of a filter is told while it holds.
_WIDEST_FILTER = 20
# What a search reads, and an example.
_SEARCHES = {
    "words": (
        words_test,
        "words to find, a regular expression; Enter keeps the filter, Esc drops it",
    ),
    "field": (field_test, "data.side=in, data.type=failed, data.message.text~invoice"),
}


class RowsScreen(EventScreen):
    """Everything that came, and what is behind the row that the cursor is on."""

    DEFAULT_CSS = """
    RowsScreen {
        & #state { height: 1; background: $panel; }
        & #columns { height: 1; }
        & #body { layout: horizontal; height: 1fr; }
        & #body.-below { layout: vertical; }
        & RecordPanel { display: none; }
        & RecordPanel.-open { display: block; }
        & #search { display: none; height: 1; border: none; padding: 0 1; }
        & #search.-open { display: block; }
        & #search.-bad { color: $text-error; }
        & #foot { height: 1; background: $footer-background; }
        & #news { width: auto; background: $warning; color: $background; text-style: bold; }
        & #foot > Footer { dock: none; width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search('words')", "Find", key_display="/"),
        Binding("w", "search('field')", "Where", show=False),
        Binding("n", "next(1)", "Next match", show=False),
        Binding("N", "next(-1)", "Previous match", show=False),
        Binding("p", "pause", "Pause"),
        Binding("f", "follow", "Follow", show=False),
        Binding("m", "mark", "Mark"),
        Binding("o", "app.summary", "Summary"),
        Binding("question_mark", "app.help", "Help", key_display="?"),
        Binding("q", "app.quit", "Quit"),
        Binding("escape", "back", "Back", show=False),
    ]

    _rows = getters.query_one(Rows)
    _panel = getters.query_one(RecordPanel)
    _search = getters.query_one("#search", Input)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._read: Reader = words_test
        self._problem = ""
        """What is wrong with the search that is typed."""
        self._test: Test | None = None
        self._filters = False
        self._is_flooded = False

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield Static(id="state")
        yield Static(id="columns")
        with Container(id="body"):
            feed, painter, clock = self.services.feed, self.services.painter, self.services.clock
            yield Rows(feed, painter, clock, follows=self.services.follows)
            yield RecordPanel(self.services.zone)
        yield Input(id="search", compact=True)
        with Horizontal(id="foot"):
            yield Static(id="news")
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Look for news from now on."""
        self._rows.focus()
        self.set_interval(_INTERVAL, self._tick)
        self.call_after_refresh(self.look)

    def on_resize(self, event: events.Resize) -> None:
        """Put the record beside the rows, or below them where that is too narrow."""
        is_below = event.size.width < _LEAST_BESIDE
        self.query_one("#body").set_class(is_below, "-below")
        self._panel.set_class(is_below, "-below")
        self._tell()

    @property
    def chosen(self) -> Event | None:
        """The event that the cursor is on."""
        item = self._rows.item
        return item if isinstance(item, Event) else None

    # What changes by itself.

    def _tick(self) -> None:
        """Look for news; after more than a screen of it every other time only.

        Nobody reads that fast, and a key waits for the screen that is being drawn.
        """
        is_due, self._is_flooded = not self._is_flooded, False
        if is_due:
            self.look()

    def look(self) -> None:
        """Take what has come, and show it."""
        try:
            change = self._rows.pull()
        except TimeoutError:
            self._give_up_search()
            return
        self._is_flooded = change.come > self.size.height
        if any(change) and self._panel.has_class("-open"):
            self._panel.show(self._rows.item)
        self._tell()

    def _tell(self) -> None:
        """Bring the header, the columns' names and the news up to date."""
        rows = self._rows
        self._write("#state", cut(f" {' · '.join(self._state())}", self.size.width))
        names = self.services.painter.header(rows.scrollable_content_region.width)
        self._write("#columns", "".join(segment.text for segment in names), "bold")
        new, news = rows.new, []
        if self._filters and not self._search.has_class("-open"):
            news.append(f"only {clean(cut(self._search.value, _WIDEST_FILTER))}")
        if rows.paused_at is not None:
            news.append(f"paused, {new:,} new")
        elif new:
            news.append(f"▼ {new:,} new")
        self._write("#news", f" {' · '.join(news)} " if news else "")

    def _state(self) -> list[str]:
        """Return how things are, the most important first."""
        services, feed = self.services, self.services.feed
        with feed.lock:
            state, ended = feed.state, feed.ended
            kept, given_up = feed.store.events, feed.store.events_given_up
        events = counted(kept, "event")
        if services.title:
            parts = [clean(services.title), events, *([] if ended is None else [ended])]
        elif ended is not None:
            parts = [ended, events]
        elif state is None:
            parts = ["connecting"]
        else:
            parts = list(state_words(state, services.clock.now(), services.zone))
        if given_up:
            parts.insert(1, f"{given_up:,} oldest given up")
        return parts

    def _write(self, place: str, words: str, style: str = "") -> None:
        """Show ``words`` where they aren't shown already: a layout costs more than a comparison."""
        static = self.query_one(place, Static)
        shown = str(static.content)
        if shown != words:
            # Of the news alone the width depends on the words.
            is_resized = place == "#news" and len(shown) != len(words)
            static.update(Text(words, style, no_wrap=True), layout=is_resized)

    def on_rows_moved(self) -> None:
        """Show the record of the new row, if it is open."""
        if self._panel.has_class("-open"):
            self._panel.show(self._rows.item)
        self._tell()

    def on_rows_opened(self) -> None:
        """Open the row that was clicked twice."""
        self.action_record()

    # Keys.

    def action_record(self) -> None:
        """Open the record beside the rows, or close it."""
        panel = self._panel
        panel.toggle_class("-open")
        if panel.has_class("-open"):
            panel.show(self._rows.item)
        else:
            self._rows.focus()
        self.call_after_refresh(self._rows.show_cursor)

    def action_back(self) -> None:
        """Close what is open: the record, then the filter."""
        if self._panel.has_class("-open"):
            self.action_record()
        elif self._filters:
            self._look_at_all()
        else:
            self._forget_search()

    def action_follow(self) -> None:
        """Go to the newest row, and stay on it."""
        self._rows.action_follow()

    def action_pause(self) -> None:
        """Have the screen stand, or go on."""
        self._rows.pause()
        self._tell()

    def action_mark(self) -> None:
        """Draw a line with the time."""
        self.services.feed.mark()
        self.look()

    def action_search(self, kind: str) -> None:
        """Let words or a test be typed."""
        search = self._search
        self._read, search.placeholder = _SEARCHES[kind]
        search.value = ""
        search.add_class("-open")
        search.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches while it is typed."""
        if not self._search.has_class("-open"):
            return
        self._find_fault("")
        if not event.value:
            self._look_at_all()
            return
        try:
            test, found = self._read(event.value)
        except UsageError as exc:
            self._find_fault(exc.message.splitlines()[0])
            return
        self._test, self._filters = test, True
        self.services.painter.mark(found)
        try:
            self._rows.look_at(test)
        except TimeoutError:
            self._give_up_search()

    def on_input_submitted(self) -> None:
        """Keep the filter; say what is wrong with one that can't be read."""
        if self._problem:
            self.say(self._problem)
        else:
            self._close_search()

    def on_key(self, event: events.Key) -> None:
        """Let Esc leave the search, without its filter; n and N still know the words."""
        if event.key == "escape" and self._search.has_focus:
            event.stop()
            event.prevent_default()
            self._look_at_all()
            self._close_search()

    def action_next(self, step: int) -> None:
        """Go to the next match or the one before it, with all rows around it."""
        if self._test is None:
            self.say("/ finds words, n goes to the next match")
            return
        self._look_at_all()
        try:
            number = self._rows.next_match(self._test, step)
        except TimeoutError:
            self._give_up_search()
            return
        if number is None:
            self.say("no further match")
        else:
            self._rows.go_to(number)

    def _look_at_all(self) -> None:
        if self._filters:
            self._filters = False
            self._rows.look_at(None)

    def _forget_search(self) -> None:
        self._test = None
        self.services.painter.mark(None)
        self._rows.refresh()

    def _give_up_search(self) -> None:
        """Show all rows again where the search of one of them doesn't end."""
        self._find_fault("this search takes too long: shorten the regular expression")
        self._forget_search()
        self._look_at_all()
        self.say(self._problem)

    def _find_fault(self, problem: str) -> None:
        self._problem = problem
        self._search.set_class(bool(problem), "-bad")

    def _close_search(self) -> None:
        self._find_fault("")
        self._search.remove_class("-open")
        self._rows.focus()
