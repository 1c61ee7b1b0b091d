"""Names of recordings with the date in them: ``chatapp-%Y-%m-%d.jsonl.gz``. Pure."""

import re
from datetime import datetime
from pathlib import Path

from chatapp_tail.errors import UsageError

# Parts of a date that file names may have, of those that strftime knows, and the percent sign.
_DIRECTIVES = "YmdHMjyVGu%"
_UNKNOWN = re.compile(rf"%(?![{_DIRECTIVES}])")


class DatedName:
    """A path that may have parts of the local date: ``%Y``, ``%m``, ``%d``, ``%H``; ``%%`` is %."""

    def __init__(self, pattern: Path) -> None:
        """Raise ``UsageError`` for a percent sign that stands for no part of a date."""
        self._pattern = str(pattern)
        if _UNKNOWN.search(self._pattern):
            raise UsageError(
                f"{pattern}: a percent sign there stands for no part of a date",
                hint="Use %Y, %m, %d, %H, %M; a percent sign itself is written %%.",
                option="record",
            )
        self.is_dated = "%" in self._pattern

    def at(self, instant: datetime) -> Path:
        """Return the path for the local time of ``instant``, which is aware."""
        return Path(
            instant.astimezone().strftime(self._pattern) if self.is_dated else self._pattern
        )
