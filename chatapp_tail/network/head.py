"""A request without a body, and the head of its answer: what CONNECT and the upgrade need.

The answer has a deadline and a largest size: a server may send a byte a second, or endless headers.
``open_tunnel`` is the CONNECT of an HTTP proxy (RFC 9110, 9.3.6).
"""

import base64
import re
import socket
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from chatapp_tail.clock import SystemClock
from chatapp_tail.network import bracketed

# What a head may take, in bytes: as much as web servers accept.
MOST_HEAD_BYTES = 64 * 1024
_LONGEST_QUOTE = 100
_STATUS_LINE = re.compile(rb"HTTP/1\.\d (\d{3})\b")
# Some servers send bare line feeds.
_ENDS = (b"\r\n\r\n", b"\n\n")


class Head(NamedTuple):
    """Status and headers. Names are in lower case; of several with one name the last counts."""

    status: int
    headers: Mapping[str, str]


class NoHttpError(OSError):
    """The answer isn't HTTP, or its head doesn't end; ``beginning`` is its first bytes."""

    def __init__(self, words: str, beginning: bytes) -> None:
        super().__init__(words)
        self.beginning = beginning


def ask(connected: socket.socket, lines: Sequence[str], *, timeout: float) -> Head:
    """Send ``lines`` and return the head of the answer; what follows it is not read.

    Raises ``NoHttpError``, ``TimeoutError`` when all that takes more than ``timeout`` seconds, and
    what the socket raises.
    """
    clock = SystemClock()
    ends_at = clock.now() + timeout
    connected.settimeout(timeout)
    connected.sendall("\r\n".join([*lines, "", ""]).encode())
    head = bytearray()
    while not head.endswith(_ENDS):
        if len(head) >= MOST_HEAD_BYTES:
            raise NoHttpError("more than 64 KiB of headers", bytes(head))
        if (left := ends_at - clock.now()) <= 0:
            raise TimeoutError
        connected.settimeout(left)
        # One byte at a time: bytes after the head must stay in the socket.
        received = connected.recv(1)
        head += received
        if received == b"\n" or (head and not received):
            _status(head)  # refuse at once: other protocols may never send a head's end
        if not received:
            raise ConnectionResetError("the other side ended it without a whole answer")
    _, *rest = head.decode("latin-1").strip().split("\n")
    named = (line.partition(":") for line in rest)
    headers = {name.strip().lower(): value.strip() for name, _, value in named}
    return Head(_status(head), headers)


def _status(head: bytearray) -> int:
    line = _STATUS_LINE.match(head)
    if line is None:
        raise NoHttpError(ascii(head[:_LONGEST_QUOTE].decode("latin-1").strip()), bytes(head))
    return int(line[1])


class ProxyRefusedError(OSError):
    """The proxy refused the tunnel with an HTTP ``status``.

    The reason phrase isn't kept: it may quote our credentials.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def open_tunnel(
    proxy: socket.socket, host: str, port: int, *, authorization: str, timeout: float
) -> None:
    """Ask for a tunnel to ``host`` and return when it is open.

    ``authorization`` is a header's value, or empty. Raises ``ProxyRefusedError``, and as ``ask``.
    """
    target = f"{bracketed(host)}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if authorization:
        lines.append(f"Proxy-Authorization: {authorization}")
    status = ask(proxy, lines, timeout=timeout).status
    if not 200 <= status < 300:
        raise ProxyRefusedError(status)


def proxy_authorization(proxy: str) -> str:
    """Return the ``Proxy-Authorization`` for a proxy's URL; an empty string if it names no user."""
    parts = urlsplit(proxy)
    if not parts.username:
        return ""
    # In UTF-8; requests would want Latin-1.
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return f"Basic {base64.b64encode(credentials).decode()}"
