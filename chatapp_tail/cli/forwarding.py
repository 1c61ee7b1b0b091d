"""The webhook that gets what is shown."""

from collections.abc import Iterator
from contextlib import contextmanager

from chatapp_tail.clock import Clock
from chatapp_tail.forwarding.forwarder import Forwarder
from chatapp_tail.forwarding.result import News, Outcome, Result, sentence, summary
from chatapp_tail.network import tls_context
from chatapp_tail.output.status import Status
from chatapp_tail.settings import ForwardSettings
from chatapp_tail.signals import InterruptedBySignal, Signals

# How long the webhook gets after a signal to take what is queued, in seconds.
_TIMEOUT_AFTER_SIGNAL = 0.5


@contextmanager
def forwarding(
    settings: ForwardSettings,
    status: Status,
    clock: Clock,
    signals: Signals,
    *,
    finish_within: float | None,
) -> Iterator[Forwarder]:
    """Yield the forwarder; at the end let it send what is queued, and say the result.

    It gets ``finish_within`` seconds for that (None: no limit), and less after a signal.
    """
    for header in settings.headers:
        for secret in header.secrets:
            status.hide(secret)

    def report(news: News) -> None:
        if isinstance(news, Result) and news.outcome is Outcome.SENT:
            status.say(sentence(news))
        else:
            status.warn(sentence(news))

    forwarder = Forwarder(
        settings.url, settings.headers, context=tls_context(), clock=clock, report=report
    )
    try:
        yield forwarder
        if waiting := forwarder.counts.waiting:
            status.say(f"{waiting} still to be forwarded")
        _finish(forwarder, signals, finish_within)
    except InterruptedBySignal:
        forwarder.finish(_TIMEOUT_AFTER_SIGNAL)
        raise
    finally:
        forwarder.stop()
        status.say(summary(forwarder.counts))


def _finish(forwarder: Forwarder, signals: Signals, timeout: float | None) -> None:
    """Wait until the queue is sent; after a signal, also an earlier one, only shortly."""
    try:
        with signals.interruptible():
            forwarder.finish(timeout)
    except InterruptedBySignal:
        forwarder.finish(_TIMEOUT_AFTER_SIGNAL)
