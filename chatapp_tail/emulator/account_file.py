"""Accounts for the local ChatApp from a file, in the words of the API. Pure."""

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from chatapp_tail import jsontext
from chatapp_tail.chatapp.values import integer
from chatapp_tail.emulator.account import (
    Account,
    Company,
    Credentials,
    License,
    Messenger,
    Person,
    Webhook,
)
from chatapp_tail.errors import UsageError

EXAMPLE = """\
[{"email": "ann@shop.example", "password": "made-up", "appId": "app_7_1", "userId": 7,
  "token": "made-up-token",
  "licenses": [{"licenseId": 100, "messenger": [{"type": "telegram"}]}]}]"""
_MADE_UP_ROLE = "employee"

_Read = TypeVar("_Read")


def read_accounts(content: bytes) -> tuple[Account, ...]:
    """Return the accounts of a JSON list, at least one. Raises ``UsageError``.

    ``EXAMPLE`` has what an account must have; ``employees``, ``companies`` and ``callbackUrls``
    are lists of what the API answers, too. Without a ``token`` an account gets one of its own.
    """
    try:
        value = jsontext.loads(content)
    except ValueError as exc:
        raise _unusable(f"it is no JSON: {exc}") from exc
    accounts = tuple(_each(value, "", _account))
    if not accounts:
        raise _unusable("it has no account")
    return accounts


class _Fields(NamedTuple):
    """A JSON object, and its place in the file for messages."""

    place: str
    value: dict[str, object]

    def text(self, name: str, default: str | None = None) -> str:
        value = self.value.get(name, default)
        if not isinstance(value, str):
            raise _unusable(f"{self.place}.{name} must be a text")
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

    def each(self, name: str, read: Callable[["_Fields"], _Read]) -> tuple[_Read, ...]:
        return tuple(_each(self.value.get(name, []), f"{self.place}.{name}", read))

    def only(self, *names: str) -> "_Fields":
        """Return itself. Raises ``UsageError`` for a field of another name: it would do nothing."""
        for name in self.value.keys() - set(names):
            raise _unusable(f"{self.place} has no {name!r}; it may have {', '.join(names)}")
        return self


def _each(value: object, place: str, read: Callable[[_Fields], _Read]) -> Iterator[_Read]:
    if not isinstance(value, list):
        raise _unusable(f"{place or 'it'} must be a list")
    for index, item in enumerate(value):
        where = f"{place}[{index}]"
        if not isinstance(item, dict):
            raise _unusable(f"{where} must be an object")
        yield read(_Fields(where, item))


def _account(given: _Fields) -> Account:
    given.only(
        *("email", "password", "appId", "userId", "token"),
        *("licenses", "companies", "employees", "callbackUrls"),
    )
    login = Credentials(
        given.text("email"), given.text("password"), given.text("appId"), given.number("userId")
    )
    people = given.each("employees", _person)
    if login.user_id not in {person.id for person in people}:
        people = (Person(login.user_id, login.email, "", _MADE_UP_ROLE), *people)
    account = Account(
        login,
        given.text("token", _token_of(login)),
        given.each("licenses", _license),
        given.each("companies", _company),
        people,
        given.each("callbackUrls", _webhook),
    )
    account.channels()  # raises for a messenger that no channel's name can hold
    return account


def _license(given: _Fields) -> License:
    given.only("licenseId", "licenseName", "licenseTo", "active", "messenger")
    return License(
        given.number("licenseId"),
        given.text("licenseName", ""),
        given.each("messenger", _messenger),
        given.number("licenseTo") if "licenseTo" in given.value else None,
        given.flag("active", default=True),
    )


def _messenger(given: _Fields) -> Messenger:
    given.only("type", "name", "phone")
    phone = given.text("phone") if "phone" in given.value else None
    return Messenger(given.text("type"), given.text("name", given.text("type")), phone)


def _company(given: _Fields) -> Company:
    given.only("companyId", "name")
    return Company(given.number("companyId"), given.text("name", ""))


def _person(given: _Fields) -> Person:
    given.only("id", "email", "fullName", "role")
    return Person(
        given.number("id"),
        given.text("email", ""),
        given.text("fullName", ""),
        given.text("role", _MADE_UP_ROLE),
    )


def _webhook(given: _Fields) -> Webhook:
    given.only("licenseId", "messengerType", "url")
    return Webhook(given.number("licenseId"), given.text("messengerType"), given.text("url"))


def _token_of(login: Credentials) -> str:
    """Return a token in ChatApp's form, the same at every start."""
    digest = hashlib.sha256(f"{login.email} {login.app_id}".encode(errors="surrogatepass"))
    return f"$2y$10${digest.hexdigest()[:53]}"


def _unusable(problem: str) -> UsageError:
    return UsageError(problem, hint=f"For example:\n{EXAMPLE}", option="accounts")
