"""Where events go besides stdout: a webhook and a recorded file, for the length of a run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from chatapp_tail.clock import Clock
from chatapp_tail.delivery import Listeners
from chatapp_tail.output.status import Status
from chatapp_tail.settings import ShowSettings
from chatapp_tail.signals import Signals


@contextmanager
def copies(
    show: ShowSettings, status: Status, clock: Clock, signals: Signals
) -> Iterator[Listeners]:
    """Yield who else hears of events; at the end let them finish, and say what didn't get there.

    Each is loaded where it is asked for: most runs have neither.
    """
    listeners = Listeners()
    with ExitStack() as stack:
        if show.record is not None:
            from chatapp_tail.recording.recorder import Recorder  # noqa: PLC0415

            recorder = Recorder(show.record, clock=clock, warn=status.warn)
            stack.callback(recorder.close)
            listeners = listeners._replace(received=(recorder.put,), timers=(recorder,))
        if show.forward is not None:
            from chatapp_tail.cli.forwarding import forwarding  # noqa: PLC0415

            forwarder = stack.enter_context(forwarding(show.forward, status, clock, signals))
            listeners = listeners._replace(shown=(forwarder.put,))
        yield listeners
