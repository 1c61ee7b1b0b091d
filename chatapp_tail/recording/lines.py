"""The lines of a recording: records, notices, and events as ``-f raw`` writes them.

``replay`` writes records byte for byte as they were. So each line is compared with what would be
written for it; if they differ, a slower parser keeps what JSON parsers join (surrogates) or round
(large integers), provided this program wrote the line.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import Final, NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.fields import FIELDS
from chatapp_tail.chatapp.record import RECORD_VERSION
from chatapp_tail.gaps import Gap

_TYPES: Mapping[str, tuple[type, ...]] = {"integer": (int,), "string": (str,), "time": (str,)}
# The fields that each record has, with the exact types of their values; () for any JSON value.
_REQUIRED = {
    field.name: (*_TYPES.get(field.type, ()), *((NoneType,) if field.is_nullable else ()))
    for field in FIELDS.values()
    if field.origin != "derived" and not field.is_optional
}
_LEAST = tuple((field.name, field.least) for field in FIELDS.values() if field.least is not None)
# The escape of a lone surrogate; escaped backslashes are matched so that they are skipped.
_SURROGATE = re.compile(r"\\\\|\\u(d[89a-f][0-9a-f]{2})")
# What JSON parsers read differently: surrogates, and integers over 64 bits.
_DELICATE = re.compile(rb"\\ud[89a-f]|[0-9]{19}")
# In bytes. No websocket message that a tail takes comes near it.
LONGEST_LINE = 64 * 1024 * 1024


def split_lines(blocks: Iterable[bytes], longest: int = LONGEST_LINE) -> Iterator[bytes | None]:
    """Yield lines with their newline, which the last one may lack; None for one over ``longest``.

    ``longest`` is in bytes, without the newline.
    """
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        first, *others = block.split(b"\n")
        size += len(first)
        if size <= longest:
            parts.append(first)
        if not others:
            continue
        yield b"".join((*parts, b"\n")) if size <= longest else None
        last = others.pop()
        yield from [line + b"\n" if len(line) <= longest else None for line in others]
        parts, size = [last], len(last)
    if size:
        yield b"".join(parts) if size <= longest else None


class BadLineError(ValueError):
    """The line can't be replayed; the message is the reason, as the end of a sentence."""


@dataclass(slots=True)
class RecordLine:
    """One record of ``size`` bytes: number ``place`` of the ``total`` records of its frame.

    ``written`` is the line if this version of the program would write the same. Final instead of
    frozen=True, as in ``Record``.
    """

    value: Final[dict[str, object]]
    received_at: Final[datetime]
    occurred_at: Final[datetime | None]
    size: Final[int]
    place: Final[int]
    total: Final[int]
    written: Final[bytes | None]


class RawLine(NamedTuple):
    """One event's payload, with or without its wrapper."""

    payload: dict[str, object]


class NoticeLine(NamedTuple):
    """News of the connection: its facts, and its line of JSON."""

    received_at: datetime
    type: str
    facts: dict[str, object]
    line: bytes

    @property
    def gap(self) -> Gap | None:
        """The gap, if the notice is about one."""
        if self.type != "gap":
            return None
        channels, reason = self.facts.get("channels"), self.facts.get("reason")
        if not isinstance(channels, list) or not isinstance(reason, str):
            return None
        try:
            start, end = (parse_instant(key, self.facts.get(key)) for key in ("from", "to"))
        except BadLineError:
            return None
        return Gap(start, end, tuple(name for name in channels if isinstance(name, str)), reason)


def parse_line(line: bytes) -> RecordLine | RawLine | NoticeLine:
    """Return what ``line``, with or without its newline, holds. Raises ``BadLineError``."""
    value, is_exact = _load(line.removesuffix(b"\n"))
    if not isinstance(value, dict):
        raise BadLineError("it is no JSON object")
    if "v" in value or "kind" in value:
        return _parse_versioned(value, line, is_exact=is_exact)
    inner = value.get("payload")
    if "data" in (inner if isinstance(inner, dict) else value):
        return RawLine(value)
    raise BadLineError("it is neither a record nor an event as --format raw writes it")


