from datetime import UTC

import pytest

from chatapp_tail import jsontext
from chatapp_tail.browse.record import caption
from tests.support.records import of_item


def lines(item: object, **changes: object) -> list[str]:
    record = jsontext.loads_of_any_depth(of_item(item).line())
    assert isinstance(record, dict)
    return list(caption(record | changes, UTC))


def test_author_time_and_delay_of_a_message_are_shown() -> None:
    item = {
        "id": 42,
        "side": "out",
        "time": 1795347562,
        "chat": {"id": "private-1"},
        "created": {"id": 124},
        "fromApp": {"id": "webchat", "sender": "employee"},
        "message": {"text": "hi"},
    }
    assert lines(item) == [
        "message #17 · private-v1.licenses.1229.messengers.telegram",
        "by employee (124) via webchat",
        "at 2026-11-22 11:39:22, received 2026-11-22 11:39:24 (2.5s later)",
        "chat private-1",
        "message 42",
    ]


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"backfill": True}, "received 2026-11-22 11:39:24, from the API"),
        ({"malformed": True}, "received 2026-11-22 11:39:24, not as documented"),
        (
            {"occurred_at": "2026-11-22T11:39:30Z"},
            "at 2026-11-22 11:39:30, received 2026-11-22 11:39:24 (5.5s earlier)",
        ),
    ],
)
def test_odd_time_of_a_message_is_explained(changes: dict[str, object], end: str) -> None:
    assert lines({}, **changes)[-1].startswith(end)


def test_remote_text_is_clean_and_short() -> None:
    item = {"id": "\x1b[2J" + "x" * 1_000, "message": {"text": "hi"}}
    (identity,) = [line for line in lines(item) if line.startswith("message \\x1b")]
    assert len(identity) < 300
