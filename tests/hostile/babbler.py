"""A server that answers at once, with any bytes."""

import base64
import hashlib
import socket
import threading
from contextlib import suppress

# Seconds; every answer here comes at once.
PATIENCE = 2.0
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Babbler:
    """A web server that answers each request with ``answer``, whatever that is, and hangs up.

    ``ACCEPT`` in it becomes what a websocket server owes the request.
    """

    def __init__(self) -> None:
        self.answer = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """End the thread."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(PATIENCE)
                request = self._read_request(connection)
                connection.sendall(self.answer.replace(b"ACCEPT", _accept_key(request)))

    def _read_request(self, connection: socket.socket) -> bytes:
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._some(connection)
        length = int(_header(received, b"content-length") or b"0")
        while len(received) < end + 4 + length:
            received += self._some(connection)
        return received

    def _some(self, connection: socket.socket) -> bytes:
        received = connection.recv(65_536)
        if not received:
            raise ConnectionError
        return received


def _header(request: bytes, name: bytes) -> bytes:
    lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    named = {line.partition(b":")[0].lower(): line.partition(b":")[2].strip() for line in lines}
    return named.get(name, b"")


def _accept_key(request: bytes) -> bytes:
    key = _header(request, b"sec-websocket-key") + _GUID
    return base64.b64encode(hashlib.sha1(key, usedforsecurity=False).digest())
