"""Screens on which an event is chosen, and what is behind it: record, conversation, history."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import tzinfo
from functools import partial
from typing import ClassVar, NamedTuple

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from chatapp_tail.browse.feed import Feed
from chatapp_tail.browse.folding import Said, Step, conversation, history
from chatapp_tail.browse.paint import Painter
from chatapp_tail.browse.record import JsonTree, RecordPanel
from chatapp_tail.browse.store import Event, Key
from chatapp_tail.chatapp.content import content_words
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, words
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ApiError
from chatapp_tail.output.status import Status
from chatapp_tail.output.text import clean
from chatapp_tail.signals import Signals

# In bytes; terminals take less than that, and some hang on more.
_MOST_COPIED = 1_000_000
# How long a sentence stands over the rows, in seconds.
_SAID_FOR = 2.0
# How often a list looks for more events, in seconds.
_INTERVAL = 0.25
# Events of a chat that are folded into its conversation, the newest ones.
_MOST_EVENTS = 2_000
_DIM, _RED = Style(dim=True), Style(color="red")
_STATUSES = {"viewed": Style(color="cyan"), "failed": _RED}
_ARROWS = {"in": Style(color="green"), "out": Style(color="blue"), "failed": _RED}

# Asks the API for a message as it has it now; raises ApiError, returns None where it has none.
Ask = Callable[[Record], dict[str, object] | None]


class Services(NamedTuple):
    """What the screens work with, made by the command line's wiring.

    ``title`` stands in the header of a file, which has no connection. ``zone`` is for times of day,
    None for the local one. ``follows`` is whether to begin at the newest row. ``forward`` posts a
    record again, and ``ask`` asks the API for a message; None where that can't be done.
    """

    feed: Feed
    painter: Painter
    signals: Signals
    clock: Clock
    status: Status
    title: str = ""
    zone: tzinfo | None = None
    follows: bool = True
    forward: Callable[[Record], object] | None = None
    ask: Ask | None = None


class EventScreen(Screen[None]):
    """A screen on which an event is chosen, and the keys that are about it."""

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
            self.app.push_screen(RecordScreen(self.services, event))

    def action_conversation(self) -> None:
        """Show the conversation that the event belongs to."""
        if (event := self.chosen) is None:
            return
        if event.chat is None:
            self.say("this event belongs to no chat")
        else:
            self.app.push_screen(ConversationScreen(self.services, event.chat, event))

    def action_message(self) -> None:
        """Show everything about the message of the event."""
        if (event := self.chosen) is None:
            return
        if event.message is None:
            self.say("this event is about no message")
        else:
            self.app.push_screen(HistoryScreen(self.services, event.message))

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


class BehindScreen(EventScreen):
    """A screen that Esc leaves: a title, what is shown, and the keys."""

    DEFAULT_CSS = """
    BehindScreen > #title { dock: top; height: 1; background: $panel; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Back")]

    def __init__(self, services: Services, title: str) -> None:
        super().__init__(services)
        self._title = title

    def compose(self) -> ComposeResult:
        """Lay out the title, the content and the keys."""
        yield Static(Text(f" {self._title}", no_wrap=True), id="title")
        yield from self.content()
        yield Footer(show_command_palette=False)

    @abstractmethod
    def content(self) -> ComposeResult:
        """Yield the widgets between the title and the keys."""

    def action_leave(self) -> None:
        """Go back to where it was opened."""
        self.dismiss()


