"""The mask of one value: keyed, stable, typed and short. Pure.

A mask is a kind and ten characters, 50 bits of a keyed BLAKE2b: ``phone-k3x7q2abcd``. Without the
key nobody finds the value by trying all phone numbers. The ten characters are the same in all forms
of a value, ``79990000000``, ``+7 999 000-00-00`` and ``79990000000@c.us``, and whatever the kind.
"""

import re
from base64 import b32encode
from collections.abc import Callable
from enum import StrEnum
from hashlib import blake2b


class Kind(StrEnum):
    """What a value is taken for. Its mask begins with this word, unless its form decides."""

    PHONE = "phone"
    EMAIL = "email"
    USER = "user"
    NAME = "name"
    TEXT = "text"
    LINK = "link"
    FILE = "file"
    PLACE = "place"
    ID = "id"
    MESSAGE_ID = "message-id"
    CHANNEL = "channel"
    EVENT = "event"
    KEY = "key"
    UNKNOWN = "unknown"


# Fields that may hold a phone, an e-mail address or a link instead.
_SHOWING = frozenset({Kind.PHONE, Kind.USER, Kind.NAME, Kind.UNKNOWN})
# Limits of the cache: how many masks, of values up to which length; 4 MB at most.
_REMEMBERED = 10_000
_LONGEST_REMEMBERED = 100
# In characters: no e-mail address or other identity is longer.
_LONGEST_IDENTITY = 320

