"""What is kept of each field of an event, by its key: an allow-list. Pure.

A text is kept only if its key is listed here as harmless *and* the text has the expected form: a
word, a small number, a time. All other texts are masked, also those of fields that ChatApp will
add; the words in an unknown key only decide which kind of mask its value gets.
Source of the fields: the vendor's page on incoming events, and payloads of programs that use it.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from chatapp_tail.chatapp.redaction.masks import Kind


class Numbers(Enum):
    """Which numbers of a field are kept. Fractions may be coordinates: kept in times only."""

    SHORT = "whole ones under ten digits: no phone"
    TIMES = "unix times in seconds or milliseconds, and short ones"
    ALL = "whole ones of any size"
    NONE = "none: they are masked like texts"
    ZERO = "none: they become 0, so that a place stays a place"


@dataclass(frozen=True, slots=True)
class Rule:
    """How a field's values are masked, and which are kept."""

    kind: Kind
    numbers: Numbers
    kept: re.Pattern[str] | None = None


def _kept(pattern: str) -> re.Pattern[str]:
    """Compile the form of a harmless text; ten digits in a row, a phone, never match."""
    return re.compile(rf"(?!.*[0-9]{{10}})(?:{pattern})", re.ASCII)


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = "[A-Za-z][A-Za-z_-]{0,31}[0-9]{0,3}"
_UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_ID = rf"[0-9]{{1,9}}|{_UUID}|[0-9A-Fa-f]{{8,64}}"
# Unix seconds and milliseconds from 2001 to 2096, a short number, or ISO 8601.
_TIME = re.compile(
    r"[0-9]{1,9}|[1-3][0-9]{9}|[1-3][0-9]{12}|"
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)

_ENUM = Rule(Kind.UNKNOWN, Numbers.SHORT, _kept(_WORD))
_PLAIN_ID = Rule(Kind.MESSAGE_ID, Numbers.SHORT, _kept(_ID))
_TIMES = Rule(Kind.UNKNOWN, Numbers.TIMES, _TIME)
_UNKNOWN = Rule(Kind.UNKNOWN, Numbers.SHORT)

_RULES: dict[str, Rule] = {
    **dict.fromkeys(
        _listed("type subtype side status action process permission messengerType event"), _ENUM
    ),
    **dict.fromkeys(
        _listed("licenseId companyId userId employeeId messageId internalId"), _PLAIN_ID
    ),
    "queue": Rule(Kind.UNKNOWN, Numbers.SHORT, _kept(r"[A-Za-z0-9_.:-]{1,64}")),
    "color": Rule(Kind.UNKNOWN, Numbers.SHORT, _kept("#?[0-9A-Za-z]{1,8}")),
    **dict.fromkeys(
        ("contentType", "mimeType"),
        Rule(Kind.UNKNOWN, Numbers.SHORT, _kept(r"[a-z]{1,12}/[a-z0-9.+-]{1,80}")),
    ),
    "size": Rule(Kind.UNKNOWN, Numbers.ALL),
}
# Objects whose ids are ChatApp's own, not a person's; "" and "data" are the item itself.
_HARMLESS_OWNERS = (
    "",
    "data",
    *_listed(
        "message quotedMessage tag tags category responsible producer accomplice accomplices "
        "auditor auditors level edited created employee conversation quickResponse "
        "quickResponseList parent"
    ),
)
_RULES_BY_OWNER: dict[tuple[str, str], Rule] = {
    **{(owner, "id"): _PLAIN_ID for owner in _HARMLESS_OWNERS},
    ("fromApp", "id"): Rule(
        Kind.ID, Numbers.SHORT, _kept("app_[0-9]{1,9}_[0-9]{1,9}|webchat|bitrix|msbot")
    ),
    ("fromApp", "sender"): _ENUM,
    ("error", "code"): Rule(Kind.UNKNOWN, Numbers.SHORT, _kept(f"{_WORD}|[0-9]{{1,9}}")),
    ("file", "name"): Rule(Kind.FILE, Numbers.NONE),
}

# For keys that aren't listed: what their words say of the value; the first match counts.
_SECRET = _listed(
    "birth birthday birthdate dob age pin otp password passport inn iin snils ssn card account "
    "iban zip postal token secret auth"
)
_SECRETS = Rule(Kind.UNKNOWN, Numbers.NONE)
_PLACE_WORDS = _listed(
    "lat latitude lon lng long longitude altitude coordinate coordinates geo location place address"
)
_PLACE = Rule(Kind.PLACE, Numbers.ZERO)
_LAST_WORDS: tuple[tuple[Rule, frozenset[str]], ...] = (
    (Rule(Kind.ID, Numbers.NONE), _listed("id ids uid uuid jid lid hash")),
    (_TIMES, _listed("time at date timestamp created updated")),
)
_WORDS: tuple[tuple[Rule, frozenset[str]], ...] = (
    (_PLACE, _PLACE_WORDS),
    (
        Rule(Kind.PHONE, Numbers.NONE),
        _listed("phone phones tel telephone mobile cell msisdn whatsapp wa viber number"),
    ),
    (Rule(Kind.EMAIL, Numbers.NONE), _listed("email emails mail")),
    (Rule(Kind.USER, Numbers.NONE), _listed("username login nick nickname")),
    (
        Rule(Kind.LINK, Numbers.SHORT),
        _listed("link links url urls uri href src image avatar photo picture thumbnail preview"),
    ),
    (Rule(Kind.FILE, Numbers.SHORT), _listed("file filename")),
    (
        Rule(Kind.NAME, Numbers.NONE),
        _listed("name names fullname firstname lastname surname patronymic title"),
    ),
    (
        Rule(Kind.TEXT, Numbers.NONE),
        _listed("text caption body comment description note keywords reaction"),
    ),
)
_KEY_WORDS = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

_KEY = re.compile(r"(?!.*[0-9]{7})[A-Za-z_$][A-Za-z0-9_$-]*", re.ASCII)
LONGEST_KEY = 64


@lru_cache(maxsize=4096)
def is_harmless_key(key: str) -> bool:
    """Return whether ``key``, of at most 64 characters, is a program's word.

    Other keys may be phones or names.
    """
    return _KEY.fullmatch(key) is not None


@lru_cache(maxsize=4096)
def rule_of(owner: str, key: str) -> Rule:
    """Return the rule for what stands under ``key`` in the object that stands under ``owner``.

    Both are harmless keys, "" outermost, or "?" for a key that was masked.
    """
    return (
        _RULES_BY_OWNER.get((owner, key))
        or _RULES.get(key)
        or _rule_by_words(_words(key), _words(owner))
    )


def _rule_by_words(words: list[str], owner: list[str]) -> Rule:
    if _SECRET.intersection(words + owner):
        return _SECRETS
    for rule, known in _LAST_WORDS:
        if known.intersection(words[-1:]):
            return rule
    by_words = (rule for rule, known in _WORDS if known.intersection(words))
    return next(by_words, _PLACE if _PLACE_WORDS.intersection(owner) else _UNKNOWN)


def _words(key: str) -> list[str]:
    """Return the words of ``phoneNumber`` or ``phone_number``, in small letters."""
    return [word.lower() for word in _KEY_WORDS.findall(key)]
