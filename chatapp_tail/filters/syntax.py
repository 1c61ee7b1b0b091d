"""What users write in filters: errors that show their place, and regular expressions."""

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
    """Return the error of ``text`` at ``position``, in characters from 0; advice is a line."""
    return UsageError(problem, hint=f"{_show(text, position)}\n{advice}")


def parse_regex(text: str, start: int = 0) -> re.Pattern[str]:
    """Return the regular expression in ``text`` from character ``start`` on.

    Raises ``UsageError`` that shows the place. An empty one is refused: it would find everything,
    and comes of a shell variable that isn't set.
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
    """Return ``text`` with a dot for each character that a terminal would not show as one."""
    return "".join(one if one.isprintable() else "·" for one in text)


def _width(text: str) -> int:
    """Return how many cells of a terminal ``text`` takes."""
    return sum(0 if combining(one) else 1 + (east_asian_width(one) in "WF") for one in text)