_DIGITS = re.compile(r"[0-9]{1,20}")
_PHONE = re.compile(r"\+?[\d\s().\-\u2010-\u2015]{10,40}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
# WhatsApp: person, device, group (made by a person at a time), and the newer nameless forms.
_JID = re.compile(
    r"\+?([0-9]{5,20})(?:-([0-9]{5,20}))?(:[0-9]{1,3})?"
    r"@(c\.us|s\.whatsapp\.net|g\.us|lid|newsletter|broadcast)"
)
# Telegram: private-<user>h<hash>, group-<number>; the hash may be negative.
_DIALOG = re.compile(r"(private|group|channel)-(-?[0-9]{1,20})(?:h(-?[0-9]{1,20}))?")
_HASH = re.compile(r"h(-?[0-9]{5,20})")
# WhatsApp's serialized message id: <from me>_<chat>_<id>[_<participant>].
_SERIALIZED = re.compile(r"(?:true|false)_[^_]+_[^_]+(?:_[^_]+)?")
_HARMLESS_PART = re.compile(r"(?!.*[0-9]{10})(?:true|false|[0-9A-Fa-f]{8,64})")
_URL = re.compile(r"(https?)://", re.IGNORECASE)

# Extensions that are kept; any other may be part of somebody's name.
_EXTENSION = re.compile(
    r"\.(?:3gp|7z|aac|amr|apk|avi|bmp|csv|docx?|exe|flac|gif|gz|heic|html?|ics|jpe?g|json|m4a|mkv|"
    r"mov|mp[34]|od[pst]|og[ag]|opus|pdf|png|pptx?|rar|rtf|svg|tar|tgs|tiff?|tsv|txt|vcf|wav|webm|"
    r"webp|xlsx?|xml|zip)",
    re.ASCII | re.IGNORECASE,
)
# A domain that never exists (RFC 2606), so that opening a masked link reaches no server.
_NOWHERE = "masked.invalid"


Maker = Callable[[str], str]


class Masks:
    """Makes masks with one key. Equal keys make equal masks."""

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(key=blake2b(key).digest(), digest_size=10)
        self._known: dict[tuple[Kind, str], str] = {}
        self._makers: dict[Kind, Maker] = {
            Kind.EMAIL: self._email,
            Kind.USER: self._user,
            Kind.TEXT: self._text,
            Kind.LINK: self._link,
            Kind.FILE: self._file,
            Kind.ID: self._identity,
            Kind.MESSAGE_ID: self._message_id,
            Kind.UNKNOWN: self._text,
        }

    def mask(self, kind: Kind, value: str) -> str:
        """Return the mask of ``value``; only "" is kept."""
        known = self._known.get((kind, value))
        if known is not None:
            return known
        mask = self._make(kind, value)
        if len(value) <= _LONGEST_REMEMBERED:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[kind, value] = mask
        return mask

    def _make(self, kind: Kind, value: str) -> str:
        if not value:
            return value
        if kind in _SHOWING and (mask := self._by_look(value)):
            return mask
        make = self._makers.get(kind)
        return make(value) if make else self._plain(kind, value)

    def _digest(self, value: str) -> str:
        digest = self._keyed.copy()
        digest.update(value.encode("utf-8", "surrogatepass"))
        return b32encode(digest.digest())[:10].decode().lower()

    def _plain(self, kind: Kind, value: str) -> str:
        return f"{kind}-{self._digest(value)}"

    def _email(self, value: str) -> str:
        return self._plain(Kind.EMAIL, value.strip().casefold())

    def _text(self, value: str) -> str:
        """Keep the length in characters: ``text-k3x7q2abcd(42)``."""
        return f"{Kind.TEXT}-{self._digest(value)}({len(value)})"

    def _user(self, value: str) -> str:
        name = value.strip().casefold()
        at = "@" if name.startswith("@") else ""
        return at + self._plain(Kind.USER, name.removeprefix("@"))

    def _file(self, value: str) -> str:
        return self._plain(Kind.FILE, value) + _extension(value)

    def _link(self, value: str) -> str:
        """Keep the scheme and the file's type: ``https://masked.invalid/k3x7q2abcd.jpg``."""
        url = _URL.match(value)
        extension = _extension(re.split(r"[?#]", value, maxsplit=1)[0])
        if url is None:
            return self._plain(Kind.LINK, value) + extension
        return f"{url[1].lower()}://{_NOWHERE}/{self._digest(value)}{extension}"

    def _identity(self, value: str) -> str:
        """Mask the id of a person or chat; bare digits are a phone if Telegram has no such id."""
        if _DIGITS.fullmatch(value):
            kind = Kind.PHONE if 11 <= len(value) <= 15 else Kind.ID
            return self._plain(kind, _number(value))
        return self._by_look(value) or self._plain(Kind.ID, value)

    def _message_id(self, value: str) -> str:
        """Mask the persons in a message's id; WhatsApp's base64 contains the phone, too."""
        if value.startswith("wamid."):
            return f"wamid.{self._digest(value)}"
        if len(value) > _LONGEST_IDENTITY or not _SERIALIZED.fullmatch(value):
            return self._identity(value)
        return "_".join(
            part if _HARMLESS_PART.fullmatch(part) else self._identity(part)
            for part in value.split("_")
        )

    def _by_look(self, value: str) -> str | None:
        """Return the mask of a value that is recognized by its form; else None."""
        if _URL.match(value):
            return self._link(value)
        if len(value) > _LONGEST_IDENTITY:
            return None
        trimmed = value.strip()
        looks = (self._as_phone, self._as_jid, self._as_dialog, self._as_email)
        return next((mask for look in looks if (mask := look(trimmed))), None)

    def _as_phone(self, value: str) -> str | None:
        digits = "".join(filter(str.isdecimal, value)) if _PHONE.fullmatch(value) else ""
        return self._plain(Kind.PHONE, _number(digits)) if 10 <= len(digits) <= 15 else None

    def _as_jid(self, value: str) -> str | None:
        """``phone-k3x7q2abcd@c.us``; a group's older id contains its creator's phone."""
        jid = _JID.fullmatch(value)
        if jid is None:
            return None
        person, made_at, device, server = jid.groups()
        is_phone = server != "lid" and len(person) <= 15
        mask = self._plain(Kind.PHONE if is_phone else Kind.ID, _number(person))
        made = f"-{self._digest(made_at)}" if made_at else ""
        return f"{mask}{made}{device or ''}@{server}"

    def _as_dialog(self, value: str) -> str | None:
        """``private-k3x7q2abcd-h-hm5v2w4zta``, and the hash alone, ``h-hm5v2w4zta``."""
        if hashed := _HASH.fullmatch(value):
            return f"h-{self._digest(hashed[1])}"
        dialog = _DIALOG.fullmatch(value)
        if dialog is None:
            return None
        kind, other, hash_ = dialog.groups()
        return f"{kind}-{self._digest(other)}" + (f"-h-{self._digest(hash_)}" if hash_ else "")

    def _as_email(self, value: str) -> str | None:
        return self._email(value) if _EMAIL.fullmatch(value) else None


def _number(digits: str) -> str:
    """Return digits of any script as ASCII, without leading zeros."""
    return str(int(digits))


def _extension(name: str) -> str:
    dot = name.rfind(".", -6)
    found = _EXTENSION.fullmatch(name, dot) if dot >= 0 else None
    return found[0].lower() if found else ""
