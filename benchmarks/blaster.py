"""A Pusher server on loopback that sends as fast as its reader takes it; a process of its own.

``python -m benchmarks.blaster``, one line of JSON each. On stdout: ``{"listening": PORT}`` once,
``{"subscribed": CHANNEL, "at": T}`` for each subscription, and after each order what was sent.
Orders on stdin: ``{"count": N, "rate": R}`` sends N events to the connection that subscribed last,
on its first channel, R a second or (null) without a pause; ``{"auth_delay": S}`` makes each
authorization take S seconds. All instants are ``time.monotonic()``, the same for every process.

It serves ``/broadcasting/auth`` on the same port, and signs everything for everybody: what counts
here is what the programs do with their events.
"""

import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count

from benchmarks import wire
from chatapp_tail.clock import SystemClock

CLOCK = SystemClock()
_SIGNATURE = {"auth": f"ChatsAppApiProdKey:{'0' * 64}"}
_CLOSE = 0x8
_TEXT = 0x1
_CHUNK = 65_536
# What may wait in the kernel: a reader that is slow for a moment doesn't stop the sender.
_SEND_BUFFER = 4 << 20


class Blaster:
    """Accepts connections, a thread for each, and carries out orders in the thread that calls."""

    def __init__(self, report: Callable[[Mapping[str, object]], None]) -> None:
        self.auth_delay = 0.0
        self._report = report
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._numbers = count(1)
        self._latest: _Connection | None = None
        self._blocks: dict[str, wire.Blocks] = {}

    def start(self) -> None:
        """Begin to accept."""
        self._report({"listening": self._listener.getsockname()[1]})
        threading.Thread(target=self._accept, daemon=True).start()

    def obey(self, order: Mapping[str, object]) -> None:
        """Carry out one order, and report it if something was sent."""
        match order:
            case {"auth_delay": float(seconds)}:
                self.auth_delay = seconds
            case {"count": int(number), "rate": rate}:
                self._send(number, float(str(rate)) if rate else None)
            case _:
                raise ValueError(f"no such order: {order}")

    def subscribed(self, connection: "_Connection", channel: str) -> None:
        """Note a connection that is ready; its events' bytes are made before it is reported."""
        if not connection.channel:
            connection.channel = channel
            self._latest = connection
            self._blocks.setdefault(channel, wire.Blocks(channel))
        self._report({"subscribed": channel, "at": CLOCK.now()})

    def _accept(self) -> None:
        while True:
            accepted, _ = self._listener.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            connection = _Connection(self, accepted, next(self._numbers))
            threading.Thread(target=connection.run, daemon=True).start()

    def _send(self, number: int, rate: float | None) -> None:
        connection = self._latest
        if connection is None:
            raise ValueError("nobody has subscribed")
        blocks = self._blocks[connection.channel]
        began_at = CLOCK.now()
        times: list[float] = []
        with suppress(OSError):  # the reader has enough and is gone, perhaps already closed here
            if rate is None:
                _send_at_once(connection, blocks, number)
            else:
                _send_paced(connection, blocks, number, rate, times)
        self._report(
            {"sent": number, "began_at": began_at, "ended_at": CLOCK.now(), "times": times}
        )


def _send_at_once(connection: "_Connection", blocks: wire.Blocks, number: int) -> None:
    whole, rest = divmod(number, wire.BLOCK)
    for block in range(whole):
        connection.send(blocks.block(block))
    connection.send(blocks.block(whole)[: rest * blocks.event_size])


def _send_paced(
    connection: "_Connection", blocks: wire.Blocks, number: int, rate: float, times: list[float]
) -> None:
    """Send by a timetable; ``times`` gets the moment before each event was given to the kernel."""
    started_at = CLOCK.now()
    for index in range(number):
        event = blocks.event(index)
        threading.Event().wait(max(0.0, started_at + index / rate - CLOCK.now()))
        times.append(CLOCK.now())
        connection.send(event)


class _Connection:
    """One connection: HTTP requests, and from an upgrade on the Pusher protocol."""

    def __init__(self, blaster: Blaster, connection: socket.socket, number: int) -> None:
        self.channel = ""
        self._blaster = blaster
        self._connection = connection
        self._number = number
        self._received = bytearray()
        # The order's thread and the one that answers pings share the socket.
        self._sending = threading.Lock()

    def run(self) -> None:
        """Serve until the client leaves."""
        with suppress(OSError), self._connection:
            while not self._answer_request():
                pass
            welcome = {"socket_id": f"1.{self._number}", "activity_timeout": 30}
            data = json.dumps(welcome)
            self._say({"event": "pusher:connection_established", "data": data})
            while (text := self._read_text()) is not None:
                self._receive(json.loads(text))

    def send(self, data: bytes) -> None:
        """Send whole frames. Raises ``ConnectionError`` when the client has left."""
        with self._sending:
            self._connection.sendall(data)

    def _answer_request(self) -> bool:
        """Answer one HTTP request; return whether this is a websocket from now on."""
        lines = self._read_head().decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:])
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if (key := headers.get("sec-websocket-key")) is not None:
            self.send(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade"
                b"\r\nSec-WebSocket-Accept: %b\r\n\r\n" % wire.accept_key(key).encode()
            )
            return True
        self._take(int(headers.get("content-length", "0")))
        if self._blaster.auth_delay:
            threading.Event().wait(self._blaster.auth_delay)
        body = json.dumps(_SIGNATURE).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.send(head % len(body) + body)
        return False

    def _receive(self, envelope: Mapping[str, object]) -> None:
        match envelope:
            case {"event": "pusher:ping"}:
                self._say({"event": "pusher:pong", "data": "{}"})
            case {"event": "pusher:subscribe", "data": {"channel": str(channel)}}:
                event = "pusher_internal:subscription_succeeded"
                self._say({"event": event, "channel": channel, "data": "{}"})
                self._blaster.subscribed(self, channel)
            case _:  # nothing else has to do with the measurements
                pass

    def _say(self, envelope: Mapping[str, object]) -> None:
        self.send(wire.encode_text(json.dumps(envelope).encode()))

    def _read_text(self) -> bytes | None:
        """Return the next text message, None when the client closes; the rest is passed over."""
        while True:
            first, second = self._take(2)
            length = second & 0x7F
            if length >= 126:
                length = int.from_bytes(self._take(2 if length == 126 else 8))
            mask = self._take(4)
            payload = bytes(b ^ mask[i % 4] for i, b in enumerate(self._take(length)))
            if first & 0xF == _TEXT:
                return payload
            if first & 0xF == _CLOSE:
                return None

    def _read_head(self) -> bytes:
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._fill()
        return self._take(end + 4)

    def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            self._fill()
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _fill(self) -> None:
        chunk = self._connection.recv(_CHUNK)
        if not chunk:
            raise ConnectionResetError("the client left")
        self._received += chunk


def main() -> None:
    """Serve until stdin ends."""
    writing = threading.Lock()

    def report(news: Mapping[str, object]) -> None:
        with writing:
            sys.stdout.write(json.dumps(news) + "\n")
            sys.stdout.flush()

    blaster = Blaster(report)
    blaster.start()
    for line in sys.stdin:
        blaster.obey(json.loads(line))


if __name__ == "__main__":
    main()
