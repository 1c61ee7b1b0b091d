"""Reports to who watches a tail from outside: systemd, a command that waits for it, Prometheus."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp_tail.clock import Clock
from chatapp_tail.output.status import Status
from chatapp_tail.supervision.systemd import Systemd, Tell

if TYPE_CHECKING:
    from chatapp_tail.forwarding.result import Counts
    from chatapp_tail.supervision.metrics import Metrics
    from chatapp_tail.supervision.ready import ReadyCommand


class Supervision:
    """systemd, metrics and a command, of which the last two may be missing."""

    def __init__(
        self, systemd: Systemd, metrics: "Metrics | None", command: "ReadyCommand | None"
    ) -> None:
        self._systemd = systemd
        self._metrics = metrics
        self._command = command

    @property
    def timers(self) -> "tuple[Systemd | Metrics, ...]":
        """What is to be called at a deadline."""
        systemd = (self._systemd,) if self._systemd.is_there else ()
        return systemd if self._metrics is None else (*systemd, self._metrics)

    def begin(self, tell: Tell) -> None:
        """Report what ``tell`` returns from now on."""
        self._systemd.begin(tell)
        if self._metrics is not None:
            self._metrics.begin(tell)

    def ready(self) -> None:
        """Report that every channel has its answer."""
        self._systemd.ready()
        if self._command is not None:
            self._command.start()


@contextmanager
def supervised(  # noqa: PLR0913 (wiring)
    *,
    on_ready: str | None,
    metrics: int | Path | None,
    forwarded: "Callable[[], Counts] | None",
    environment: Mapping[str, str],
    clock: Clock,
    status: Status,
) -> Iterator[Supervision]:
    """Yield what is told of a run. Raises ``UsageError`` if metrics can't be served.

    ``forwarded`` returns what became of forwarded events; None without a webhook.
    """
    systemd = Systemd(environment, clock)
    shown = command = None
    with ExitStack() as stack:
        stack.callback(systemd.stopping)
        if metrics is not None:
            from chatapp_tail.supervision.metrics import Metrics  # noqa: PLC0415 (an extra)

            shown = Metrics(metrics, clock=clock, warn=status.warn, forwarded=forwarded)
            stack.callback(shown.close)
        if on_ready is not None:
            from chatapp_tail.supervision.ready import ReadyCommand  # noqa: PLC0415 (few need it)

            command = ReadyCommand(on_ready, say=status.say, warn=status.warn)
            stack.callback(command.close)
        yield Supervision(systemd, shown, command)
