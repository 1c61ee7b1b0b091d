"""What all screens have in common: the keys for the event that is chosen on them."""

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from chatapp_tail.browse.given import Given
from chatapp_tail.browse.items import Event

if TYPE_CHECKING:
    from chatapp_tail.browse.app import BrowseApp

# In bytes; terminals take less than that, and some hang on more.
_MOST_COPIED = 1_000_000


class EventScreen(Screen[None]):
    """A screen on which an event is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "record", "Record"),
        Binding("c", "conversation", "Chat"),
        Binding("t", "message", "Message"),
        Binding("y", "copy", "Copy", show=False),
        Binding("r", "forward", "Forward"),
    ]

    def __init__(self, given: Given) -> None:
        super().__init__()
        self.given = given

    @property
    def browser(self) -> "BrowseApp":
        """The app, with its own methods."""
        return self.app  # type: ignore[return-value]

    @property
    @abstractmethod
    def chosen(self) -> Event | None:
        """The event that the keys are about."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Return whether a key does something here: forwarding again needs a webhook."""
        return action != "forward" or self.given.forward is not None

    def action_record(self) -> None:
        """Show the record of the event that is chosen."""
        if (event := self.chosen) is not None:
            self.browser.open_record(event)

    def action_conversation(self) -> None:
        """Show the conversation that the event belongs to."""
        if (event := self.chosen) is None:
            return
        if event.chat is None:
            self.browser.say("this event belongs to no chat")
            return
        self.browser.open_conversation(event.chat, event)

    def action_message(self) -> None:
        """Show everything about the message of the event."""
        if (event := self.chosen) is None:
            return
        if event.message is None:
            self.browser.say("this event is about no message")
            return
        self.browser.open_message(event.message)

    def action_copy(self) -> None:
        """Copy the record as JSON, through the terminal (OSC 52)."""
        if (event := self.chosen) is None:
            return
        if len(event.line) > _MOST_COPIED:
            self.browser.say("the record is too large for a terminal to copy")
            return
        self.app.copy_to_clipboard(event.line.decode().rstrip("\n"))
        self.browser.say("the record is copied as JSON, if the terminal allows it (OSC 52)")

    def action_forward(self) -> None:
        """Post the event to the webhook again; the answer comes as a line between the rows."""
        event, forward = self.chosen, self.given.forward
        record = event.record if event is not None else None
        if record is not None and forward is not None:
            forward(record)
            self.browser.say(f"#{record.envelope.seq} is forwarded again")
