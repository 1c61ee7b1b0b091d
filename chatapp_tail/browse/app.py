"""The screen in the main thread, which signals strike, and the loop beside it in a thread."""

import gc
import signal
import threading
from collections.abc import Callable
from typing import ClassVar, TypeVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.widgets import HelpPanel

from chatapp_tail.background import BackgroundCall
from chatapp_tail.browse.event_screens import Services
from chatapp_tail.browse.rows_screen import RowsScreen
from chatapp_tail.browse.summary import SummaryScreen
from chatapp_tail.browse.terminal import terminal_kept, watch_stops
from chatapp_tail.errors import ChatAppTailError

T = TypeVar("T")

# How often the screen looks whether a signal came, in seconds.
_INTERVAL = 0.1
# How long the loop gets to end after the screen was left, in seconds. What doesn't end by then, a
# read from a pipe for one, dies with the process.
_END_TIMEOUT = 2.0


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
        if self._services.signals.received is None:
            self._services.signals.receive(signal.SIGINT)
        self.exit()

    def action_help(self) -> None:
        """Show the keys, or hide them."""
        if self.screen.query(HelpPanel):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def action_summary(self) -> None:
        """Show the counts."""
        self.push_screen(SummaryScreen(self._services.feed))

    def _handle_exception(self, error: Exception) -> None:
        """Keep the error for whoever runs the app."""
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Leave the screen; the error goes on to whoever runs the app.

        Textual itself would print a traceback with the values of all variables, secrets included.
        """
        self._close_messages_no_wait()


def beside(
    services: Services, run: Callable[[], T], *, leave: Callable[[], None], otherwise: T
) -> T:
    """Show the screen until it is left, with ``run`` in a thread; return what that returned.

    ``leave`` is called then, and has ``run`` end soon; where that doesn't, ``otherwise`` is
    returned. Raises what ``run`` raises, after the screen was left.
    """
    call = BackgroundCall(lambda: _told_of_its_end(services, run))
    loop = threading.Thread(target=call.run, name="loop", daemon=True)
    # A file is read as fast as can be, and would keep the first screen waiting.
    app = BrowseApp(services, on_drawn=None if services.follows else loop.start)
    gc.freeze()  # what is loaded stays: no key is to wait while it is searched for garbage
    try:
        with terminal_kept(services.signals), services.status.redirected(services.feed):
            if services.follows:
                loop.start()
            app.run()
    finally:
        leave()
    if app.failure is not None:
        raise app.failure
    if loop.ident is not None:  # a screen that was left at once starts none
        loop.join(_END_TIMEOUT)
    return call.result() if call.is_over else otherwise


def _told_of_its_end(services: Services, run: Callable[[], T]) -> T:
    """Return what ``run`` returns, or raise what it raises, and show how it ended."""
    ended = "the end"
    try:
        return run()
    except ChatAppTailError as exc:
        ended = exc.message
        services.status.error(exc)
        raise
    except BaseException as exc:
        ended = type(exc).__name__
        raise
    finally:
        services.feed.end(services.status.masked(ended))
