"""``--on-ready CMD``: a command that is run once, when every channel has its answer."""

import subprocess
import threading
from collections.abc import Callable

from chatapp_tail.units import format_duration

# After how many seconds a command that still runs is reported.
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
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the command. A failure is reported, and ends nothing."""
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

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        try:
            code = process.wait(self._long)
        except subprocess.TimeoutExpired:
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
