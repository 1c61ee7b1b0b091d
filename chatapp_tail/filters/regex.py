"""The user's own regular expressions. One that backtracks may take for ever; a signal ends it."""

import re
import warnings
from collections.abc import Iterable

from chatapp_tail.filters.caret import misplaced
from chatapp_tail.signals import endless

# How many characters of a text are searched at most: a hostile megabyte is no message.
LONGEST_SEARCHED = 10_000

_ADVICE = (
    r"For example: invoice|receipt. With a backslash a character means itself: \( \[ \* \+ \? \."
)


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


@endless
def is_found(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    """Return whether one of ``patterns`` is found in the beginning of ``text``."""
    for pattern in patterns:  # noqa: SIM110 (signals interrupt this frame)
        if pattern.search(text, 0, LONGEST_SEARCHED):
            return True
    return False
