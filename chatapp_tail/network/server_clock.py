"""How far a server's clock is from ours, by the ``Date`` of its answers (RFC 9110, 6.6.1)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chatapp_tail.units import format_duration

# A smaller difference is covered by the margin of a backfill; in seconds.
TOLERANCE = 5.0
# ``Date`` has whole seconds: on the average it is half a second late.
_HALF_SECOND = timedelta(seconds=0.5)


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
        """Take the ``Date`` of an answer, and when ours were asked and answered, aware."""
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 (slow import)

        try:
            told = parsedate_to_datetime(date or "")
        except (TypeError, ValueError, OverflowError):
            return
        told = (told if told.tzinfo else told.replace(tzinfo=UTC)) + _HALF_SECOND
        ahead = (told - (asked_at + (answered_at - asked_at) / 2)).total_seconds()
        # The answer may have been made at any time between the two.
        differs = abs(ahead) > TOLERANCE + (answered_at - asked_at).total_seconds() / 2
        self.is_known = True
        self.ahead = ahead if differs else 0.0
        if differs and not self._is_told:
            self._is_told = True
            behind = "behind" if ahead > 0 else "ahead of"
            self._tell(
                f"this machine's clock is {format_duration(abs(ahead))} {behind} the API's: "
                "messages are asked for by the API's clock; set this one"
            )
