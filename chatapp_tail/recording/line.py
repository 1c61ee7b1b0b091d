"""One line of a recording: a record, a notice, an event as ``-f raw`` writes it, or no such thing.

Records are written again byte for byte. So each is compared with its line at once; where they
differ, a slower reading keeps what JSON readers join or round, as far as this program wrote it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.chatapp.record import RECORD_VERSION

_TEXT = (str,)
_TEXT_OR_NULL = (str, type(None))
_INTEGER = (int,)  # by exact type: true is none
_INTEGER_OR_NULL = (int, type(None))
# Every key of a record; scope follows from the channel, data and meta are any JSON.
_TYPES: dict[str, tuple[type, ...]] = {
    "v": _INTEGER,
    "kind": _TEXT,
    "seq": _INTEGER,
    "received_at": _TEXT,
    "occurred_at": _TEXT_OR_NULL,
    "event": _TEXT,
    "channel": _TEXT_OR_NULL,
    "scope": _TEXT_OR_NULL,
    "license": _INTEGER_OR_NULL,
    "messenger": _TEXT_OR_NULL,
    "company": _INTEGER_OR_NULL,
    "user": _INTEGER_OR_NULL,
    "index": _INTEGER,
    "count": _INTEGER,
    "data": (),
    "meta": (),
}
_KEYS = tuple(_TYPES)
_LEAST = (("seq", 0), ("index", 0), ("count", 1))
_FLAGS = ("malformed", "backfill")
# The orders of the keys in which records are written.
_LAYOUTS = frozenset((*_TYPES, *flags) for flags in ((), _FLAGS[:1], _FLAGS[1:], _FLAGS))
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{3}Z", re.ASCII)
# A lone surrogate's escape, behind an even number of backslashes; those are matched to be skipped.
_SURROGATE = re.compile(r"\\\\|\\u(d[89a-f][0-9a-f]{2})")
# What one reader takes for another value than the other: surrogates, and integers over 64 bits.
_DELICATE = re.compile(rb"\\ud[89a-f]|[0-9]{19}")


class BadLineError(ValueError):
    """The line can't be replayed; the message says why, as the end of a sentence about it."""


@dataclass(slots=True)
class RecordLine:
    """One record in ``size`` bytes, in its ``place`` among those of its frame, which has ``total``.

    ``line`` is the line with its newline; None if this program would write the record differently.
    Frozen by ``Final``, as a record.
    """

    value: Final[dict[str, object]]
    received_at: Final[datetime]
    occurred_at: Final[datetime | None]
    line: Final[bytes | None]
    size: Final[int]
    place: Final[int]
    total: Final[int]


class RawLine(NamedTuple):
    """One event's payload, with or without its wrapper."""

    payload: dict[str, object]


class NoticeLine(NamedTuple):
    """News of the connection: nothing to replay."""


def parse_line(line: bytes) -> RecordLine | RawLine | NoticeLine:
    """Return what ``line`` holds, which may end with a newline. Raises ``BadLineError``."""
    value, written = _load(line)
    if not isinstance(value, dict):
        raise BadLineError("it is no JSON object")
    if "v" in value or "kind" in value:
        return _parse_versioned(value, written, len(line))
    inner = value.get("payload")
    if "data" in (inner if isinstance(inner, dict) else value):
        return RawLine(value)
    raise BadLineError("it is neither a record nor an event as --format raw writes it")


def _load(line: bytes) -> tuple[object, bytes | None]:
    """Return the value, and it as a line of this program, with its newline, if that is ``line``."""
    try:
        value = jsontext.loads_of_any_depth(line)
        written = jsontext.dumps_bounded(value) + b"\n"
    except ValueError as exc:
        # A value that is as deep as can be is deeper in a record.
        content = line.removesuffix(b"\n")
        if (exact := _load_exactly(content)) is None:
            raise BadLineError("it isn't JSON") from exc
        return exact, content + b"\n"
    if line == written or line == written[:-1]:
        return value, written
    content = line.removesuffix(b"\n")
    exact = _load_exactly(content) if _DELICATE.search(content) else None
    return (value, None) if exact is None else (exact, content + b"\n")


