"""``--where`` and ``--until``: ``data.side=in``, ``data.message.text~invoice``, ``malformed``.

Like kubectl's field selectors, so that no shell quoting is needed. Values compare as
text: 1229 and "1229" are the same, true, false, null and floats (``1.0``) are as JSON writes them,
an object is its JSON in one line. Through a list, and for a list, one element is enough.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.fields import FIELDS
from chatapp_tail.chatapp.record import Record
from chatapp_tail.filters.path import EXAMPLES, Path, impossible, opened, parse_path
from chatapp_tail.filters.predicate import Predicate, is_found
from chatapp_tail.filters.syntax import misplaced, parse_regex


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


_WRITTEN = {"==": Operator.EQUALS, **{one.value: one for one in Operator if one}}
_OPERATOR = re.compile("==|!=|!~|=|~")
# A joining word and the beginning of a second test.
_JOINED = re.compile(
    rf"\s(?:and|&&|or|\|\|)\s+(?:{'|'.join(FIELDS)})[\w.]*\s*(?:=|!=|~|!~)", re.IGNORECASE
)
_ONE_EACH = "Give each a -w of its own: all must hold. For an or, pipe --json into jq."


class Test(NamedTuple):
    """One test of a record. ``regex`` is the compiled value for ~ and !~."""

    path: Path
    operator: Operator
    value: str = ""
    regex: re.Pattern[str] | None = None

    def matches(self, record: Record) -> bool:
        """Return whether the test holds. Never raises for what the record holds."""
        found = self.path.reach(record)
        if self.operator is Operator.EXISTS:
            return any(map(_exists, found))
        if self.regex is not None:
            return _search(self.regex, opened(found)) is (self.operator is Operator.MATCHES)
        is_equal = self.value in map(_text, opened(found))
        return is_equal is (self.operator is Operator.EQUALS)


def predicate(test: Test) -> Predicate:
    """Return ``test.matches``, faster if the path leads through objects to a text.

    That is so for nearly all records; ``matches`` handles everything else.
    """
    key, *below = test.path.parts
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
        return Test(parse_path(text, len(text)), Operator.EXISTS)
    path, operator = parse_path(text, written.start()), _WRITTEN[written[0]]
    value = text[written.end() :]
    if written[0] == "=" and value.startswith("~"):
        advice = f"A regular expression is searched with ~: {text[: written.start()]}{value}"
        raise misplaced("there is no operator =~", text, written.start(), advice)
    if joined := _JOINED.search(text, written.end()):
        raise misplaced("a test can't contain a second one", text, joined.start() + 1, _ONE_EACH)
    if operator in (Operator.MATCHES, Operator.LACKS):
        return Test(path, operator, value, parse_regex(text, written.end()))
    if problem := impossible(path, value):
        raise misplaced(f"this can never hold: {problem}", text, written.end(), EXAMPLES)
    return Test(path, operator, value)


def by_cost(tests: Iterable[Test]) -> list[Test]:
    """Return the tests, those with regular expressions last."""
    return sorted(tests, key=lambda test: test.regex is not None)


def _exists(value: object) -> bool:
    if isinstance(value, str | list | dict):
        return bool(value)
    return value is not None and value is not False


def _search(regex: re.Pattern[str], values: Iterable[object]) -> bool:
    return any(is_found((regex,), _text(value)) for value in values if value is not None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else jsontext.dumps(value).decode()
