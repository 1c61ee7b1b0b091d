"""``data.0.message.text=Hello``: one change of an event, and the errors of a wrong path. Pure."""

from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce

from chatapp_tail import jsontext
from chatapp_tail.chatapp.values import is_number
from chatapp_tail.errors import UsageError
from chatapp_tail.filters.syntax import misplaced

_ROOTS = ("data", "meta")
_EXAMPLE = "For example: --set data.0.message.text=Hello"
# Characters of a value that an error quotes, and fields that it lists.
_LONGEST_QUOTE = 30
_MOST_FIELDS = 30


@dataclass(frozen=True, slots=True)
class Assignment:
    """A value and its path: names of fields and, in lists, indexes from 0.

    ``text`` is what the user typed.
    """

    text: str
    parts: tuple[str, ...]
    value: object

    def apply(self, payload: dict[str, object]) -> None:
        """Set the value in ``payload``.

        What is missing or null on the path is created: a list where index 0 follows, else an
        object. The index after the last appends to a list. Raises ``UsageError``, which shows the
        position, for a path through a single value or to a missing element.
        """
        container: object = payload
        last = len(self.parts) - 1
        for depth, part in enumerate(self.parts):
            inner = deepcopy(self.value) if depth == last else _step(container, part)
            if inner is None and depth < last:
                inner = [] if self.parts[depth + 1] == "0" else {}
            if not _put(container, part, inner):
                raise self._misplaced(container, depth, payload)
            container = inner

    def doubt(self, payload: dict[str, object]) -> str | None:
        """Return the path that is probably meant, if ``payload`` has a field of a similar name."""
        container: object = payload
        for depth, part in enumerate(self.parts):
            if isinstance(container, dict) and part not in container:
                near = get_close_matches(part, map(str, container), n=1, cutoff=0.75)
                path = (*self.parts[:depth], *near, *self.parts[depth + 1 :])
                return ".".join(path) if near else None
            container = _step(container, part)
        return None

    def _misplaced(self, container: object, depth: int, payload: dict[str, object]) -> UsageError:
        """Return the error of a part, the one at ``depth``, that ``container`` can't have."""
        if isinstance(container, list):
            found = f"a list of {len(container)}"
        else:
            quoted = jsontext.dumps(container).decode()
            ellipsis = "…" if len(quoted) > _LONGEST_QUOTE else ""
            found = f"{quoted[:_LONGEST_QUOTE]}{ellipsis} and has no fields"
        path = self.parts[:depth]
        position = sum(len(one) + 1 for one in path)
        problem = f"--set: {'.'.join(path)} is {found}"
        return misplaced(problem, self.text, position, _contents(payload, path))


def parse_assignment(text: str) -> Assignment:
    """Read ``PATH=VALUE``: the value is JSON if it parses as JSON, else text.

    Raises ``UsageError``, which shows the position.
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
    try:
        typed = jsontext.loads(value)
    except ValueError:
        typed = value
    return Assignment(text, parts, typed)


def _step(container: object, part: str) -> object:
    """Return the value at ``part``, None if there is none."""
    if isinstance(container, list):
        return container[int(part)] if is_number(part) and int(part) < len(container) else None
    return container.get(part) if isinstance(container, dict) else None


def _put(container: object, part: str, value: object) -> bool:
    """Set the value at ``part``; False if ``container`` can't have one there."""
    if isinstance(container, dict):
        container[part] = value
        return True
    if isinstance(container, list) and is_number(part) and int(part) <= len(container):
        container[int(part) : int(part) + 1] = [value]
        return True
    return False


def _contents(payload: object, path: tuple[str, ...]) -> str:
    """Describe what is at ``path``: a list's indexes, or the fields beside a single value."""
    found = reduce(_step, path, payload)
    if isinstance(found, list):
        if not found:
            return "Index 0 adds the first."
        indexes = f"Indexes: 0 to {len(found)}, the last adds."
        is_of_objects = isinstance(found[0], dict)
        return f"{indexes} {_fields((*path, '0'), found[0])}" if is_of_objects else indexes
    above = reduce(_step, path[:-1], payload)
    return _fields(path[:-1], above) if isinstance(above, dict) else _EXAMPLE


def _fields(path: tuple[str, ...], container: dict[object, object]) -> str:
    names = list(map(str, container))
    more = ", …" if len(names) > _MOST_FIELDS else ""
    return f"{'.'.join(path)} has {', '.join(names[:_MOST_FIELDS]) or 'no fields'}{more}."
