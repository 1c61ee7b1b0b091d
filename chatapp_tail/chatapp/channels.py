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

_SPEC_FORMS = (
    "1229/telegram, company/2224, company/2224/user/685, user/685 or a full private-… name"
)


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
        match self.scope:  # faster than a template of _FORMS: each row has a spec
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


# The spec of each kind of channel, and Pusher's name of it.
_FORMS = {
    Scope.LICENSE: (
        "{license}/{messenger}",
        "private-v1.licenses.{license}.messengers.{messenger}",
    ),
    Scope.COMPANY: ("company/{company}", "private-v1.companies.{company}"),
    Scope.EMPLOYEE: (
        "company/{company}/user/{user}",
        "private-v1.companies.{company}.users.{user}",
    ),
    Scope.USER: ("user/{user}", "private-v1.users.{user}"),
}
# At most 18 digits, because int() fails for a hostile megabyte of them. No leading zero, because
# 01229 would get the spec of another channel.
_ID = "0|[1-9][0-9]{0,17}"
_TYPE = "[A-Za-z0-9_=@,.;-]{1,100}"
_GROUPS = {
    "license": f"(?P<license>{_ID})",
    "messenger": f"(?P<messenger>{_TYPE})",
    "company": f"(?P<company>{_ID})",
    "user": f"(?P<user>{_ID})",
}


def _pattern(form: str) -> re.Pattern[str]:
    """Return the pattern of the texts of this form, with a group for each part."""
    return re.compile(form.replace(".", r"\.").format_map(_GROUPS))


_SPECS = tuple((scope, _pattern(spec), name) for scope, (spec, name) in _FORMS.items())
_NAMES = tuple((scope, _pattern(name)) for scope, (_, name) in _FORMS.items())
# Real Pusher allows 164 characters, soketi 200.
LONGEST_NAME = 200
_NAME_CHARACTERS = re.compile(rf"[A-Za-z0-9_\-=@,.;]{{1,{LONGEST_NAME}}}")


def parse_spec(spec: str) -> Channel:
    """Return the channel of a spec or full name. Raises ``UsageError`` with the right forms."""
    if spec.startswith("private-"):
        if not _NAME_CHARACTERS.fullmatch(spec):
            raise UsageError(
                f"{spec!r} is not a channel name",
                hint=f"A name has at most {LONGEST_NAME} letters, digits "
                "and the characters _ - = @ , . ;",
            )
        return parse_name(spec)
    for scope, pattern, template in _SPECS:
        if match := pattern.fullmatch(spec):
            parts = match.groupdict()
            return _channel(template.format_map(parts), scope, parts)
    raise UsageError(f"{spec!r} is not a channel", hint=f"A channel is written {_SPEC_FORMS}.")


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


def _channel(name: str, scope: Scope, parts: dict[str, str]) -> Channel:
    ids = {key: int(value) for key, value in parts.items() if key != "messenger"}
    return Channel(
        name, scope, ids.get("license"), parts.get("messenger"), ids.get("company"), ids.get("user")
    )
