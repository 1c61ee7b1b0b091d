"""The accounts of the local ChatApp: who may log in, and which channels an account may watch.

``DEMO_ACCOUNT`` is the usual one; all of it is made up. ``read_accounts`` reads others from a file
that uses the field names of the API. Pure.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.values import integer
from chatapp_tail.emulator import cast
from chatapp_tail.errors import UsageError

# The form of a real token: bcrypt's prefix, then 53 of bcrypt's characters.
DEMO_TOKEN = "$2y$10$made.up.token.of.the.local.demo.it.opens.nothing.at.a"  # noqa: S105 (made up)

# What ``POST /v1/tokens`` takes for the demo account.
DEMO_EMAIL = "aigerim@aport.example"
DEMO_PASSWORD = "demo-password"  # noqa: S105 (made up)
DEMO_APP_ID = cast.APP_ID

# What a file of accounts must have.
EXAMPLE = """\
[{"email": "ann@shop.example", "password": "made-up", "appId": "app_7_1", "userId": 7,
  "token": "made-up-token",
  "licenses": [{"licenseId": 100, "messenger": [{"type": "telegram"}]}]}]"""
_DEFAULT_ROLE = "employee"

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Messenger:
    """One messenger of a licence. ``type`` is spelled exactly as the server spells it."""

    type: str
    name: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A user of ChatApp, employed in all of the account's companies."""

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
    """One licence and its messengers. ``ends`` in unix seconds; None: always 30 days ahead."""

    id: int
    name: str
    messengers: tuple[Messenger, ...]
    ends: int | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL registered for the events of one messenger. Nothing is ever posted to it."""

    license: int
    messenger: str
    url: str


@dataclass(frozen=True, slots=True)
class Account:
    """One account. The names of its channels follow from its ids.

    The user ``user_id`` logs in with the first three fields. ``token`` is an access token that
    works without a login.
    """

    email: str
    password: str = field(repr=False)
    app_id: str
    user_id: int
    token: str = field(repr=False)
    licenses: tuple[License, ...]
    companies: tuple[Company, ...]
    people: tuple[Person, ...]
    webhooks: tuple[Webhook, ...] = ()

    def has_login(self, email: str, password: str, app_id: str) -> bool:
        """Return whether these are the values of its login."""
        return (email, password, app_id) == (self.email, self.password, self.app_id)

    def channels(self) -> frozenset[str]:
        """Return the full names of all channels that the account may watch."""
        return frozenset(parse_spec(spec).name for spec in self.specs())

    def names(self) -> dict[str, str]:
        """Return the employees' names by their ids as text."""
        return {str(person.id): person.full_name for person in self.people}

    def specs(self) -> Iterator[str]:
        """Yield the channels as a user types them, those of licences first."""
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
    email=DEMO_EMAIL,
    password=DEMO_PASSWORD,
    app_id=DEMO_APP_ID,
    user_id=cast.MANAGER,
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


def read_accounts(content: bytes) -> tuple[Account, ...]:
    """Return the accounts of a JSON list, at least one. Raises ``UsageError``.

    ``EXAMPLE`` shows the required fields. ``employees``, ``companies`` and ``callbackUrls`` are
    optional lists of the items that the API answers. An account without a ``token`` gets one.
    """
    try:
        value = jsontext.loads(content)
    except ValueError as exc:
        raise _unusable(f"it is not JSON: {exc}") from exc
    accounts = tuple(_each(value, "", _account))
    if not accounts:
        raise _unusable("it has no account")
    return accounts


class _Fields(NamedTuple):
    """A JSON object, and its place in the file, for error messages."""

    place: str
    value: dict[str, object]

    def text(self, name: str, default: str | None = None) -> str:
        value = self.value.get(name, default)
        if not isinstance(value, str):
            raise _unusable(f"{self.place}.{name} must be a string")
        return value

    def number(self, name: str) -> int:
        number = integer(self.value.get(name))
        if number is None or number < 0:
            raise _unusable(f"{self.place}.{name} must be a whole number")
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.value.get(name, default)
        if not isinstance(value, bool):
            raise _unusable(f"{self.place}.{name} must be true or false")
        return value

    def each(self, name: str, read: Callable[["_Fields"], _Value]) -> tuple[_Value, ...]:
        return tuple(_each(self.value.get(name, []), f"{self.place}.{name}", read))

    def check_names(self, *names: str) -> None:
        """Raise ``UsageError`` for a field of another name: it would have no effect."""
        for name in self.value.keys() - set(names):
            raise _unusable(f"{self.place} has no {name!r}; it may have {', '.join(names)}")


def _each(value: object, place: str, read: Callable[[_Fields], _Value]) -> Iterator[_Value]:
    if not isinstance(value, list):
        raise _unusable(f"{place or 'it'} must be a list")
    for index, item in enumerate(value):
        where = f"{place}[{index}]"
        if not isinstance(item, dict):
            raise _unusable(f"{where} must be an object")
        yield read(_Fields(where, item))


def _account(given: _Fields) -> Account:
    given.check_names(
        *("email", "password", "appId", "userId", "token"),
        *("licenses", "companies", "employees", "callbackUrls"),
    )
    email, app_id, user_id = given.text("email"), given.text("appId"), given.number("userId")
    people = given.each("employees", _person)
    if user_id not in {person.id for person in people}:
        people = (Person(user_id, email, "", _DEFAULT_ROLE), *people)
    account = Account(
        email,
        given.text("password"),
        app_id,
        user_id,
        given.text("token", _made_up_token(email, app_id)),
        given.each("licenses", _license),
        given.each("companies", _company),
        people,
        given.each("callbackUrls", _webhook),
    )
    account.channels()  # raises for a messenger type that no channel name can contain
    return account


def _license(given: _Fields) -> License:
    given.check_names("licenseId", "licenseName", "licenseTo", "active", "messenger")
    return License(
        given.number("licenseId"),
        given.text("licenseName", ""),
        given.each("messenger", _messenger),
        given.number("licenseTo") if "licenseTo" in given.value else None,
        given.flag("active", default=True),
    )


def _messenger(given: _Fields) -> Messenger:
    given.check_names("type", "name", "phone")
    phone = given.text("phone") if "phone" in given.value else None
    return Messenger(given.text("type"), given.text("name", given.text("type")), phone)


def _company(given: _Fields) -> Company:
    given.check_names("companyId", "name")
    return Company(given.number("companyId"), given.text("name", ""))


def _person(given: _Fields) -> Person:
    given.check_names("id", "email", "fullName", "role")
    return Person(
        given.number("id"),
        given.text("email", ""),
        given.text("fullName", ""),
        given.text("role", _DEFAULT_ROLE),
    )


def _webhook(given: _Fields) -> Webhook:
    given.check_names("licenseId", "messengerType", "url")
    return Webhook(given.number("licenseId"), given.text("messengerType"), given.text("url"))


def _made_up_token(email: str, app_id: str) -> str:
    """Return a token in ChatApp's form, the same at each start."""
    digest = hashlib.sha256(f"{email} {app_id}".encode(errors="surrogatepass"))
    return f"$2y$10${digest.hexdigest()[:53]}"


def _unusable(problem: str) -> UsageError:
    return UsageError(problem, hint=f"For example:\n{EXAMPLE}", option="accounts")
