"""What the screens work with, made by the command line's wiring."""

from collections.abc import Callable
from datetime import tzinfo
from typing import NamedTuple

from chatapp_tail.browse.feed import Feed
from chatapp_tail.browse.paint import Painter
from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import Clock
from chatapp_tail.output.footer import state_words
from chatapp_tail.output.status import Status
from chatapp_tail.output.text import clean, cut
from chatapp_tail.signals import Signals
from chatapp_tail.units import counted

_SEPARATOR = " · "

# Asks the API for a message as it has it now; raises ApiError, returns None where it has none.
Ask = Callable[[Record], dict[str, object] | None]


class Services(NamedTuple):
    """What the screens work with.

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

    def header(self, width: int) -> str:
        """Return how things are, the most important first, in ``width`` cells."""
        feed = self.feed
        with feed.lock:
            store, state, ended = feed.store, feed.state, feed.ended
            kept, given_up = store.events, store.events_given_up
        events = counted(kept, "event")
        if self.title:
            parts = [clean(self.title), events, *([] if ended is None else [ended])]
        elif ended is not None:
            parts = [ended, events]
        elif state is None:
            parts = ["connecting"]
        else:
            parts = list(state_words(state, self.clock.now(), self.zone))
        if given_up:
            parts.insert(1, f"{given_up:,} oldest given up")
        return cut(f" {_SEPARATOR.join(parts)}", width)
