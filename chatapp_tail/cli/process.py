"""What a run has of its process: its streams, and what ends its waits.

Apart from ``streams``, because ``--version`` and TAB need those alone.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from chatapp_tail.cli.streams import Streams
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.output.status import Status
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import Wakeup, file_descriptor


class Process(NamedTuple):
    """What a run has of its process: where it writes and tells, and what ends its waits."""

    streams: Streams
    status: Status
    clock: Clock
    signals: Signals
    wakeup: Wakeup


@contextmanager
def in_process(streams: Streams, status: Status, *, has_screen: bool) -> Iterator[Process]:
    """Yield it; signals are handled inside, and only noted where the main thread has a screen."""
    signals = Signals(raises=not has_screen)
    with (
        closing(Wakeup(file_descriptor(streams.stdout))) as wakeup,
        signals.installed(wakeup.signal_fd),
    ):
        yield Process(streams, status, SystemClock(), signals, wakeup)
