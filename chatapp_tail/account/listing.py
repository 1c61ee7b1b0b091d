"""What the API lists: the channels that a token may watch, and employees' names by id."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from chatapp_tail.account.cache import Cache
from chatapp_tail.account.rest import License, Rest
from chatapp_tail.chatapp.channels import Channel, license_channel, parse_spec
from chatapp_tail.chatapp.record import iso_utc
from chatapp_tail.errors import ApiRefusedError, UsageError


def employees(rest: Rest, cache: Cache, watched: Iterable[int], now: float) -> dict[str, str]:
    """Return the names of the employees of all companies of the account, and of ``watched`` ones.

    ``now`` in unix seconds. Raises ``ApiError``.
    """
    names: dict[str, str] = {}
    for company in dict.fromkeys([*_company_ids(rest), *watched]):
        known = cache.employees(company, now)
        if known is None:
            known = _ask(rest, company)
            cache.keep_employees(company, known, now)
        names |= known
    return names


def _company_ids(rest: Rest) -> list[int]:
    try:
        return rest.companies()
    except ApiRefusedError:  # not every token may ask; the watched ones are known without it
        return []


def _ask(rest: Rest, company: int) -> dict[str, str]:
    try:
        return rest.employees(company)
    except ApiRefusedError:  # no access to this company: its employees are shown by number
        return {}


@dataclass(frozen=True, slots=True)
class Listed:
    """One channel. ``name`` is the licence's, or who a user is; ``ends`` in unix seconds."""

    channel: Channel
    name: str = ""
    messenger: str = ""
    phone: str = ""
    status: str = ""
    ends: int | None = None

    @property
    def spec(self) -> str:
        """What to type to watch it."""
        return self.channel.spec

    @property
    def description(self) -> str:
        """In a few words which channel it is."""
        return " ".join(part for part in (self.name, self.messenger, self.phone) if part)

    def as_dict(self) -> dict[str, object]:
        """Return it ready for JSON; all keys are always there, null where the API doesn't say."""
        channel = self.channel
        return {
            "spec": self.spec,
            "channel": channel.name,
            "scope": channel.scope,
            "license": channel.license,
            "messenger": channel.messenger,
            "company": channel.company,
            "user": channel.user,
            "name": self.name or None,
            "messenger_name": self.messenger or None,
            "phone": self.phone or None,
            "status": self.status or None,
            "ends_at": None if self.ends is None else _iso(self.ends),
        }


def list_channels(rest: Rest, own_user: int | None) -> list[Listed]:
    """Return the channels of all licences, of their companies and of users.

    ``own_user`` is the token's own, if it is known; else all users who share a licence are listed,
    because the API doesn't say whose the token is. Raises ``ApiError``.
    """
    licenses = rest.licenses()
    return [
        *(listed for license_ in licenses for listed in _of_license(license_)),
        *(Listed(parse_spec(f"company/{one}")) for one in _companies(rest, licenses)),
        *_users(licenses, own_user),
    ]


def of_licenses(listing: Sequence[Listed], ids: Iterable[int]) -> Iterator[Channel]:
    """Yield the channels of the licences named by ``ids``.

    Raises ``UsageError`` for a licence that isn't in the listing.
    """
    known = {listed.channel.license for listed in listing} - {None}
    for identity in ids:
        if identity not in known:
            raise UsageError(
                f"licence {identity} isn't among those of this token",
                hint="List them: chatapp-tail channels",
            )
        yield from (one.channel for one in listing if one.channel.license == identity)


def _of_license(license_: License) -> Iterator[Listed]:
    for messenger in license_.messengers:
        try:
            channel = license_channel(str(license_.id), messenger.type)
        except UsageError:  # a type that no channel's name can hold
            continue
        yield Listed(
            channel,
            license_.name,
            messenger.name,
            messenger.phone,
            license_.status,
            license_.ends,
        )


def _companies(rest: Rest, licenses: Iterable[License]) -> Iterator[int]:
    """Yield the companies that licences name, and those that the account has besides."""
    named = [company for license_ in licenses for company in license_.companies]
    with suppress(ApiRefusedError):  # not every token may ask
        named += rest.companies()
    yield from dict.fromkeys(named)


def _users(licenses: Iterable[License], own_user: int | None) -> Iterator[Listed]:
    emails = {user: email for license_ in licenses for user, email in license_.users}
    for user in emails if own_user is None else (own_user,):
        yield Listed(parse_spec(f"user/{user}"), emails.get(user, ""))


def _iso(unix: int) -> str | None:
    """Return a time as records have it; None for one that no calendar holds."""
    try:
        return iso_utc(datetime.fromtimestamp(unix, UTC))
    except (OverflowError, OSError, ValueError):
        return None