def _load_exactly(content: bytes) -> object:
    """Return what this program wrote as ``content``; None if it wouldn't write it like that."""
    try:
        text = _SURROGATE.sub(_unescape, content.decode())
        value = json.loads(text, parse_constant=_refuse_constant)
        for inner in value.values() if isinstance(value, dict) else ():
            jsontext.loads(jsontext.dumps(inner))  # raises where the nesting is too deep
    except (ValueError, RecursionError):
        return None
    return value if jsontext.dumps(value) == content else None


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[0]


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _parse_versioned(
    value: dict[str, object], written: bytes | None, size: int
) -> RecordLine | NoticeLine:
    if not (is_own := _is_usual(value)):
        version, kind = value.get("v"), value.get("kind")
        if type(version) is not int or version != RECORD_VERSION:
            raise BadLineError(f"its version isn't {RECORD_VERSION}, the one that is known here")
        if kind == "notice":
            return NoticeLine()
        if kind != "event":
            raise BadLineError("it is of an unknown kind")
        is_own = _check_shape(value) and _has_own_values(value)
    received_at, has_own_time = _instant("received_at", value["received_at"])
    is_own &= has_own_time
    occurred_at = None
    if value["occurred_at"] is not None:
        occurred_at, has_own_time = _instant("occurred_at", value["occurred_at"])
        is_own &= has_own_time
    line = written if is_own else None
    place, total = value["index"], value["count"]
    return RecordLine(value, received_at, occurred_at, line, size, place, total)  # type: ignore[arg-type]


def _is_usual(value: Mapping[str, object]) -> bool:
    """Return whether a record is written as this program writes nearly all: without flags."""
    if tuple(value) != _KEYS:
        return False
    version, kind, seq, received_at, occurred_at, event, channel, scope, *rest = value.values()
    license_, messenger, company, user, index, count, _, _ = rest
    return (
        (type(version) is int and version == RECORD_VERSION and kind == "event")
        and (type(seq) is int and seq >= 0)
        and (type(index) is int and index >= 0)
        and (type(count) is int and count >= 1)
        and type(event) is str
        and type(received_at) is str
        and (occurred_at is None or type(occurred_at) is str)
        and type(channel) is str
        and scope == parse_name(channel).scope
        and (license_ is None or type(license_) is int)
        and (messenger is None or type(messenger) is str)
        and (company is None or type(company) is int)
        and (user is None or type(user) is int)
    )


def _check_shape(value: Mapping[str, object]) -> bool:
    """Return whether a record's keys are in the order in which this program writes them.

    Raises ``BadLineError`` for a key that is missing, or has a wrong value.
    """
    if not _TYPES.keys() <= value.keys():
        missing = ", ".join(key for key in _TYPES if key not in value)
        raise BadLineError(f"it is a record without {missing}")
    for key, allowed in _TYPES.items():
        if allowed and type(value[key]) not in allowed:
            raise BadLineError(f"it is a record with a wrong {key}")
    for key, least in _LEAST:
        if value[key] < least:  # type: ignore[operator]
            raise BadLineError(f"it is a record with a wrong {key}")
    return tuple(value) in _LAYOUTS


@lru_cache(maxsize=256)  # what came together has the same times
def _instant(key: str, text: str) -> tuple[datetime, bool]:
    """Return the aware instant that ``text`` is, and whether this program would write it so."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadLineError(f"it is a record with a wrong {key}") from exc
    if instant.tzinfo is None:
        raise BadLineError(f"it is a record with a {key} without a time zone")
    return instant, _INSTANT.fullmatch(text) is not None


def _has_own_values(value: Mapping[str, object]) -> bool:
    """Return whether a record made of ``value`` has the same values where there is a choice."""
    channel = value["channel"]
    return (
        value["scope"] == (parse_name(channel).scope if isinstance(channel, str) else None)
        and value.get("malformed", True) is True
        and value.get("backfill", True) is True
    )
