"""``data.0.message.text=Hello``: one change to an event, and where it can't be made. Pure."""

from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches

from chatapp_tail import jsontext
from chatapp_tail.filters.syntax import misplaced
from chatapp_tail.triggering.payload import Payload

_ROOTS = ("data", "meta")
_EXAMPLE = "For example: --set data.0.message.text=Hello"
# Characters of a value that an error quotes, and fields that it lists.
_LONGEST_QUOTE = 30
_MOST_FIELDS = 30


@dataclass(frozen=True, slots=True)
class Assignment:
    """A value, and the way to its place: fields and, in lists, indexes from 0.

    ``text`` is what the user typed.
    """

    text: str
    parts: tuple[str, ...]
    value: object

    def apply(self, payload: Payload) -> None:
        """Set the value in ``payload``.

        What is missing on the way, or null, is made: a list where index 0 follows, else an object.
        The index after the last adds to a list. Raises ``UsageError``, which shows the place, for
        a way through a single value or to an element that isn't there.
        """
        container: object = payload
        for depth in range(len(self.parts) - 1):
            inner = _get(container, self._key(container, depth, payload))
            if inner is None:
                inner = [] if self.parts[depth + 1] == "0" else {}
                _put(container, self._key(container, depth, payload), inner)
            container = inner
        last = self._key(container, len(self.parts) - 1, payload)
        _put(container, last, deepcopy(self.value))

    def doubt(self, payload: Payload) -> str | None:
        """Return the path that is probably meant, where ``payload`` has a field much like it."""
        container: object = payload
        for depth, part in enumerate(self.parts):
            if isinstance(container, dict) and part not in container:
                near = get_close_matches(part, map(str, container), n=1, cutoff=0.75)
                way = (*self.parts[:depth], *near, *self.parts[depth + 1 :])
                return ".".join(way) if near else None
            container = _step(container, part)
        return None

    def _key(self, container: object, depth: int, payload: Payload) -> str | int:
        """Return what ``container`` has its part ``depth`` under."""
        part = self.parts[depth]
        match container:
            case dict():
                return part
            case list() if _is_index(part) and int(part) <= len(container):
                return int(part)
            case list():
                return self._misses(f"a list of {len(container)}", depth, payload)
            case _:
                quoted = jsontext.dumps(container).decode()
                cut = quoted[:_LONGEST_QUOTE] + ("…" if len(quoted) > _LONGEST_QUOTE else "")
                return self._misses(f"{cut} and has no fields", depth, payload)

    def _misses(self, what: str, depth: int, payload: Payload) -> str:
        way = self.parts[:depth]
        position = sum(len(part) + 1 for part in way)
        problem = f"--set: {'.'.join(way)} is {what}"
        raise misplaced(problem, self.text, position, _exists(payload, way))


def parse_assignment(text: str) -> Assignment:
    """Return ``PATH=VALUE`` read: the value as JSON if it is JSON, else as text.

    Raises ``UsageError``, which shows the place.
    """
    path, equals, value = text.partition("=")
    if not equals:
        raise misplaced("--set: there is no = and value", text, len(text), _EXAMPLE)
    parts = tuple(path.split("."))
    if "" in parts:
        position = sum(len(part) + 1 for part in parts[: parts.index("")])
        raise misplaced("--set: a part of the path is empty", text, position, _EXAMPLE)
    if parts[0] not in _ROOTS:
        problem = f"--set: an event has data and meta, but no {parts[0]!r}"
        raise misplaced(problem, text, 0, f"In the first item: --set data.0.{path}=…")
    return Assignment(text, parts, _typed(value))


def _typed(value: str) -> object:
    try:
        return jsontext.loads(value)
    except ValueError:
        return value


def _get(container: object, key: str | int) -> object:
    """Return what is there, None if there is nothing; ``key`` is from ``_key``."""
    if isinstance(container, list) and isinstance(key, int):
        return container[key] if key < len(container) else None
    return container.get(key) if isinstance(container, dict) else None


def _put(container: object, key: str | int, value: object) -> None:
    if isinstance(container, dict):
        container[key] = value
    elif isinstance(container, list) and isinstance(key, int):
        container[key : key + 1] = [value]


def _exists(payload: Payload, way: tuple[str, ...]) -> str:
    """Say what there is at the end of ``way``, or, at a single value, beside it."""
    found, above = _walk(payload, way), _walk(payload, way[:-1])
    if isinstance(found, list):
        count = len(found)
        indexes = (
            "Index 0 adds the first." if not count else f"Indexes: 0 to {count}, the last adds."
        )
        is_of_objects = count and isinstance(found[0], dict)
        return f"{indexes} {_fields((*way, '0'), found[0])}" if is_of_objects else indexes
    if isinstance(above, dict):
        return _fields(way[:-1], above)
    return _EXAMPLE


def _walk(payload: Payload, way: tuple[str, ...]) -> object:
    found: object = payload
    for part in way:
        found = _step(found, part)
    return found


def _step(container: object, part: str) -> object:
    return _get(container, int(part) if isinstance(container, list) and _is_index(part) else part)


def _fields(way: tuple[str, ...], container: object) -> str:
    names = list(map(str, container)) if isinstance(container, dict) else []
    more = ", …" if len(names) > _MOST_FIELDS else ""
    return f"{'.'.join(way)} has {', '.join(names[:_MOST_FIELDS]) or 'no fields'}{more}."


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) < 10
