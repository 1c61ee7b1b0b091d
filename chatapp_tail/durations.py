"""Durations as people write them, both ways. Seconds inside."""

import re

_PART = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,9})?)(?P<unit>ms|s|m|h|d)")
_LONGEST = 10 * 366 * 86_400.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> float:
    """Return the seconds in ``30s``, ``5m``, ``1h30m``, ``1.5s``, ``250ms`` or a bare ``90``.

    Raises ``ValueError`` with the right forms for anything else, for zero and over ten years.
    """
    compact = text.strip().lower().replace(" ", "")
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", compact):
        compact += "s"
    parts = list(_PART.finditer(compact))
    seconds = sum(float(part["number"]) * _UNITS[part["unit"]] for part in parts)
    if "".join(part[0] for part in parts) != compact or seconds <= 0:
        raise ValueError(f"{text!r} is not a duration; write 30s, 5m or 1h30m")
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is too long; ten years are the most")
    return seconds


def format_duration(seconds: float) -> str:
    """Return ``12.3 s``, ``3m 12s``, ``2h 5m``."""
    if seconds < 59.95:  # the rest would be rounded to 60.0 s
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds + 0.05), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m" if hours else f"{minutes}m {rest}s"
