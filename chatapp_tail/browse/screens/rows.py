"""The first screen: the header, the rows, the record beside them, and the keys."""

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Footer, Input, Static

from chatapp_tail.browse.items import Event
from chatapp_tail.browse.screens.base import EventScreen
from chatapp_tail.browse.search import field_test, words_test
from chatapp_tail.browse.services import Services
from chatapp_tail.browse.widgets.record import RecordPanel
from chatapp_tail.browse.widgets.rows import Rows
from chatapp_tail.errors import UsageError
from chatapp_tail.output.text import clean, cut

if TYPE_CHECKING:
    from chatapp_tail.browse.view import Test

# How often what has come is drawn, in seconds. A key is answered at once.
_INTERVAL = 0.1
# From so many columns on the record is beside the rows, else below them.
_LEAST_BESIDE = 120
# What of a filter is told while it holds.
_WIDEST_FILTER = 20


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

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._asks = "words"
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
        return self._rows.event

    # What changes by itself.

    @property
    def _rows(self) -> Rows:
        return self.query_one(Rows)

    @property
    def _panel(self) -> RecordPanel:
        return self.query_one(RecordPanel)

    @property
    def _search(self) -> Input:
        return self.query_one("#search", Input)

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
        self._write("#state", self.services.header(self.size.width))
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
        self.call_after_refresh(self._rows.keep_in_sight)

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

    def action_search(self, asks: str) -> None:
        """Let words or a test be typed."""
        self._asks = asks
        search = self._search
        search.placeholder = (
            "words to find, a regular expression; Enter keeps the filter, Esc drops it"
            if asks == "words"
            else "data.side=in, data.type=failed, data.message.text~invoice"
        )
        search.value = ""
        search.add_class("-open")
        search.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches while it is typed."""
        search = self._search
        if not search.has_class("-open"):
            return
        if not event.value:
            search.remove_class("-bad")
            self._look_at_all()
            return
        try:
            if self._asks == "words":
                test, found = words_test(event.value)
            else:
                test, found = field_test(event.value), None
        except UsageError:
            search.add_class("-bad")
            return
        search.remove_class("-bad")
        self._test, self._filters = test, True
        self.services.painter.mark(found)
        try:
            self._rows.look_at(test)
        except TimeoutError:
            self._give_up_search()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter; say what is wrong with one that can't be read."""
        if event.value and self._search.has_class("-bad"):
            self.say(_problem(self._asks, event.value))
            return
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
        self._search.add_class("-bad")
        self._forget_search()
        self._look_at_all()
        self.say("this search takes too long: shorten the regular expression")

    def _close_search(self) -> None:
        self._search.remove_class("-open", "-bad")
        self._rows.focus()


def _problem(asks: str, text: str) -> str:
    try:
        _ = words_test(text) if asks == "words" else field_test(text)
    except UsageError as exc:
        return exc.message.splitlines()[0]
    return ""
