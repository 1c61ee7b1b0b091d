"""The Textual app: which screen is on top, and how the run ends."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.widgets import HelpPanel

from chatapp_tail.browse.screens.base import About, EventScreen
from chatapp_tail.browse.screens.behind import ConversationScreen, HistoryScreen, RecordScreen
from chatapp_tail.browse.screens.rows import RowsScreen
from chatapp_tail.browse.screens.summary import SummaryScreen
from chatapp_tail.browse.services import Services
from chatapp_tail.browse.terminal import watch_stops

_INTERVAL = 0.1


class BrowseApp(App[None]):
    """The rows, and on top of them what they lead to."""

    TITLE = "chatapp-tail"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", "Interrupt", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False),
    ]

    def __init__(self, services: Services, *, on_drawn: Callable[[], object] | None = None) -> None:
        """``on_drawn`` is called once the screen was drawn for the first time."""
        super().__init__()
        self._services = services
        self._on_drawn = on_drawn
        self.failure: Exception | None = None
        """What broke the screen, if anything did."""
        self.is_interrupted = False
        """Whether Ctrl-C left it."""

    def on_mount(self) -> None:
        """Show the rows, and end with a signal."""
        self.push_screen(RowsScreen(self._services))
        if self._on_drawn is not None:
            self.call_after_refresh(self._on_drawn)
        if not self.is_headless:
            watch_stops(self._services.signals, lambda: self.call_later(self.refresh, layout=True))
        self.set_interval(_INTERVAL, self._check)

    def _check(self) -> None:
        if self._services.signals.received is not None:
            self.exit()

    def action_interrupt(self) -> None:
        """End as Ctrl-C ends any other format: the terminal sends no signal while it is raw."""
        self.is_interrupted = True
        self.exit()

    def action_help(self) -> None:
        """Show the keys, or hide them."""
        if self.screen.query(HelpPanel):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def on_event_screen_asked(self, asked: EventScreen.Asked) -> None:
        """Show what is behind an event."""
        event = asked.event
        match asked.about:
            case About.RECORD:
                self.push_screen(RecordScreen(self._services, event))
            case About.CONVERSATION if event.chat is not None:
                self.push_screen(ConversationScreen(self._services, event.chat, event))
            case About.MESSAGE if event.message is not None:
                self.push_screen(HistoryScreen(self._services, event.message))

    def action_summary(self) -> None:
        """Show the counts."""
        self.push_screen(SummaryScreen(self._services))

    def _handle_exception(self, error: Exception) -> None:
        """Keep the error for whoever runs the app."""
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Leave the screen; the error goes on to whoever runs the app.

        Textual itself would print a traceback with the values of all variables, secrets included.
        """
        self._close_messages_no_wait()
