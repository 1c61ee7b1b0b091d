"""When a span is filled, what is shown of it, and what is said."""

from datetime import datetime, timedelta
from io import StringIO

import pytest

from chatapp_tail.backfill.filler import (
    GapFiller,
    backfilled,
    cannot_be_backfilled,
    message_event,
)
from chatapp_tail.backfill.paging import Missed, Span
from chatapp_tail.background import BackgroundCall
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.errors import ApiRefusedError
from chatapp_tail.gaps import Gap
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.protocol import PusherEvent
from tests.backfill.given import NOON, TELEGRAM, span
from tests.support.fake_clock import FakeClock
from tests.support.records import WHATSAPP

# In the local zone, as sentences have it.
SINCE = datetime(2026, 11, 22, 13, 40, 2).astimezone()
NOT_REBUILT = "statuses, reactions, tags and employee events can't be rebuilt"


class Filling:
    """A filler; each span that it asks for is filled by ``finish``, with ``count`` messages."""

    def __init__(self, *, since: float | None = None) -> None:
        self.spans: list[Span] = []
        self._calls: list[BackgroundCall[Missed]] = []
        self._missed = Missed()
        self.shown = list[PusherEvent]()
        self.filler = GapFiller(
            self._fill,
            self.shown.append,
            clock=FakeClock(),
            status=Status(StringIO()),
            fills_gaps=True,
            since=since,
        )

    def _fill(self, asked: Span) -> BackgroundCall[Missed]:
        assert all(call.is_over for call in self._calls)
        self.spans.append(asked)
        self._calls.append(BackgroundCall(lambda: self._missed))
        return self._calls[-1]

    def gap(self, start: datetime, *channels: str) -> None:
        self.filler.over(Gap(start, NOON, channels, "silent"))

    def finish(self, count: int = 1) -> None:
        self._missed = Missed(tuple(b'{"id":%d}' % number for number in range(count)))
        self._calls[-1].run()


def test_spans_are_filled_one_after_the_other_and_those_of_a_channel_that_wait_as_one() -> None:
    filling = Filling()
    first, later, last = (NOON - timedelta(minutes=minutes) for minutes in (30, 20, 10))
    filling.gap(first, TELEGRAM)
    filling.gap(last, TELEGRAM, WHATSAPP)
    filling.gap(later, TELEGRAM)
    for _ in range(3):
        assert not filling.filler.step()
        filling.finish()
        assert filling.filler.step()
    assert [(one.channel, one.since) for one in filling.spans] == [
        (TELEGRAM, first),
        (TELEGRAM, later),
        (WHATSAPP, last),
    ]
    assert not filling.filler.step()


def test_channel_is_unfinished_until_all_that_was_asked_for_is_shown() -> None:
    filling = Filling()
    filling.gap(NOON - timedelta(minutes=30), TELEGRAM)
    filling.gap(NOON - timedelta(minutes=10), TELEGRAM)
    filling.finish()
    filling.filler.step()
    assert filling.filler.unfinished == {TELEGRAM}
    filling.finish(100)
    filling.filler.step()
    assert filling.filler.unfinished == {TELEGRAM}
    filling.filler.step()
    assert filling.filler.unfinished == frozenset()


def test_a_hundred_messages_are_shown_at_a_time_and_each_once() -> None:
    filling = Filling()
    filling.gap(NOON, TELEGRAM)
    filling.finish(150)
    counts = []
    while filling.filler.step():
        counts.append(len(filling.shown))
    assert counts == [100, 150]
    filling.gap(NOON, TELEGRAM)
    filling.finish(160)
    while filling.filler.step():
        pass
    assert len(filling.shown) == 160


def test_time_before_the_start_is_asked_for_once_a_channel() -> None:
    filling = Filling(since=600.0)
    for channel in (TELEGRAM, TELEGRAM, "private-x"):
        filling.filler.subscribed(channel, None)
    begin = NOON - timedelta(minutes=10)
    assert filling.spans == [Span(TELEGRAM, 1229, "telegram", begin, begin)]
    assert filling.filler.unfinished == {TELEGRAM}


FOUND = Missed((b'{"id":1,"time":5}',))
REFUSED = ApiRefusedError("HTTP 403, No")


@pytest.mark.parametrize(
    ("missed", "shown", "later", "sentence"),
    [
        (FOUND, 12, 60, f"backfilled 12 messages of {{}} from 13:40:02 on; {NOT_REBUILT}"),
        (FOUND, 0, 60, f"backfilled no messages of {{}} from 13:40:02 on; {NOT_REBUILT}"),
        (
            FOUND,
            2,
            259_200,
            f"backfilled 2 messages of {{}} from 2026-11-22 13:40:02 on; {NOT_REBUILT}",
        ),
        (Missed((), REFUSED), 0, 0, "{} can't be backfilled: HTTP 403, No"),
        (
            Missed(FOUND.texts, REFUSED),
            1,
            0,
            "backfilled 1 message of {} from 13:40:02 on, but not all: HTTP 403, No",
        ),
    ],
    ids=["some", "none new", "another day", "refused", "a part"],
)
def test_sentence_tells_what_was_backfilled_and_what_is_missing(
    missed: Missed, shown: int, later: int, sentence: str
) -> None:
    said = backfilled(span(since=SINCE), missed, shown, SINCE + timedelta(seconds=later))
    assert said == sentence.format("1229/telegram")


USERS = [f"user/{number}" for number in range(12)]


@pytest.mark.parametrize(
    ("specs", "named"),
    [
        (["1229/telegram", "company/2224", "private-x"], "company/2224, private-x"),
        (USERS, f"{', '.join(USERS[:10])} and 2 more"),
    ],
    ids=["two", "many"],
)
def test_channels_that_cannot_be_backfilled_are_named(specs: list[str], named: str) -> None:
    said = cannot_be_backfilled([parse_spec(spec) for spec in specs])
    assert said == f"{named} can't be backfilled: the API keeps licences' messages only"
    assert cannot_be_backfilled([parse_spec("1229/telegram")]) == ""


def test_filled_message_is_an_event_like_a_live_one() -> None:
    item: dict[str, object] = {"id": 1, "time": 1795348800, "chat": {"id": "a"}}
    (record,) = decode_event(message_event(span(), item), seq=1, received_at=NOON)
    assert not record.envelope.malformed
    assert (record.envelope.owner.license, record.envelope.owner.messenger) == (1229, "telegram")
    assert (record.data, record.occurred_at) == (item, NOON)
