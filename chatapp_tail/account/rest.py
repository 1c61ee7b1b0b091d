"""ChatApp's REST calls around an account: tokens, licences, companies, employees, messages.

Source: the vendor's help pages (v1.tokens.make, .refresh, .check) and public programs that use the
API. Answers are ``{"success": true, "data": …}``; items that can't be read are left out and counted
in ``Rest.unread``. A list of which no item can be read is an error.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urlencode

from chatapp_tail.account.tokens import TokenPair, fits_header
from chatapp_tail.api import Api, Reply, TokenSource, failure, with_token
from chatapp_tail.chatapp.values import dig, integer, string, words
from chatapp_tail.errors import ApiRefusedError, ApiUnavailableError, TokenRefusedError

# Largest list of licences or employees, in bytes; Python's objects take up to twenty times as much.
_LARGEST_LIST = 16 << 20
# Largest page of messages, in bytes.
_LARGEST_PAGE = 4 << 20
# Chats or messages on a page: the API refuses more with 422.
PAGE_LIMIT = 100
# Employees come in longer pages. A company has a few hundred; a hostile API has endless pages.
_EMPLOYEES_LIMIT = 200
_MOST_EMPLOYEE_PAGES = 50
# Ids in channel names and stored times have at most 18 digits.
_NUMBERS_END = 10**18

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Messenger:
    """One messenger of a licence; ``phone`` is empty where the API doesn't say."""

    type: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class License:
    """One licence, with the companies it belongs to and the users who may see it, by id.

    ``ends`` in unix seconds; ``is_active`` is None where the API doesn't say.
    """

    id: int
    name: str = ""
    status: str = ""
    ends: int | None = None
    messengers: tuple[Messenger, ...] = ()
    companies: tuple[int, ...] = ()
    users: tuple[tuple[int, str], ...] = ()
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL to which ChatApp posts events; ``license`` and ``messenger`` None if unknown."""

    license: int | None
    messenger: str | None
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: its objects as they were sent, and the cursor of the next page.

    ``next_page`` is None on the last page, and where the API has no cursor.
    """

    items: tuple[dict[str, object], ...] = field(repr=False)
    next_page: str | None = None


