"""``chatapp-tail`` as its users run it: a process of its own, with pipes or a terminal."""

import fcntl
import logging
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self

from chatapp_tail.clock import SystemClock

# The installed ``chatapp-tail`` that PROGRAM_UNDER_TEST names; without it, this source is run.
_NAMED = os.environ.get("PROGRAM_UNDER_TEST")
INSTALLED = Path(_NAMED).absolute() if _NAMED else None
PROGRAM = (str(INSTALLED),) if INSTALLED else (sys.executable, "-m", "chatapp_tail")
# The limit for what takes under 100 ms on an idle machine; multiplied by the number of test
# processes (pytest -n).
AT_ONCE = 1.0 * int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
CLOCK = SystemClock()
# Logs measured times; pytest -o log_cli=true --log-cli-level=INFO shows it.
LOG = logging.getLogger(__name__)

# Makes the terminal the child's controlling one, so that a typed Ctrl-C is a signal.
TAKE_TERMINAL = """\
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])"""
_PAUSE = 0.01
_CHUNK = 65_536


class Window(NamedTuple):
    """The size of a terminal."""

    columns: int
    rows: int


class CLI:
    """Runs ``chatapp-tail ARGUMENTS`` from ``__enter__`` to ``__exit__``.

    Nothing of the developer's environment gets in, and the process doesn't outlive the block. Its
    output is read only while a method here waits; ``holds_stdout`` leaves stdout unread even then.
    """

    def __init__(
        self,
        home: Path,
        *arguments: str,
        command: Sequence[str] = PROGRAM,
        environment: Mapping[str, str] | None = None,
        stdin: str = "",
        stdout: Path | None = None,
        window: Window | None = None,
        stderr_on_terminal: bool = False,
        script: str = "",
    ) -> None:
        """``home`` is HOME and the working directory.

        ``command`` runs another program; ``stdout`` is a file in place of a pipe. With a ``window``
        stdin and stdout are a terminal, stderr too if asked for. ``script`` is for sh, and runs the
        program as ``"$@"``.
        """
        self._home = home
        self._command = [*command, *arguments]
        if script:
            self._command = ["sh", "-c", script, "sh", *self._command]
        if window:
            self._command = [sys.executable, "-ISc", TAKE_TERMINAL, *self._command]
        self._environment = clean_environment(home) | dict(environment or {})
        self._stdin_text = stdin
        self._stdout_file = stdout
        self._window = window
        self._stderr_on_terminal = stderr_on_terminal
        self._process: subprocess.Popen[bytes] | None = None
        self._terminal: int | None = None
        self.started_at = 0.0
        self.holds_stdout = False
        self.died_of: int | None = None
        """The signal that the process died of, once ``exit_code`` has returned."""
        self.stdout = _Output()
        self.stderr = _Output()

    def __enter__(self) -> Self:
        with ExitStack() as of_the_child:

            def opened(fd: int) -> int:
                of_the_child.callback(os.close, fd)
                return fd

            stdin, stdout, stderr = self._open(opened)
            self.started_at = CLOCK.now()
            self._process = subprocess.Popen(
                self._command,
                cwd=self._home,
                env=self._environment,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
            )
        return self

    def __exit__(self, *exc_info: object) -> None:
        process = self._running()
        process.kill()
        process.wait()
        self.stdout.close()
        self.stderr.close()
        if self._terminal is not None:
            os.close(self._terminal)

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def ended(self) -> bool:
        return self._running().poll() is not None

    def wait_for(self, text: str, within: float = 15.0) -> str:
        """Read stderr on from where the last call stopped; return the first line with ``text``."""
        found: list[str] = []

        def is_found() -> bool:
            while not found and (line := self.stderr.next_line()) is not None:
                found.extend([line] if text in line else [])
            return bool(found)

        self._pump_until(is_found, f"{text!r} on stderr", within)
        return found[0]

    def wait_for_prompt(self, text: str, within: float = 15.0) -> None:
        """Read the terminal until it shows ``text``, which needs no end of line."""
        self._pump_until(lambda: text in self.stdout.text, repr(text), within)

    def lines(self, count: int, within: float = 15.0) -> list[str]:
        """Return the next ``count`` lines of stdout, without their ends."""
        found: list[str] = []

        def are_found() -> bool:
            while len(found) < count and (line := self.stdout.next_line()) is not None:
                found.append(line)
            return len(found) == count

        self._pump_until(are_found, f"{count} lines on stdout", within)
        return found

    def send(self, number: signal.Signals) -> None:
        self._running().send_signal(number)

    def type(self, keys: bytes) -> None:
        assert self._terminal is not None
        os.write(self._terminal, keys)

    def terminal_modes(self) -> list[object]:
        """Return how the terminal is set: echo, line mode and so on."""
        assert self._terminal is not None
        return termios.tcgetattr(self._terminal)

    def resize(self, window: Window) -> None:
        assert self._terminal is not None
        _set_size(self._terminal, window)

    def close_stdout(self) -> None:
        """Close the reading end of stdout, as ``head`` does."""
        self.stdout.close()

    def exit_code(self, within: float = 15.0) -> int:
        """Wait for the end, reading on; return the exit code as a shell's ``$?`` has it."""
        self._pump_until(lambda: self.ended, "the end", within)
        code = self._running().wait()
        self.died_of = -code if code < 0 else None
        code = code if self.died_of is None else 128 + self.died_of
        if not self.holds_stdout:
            self._pump_until(lambda: not self._readable(), "the end of the output", within)
        return code

    def exit_code_at_once(self, within: float = AT_ONCE) -> int:
        """Return the exit code of a process that must end at once."""
        before = CLOCK.now()
        self._pump_until(lambda: self.ended, "the end", within)
        LOG.info("the end took %.3f s", CLOCK.now() - before)
        return self.exit_code()

    def seconds_to_first_words(self, within: float = 15.0) -> float:
        """Wait for the first character on stderr; return how long after the start it came."""
        self._pump_until(lambda: self.stderr.began_at is not None, "a word", within)
        assert self.stderr.began_at is not None
        LOG.info("the first words took %.3f s", self.stderr.began_at - self.started_at)
        return self.stderr.began_at - self.started_at

    def _open(self, opened: Callable[[int], int]) -> tuple[int, int, int]:
        """Return the child's three streams, each passed through ``opened``; keep our ends."""
        if self._window is None:
            stdin = opened(self._pipe_with_stdin())
            if self._stdout_file is None:
                self.stdout.fd, write_end = os.pipe()
                stdout = opened(write_end)
            else:
                stdout = opened(os.open(self._stdout_file, os.O_WRONLY))
        else:
            self.stdout.fd, child_end = pty.openpty()
            self._terminal = os.dup(self.stdout.fd)
            _set_size(self._terminal, self._window)
            stdin = stdout = opened(child_end)
            if self._stderr_on_terminal:
                return stdin, stdout, stdout
        self.stderr.fd, write_end = os.pipe()
        return stdin, stdout, opened(write_end)

    def _pipe_with_stdin(self) -> int:
        """Return a pipe that holds all of stdin; what tests write there fits into its buffer."""
        read_end, write_end = os.pipe()
        os.write(write_end, self._stdin_text.encode())
        os.close(write_end)
        return read_end

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process

    def _readable(self) -> list["_Output"]:
        streams = [self.stderr] if self.holds_stdout else [self.stdout, self.stderr]
        return [stream for stream in streams if stream.fd is not None]

    def _pump_until(self, condition: Callable[[], bool], what: str, within: float) -> None:
        deadline = CLOCK.now() + within
        while True:
            # Asked first: the end may come between the two questions.
            is_over = self.ended and not self._readable()
            if condition():
                return
            if is_over:
                raise EOFError(f"ended without {what}; {self._story()}")
            if CLOCK.now() > deadline:
                raise TimeoutError(f"waited {within:g} s in vain for {what}; {self._story()}")
            ready, _, _ = select.select(self._readable(), [], [], _PAUSE)
            for stream in ready:
                stream.read()

    def _story(self) -> str:
        stdout = bytes(self.stdout.received[-2000:])
        return f"stdout ends with {stdout!r}, stderr is:\n{self.stderr.text}"


