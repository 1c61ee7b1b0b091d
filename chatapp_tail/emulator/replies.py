"""The bodies of the API's answers, as values that JSON can hold. Pure.

Source: the vendor's help (tokens, the error object) and the replies as public programs read them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from chatapp_tail.emulator.account import Account, Company, License, Messenger, Person
from chatapp_tail.emulator.messages import Chat, Message
from chatapp_tail.emulator.tokens import TokenPair

Body = dict[str, object]

_LICENSE_RUNS = timedelta(days=30)
_ACTIVE: Body = {"id": 1, "code": "active"}
_INACTIVE: Body = {"id": 2, "code": "inactive"}  # made up


def error_body(code: str, message: str) -> Body:
    """Return ``{"success": false, "error": {"code", "message"}}``.

    ``ApiInvalidTokenError`` is the one code that the vendor documents; the local ChatApp's others
    are made up in its image, and clients must know none of them.
    """
    return {"success": False, "error": {"code": code, "message": message}}


INVALID_TOKEN = error_body("ApiInvalidTokenError", "Invalid Token")


def tokens_reply(pair: TokenPair, cabinet_user: int) -> Body:
    """Return the body of ``POST /v1/tokens`` and ``/v1/tokens/refresh``; ends in unix seconds."""
    data = {
        "cabinetUserId": cabinet_user,
        "accessToken": pair.access,
        "accessTokenEndTime": pair.access_ends,
        "refreshToken": pair.refresh,
        "refreshTokenEndTime": pair.refresh_ends,
    }
    return {"success": True, "data": data}


def licenses_reply(account: Account, now: datetime) -> Body:
    """Return the body of ``GET /v1/licenses``; a licence without an end ends in 30 days."""
    ends = int((now + _LICENSE_RUNS).timestamp())
    return {
        "success": True,
        "data": [_license_data(account, license_, ends) for license_ in account.licenses],
    }


def companies_reply(account: Account) -> Body:
    """Return the body of ``GET /v1/companies``."""
    return _items([_company_data(company) for company in account.companies])


def employees_reply(account: Account) -> Body:
    """Return the body of ``GET /v1/companies/{id}/employees``: all people work in all companies."""
    return _items([_employee_data(person) for person in account.people])


def callback_urls_reply(account: Account) -> Body:
    """Return the body of ``GET /v1/callbackUrls``. Its form is a guess: nobody has shown it."""
    return {
        "success": True,
        "data": [
            {"licenseId": one.license, "messengerType": one.messenger, "url": one.url}
            for one in account.webhooks
        ],
    }


def chats_reply(chats: Iterable[Chat]) -> Body:
    """Return the body of a messenger's ``chats``, which has no cursor."""
    return _items([_chat_data(chat) for chat in chats])


def messages_reply(messages: Iterable[Message], next_page: str | None) -> Body:
    """Return the body of a chat's ``messages``; ``nextPage`` is null on the last page."""
    return _page([message.item() for message in messages], next_page)


def _page(items: list[Body], next_page: str | None) -> Body:
    return {"success": True, "data": {"nextPage": next_page, "items": items}}


def _items(items: list[Body]) -> Body:
    return {"success": True, "data": {"items": items}}


def _license_data(account: Account, license_: License, ends: int) -> Body:
    return {
        "licenseId": license_.id,
        "licenseTo": ends if license_.ends is None else license_.ends,
        "licenseName": license_.name,
        "status": _ACTIVE if license_.is_active else _INACTIVE,
        "active": license_.is_active,
        "messenger": [_messenger_data(messenger) for messenger in license_.messengers],
        "companies": [company.id for company in account.companies],
        "access": [{"userId": str(person.id), "email": person.email} for person in account.people],
    }


def _messenger_data(messenger: Messenger) -> Body:
    named: Body = {"type": messenger.type, "name": messenger.name}
    return named if messenger.phone is None else named | {"info": {"phone": messenger.phone}}


def _company_data(company: Company) -> Body:
    return {"companyId": company.id, "name": company.name}


def _employee_data(person: Person) -> Body:
    return {
        "id": person.id,
        "fullName": person.full_name,
        "email": person.email,
        "role": {"name": person.role},
    }


def _chat_data(chat: Chat) -> Body:
    """Return what events say of a chat, and what programs read beside it over REST."""
    return {
        "name": None,
        **chat.fields,
        "internalId": chat.number,
        "licenseId": chat.channel.license,
        "messengerType": chat.channel.messenger,
        "lastTime": chat.last_time,
    }
