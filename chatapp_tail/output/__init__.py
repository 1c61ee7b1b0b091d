"""What reaches the screen: sinks for records, sentences for the state of the connection.

It imports Rich only in the modules that draw: JSON never loads it.
"""

from datetime import UTC, tzinfo
from enum import StrEnum


class OutputFormat(StrEnum):
    """How records are written."""

    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    PRETTY = "pretty"
    RAW = "raw"
    BROWSE = "browse"


class TimeFormat(StrEnum):
    """How the TIME column is written."""

    LOCAL = "local"
    UTC = "utc"
    ISO = "iso"
    RELATIVE = "relative"
    DELTA = "delta"


class ColorMode(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def zone_of(time_format: TimeFormat | None) -> tzinfo | None:
    """Return the zone for times of day; None for the local one."""
    return UTC if time_format is TimeFormat.UTC else None
