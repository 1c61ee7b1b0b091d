"""Chats and their messages over REST, page by page, from what was published before.

Source: public programs that page through ChatApp's chats and messages. Where they don't show what
the API does, a docstring here says what was decided.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from aiohttp import web

from chatapp_tail.emulator.account import Account
from chatapp_tail.emulator.history import Chat, History, Message, Messenger, Position, position
from chatapp_tail.emulator.rest import Body, account_of, error_body, items_answer, refusal

HISTORY = web.AppKey("history", History)

routes = web.RouteTableDef()

MAX_LIMIT = 100
# No source shows the default. A small one makes a client that forgets the limit page.
DEFAULT_LIMIT = 20

_MESSENGER = "/v1/licenses/{id}/messengers/{type}"
# In unix seconds.
_EARLIEST, _LATEST = 0, 10**18 - 1
_NUMBER = re.compile(r"[0-9]{1,18}")
# Opaque to clients. A client that doesn't encode the "+" sends a space, and is refused.
_CURSOR = re.compile(r"([0-9]{1,18})\+([0-9]{1,18})")

_Listed = TypeVar("_Listed", Chat, Message)


# Both answer 401 (token), 403 (licence or messenger), 422 (query).
@routes.get(f"{_MESSENGER}/chats")
async def _chats(request: web.Request) -> web.Response:
    account, page = account_of(request), chats_page(request.query)
    chats, _ = page.cut(page.order(request.app[HISTORY].chats(_messenger(request, account))))
    return items_answer(map(_chat_body, chats))


# A chat's id may contain any character but a slash, which comes encoded.
@routes.get(f"{_MESSENGER}/chats/{{chat:[^/]+}}/messages")
async def _messages(request: web.Request) -> web.Response:
    """Answer also 404 for an unknown chat."""
    account = account_of(request)
    page, with_system = messages_page(request.query), _wants_system(request.query)
    messenger = _messenger(request, account)
    chat = request.app[HISTORY].chat(messenger, request.match_info["chat"])
    if chat is None:
        raise refusal(web.HTTPNotFound, error_body("ApiNotFoundError", "Chat not found"))
    ordered = page.order(chat.messages)
    messages, next_page = page.cut(m for m in ordered if with_system or not m.is_system)
    data = {"nextPage": next_page, "items": [message.item() for message in messages]}
    return web.json_response({"success": True, "data": data})


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a list that a query asks for.

    Forwards: oldest first, from ``bound`` on. Otherwise: newest first, what is before ``bound``.
    """

    limit: int
    bound: Position
    forwards: bool = False

    def order(self, listed: Sequence[_Listed]) -> Iterator[_Listed]:
        """Yield the items of this and all later pages from ``listed``, which is sorted by time."""
        bound = bisect_left(listed, self.bound, key=position)
        order = range(bound, len(listed)) if self.forwards else range(bound - 1, -1, -1)
        return (listed[index] for index in order)

    def cut(self, ordered: Iterator[_Listed]) -> tuple[list[_Listed], str | None]:
        """Return the items of this page, and the cursor of the next one; None on the last."""
        found = list(islice(ordered, self.limit + 1))
        items = found[: self.limit]
        if len(found) == len(items):
            return items, None
        time, number = items[-1].position
        return items, f"{time}+{number}"


def chats_page(query: Mapping[str, str]) -> Page:
    """Read the ``limit`` and ``lastTime`` of a messenger's chats. Raises the answer 422.

    ``lastTime`` selects strictly older chats. Whether the real API includes those of that second
    isn't known; this is the harder case: a client that asks with the time of a page's last chat
    misses the others of that second, so it must ask with one second more.
    """
    return Page(_limit(query), (_number(query, "lastTime", default=_LATEST), 0))


def messages_page(query: Mapping[str, str]) -> Page:
    """Read ``limit``, ``direction``, and ``nextPage`` or ``lastTime``. Raises the answer 422.

    ``prev``, the default: messages of ``lastTime`` and before. ``next``: of ``lastTime`` and after.
    ``nextPage`` continues in the direction of this query, and overrides ``lastTime``.
    """
    forwards = _choice(query, "direction", {"prev": False, "next": True}, default="prev")
    last_time = _number(query, "lastTime", default=_EARLIEST if forwards else _LATEST)
    bound = (last_time if forwards else last_time + 1), 0
    if (cursor := query.get("nextPage")) is not None:
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            raise _invalid("The nextPage is invalid.")
        bound = int(match[1]), int(match[2]) + forwards
    return Page(_limit(query), bound, forwards)


def _wants_system(query: Mapping[str, str]) -> bool:
    """Read ``includeSystemMessages``, false by default. Raises the answer 422.

    Programs send 1 and 0; Laravel's rule for booleans doesn't accept the word "true".
    """
    return _choice(query, "includeSystemMessages", {"0": False, "1": True}, default="0")


def _limit(query: Mapping[str, str]) -> int:
    limit = _number(query, "limit", default=DEFAULT_LIMIT)
    if not 0 < limit <= MAX_LIMIT:
        raise _invalid(f"The limit must be between 1 and {MAX_LIMIT}.")
    return limit


def _choice(
    query: Mapping[str, str], name: str, choices: Mapping[str, bool], *, default: str
) -> bool:
    chosen = query.get(name, default)
    if chosen not in choices:
        raise _invalid(f"The {name} must be one of: {', '.join(choices)}.")
    return choices[chosen]


def _number(query: Mapping[str, str], name: str, *, default: int) -> int:
    given = query.get(name, str(default))
    if not _NUMBER.fullmatch(given):
        raise _invalid(f"The {name} must be a number.")
    return int(given)


def _invalid(message: str) -> web.HTTPException:
    return refusal(web.HTTPUnprocessableEntity, error_body("ApiValidationError", message))


def _messenger(request: web.Request, account: Account) -> Messenger:
    asked = request.match_info["id"], request.match_info["type"]
    for license_ in account.licenses:
        for messenger in license_.messengers:
            if asked == (str(license_.id), messenger.type):
                return license_.id, messenger.type
    raise refusal(web.HTTPForbidden, error_body("ApiAccessError", "Access denied"))


def _chat_body(chat: Chat) -> Body:
    """Return the chat as its last event describes it, and the fields that only REST has."""
    return {
        "name": None,
        **chat.fields,
        "internalId": chat.number,
        "licenseId": chat.channel.license,
        "messengerType": chat.channel.messenger,
        "lastTime": chat.last_time,
    }
