"""The sentences about backfilling."""

from datetime import datetime, timedelta

import pytest

from chatapp_tail.backfill.filler import backfilled, cannot_be_backfilled
from chatapp_tail.backfill.paging import Missed
from chatapp_tail.backfill.worker import Filled
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.errors import ApiRefusedError
from tests.backfill.given import span

# In the zone of whoever reads it.
SINCE = datetime(2026, 11, 22, 13, 40, 2).astimezone()
MESSAGES_ONLY = "can't be backfilled: the API keeps licences' messages only"
NOT_REBUILT = "statuses, reactions, tags and employee events can't be rebuilt"


@pytest.mark.parametrize(
    ("shown", "later", "sentence"),
    [
        (12, timedelta(minutes=1), "backfilled 12 messages of 1229/telegram from 13:40:02 on"),
        (1, timedelta(minutes=1), "backfilled 1 message of 1229/telegram from 13:40:02 on"),
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
    filled = Filled(span(since=SINCE), Missed((b'{"id":1,"time":5}',)))
    assert backfilled(filled, shown, SINCE + later) == f"{sentence}; {NOT_REBUILT}"


def test_failure_is_said_with_its_reason() -> None:
    filled = Filled(span(since=SINCE), Missed(problem=ApiRefusedError("HTTP 403, No")))
    assert backfilled(filled, 0, SINCE) == "1229/telegram can't be backfilled: HTTP 403, No"


def test_half_a_success_is_said_as_such() -> None:
    filled = Filled(span(since=SINCE), Missed((b'{"id":1,"time":5}',), ApiRefusedError("HTTP 404")))
    assert backfilled(filled, 1, SINCE) == (
        "backfilled 1 message of 1229/telegram from 13:40:02 on, but not all: HTTP 404"
    )


@pytest.mark.parametrize(
    ("specs", "sentence"),
    [
        ([], ""),
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
