"""A tunnel through an HTTP proxy: ``CONNECT`` (RFC 9110, 9.3.6)."""

import base64
import socket

from chatapp_tail.network.head import ask


class ProxyRefusedError(OSError):
    """The proxy refused the tunnel with an HTTP ``status``.

    Its reason is not kept: it may quote our credentials.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def open_tunnel(
    proxy: socket.socket, host: str, port: int, *, credentials: str, timeout: float
) -> None:
    """Ask for a tunnel to ``host`` and return when it is open.

    ``credentials`` are ``user:password``, or empty. Raises ``ProxyRefusedError``, and as ``ask``.
    """
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if credentials:
        basic = base64.b64encode(credentials.encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {basic}")
    status = ask(proxy, lines, timeout=timeout).status
    if not 200 <= status < 300:
        raise ProxyRefusedError(status)
