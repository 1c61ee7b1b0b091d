"""An open websocket to a server on loopback, and what comes over it."""

import select
import ssl

from chatapp_tail.pusher.interfaces import Closed, Received, Signal
from chatapp_tail.pusher.transport import WebSocketTransport, open_websocket

ALIVE, PIECE = Signal.ALIVE, Signal.PIECE
# How long anything on loopback may take before the test has failed, in seconds.
DEADLINE = 5.0
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def connect(
    url: str, *, context: ssl.SSLContext | None = None, timeout: float = DEADLINE
) -> WebSocketTransport:
    """Return an open transport. Without a ``context`` no certificate is trusted."""
    return open_websocket(url, "AppKey", timeout=timeout, context=context or TRUSTS_NOBODY)


def wait_for(transport: WebSocketTransport) -> None:
    """Wait until something came, or what waits can be sent."""
    writing = [transport] if transport.has_unsent else []
    readable, writable, _ = select.select([transport], writing, [], DEADLINE)
    assert readable or writable, "nothing came"


def receive_some(transport: WebSocketTransport) -> list[Received]:
    """Return the next things that come together, which are whole."""
    while (received := receive_next(transport)) == [PIECE]:
        pass
    return received


def receive_next(transport: WebSocketTransport) -> list[Received]:
    """Return what comes next."""
    while not (received := transport.receive()):
        wait_for(transport)
    return received


def receive(transport: WebSocketTransport) -> Received:
    """Return the next thing, which comes alone."""
    (received,) = receive_some(transport)
    return received


def receive_all(transport: WebSocketTransport) -> list[Received]:
    """Return everything up to the end of the connection, which is the last."""
    everything = receive_some(transport)
    while not isinstance(everything[-1], Closed):
        everything += receive_some(transport)
    return everything
