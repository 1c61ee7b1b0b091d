"""Text to the value of an option, wherever the text comes from.

Each function raises ``ValueError``, or ``UsageError`` with a next step, and doesn't name the
option: ``precedence`` knows whether the text is the command line's, a variable's or a profile's.
"""

import re
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from chatapp_tail.account.config import expanded
from chatapp_tail.chatapp.channels import MESSENGER_TYPES, Channel, license_channel, parse_spec
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import UsageError
from chatapp_tail.units import parse_moment

if TYPE_CHECKING:
    from chatapp_tail.filters.where import Test
    from chatapp_tail.triggering.assignment import Assignment

T = TypeVar("T", bound=StrEnum)

# What to do about an empty text, or a list of nothing.
UNSET = "Is a shell variable not set? To do without the option, leave it out."
INFINITE: Final = float("inf")
# int() and float() accept more: 1_000, inf, digits of other scripts, and megabytes of them.
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_LOWEST_RATE = 0.001  # events a second


def choice(choices: type[T]) -> Callable[[str], T]:
    """Return the conversion to one of ``choices``."""

    def read(text: str) -> T:
        try:
            return choices(text)
        except ValueError:
            known = ", ".join(repr(str(one)) for one in choices)
            raise ValueError(f"{text!r} is not one of {known}") from None

    return read


def whole_number(least: float = -INFINITE, most: float = INFINITE) -> Callable[[str], int]:
    """Return the conversion to a whole number from ``least`` to ``most``, both included."""
    form = "a whole number"
    if least > -INFINITE:
        form += f" of {least} or more" if most == INFINITE else f" from {least} to {most}"

    def read(text: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(text.strip()) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not {form}")
        return int(text)

    return read


def rate(text: str) -> float:
    """Return how often a second."""
    if not _NUMBER.fullmatch(text.strip()) or float(text) < _LOWEST_RATE:
        raise ValueError(f"{text!r} is not a number of {_LOWEST_RATE} or more")
    return float(text)


def moment(text: str) -> datetime:
    """Return a moment that is past: ``10m`` ago, a time of today, or a date and time."""
    return parse_moment(text, SystemClock().utcnow())


def record_path(text: str) -> Path:
    """Return the path of a file to record into."""
    if text == "-":
        raise UsageError(
            "a recording can't go to stdout (-)",
            hint="To write events to stdout use --json; to record them name a file.",
        )
    return expanded(text)


def port_or_file(text: str) -> int | Path:
    """Return the port that ``text`` is, else the file that it names."""
    if not (text.isascii() and text.isdigit()):
        return expanded(text)
    if not 0 < int(text) < 65_536:
        raise UsageError(f"{text} is not a port", hint="A port is a number from 1 to 65535.")
    return int(text)


def license_id(text: str) -> str:
    """Return a licence's id."""
    license_channel(text, MESSENGER_TYPES[0])
    return text


def messenger_type(text: str) -> str:
    """Return a messenger's type, known or not."""
    license_channel("1", text)
    return text


def company(text: str) -> Channel:
    """Return the channel of the company with this id."""
    return parse_spec(f"company/{text}")


def user(text: str) -> Channel:
    """Return the channel of the user with this id."""
    return parse_spec(f"user/{text}")


def spec(text: str) -> Channel | int:
    """Return a spec's channel, or the licence of ``1229/*``."""
    if not text.endswith("/*"):
        return parse_spec(text)
    return int(license_id(text.removesuffix("/*")))


# Each function below imports, at its first call, what only some commands need.


def regex(text: str) -> re.Pattern[str]:
    """Return a regular expression."""
    from chatapp_tail.filters.syntax import parse_regex  # noqa: PLC0415 (as said above)

    return parse_regex(text)


def test(text: str) -> "Test":
    """Return a test of a record: ``data.side=in``."""
    from chatapp_tail.filters.where import parse_test  # noqa: PLC0415

    return parse_test(text)


def assignment(text: str) -> "Assignment":
    """Return a change of an event: ``data.0.message.text=Hello``."""
    from chatapp_tail.triggering.assignment import parse_assignment  # noqa: PLC0415

    return parse_assignment(text)
