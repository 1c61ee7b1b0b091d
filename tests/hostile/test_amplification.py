"""One event that is small on the wire and would be gigabytes on stdout."""

import json
from contextlib import ExitStack
from io import StringIO

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.delivery import Delivery
from chatapp_tail.errors import ExitCode
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.backlog import Backlog
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.row import PlainSink, RowMaker
from chatapp_tail.output.sink import JsonSink, Sink
from chatapp_tail.output.status import Status
from chatapp_tail.output.writer import Writer
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.settings import ShowSettings
from chatapp_tail.stopping import Output, Stop
from tests.output.given import table
from tests.support.pipes import opened_pipe
from tests.support.records import STARTED_AT, TELEGRAM

# Each item is written together with the shared ``meta``: 30 GB of JSON Lines.
ITEMS, SHARED = 300_000, 100_000
MONSTER = PusherEvent("message", TELEGRAM, json.dumps({"data": [0] * ITEMS, "meta": "m" * SHARED}))
# The time limit for the first parts, in seconds; the whole event would take minutes.
_SLOW = 10.0
_CLOCK = SystemClock()


class CountingOutput:
    """An output that has room for everything, and counts it."""

    def __init__(self) -> None:
        self.bytes = 0

    def put(self, lines: bytes, records: int, /) -> bool:
        days = lines.count("── ".encode())  # lines of a table, no rows
        assert lines.count(b"\n") - days == records
        self.bytes += len(lines)
        return True

    def flush(self) -> None:
        """Do nothing."""


def delivered_to(output: Output, sink: Sink, stderr: StringIO, parts: float) -> Delivery:
    """Return a delivery whose run ends after so many ``parts`` of an event."""
    left = parts

    def check() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise Stop(ExitCode.SIGINT)

    return Delivery(
        sink,
        output,
        ShowSettings(),
        clock=_CLOCK,
        reporter=Reporter(Status(stderr), _CLOCK),
        check=check,
    )


@pytest.mark.parametrize(
    "sink",
    [JsonSink(), PlainSink(RowMaker(TimeFormat.LOCAL, STARTED_AT, cut=False)), table(80)],
    ids=lambda sink: type(sink).__name__,
)
def test_run_that_is_over_does_not_wait_for_the_end_of_an_event(sink: Sink) -> None:
    taken, began = CountingOutput(), _CLOCK.now()
    delivery = delivered_to(taken, sink, StringIO(), parts=3)
    with pytest.raises(Stop) as stop:
        delivery.deliver(MONSTER, delivery.arrival())
    assert stop.value.code is ExitCode.SIGINT
    assert taken.bytes < 3 * 10_000_000
    assert (delivery.received, delivery.dropped) == (ITEMS, 0)
    assert 3 <= delivery.shown < ITEMS // 10
    assert _CLOCK.now() - began < _SLOW


def test_event_fills_the_buffer_and_no_more_and_the_rest_of_it_is_dropped() -> None:
    stderr, began = StringIO(), _CLOCK.now()
    with ExitStack() as closing:
        reader, pipe = opened_pipe(closing)
        backlog = Backlog(memory_bytes=1_000_000, file_bytes=5_000_000)
        writer = Writer(pipe, backlog, wake=lambda: None)
        delivery = delivered_to(writer, JsonSink(), stderr, parts=float("inf"))
        delivery.deliver(MONSTER, delivery.arrival())
        assert _CLOCK.now() - began < _SLOW
        writer.finish()
        left, content = delivery.shown, b""
        while left:
            content += reader.read(1 << 20)
            left = delivery.shown - content.count(b"\n")
    assert 50 < delivery.shown < 80  # 100 KB each: memory, file, and a pipe of 1 MB
    assert delivery.dropped == ITEMS - delivery.shown
    indexes = [json.loads(line)["index"] for line in content.splitlines()]
    assert indexes == list(range(delivery.shown))
    assert stderr.getvalue().count("the buffer is full") == 1
