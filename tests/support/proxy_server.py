"""HTTP proxies on loopback: one of our own, and tinyproxy, in front of servers with other names.

Clients use no proxy for loopback, so servers behind one need a name that only the proxy
resolves. Ours resolves every name to this machine.
"""

import base64
import select
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.programs import require
from tests.support.scripted_server import ClientLeftError, Peer, ScriptedServer, UpgradeRequest
from tests.support.waiting import wait_until

_DEADLINE = 5.0


class ProxyServer(ScriptedServer):
    """A proxy for CONNECT and plain HTTP, for which all hosts are 127.0.0.1.

    With ``credentials`` (``user:password``) it requires them; with ``answer`` every client gets
    that instead of a connection.
    """

    def __init__(self, *, credentials: str = "", answer: bytes = b"") -> None:
        super().__init__(self._serve)
        self._credentials = f"Basic {base64.b64encode(credentials.encode()).decode()}"
        self._is_open = not credentials
        self._answer = answer
        self.requests: list[UpgradeRequest] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[tuple[str, str]]:
        """Method and target of each request so far."""
        return [(request.method, request.target) for request in self.requests]

    def _serve(self, peer: Peer) -> None:
        request = peer.read_request()
        self.requests.append(request)
        if not self._is_open and request.headers.get("proxy-authorization") != self._credentials:
            asking = 'Proxy-Authenticate: Basic r="p"'
            peer.send_raw(http_answer("407 Proxy Authentication Required", asking))
        elif self._answer:
            peer.send_raw(self._answer)
        else:
            _connect(peer, request)


def http_answer(status: str, *headers: str) -> bytes:
    """Return an answer without a body: ``403 Forbidden``, for example."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "", ""]).encode()


def _connect(peer: Peer, request: UpgradeRequest) -> None:
    """Open the connection that the client asks for, and relay until one side ends."""
    is_tunnel = request.method == "CONNECT"
    url = urlsplit(f"//{request.target}" if is_tunnel else request.target)
    with (
        suppress(OSError, ClientLeftError),
        socket.create_connection(("127.0.0.1", url.port or 80), _DEADLINE) as server,
    ):
        if is_tunnel:
            peer.send_raw(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            server.sendall(_forwarded(request))
        while True:
            sides: list[Peer | socket.socket] = [peer, server]
            readable = [peer] if peer.has_buffered else select.select(sides, [], [])[0]
            if peer in readable:
                server.sendall(peer.read_some())
            if server in readable:
                piece = server.recv(1 << 16)
                if not piece:
                    return
                peer.send_raw(piece)


def _forwarded(request: UpgradeRequest) -> bytes:
    """Return the head with a path in place of the URL, for a connection of one request."""
    path = request.target.removeprefix(f"http://{urlsplit(request.target).netloc}")
    kept = [
        f"{name}: {value}"
        for name, value in request.headers.items()
        if not name.startswith("proxy-") and name != "connection"
    ]
    lines = [f"{request.method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


@contextmanager
def running_tinyproxy(
    directory: Path, upstream: ProxyServer, ports: list[int]
) -> Iterator[tuple[str, Path]]:
    """Yield the URL of Debian's tinyproxy, and its log, which is in ``directory``.

    It has ``upstream`` as its own proxy, and allows CONNECT to the ``ports``.
    """
    require("tinyproxy")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    log, config = directory / "tinyproxy.log", directory / "tinyproxy.conf"
    lines = [
        *(f"Port {port}", "Listen 127.0.0.1", "Timeout 60", "LogLevel Connect"),
        *(f'LogFile "{log}"', f"Upstream http 127.0.0.1:{upstream.port}"),
        *(f"ConnectPort {one}" for one in ports),
    ]
    config.write_text("\n".join([*lines, ""]), encoding="utf-8")

    def listens() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), _DEADLINE):
            return True
        return False

    with (
        (directory / "tinyproxy.out").open("wb") as out,
        subprocess.Popen(
            ["tinyproxy", "-d", "-c", config],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            wait_until(listens, "tinyproxy to listen")
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.kill()
