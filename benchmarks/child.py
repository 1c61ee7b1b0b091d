"""A program under measurement: its time on the processors, its memory, its wake-ups.

Taken from Linux's ``/proc``. Not from ``ru_maxrss``: that begins with the memory of whoever started
the program.
"""

import os
import pty
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from struct import pack
from termios import TIOCSWINSZ
from typing import IO, NamedTuple, Self

from benchmarks.blasting import ROOT
from chatapp_tail.clock import SystemClock

CLOCK = SystemClock()
_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_INTERVAL = 0.01
_COLUMNS, _ROWS = 120, 40


class Usage(NamedTuple):
    """What a program has used: processor seconds, and at most so many bytes of memory."""

    ended_at: float
    cpu: float
    peak: int


class Child:
    """A process from ``__enter__`` to ``__exit__``; its stderr is kept for when it fails."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdout: int | IO[bytes] = subprocess.DEVNULL,
        stderr: Path,
        terminal: int | None = None,
    ) -> None:
        """``terminal`` takes the place of all three streams."""
        self._command = command
        self._environment = environment
        self._stdout = stdout
        self._stderr = stderr
        self._terminal = terminal
        self._process: subprocess.Popen[bytes] | None = None
        self._peak = 0
        self.started_at = 0.0

    def __enter__(self) -> Self:
        with self._stderr.open("wb") as stderr:
            self.started_at = CLOCK.now()
            self._process = subprocess.Popen(  # noqa: S603 (the programs that are compared)
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL if self._terminal is None else self._terminal,
                stdout=self._stdout if self._terminal is None else self._terminal,
                stderr=stderr if self._terminal is None else self._terminal,
                start_new_session=self._terminal is not None,
            )
        return self

    def __exit__(self, *exc_info: object) -> None:
        process = self._running()
        if process.returncode is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    @property
    def stdout(self) -> IO[bytes]:
        """The reading end, if stdout is a pipe."""
        stdout = self._running().stdout
        if stdout is None:
            raise RuntimeError("no pipe")
        return stdout

    def cpu(self) -> float:
        """Return the processor seconds so far, to 10 ms."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> int:
        """Return the bytes of memory now."""
        return _number(self._proc("status"), "VmRSS") * 1024

    def processor_time(self) -> float:
        """Return the processor seconds of the threads that there are, to the nanosecond."""
        times = (int(text.split()[0]) for text in self._threads("schedstat"))
        return sum(times) / 1e9

    def wake_ups(self) -> int:
        """Return how often its threads have waited for something."""
        return sum(_number(text, "voluntary_ctxt_switches") for text in self._threads("status"))

    def wait(self, within: float = 600.0) -> Usage:
        """Wait for the end. Raises ``TimeoutError``, and ``RuntimeError`` for a bad exit code."""
        process = self._running()
        deadline = CLOCK.now() + within
        while CLOCK.now() < deadline:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                ended_at = CLOCK.now()
                process.returncode = os.waitstatus_to_exitcode(status)
                if process.returncode:
                    raise RuntimeError(f"exit code {process.returncode} of {self._story()}")
                return Usage(ended_at, usage.ru_utime + usage.ru_stime, self._peak)
            self._look()
            threading.Event().wait(_LOOK_INTERVAL)
        raise TimeoutError(f"no end in {within:g} s: {self._story()}")

    def _look(self) -> None:
        with suppress(OSError, ValueError):  # it has just ended
            self._peak = _number(self._proc("status"), "VmHWM") * 1024

    def _threads(self, name: str) -> list[str]:
        tasks = Path(f"/proc/{self._running().pid}/task")
        return [(task / name).read_text() for task in tasks.iterdir()]

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self._running().pid}/{name}").read_text(encoding="utf-8")

    def _story(self) -> str:
        words = self._stderr.read_text(encoding="utf-8", errors="replace")
        return f"{' '.join(self._command)}\n{words}"

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process


class Terminal:
    """A terminal of 120 × 40 whose screen is read by a thread as fast as it comes."""

    def __init__(self) -> None:
        self.lines = 0
        self._ours, self.fd = pty.openpty()
        ioctl(self.fd, TIOCSWINSZ, pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
        os.close(self._ours)

    def close(self) -> None:
        """Let go of the program's end and read what is left; then ``lines`` counts everything."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        self._reader.join()

    def _read(self) -> None:
        with suppress(OSError):  # nobody has the other end any more
            while chunk := os.read(self._ours, 1 << 16):
                self.lines += chunk.count(b"\n")
                self.take(chunk)

    def take(self, chunk: bytes) -> None:
        """Take what the program has written; here it is thrown away."""


def _number(status: str, name: str) -> int:
    """Return the number after ``name`` in a ``/proc/PID/status``; memory is in KiB there.

    Raises ``ValueError`` if there is none.
    """
    for line in status.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise ValueError(f"no {name}")
