"""What all screens have in common: the keys for the event that is chosen on them."""

from abc import abstractmethod
from enum import Enum
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from chatapp_tail.browse.items import Event
from chatapp_tail.browse.services import Services

# In bytes; terminals take less than that, and some hang on more.
_MOST_COPIED = 1_000_000
# How long a sentence stands over the rows, in seconds.
_SAID_FOR = 2.0


class About(Enum):
    """What can be shown of an event."""

    RECORD = "record"
    CONVERSATION = "conversation"
    MESSAGE = "message"


class EventScreen(Screen[None]):
    """A screen on which an event is chosen."""

    class Asked(Message):
        """Something about an event is to be shown; it has the chat or message that is asked for."""

        def __init__(self, about: About, event: Event) -> None:
            super().__init__()
            self.about = about
            self.event = event

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "record", "Record"),
        Binding("c", "conversation", "Chat"),
        Binding("t", "message", "Message"),
        Binding("y", "copy", "Copy", show=False),
        Binding("r", "forward", "Forward"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services

    @property
    @abstractmethod
    def chosen(self) -> Event | None:
        """The event that the keys are about."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Return whether a key does something here: forwarding again needs a webhook."""
        return action != "forward" or self.services.forward is not None

    def say(self, sentence: str) -> None:
        """Show a sentence for some seconds."""
        self.notify(sentence, timeout=_SAID_FOR, markup=False)

    def action_record(self) -> None:
        """Show the record of the event that is chosen."""
        if (event := self.chosen) is not None:
            self.post_message(self.Asked(About.RECORD, event))

    def action_conversation(self) -> None:
        """Show the conversation that the event belongs to."""
        if (event := self.chosen) is None:
            return
        if event.chat is None:
            self.say("this event belongs to no chat")
            return
        self.post_message(self.Asked(About.CONVERSATION, event))

    def action_message(self) -> None:
        """Show everything about the message of the event."""
        if (event := self.chosen) is None:
            return
        if event.message is None:
            self.say("this event is about no message")
            return
        self.post_message(self.Asked(About.MESSAGE, event))

    def action_copy(self) -> None:
        """Copy the record as JSON, through the terminal (OSC 52)."""
        if (event := self.chosen) is None:
            return
        if len(event.line) > _MOST_COPIED:
            self.say("the record is too large for a terminal to copy")
            return
        self.app.copy_to_clipboard(event.line.decode().rstrip("\n"))
        self.say("the record is copied as JSON, if the terminal allows it (OSC 52)")

    def action_forward(self) -> None:
        """Post the event to the webhook again; the answer comes as a line between the rows."""
        event, forward = self.chosen, self.services.forward
        record = event.record if event is not None else None
        if record is not None and forward is not None:
            forward(record)
            self.say(f"#{record.envelope.seq} is forwarded again")
