"""An account of the local ChatApp: who may log in, and what the account's tokens may watch.

Pure. ``DEMO_ACCOUNT`` is the usual one, and all made up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.emulator import cast

# The real form: bcrypt's prefix, then 53 of its characters; whoever reads it sees what it is.
DEMO_TOKEN = "$2y$10$made.up.token.of.the.local.demo.it.opens.nothing.at.a"  # noqa: S105

# With these, ``POST /v1/tokens`` makes a token pair.
DEMO_EMAIL = "aigerim@aport.example"
DEMO_PASSWORD = "demo-password"  # noqa: S105  (it opens nothing but this)
DEMO_APP_ID = cast.APP_ID


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login must give, and the id of the user who logs in with it."""

    email: str
    password: str = field(repr=False)
    app_id: str
    user_id: int


@dataclass(frozen=True, slots=True)
class Messenger:
    """One messenger of a licence. ``type`` in the exact case of the server."""

    type: str
    name: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A user of ChatApp, and an employee of the account's companies."""

    id: int
    email: str
    full_name: str
    role: str


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the account."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class License:
    """One licence and its messengers. ``ends`` in unix seconds; None is a month from now."""

    id: int
    name: str
    messengers: tuple[Messenger, ...]
    ends: int | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is registered for the events of one messenger; nothing is posted to it."""

    license: int
    messenger: str
    url: str


@dataclass(frozen=True, slots=True)
class Account:
    """What a token opens; every channel name follows from these ids.

    ``token`` is an access token that needs no login.
    """

    credentials: Credentials
    token: str = field(repr=False)
    licenses: tuple[License, ...]
    companies: tuple[Company, ...]
    people: tuple[Person, ...]
    webhooks: tuple[Webhook, ...] = ()

    def channels(self) -> frozenset[str]:
        """Return the full names of all channels that the account may watch."""
        return frozenset(parse_spec(spec).name for spec in self.specs())

    def names(self) -> dict[str, str]:
        """Return the employees' names by their ids as text."""
        return {str(person.id): person.full_name for person in self.people}

    def specs(self) -> Iterator[str]:
        """Yield the channels as they are typed, those of licences first."""
        for license_ in self.licenses:
            for messenger in license_.messengers:
                yield f"{license_.id}/{messenger.type}"
        for person in self.people:
            yield f"user/{person.id}"
        for company in self.companies:
            yield f"company/{company.id}"
            for person in self.people:
                yield f"company/{company.id}/user/{person.id}"


DEMO_ACCOUNT = Account(
    credentials=Credentials(DEMO_EMAIL, DEMO_PASSWORD, DEMO_APP_ID, cast.MANAGER),
    token=DEMO_TOKEN,
    licenses=(
        License(
            1229,
            cast.SHOP_NAME,
            (
                Messenger("telegram", "Telegram"),
                Messenger("grWhatsApp", "WhatsApp", cast.SHOP_PHONE),
                Messenger("caWhatsApp", "WhatsApp Business API", cast.SHOP_PHONE),
                Messenger("WhatsApp", "WhatsApp (BIC)"),
            ),
        ),
    ),
    companies=(Company(2224, cast.SHOP_NAME),),
    people=(
        Person(cast.MANAGER, DEMO_EMAIL, "Айгерим Сапарова", "Администратор"),
        Person(cast.COLLEAGUE, "marat@aport.example", "Марат Жумабаев", "Оператор"),
    ),
)
