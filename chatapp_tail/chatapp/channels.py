"""Channel specs (``1229/telegram``) and Pusher channel names, in both directions. Pure.

Source: the vendor's page on incoming events (licence, company and user channels) and its newer
page on employees (``companies.{id}.users.{id}``).
"""

import re
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from chatapp_tail.errors import UsageError

# Exact case matters to the server. The first four are documented, the others were seen in use.
MESSENGER_TYPES = (
    "grWhatsApp",
    "caWhatsApp",
    "WhatsApp",
    "telegram",
    "telegramBot",
    "avito",
    "vkontakte",
    "email",
    "instagram",
)

SPEC_FORMS = "1229/telegram, company/2224, company/2224/user/685, user/685 or a full private-… name"


class Scope(StrEnum):
    """Whom a channel belongs to."""

    LICENSE = "license"
    COMPANY = "company"
    USER = "user"
    EMPLOYEE = "employee"


class Channel(NamedTuple):
    """A Pusher channel name and the ids in it; all None for a name of unknown shape."""

    name: str
    scope: Scope | None = None
    license: int | None = None
    messenger: str | None = None
    company: int | None = None
    user: int | None = None

    @property
    def spec(self) -> str:
        """The short form that a user types, or the full name if there is none."""
        match self.scope:
            case Scope.LICENSE:
                return f"{self.license}/{self.messenger}"
            case Scope.COMPANY:
                return f"company/{self.company}"
            case Scope.USER:
                return f"user/{self.user}"
            case Scope.EMPLOYEE:
                return f"company/{self.company}/user/{self.user}"
            case None:
                return self.name


# At most 18 digits, because int() fails for a hostile megabyte of them. No leading zero, because
# 01229 would get the spec of another channel.
_ID = "0|[1-9][0-9]{0,17}"
_TYPE = "[A-Za-z0-9_=@,.;-]{1,100}"
_FORMS: tuple[tuple[Scope, str, str, str], ...] = (
    (
        Scope.LICENSE,
        rf"(?P<license>{_ID})/(?P<messenger>{_TYPE})",
        rf"private-v1\.licenses\.(?P<license>{_ID})\.messengers\.(?P<messenger>{_TYPE})",
        "private-v1.licenses.{license}.messengers.{messenger}",
    ),
    (
        Scope.COMPANY,
        rf"company/(?P<company>{_ID})",
        rf"private-v1\.companies\.(?P<company>{_ID})",
        "private-v1.companies.{company}",
    ),
    (
        Scope.EMPLOYEE,
        rf"company/(?P<company>{_ID})/user/(?P<user>{_ID})",
        rf"private-v1\.companies\.(?P<company>{_ID})\.users\.(?P<user>{_ID})",
        "private-v1.companies.{company}.users.{user}",
    ),
    (
        Scope.USER,
        rf"user/(?P<user>{_ID})",
        rf"private-v1\.users\.(?P<user>{_ID})",
        "private-v1.users.{user}",
    ),
)
_SPECS = tuple((scope, re.compile(spec), template) for scope, spec, _, template in _FORMS)
_NAMES = tuple((scope, re.compile(name)) for scope, _, name, _ in _FORMS)
# Real Pusher allows 164 characters, soketi 200.
LONGEST_NAME = 200
_NAME_CHARACTERS = re.compile(rf"[A-Za-z0-9_\-=@,.;]{{1,{LONGEST_NAME}}}")


def parse_spec(spec: str) -> Channel:
    """Return the channel of a spec or full name. Raises ``UsageError`` with the right forms."""
    if spec.startswith("private-"):
        return _parse_full_name(spec)
    for scope, pattern, template in _SPECS:
        if match := pattern.fullmatch(spec):
            parts = match.groupdict()
            return _channel(template.format_map(parts), scope, parts)
    raise UsageError(f"{spec!r} is not a channel", hint=f"A channel is written {SPEC_FORMS}.")


def parse_name(name: str) -> Channel:
    """Return the channel of any Pusher name; one of unknown shape has a name and no ids."""
    if len(name) > LONGEST_NAME:  # hostile: not cached
        return Channel(name)
    return _parse_name(name)


@lru_cache(maxsize=4096)
def _parse_name(name: str) -> Channel:
    for scope, pattern in _NAMES:
        if match := pattern.fullmatch(name):
            return _channel(name, scope, match.groupdict())
    return Channel(name)


def license_channel(license_id: str, messenger: str) -> Channel:
    """Return a messenger's channel in a licence. Raises ``UsageError`` for a wrong part."""
    if not re.fullmatch(_ID, license_id):
        raise UsageError(
            f"{license_id!r} is not a licence id",
            hint="A licence id is a number, as in: --license 1229 --messenger telegram",
        )
    if not re.fullmatch(_TYPE, messenger):
        raise UsageError(
            f"{messenger!r} is not a messenger type",
            hint=f"Known types: {', '.join(MESSENGER_TYPES)}.",
        )
    return parse_spec(f"{license_id}/{messenger}")


def similar_messengers(messenger: str) -> tuple[str, ...]:
    """Return the known types that ``messenger`` may mean; none if it is known or unlike all.

    WhatsApp has three types, one for each way of connecting it.
    """
    if messenger in MESSENGER_TYPES:
        return ()
    known = {name: _fold(name) for name in MESSENGER_TYPES}
    near = get_close_matches(_fold(messenger), known.values(), n=1, cutoff=0.75)
    return tuple(name for name, folded in known.items() if near and folded.endswith(near[0]))


def _fold(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _parse_full_name(name: str) -> Channel:
    if not _NAME_CHARACTERS.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a channel name",
            hint=f"A name has at most {LONGEST_NAME} letters, digits "
            "and the characters _ - = @ , . ;",
        )
    return parse_name(name)


def _channel(name: str, scope: Scope, parts: dict[str, str]) -> Channel:
    ids = {key: int(value) for key, value in parts.items() if key != "messenger"}
    return Channel(
        name,
        scope,
        license=ids.get("license"),
        messenger=parts.get("messenger"),
        company=ids.get("company"),
        user=ids.get("user"),
    )
