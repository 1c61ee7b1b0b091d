"""ChatApp's HTTP side: ``/broadcasting/auth`` (Laravel's), and lists of the account.

Source: Laravel's broadcasting endpoint as its clients see it; the vendor's error object.
"""

import re
from collections.abc import Callable

from aiohttp import web

from chatapp_tail.clock import Clock
from chatapp_tail.emulator.account import Account
from chatapp_tail.emulator.answers import json_answer
from chatapp_tail.emulator.auth import App, sign_channel
from chatapp_tail.emulator.replies import (
    INVALID_TOKEN,
    Body,
    callback_urls_reply,
    companies_reply,
    employees_reply,
    error_body,
    licenses_reply,
)
from chatapp_tail.emulator.tenants import Tenant, Tenants

_AUTH_FIELDS = ("socket_id", "channel_name")
_SOCKET_ID = re.compile(r"\d+\.\d+")
_LOGIN_PAGE = "<!doctype html><title>Login</title><p>This is where a browser would log in."


class ChatAppRest:
    """The routes of the API: each answers about the account whose token is shown."""

    def __init__(self, tenants: Tenants, app: App, clock: Clock) -> None:
        self._tenants = tenants
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
            web.get("/v1/callbackUrls", self._callback_urls),
        ]

    async def _authorize(self, request: web.Request) -> web.Response:
        """Answer 200 ``{"auth"}``, or 401/302 (token), 422 (fields), 403 (channel)."""
        tenant = self._tenant(request)
        if tenant is None:
            return _unauthenticated(request)
        form = await request.post()
        socket_id, channel = (_form_text(form.get(name)) for name in _AUTH_FIELDS)
        if not (_SOCKET_ID.fullmatch(socket_id) and channel):
            return _invalid_fields(socket_id, channel)
        if channel not in tenant.channels:
            return json_answer({"message": ""}, 403)
        return json_answer({"auth": sign_channel(self._app, socket_id, channel)})

    async def _licenses(self, request: web.Request) -> web.Response:
        return self._listing(request, lambda one: licenses_reply(one, self._clock.utcnow()))

    async def _companies(self, request: web.Request) -> web.Response:
        return self._listing(request, companies_reply)

    async def _callback_urls(self, request: web.Request) -> web.Response:
        return self._listing(request, callback_urls_reply)

    async def _employees(self, request: web.Request) -> web.Response:
        """Answer 200, or 401 (token), 404 (no company of this account)."""
        tenant, asked = self._tenant(request), request.match_info["id"]
        if tenant and asked not in {str(one.id) for one in tenant.account.companies}:
            return json_answer(error_body("ApiNotFoundError", "Company not found"), 404)
        return self._listing(request, employees_reply)

    def _listing(self, request: web.Request, reply: Callable[[Account], Body]) -> web.Response:
        """Answer 200, or 401 (token)."""
        tenant = self._tenant(request)
        if tenant is None:
            return json_answer(INVALID_TOKEN, 401)
        return json_answer(reply(tenant.account))

    async def _login_page(self, _request: web.Request) -> web.Response:
        """Answer 200 with HTML: what a client that follows the redirect mistakes for success."""
        return web.Response(text=_LOGIN_PAGE, content_type="text/html")

    def _tenant(self, request: web.Request) -> Tenant | None:
        """Return whose the bare token is; ``Bearer …`` is refused, as the vendor refuses it."""
        return self._tenants.of_token(request.headers.get("Authorization", ""))


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
