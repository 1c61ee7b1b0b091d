"""The one account of the local ChatApp: what its token may watch, and what the API says of it.

Pure. Source: the replies of ``GET /v1/licenses`` as public programs read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chatapp_tail.chatapp.channels import parse_spec

# The real form: bcrypt's prefix, then 53 of its characters; whoever reads it sees what it is.
DEMO_TOKEN = "$2y$10$made.up.token.of.the.local.demo.it.opens.nothing.at.a"  # noqa: S105

_LICENSE_RUNS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Messenger:
    """One messenger of a licence. ``type`` in the exact case of the server."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user of ChatApp, and an employee of the account's companies."""

    id: int
    email: str


@dataclass(frozen=True, slots=True)
class License:
    """One licence and its messengers."""

    id: int
    name: str
    messengers: tuple[Messenger, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """What a token opens; every channel name follows from these ids."""

    licenses: tuple[License, ...]
    companies: tuple[int, ...]
    people: tuple[Person, ...]

    def channels(self) -> frozenset[str]:
        """Return the full names of all channels that the account may watch."""
        return frozenset(parse_spec(spec).name for spec in self._specs())

    def _specs(self) -> Iterator[str]:
        for license_ in self.licenses:
            for messenger in license_.messengers:
                yield f"{license_.id}/{messenger.type}"
        for person in self.people:
            yield f"user/{person.id}"
        for company in self.companies:
            yield f"company/{company}"
            for person in self.people:
                yield f"company/{company}/user/{person.id}"


DEMO_ACCOUNT = Account(
    licenses=(
        License(
            1229,
            "Кондитерская «Апорт»",
            (
                Messenger("telegram", "Telegram"),
                Messenger("grWhatsApp", "WhatsApp"),
                Messenger("caWhatsApp", "WhatsApp Business API"),
                Messenger("WhatsApp", "WhatsApp (BIC)"),
            ),
        ),
    ),
    companies=(2224,),
    people=(Person(685, "aigerim@aport.example"), Person(124, "marat@aport.example")),
)


def licenses_reply(account: Account, now: datetime) -> dict[str, object]:
    """Return the body of ``GET /v1/licenses``; the licences end 30 days after ``now``."""
    ends = int((now + _LICENSE_RUNS).timestamp())
    return {
        "success": True,
        "data": [_license_data(account, license_, ends) for license_ in account.licenses],
    }


def _license_data(account: Account, license_: License, ends: int) -> dict[str, object]:
    return {
        "licenseId": license_.id,
        "licenseTo": ends,
        "licenseName": license_.name,
        "status": {"id": 1, "code": "active"},
        "active": True,
        "messenger": [
            {"type": messenger.type, "name": messenger.name} for messenger in license_.messengers
        ],
        "companies": list(account.companies),
        "access": [{"userId": str(person.id), "email": person.email} for person in account.people],
    }
