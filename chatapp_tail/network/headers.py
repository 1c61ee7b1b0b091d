"""What the head of an HTTP answer tells of time: when to try again, and the server's clock.

Source: RFC 9110, 10.2.3 (``Retry-After``) and 6.6.1 (``Date``).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chatapp_tail.units import format_duration

# Statuses that may pass: timeout, too early, throttled; and all 5xx.
PASSING_STATUSES = frozenset({408, 425, 429, *range(500, 600)})
# The longest wait that is granted, in seconds.
LONGEST_WAIT = 300.0
# A smaller difference of clocks is covered by the margin of a backfill; in seconds.
TOLERANCE = 5.0
# ``Date`` has whole seconds: on average it is half a second late.
_HALF_SECOND = timedelta(seconds=0.5)


def retry_after(header: object, now: datetime) -> float | None:
    """Return the seconds to wait, at most LONGEST_WAIT, from digits or a date; None for neither."""
    if not isinstance(header, str):
        return None
    if header.isascii() and header.isdigit():
        return min(float(header[:10]), LONGEST_WAIT)
    until = _date(header)
    return None if until is None else min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


class ServerClock:
    """The server's clock as its last answer told it. Threads may share it.

    ``ahead`` is by how many seconds it is ahead of ours, 0 within the tolerance; ``is_known`` is
    whether an answer has told it at all.
    """

    def __init__(self, tell: Callable[[str], object] = lambda _sentence: None) -> None:
        """``tell`` takes a sentence, once, when the difference is more than TOLERANCE."""
        self._tell = tell
        self._is_told = False
        self.ahead = 0.0
        self.is_known = False

    def note(self, date: str | None, asked_at: datetime, answered_at: datetime) -> None:
        """Take an answer's ``Date``, and our times of the request and the answer, all aware."""
        sent_at = _date(date or "")
        if sent_at is None:
            return
        took = answered_at - asked_at
        ahead = (sent_at + _HALF_SECOND - (asked_at + took / 2)).total_seconds()
        # The answer may have been made at any time between the two.
        differs = abs(ahead) > TOLERANCE + took.total_seconds() / 2
        self.is_known = True
        self.ahead = ahead if differs else 0.0
        if differs and not self._is_told:
            self._is_told = True
            behind = "behind" if ahead > 0 else "ahead of"
            self._tell(
                f"this machine's clock is {format_duration(abs(ahead))} {behind} the API's: "
                "messages are asked for by the API's clock; set this one"
            )


def _date(header: str) -> datetime | None:
    """Return an HTTP date, aware; None for anything else."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 (slow import)

    try:
        date = parsedate_to_datetime(header)
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
