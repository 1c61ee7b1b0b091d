"""The programs under comparison, each started as its users start it, and what they print."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple, Self

from benchmarks.proxy import Proxy
from chatapp_tail.clock import SystemClock
from tests.support.credentials import TOKEN
from tests.support.loopback_http import AUTH_PATH
from tests.support.programs import NODE_MODULES

CHANNEL = "private-v1.licenses.1229.messengers.telegram"
EVENT = "message"
TAIL = "chatapp-tail"
_PEERS = Path(__file__).parent / "peers"


class Program(NamedTuple):
    """A name for the report, and the command for a server's host and port, and an API's URL."""

    name: str
    command: Callable[[str, int, str], list[str]]


class Line(NamedTuple):
    """A line on stderr, and when it was read."""

    at: float
    text: str


class Arrival(NamedTuple):
    """An event on stdout: its running number, and when it was read."""

    at: float
    number: int


class Said(NamedTuple):
    """A time for which a program says that events may be missing."""

    start: float
    end: float


class Client:
    """One program behind a proxy of its own, from ``__enter__`` to ``__exit__``."""

    def __init__(  # noqa: PLR0913 (what differs between the runs)
        self,
        program: Program,
        home: Path,
        *,
        server_port: int,
        api_port: int,
        host: str = "127.0.0.1",
        idle: float | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        """``host`` is what the program calls its server, ``idle`` the time-out of its proxy.

        ``arguments`` follow the program's own.
        """
        self.name = program.name
        self.proxy = Proxy(server_port, idle=idle)
        self.api = Proxy(api_port, is_websocket=False)
        self.gaps: list[Said] = []
        self.arrivals: list[Arrival] = []
        self.said: list[Line] = []
        self.reading = threading.Event()
        """While it is cleared, nobody reads stdout."""
        self.reading.set()
        api_url = f"http://127.0.0.1:{self.api.port}"
        self._command = [*program.command(host, self.proxy.port, api_url), *arguments]
        self._home = home
        self._clock = SystemClock()
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []
        self._timers: list[threading.Timer] = []

    @property
    def pid(self) -> int:
        """The process's id. Raises ``RuntimeError`` before the start."""
        if self._process is None:
            raise RuntimeError("not started")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code if the program ended by itself."""
        return None if self._process is None else self._process.poll()

    def stop(self, seconds: float, server_closes_after: float | None = None) -> None:
        """Stop the process for ``seconds``; meanwhile the server may close its connection."""
        process = self._process
        if process is None:
            raise RuntimeError("not started")
        process.send_signal(signal.SIGSTOP)
        self.proxy.mark()
        later: list[tuple[float, Callable[[], None]]] = [
            (seconds, partial(process.send_signal, signal.SIGCONT))
        ]
        if server_closes_after is not None:
            later.append((server_closes_after, self.proxy.fin))
        for wait, action in later:
            timer = threading.Timer(wait, action)
            timer.start()
            self._timers.append(timer)

    def has(self, number: int) -> bool:
        """Return whether event ``number`` has arrived."""
        return any(arrival.number == number for arrival in self.arrivals)

    def __enter__(self) -> Self:
        self.proxy.start()
        self.api.start()
        self._process = subprocess.Popen(  # noqa: S603 (the programs named below)
            self._command,
            env=environment(self._home),
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._readers = [
            threading.Thread(target=self._read_events, args=[self._process.stdout]),
            threading.Thread(target=self._read_words, args=[self._process.stderr]),
        ]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for timer in self._timers:
            timer.cancel()
        self.reading.set()
        if self._process is not None:
            with self._process:
                self._process.kill()
                for reader in self._readers:
                    reader.join()
        self.proxy.stop()
        self.api.stop()

    def _read_events(self, stdout: IO[str]) -> None:
        for line in stdout:
            self.reading.wait()
            at = self._clock.now()
            record = json.loads(line)
            if record.get("kind") == "notice":
                if record["type"] == "gap":
                    self.gaps.append(
                        Said(self._instant(record["from"]), self._instant(record["to"]))
                    )
                continue
            item = record.get("data", record)  # the peers print the bare item
            self.arrivals.append(Arrival(at, item["id"]))

    def _instant(self, text: str) -> float:
        ago = self._clock.utcnow() - datetime.fromisoformat(text)
        return self._clock.now() - ago.total_seconds()

    def _read_words(self, stderr: IO[str]) -> None:
        for line in stderr:
            self.said.append(Line(self._clock.now(), line.rstrip("\n")))


def _tail_command(host: str, port: int, api_url: str) -> list[str]:
    return [
        *(sys.executable, "-m", "chatapp_tail", "1229/telegram"),
        *("--socket-url", f"ws://{host}:{port}"),
        *("--api-url", api_url),
        *("--json", "--notices", "-v"),
    ]


def _peer_command(runtime: str, script: str) -> Callable[[str, int, str], list[str]]:
    def command(host: str, port: int, api_url: str) -> list[str]:
        return [runtime, str(_PEERS / script), host, str(port), f"{api_url}{AUTH_PATH}"]

    return command


PROGRAMS = (
    Program(TAIL, _tail_command),
    Program("pusher-js", _peer_command("node", "pusher_js.cjs")),
    Program("Pysher, handler", _peer_command(sys.executable, "pysher_connect_handler.py")),
    Program("Pysher, auto_sub", _peer_command(sys.executable, "pysher_auto_sub.py")),
    Program("asyncpusher", _peer_command(sys.executable, "asyncpusher_peer.py")),
)


def environment(home: Path) -> Mapping[str, str]:
    """Return an environment with nothing of the machine's user in it: no proxies, no settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TZ": "UTC",
        "NODE_PATH": str(NODE_MODULES),
        "CHATAPP_TOKEN": TOKEN,
    }
