"""Options to one predicate over records. Pure."""

from collections.abc import Sequence

from chatapp_tail.filters.event import is_event
from chatapp_tail.filters.predicate import Predicate, every

__all__ = ["Predicate", "build_filter"]


def build_filter(events: Sequence[str], excluded_events: Sequence[str]) -> Predicate:
    """Return a predicate: the event is in ``events`` (if any) and not in ``excluded_events``."""
    asked: list[Predicate] = []
    if events or excluded_events:
        asked.append(is_event(events, excluded_events))
    return every(asked)
