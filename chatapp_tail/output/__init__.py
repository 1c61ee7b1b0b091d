"""Records to characters on stdout, and messages about the run on stderr.

Rich draws what is printed once (``printing``); no format of records loads it, but for the width of
wide characters.
"""

import os
from collections.abc import Mapping
from datetime import UTC, tzinfo
from enum import StrEnum

# For a terminal that doesn't report its width, and for a pipe.
_USUAL_COLUMNS = 80


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


def use_color(mode: ColorMode, environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Return whether to colour a stream: by flag, then environment, then whether it is a terminal.

    Not left to Rich, which takes ``FORCE_COLOR=0`` for on and ignores ``CLICOLOR``.
    Sources: no-color.org, force-color.org, and the CLICOLOR convention (bixense.com/clicolors).
    """
    if mode is not ColorMode.AUTO:
        return mode is ColorMode.ALWAYS
    if environment.get("NO_COLOR"):
        return False
    for variable in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        if value := environment.get(variable):
            return value != "0"
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    return is_terminal


def terminal_width(fd: int | None, environment: Mapping[str, str]) -> int:
    """Return the columns of the terminal at ``fd``; without one, COLUMNS or 80."""
    if fd is not None:
        try:
            if columns := os.get_terminal_size(fd).columns:
                return columns
        except OSError:
            pass
    columns_text = environment.get("COLUMNS", "")
    is_number = columns_text.isascii() and columns_text.isdigit() and len(columns_text) < 10
    return (int(columns_text) if is_number else 0) or _USUAL_COLUMNS
