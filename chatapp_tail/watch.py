"""The watched channels over all connections of a run: what is subscribed, refused, missed.

Decides when refusals end the run, and reports each change on stderr.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from chatapp_tail.chatapp.channels import Scope, parse_name
from chatapp_tail.chatapp.record import iso_utc
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ChannelsRefusedError
from chatapp_tail.gaps import Gap, GapTracker, specs
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.pusher.interfaces import Postponed, Refused
from chatapp_tail.units import format_duration

# Up to this many channels are named one by one.
_FEW_CHANNELS = 10
_NAMED_IN_GAPS = 3
_NOT_RUNNING = "this program wasn't running"
_WHAT_TO_CHECK = {
    Scope.LICENSE: "the licence id and the messenger type (case matters: grWhatsApp)",
    Scope.COMPANY: "the company id",
    Scope.USER: "the user id",
    Scope.EMPLOYEE: "the company id and the user id",
    None: "the channel's name",
}


class Watch:
    """The state of each channel, fed with a session's effects."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        channels: Sequence[str],
        *,
        clock: Clock,
        reporter: Reporter,
        strict: bool,
        fills_gaps: bool = False,
        resumed: Callable[[], tuple[Sequence[str], datetime]] | None = None,
        on_ready: Callable[[], object] = lambda: None,
    ) -> None:
        """``strict`` makes the first refusal final; ``fills_gaps`` changes what is said of gaps.

        ``resumed`` returns the channels of an earlier run, and until when they missed nothing: a
        gap begins there. It is called at the first subscription, when the API has told its time.
        ``on_ready`` is called once, when every channel is subscribed or refused.
        """
        self.channels = tuple(channels)
        self._clock = clock
        self._reporter = reporter
        self._strict = strict
        self._meaning = "its messages are asked for" if fills_gaps else "what was sent then is lost"
        self._refused: set[str] = set()
        self._on_ready: Callable[[], object] | None = on_ready
        self._subscribed_at: float | None = None
        self._gaps = GapTracker()
        self._resumed = resumed
        self.ever_subscribed = False

    @property
    def subscribed_for(self) -> float:
        """The seconds since this connection's first subscription; 0 without one."""
        return 0.0 if self._subscribed_at is None else self._clock.now() - self._subscribed_at

    @property
    def subscribed_count(self) -> int:
        """How many channels are subscribed now."""
        return len(self._gaps.watched)

    @property
    def gaps(self) -> tuple[int, float]:
        """How many gaps are over, and their seconds in all."""
        return self._gaps.count, self._gaps.seconds

    @property
    def missed(self) -> list[str]:
        """What the summary says of gaps, in a few words each."""
        words = []
        count, seconds = self.gaps
        if count:
            total = format_duration(seconds)
            words.append(f"1 gap of {total}" if count == 1 else f"{count} gaps, {total}")
        if (since := self._gaps.open_since) is not None:
            lasting = self._clock.now() - since
            words.append(f"not connected for the last {format_duration(lasting)}")
        return words

    @property
    def certain(self) -> Collection[str]:
        """The channels that are watched; none while a gap isn't over."""
        return () if self._gaps.open_since is not None else frozenset(self._gaps.watched)

    def subscribed(self, channel: str) -> Gap | None:
        """Note that ``channel`` is subscribed; return the gap that this ends."""
        if self._resumed is not None:
            channels, until = self._resumed()
            certain_at = self._clock.now() - (self._clock.utcnow() - until).total_seconds()
            left = [name for name in channels if name not in self._refused]
            self._gaps.resumed(left, certain_at, _NOT_RUNNING)
            self._resumed = None
        if self._subscribed_at is None:
            self._subscribed_at = self._clock.now()
        gap = self._gaps.subscribed(channel, self._clock.now(), self._clock.utcnow())
        self._refused.discard(channel)
        self.ever_subscribed = True
        self._say_subscribed(channel)
        self._note_ready()
        return self._reported(gap)

    def refused(self, refused: Refused) -> Gap | None:
        """Note a refusal; return the gap that this ends for the others.

        Raises ``ChannelsRefusedError`` if it ends the run.
        """
        is_new = refused.channel not in self._refused
        self._refused.add(refused.channel)
        sentence = f"{parse_name(refused.channel).spec} refused: {refused.reason}"
        if self._strict or len(self._refused) == len(self.channels):
            if len(self.channels) > 1 and not self._strict:
                sentence = f"all {len(self.channels)} channels were refused; {sentence}"
            raise ChannelsRefusedError(sentence, hint=_refused_hint(self._in_order(self._refused)))
        if is_new:
            self._reporter.warn(
                "refused",
                sentence,
                channel=refused.channel,
                reason=refused.reason,
                status=refused.status,
            )
        self._note_ready()
        return self._reported(
            self._gaps.refused(refused.channel, self._clock.now(), self._clock.utcnow())
        )

    def postponed(self, postponed: Postponed) -> None:
        """Report that a channel is tried again later."""
        self._reporter.warn(
            "retry",
            f"{postponed_sentence(postponed)}; next try in {format_duration(postponed.delay)}",
            channel=postponed.channel,
            reason=postponed.reason,
            delay=round(postponed.delay, 3),
            attempt=postponed.attempt,
        )

    def lost(self, certain_at: float, reason: str) -> None:
        """Note the end of a connection; until ``certain_at`` (monotonic) nothing was missed."""
        last_seen = self._clock.utcnow() - timedelta(seconds=self._clock.now() - certain_at)
        self._reporter.note(
            "lost",
            reason=reason,
            last_seen=iso_utc(last_seen),
            channels=self._in_order(self._gaps.watched),
        )
        self._gaps.lost(certain_at, reason)
        self._subscribed_at = None

    def _note_ready(self) -> None:
        if self._on_ready and len(self._gaps.watched | self._refused) == len(self.channels):
            on_ready, self._on_ready = self._on_ready, None
            on_ready()

    def _say_subscribed(self, channel: str) -> None:
        sentence = f"subscribed to {parse_name(channel).spec}"
        if len(self.channels) <= _FEW_CHANNELS:
            self._reporter.say("subscribed", sentence, channel=channel)
            return
        self._reporter.detail("subscribed", sentence, channel=channel)
        if len(self._gaps.watched) + len(self._refused) == len(self.channels):
            self._reporter.status.say(
                f"subscribed to {len(self._gaps.watched)} of {len(self.channels)} channels"
            )

    def _reported(self, gap: Gap | None) -> Gap | None:
        """Report ``gap``, if there is one, and return it."""
        if gap is not None:
            self._reporter.warn(
                "gap",
                gap.words(self._specs(gap.channels), self._meaning),
                **{"from": iso_utc(gap.start), "to": iso_utc(gap.end)},
                seconds=round(gap.seconds, 3),
                reason=gap.reason,
                channels=self._in_order(gap.channels),
            )
        return gap

    def _in_order(self, channels: Collection[str]) -> list[str]:
        """Return ``channels`` in the order in which the user named them."""
        return [name for name in self.channels if name in channels]

    def _specs(self, channels: Sequence[str]) -> str:
        """Return "all channels", or a few specs by name and how many more there are."""
        if len(channels) == len(self.channels) > _NAMED_IN_GAPS:
            return f"all {len(channels)} channels"
        return specs(self._in_order(channels))


def _refused_hint(channels: Sequence[str]) -> str:
    """Return what to check of refused channels, for each of their kinds."""
    parts = dict.fromkeys(_WHAT_TO_CHECK[parse_name(one).scope] for one in channels)
    channel = "the channel" if len(channels) == 1 else "the channels"
    return f"Check {', '.join(parts)}, and that the token's account owns {channel}."


def postponed_sentence(postponed: Postponed) -> str:
    """Return why a channel isn't subscribed yet."""
    return f"{parse_name(postponed.channel).spec} can't be subscribed yet: {postponed.reason}"
