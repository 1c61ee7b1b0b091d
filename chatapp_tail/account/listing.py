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
    """Return employees' names by id, of the account's companies and the ``watched`` ones.

    ``now`` in unix seconds. Raises ``ApiError``.
    """
    names: dict[str, str] = {}
    for company in dict.fromkeys([*_own_companies(rest), *watched]):
        known = cache.employees(company, now)
        if known is None:
            known = {}
            with suppress(ApiRefusedError):  # no access: this company's are shown by number
                known = rest.employees(company)
            cache.keep_employees(company, known, now)
        names |= known
    return names


def _own_companies(rest: Rest) -> list[int]:
    try:
        return rest.companies()
    except ApiRefusedError:  # not every token may ask for them
        return []


@dataclass(frozen=True, slots=True)
class Listed:
    """One channel. ``name`` is the licence's, or a user's e-mail; ``ends`` in unix seconds."""

    channel: Channel
    name: str = ""
    messenger: str = ""
    phone: str = ""
    status: str = ""
    ends: int | None = None

    @property
    def spec(self) -> str:
        """The argument that watches it."""
        return self.channel.spec

    @property
    def description(self) -> str:
        """Name, messenger and phone in a few words."""
        return " ".join(part for part in (self.name, self.messenger, self.phone) if part)

    def as_dict(self) -> dict[str, object]:
        """Return an object for JSON with all keys; null where the API doesn't say."""
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

    ``own_user`` is the token's owner. If it is None, all users who share a licence are listed,
    because the API doesn't say whose the token is. Raises ``ApiError``.
    """
    licenses = rest.licenses()
    companies = [company for license_ in licenses for company in license_.companies]
    companies += _own_companies(rest)
    emails = {user: email for license_ in licenses for user, email in license_.users}
    users = emails if own_user is None else (own_user,)
    return [
        *(listed for license_ in licenses for listed in _of_license(license_)),
        *(Listed(parse_spec(f"company/{one}")) for one in dict.fromkeys(companies)),
        *(Listed(parse_spec(f"user/{user}"), emails.get(user, "")) for user in users),
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
        except UsageError:  # the type can't be part of a channel's name
            continue
        yield Listed(
            channel,
            license_.name,
            messenger.name,
            messenger.phone,
            license_.status,
            license_.ends,
        )


def _iso(unix: int) -> str | None:
    """Return an ISO time as in records; None if the year is out of range."""
    try:
        return iso_utc(datetime.fromtimestamp(unix, UTC))
    except (OverflowError, OSError, ValueError):
        return None
