"""``--where`` and ``--until``: ``data.side=in``, ``data.message.text~invoice``, ``malformed``.

Like kubectl's field selectors, so that no shell quoting is needed. Values compare as
text: 1229 and "1229" are the same, true, false, null and floats (``1.0``) are as JSON writes them,
an object is its JSON in one line. Through a list, and for a list, one element is enough.

The first part of a path is a field of the record, read from the objects: a dictionary of each
record would cost more than the test. ``malformed`` and ``backfill``, which JSON has only where they
are true, are false elsewhere. Below ``data`` and ``meta`` any key is allowed, because undocumented
fields may come. A part looks into each element of a list, a number picks one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.events import EVENTS, fields
from chatapp_tail.chatapp.fields import AUTHOR_FIELDS, FIELDS
from chatapp_tail.chatapp.identity import AUTHOR_KINDS
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import is_number
from chatapp_tail.filters.predicate import Predicate, is_found
from chatapp_tail.filters.syntax import misplaced, parse_regex

_OPEN = ("data", "meta", "author")
_AUTHOR_PATHS = frozenset((name,) for name in AUTHOR_FIELDS)
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
_EXAMPLES = "For example: data.side=in, data.message.text~invoice, or data.message.file alone."
_OPERATOR = re.compile("==|!=|!~|=|~")
# A joining word and the beginning of a second test.
_JOINED = re.compile(
    rf"\s(?:and|&&|or|\|\|)\s+(?:{'|'.join(FIELDS)})[\w.]*\s*(?:=|!=|~|!~)", re.IGNORECASE
)
_ONE_EACH = "Give each a -w of its own: all must hold. For an or, pipe --json into jq."


class Operator(StrEnum):
    """How the values at a path are tested."""

    EXISTS = ""
    """At least one value isn't null, false or empty; zero counts."""
    EQUALS = "="
    DIFFERS = "!="
    """No value equals it: also true where there is no such path."""
    MATCHES = "~"
    """The regular expression matches somewhere in one. Null has no text."""
    LACKS = "!~"
    """It matches in none: also true where there is no such path."""


class Test(NamedTuple):
    """One test of a record: of the values at ``path``, the keys that lead to them.

    ``regex`` is the compiled value for ~ and !~.
    """

    path: tuple[str, ...]
    operator: Operator
    value: str = ""
    regex: re.Pattern[str] | None = None

    def matches(self, record: Record) -> bool:
        """Return whether the test holds. Never raises for what the record holds."""
        found = _values(record, self.path)
        if self.operator is Operator.EXISTS:
            return any(map(_exists, found))
        values = _opened(found)
        if (regex := self.regex) is not None:
            matches = (is_found((regex,), _text(one)) for one in values if one is not None)
            return any(matches) is (self.operator is Operator.MATCHES)
        return (self.value in map(_text, values)) is (self.operator is Operator.EQUALS)


def predicate(test: Test) -> Predicate:
    """Return ``test.matches``, faster if the path leads through objects to a text.

    That is so for nearly all records; ``matches`` handles everything else.
    """
    key, *below = test.path
    if key != "data" or test.operator is Operator.EXISTS:
        return test.matches
    regex, wanted = test.regex, test.value
    is_wanted = test.operator in (Operator.EQUALS, Operator.MATCHES)
    patterns = (regex,) if regex else ()

    def accepts(record: Record) -> bool:
        value = record.data
        for part in below:
            if type(value) is not dict or part not in value:
                return test.matches(record)
            value = value[part]
        if type(value) is not str:
            return test.matches(record)
        found = is_found(patterns, value) if patterns else value == wanted
        return found is is_wanted

    return accepts


