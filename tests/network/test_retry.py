import pytest

from chatapp_tail.network.retry import retry_after
from tests.chatapp.given import shown
from tests.support.fake_clock import BEGINNING


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("007", 7.0),
        ("300", 300.0),
        ("301", 300.0),
        ("999999999", 300.0),
        ("9" * 5000, 300.0),
        ("Sun, 22 Nov 2026 12:00:45 GMT", 45.0),
        ("Sun, 22 Nov 2026 14:00:45 +0200", 45.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
        ("Wed, 01 Jan 3000 00:00:00 GMT", 300.0),
    ],
    ids=shown,
)
def test_wish_is_read_in_seconds_of_which_there_are_at_most_300(
    header: str, seconds: float
) -> None:
    assert retry_after(header, BEGINNING) == seconds


@pytest.mark.parametrize(
    "header",
    [
        None,
        7,
        "",
        "soon",
        "-5",
        "1.5",
        "²",
        "٣",
        "Sun, 22 Nov 2026 12:00:45 -0000",
        "Sun, 99 Nov 2026 12:00:09 GMT",
        "Sun, 22 Nov 99999 12:00:45 GMT",
        "Sun, 22 Nov 2026 12:00:45 +99999999999999",
        "Sun, 22 Nov 99999999999999999999 12:00:45 GMT",
    ],
    ids=shown,
)
def test_what_is_neither_digits_nor_a_date_is_no_wish(header: object) -> None:
    assert retry_after(header, BEGINNING) is None
