import json
import tracemalloc
from collections.abc import Callable, Sequence
from io import StringIO

import pytest

from chatapp_tail.chatapp.record import Record
from chatapp_tail.delivery import Delivery, Listeners
from chatapp_tail.errors import ExitCode
from chatapp_tail.filters import Predicate
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.sink import JsonSink
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.settings import ShowSettings
from chatapp_tail.stopping import Output, Stop
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeWriter, Stderr
from tests.support.records import TELEGRAM, received


class Delivered:
    """A delivery to a writer that has room or not, as the test says."""

    def __init__(
        self,
        *,
        count: int | None = None,
        per_frame: bool = False,
        excluded: tuple[str, ...] = (),
        check: Callable[[], None] = lambda: None,
        redact_key: bytes | None = None,
        is_new: Predicate | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.writer = FakeWriter(per_frame=per_frame)
        self.has_room = True
        self.heard: dict[str, list[list[object]]] = {"received": [], "shown": []}
        self.writer.takes = lambda: self.has_room
        self._stderr = Stderr()
        self.delivery = Delivery(
            self.writer,
            self.writer,
            ShowSettings(excluded_events=excluded, count=count, redact_key=redact_key),
            listeners=Listeners(
                received=(lambda records: self._hear("received", records),),
                shown=(lambda records: self._hear("shown", records),),
            ),
            clock=self.clock,
            reporter=Reporter(Status(self._stderr), self.clock, self.writer.put),
            check=check,
            is_new=is_new,
        )

    def deliver(self, *items: object, event: str = "message") -> None:
        data = json.dumps({"data": items, "meta": None})
        self.deliver_event(PusherEvent(event, TELEGRAM, data))

    def deliver_event(self, event: PusherEvent) -> None:
        self.delivery.deliver(event, self.delivery.arrival())

    def _hear(self, kind: str, records: Sequence[Record]) -> None:
        self.heard[kind].append([record.data for record in records])

    def end(self, *items: object) -> ExitCode:
        with pytest.raises(Stop) as stop:
            self.deliver(*items)
        return stop.value.code

    @property
    def shown(self) -> list[object]:
        return [record.data for record in self.writer.records]

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.delivery.received, self.delivery.shown, self.delivery.dropped

    def rows(self) -> list[tuple[int, int, int]]:
        """Return what the statistics have seen, shown and dropped, by event and channel."""
        summary = self.delivery.statistics.snapshot(self.clock.now())
        return [(row.seen, row.shown, row.dropped) for row in summary.rows]

    @property
    def said(self) -> list[str]:
        return self._stderr.said


def test_items_are_counted_and_not_events() -> None:
    given = Delivered(excluded=("chatRead",))
    given.deliver("a", "b")
    given.deliver("c", event="chatRead")
    given.deliver("d")
    assert given.shown == ["a", "b", "d"]
    assert given.counts == (4, 3, 0)
    assert [record.envelope.seq for record in given.writer.records] == [1, 1, 3]


def test_count_is_reached_in_the_middle_of_an_event() -> None:
    given = Delivered(count=3)
    given.deliver("a", "b")
    assert given.end("c", "d", "e") is ExitCode.OK
    assert given.shown == ["a", "b", "c"]
    assert given.counts == (5, 3, 0)


def test_per_frame_sink_shows_and_counts_an_event_once() -> None:
    given = Delivered(count=2, per_frame=True)
    given.has_room = False
    given.deliver("x", "y")
    given.has_room = True
    given.deliver("a", "b")
    given.end("c", "d")
    assert given.shown == ["a", "c"]
    assert given.counts == (6, 2, 1)


def test_records_and_statistics_have_the_time_of_the_arrival_in_milliseconds() -> None:
    given = Delivered()
    given.clock.advance(1.2345678)
    arrival = given.delivery.arrival()
    given.clock.advance(5)
    given.delivery.deliver(PusherEvent("message", TELEGRAM, '{"data":["a"]}'), arrival)
    (record,) = given.writer.records
    assert record.envelope.received_at.isoformat() == "2026-11-22T12:00:01.234000+00:00"
    assert given.delivery.statistics.event_at == given.clock.now() - 5


def test_records_from_a_file_need_no_event() -> None:
    given = Delivered()
    given.delivery.take(received({"data": ["a", "b"], "meta": None}), given.clock.now())
    assert given.shown == ["a", "b"]
    assert given.counts == (2, 2, 0)


def test_items_without_room_are_dropped_and_those_before_them_are_shown() -> None:
    given = Delivered()
    room = iter([True, True, False, True])
    given.writer.takes = lambda: next(room)
    given.deliver(*range(10))
    assert given.shown == [0, 1]
    assert given.counts == (10, 2, 8)
    assert given.rows() == [(10, 2, 8)]
    assert given.said == ["warning: stdout isn't read, the buffer is full: events are dropped"]
    given.deliver("later")
    assert given.shown[2:] == ["later"]
    assert [notice["dropped"] for notice in given.writer.notices] == [8]


def test_run_that_is_over_ends_between_two_parts_of_a_long_event() -> None:
    def check() -> None:
        raise Stop(ExitCode.NOT_MET)

    given = Delivered(check=check)
    assert given.end(*range(2_500)) is ExitCode.NOT_MET
    assert given.shown == list(range(1_000))
    assert given.counts == (2_500, 1_000, 0)
    assert given.rows() == [(2_500, 1_000, 0)]


def test_short_event_is_never_interrupted() -> None:
    given = Delivered(check=lambda: pytest.fail("asked"))
    given.deliver("a")
    given.deliver("b", "c")
    assert given.shown == ["a", "b", "c"]


def test_dropped_items_do_not_count_as_shown() -> None:
    given = Delivered(count=2)
    given.has_room = False
    given.deliver("a", "b", "c")
    given.has_room = True
    given.deliver("d")
    assert given.end("e") is ExitCode.OK
    assert given.shown == ["d", "e"]
    assert given.counts == (5, 2, 2)  # of the first event two were wanted


def test_dropping_is_said_once_at_its_start_and_summed_at_its_end() -> None:
    given = Delivered()
    given.deliver("shown")
    given.has_room = False
    for seconds in (1, 10, 20):
        given.clock.advance(seconds)
        given.deliver("lost", "lost")
    assert given.said == ["warning: stdout isn't read, the buffer is full: events are dropped"]
    given.has_room = True
    given.clock.advance(2.5)
    given.deliver("shown")
    given.deliver("shown")
    assert given.said[1:] == ["warning: 6 dropped while stdout wasn't read; there is room again"]
    (gap,) = given.writer.notices
    assert [gap[key] for key in ("type", "reason", "dropped", "seconds", "from", "to")] == [
        *("gap", "stdout wasn't read", 6, 32.5),
        *("2026-11-22T12:00:01.000Z", "2026-11-22T12:00:33.500Z"),
    ]


def test_event_that_is_filtered_out_does_not_end_the_dropping() -> None:
    given = Delivered(excluded=("chatRead",))
    given.has_room = False
    given.deliver("lost")
    given.has_room = True
    given.deliver("x", event="chatRead")
    assert len(given.said) == 1


# Events of many items


def test_event_of_many_items_is_handed_over_in_parts() -> None:
    given = Delivered()
    given.deliver(*range(2_500))
    parts = [list(range(1_000)), list(range(1_000, 2_000)), list(range(2_000, 2_500))]
    assert given.heard == {"received": parts, "shown": parts}
    assert given.shown == list(range(2_500))
    assert given.counts == (2_500, 2_500, 0)
    assert [record.index for record in given.writer.records] == list(range(2_500))
    assert {record.envelope.count for record in given.writer.records} == {2_500}


def test_parts_are_small_where_their_items_share_much() -> None:
    given = Delivered()
    data = json.dumps({"data": list(range(100)), "meta": "m" * 200_000})
    given.deliver_event(PusherEvent("message", TELEGRAM, data))
    assert [len(part) for part in given.heard["received"]] == [41, 41, 18]


def test_listeners_receive_all_items_though_the_count_is_reached() -> None:
    given = Delivered(count=1_001)
    assert given.end(*range(2_500)) is ExitCode.OK
    assert [len(part) for part in given.heard["received"]] == [1_000, 1_000, 500]
    assert given.shown == list(range(1_001))
    assert given.counts == (2_500, 1_001, 0)


def test_per_frame_sink_shows_an_event_of_many_items_once() -> None:
    given = Delivered(per_frame=True)
    given.deliver(*range(2_500))
    given.has_room = False
    given.deliver(*range(2_500))
    assert given.counts == (5_000, 1, 1)
    assert given.rows() == [(5_000, 2_500, 2_500)]


def test_known_messages_are_left_out_of_an_event_of_many_items() -> None:
    given = Delivered(redact_key=b"key", is_new=lambda record: record.data not in (1, 1_500))
    given.deliver(*range(2_500))
    assert given.shown == [number for number in range(2_500) if number not in (1, 1_500)]
    assert given.writer.records[1].index == 2


def test_long_event_is_masked_like_short_ones() -> None:
    few, many = Delivered(redact_key=b"key"), Delivered(redact_key=b"key")
    items = [{"text": f"text {number}"} for number in range(1_200)]
    many.deliver(*items)
    for item in items:
        few.deliver(item)
    assert many.shown == few.shown
    assert "text 7" not in json.dumps(many.shown)


@pytest.mark.parametrize("redact_key", [None, b"key"], ids=["plain", "redacted"])
def test_memory_does_not_grow_with_the_number_of_records(redact_key: bytes | None) -> None:
    class Taken:
        puts = 0

        def put(self, _lines: bytes, _records: int, /) -> bool:
            self.puts += 1
            if self.puts == 1:  # what parses JSON takes a constant 16 MB
                tracemalloc.reset_peak()
            return True

        def flush(self) -> None:
            """Do nothing."""

    output: Output = Taken()
    clock = FakeClock()
    delivery = Delivery(
        JsonSink(),
        output,
        ShowSettings(redact_key=redact_key),
        clock=clock,
        reporter=Reporter(Status(StringIO()), clock),
    )
    event = PusherEvent("message", TELEGRAM, json.dumps({"data": [1] * 30_000}))
    tracemalloc.start()
    try:
        delivery.deliver(event, delivery.arrival())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert delivery.shown == 30_000
    assert peak < 2_000_000
