"""Text to the value of an option, wherever the text comes from.

What is wrong with it is said without the option's name: who asks for the conversion knows whether
the text is the command line's, a variable's or a profile's, and says so.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import typer

from chatapp_tail.account.folders import expanded
from chatapp_tail.clock import SystemClock
from chatapp_tail.durations import parse_duration, parse_moment
from chatapp_tail.sharding import parse_shard
from chatapp_tail.sizes import parse_size

T = TypeVar("T")

# What to do about an empty text, or a list of nothing.
UNSET = "Is a shell variable not set? To do without the option, leave it out."
# int() and float() take more: 1_000, inf, digits of other scripts, and megabytes of them.
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")


def reads(read: Callable[[str], T]) -> Callable[[str], T]:
    """Return ``read``, which raises ``ValueError`` with a sentence, as Typer wants it."""

    def convert(text: str) -> T:
        try:
            return read(text)
        except ValueError as exc:
            raise typer.BadParameter(str(exc)) from exc

    return convert


def whole_number(least: float = -float("inf"), most: float = float("inf")) -> Callable[[str], int]:
    """Return the conversion to a whole number in a range that holds both its ends."""
    form = f"a whole number{_range(least, most)}"

    def read(text: str) -> int:
        checked = _checked(text, least, most, form)
        if "." in checked:
            raise ValueError(f"{text!r} is not {form}")
        return int(checked)

    return reads(read)


def number(least: float) -> Callable[[str], float]:
    """Return the conversion to a number of at least ``least``."""
    form = f"a number{_range(least, float('inf'))}"
    return reads(lambda text: float(_checked(text, least, float("inf"), form)))


def _checked(text: str, least: float, most: float, form: str) -> str:
    digits = str(text).strip()  # Typer converts defaults, too
    if not (_NUMBER.fullmatch(digits) and least <= float(digits) <= most):
        raise ValueError(f"{text!r} is not {form}")
    return digits


def _range(least: float, most: float) -> str:
    if least == -float("inf"):
        return ""
    return f" from {least} on" if most == float("inf") else f" from {least} to {most}"


def _path(text: str) -> Path:
    if not text:
        raise ValueError("the name of the file is empty")
    return expanded(text)


to_seconds = reads(parse_duration)
to_moment = reads(lambda text: parse_moment(text, SystemClock().utcnow()))
to_bytes = reads(parse_size)
to_shard = reads(parse_shard)
to_path = reads(_path)
