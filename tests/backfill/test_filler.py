"""When a span is filled, what is shown of it, and what is said."""

from datetime import datetime, timedelta
from io import StringIO

import pytest

from chatapp_tail.backfill.filler import GapFiller, backfilled, cannot_be_backfilled
from chatapp_tail.backfill.paging import Missed, Span
from chatapp_tail.background import BackgroundCall
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.errors import ApiRefusedError
from chatapp_tail.gaps import Gap
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.protocol import PusherEvent
from tests.backfill.given import NOON, TELEGRAM, span
from tests.support.fake_clock import FakeClock

WHATSAPP = "private-v1.licenses.1230.messengers.grWhatsApp"
# In the local zone, as sentences have it.
SINCE = datetime(2026, 11, 22, 13, 40, 2).astimezone()
MESSAGES_ONLY = "can't be backfilled: the API keeps licences' messages only"
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


@pytest.mark.parametrize(
    ("shown", "later", "sentence"),
    [
        (12, timedelta(minutes=1), "backfilled 12 messages of 1229/telegram from 13:40:02 on"),
        (0, timedelta(minutes=1), "backfilled no messages of 1229/telegram from 13:40:02 on"),
        (
            2,
            timedelta(days=3),
            "backfilled 2 messages of 1229/telegram from 2026-11-22 13:40:02 on",
        ),
    ],
)
def test_what_was_backfilled_is_said_with_what_cannot_be(
    shown: int, later: timedelta, sentence: str
) -> None:
    found = Missed((b'{"id":1,"time":5}',))
    said = backfilled(span(since=SINCE), found, shown, SINCE + later)
    assert said == f"{sentence}; {NOT_REBUILT}"


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ((), "1229/telegram can't be backfilled: HTTP 403, No"),
        (
            (b'{"id":1,"time":5}',),
            "backfilled 1 message of 1229/telegram from 13:40:02 on, but not all: HTTP 403, No",
        ),
    ],
    ids=["nothing", "a part"],
)
def test_failure_is_said_with_its_reason(found: tuple[bytes, ...], sentence: str) -> None:
    missed = Missed(found, ApiRefusedError("HTTP 403, No"))
    assert backfilled(span(since=SINCE), missed, len(found), SINCE) == sentence


@pytest.mark.parametrize(
    ("specs", "sentence"),
    [
        (["1229/telegram"], ""),
        (
            ["1229/telegram", "company/2224", "private-x"],
            f"company/2224, private-x {MESSAGES_ONLY}",
        ),
        (
            [f"user/{number}" for number in range(12)],
            f"{', '.join(f'user/{number}' for number in range(10))} and 2 more {MESSAGES_ONLY}",
        ),
    ],
)
def test_channels_that_cannot_be_backfilled_are_named(specs: list[str], sentence: str) -> None:
    assert cannot_be_backfilled([parse_spec(spec) for spec in specs]) == sentence
