"""Where events go besides stdout: a webhook and a recorded file, for the length of a run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from chatapp_tail.clock import Clock
from chatapp_tail.delivery import Listeners
from chatapp_tail.forwarding.forwarder import Forwarder
from chatapp_tail.forwarding.result import News, Outcome, Result, sentence, summary
from chatapp_tail.network import tls_context
from chatapp_tail.output.status import Status
from chatapp_tail.recording.recorder import Recorder
from chatapp_tail.settings import ForwardSettings, ShowSettings
from chatapp_tail.signals import InterruptedBySignal, Signals

# How long the webhook gets to take what is queued, after a signal, in seconds.
_LAST_WORDS = 0.5


@contextmanager
def copies(
    show: ShowSettings, status: Status, clock: Clock, signals: Signals
) -> Iterator[Listeners]:
    """Yield who else hears of events; at the end let them finish, and say what didn't get there."""
    with ExitStack() as stack:
        received: list[Recorder] = []
        shown = []
        if show.record is not None:
            recorder = Recorder(show.record, clock=clock, warn=status.warn)
            stack.callback(recorder.close)
            received.append(recorder)
        if show.forward is not None:
            forwarder = stack.enter_context(_forwarding(show.forward, status, clock, signals))
            shown.append(forwarder.put)
        yield Listeners(tuple(one.put for one in received), tuple(shown), tuple(received))


@contextmanager
def _forwarding(
    settings: ForwardSettings, status: Status, clock: Clock, signals: Signals
) -> Iterator[Forwarder]:
    for header in settings.headers:
        for secret in (header.value, *header.value.split()):
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
        with signals.interruptible():
            forwarder.finish(None)
    except InterruptedBySignal:
        forwarder.finish(_LAST_WORDS)
    finally:
        forwarder.stop()
        status.say(summary(forwarder.counts))
