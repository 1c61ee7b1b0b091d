"""What is behind a row: its record, its conversation, and its message's history."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from chatapp_tail.browse.folding import Said, conversation, history
from chatapp_tail.browse.items import Event, Key
from chatapp_tail.browse.screens.base import EventScreen
from chatapp_tail.browse.services import Services
from chatapp_tail.browse.widgets.record import JsonTree, RecordPanel
from chatapp_tail.chatapp.content import content_words
from chatapp_tail.chatapp.values import dig, words
from chatapp_tail.errors import ApiError
from chatapp_tail.output.text import clean

_INTERVAL = 0.25
# Events of a chat that are folded into its conversation, the newest ones.
_MOST_EVENTS = 2_000
_DIM = Style(dim=True)
_STATUSES = {"viewed": Style(color="cyan"), "failed": Style(color="red")}
_ARROWS = {"in": Style(color="green"), "out": Style(color="blue")}


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

    def retitle(self, title: str) -> None:
        """Change the title."""
        self.query_one("#title", Static).update(Text(f" {title}", no_wrap=True))

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

    def __init__(self, services: Services, title: str, start: Event | None = None) -> None:
        """``start`` is the event whose line is chosen at first; without it the last line is."""
        super().__init__(services, title)
        self._start = start
        self._numbers: Sequence[int] = ()
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

    def numbers(self) -> Sequence[int]:
        """Return the numbers of the events that the list is about. The feed's lock is held."""
        raise NotImplementedError

    def lines(self, events: list[tuple[int, Event]]) -> list[tuple[Event, Text]]:
        """Return a line for each thing that ``events`` tell, and the event behind it."""
        raise NotImplementedError

    def look(self) -> None:
        """Show what has come."""
        with self.services.feed.lock:
            numbers = self.numbers()[-_MOST_EVENTS:]
            store = self.services.feed.store
            items = [(number, store.get(number)) for number in numbers]
        if numbers == self._numbers:
            return
        self._numbers = numbers
        self.fill([(number, item) for number, item in items if isinstance(item, Event)])

    def fill(self, events: list[tuple[int, Event]]) -> None:
        """Show the lines for ``events``; the choice stays where it is, or at the end."""
        shown, chosen = self._list, self.chosen or self._start
        was_last = shown.highlighted is not None and shown.highlighted == len(self._events) - 1
        lines = self.lines(events)
        self._events = [event for event, _ in lines]
        shown.clear_options()
        shown.add_options([Option(text) for _, text in lines])
        if not lines:
            return
        last = len(lines) - 1
        if was_last or chosen is None:
            shown.highlighted = last
        else:
            shown.highlighted = self._events.index(chosen) if chosen in self._events else last


class ConversationScreen(ListScreen):
    """One chat: messages, and at each of them what became of it."""

    def __init__(self, services: Services, chat: Key, start: Event) -> None:
        super().__init__(services, f"{start.row.who or chat[1]} · {start.row.channel}", start)
        self._chat = chat

    def numbers(self) -> Sequence[int]:
        """Return the numbers of the chat's events."""
        return self.services.feed.store.chat(self._chat)

    def lines(self, events: list[tuple[int, Event]]) -> list[tuple[Event, Text]]:
        """Return a line for each message, with what belongs to it below."""
        return [(said.event, _said_line(said)) for said in conversation(events)]


class HistoryScreen(ListScreen):
    """One message: everything about it in order, with the time between; and what the API has."""

    def __init__(self, services: Services, message: Key) -> None:
        super().__init__(services, f"message {clean(message[1])}")
        self._message = message
        self._asked = False
        self._answer = ""

    def numbers(self) -> Sequence[int]:
        """Return the numbers of the events about the message."""
        return self.services.feed.store.message(self._message)

    def lines(self, events: list[tuple[int, Event]]) -> list[tuple[Event, Text]]:
        """Return a line for each event, and one for the API's answer."""
        lines: list[tuple[Event, Text]] = []
        for step in history(events):
            row = step.event.row
            line = Text(f"{row.time} ", _DIM)
            line.append(f"{step.since:>6} ", Style(color="cyan"))
            line.append(f"{row.event:<16.16} ")
            line.append(step.words, Style(color="red") if row.kind == "failed" else Style())
            lines.append((step.event, line))
        if lines and self._answer:
            lines.append((lines[0][0], Text(self._answer, _DIM)))
        if events and not self._asked and self.services.ask is not None:
            self._asked = True
            self._answer = "asking the API …"
            lines.append((events[0][1], Text(self._answer, _DIM)))
            self.run_worker(lambda: self._ask(events[0][1]), thread=True)
        return lines

    def _ask(self, event: Event) -> None:
        record, ask = event.record, self.services.ask
        if record is None or ask is None:
            return
        try:
            item = ask(record)
        except ApiError as exc:
            answer = f"the API doesn't tell: {exc.message}"
        else:
            answer = "the API has no such message" if item is None else _told_by_api(item)
        self.app.call_from_thread(self._take, clean(answer))

    def _take(self, answer: str) -> None:
        self._answer = answer
        self._numbers = ()
        self.look()


def _told_by_api(item: dict[str, object]) -> str:
    content = item.get("message")
    said = content_words(words(item.get("type")), content) if isinstance(content, dict) else ""
    status = words(dig(item, "status")) or words(dig(item, "status", "type"))
    told = " · ".join(filter(None, (said, status and f"status {status}")))
    return f"the API has: {told or 'the message, without words'}"[:500]


def _said_line(said: Said) -> Text:
    row = said.event.row
    line = Text(f"{row.time} ", _DIM)
    arrow = _ARROWS.get(row.kind, Style(color="red") if row.kind == "failed" else Style())
    line.append(row.detail[:1], arrow)
    line.append(row.detail[1:])
    if row.mark:
        line.append(f" {row.mark}", _DIM)
    if said.status:
        line.append(f"  {said.status}", _STATUSES.get(said.kind, _DIM))
    for words_below in said.below:
        line.append(f"\n{' ' * len(row.time)}   {words_below}", _DIM)
    return line
