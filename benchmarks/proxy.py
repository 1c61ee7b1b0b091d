"""A TCP proxy on loopback that breaks its connections in the ways that networks and servers do."""

import queue
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Self

from benchmarks.frames import WholeFrames, close_frame
from chatapp_tail.clock import SystemClock

_LOOPBACK = "127.0.0.1"
_CHUNK = 65_536
_TICK = 0.1
_DRIP_INTERVAL = 1.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards ``port`` to ``target_port``, in a thread, from ``start`` to ``stop``.

    A break hits the connections that are open; new ones are forwarded as before. A broken
    connection carries nothing any more, but it is watched until the client closes it, too. All
    instants are those of ``SystemClock.now``.
    """

    def __init__(
        self, target_port: int, *, idle: float | None = None, is_websocket: bool = True
    ) -> None:
        """``idle`` seconds without a byte in either direction end a connection."""
        self._target_port = target_port
        self._idle = idle
        self._is_websocket = is_websocket
        self._drip: bytes | None = None
        self._clock = SystemClock()
        self._selector = selectors.DefaultSelector()
        self._connections: set[_Connection] = set()
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._woken, self._waker = socket.socketpair()
        self._listener = _bound_socket(0)
        self._listening_from: float | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="proxy")
        self.port = int(self._listener.getsockname()[1])
        self.broken_at: float | None = None
        """When the break happened."""
        self.noticed_at: float | None = None
        """When the client first closed a broken connection, or opened a new one."""
        self.sent_at: float | None = None
        """When the client last sent something that was forwarded."""
        self.deaths = 0
        """How many connections ended because they were idle."""

    def freeze(self) -> None:
        """Go silent: the connections stay open, what is sent on them vanishes."""
        self._do(self._freeze)

    def fin(self) -> None:
        """End the connections without a close frame."""
        self._do(self._fin)

    def reset(self) -> None:
        """Break the connections off with RST."""
        self._do(self._reset)

    def close(self, code: int) -> None:
        """Close the connections as a websocket server does, with ``code``."""
        self._do(partial(self._fin, close_frame(code)))

    def outage(self, seconds: float) -> None:
        """End the connections, and refuse new ones for ``seconds``."""
        self._do(partial(self._outage, seconds))

    def drip(self, head: bytes) -> None:
        """End the connections, and answer the next one ``head`` and then a byte a second."""
        self._do(partial(self._drip_next, head))

    def mark(self) -> None:
        """Note that the client was broken by something else than its connection."""
        self.broken_at = self._clock.now()

    def start(self) -> None:
        """Listen on ``port``."""
        self._listen()
        self._selector.register(self._woken, selectors.EVENT_READ, self._take_commands)
        self._thread.start()

    def stop(self) -> None:
        """Close everything and wait for the thread. Raises ``RuntimeError`` if that broke down."""
        if not self._thread.is_alive():
            raise RuntimeError("the proxy broke down, and with it what was measured")
        self._do(self._end)
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _do(self, command: Callable[[], None]) -> None:
        self._commands.put(command)
        self._waker.send(b"\0")

    # From here on everything runs in the thread.

    def _run(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select(self._patience()):
                if self._selector.get_map().get(key.fd) is key:  # no callback has closed it
                    key.data()
            if self._seconds_to_listening() == 0:
                self._listen()
            self._tick()
        for connection in list(self._connections):
            self._drop(connection)
        for opened in (self._listener, self._woken, self._waker, self._selector):
            opened.close()

    def _seconds_to_listening(self) -> float | None:
        if self._listening_from is None:
            return None
        return max(0.0, self._listening_from - self._clock.now())

    def _patience(self) -> float | None:
        ticks = self._idle is not None or any(each.drips_at for each in self._connections)
        waits = (self._seconds_to_listening(), _TICK if ticks else None)
        return min((wait for wait in waits if wait is not None), default=None)

    def _tick(self) -> None:
        now = self._clock.now()
        for connection in list(self._connections):
            if connection.drips_at and connection.drips_at <= now:
                connection.drips_at = now + _DRIP_INTERVAL
                self._send(connection, connection.client, b" ")
            elif self._idle is not None and connection.used_at + self._idle <= now:
                self.deaths += 1
                self.broken_at = self.broken_at or now
                self._drop(connection)

    def _take_commands(self) -> None:
        self._woken.recv(_CHUNK)
        while not self._commands.empty():
            self._commands.get()()

    def _listen(self) -> None:
        self._listening_from = None
        self._listener.listen()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        self._notice()
        try:
            server = socket.create_connection((_LOOPBACK, self._target_port), timeout=5)
        except OSError:
            client.close()
            return
        connection = _Connection(client, server, self._clock.now())
        self._connections.add(connection)
        connection.drip, self._drip = self._drip, None
        for end, forward in ((client, self._from_client), (server, self._from_server)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(end, selectors.EVENT_READ, partial(forward, connection))

    def _from_client(self, connection: "_Connection") -> None:
        received = _receive(connection.client)
        if not received:
            if connection.is_broken:
                self._notice()
            self._drop(connection)
        elif connection.drip is not None:
            if not connection.drips_at:
                connection.drips_at = self._clock.now() + _DRIP_INTERVAL
                self._send(connection, connection.client, connection.drip)
        elif not connection.is_broken:
            self.sent_at = connection.used_at = self._clock.now()
            self._send(connection, connection.server, received)

    def _from_server(self, connection: "_Connection") -> None:
        received = _receive(connection.server)
        if connection.is_broken:
            if not received:
                self._forget(connection.server)
        elif received:
            connection.used_at = self._clock.now()
            whole = connection.frames.feed(received) if self._is_websocket else received
            self._send(connection, connection.client, whole)
        else:
            self._drop(connection)

    def _send(self, connection: "_Connection", end: socket.socket, data: bytes) -> None:
        try:
            end.sendall(data)
        except OSError:
            self._drop(connection)

    def _notice(self) -> None:
        if self.broken_at is not None and self.noticed_at is None:
            self.noticed_at = self._clock.now()

    def _freeze(self) -> None:
        self.broken_at = self._clock.now()
        for connection in self._connections:
            connection.is_broken = True

    def _fin(self, last_words: bytes = b"") -> None:
        self._freeze()
        for connection in self._connections:
            self._forget(connection.server)
            with suppress(OSError):
                connection.client.sendall(last_words)
                connection.client.shutdown(socket.SHUT_WR)

    def _reset(self) -> None:
        self._freeze()
        for connection in list(self._connections):
            connection.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._drop(connection)

    def _outage(self, seconds: float) -> None:
        self._forget(self._listener)
        # Bound without listening: connecting is refused, and nobody else can take the port.
        self._listener = _bound_socket(self.port)
        self._listening_from = self._clock.now() + seconds
        self._fin()

    def _drip_next(self, head: bytes) -> None:
        self._drip = head
        self._fin()

    def _end(self) -> None:
        self._stopping = True

    def _drop(self, connection: "_Connection") -> None:
        self._forget(connection.client)
        self._forget(connection.server)
        self._connections.discard(connection)

    def _forget(self, opened: socket.socket) -> None:
        if opened.fileno() >= 0 and opened in self._selector.get_map():
            self._selector.unregister(opened)
        opened.close()


class _Connection:
    """A client's socket and the one to the server behind it."""

    def __init__(self, client: socket.socket, server: socket.socket, now: float) -> None:
        self.client = client
        self.server = server
        self.frames = WholeFrames()
        self.is_broken = False
        self.used_at = now
        self.drip: bytes | None = None
        self.drips_at = 0.0


def _bound_socket(port: int) -> socket.socket:
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((_LOOPBACK, port))
    return opened


def _receive(end: socket.socket) -> bytes:
    """Return what is there; nothing at the end, however that came."""
    try:
        return end.recv(_CHUNK)
    except OSError:
        return b""
