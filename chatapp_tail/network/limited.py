"""A socket for an exchange of which the time and the size are bounded: CONNECT and the upgrade."""

import socket

from chatapp_tail.clock import Clock, SystemClock

# What headers may take, in bytes: as much as web servers accept.
MOST_HEADER_BYTES = 64 * 1024


class TooLongAnswerError(OSError):
    """The answer is longer than is read."""


class LimitedSocket:
    """What websocket-client needs of a socket, within ``seconds`` and ``most_bytes`` read.

    Raises ``TimeoutError`` and ``TooLongAnswerError``, besides what the socket raises.
    """

    def __init__(
        self,
        connected: socket.socket,
        *,
        seconds: float,
        most_bytes: int = MOST_HEADER_BYTES,
        clock: Clock | None = None,
    ) -> None:
        self._socket = connected
        self._clock = clock or SystemClock()
        self._ends_at = self._clock.now() + seconds
        self._room = most_bytes

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._socket.fileno()

    def gettimeout(self) -> float:
        """Return the seconds that are left; at least a moment, because 0 means not to wait."""
        return max(self._ends_at - self._clock.now(), 0.001)

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: the deadline of the exchange counts."""

    def recv(self, size: int) -> bytes:
        """Receive at most ``size`` bytes."""
        if self._room <= 0:
            raise TooLongAnswerError("the answer is too long")
        self._bound()
        received = self._socket.recv(size)
        self._room -= len(received)
        return received

    def send(self, data: bytes) -> int:
        """Send some of ``data``; return how many bytes."""
        self._bound()
        return self._socket.send(data)

    def sendall(self, data: bytes) -> None:
        """Send ``data``."""
        self._bound()
        self._socket.sendall(data)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _bound(self) -> None:
        if self._clock.now() >= self._ends_at:
            raise TimeoutError
        self._socket.settimeout(self.gettimeout())
