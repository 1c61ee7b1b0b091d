"""``--redact``: masks for everything personal in an event, before anything else sees it.

Kept are event and channel names, words like ``in``, ``text`` and ``delivered``, times, true and
false, ids of licences, companies and employees, short numbers, and the structure. ``rules`` lists
them by field; every other text is masked. Kept, too, is what can't be told from the harmless: a
number under ten digits in an unknown field, and a name that is an object's key.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import repeat

from chatapp_tail import jsontext
from chatapp_tail.chatapp.redaction.masks import Kind, Masks
from chatapp_tail.chatapp.redaction.rules import (
    LONGEST_KEY,
    Numbers,
    Rule,
    is_harmless_key,
    rule_of,
)
from chatapp_tail.pusher.protocol import PusherEvent

_SHORT = 10**9
# Stands for a masked key: no rule has it, as key or as owner.
_MASKED_KEY = "?"

# Limits of the cache of fields and their texts: 6 MB at most.
_MOST_OWNERS, _MOST_FIELDS, _MOST_KNOWN, _LONGEST_KNOWN = 30, 40, 20, 64

# The form of harmless names; others could hold anything.
_EVENT = re.compile(r"(?!.*[0-9]{7})[A-Za-z][A-Za-z0-9_.:\\-]{0,63}", re.ASCII)
_CHANNEL = re.compile(r"(?!.*[0-9]{10})[A-Za-z0-9_=,.;-]{1,200}", re.ASCII)


class Redactor:
    """Masks events with one key: the same person has the same mask in all of them.

    Equal keys make equal masks, also in other runs. A masked number becomes a text (ChatApp itself
    sends ids as both), but coordinates and fractions become 0.
    """

    def __init__(self, key: bytes) -> None:
        """``key`` is a secret of any length: with it, phones can be found by trying all.

        Raises ``ValueError`` for an empty key.
        """
        if not key:
            raise ValueError("the key is empty")
        self._masks = Masks(key)
        # By the key of the object, and the one in it.
        self._fields: dict[str, dict[str, _Field]] = {}

    def redact_event(self, event: PusherEvent) -> PusherEvent:
        """Return ``event`` with masks. Never raises, for any text and any JSON value.

        Objects and lists, also those in JSON text, are returned as values; other values as JSON
        text, and text that isn't JSON as its mask.
        """
        channel = event.channel
        return PusherEvent(
            self._name(Kind.EVENT, event.event, _EVENT),
            None if channel is None else self._name(Kind.CHANNEL, channel, _CHANNEL),
            self._data(event.data),
        )

    def names(self, people: Mapping[str, str]) -> Mapping[str, str]:
        """Return a view of ``people`` whose values are masks; ``people`` may grow."""
        return _MaskedNames(people, self._masks)

    def _name(self, kind: Kind, name: str, kept: re.Pattern[str]) -> str:
        return name if kept.fullmatch(name) else self._masks.mask(kind, name)

    def _data(self, data: object) -> object:
        value = data
        if isinstance(data, str):
            try:
                value = jsontext.loads(data)
            except ValueError:
                return self._masks.mask(Kind.TEXT, data)
        masked = self._value(value, "", "")
        return masked if isinstance(masked, dict | list) else jsontext.dumps(masked).decode()

    def _value(self, value: object, owner: str, key: str) -> object:
        """Mask what stands under ``key`` in the object under ``owner``; list items share both.

        Two frames a level at most: 250 levels must fit into Python's stack.
        """
        match value:
            case str():
                return self._text(value, rule_of(owner, key))
            case None | bool():
                return value
            case dict():
                return self._object(value, key)
            case list():
                return list(map(self._value, value, repeat(owner), repeat(key)))
            case int() | float():
                return self._number(value, rule_of(owner, key))
            case _:
                return None

    def _object(self, value: dict[str, object], key: str) -> dict[str, object]:
        masked: dict[str, object] = {}
        fields = self._fields.get(key) or self._fields_of(key)
        for name, inner in value.items():
            field = fields.get(name) or self._named_field(key, name)
            shown, known, keeps_short, owner, own_key, rule = field
            # The usual values, inlined for speed; ``_value`` does the same.
            kind = type(inner)
            if kind is str:
                text = known.get(inner)  # type: ignore[call-overload]
                masked[shown] = self._remembered(inner, known, rule) if text is None else text  # type: ignore[arg-type]
            elif inner is None or kind is bool:
                masked[shown] = inner
            elif kind is dict:
                masked[shown] = self._object(inner, own_key)  # type: ignore[arg-type]
            elif kind is int and keeps_short and -_SHORT < inner < _SHORT:  # type: ignore[operator]
                masked[shown] = inner
            else:
                masked[shown] = self._value(inner, owner, own_key)
        return masked

    def _named_field(self, owner: str, name: str) -> "_Field":
        """Return the field of an object's member, with its name masked if need be."""
        if len(name) <= LONGEST_KEY and is_harmless_key(name):
            fields = self._fields_of(owner)
            if len(fields) >= _MOST_FIELDS:
                fields.clear()
            found = fields[name] = _field(name, owner, name)
            return found
        return _field(self._masks.mask(Kind.KEY, name), owner, _MASKED_KEY)

    def _fields_of(self, owner: str) -> "dict[str, _Field]":
        fields = self._fields.get(owner)
        if fields is None:
            if len(self._fields) >= _MOST_OWNERS:
                self._fields.clear()
            fields = self._fields[owner] = {}
        return fields

    def _remembered(self, value: str, known: dict[str, str], rule: Rule) -> str:
        text = self._text(value, rule)
        if len(value) <= _LONGEST_KNOWN:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[value] = text
        return text

    def _text(self, value: str, rule: Rule) -> str:
        if rule.kept is not None and rule.kept.fullmatch(value):
            return value
        return self._masks.mask(rule.kind, value)

    def _number(self, value: float, rule: Rule) -> int | float | str:
        if isinstance(value, int):
            if rule.numbers is Numbers.ZERO:
                return 0
            return value if _stays(value, rule.numbers) else self._masks.mask(rule.kind, str(value))
        return value if rule.numbers is Numbers.TIMES and _is_time(value) else 0.0


# What stands under a key in the object under an owner: the key as shown, a cache of recent texts
# with what is shown of each, whether short numbers stay, owner, key and rule. Not a named tuple:
# unpacking that takes longer.
_Field = tuple[str, dict[str, str], bool, str, str, Rule]


def _field(name: str, owner: str, key: str) -> _Field:
    rule = rule_of(owner, key)
    return name, {}, _stays(0, rule.numbers), owner, key, rule


def _stays(value: int, numbers: Numbers) -> bool:
    if -_SHORT < value < _SHORT:
        return numbers not in (Numbers.NONE, Numbers.ZERO)
    return numbers is Numbers.ALL or (numbers is Numbers.TIMES and _is_time(value))


def _is_time(value: float) -> bool:
    """Return whether ``value`` is a unix time from 2001 to 2096, in seconds or milliseconds."""
    return 10**9 <= value < 4 * 10**9 or 10**12 <= value < 4 * 10**12


class _MaskedNames(Mapping[str, str]):
    """A view of names by id that shows masks."""

    def __init__(self, people: Mapping[str, str], masks: Masks) -> None:
        self._people = people
        self._masks = masks

    def __getitem__(self, identity: str) -> str:
        return self._masks.mask(Kind.NAME, self._people[identity])

    def __iter__(self) -> Iterator[str]:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)
