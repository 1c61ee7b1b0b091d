"""What is said about backfilling, in sentences. Pure."""

from collections.abc import Sequence
from datetime import datetime

from chatapp_tail.backfill.span import Span
from chatapp_tail.backfill.worker import Filled
from chatapp_tail.chatapp.channels import Channel, parse_name

# REST lists messages; of everything else it says at most how it stands now.
NOT_REBUILT = "statuses, reactions, tags and employee events can't be rebuilt"
_NAMED = 10


def backfilled(filled: Filled, shown: int, now: datetime) -> str:
    """Return what became of a span of which ``shown`` messages were new.

    ``now`` (aware) decides whether the day is named. With a problem this is a warning.
    """
    since = f"{_spec(filled.span)} from {_time(filled.span.since, now)} on"
    problem = filled.missed.problem
    if problem is None:
        return f"backfilled {_messages(shown)} of {since}; {NOT_REBUILT}"
    if not filled.missed.texts:
        return f"{_spec(filled.span)} can't be backfilled: {problem.message}"
    return f"backfilled {_messages(shown)} of {since}, but not all: {problem.message}"


def cannot_be_backfilled(channels: Sequence[Channel]) -> str:
    """Return which of ``channels`` REST knows nothing of; empty if there is none."""
    specs = [channel.spec for channel in channels if channel.license is None]
    if not specs:
        return ""
    named = ", ".join(specs[:_NAMED])
    more = f" and {len(specs) - _NAMED} more" if len(specs) > _NAMED else ""
    return f"{named}{more} can't be backfilled: the API keeps licences' messages only"


def _messages(count: int) -> str:
    if count == 0:
        return "no messages"
    return "1 message" if count == 1 else f"{count} messages"


def _spec(span: Span) -> str:
    return parse_name(span.channel).spec


def _time(instant: datetime, now: datetime) -> str:
    local = instant.astimezone()
    is_today = local.date() == now.astimezone().date()
    return f"{local:%H:%M:%S}" if is_today else f"{local:%Y-%m-%d %H:%M:%S}"
