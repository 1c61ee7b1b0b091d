import json
from io import StringIO

import pytest

from chatapp_tail.delivery import Delivery
from chatapp_tail.errors import ExitCode
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.settings import ShowSettings
from chatapp_tail.stopping import Stop
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeWriter
from tests.support.records import TELEGRAM


class Delivered:
    """A delivery to a writer that takes what the test says."""

    def __init__(
        self, *, count: int | None = None, per_frame: bool = False, excluded: tuple[str, ...] = ()
    ) -> None:
        self.clock = FakeClock()
        self.writer = FakeWriter()
        self.has_room = True
        self.writer.takes = lambda: self.has_room
        self._stream = StringIO()
        self.delivery = Delivery(
            self.writer,
            ShowSettings(excluded_events=excluded, count=count),
            per_frame=per_frame,
            clock=self.clock,
            reporter=Reporter(Status(self._stream), self.clock, self.writer.put),
        )

    def deliver(self, *items: object, event: str = "message") -> None:
        data = json.dumps({"data": items, "meta": None})
        self.delivery.deliver(PusherEvent(event, TELEGRAM, data))

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

    @property
    def said(self) -> list[str]:
        lines = self._stream.getvalue().splitlines()
        return [line.removeprefix("chatapp-tail: ") for line in lines]


def test_items_of_an_event_are_handed_over_together_with_it() -> None:
    given = Delivered()
    given.clock.advance(5)
    given.deliver("a", "b")
    given.delivery.deliver(PusherEvent("x", None, "no JSON"))
    assert given.writer.events == [
        PusherEvent("message", TELEGRAM, '{"data": ["a", "b"], "meta": null}'),
        PusherEvent("x", None, "no JSON"),
    ]
    assert given.shown == ["a", "b", "no JSON"]
    envelopes = [record.envelope for record in given.writer.records]
    assert [envelope.seq for envelope in envelopes] == [1, 1, 2]
    assert {envelope.received_at for envelope in envelopes} == {given.clock.utcnow()}


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


@pytest.mark.parametrize(
    ("data", "size"),
    [
        ("x" * 5_000, 5_000),
        ("", 0),
        (None, len("null")),
        ({"data": ["y" * 5_000]}, len('{"data":[""]}') + 5_000),
    ],
    ids=["text", "nothing", "null", "object"],
)
def test_size_is_that_of_the_data_whether_encoded_or_not(data: object, size: int) -> None:
    given = Delivered()
    given.delivery.deliver(PusherEvent("message", TELEGRAM, data))
    assert given.writer.sizes == [size]


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


def test_each_time_of_dropping_is_summed_for_itself() -> None:
    given = Delivered()
    for lost in (3, 2):
        given.has_room = False
        for _ in range(lost):
            given.deliver("lost")
        given.has_room = True
        given.deliver("shown")
    assert [notice["dropped"] for notice in given.writer.notices] == [3, 2]
    assert given.counts == (7, 2, 5)


def test_filtered_event_tells_nothing_of_room() -> None:
    given = Delivered(excluded=("chatRead",))
    given.has_room = False
    given.deliver("lost")
    given.has_room = True
    given.deliver("x", event="chatRead")
    assert len(given.said) == 1
