"""A chat as people read it, each message with what became of it, and a message's history. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from chatapp_tail.browse.items import Event, Key
from chatapp_tail.units import elapsed

# Later ones replace earlier ones, never the other way round: they may come in any order.
_RANKS = {"sent": 1, "delivered": 2, "viewed": 3, "failed": 4}


@dataclass(slots=True)
class Said:
    """A message, or what else happened in the chat; ``number`` is that of its event.

    ``status`` is the last word on its delivery, ``below`` what was done to it later: edits,
    reactions, its deletion.
    """

    number: int
    event: Event
    status: str = ""
    kind: str = ""
    below: list[str] = field(default_factory=list)


def conversation(events: Iterable[tuple[int, Event]]) -> list[Said]:
    """Return a chat's messages in order, with what its other events tell folded into them."""
    said: list[Said] = []
    by_message: dict[Key, Said] = {}
    for number, event in events:
        known = None if event.message is None else by_message.get(event.message)
        if known is None:
            known = Said(number, event)
            said.append(known)
            if event.message is not None:
                by_message[event.message] = known
            continue
        if event.status is not None:
            _fold(known, event)
        elif known.event.status is not None:  # a status came before its message
            early, known.number, known.event = known.event, number, event
            _fold(known, early)
        elif event.row.mark == "(edited)":
            known.below.append(f"edited: {event.row.detail}")
        elif event.row.mark == "(deleted)":
            known.below.append("deleted")
    return said


def _fold(known: Said, event: Event) -> None:
    status = event.status
    if status is None:
        return
    rank = _RANKS.get(status.kind)
    if rank is None:
        known.below.append(status.words)
    elif rank >= _RANKS.get(known.kind, 0):
        known.status, known.kind = status.words, status.kind


class Step(NamedTuple):
    """One event about the message: ``since`` the one before, in words; "" for the first one."""

    number: int
    event: Event
    since: str
    words: str


def history(events: Iterable[tuple[int, Event]]) -> list[Step]:
    """Return the steps of a message from its events in order."""
    steps: list[Step] = []
    for number, event in events:
        words = event.row.detail if event.status is None else event.status.words
        if event.row.mark:
            words = f"{words} {event.row.mark}"
        steps.append(Step(number, event, _since(steps, event), words))
    return steps


def _since(steps: list[Step], event: Event) -> str:
    if not steps:
        return ""
    seconds = (event.at - steps[-1].event.at).total_seconds()
    return f"+{elapsed(seconds)}" if seconds >= 0 else f"-{elapsed(-seconds)}"
