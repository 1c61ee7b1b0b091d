"""The webhooks that get what is shown."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from chatapp_tail.chatapp.record import Record
from chatapp_tail.cli.run_parts import Process
from chatapp_tail.clock import Clock
from chatapp_tail.filters.predicate import Predicate, is_event
from chatapp_tail.forwarding.forwarder import Forwarder, finish_all, stop_all
from chatapp_tail.forwarding.post import Poster, request_of
from chatapp_tail.forwarding.queues import Spool, SpoolQueue
from chatapp_tail.forwarding.result import Counts, News, Result, sentence, summary
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
        self,
        forwarders: Sequence[tuple[Forwarder, Predicate | None]],
        clock: Clock,
        *,
        is_spooled: bool,
    ) -> None:
        """Each forwarder has what tells the events that its webhook wants; None: all of them.

        ``is_spooled``: what isn't sent goes out in the next run.
        """
        self._wishes = forwarders
        self._forwarders = [forwarder for forwarder, _ in forwarders]
        self._clock = clock
        self._is_spooled = is_spooled

    def put(self, records: Sequence[Record]) -> None:
        """Queue the records of one event for each webhook that wants them."""
        wanting = [one for one, wants in self._wishes if wants is None or wants(records[0])]
        if wanting:
            request = request_of(records)
            for forwarder in wanting:
                forwarder.put(request)

    @property
    def has_failed(self) -> bool:
        """Whether one of the webhooks has taken nothing, and nothing waits for the next run."""
        counts = [forwarder.counts for forwarder in self._forwarders]
        if self._is_spooled:
            counts = [one._replace(waiting=0) for one in counts]
        return any(one.has_failed for one in counts)

    @property
    def counts(self) -> Counts:
        """What became of all events so far."""
        counts = [forwarder.counts for forwarder in self._forwarders]
        return Counts(*map(sum, zip(*counts, strict=True)))

    def finish(self, timeout: float | None) -> None:
        """Let the webhooks take what is queued, ``timeout`` seconds at most, and stop."""
        finish_all(self._forwarders, self._clock, timeout)

    def stop(self) -> None:
        """End all connections, whatever is under way."""
        stop_all(self._forwarders)


@contextmanager
def forwarding(
    settings: ForwardSettings, process: Process, *, finish_within: float | None
) -> Iterator[Forwarding]:
    """Yield the webhooks; at the end let them take what is queued, and say the result.

    They get ``finish_within`` seconds for that (None: no limit), and less after a signal.
    """
    status, clock = process.status, process.clock
    for header in settings.headers:
        for secret in header.secrets:
            status.hide(secret)

    def report(news: News) -> None:
        if isinstance(news, Result) and news.reply.is_taken:
            status.say(sentence(news))
        else:
            status.warn(sentence(news))

    with ExitStack() as stack:
        spool = None
        if settings.spool is not None:
            spool = Spool(settings.spool)
            stack.callback(spool.close)
        context = tls_context()
        queues = [_queue(spool, target, status) for target in settings.targets]
        forwarders = [
            Forwarder(
                Poster(target.url, settings.headers, context=context, clock=clock),
                clock=clock,
                report=report,
                queue=queue,
                retries_forever=spool is not None,
            )
            for target, queue in zip(settings.targets, queues, strict=True)
        ]
        wanted = [is_event(one.events) if one.events else None for one in settings.targets]
        webhooks = Forwarding(
            list(zip(forwarders, wanted, strict=True)), clock, is_spooled=spool is not None
        )
        try:
            yield webhooks
            if waiting := webhooks.counts.waiting:
                status.say(f"{waiting} still to be forwarded")
            _finish(webhooks, process.signals, finish_within)
        except InterruptedBySignal:
            webhooks.finish(_TIMEOUT_AFTER_SIGNAL)
            raise
        finally:
            webhooks.stop()
            _report_end(webhooks.counts, settings, queues, status)


def _queue(spool: Spool | None, target: ForwardTarget, status: Status) -> SpoolQueue | None:
    if spool is None:
        return None
    queue = SpoolQueue(spool, target.url, status.warn)
    if queue.left_over:
        status.say(f"{queue.left_over} left by earlier runs to be forwarded first")
    return queue


def _report_end(
    counts: Counts, settings: ForwardSettings, queues: Sequence[SpoolQueue | None], status: Status
) -> None:
    status.say(summary(counts))
    if given_up := sum(queue.given_up for queue in queues if queue is not None):
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
