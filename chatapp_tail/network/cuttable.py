"""How long an exchange over a connection may take, and how another thread ends it.

The timeouts of requests are for each silence of the server. A ``CuttableSocket`` limits the whole
exchange: at the end of its time, or when another thread cuts it, its socket is shut down, so that
reads and writes return at once.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class CutError(OSError):
    """The exchange was ended by this program: ``is_overdue`` by its time limit, else by ``cut``."""

    def __init__(self, seconds: float, *, is_overdue: bool) -> None:
        super().__init__(f"no whole answer in {seconds:g} s" if is_overdue else "abandoned")
        self.is_overdue = is_overdue


class CuttableSocket:
    """The connection of one thread. ``cut`` and ``close`` may be called by any other thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_cut = False
        self._is_closed = False
        self._timer: threading.Timer | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Limit the exchange in the block to ``seconds``. Raises ``CutError`` if it was cut.

        Also if the block ended well: a body without a length ends where its connection ends, so a
        cut one looks complete.
        """
        overdue = threading.Event()

        def end() -> None:
            with self._lock:
                if self._timer is timer:
                    overdue.set()
                    self._cut()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        with self._lock:
            self._timer = timer
            self._is_cut = self._is_closed
        timer.start()
        try:
            yield
        except Exception:
            if not self._is_cut:
                raise
        finally:
            with self._lock:
                self._timer = None
            timer.cancel()
        if self._is_cut:
            raise CutError(seconds, is_overdue=overdue.is_set()) from None

    def hold(self, connected: socket.socket) -> None:
        """Take the socket of a new connection in place of the one before."""
        with self._lock:
            self._socket = connected
            if self._is_cut:
                _shut(connected)

    def cut(self) -> None:
        """End the exchange under way; the next one is not affected."""
        with self._lock:
            self._cut()

    def close(self) -> None:
        """End the exchange under way, and all that would follow."""
        self._is_closed = True
        self.cut()

    def _cut(self) -> None:
        self._is_cut = True
        if self._socket is not None:
            _shut(self._socket)


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        # Not SSLSocket.shutdown: it drops the TLS state, which the reading thread still uses.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
