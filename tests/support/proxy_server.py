"""HTTP proxies on loopback: one of our own, and tinyproxy, in front of servers with other names.

Loopback is never reached through a proxy, so servers behind one need a name that only the proxy
knows. Ours takes every name for this machine.
"""

import base64
import os
import select
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from tests.support.waiting import wait_until

_LARGEST_REQUEST = 64 * 1024
_DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """What a proxy was asked for. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]


class ProxyServer:
    """A proxy for CONNECT and plain HTTP, for whom all hosts are 127.0.0.1.

    With ``credentials`` (``user:password``) it wants them, and with ``answer`` it sends that to
    everybody in place of doing its work.
    """

    def __init__(self, *, credentials: str = "", answer: bytes = b"") -> None:
        self._credentials = credentials
        self._answer = answer
        self._server = _Server(self)
        self._thread: threading.Thread | None = None
        self.requests: list[ProxyRequest] = []

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[tuple[str, str]]:
        """Method and target of each request so far."""
        return [(request.method, request.target) for request in self.requests]

    def refusal(self, request: ProxyRequest) -> bytes:
        """Note ``request``; return what to answer in place of doing it, if there is anything."""
        self.requests.append(request)
        expected = f"Basic {base64.b64encode(self._credentials.encode()).decode()}"
        if self._credentials and request.headers.get("proxy-authorization") != expected:
            return http_answer(
                "407 Proxy Authentication Required", 'Proxy-Authenticate: Basic r="p"'
            )
        return self._answer

    def start(self) -> None:
        """Serve in threads."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def stop(self) -> None:
        """Break all connections and wait for all threads."""
        self._server.shutdown()
        if self._thread is not None:
            self._thread.join()
        self._server.break_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def http_answer(status: str, *headers: str) -> bytes:
    """Return an answer without a body: ``403 Forbidden``, for example."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "", ""]).encode()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False

    def __init__(self, proxy: ProxyServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def remember(self, connection: socket.socket) -> None:
        """Break ``connection`` at the end."""
        with self._lock:
            self._open.add(connection)

    def break_connections(self) -> None:
        """Wake up the threads that wait for anything."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        """Read one request, and refuse it or connect it to where it wants to go."""
        self.server.remember(self.request)
        with suppress(OSError):
            head, rest = _read_head(self.request)
            request = _parse(head)
            if refusal := self.server.proxy.refusal(request):
                self.request.sendall(refusal)
                return
            is_tunnel = request.method == "CONNECT"
            port = int(request.target.rpartition(":")[2]) if is_tunnel else _port(request.target)
            with socket.create_connection(("127.0.0.1", port), _DEADLINE) as there:
                self.server.remember(there)
                if is_tunnel:
                    self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    rest = _as_for_the_server(head) + rest
                there.sendall(rest)
                _relay(self.request, there)


def _read_head(connection: socket.socket) -> tuple[str, bytes]:
    """Return the request's head, and what came with it."""
    received = b""
    connection.settimeout(_DEADLINE)
    while (end := received.find(b"\r\n\r\n")) < 0:
        piece = connection.recv(_LARGEST_REQUEST)
        if not piece or len(received) > _LARGEST_REQUEST:
            raise ConnectionError("the request doesn't end")
        received += piece
    return received[:end].decode("latin-1"), received[end + 4 :]


def _parse(head: str) -> ProxyRequest:
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    named = (line.partition(":") for line in lines)
    return ProxyRequest(method, target, {name.lower(): value.strip() for name, _, value in named})


def _port(url: str) -> int:
    return urlsplit(url).port or 80


def _as_for_the_server(head: str) -> bytes:
    """Return the head with a path in place of the URL, for a connection of one request."""
    first, *lines = head.split("\r\n")
    method, url, version = first.split(" ", 2)
    kept = [line for line in lines if not line.lower().startswith(("proxy-", "connection:"))]
    path = url.removeprefix(f"http://{urlsplit(url).netloc}")
    return "\r\n".join([f"{method} {path} {version}", *kept, "Connection: close", "", ""]).encode()


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass on what either says until one of them ends."""
    opposite = {one: other, other: one}
    while True:
        readable, _, _ = select.select([one, other], [], [])
        for here in readable:
            piece = here.recv(_LARGEST_REQUEST)
            if not piece:
                return
            opposite[here].sendall(piece)


class Tinyproxy:
    """A tinyproxy of Debian's, as an office has one; ``upstream`` is the proxy that it asks itself.

    It lets CONNECT through to the ``ports``. Its log and its configuration go to ``directory``.
    """

    def __init__(self, directory: Path, upstream: ProxyServer, ports: list[int]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._log = directory / "tinyproxy.log"
        self._config = directory / "tinyproxy.conf"
        lines = [
            f"Port {self.port}",
            "Listen 127.0.0.1",
            "Timeout 60",
            "LogLevel Connect",
            f'LogFile "{self._log}"',
            f"Upstream http 127.0.0.1:{upstream.port}",
            *(f"ConnectPort {port}" for port in ports),
        ]
        self._config.write_text("\n".join([*lines, ""]), encoding="utf-8")
        self._running = ExitStack()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def __enter__(self) -> Self:
        process = self._running.enter_context(
            subprocess.Popen(
                [require_tinyproxy(), "-d", "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        self._running.callback(process.kill)
        wait_until(self._listens, "tinyproxy to listen")
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._running.close()

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), _DEADLINE):
            return True
        return False


def require_tinyproxy() -> str:
    """Return tinyproxy's path; without it skip the running test or, in CI, fail it."""
    path = shutil.which("tinyproxy")
    if path is not None:
        return path
    if os.environ.get("CI"):
        pytest.fail("tinyproxy not found, and CI may not skip this test", pytrace=False)
    pytest.skip("tinyproxy not found: apt-get install tinyproxy-bin")
