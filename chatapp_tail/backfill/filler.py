"""The tail's side of a backfill: when to ask for one, and how what comes back is shown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from chatapp_tail.backfill.paging import Item, Missed, Span, span_of
from chatapp_tail.backfill.seen import Seen
from chatapp_tail.background import BackgroundCall
from chatapp_tail.chatapp.channels import Channel, parse_name
from chatapp_tail.chatapp.identity import MESSAGE
from chatapp_tail.clock import Clock
from chatapp_tail.gaps import Gap, specs
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.units import counted

# How many messages are shown before the socket is read again.
_AT_A_TIME = 100
# REST lists messages; of everything else it knows at most the current state.
NOT_REBUILT = "statuses, reactions, tags and employee events can't be rebuilt"

Fill = Callable[[Span], BackgroundCall[Missed]]


class GapFiller:
    """Asks for the messages of gaps, and of the time before the start; passes each on once.

    Spans are filled one after the other: what is found may be large. Those of one channel that
    wait are joined.
    """

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        fill: Fill,
        deliver: Callable[[PusherEvent], None],
        *,
        clock: Clock,
        status: Status,
        fills_gaps: bool,
        since: float | None,
    ) -> None:
        """``fill`` begins to read the messages of a span, when none is being filled.

        ``since`` is how many seconds before now to begin; None for now.
        """
        self._fill = fill
        self._deliver = deliver
        self._clock = clock
        self._status = status
        self._fills_gaps = fills_gaps
        self._begins_at = clock.utcnow() - timedelta(seconds=since or 0.0)
        self._has_past = since is not None
        self._known: set[str] = set()
        self._unfillable: set[str] = set()
        # The spans that wait, by channel; the one that is being filled; the one that is shown.
        self._waiting: dict[str, Span] = {}
        self._filling: tuple[Span, BackgroundCall[Missed]] | None = None
        self._showing: tuple[Span, Iterator[bool]] | None = None
        self.seen = Seen()

    @property
    def unfinished(self) -> frozenset[str]:
        """The channels that wait for their messages, or some of them."""
        begun = (self._filling, self._showing)
        return frozenset(self._waiting) | {one[0].channel for one in begun if one is not None}

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
        if self._showing is None:
            if self._filling is None or not self._filling[1].is_over:
                return False
            span, call = self._filling
            self._showing, self._filling = (span, self._show(span, call.result())), None
            self._fill_next()
        if not next(self._showing[1], False):
            self._showing = None
        return True

    def _show(self, span: Span, missed: Missed) -> Iterator[bool]:
        """Show what was missed, then say it; yield True after each part."""
        shown = 0
        for number, item in enumerate(missed.items(), start=1):
            if self.seen.filled(span.channel, item):
                shown += 1
                self._deliver(message_event(span, item))
            if number % _AT_A_TIME == 0:
                yield True
        sentence = backfilled(span, missed, shown, self._clock.utcnow())
        say = self._status.say if missed.problem is None else self._status.warn
        say(sentence)

    def _ask(self, names: Sequence[str], since: datetime) -> None:
        channels = [parse_name(name) for name in names]
        for channel in channels:
            if span := span_of(channel, since, min(since, self._begins_at)):
                self._waiting[channel.name] = span.joined(self._waiting.get(channel.name, span))
        self._fill_next()
        new = [one for one in channels if one.name not in self._unfillable]
        self._unfillable |= {one.name for one in new}
        if sentence := cannot_be_backfilled(new):
            self._status.say(sentence)

    def _fill_next(self) -> None:
        if self._filling is None and self._waiting:
            span = self._waiting.pop(next(iter(self._waiting)))
            self._filling = span, self._fill(span)


def message_event(span: Span, item: Item) -> PusherEvent:
    """Return the event of one message; flat, as a webhook brings it, with the documented meta."""
    meta = {"type": MESSAGE, "licenseId": span.license, "messengerType": span.messenger}
    return PusherEvent(MESSAGE, span.channel, {"data": [item], "meta": meta})


def backfilled(span: Span, missed: Missed, shown: int, now: datetime) -> str:
    """Return what was ``missed`` in ``span``; ``shown`` messages of it were new.

    ``now`` (aware) decides whether the day is named. With a problem this is a warning.
    """
    spec = parse_name(span.channel).spec
    messages = counted(shown, "message") if shown else "no messages"
    since = f"{messages} of {spec} from {_time(span.since, now)} on"
    if missed.problem is None:
        return f"backfilled {since}; {NOT_REBUILT}"
    if not missed.texts:
        return f"{spec} can't be backfilled: {missed.problem.message}"
    return f"backfilled {since}, but not all: {missed.problem.message}"


def cannot_be_backfilled(channels: Sequence[Channel]) -> str:
    """Return which of ``channels`` REST knows nothing of; empty if there is none."""
    names = [channel.name for channel in channels if channel.license is None]
    if not names:
        return ""
    return f"{specs(names)} can't be backfilled: the API keeps licences' messages only"


def _time(instant: datetime, now: datetime) -> str:
    local = instant.astimezone()
    is_today = local.date() == now.astimezone().date()
    return f"{local:%H:%M:%S}" if is_today else f"{local:%Y-%m-%d %H:%M:%S}"
