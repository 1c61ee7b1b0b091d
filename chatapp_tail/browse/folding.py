"""A chat as people read it, each message with what became of it, and a message's history. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from chatapp_tail.browse.store import Event, Key, Status
from chatapp_tail.units import elapsed

# Later ones replace earlier ones, never the other way round: they may come in any order.
_RANKS = {"sent": 1, "delivered": 2, "viewed": 3, "failed": 4}


@dataclass(slots=True)
class Said:
    """A message, or what else happened in the chat.

    ``status`` is the last word on its delivery, of this ``kind``; ``below`` is what was done to it
    later: edits, reactions, its deletion.
    """

    event: Event
    status: str = ""
    kind: str = ""
    below: list[str] = field(default_factory=list)

    def fold(self, status: Status) -> None:
        """Take what an event tells of the message."""
        rank = _RANKS.get(status.kind)
        if rank is None:
            self.below.append(status.words)
        elif rank >= _RANKS.get(self.kind, 0):
            self.status, self.kind = status.words, status.kind


def conversation(events: Iterable[Event]) -> list[Said]:
    """Return a chat's messages in order, with what its other events tell folded into them."""
    said: list[Said] = []
    by_message: dict[Key, Said] = {}
    for event in events:
        known = None if event.message is None else by_message.get(event.message)
        if known is None:
            known = Said(event)
            said.append(known)
            if event.message is not None:
                by_message[event.message] = known
        elif event.status is not None:
            known.fold(event.status)
        elif known.event.status is not None:  # a status came before its message
            early, known.event = known.event.status, event
            known.fold(early)
        elif event.row.mark == "(edited)":
            known.below.append(f"edited: {event.row.detail}")
        elif event.row.mark == "(deleted)":
            known.below.append("deleted")
    return said


class Step(NamedTuple):
    """One event about the message: ``since`` the one before, in words; "" for the first one."""

    event: Event
    since: str
    words: str


def history(events: Iterable[Event]) -> list[Step]:
    """Return the steps of a message from its events in order."""
    steps: list[Step] = []
    for event in events:
        words = event.row.detail if event.status is None else event.status.words
        if event.row.mark:
            words = f"{words} {event.row.mark}"
        since = ""
        if steps:
            seconds = (event.at - steps[-1].event.at).total_seconds()
            since = f"+{elapsed(seconds)}" if seconds >= 0 else f"-{elapsed(-seconds)}"
        steps.append(Step(event, since, words))
    return steps