class RecordScreen(BehindScreen):
    """A record; Enter or Esc closes it, Space folds."""

    DEFAULT_CSS = """
    RecordScreen RecordPanel { width: 100%; height: 1fr; border: none; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "leave", "Back", priority=True)]

    def __init__(self, services: Services, event: Event) -> None:
        super().__init__(services, "record")
        self._event = event

    @property
    def chosen(self) -> Event | None:
        """The event whose record it is."""
        return self._event

    def content(self) -> ComposeResult:
        """Yield the record."""
        yield RecordPanel(self.services.zone)

    def on_mount(self) -> None:
        """Show the record."""
        self.query_one(RecordPanel).show(self._event)
        self.query_one(JsonTree).focus()


class ListScreen(BehindScreen):
    """Lines that are made anew when there are more events."""

    DEFAULT_CSS = """
    ListScreen > OptionList, ListScreen > OptionList:focus {
        height: 1fr;
        border: none;
        padding: 0;
        background: transparent;
    }
    """
    # The list's own Enter would choose an option.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "record", "Record", priority=True)]

    def __init__(
        self,
        services: Services,
        title: str,
        numbers: Callable[[], Sequence[int]],
        start: Event | None = None,
    ) -> None:
        """``numbers`` returns those of the events that the list is about, under the feed's lock.

        ``start`` is the event whose line is chosen at first; without it the last line is.
        """
        super().__init__(services, title)
        self._numbers = numbers
        self._shown: Sequence[int] = ()
        self._start = start
        self._events: list[Event] = []

    def content(self) -> ComposeResult:
        """Yield the list."""
        yield OptionList(markup=False)

    def on_mount(self) -> None:
        """Fill the list, and look for more from now on."""
        self._list.focus()
        self.look()
        self.set_interval(_INTERVAL, self.look)

    @property
    def chosen(self) -> Event | None:
        """The event of the line that is chosen."""
        place = self._list.highlighted
        return self._events[place] if place is not None and place < len(self._events) else None

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @abstractmethod
    def lines(self, events: list[Event]) -> list[tuple[Event, Text]]:
        """Return a line for each thing that ``events`` tell, and the event behind it."""

    def look(self) -> None:
        """Show what has come."""
        feed = self.services.feed
        with feed.lock:
            numbers = self._numbers()[-_MOST_EVENTS:]
            items = [feed.store.get(number) for number in numbers]
        if numbers != self._shown:
            self._shown = numbers
            self._fill([item for item in items if isinstance(item, Event)])

    def _fill(self, events: list[Event]) -> None:
        """Show the lines for ``events``; the choice stays where it is, or at the end."""
        shown, chosen = self._list, self.chosen or self._start
        was_last = shown.highlighted is not None and shown.highlighted == len(self._events) - 1
        lines = self.lines(events)
        self._events = [event for event, _ in lines]
        shown.clear_options()
        shown.add_options([Option(text) for _, text in lines])
        if chosen in self._events and not was_last:
            shown.highlighted = self._events.index(chosen)
        elif lines:
            shown.highlighted = len(lines) - 1


class ConversationScreen(ListScreen):
    """One chat: messages, and at each of them what became of it."""

    def __init__(self, services: Services, chat: Key, start: Event) -> None:
        title = f"{start.row.who or chat[1]} · {start.row.channel}"
        super().__init__(services, title, partial(services.feed.store.chat, chat), start)

    def lines(self, events: list[Event]) -> list[tuple[Event, Text]]:
        """Return a line for each message, with what belongs to it below."""
        return [(said.event, _said_line(said)) for said in conversation(events)]


class HistoryScreen(ListScreen):
    """One message: everything about it in order, with the time between; and what the API has."""

    def __init__(self, services: Services, message: Key) -> None:
        title = f"message {clean(message[1])}"
        super().__init__(services, title, partial(services.feed.store.message, message))
        self._answer = ""

    def lines(self, events: list[Event]) -> list[tuple[Event, Text]]:
        """Return a line for each event, and one for the API's answer."""
        lines = [(step.event, _step_line(step)) for step in history(events)]
        if events and not self._answer and (ask := self.services.ask) is not None:
            self._answer = "asking the API …"
            self.run_worker(lambda: self._ask(ask, events[0]), thread=True)
        if events and self._answer:
            lines.append((events[0], Text(self._answer, _DIM)))
        return lines

    def _ask(self, ask: Ask, event: Event) -> None:
        record = event.record
        try:
            item = None if record is None else ask(record)
        except ApiError as exc:
            answer = f"the API doesn't tell: {exc.message}"
        else:
            answer = "the API has no such message" if item is None else _told_by_api(item)
        self.app.call_from_thread(self._take, clean(answer))

    def _take(self, answer: str) -> None:
        self._answer = answer
        self._shown = ()
        self.look()


def _told_by_api(item: dict[str, object]) -> str:
    content = item.get("message")
    said = content_words(words(item.get("type")), content) if isinstance(content, dict) else ""
    status = words(dig(item, "status")) or words(dig(item, "status", "type"))
    told = " · ".join(filter(None, (said, status and f"status {status}")))
    return f"the API has: {told or 'the message, without words'}"[:500]


def _step_line(step: Step) -> Text:
    row = step.event.row
    return Text.assemble(
        (f"{row.time} ", _DIM),
        (f"{step.since:>6} ", Style(color="cyan")),
        f"{row.event:<16.16} ",
        (step.words, _RED if row.kind == "failed" else ""),
    )


def _said_line(said: Said) -> Text:
    row = said.event.row
    line = Text.assemble(
        (f"{row.time} ", _DIM),
        (row.detail[:1], _ARROWS.get(row.kind, "")),
        row.detail[1:],
        (f" {row.mark}" if row.mark else "", _DIM),
        (f"  {said.status}" if said.status else "", _STATUSES.get(said.kind, _DIM)),
    )
    for words_below in said.below:
        line.append(f"\n{' ' * len(row.time)}   {words_below}", _DIM)
    return line
