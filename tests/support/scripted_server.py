"""A websocket server on loopback that runs a test's function for each client.

It encodes frames itself (RFC 6455), so that it can break the rules: half frames, reserved codes, no
close frame, an RST. A script is any callable that takes a ``Peer``: a function of a test, or an
object that behaves like one of the real Pusher servers.
"""

import base64
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Self

from tests.support.credentials import Certificates

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LARGEST_REQUEST = 64 * 1024
# The limit for any wait, in seconds; then the test fails.
_DEADLINE = 5.0


class ClientLeftError(Exception):
    """The client is gone, or the test is over. A script that ends with it hasn't failed."""


class NotHTTPError(ClientLeftError):
    """The client speaks another protocol, such as TLS."""


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """A client's HTTP request. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    def accept_key(self) -> str:
        """Return the ``Sec-WebSocket-Accept`` that answers it."""
        key = self.headers.get("sec-websocket-key", "") + _GUID
        return base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()  # noqa: S324


def encode_frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """Return one unmasked frame, as servers send it."""
    return encode_header(opcode, len(payload), fin=fin) + payload


def encode_header(opcode: int, length: int, *, fin: bool = True) -> bytes:
    """Return the header of a frame that claims ``length`` bytes."""
    first = opcode | (0x80 if fin else 0)
    if length < 126:
        return struct.pack("!BB", first, length)
    if length < 1 << 16:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


def http_head(status: str, headers: Mapping[str, object]) -> bytes:
    """Return the head of an answer; ``status`` is a number and its phrase."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


