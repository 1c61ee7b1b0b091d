"""The reports on a run besides its events: heartbeat, footer and summary."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from chatapp_tail.clock import Clock
from chatapp_tail.delivery import Delivery
from chatapp_tail.output.footer import FooterState, LiveLine
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.statistics import Summary
from chatapp_tail.units import age, format_duration
from chatapp_tail.watch import Watch

if TYPE_CHECKING:
    from chatapp_tail.chatapp.memory import Outcomes


class Display(NamedTuple):
    """Where reports go: ``draw`` makes lines of a summary, shown at the end if ``at_end``.

    ``outcomes`` are those of messages; None if they aren't reported.
    """

    footer: LiveLine = LiveLine()
    draw: Callable[[Summary], str] = str
    at_end: bool = False
    outcomes: "Outcomes | None" = None


class Progress:
    """Reports what the delivery and the watch know. Instants are monotonic seconds."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        delivery: Delivery,
        watch: Watch,
        *,
        display: Display,
        heartbeat: float | None,
        clock: Clock,
        reporter: Reporter,
    ) -> None:
        """``heartbeat`` is the silence after which to report, in seconds; None for never."""
        self._delivery = delivery
        self._watch = watch
        self._display = display
        self._clock = clock
        self._reporter = reporter
        self._started_at = self._spoke_at = clock.now()
        self._heartbeat = heartbeat or float("inf")

    @property
    def deadline(self) -> float:
        """When the next report is due without any event."""
        return min(
            self._heartbeat_at,
            self._display.footer.deadline,
            self._reporter.status.deadline,
        )

    @property
    def _heartbeat_at(self) -> float:
        return max(self._delivery.statistics.event_at, self._spoke_at) + self._heartbeat

    @property
    def footer_due_at(self) -> float:
        """From when on an update of the footer is drawn immediately."""
        return self._display.footer.due_at

    def update_footer(self, round_trip: float | None, *, retry_at: float | None = None) -> None:
        """Update the footer; ``retry_at`` while there is no connection."""
        delivery, now = self._delivery, self._clock.now()
        self._display.footer.update(
            FooterState(
                channels=len(self._watch.channels),
                subscribed=self._watch.subscribed_count,
                is_connected=retry_at is None,
                retry_at=retry_at,
                received=delivery.received,
                shown=delivery.shown,
                rate=delivery.statistics.rate(now),
                last_at=delivery.statistics.last_received_at,
                round_trip=round_trip,
            )
        )

    def say_heartbeat(self, last_pong: float | None, now: float, *, is_connected: bool) -> None:
        """Report a silence that is long enough, and the sentences that were only counted."""
        self._reporter.status.tell_counted()
        if now < self._heartbeat_at:
            return
        self._spoke_at = now
        silence = now - self._delivery.statistics.event_at
        since_pong = None if last_pong is None else now - last_pong
        pong = "no pong yet" if since_pong is None else f"last pong {age(since_pong)} ago"
        is_subscribed = self._watch.subscribed_count > 0
        alive = "connection alive" if is_subscribed else "not subscribed yet"
        state = f"{alive}, {pong}" if is_connected else "not connected"
        self._reporter.say(
            "heartbeat",
            f"no events for {age(silence)}; {state}",
            subscribed=is_subscribed,
            silence=round(silence, 3),
            since_pong=None if since_pong is None else round(since_pong, 3),
        )

    def report_summary(self, *, unfinished: int) -> None:
        """Say the summary of the run; ``unfinished`` channels wait for a backfill."""
        seconds = self._clock.now() - self._started_at
        done = self._delivery
        words = [f"{done.shown} shown of {done.received} received in {format_duration(seconds)}"]
        words += self._watch.missed
        if unfinished:
            words.append(f"{unfinished} not backfilled to the end")
        if done.dropped:
            words.append(f"{done.dropped} dropped while stdout wasn't read")
        if done.held_back:
            words.append(done.held_back)
        gaps, gap_seconds = self._watch.gaps
        self._reporter.say(
            "summary",
            "; ".join(words),
            seconds=round(seconds, 3),
            received=done.received,
            shown=done.shown,
            dropped=done.dropped,
            gaps=gaps,
            gap_seconds=round(gap_seconds, 3),
        )
        if self._display.outcomes is not None and done.received:
            silence = done.statistics.longest_silence(self._clock.now())
            for line in (
                *self._display.outcomes.words(),
                f"longest silence {format_duration(silence)}",
            ):
                self._reporter.status.say(line)
        if self._display.at_end and done.received:
            self.show()

    def show(self) -> None:
        """Show what was seen so far, by event and channel."""
        summary = self._delivery.statistics.snapshot(self._clock.now(), *self._watch.gaps)
        self._reporter.status.block(self._display.draw(summary))
