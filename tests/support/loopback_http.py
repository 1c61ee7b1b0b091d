"""A small HTTP server on loopback which answers by a function, plain or over TLS."""

import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.support.certificates import Certificates


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer, after ``delay`` seconds. Status 0 hangs up without a word."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes = ""
    delay: float = 0.0


class LoopbackHTTP:
    """Serves on 127.0.0.1 in threads from ``start`` to ``stop``; connections are kept alive."""

    def __init__(
        self, answer: Callable[[Request], Answer], certificates: Certificates | None = None
    ) -> None:
        self._answer = answer
        self._certificates = certificates
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, or ``https://localhost:PORT`` with TLS."""
        if self._server is None:
            raise RuntimeError("the server isn't running")
        port = self._server.server_address[1]
        return f"https://localhost:{port}" if self._certificates else f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Listen on a fresh port."""
        self._server = _Server(self._answer, self._certificates)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def stop(self) -> None:
        """Break all connections and wait for all threads."""
        if self._server is None or self._thread is None:
            return
        self._server.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.break_connections()
        self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(
        self, answer: Callable[[Request], Answer], certificates: Certificates | None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.cert, certificates.key)
            # The handshake belongs in the connection's thread, not in the accepting one.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def server_bind(self) -> None:
        """Bind without the base class's DNS query for our own name."""
        socketserver.TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection, and remember it."""
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection, and forget it."""
        with self._lock:
            self._open.discard(request)
            super().close_request(request)

    def break_connections(self) -> None:
        """Wake up the threads that wait for a client's next request."""
        with self._lock:
            for connection in self._open:
                # Not SSLSocket's own shutdown: its state belongs to the thread that reads.
                try:
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Let a client vanish or distrust us in silence; show every other error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60.0
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """Answer one request of any method."""
        length = int(self.headers.get("content-length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        answer = self.server.answer(request)
        if self.server.stopping.wait(answer.delay) or answer.status == 0:
            self.close_connection = True
        else:
            self._send(answer)

    do_GET = do_POST  # noqa: N815  # the name that http.server calls

    def log_message(self, *_: object) -> None:
        """Say nothing: requests are asserted, not read."""

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
