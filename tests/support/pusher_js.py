"""The vendor's own example, running in node with the real pusher-js."""

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self, TypeAlias
from urllib.parse import urlsplit

from chatapp_tail.clock import SystemClock
from tests.support.node import INTEROP, node_environment
from tests.support.records import COMPANY, TELEGRAM, USER, WHATSAPP

_SCRIPT = INTEROP / "vendor_page.cjs"

CHANNELS = frozenset({WHATSAPP, TELEGRAM, COMPANY, USER})

Line: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class TLSServer:
    """A ChatApp server, real or ours, as a client needs it. The example needs TLS."""

    socket_url: str
    api_url: str
    token: str
    ca: Path
    publish: Callable[[str, str, object], None]


class VendorPage:
    """Runs ``vendor_page.cjs`` with ``package`` (an npm name) from ``start`` to ``stop``."""

    def __init__(
        self,
        package: str,
        server: TLSServer,
        *,
        events: Iterable[str],
        log: Path,
        token: str | None = None,
    ) -> None:
        address = urlsplit(server.socket_url)
        self._package = package
        self._log = log
        self._environment = node_environment(
            WS_HOST=address.hostname or "",
            WSS_PORT=str(address.port),
            AUTH_ENDPOINT=f"{server.api_url}/broadcasting/auth",
            ACCESS_TOKEN=server.token if token is None else token,
            EVENTS=",".join(events),
            NODE_EXTRA_CA_CERTS=str(server.ca),
        )
        self._lines: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start node; what it says on stderr goes to the log."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["node", _SCRIPT, self._package],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
            )
        self._reader = threading.Thread(target=self._read, args=[self._process.stdout])
        self._reader.start()

    def lines(self, count: int, timeout: float = 15.0) -> list[Line]:
        """Return the next ``count`` lines; ``TimeoutError`` if late, ``EOFError`` if node ended."""
        clock = SystemClock()
        deadline = clock.now() + timeout
        found: list[Line] = []
        while len(found) < count:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - clock.now()))
            except queue.Empty:
                raise TimeoutError(f"{len(found)} of {count} lines: {found}") from None
            if line is None:
                raise EOFError(f"node ended:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
            found.append(line)
        return found

    def wait_until_subscribed(self, timeout: float = 15.0) -> None:
        """Read one line per channel and make sure that each says ``subscribed``."""
        lines = self.lines(len(CHANNELS), timeout)
        if {line.get("subscribed") for line in lines} != CHANNELS:
            raise AssertionError(f"not all channels are subscribed: {lines}")

    def stop(self, timeout: float = 5.0) -> None:
        """Close stdin, which ends the script; kill it if it doesn't obey in ``timeout`` seconds."""
        process, self._process = self._process, None
        if process is None or self._reader is None:
            return
        with process:
            if process.stdin is not None:
                process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout)
            process.kill()
            self._reader.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _read(self, stdout: IO[str]) -> None:
        try:
            for line in stdout:
                self._lines.put(json.loads(line))
        finally:
            self._lines.put(None)
