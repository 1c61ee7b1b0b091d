"""The speed of the blaster itself, which must not be the bottleneck: its reader discards all."""

import socket
import sys

import orjson

from benchmarks.bench import Bench, run
from benchmarks.child import CLOCK
from benchmarks.figures import Goal, Row
from benchmarks.wire import Blocks

_CHANNEL = "private-v1.licenses.1229.messengers.telegram"
_MASKED = 0x80
# How fast the blaster has to be, in events a second.
LEAST_RATE = 200_000


def measure(bench: Bench) -> list[Row]:
    """Return events a second of a loop around ``recv_into``."""
    count = bench.scale.events
    with socket.create_connection(("127.0.0.1", bench.blaster.port)) as connection:
        connection.sendall(b"GET /app/key HTTP/1.1\r\nSec-WebSocket-Key: bm9uZQ==\r\n\r\n")
        subscription = {"event": "pusher:subscribe", "data": {"channel": _CHANNEL}}
        payload = orjson.dumps(subscription)
        connection.sendall(bytes([0x81, _MASKED | len(payload)]) + bytes(4) + payload)
        bench.blaster.next_subscription()
        bench.blaster.send(count)
        missing = count * Blocks(_CHANNEL).event_size
        buffer = bytearray(1 << 18)
        while missing > 0:
            missing -= connection.recv_into(buffer)
        ended_at = CLOCK.now()
    rate = count / (ended_at - bench.blaster.sent().began_at)
    return [Row("the blaster itself, events/s", {"reader": rate}, [Goal(rate, LEAST_RATE)])]


if __name__ == "__main__":
    sys.exit(run([measure], __doc__))
