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
from tests.support.fakes import FakeWriter
from tests.support.records import TELEGRAM, received

_NOBODY = Listeners()


class Delivered:
    """A delivery to a writer that takes what the test says."""

    def __init__(
        self,
        *,
        count: int | None = None,
        per_frame: bool = False,
        line_bytes: int = 0,
        excluded: tuple[str, ...] = (),
        check: Callable[[], None] = lambda: None,
        listeners: Listeners = _NOBODY,
        redact_key: bytes | None = None,
        is_new: Predicate | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.writer = FakeWriter(per_frame=per_frame, line_bytes=line_bytes)
        self.has_room = True
        self.writer.takes = lambda: self.has_room
        self._stream = StringIO()
        self.delivery = Delivery(
            self.writer,
            self.writer,
            ShowSettings(excluded_events=excluded, count=count, redact_key=redact_key),
            listeners=listeners,
            clock=self.clock,
            reporter=Reporter(Status(self._stream), self.clock, self.writer.put),
            check=check,
            is_new=is_new,
        )

    def deliver(self, *items: object, event: str = "message") -> None:
        data = json.dumps({"data": items, "meta": None})
        self.deliver_event(PusherEvent(event, TELEGRAM, data))

    def deliver_event(self, event: PusherEvent) -> None:
        self.delivery.deliver(event, self.delivery.arrival())

    def end(self, *items: object) -> ExitCode:
        with pytest.raises(Stop) as stop:
            self.deliver(*items)
        return stop.value.code

    @property
    def shown(self) -> list[object]:
        return [record.data for record in self.writer.records]

    @property
    def puts(self) -> list[list[object]]:
        return [[record.data for record in records] for records in self.writer.puts]

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.delivery.received, self.delivery.shown, self.delivery.dropped

    def rows(self) -> list[tuple[int, int, int]]:
        """Return what the statistics have seen, shown and dropped, by event and channel."""
        summary = self.delivery.statistics.snapshot(self.clock.now(), gaps=0, gap_seconds=0)
        return [(row.seen, row.shown, row.dropped) for row in summary.rows]

    @property
    def said(self) -> list[str]:
        lines = self._stream.getvalue().splitlines()
        return [line.removeprefix("chatapp-tail: ") for line in lines]


def test_received_and_shown_are_items() -> None:
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


def test_event_is_shown_and_counted_once_where_it_is_the_unit() -> None:
    given = Delivered(count=2, per_frame=True)
    given.deliver("a", "b")
    given.end("c", "d")
    assert given.shown == ["a", "c"]


def test_arrival_is_one_instant_by_both_clocks_in_milliseconds() -> None:
    given = Delivered()
    given.clock.advance(1.2345678)
    arrival = given.delivery.arrival()
    assert arrival.now == given.clock.now()
    assert arrival.at.isoformat() == "2026-11-22T12:00:01.234000+00:00"


def test_record_and_statistics_have_the_time_of_the_arrival() -> None:
    given = Delivered()
    arrival = given.delivery.arrival()
    given.clock.advance(5)
    given.delivery.deliver(PusherEvent("message", TELEGRAM, '{"data":["a"]}'), arrival)
    (record,) = given.writer.records
    assert record.envelope.received_at == arrival.at
    assert given.delivery.statistics.event_at == arrival.now == given.clock.now() - 5


def test_records_from_a_file_need_no_event() -> None:
    given = Delivered()
    given.delivery.take(received({"data": ["a", "b"], "meta": None}), given.clock.now())
    assert given.puts == [["a", "b"]]
    assert given.counts == (2, 2, 0)


def test_long_event_is_handed_over_in_pieces_that_each_are_whole_lines() -> None:
    given = Delivered(line_bytes=30_000)
    given.deliver(*range(7))
    assert given.puts == [[0, 1, 2], [3, 4, 5], [6]]
    assert given.counts == (7, 7, 0)


def test_of_a_long_event_what_got_in_is_shown_and_the_rest_is_dropped() -> None:
    given = Delivered(line_bytes=30_000)
    room = iter([True, True, False, True])
    given.writer.takes = lambda: next(room)
    given.deliver(*range(10))
    assert given.shown == [0, 1, 2, 3, 4, 5]
    assert given.counts == (10, 6, 4)
    assert given.rows() == [(10, 6, 4)]
    assert given.said == ["warning: stdout isn't read, the buffer is full: events are dropped"]
    given.deliver("later")
    assert given.shown[6:] == ["later"]
    assert [notice["dropped"] for notice in given.writer.notices] == [4]


def test_run_that_is_over_ends_within_a_long_event() -> None:
    def check() -> None:
        if len(given.writer.puts) == 2:
            raise Stop(ExitCode.NOT_MET)

    given = Delivered(line_bytes=30_000, check=check)
    assert given.end(*range(1_000)) is ExitCode.NOT_MET
    assert given.shown == [0, 1, 2, 3, 4, 5]
    assert given.counts == (1_000, 6, 0)
    assert given.rows() == [(1_000, 6, 0)]


def test_short_event_is_never_interrupted() -> None:
    given = Delivered(line_bytes=100, check=lambda: pytest.fail("asked"))
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
    assert given.writer.notices == [
        {
            "v": 1,
            "kind": "notice",
            "at": "2026-11-22T12:00:33.500Z",
            "type": "gap",
            "from": "2026-11-22T12:00:01.000Z",
            "to": "2026-11-22T12:00:33.500Z",
            "seconds": 32.5,
            "reason": "stdout wasn't read",
            "dropped": 6,
        }
    ]


def test_filtered_event_tells_nothing_of_room() -> None:
    given = Delivered(excluded=("chatRead",))
    given.has_room = False
    given.deliver("lost")
    given.has_room = True
    given.deliver("x", event="chatRead")
    assert len(given.said) == 1


# Events of many items


class Heard:
    """Who hears of records: their items, by part."""

    def __init__(self) -> None:
        self.received: list[list[object]] = []
        self.shown: list[list[object]] = []

    def listeners(self) -> Listeners:
        return Listeners(
            received=(lambda records: self.received.append(_items(records)),),
            shown=(lambda records: self.shown.append(_items(records)),),
        )


def _items(records: Sequence[Record]) -> list[object]:
    return [record.data for record in records]


def test_event_of_many_items_is_handed_over_in_parts() -> None:
    heard = Heard()
    given = Delivered(listeners=heard.listeners())
    given.deliver(*range(2_500))
    parts = [list(range(1_000)), list(range(1_000, 2_000)), list(range(2_000, 2_500))]
    assert (heard.received, heard.shown) == (parts, parts)
    assert given.shown == list(range(2_500))
    assert given.counts == (2_500, 2_500, 0)
    assert [record.index for record in given.writer.records] == list(range(2_500))
    assert {record.envelope.count for record in given.writer.records} == {2_500}


def test_parts_are_small_where_their_items_share_much() -> None:
    heard = Heard()
    given = Delivered(listeners=heard.listeners())
    data = json.dumps({"data": list(range(100)), "meta": "m" * 200_000})
    given.deliver_event(PusherEvent("message", TELEGRAM, data))
    assert [len(part) for part in heard.received] == [41, 41, 18]


def test_all_items_are_heard_of_where_the_last_one_asked_for_is_among_them() -> None:
    heard = Heard()
    given = Delivered(count=1_001, listeners=heard.listeners())
    assert given.end(*range(2_500)) is ExitCode.OK
    assert [len(part) for part in heard.received] == [1_000, 1_000, 500]
    assert given.shown == list(range(1_001))
    assert given.counts == (2_500, 1_001, 0)


def test_event_of_many_items_is_shown_once_where_it_is_the_unit() -> None:
    given = Delivered(per_frame=True)
    given.deliver(*range(2_500))
    assert given.counts == (2_500, 1, 0)
    assert given.rows() == [(2_500, 2_500, 0)]


def test_known_messages_are_left_out_of_an_event_of_many_items() -> None:
    given = Delivered(redact_key=b"key", is_new=lambda record: record.data not in (1, 1_500))
    given.deliver(*range(2_500))
    assert given.shown == [number for number in range(2_500) if number not in (1, 1_500)]
    assert given.writer.records[1].index == 2


def test_many_items_have_the_masks_that_few_have() -> None:
    few, many = Delivered(redact_key=b"key"), Delivered(redact_key=b"key")
    items = [{"text": f"text {number}"} for number in range(1_200)]
    many.deliver(*items)
    for item in items:
        few.deliver(item)
    assert many.shown == few.shown
    assert "text 7" not in json.dumps(many.shown)


@pytest.mark.parametrize("redact_key", [None, b"key"], ids=["plain", "redacted"])
def test_memory_is_that_of_the_event_and_not_of_its_records(redact_key: bytes | None) -> None:
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
