"""Errors that show their place: the text as it was typed, and a caret below the fault."""

from unicodedata import combining, east_asian_width

from chatapp_tail.errors import UsageError

# Characters of a long text that are shown before and after the place; both fit a terminal.
_BEFORE, _AFTER = 40, 30


def misplaced(problem: str, text: str, position: int, advice: str) -> UsageError:
    """Return the error of ``text`` at ``position``, in characters from 0; advice is a line."""
    return UsageError(problem, hint=f"{_show(text, position)}\n{advice}")


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
