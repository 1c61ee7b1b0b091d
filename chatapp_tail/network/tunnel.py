"""A tunnel through an HTTP proxy: ``CONNECT`` (RFC 9110, 9.3.6)."""

import base64
import socket

from chatapp_tail.network.limited import LimitedSocket

_END = b"\r\n\r\n"


class ProxyError(OSError):
    """The proxy refused the tunnel with an HTTP ``status``; None if it doesn't speak HTTP.

    Its reason is not kept: it may quote our credentials.
    """

    def __init__(self, status: int | None) -> None:
        super().__init__(f"HTTP {status}" if status else "no HTTP proxy")
        self.status = status


def open_tunnel(
    proxy: socket.socket, host: str, port: int, *, credentials: str, timeout: float
) -> None:
    """Ask for a tunnel to ``host`` and return when it is open.

    ``credentials`` are ``user:password``, or empty. Raises ``ProxyError`` and ``OSError``.
    """
    limited = LimitedSocket(proxy, seconds=timeout)
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if credentials:
        lines.append(
            f"Proxy-Authorization: Basic {base64.b64encode(credentials.encode()).decode()}"
        )
    limited.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = bytearray()
    # A byte at a time: what follows the headers is the server's.
    while not answer.endswith(_END):
        received = limited.recv(1)
        if not received:
            raise ProxyError(None) if not answer else ConnectionResetError("no whole answer")
        answer += received
    version, _, rest = bytes(answer).partition(b" ")
    digits = rest[:3]
    if not version.startswith(b"HTTP/1.") or not digits.isdigit():
        raise ProxyError(None)
    if not 200 <= (status := int(digits)) < 300:
        raise ProxyError(status)
