"""ChatApp's HTTP side, second part: chats and their messages, from what was sent before.

Source: public programs that read chats and messages over REST; the vendor's error object.
"""

from collections.abc import Callable
from itertools import filterfalse

from aiohttp import web

from chatapp_tail.emulator.account import Account
from chatapp_tail.emulator.answers import json_answer
from chatapp_tail.emulator.history import History, Messenger
from chatapp_tail.emulator.messages import Chat, Message
from chatapp_tail.emulator.paging import (
    InvalidQuery,
    chats_page,
    messages_page,
    wants_system_messages,
)
from chatapp_tail.emulator.replies import (
    INVALID_TOKEN,
    Body,
    chats_reply,
    error_body,
    messages_reply,
)
from chatapp_tail.emulator.tenants import Tenants

_MESSENGER = "/v1/licenses/{id}/messengers/{type}"


class _Refused(Exception):  # noqa: N818  (a reply, not an error of ours)
    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.body = error_body(code, reason)


class ChatRoutes:
    """The routes that list what ``history`` remembers of an account's licences."""

    def __init__(self, tenants: Tenants, history: History) -> None:
        self._tenants = tenants
        self._history = history

    def routes(self) -> list[web.RouteDef]:
        """Return the routes. All answer 401 (token) and 422 (query) in the vendor's form."""
        return [
            web.get(f"{_MESSENGER}/chats", self._messenger_chats),
            # Any character but a slash, which comes encoded, may be part of a chat's id.
            web.get(f"{_MESSENGER}/chats/{{chat:[^/]+}}/messages", self._messages),
        ]

    async def _messenger_chats(self, request: web.Request) -> web.Response:
        """Answer 200, or 403 (licence or messenger)."""
        return self._answer(request, self._list_messenger_chats)

    async def _messages(self, request: web.Request) -> web.Response:
        """Answer 200, or 403 (licence or messenger), 404 (no such chat)."""
        return self._answer(request, self._list_messages)

    def _answer(
        self, request: web.Request, listed: Callable[[web.Request, Messenger], Body]
    ) -> web.Response:
        tenant = self._tenants.of_token(request.headers.get("Authorization", ""))
        if tenant is None:
            return json_answer(INVALID_TOKEN, 401)
        try:
            return json_answer(listed(request, _messenger(request, tenant.account)))
        except InvalidQuery as invalid:
            return json_answer(error_body("ApiValidationError", str(invalid)), 422)
        except _Refused as refused:
            return json_answer(refused.body, refused.status)

    def _list_messenger_chats(self, request: web.Request, messenger: Messenger) -> Body:
        page = chats_page(request.query)
        chats, _ = page.cut(page.order(self._history.chats([messenger])))
        return chats_reply(chats)

    def _list_messages(self, request: web.Request, messenger: Messenger) -> Body:
        page = messages_page(request.query)
        ordered = page.order(self._chat(messenger, request).messages)
        if not wants_system_messages(request.query):
            ordered = filterfalse(_is_system, ordered)
        return messages_reply(*page.cut(ordered))

    def _chat(self, messenger: Messenger, request: web.Request) -> Chat:
        chat = self._history.chat(messenger, request.match_info["chat"])
        if chat is None:
            raise _Refused(404, "ApiNotFoundError", "Chat not found")
        return chat


def _messenger(request: web.Request, account: Account) -> Messenger:
    asked = request.match_info["id"], request.match_info["type"]
    for license_ in account.licenses:
        for messenger in license_.messengers:
            if asked == (str(license_.id), messenger.type):
                return license_.id, messenger.type
    raise _Refused(403, "ApiAccessError", "Access denied")


def _is_system(message: Message) -> bool:
    return message.is_system
