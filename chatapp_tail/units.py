"""Durations, moments, sizes and counts, read and written as people do.

Inside they are seconds, aware times, bytes and numbers.
"""

import re
from datetime import UTC, datetime, timedelta

# In English as everything else, whatever the locale.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOMENT_FORMS = "10m, 08:00, 2026-11-27 or 2026-11-27T08:00"
_TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_DATED = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}.*")

_PART = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,9})?)(?P<unit>ms|s|m|h|d)")
_LONGEST = 10 * 366 * 86_400.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_SIZE = re.compile(r"(?P<number>[0-9]{1,9})(?:(?P<unit>[kmg])i?)?b?")
_SIZE_UNITS = {None: 1, "k": 1024, "m": 1024**2, "g": 1024**3}


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


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return ``1 event``, ``1,234 events``; ``plural`` where it isn't the noun with an s."""
    return f"1 {noun}" if count == 1 else f"{count:,} {plural or f'{noun}s'}"


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the moment that ``text`` means at ``now``, both aware; in the local zone if unsaid.

    ``10m`` is ten minutes ago, ``08:00`` the last time that it was eight, a date its midnight.
    Raises ``ValueError`` with a sentence for anything else, and for what is yet to come.
    """
    written = text.strip()
    local = now.astimezone()
    try:
        if time := _TIME_OF_DAY.fullmatch(written):
            hour, minute, second = (int(part or 0) for part in time.groups())
            moment = _at(local, hour, minute, second)
            return moment if moment <= now else _at(local - timedelta(days=1), hour, minute, second)
        if not _DATED.fullmatch(written):
            return now - timedelta(seconds=parse_duration(written))
        moment = datetime.fromisoformat(written).astimezone()
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"{text!r} is no time; write {MOMENT_FORMS}") from exc
    if moment > now:
        raise ValueError(f"{text!r} is yet to come")
    return moment


def format_minute(unix: int) -> str:
    """Return ``2026-11-23 19:37 UTC``; the number itself for a time that no calendar holds."""
    try:
        return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):
        return str(unix)


def _at(day: datetime, hour: int, minute: int, second: int) -> datetime:
    """Return a time of day on a local day; the zone's offset may be another one then."""
    naive = day.replace(hour=hour, minute=minute, second=second, microsecond=0, tzinfo=None)
    return naive.astimezone()


def parse_size(text: str) -> int:
    """Return the bytes in ``64M``, ``512k``, ``1G``, ``64MiB`` or a bare number.

    Raises ``ValueError`` with the right forms for anything else, and for zero.
    """
    match = _SIZE.fullmatch(text.strip().lower().replace(" ", ""))
    size = int(match["number"]) * _SIZE_UNITS[match["unit"]] if match else 0
    if size <= 0:
        raise ValueError(f"{text!r} is not a size; write 64M, 512k or 1G")
    return size


def elapsed(seconds: float) -> str:
    """Return a duration in one unit, the first seconds with a decimal: ``1.4s``, ``8s``, ``3m``."""
    tenths = f"{seconds:.1f}"
    return f"{tenths.removesuffix('.0')}s" if float(tenths) < 10 else age(float(tenths))


def age(seconds: float) -> str:
    """Return a duration in one unit: ``12s``, ``3m``, ``5h``, ``2d``."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"
