"""Everything that is known of one message, in order, with the time between. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from chatapp_tail.browse.items import Event
from chatapp_tail.units import elapsed


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
