"""Which answers are worth another try, and when: ``Retry-After`` (RFC 9110, 10.2.3). Pure."""

from datetime import datetime
from email.utils import parsedate_to_datetime

# Statuses that may pass: timeout, too early, throttled; and all 5xx.
PASSING_STATUSES = frozenset({408, 425, 429, *range(500, 600)})
# The longest wait that is granted, in seconds.
LONGEST_WAIT = 300.0


def retry_after(header: object, now: datetime) -> float | None:
    """Return the seconds to wait, at most LONGEST_WAIT, from digits or a date; None for neither."""
    if not isinstance(header, str):
        return None
    if header.isascii() and header.isdigit():
        return min(float(header[:10]), LONGEST_WAIT)
    try:
        seconds = (parsedate_to_datetime(header) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
