"""The tail's side of a backfill: when to ask for one, and how what comes back is shown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from chatapp_tail.backfill.paging import Item
from chatapp_tail.backfill.seen import MESSAGE, Seen
from chatapp_tail.backfill.span import Span, span_of
from chatapp_tail.backfill.worker import Filled
from chatapp_tail.chatapp.channels import Channel, parse_name
from chatapp_tail.clock import Clock
from chatapp_tail.gaps import Gap
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.protocol import PusherEvent

# How many messages are shown before the socket is read again.
_AT_A_TIME = 100
# REST lists messages; of everything else it knows at most the current state.
NOT_REBUILT = "statuses, reactions, tags and employee events can't be rebuilt"
_NAMED = 10


class Fills(Protocol):
    """What is needed of a BackfillWorker."""

    def submit(self, span: Span) -> None:
        """Queue ``span``."""
        ...

    def result(self) -> Filled | None:
        """Return what was filled; None where nothing was since the last call."""
        ...


class GapFiller:
    """Asks for the messages of gaps, and of the time before the start; passes each on once."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        worker: Fills,
        deliver: Callable[[PusherEvent], None],
        *,
        clock: Clock,
        status: Status,
        fills_gaps: bool,
        since: float | None,
    ) -> None:
        """``since`` is how many seconds before now to begin; None for now."""
        self._worker = worker
        self._deliver = deliver
        self._clock = clock
        self._status = status
        self._fills_gaps = fills_gaps
        self._begins_at = clock.utcnow() - timedelta(seconds=since or 0.0)
        self._has_past = since is not None
        self._known: set[str] = set()
        self._unfillable: set[str] = set()
        self._asked: set[str] = set()
        # What is shown now, and those of its messages that are left.
        self._filled: Filled | None = None
        self._items: Iterator[Item] = iter(())
        self._shown = 0
        self.seen = Seen()

    @property
    def unfinished(self) -> frozenset[str]:
        """The channels that wait for their messages, or some of them."""
        return frozenset(self._asked)

    def remember(self, keys: Iterable[int]) -> None:
        """Take the keys of messages that an earlier run has shown."""
        self.seen.note(keys)

    def newest(self, most: int) -> Sequence[int]:
        """Return the keys of the last messages that were shown, the newest last."""
        return self.seen.newest(most)

    def subscribed(self, channel: str, gap: Gap | None) -> None:
        """Note a confirmed subscription, and the gap that it ended, if any."""
        if self._has_past and channel not in self._known:
            self._ask([channel], self._begins_at)
        self._known.add(channel)
        self.over(gap)

    def over(self, gap: Gap | None) -> None:
        """Note the end of ``gap``, if there is one."""
        if self._fills_gaps and gap is not None:
            self._ask(gap.channels, gap.start)

    def step(self) -> bool:
        """Show some of what was found; return whether there may be more to show now."""
        if self._filled is None:
            self._filled = self._worker.result()
            if self._filled is None:
                return False
            self._items = self._filled.missed.items()
        for _ in range(_AT_A_TIME):
            item = next(self._items, None)
            if item is None:
                self._report(self._filled)
                self._filled = None
                break
            self._show(self._filled.span, item)
        return True

    def _show(self, span: Span, item: Item) -> None:
        if self.seen.filled(span.channel, item):
            self._shown += 1
            self._deliver(message_event(span, item))

    def _report(self, filled: Filled) -> None:
        sentence = backfilled(filled, self._shown, self._clock.utcnow())
        self._shown = 0
        self._asked.discard(filled.span.channel)
        if filled.missed.problem is None:
            self._status.say(sentence)
        else:
            self._status.warn(sentence)

    def _ask(self, names: Sequence[str], since: datetime) -> None:
        channels = [parse_name(name) for name in names]
        for channel in channels:
            if span := span_of(channel, since, min(since, self._begins_at)):
                self._asked.add(channel.name)
                self._worker.submit(span)
        new = [one for one in channels if one.name not in self._unfillable]
        self._unfillable |= {one.name for one in new}
        if sentence := cannot_be_backfilled(new):
            self._status.say(sentence)


def message_event(span: Span, item: Item) -> PusherEvent:
    """Return the event of one message; flat, as a webhook brings it, with the documented meta."""
    meta = {"type": MESSAGE, "licenseId": span.license, "messengerType": span.messenger}
    return PusherEvent(MESSAGE, span.channel, {"data": [item], "meta": meta})


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