class Rest:
    """The calls of one account. All raise ``ApiError``."""

    def __init__(self, api: Api, tokens: TokenSource) -> None:
        """A token that the API refuses is replaced by another one of ``tokens``, once a call."""
        self._api = api
        self._tokens = tokens
        # Unreadable items, counted by list.
        self.unread: Counter[str] = Counter()

    def check(self) -> None:
        """Raise if the API accepts neither the token nor a renewed one."""

        def ask(token: str) -> None:
            reply = self._api.call("GET", "/v1/tokens/check", headers={"Authorization": token})
            if _verdict(reply) is False:
                message = "the API says that the token is invalid"
                raise TokenRefusedError(message, status=reply.status)
            _data(reply, lacks="verdict")

        with_token(self._tokens, ask)

    def licenses(self) -> list[License]:
        """Return the account's licences; there may be none."""
        return self._read(self._data("/v1/licenses"), "licences", self._license)

    def companies(self) -> list[int]:
        """Return the ids of the account's companies."""
        data = self._data("/v1/companies")
        return self._read(data, "companies", lambda item: _number(dig(item, "companyId")))

    def webhooks(self) -> list[Webhook]:
        """Return the URLs that are registered for events; the list's form isn't documented."""
        return self._read(self._data("/v1/callbackUrls"), "webhooks", _webhook)

    def employees(self, company: int) -> dict[str, str]:
        """Return the names of a company's employees by id; an e-mail address where one has none."""
        known: dict[str, str] = {}
        further: dict[str, str] = {}
        for _ in range(_MOST_EMPLOYEE_PAGES):
            query = urlencode({"limit": str(_EMPLOYEES_LIMIT)} | further)
            data = self._data(f"/v1/companies/{company}/employees?{query}")
            before = len(known)
            # Employees without a name count as progress: a page of them isn't the end.
            known |= self._read(data, "employees", _employee)
            further = _further(data)
            if not further or len(known) == before:
                return {identity: name for identity, name in known.items() if name}
        raise ApiUnavailableError("the API's list of employees has too many pages")

    def chats(self, license_id: int, messenger: str, last_time: int | None = None) -> Page:
        """Return a messenger's chats, the one with the newest message first.

        ``last_time`` (unix seconds) asks for older ones; whether that includes those of the same
        second isn't documented. The pages have no cursor.
        """
        query = {"limit": PAGE_LIMIT} | ({} if last_time is None else {"lastTime": last_time})
        path = f"{_messenger_path(license_id, messenger)}/chats?{urlencode(query)}"
        return self._page(path, "chats")

    def messages(
        self,
        license_id: int,
        messenger: str,
        chat_id: str,
        last_time: int,
        next_page: str | None = None,
    ) -> Page:
        """Return messages of a chat from ``last_time`` (unix seconds) on, the oldest first.

        System messages are included. ``next_page`` is the cursor of an earlier page, and is sent
        in place of ``last_time``. A page may be empty and still have a next one.
        """
        query = {"limit": str(PAGE_LIMIT), "direction": "next", "includeSystemMessages": "1"}
        query |= {"lastTime": str(last_time)} if next_page is None else {"nextPage": next_page}
        return self._messages(license_id, messenger, chat_id, query)

    def newest_messages(self, license_id: int, messenger: str, chat_id: str, limit: int) -> Page:
        """Return a chat's last ``limit`` messages without the system's, the newest first."""
        query = {"limit": str(limit), "direction": "prev", "includeSystemMessages": "0"}
        return self._messages(license_id, messenger, chat_id, query)

    def close(self) -> None:
        """Close the kept connection."""
        self._api.close()

    def _messages(
        self, license_id: int, messenger: str, chat_id: str, query: dict[str, str]
    ) -> Page:
        chats = f"{_messenger_path(license_id, messenger)}/chats"
        # An id may be any text, half a surrogate pair included.
        path = f"{chats}/{quote(chat_id, safe='', errors='surrogatepass')}/messages"
        address = f"{path}?{urlencode(query, errors='surrogatepass')}"
        try:
            return self._page(address, "messages")
        except ApiUnavailableError as exc:
            error = exc
        # The message may quote the address, and a chat's id may be a phone number.
        raise ApiUnavailableError(
            error.message.replace(address, f"{chats}/…/messages"),
            hint=error.hint,
            status=error.status,
            retry_after=error.retry_after,
        )

    def _page(self, path: str, what: str) -> Page:
        data = self._data(path, largest=_LARGEST_PAGE)
        items = self._read(data, what, lambda item: item if isinstance(item, dict) else None)
        return Page(tuple(items), _cursor(dig(data, "nextPage")))

    def _read(self, data: object, what: str, read: Callable[[object], _Read | None]) -> list[_Read]:
        """Return what ``read`` makes of the list in ``data``, or in its ``items``.

        Raises ``ApiUnavailableError`` if there is no list, or no item that can be read: that isn't
        the same as an empty list.
        """
        items = dig(data, "items") if isinstance(data, dict) else data
        if isinstance(items, list):
            found = _readable(items, read)
            if unread := len(items) - len(found):
                self.unread[what] += unread
            if found or not items:
                return found
        raise ApiUnavailableError(f"the API's list of {what} can't be read")

    def _license(self, item: object) -> License | None:
        identities = (_number(dig(item, name)) for name in ("licenseId", "id"))
        identity = next((one for one in identities if one is not None), None)
        if identity is None:
            return None
        given = _one_or_more(dig(item, "messenger") or dig(item, "messengers"))
        messengers = _readable(given, _messenger)
        if unread := len(given) - len(messengers):
            self.unread["messengers"] += unread
        active = dig(item, "active")
        return License(
            identity,
            name=words(dig(item, "licenseName")),
            status=_status(item),
            ends=integer(dig(item, "licenseTo")),
            messengers=tuple(messengers),
            companies=tuple(_readable(dig(item, "companies"), _number)),
            users=tuple(_readable(dig(item, "access"), _user)),
            is_active=active if isinstance(active, bool) else None,
        )

    def _data(self, path: str, *, largest: int = _LARGEST_LIST) -> object:
        def ask(token: str) -> object:
            headers = {"Authorization": token}
            reply = self._api.call("GET", path, headers=headers, largest=largest)
            return _data(reply, lacks="list")

        return with_token(self._tokens, ask)


def make_tokens(api: Api, email: str, password: str, app_id: str) -> TokenPair:
    """Log in: ``POST /v1/tokens``, which ChatApp allows 100 times a day. Raises ``ApiError``."""
    body = {"email": email, "password": password, "appId": app_id}
    return _pair(api.call("POST", "/v1/tokens", headers={}, json=body, secrets=(password,)))


def refresh_tokens(api: Api, refresh_token: str) -> TokenPair:
    """Return a new pair; ``refresh_token`` can't be used again. Raises ``ApiError``."""
    return _pair(api.call("POST", "/v1/tokens/refresh", headers={"Refresh": refresh_token}))


