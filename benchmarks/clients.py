"""The programs under comparison, each started as its users start it, and what they print."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, NamedTuple, Self

from benchmarks.proxy import Proxy
from chatapp_tail.clock import SystemClock
from tests.support.auth_endpoint import PATH
from tests.support.credentials import TOKEN
from tests.support.node import NODE_MODULES

CHANNEL = "private-v1.licenses.1229.messengers.telegram"
EVENT = "message"
TAIL = "chatapp-tail"
_PEERS = Path(__file__).parent / "peers"


class Program(NamedTuple):
    """A name for the report, and the command for a port on 127.0.0.1 and an API's URL."""

    name: str
    command: Callable[[int, str], list[str]]


class Line(NamedTuple):
    """A line on stderr, and when it was read."""

    at: float
    text: str


class Arrival(NamedTuple):
    """An event on stdout: its running number, and when it was read."""

    at: float
    number: int


class Client:
    """One program behind a proxy of its own, from ``__enter__`` to ``__exit__``."""

    def __init__(self, program: Program, home: Path, *, server_port: int, api_url: str) -> None:
        self.name = program.name
        self.proxy = Proxy(server_port)
        self.arrivals: list[Arrival] = []
        self.said: list[Line] = []
        self._command = program.command(self.proxy.port, api_url)
        self._home = home
        self._clock = SystemClock()
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []

    @property
    def exit_code(self) -> int | None:
        """Return the exit code if the program ended by itself."""
        return None if self._process is None else self._process.poll()

    def has(self, number: int) -> bool:
        """Return whether event ``number`` has arrived."""
        return any(arrival.number == number for arrival in self.arrivals)

    def __enter__(self) -> Self:
        self.proxy.start()
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
        if self._process is not None:
            with self._process:
                self._process.kill()
                for reader in self._readers:
                    reader.join()
        self.proxy.stop()

    def _read_events(self, stdout: IO[str]) -> None:
        for line in stdout:
            at = self._clock.now()
            record = json.loads(line)
            item = record.get("data", record)  # the peers print the bare item
            self.arrivals.append(Arrival(at, item["id"]))

    def _read_words(self, stderr: IO[str]) -> None:
        for line in stderr:
            self.said.append(Line(self._clock.now(), line.rstrip("\n")))


def _tail_command(port: int, api_url: str) -> list[str]:
    return [
        *(sys.executable, "-m", "chatapp_tail", "1229/telegram"),
        *("--socket-url", f"ws://127.0.0.1:{port}"),
        *("--api-url", api_url),
        *("--json", "-v"),
    ]


def _peer_command(runtime: str, script: str) -> Callable[[int, str], list[str]]:
    def command(port: int, api_url: str) -> list[str]:
        return [runtime, str(_PEERS / script), "127.0.0.1", str(port), f"{api_url}{PATH}"]

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