def _load(content: bytes) -> tuple[object, bool]:
    """Return the value of ``content``, exactly as it was if this program wrote it.

    The second value tells whether ``jsontext`` writes it as ``content`` again.
    """
    try:
        value = jsontext.loads_of_any_depth(content)
        written = jsontext.dumps_bounded(value)
    except ValueError as exc:
        # A value of the greatest depth is deeper inside a record.
        if (exact := _load_exactly(content)) is None:
            raise BadLineError("it isn't JSON") from exc
        return exact, True
    if written == content:
        return value, True
    if _DELICATE.search(content) and (exact := _load_exactly(content)) is not None:
        return exact, True
    return value, False


def _load_exactly(content: bytes) -> object:
    """Return the value that this program writes as ``content``; None if there is none."""
    try:
        text = _SURROGATE.sub(_unescape, content.decode())
        value = json.loads(text, parse_constant=_refuse_constant)
        for inner in value.values() if isinstance(value, dict) else ():
            jsontext.loads(jsontext.dumps(inner))  # raises for too deep nesting
    except (ValueError, RecursionError):
        return None
    return value if jsontext.dumps(value) == content else None


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[0]


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _parse_notice(value: dict[str, object]) -> NoticeLine:
    kind = value.get("type")
    if not isinstance(kind, str):
        raise BadLineError("it is a notice without a type")
    written = jsontext.dumps(value) + b"\n"
    return NoticeLine(parse_instant("at", value.get("at")), kind, value, written)


def _parse_versioned(
    value: dict[str, object], line: bytes, *, is_exact: bool
) -> RecordLine | NoticeLine:
    version, kind = value.get("v"), value.get("kind")
    if type(version) is not int or version != RECORD_VERSION:
        raise BadLineError(f"its version isn't {RECORD_VERSION}, the one that is known here")
    if kind == "notice":
        return _parse_notice(value)
    if kind != "event":
        raise BadLineError("it is of an unknown kind")
    is_current = _check_shape(tuple(value), tuple(map(type, value.values())))
    for key, least in _LEAST:
        if value[key] < least:  # type: ignore[operator]
            raise BadLineError(f"it is a record with a wrong {key}")
    received_at = parse_instant("received_at", value["received_at"])
    at = value["occurred_at"]
    occurred_at = None if at is None else parse_instant("occurred_at", at)
    written = line if is_exact and is_current and line.endswith(b"\n") else None
    return RecordLine(
        value,
        received_at,
        occurred_at,
        len(line),
        value["index"],  # type: ignore[arg-type]
        value["count"],  # type: ignore[arg-type]
        written,
    )


@lru_cache(maxsize=256)  # nearly all lines have one of a few shapes
def _check_shape(keys: tuple[str, ...], types: tuple[type, ...]) -> bool:
    """Return whether the keys are those that ``Record.line`` writes today, in their order.

    Raises ``BadLineError`` for a missing key, or a value of a wrong type.
    """
    if not _REQUIRED.keys() <= set(keys):
        missing = ", ".join(key for key in _REQUIRED if key not in keys)
        raise BadLineError(f"it is a record without {missing}")
    found = dict(zip(keys, types, strict=True))
    for key, allowed in _REQUIRED.items():
        if allowed and found[key] not in allowed:
            raise BadLineError(f"it is a record with a wrong {key}")
    current = (
        name
        for name, field in FIELDS.items()
        if not field.is_optional or (field.type == "true" and name in found)
    )
    return keys == tuple(current)


@lru_cache(maxsize=256)  # records that came together have the same times
def parse_instant(key: str, text: object) -> datetime:
    """Return the instant in UTC that ``text`` is, the value of ``key``. Raises ``BadLineError``."""
    try:
        instant = datetime.fromisoformat(str(text))
        in_utc = instant.astimezone(UTC)
    except (ValueError, OverflowError) as exc:  # the latter for years below 1 and above 9999
        raise BadLineError(f"it is a record with a wrong {key}") from exc
    if instant.tzinfo is None:
        raise BadLineError(f"it is a record with a {key} without a time zone")
    return in_utc
