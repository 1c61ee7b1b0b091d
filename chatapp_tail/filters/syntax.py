"""Regular expressions of users, and errors that point at a place in what a user wrote."""

import re
import warnings
from unicodedata import combining, east_asian_width

from chatapp_tail.errors import UsageError

# Characters of a long text that are shown before and after the place; both fit a terminal.
_BEFORE, _AFTER = 40, 30
_ADVICE = (
    r"For example: invoice|receipt. With a backslash a character means itself: \( \[ \* \+ \? \."
)


def misplaced(problem: str, text: str, position: int, advice: str) -> UsageError:
    """Return an error whose hint shows ``position``, in characters from 0, in ``text``."""
    return UsageError(problem, hint=f"{_show(text, position)}\n{advice}")


def parse_regex(text: str, start: int = 0) -> re.Pattern[str]:
    """Return the regular expression in ``text`` from character ``start`` on.

    Raises ``UsageError`` that shows the place. An empty one is refused: it would match everything,
    and is usually an unset shell variable.
    """
    source = text[start:]
    if not source:
        raise misplaced("the regular expression is empty", text, start, _ADVICE)
    try:
        with warnings.catch_warnings():  # FutureWarning: syntax that may change in a later Python
            warnings.simplefilter("ignore")
            return re.compile(source)
    except re.error as exc:
        place = start + (exc.pos or 0)
        raise misplaced(f"bad regular expression: {exc.msg}", text, place, _ADVICE) from exc
    except (OverflowError, RecursionError, ValueError) as exc:  # a{9999999999}, (((((…
        problem = f"bad regular expression: {exc}"
        raise misplaced(problem, text, start, _ADVICE) from exc


def _show(text: str, position: int) -> str:
    start, end = max(0, position - _BEFORE), position + _AFTER
    before = ("…" if start else "") + _printable(text[start:position])
    after = _printable(text[position:end]) + ("…" if end < len(text) else "")
    return f"{before}{after}\n{' ' * _width(before)}^"


def _printable(text: str) -> str:
    """Return ``text`` with a dot for each character that isn't printable."""
    return "".join(one if one.isprintable() else "·" for one in text)


def _width(text: str) -> int:
    """Return how many terminal cells ``text`` takes."""
    return sum(0 if combining(one) else 1 + (east_asian_width(one) in "WF") for one in text)
