"""The connection to the target, in the hands of the thread that may have to end it."""

import socket
from contextlib import suppress


class Line:
    """Holds the socket in use. ``cut`` may be called by another thread than ``hold``."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._is_cut = False

    def hold(self, connected: socket.socket) -> None:
        """Take the socket of a new connection; the one before it is closed already."""
        # First the socket, in ``cut`` first the flag: one of the two sees what the other did.
        self._socket = connected
        if self._is_cut:
            _shut(connected)

    def cut(self) -> None:
        """End what is under way, and each connection that is still to come."""
        self._is_cut = True
        if self._socket is not None:
            _shut(self._socket)


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        # Not SSLSocket's own shutdown: its state belongs to the thread that reads.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