class _Output:
    """One of the process's streams: all its output, and how much of it was returned."""

    def __init__(self) -> None:
        self.fd: int | None = None
        self.received = bytearray()
        self.began_at: float | None = None
        self._asked_for = 0

    @property
    def text(self) -> str:
        """Everything so far, which must be UTF-8."""
        return self.received.decode()

    def fileno(self) -> int:
        assert self.fd is not None
        return self.fd

    def read(self) -> None:
        """Take what is there; close at the end."""
        try:
            chunk = os.read(self.fileno(), _CHUNK)
        except OSError:  # the other end of a terminal is closed
            chunk = b""
        if not chunk:
            self.close()
        elif self.began_at is None:
            self.began_at = CLOCK.now()
        self.received += chunk

    def next_line(self) -> str | None:
        """Return the next complete line without its end, None if it isn't there yet."""
        end = self.received.find(b"\n", self._asked_for)
        if end < 0:
            return None
        line = self.received[self._asked_for : end]
        self._asked_for = end + 1
        return line.decode().removesuffix("\r")

    def close(self) -> None:
        """Close our end; idempotent."""
        fd, self.fd = self.fd, None
        if fd is not None:
            os.close(fd)


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment without the developer's settings; the time zone is UTC."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "PATH" or name.startswith("COVERAGE_")  # coverage measures the process, too
    }
    return {**kept, "HOME": str(home), "TZ": "UTC", "TERM": "xterm-256color"}


def endpoint(socket_url: str, api_url: str, token: str) -> dict[str, str]:
    """Return the environment variables for a tail of these servers."""
    return {
        "CHATAPP_SOCKET_URL": socket_url,
        "CHATAPP_API_URL": api_url,
        "CHATAPP_TOKEN": token,
    }


def _set_size(fd: int, window: Window) -> None:
    size = struct.pack("HHHH", window.rows, window.columns, 0, 0)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, size)