def parse_test(text: str) -> Test:
    """Return the test that ``text`` writes. Raises ``UsageError`` that shows what is wrong where.

    The first operator counts; all that follows it, spaces included, is the value. Only a regular
    expression must not be empty.
    """
    written = _OPERATOR.search(text)
    if written is None:
        return Test(_parse_path(text, len(text)), Operator.EXISTS)
    path = _parse_path(text, written.start())
    operator = Operator.EQUALS if written[0] == "==" else Operator(written[0])
    value = text[written.end() :]
    if written[0] == "=" and value.startswith("~"):
        advice = f"A regular expression is searched with ~: {text[: written.start()]}{value}"
        raise misplaced("there is no operator =~", text, written.start(), advice)
    if joined := _JOINED.search(text, written.end()):
        raise misplaced("a test can't contain a second one", text, joined.start() + 1, _ONE_EACH)
    if operator in (Operator.MATCHES, Operator.LACKS):
        return Test(path, operator, value, parse_regex(text, written.end()))
    if problem := _impossible(path, value):
        raise misplaced(f"this can never hold: {problem}", text, written.end(), _EXAMPLES)
    return Test(path, operator, value)


def _parse_path(text: str, end: int) -> tuple[str, ...]:
    """Return the path in the first ``end`` characters of a test. Raises ``UsageError``."""
    written = text[:end]
    if not written:
        problem = f"there is no path before {text[:1]!r}" if text else "the test is empty"
        raise misplaced(problem, text, 0, _EXAMPLES)
    if strange := _STRANGE.search(written):
        advice = f"Write it without spaces. {_EXAMPLES}" if strange[0].isspace() else _OPERATORS
        raise misplaced(f"a path can't contain {strange[0]!r}", text, strange.start(), advice)
    if empty := _EMPTY_PART.search(written):
        raise misplaced("a part of the path is empty", text, empty.end(), _EXAMPLES)
    key, *below = written.split(".")
    if key not in FIELDS:
        raise misplaced(f"a record has no key {key!r}", text, 0, _meant(key, text))
    if key == "author" and below and tuple(below) not in _AUTHOR_PATHS:
        advice = f"An author has {', '.join(AUTHOR_FIELDS)}."
        raise misplaced(f"an author has no {'.'.join(below)!r}", text, len(key) + 1, advice)
    if below and key not in _OPEN:
        advice = (
            f"For example: {key}{text[end:]}. Only data, meta and author have keys of their own."
        )
        raise misplaced(f"{key!r} is a single value", text, len(key), advice)
    return (key, *below)


def _impossible(path: Sequence[str], value: str) -> str:
    """Return why a value at ``path`` can never equal ``value``, "" if it can."""
    key = ".".join(path)
    known = _VALUES.get(key)
    if known is not None:
        return "" if value in known else f"{key} is one of {', '.join(known)}"
    field = FIELDS.get(key)
    wants_number = field is not None and field.type == "integer"
    return f"{key} is a number" if wants_number and not is_number(value) and value != "null" else ""


def _meant(key: str, text: str) -> str:
    """Return the advice for a test that starts with an unknown ``key``."""
    from difflib import get_close_matches  # noqa: PLC0415 (for errors only)

    known = {name.lower(): name for name in FIELDS}
    # Those of messages come first.
    documented = [field.path.replace("[]", "") for name in EVENTS for field in fields(name)]
    if key in documented:
        meant = f"data.{key}"
    elif near := get_close_matches(key.lower(), known, n=1):
        meant = known[near[0]]
    elif deep := next((path for path in documented if path.endswith(f".{key}")), None):
        meant = f"data.{deep}"
    else:
        return f"The keys are {', '.join(FIELDS)}; those of an event are below data."
    return f"Did you mean {meant}{text[len(key) :]}?"


def _values(record: Record, path: Sequence[str]) -> Sequence[object]:
    """Return all values at ``path``: none if it doesn't exist, several through lists."""
    value = FIELDS[path[0]].value(record)
    for number, part in enumerate(path[1:], start=1):
        if not isinstance(value, dict):
            return _spread(value, path[number:])
        if part not in value:
            return ()
        value = value[part]
    return (value,)


def _opened(values: Sequence[object]) -> Sequence[object]:
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
    if isinstance(value, list) and is_number(part):
        return value[int(part) :][:1]
    return [one[part] for one in _opened((value,)) if isinstance(one, dict) and part in one]


def _exists(value: object) -> bool:
    if isinstance(value, str | list | dict):
        return bool(value)
    return value is not None and value is not False


def _text(value: object) -> str:
    return value if isinstance(value, str) else jsontext.dumps(value).decode()