def _data(reply: Reply, *, lacks: str) -> object:
    """Return the data of a successful answer; raise ``ApiError`` for any other."""
    verdict = _verdict(reply)
    if verdict is True:
        return dig(reply.body, "data")
    error = failure(reply, lacks=lacks)
    if verdict is False and isinstance(error, ApiUnavailableError):  # not because of the token
        said = reply.said or "no reason given"
        raise ApiRefusedError(f"the API refused: {said}", status=reply.status)
    raise error


def _verdict(reply: Reply) -> object:
    """Return ``success`` of an answer with any status 2xx: a POST may be answered 201."""
    return dig(reply.body, "success") if 200 <= reply.status < 300 else None


def _pair(reply: Reply) -> TokenPair:
    try:
        data = _data(reply, lacks="token")
    except TokenRefusedError as exc:  # no token was sent: the credentials were refused
        said = reply.said and f", {reply.said}"
        raise ApiRefusedError(
            f"HTTP {reply.status}{said}", status=reply.status, is_verdict=exc.is_verdict
        ) from exc
    access, refresh = _token(dig(data, "accessToken")), _token(dig(data, "refreshToken"))
    access_ends, refresh_ends = (
        _number(dig(data, name)) for name in ("accessTokenEndTime", "refreshTokenEndTime")
    )
    if access and refresh and access_ends is not None and refresh_ends is not None:
        user = _number(dig(data, "cabinetUserId"))
        return TokenPair(access, access_ends, refresh, refresh_ends, user)
    raise ApiUnavailableError(
        "the API's answer has no usable token pair",
        hint="Check the API's address.",
        status=reply.status,
    )


def _token(value: object) -> str:
    """Return a token that can go into a header; an empty string for anything else."""
    text = string(value) or ""
    return text if fits_header(text) else ""


def _employee(item: object) -> tuple[str, str] | None:
    """Return an employee's id and name, which may be empty."""
    identity = words(dig(item, "id"))
    name = words(dig(item, "fullName")).strip() or words(dig(item, "email")).strip()
    return (identity, name) if identity else None


def _webhook(item: object) -> Webhook | None:
    named = (string(dig(item, name)) for name in ("url", "callbackUrl"))
    url = next(filter(None, named), None)
    messenger = string(dig(item, "messengerType")) or string(dig(item, "messenger"))
    return Webhook(_number(dig(item, "licenseId")), messenger, url) if url else None


def _further(data: object) -> dict[str, str]:
    """Return the query for the next page, by cursor or by number; empty at the end."""
    if cursor := _cursor(dig(data, "nextPage")):
        return {"nextPage": cursor}
    page, pages = _number(dig(data, "page")), _number(dig(data, "pages"))
    if page is None or pages is None or page >= pages:
        return {}
    return {"page": str(page + 1)}


def _status(item: object) -> str:
    """Return the status's code, else ``active`` or ``inactive``, else an empty string."""
    if code := words(dig(item, "status", "code")):
        return code
    return {"true": "active", "false": "inactive"}.get(words(dig(item, "active")), "")


def _one_or_more(value: object) -> list[object]:
    """Return the items of a list, or of an object's ``items``; any other value is the only item."""
    items = dig(value, "items")
    for found in (items, value):
        if isinstance(found, list):
            return found
    return [value] if value else []


def _messenger(item: object) -> Messenger | None:
    kind = string(dig(item, "type"))
    return Messenger(kind, words(dig(item, "name")), _phone(dig(item, "info"))) if kind else None


def _phone(info: object) -> str:
    """Return the number in ``info``, whose shape isn't documented."""
    return next((words(dig(info, key)) for key in ("phone", "number") if dig(info, key)), "")


def _user(item: object) -> tuple[int, str] | None:
    identity = _number(dig(item, "userId"))
    return None if identity is None else (identity, words(dig(item, "email")))


def _messenger_path(license_id: int, messenger: str) -> str:
    return f"/v1/licenses/{license_id}/messengers/{quote(messenger, safe='')}"


def _cursor(value: object) -> str | None:
    """Return a cursor as the text to send back; it may come as a number."""
    number = _number(value)
    return string(value) or (None if number is None else str(number))


def _readable(items: object, read: Callable[[object], _Read | None]) -> list[_Read]:
    """Return what ``read`` makes of the items of a list without None; [] for anything else."""
    found = map(read, items) if isinstance(items, list) else ()
    return [one for one in found if one is not None]


def _number(value: object) -> int | None:
    """Return an id that fits into a channel's name, or a time that fits into a stored login."""
    number = integer(value)
    return number if number is not None and 0 <= number < _NUMBERS_END else None
