"""ChatApp's HTTP side: ``/broadcasting/auth`` (Laravel's), licences, companies and employees.

Source: Laravel's broadcasting endpoint as its clients see it; the vendor's error object.
"""

import re

from aiohttp import web

from chatapp_tail.clock import Clock
from chatapp_tail.emulator.account import Account
from chatapp_tail.emulator.answers import json_answer
from chatapp_tail.emulator.auth import App, sign_channel
from chatapp_tail.emulator.replies import (
    INVALID_TOKEN,
    companies_reply,
    employees_reply,
    error_body,
    licenses_reply,
)
from chatapp_tail.emulator.tokens import TokenLedger

_AUTH_FIELDS = ("socket_id", "channel_name")
_SOCKET_ID = re.compile(r"\d+\.\d+")
_LOGIN_PAGE = "<!doctype html><title>Login</title><p>This is where a browser would log in."


class ChatAppRest:
    """The routes of the API for one account and whoever holds one of its tokens."""

    def __init__(self, account: Account, ledger: TokenLedger, app: App, clock: Clock) -> None:
        self._account = account
        self._channels = account.channels()
        self._ledger = ledger
        self._app = app
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/broadcasting/auth", self._authorize),
            web.get("/login", self._login_page),
            web.get("/v1/licenses", self._licenses),
            web.get("/v1/companies", self._companies),
            web.get("/v1/companies/{id}/employees", self._employees),
        ]

    async def _authorize(self, request: web.Request) -> web.Response:
        """Answer 200 ``{"auth"}``, or 401/302 (token), 422 (fields), 403 (channel)."""
        if not self._has_token(request):
            return _unauthenticated(request)
        form = await request.post()
        socket_id, channel = (_form_text(form.get(name)) for name in _AUTH_FIELDS)
        if not (_SOCKET_ID.fullmatch(socket_id) and channel):
            return _invalid_fields(socket_id, channel)
        if channel not in self._channels:
            return json_answer({"message": ""}, 403)
        return json_answer({"auth": sign_channel(self._app, socket_id, channel)})

    async def _licenses(self, request: web.Request) -> web.Response:
        if not self._has_token(request):
            return json_answer(INVALID_TOKEN, 401)
        return json_answer(licenses_reply(self._account, self._clock.utcnow()))

    async def _companies(self, request: web.Request) -> web.Response:
        if not self._has_token(request):
            return json_answer(INVALID_TOKEN, 401)
        return json_answer(companies_reply(self._account))

    async def _employees(self, request: web.Request) -> web.Response:
        """Answer 200, or 401 (token), 404 (no company of this account)."""
        if not self._has_token(request):
            return json_answer(INVALID_TOKEN, 401)
        if request.match_info["id"] not in {str(one.id) for one in self._account.companies}:
            return json_answer(error_body("ApiNotFoundError", "Company not found"), 404)
        return json_answer(employees_reply(self._account))

    async def _login_page(self, _request: web.Request) -> web.Response:
        """Answer 200 with HTML: what a client that follows the redirect mistakes for success."""
        return web.Response(text=_LOGIN_PAGE, content_type="text/html")

    def _has_token(self, request: web.Request) -> bool:
        """Look for the bare token; ``Bearer …`` is refused, as the vendor refuses it."""
        return self._ledger.accepts(request.headers.get("Authorization", ""))


def _unauthenticated(request: web.Request) -> web.Response:
    """Answer as Laravel's guard: 401 for who asks for JSON, the login page for a browser."""
    if "json" in request.headers.get("Accept", ""):
        return json_answer({"message": "Unauthenticated."}, 401)
    return web.Response(status=302, headers={"Location": "/login"})


def _invalid_fields(socket_id: str, channel: str) -> web.Response:
    errors = {}
    if not _SOCKET_ID.fullmatch(socket_id):
        errors["socket_id"] = ["The socket id field is required, as in 123.456."]
    if not channel:
        errors["channel_name"] = ["The channel name field is required."]
    return json_answer({"message": "The given data was invalid.", "errors": errors}, 422)


def _form_text(value: object) -> str:
    return value if isinstance(value, str) else ""
