"""One record on a screen of its own: from a conversation or a message's history."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from chatapp_tail.browse.given import Given
from chatapp_tail.browse.items import Event
from chatapp_tail.browse.screens.base import BehindScreen
from chatapp_tail.browse.widgets.record import JsonTree, RecordPanel


class RecordScreen(BehindScreen):
    """A record; Enter or Esc closes it, Space folds."""

    DEFAULT_CSS = """
    RecordScreen RecordPanel { width: 100%; height: 1fr; border: none; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "leave", "Back", priority=True)]

    def __init__(self, given: Given, event: Event) -> None:
        super().__init__(given, "record")
        self._event = event

    @property
    def chosen(self) -> Event | None:
        """The event whose record it is."""
        return self._event

    def content(self) -> ComposeResult:
        """Yield the record."""
        yield RecordPanel(self.given.zone)

    def on_mount(self) -> None:
        """Show the record."""
        self.query_one(RecordPanel).show(self._event)
        self.query_one(JsonTree).focus()
