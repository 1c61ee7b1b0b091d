"""The webhooks that get what is shown."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import Clock
from chatapp_tail.filters.predicate import Predicate, is_event
from chatapp_tail.forwarding.forwarder import Forwarder
from chatapp_tail.forwarding.result import Counts, News, Outcome, Result, sentence, summary
from chatapp_tail.forwarding.spool import Spool, SpooledRoom
from chatapp_tail.forwarding.target import ForwardTarget
from chatapp_tail.network import tls_context
from chatapp_tail.output.status import Status
from chatapp_tail.settings import ForwardSettings
from chatapp_tail.signals import InterruptedBySignal, Signals

# How long the webhooks get after a signal to take what is queued, in seconds.
_TIMEOUT_AFTER_SIGNAL = 0.5


class Forwarding:
    """All webhooks of a run, each with the events that it wants."""

    def __init__(
        self, forwarders: Sequence[tuple[Forwarder, Predicate | None]], spool: Spool | None
    ) -> None:
        self._forwarders = forwarders
        self._spool = spool

    def put(self, records: Sequence[Record]) -> None:
        """Queue the records of one event for each webhook that wants them."""
        for forwarder, wants in self._forwarders:
            if wants is None or (records and wants(records[0])):
                forwarder.put(records)

    @property
    def has_failed(self) -> bool:
        """Whether one of the webhooks has taken nothing, and nothing waits for the next run."""
        counts = [forwarder.counts for forwarder, _ in self._forwarders]
        if self._spool is not None:
            counts = [one._replace(waiting=0) for one in counts]
        return any(one.has_failed for one in counts)

    @property
    def counts(self) -> Counts:
        """What became of all events so far."""
        counts = [forwarder.counts for forwarder, _ in self._forwarders]
        return Counts(*map(sum, zip(*counts, strict=True)))

    def finish(self, timeout: float | None) -> None:
        """Wait until all is sent, ``timeout`` seconds at most for each webhook."""
        for forwarder, _ in self._forwarders:
            forwarder.finish(timeout)

    def stop(self) -> None:
        """End all connections, whatever is under way."""
        for forwarder, _ in self._forwarders:
            forwarder.stop()


@contextmanager
def forwarding(
    settings: ForwardSettings,
    status: Status,
    clock: Clock,
    signals: Signals,
    *,
    finish_within: float | None,
) -> Iterator[Forwarding]:
    """Yield the webhooks; at the end let them take what is queued, and say the result.

    They get ``finish_within`` seconds for that (None: no limit), and less after a signal.
    """
    for header in settings.headers:
        for secret in header.secrets:
            status.hide(secret)

    def report(news: News) -> None:
        if isinstance(news, Result) and news.outcome is Outcome.SENT:
            status.say(sentence(news))
        else:
            status.warn(sentence(news))

    with ExitStack() as stack:
        spool = None
        if settings.spool is not None:
            spool = Spool(settings.spool)
            stack.callback(spool.close)
        context = tls_context()
        rooms = [_room(spool, target, status) for target in settings.targets]
        forwarders = [
            Forwarder(
                target.url,
                settings.headers,
                context=context,
                clock=clock,
                report=report,
                room=room,
                is_patient=spool is not None,
            )
            for target, room in zip(settings.targets, rooms, strict=True)
        ]
        wanted = [is_event(one.events, ()) if one.events else None for one in settings.targets]
        webhooks = Forwarding(list(zip(forwarders, wanted, strict=True)), spool)
        try:
            yield webhooks
            if waiting := webhooks.counts.waiting:
                status.say(f"{waiting} still to be forwarded")
            _finish(webhooks, signals, finish_within)
        except InterruptedBySignal:
            webhooks.finish(_TIMEOUT_AFTER_SIGNAL)
            raise
        finally:
            webhooks.stop()
            _report_end(webhooks.counts, settings, rooms, status)


def _room(spool: Spool | None, target: ForwardTarget, status: Status) -> SpooledRoom | None:
    if spool is None:
        return None
    room = spool.room(target.url, warn=status.warn)
    if room.left_over:
        status.say(f"{room.left_over} left by earlier runs to be forwarded first")
    return room


def _report_end(
    counts: Counts, settings: ForwardSettings, rooms: Sequence[SpooledRoom | None], status: Status
) -> None:
    status.say(summary(counts))
    if given_up := sum(room.given_up for room in rooms if room is not None):
        status.warn(f"{given_up} of the oldest were given up: {settings.spool} was full")
    if settings.spool is not None and counts.waiting:
        status.say(f"{counts.waiting} wait in {settings.spool} for the next run")


def _finish(webhooks: Forwarding, signals: Signals, timeout: float | None) -> None:
    """Wait until the queues are sent; after a signal, also an earlier one, only shortly."""
    try:
        with signals.interruptible():
            webhooks.finish(timeout)
    except InterruptedBySignal:
        webhooks.finish(_TIMEOUT_AFTER_SIGNAL)
