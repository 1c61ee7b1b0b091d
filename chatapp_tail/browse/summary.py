"""The summary: events by kind and channel, what became of messages, and the rate."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Sparkline, Static

from chatapp_tail.browse.feed import SECONDS_SHOWN, Feed
from chatapp_tail.output.text import clean
from chatapp_tail.statistics import format_rate
from chatapp_tail.units import counted, format_duration

_INTERVAL = 1.0
# The most frequent ones; a server can make up a thousand names.
_MOST_ROWS = 100


class SummaryScreen(Screen[None]):
    """What was received so far, counted."""

    DEFAULT_CSS = """
    SummaryScreen {
        & > #title { height: 1; background: $panel; text-style: bold; }
        & #words { height: auto; padding: 1 1 0 1; }
        & Sparkline { height: 3; margin: 1 1 0 1; }
        & #under { height: 1; padding: 0 1; color: $text-muted; }
        & DataTable { height: auto; margin: 1 0 0 0; background: transparent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,o,enter", "app.pop_screen", "Back")]

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed

    def compose(self) -> ComposeResult:
        """Lay out the words, the rate and the counts."""
        yield Static(Text(" summary"), id="title")
        with VerticalScroll():
            yield Static(id="words")
            yield Sparkline()
            yield Static(Text(f"events a second, the last {SECONDS_SHOWN} s"), id="under")
            yield DataTable(cursor_type="none", zebra_stripes=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Count now, and each second."""
        self.query_one(DataTable).add_columns("EVENT", "CHANNEL", "SEEN")
        self.look()
        self.set_interval(_INTERVAL, self.look)

    def look(self) -> None:
        """Count again."""
        summary, outcomes, seconds = self._feed.summary()
        events = counted(summary.total.seen, "event")
        lines = [f"{events} in {format_duration(summary.seconds)} ({format_rate(summary.rate)})"]
        lines += outcomes
        if summary.gaps:
            lines.append(counted(summary.gaps, "gap"))
        lines.append(f"longest silence {format_duration(summary.longest_silence)}")
        self.query_one("#words", Static).update(Text("\n".join(map(clean, lines))))
        self.query_one(Sparkline).data = [float(count) for count in seconds]
        table = self.query_one(DataTable)
        table.clear()
        for row in summary.rows[:_MOST_ROWS]:
            seen = Text(f"{row.seen:,}", justify="right")
            table.add_row(Text(clean(row.event) or "-"), Text(clean(row.channel) or "-"), seen)
