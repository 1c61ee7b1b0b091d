"""Paths into a record: ``data.chat.tags.name``, ``license``, ``data.chat.accomplices.0.id``.

The first part is a field of the record, read from the objects: a dictionary of each record would
cost more than the test. ``malformed`` and ``backfill``, which JSON has only where they are true,
are false elsewhere. Below ``data`` and ``meta`` any key is allowed, because undocumented fields
may come. A part looks into each element of a list, a number picks one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from chatapp_tail.chatapp.events import EVENTS, fields
from chatapp_tail.chatapp.fields import FIELDS
from chatapp_tail.chatapp.identity import AUTHOR_KINDS, Author
from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters.syntax import misplaced

_OPEN = ("data", "meta", "author")
_AUTHOR_PATHS = frozenset((name,) for name in Author._fields)
# The only possible values of some keys: any other value is a typing error.
_VALUES: Mapping[str, Sequence[str]] = {
    **{name: (*map(str, field.values), "null") for name, field in FIELDS.items() if field.values},
    **{name: ("true", "false") for name, field in FIELDS.items() if field.type == "true"},
    "author.kind": (*AUTHOR_KINDS, "null"),
}
_STRANGE = re.compile(r"[^\w.-]")
_EMPTY_PART = re.compile(r"\A(?=\.)|\.(?=\.|\Z)")
_OPERATORS = (
    "The operators are =, !=, ~ and !~, as in data.type!=sent; for more, pipe --json into jq."
)
EXAMPLES = "For example: data.side=in, data.message.text~invoice, or data.message.file alone."


class Path(NamedTuple):
    """Where to look: a key of the record, and the way on from there."""

    parts: tuple[str, ...]

    def reach(self, record: Record) -> Sequence[object]:
        """Return all values at the path: none if it doesn't exist, several through lists."""
        value = FIELDS[self.parts[0]].value(record)
        for number, part in enumerate(self.parts[1:], start=1):
            if not isinstance(value, dict):
                return _spread(value, self.parts[number:])
            if part not in value:
                return ()
            value = value[part]
        return (value,)


def opened(values: Sequence[object]) -> Sequence[object]:
    """Return ``values`` with the elements of lists, nested ones too, in place of the lists."""
    return list(_elements(values)) if list in map(type, values) else values


def _elements(values: Iterable[object]) -> Iterator[object]:
    waiting = [iter(values)]  # no recursion: hostile nesting
    while waiting:
        for one in waiting[-1]:
            if isinstance(one, list):
                waiting.append(iter(one))
                break
            yield one
        else:
            waiting.pop()


def _spread(value: object, parts: Sequence[str]) -> Sequence[object]:
    """Return what ``parts`` lead to, through all elements of lists, level by level."""
    found = [value]
    for part in parts:
        found = [inner for outer in found for inner in _step(outer, part)]
    return found


def _step(value: object, part: str) -> Sequence[object]:
    if isinstance(value, list) and _is_number(part):
        return value[int(part) :][:1]
    return [one[part] for one in opened((value,)) if isinstance(one, dict) and part in one]


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) < 10


def parse_path(text: str, end: int) -> Path:
    """Return the path in the first ``end`` characters of a test. Raises ``UsageError``."""
    written = text[:end]
    if not written:
        problem = f"there is no path before {text[:1]!r}" if text else "the test is empty"
        raise misplaced(problem, text, 0, EXAMPLES)
    if strange := _STRANGE.search(written):
        advice = f"Write it without spaces. {EXAMPLES}" if strange[0].isspace() else _OPERATORS
        raise misplaced(f"a path can't contain {strange[0]!r}", text, strange.start(), advice)
    if empty := _EMPTY_PART.search(written):
        raise misplaced("a part of the path is empty", text, empty.end(), EXAMPLES)
    key, *below = written.split(".")
    if key not in FIELDS:
        raise misplaced(f"a record has no key {key!r}", text, 0, _meant(key, text))
    if key == "author" and below and tuple(below) not in _AUTHOR_PATHS:
        advice = f"An author has {', '.join(Author._fields)}."
        raise misplaced(f"an author has no {'.'.join(below)!r}", text, len(key) + 1, advice)
    if below and key not in _OPEN:
        advice = (
            f"For example: {key}{text[end:]}. Only data, meta and author have keys of their own."
        )
        raise misplaced(f"{key!r} is a single value", text, len(key), advice)
    return Path((key, *below))


def impossible(path: Path, value: str) -> str:
    """Return why a value at ``path`` can never equal ``value``, "" if it can."""
    key = ".".join(path.parts)
    known = _VALUES.get(key)
    if known is not None:
        return "" if value in known else f"{key} is one of {', '.join(known)}"
    field = FIELDS.get(key)
    is_number = field is not None and field.type == "integer"
    return f"{key} is a number" if is_number and not _is_number(value) and value != "null" else ""


def _meant(key: str, text: str) -> str:
    """Return the advice for a test that starts with an unknown ``key``."""
    from difflib import get_close_matches  # noqa: PLC0415 (for errors only)

    known = {name.lower(): name for name in FIELDS}
    documented = _documented()
    if key in documented:
        meant = f"data.{key}"
    elif near := get_close_matches(key.lower(), known, n=1):
        meant = known[near[0]]
    elif deep := next((path for path in documented if path.endswith(f".{key}")), None):
        meant = f"data.{deep}"
    else:
        return f"The keys are {', '.join(FIELDS)}; those of an event are below data."
    return f"Did you mean {meant}{text[len(key) :]}?"


def _documented() -> list[str]:
    """Return the paths of all documented fields below ``data``, those of messages first."""
    return [field.path.replace("[]", "") for name in EVENTS for field in fields(name)]
