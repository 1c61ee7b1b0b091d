"""ChatApp's HTTP side: ``/broadcasting/auth`` (Laravel's) and ``/v1/licenses``.

Source: Laravel's broadcasting endpoint as its clients see it; the vendor's error object.
"""

import hmac
import re

from aiohttp import web

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock
from chatapp_tail.emulator.account import Account, licenses_reply
from chatapp_tail.emulator.auth import App, sign_channel

_AUTH_FIELDS = ("socket_id", "channel_name")
_SOCKET_ID = re.compile(r"\d+\.\d+")
_LOGIN_PAGE = "<!doctype html><title>Login</title><p>This is where a browser would log in."
_INVALID_TOKEN = {
    "success": False,
    "error": {"code": "ApiInvalidTokenError", "message": "The access token is invalid."},
}


class ChatAppRest:
    """The routes of the API for one account and its one token."""

    def __init__(self, account: Account, token: str, app: App, clock: Clock) -> None:
        self._account = account
        self._channels = account.channels()
        self._token = token
        self._app = app
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/broadcasting/auth", self._authorize),
            web.get("/login", self._login_page),
            web.get("/v1/licenses", self._licenses),
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
            return _json({"message": ""}, 403)
        return _json({"auth": sign_channel(self._app, socket_id, channel)})

    async def _licenses(self, request: web.Request) -> web.Response:
        if not self._has_token(request):
            return _json(_INVALID_TOKEN, 401)
        return _json(licenses_reply(self._account, self._clock.utcnow()))

    async def _login_page(self, _request: web.Request) -> web.Response:
        """Answer 200 with HTML: what a client that follows the redirect mistakes for success."""
        return web.Response(text=_LOGIN_PAGE, content_type="text/html")

    def _has_token(self, request: web.Request) -> bool:
        """Compare the bare token; ``Bearer …`` is refused, as the vendor refuses it."""
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(
            given.encode(errors="surrogateescape"), self._token.encode(errors="surrogateescape")
        )


def _unauthenticated(request: web.Request) -> web.Response:
    """Answer as Laravel's guard: 401 for who asks for JSON, the login page for a browser."""
    if "json" in request.headers.get("Accept", ""):
        return _json({"message": "Unauthenticated."}, 401)
    return web.Response(status=302, headers={"Location": "/login"})


def _invalid_fields(socket_id: str, channel: str) -> web.Response:
    errors = {}
    if not _SOCKET_ID.fullmatch(socket_id):
        errors["socket_id"] = ["The socket id field is required, as in 123.456."]
    if not channel:
        errors["channel_name"] = ["The channel name field is required."]
    return _json({"message": "The given data was invalid.", "errors": errors}, 422)


def _form_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=jsontext.dumps(body), content_type="application/json", charset="utf-8"
    )