class Peer:
    """The server's end of one connection. All methods belong to the script's thread."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self._connection = connection
        self._stopping = stopping
        self._received = bytearray()

    def fileno(self) -> int:
        return self._connection.fileno()

    @property
    def has_buffered(self) -> bool:
        """Whether something was read from the socket, but not taken yet."""
        return bool(self._received)

    def read_request(self, timeout: float = _DEADLINE) -> UpgradeRequest:
        """Read the client's HTTP request, without answering.

        Raises ``NotHTTPError``.
        """
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            if len(self._received) > _LARGEST_REQUEST:
                raise ValueError("the request doesn't end")
            if self._received and not self._received[:1].isalpha():
                raise NotHTTPError(f"a request may not begin with {self._received[:10]!r}")
            self._fill(timeout)
        first, *lines = self._take(end + 4).decode("latin-1").strip().split("\r\n")
        method, target, _ = first.split(" ", 2)
        named = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in named}
        return UpgradeRequest(method, target, headers)

    def handshake(self, **headers: str) -> UpgradeRequest:
        """Read the request and accept it; underscores in a header's name become hyphens."""
        request = self.read_request()
        answer = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": request.accept_key(),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        self.send_raw(http_head("101 Switching Protocols", answer))
        return request

    def answer_http(self, status: str, body: str = "", **headers: str) -> None:
        """Read the request and answer it as a web server does: ``404 Not Found``, for example."""
        try:
            self.read_request()
        except NotHTTPError:
            self.wait_until_left()  # such a server has no answer for it
            raise
        answer = {
            "Content-Length": str(len(body.encode())),
            "Connection": "close",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        self.send_raw(http_head(status, answer) + body.encode())

    def send_text(self, text: str) -> None:
        self.send_frame(TEXT, text.encode())

    def send_frame(
        self,
        opcode: int,
        payload: bytes,
        *,
        fin: bool = True,
        split_at: Sequence[int] = (),
    ) -> None:
        """Send one frame; ``split_at`` are offsets where its bytes are cut into several sends."""
        frame = encode_frame(opcode, payload, fin=fin)
        for begin, end in pairwise([0, *split_at, len(frame)]):
            self.send_raw(frame[begin:end])

    def send_raw(self, content: bytes) -> None:
        """Send bytes as they are. Raises ``ClientLeftError``."""
        try:
            self._connection.settimeout(_DEADLINE)
            self._connection.sendall(content)
        except TimeoutError:
            raise
        except OSError as exc:
            raise ClientLeftError(str(exc)) from exc

    def read(self, size: int, timeout: float = _DEADLINE) -> bytes:
        """Return the next ``size`` bytes, as they are: the body of an HTTP request, for example."""
        while len(self._received) < size:
            self._fill(timeout)
        return self._take(size)

    def read_some(self) -> bytes:
        """Return the bytes that are there, at least one. Raises ``ClientLeftError`` at the end."""
        if not self._received:
            self._fill(_DEADLINE)
        return self._take(len(self._received))

    def receive(self, timeout: float = _DEADLINE) -> tuple[int, bytes]:
        """Return the next frame's opcode and payload.

        Raises ``TimeoutError`` when none comes, ``ClientLeftError`` when none can come, and
        ``ValueError`` for what a client may not send.
        """
        first, second = self.read(2, timeout)
        if not (first & 0x80 and second & 0x80) or first & 0x70:
            raise ValueError(f"a client's frame may not begin with {first:08b} {second:08b}")
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(self.read(2 if length == 126 else 8, timeout))
        mask = self.read(4, timeout)
        payload = self.read(length, timeout)
        key = (mask * (length // 4 + 1))[:length]
        unmasked = int.from_bytes(payload) ^ int.from_bytes(key)
        return first & 0x0F, unmasked.to_bytes(length)

    def receive_text(self, timeout: float = _DEADLINE) -> str:
        """Return the next frame's text. Raises ``ValueError`` if it isn't a text frame."""
        opcode, payload = self.receive(timeout)
        if opcode == CLOSE:
            raise ClientLeftError("the client said goodbye")
        if opcode != TEXT:
            raise ValueError(f"expected a text, got opcode {opcode}: {payload[:100]!r}")
        return payload.decode()

    def close_frame(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame, empty without a ``code``; the connection stays open."""
        payload = b"" if code is None else code.to_bytes(2) + reason.encode()
        self.send_frame(CLOSE, payload)

    def fin(self) -> None:
        """End our half of the TCP connection, without a close frame or a TLS goodbye."""
        with suppress(OSError):
            # Not SSLSocket's own shutdown, which would drop TLS and leave plain text.
            socket.socket.shutdown(self._connection, socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection with an RST."""
        linger = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._connection.close()

    def goes_on(self, pause: float = 0.0) -> bool:
        """Wait ``pause`` seconds; return False as soon as the server is stopped."""
        return not self._stopping.wait(pause)

    def freeze(self, timeout: float = _DEADLINE) -> None:
        """Neither read nor write, with the connection open, until the test is over."""
        if not self._stopping.wait(timeout):
            raise TimeoutError(f"frozen for {timeout:g} s, and the test isn't over")

    def listen(self, timeout: float = _DEADLINE) -> None:
        """Read, and forget, frames until the client says goodbye or is gone."""
        with suppress(ClientLeftError):
            while self.receive(timeout)[0] != CLOSE:
                pass

    def wait_until_left(self, timeout: float = _DEADLINE) -> None:
        """Read, and forget, until the client is gone."""
        with suppress(ClientLeftError):
            while True:
                self._fill(timeout)
                self._received.clear()

    def _fill(self, timeout: float) -> None:
        try:
            self._connection.settimeout(timeout)
            piece = self._connection.recv(1 << 16)
        except TimeoutError:
            raise
        except OSError as exc:
            raise ClientLeftError(str(exc)) from exc
        if not piece:
            raise ClientLeftError("the client ended the connection")
        self._received += piece

    def _take(self, size: int) -> bytes:
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken


Script = Callable[[Peer], None]


class ScriptedServer:
    """Plays the n-th script to the n-th connection, and the last one to all later ones.

    Leaving the ``with`` block breaks all connections, waits for all scripts, and raises what they
    raised, except ``ClientLeftError``. With a ``context`` it speaks TLS.
    """

    def __init__(self, *scripts: Script, context: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._context = context
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._playing: list[tuple[socket.socket, threading.Thread]] = []
        self._failures: list[Exception] = []

    @property
    def port(self) -> int:
        if self._listener is None:
            raise RuntimeError("the server isn't running")
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """``ws://127.0.0.1:PORT``, or ``wss://localhost:PORT`` with TLS."""
        return f"wss://localhost:{self.port}" if self._context else f"ws://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many clients have connected so far."""
        with self._lock:
            return len(self._playing)

    def start(self, port: int = 0) -> None:
        """Listen on ``port``, by default on a fresh one; may be called again after ``stop``."""
        self._stopping.clear()
        self._listener = socket.create_server(("127.0.0.1", port))
        self._accepting = threading.Thread(target=self._accept, args=[self._listener])
        self._accepting.start()

    def stop(self) -> None:
        """Break all connections, wait for all threads, and raise the scripts' exceptions."""
        if self._listener is None or self._accepting is None:
            return
        self._stopping.set()
        # A connection wakes accept().
        with socket.create_connection(("127.0.0.1", self.port)):
            self._accepting.join()
        self._listener.close()
        self._listener = self._accepting = None
        for connection, thread in self._playing:
            # Not SSLSocket's own shutdown: its state belongs to the script's thread.
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            thread.join(timeout=1.0)
            if thread.is_alive():
                self._failures.append(TimeoutError("a script doesn't end"))
        if self._failures:
            raise ExceptionGroup("the server's scripts failed", self._failures)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        for number in count():
            connection, _ = listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                # The handshake belongs in the script's thread, not in the accepting one.
                try:
                    connection = self._context.wrap_socket(
                        connection, server_side=True, do_handshake_on_connect=False
                    )
                except OSError:  # the client is gone already
                    connection.close()
                    continue
            script = self._scripts[min(number, len(self._scripts) - 1)]
            thread = threading.Thread(target=self._play, args=[script, connection])
            with self._lock:
                self._playing.append((connection, thread))
            thread.start()

    def _play(self, script: Script, connection: socket.socket) -> None:
        try:
            with connection:
                if isinstance(connection, ssl.SSLSocket):
                    connection.settimeout(_DEADLINE)
                    try:
                        connection.do_handshake()
                    except OSError:  # the client doesn't trust us, or doesn't speak TLS
                        return
                script(Peer(connection, self._stopping))
        except ClientLeftError:
            pass
        except Exception as exc:  # noqa: BLE001 (reported by ``stop``)
            self._failures.append(exc)


def server_context(certificates: Certificates) -> ssl.SSLContext:
    """Return a TLS context that shows the certificate for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    return context
