"""Reports to who watches a tail from outside: systemd, a command that waits for it, Prometheus."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp_tail.clock import Clock
from chatapp_tail.output.status import Status
from chatapp_tail.supervision.systemd import Systemd, Tell
from chatapp_tail.units import format_duration

if TYPE_CHECKING:
    from subprocess import Popen

    from chatapp_tail.forwarding.result import Counts
    from chatapp_tail.supervision.metrics import Metrics

# After how many seconds a command of --on-ready that still runs is reported.
_LONG = 60.0


class ReadyCommand:
    """Runs a command of the shell beside the tail. Its output goes to stderr."""

    def __init__(
        self,
        command: str,
        *,
        say: Callable[[str], object],
        warn: Callable[[str], object],
        long: float = _LONG,
    ) -> None:
        """``say`` and ``warn`` take sentences, from another thread."""
        self._command = command
        self._say = say
        self._warn = warn
        self._long = long
        self._process: Popen[bytes] | None = None

    def start(self) -> None:
        """Start the command. A failure is reported, and ends nothing."""
        import subprocess  # noqa: PLC0415 (few need it)

        try:
            self._process = subprocess.Popen(  # noqa: S603 (the user's own command)
                ["/bin/sh", "-c", self._command],
                stdin=subprocess.DEVNULL,
                stdout=2,
                start_new_session=True,  # Ctrl-C is for the tail
            )
        except OSError as exc:
            self._warn(
                f"the --on-ready command can't be run: {exc.strerror or exc}; the tail goes on"
            )
            return
        threading.Thread(
            target=self._wait, args=(self._process,), name="on-ready", daemon=True
        ).start()

    def close(self) -> None:
        """Report it if the command still runs; it isn't ended."""
        if self._process is not None and self._process.poll() is None:
            self._warn("the --on-ready command still runs, and is left alone")

    def _wait(self, process: "Popen[bytes]") -> None:
        from subprocess import TimeoutExpired  # noqa: PLC0415

        try:
            code = process.wait(self._long)
        except TimeoutExpired:
            self._warn(
                f"the --on-ready command still runs after {format_duration(self._long)}; the tail "
                "doesn't wait for it"
            )
            code = process.wait()
        if code:
            how = f"exit code {code}" if code > 0 else f"signal {-code}"
            self._warn(f"the --on-ready command ended with {how}; the tail goes on")
        else:
            self._say("the --on-ready command ended with exit code 0")


class Supervision:
    """systemd, metrics and a command, of which the last two may be missing."""

    def __init__(
        self, systemd: Systemd, metrics: "Metrics | None", command: ReadyCommand | None
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
            command = ReadyCommand(on_ready, say=status.say, warn=status.warn)
            stack.callback(command.close)
        yield Supervision(systemd, shown, command)
