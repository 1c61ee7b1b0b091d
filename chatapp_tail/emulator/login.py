"""ChatApp's tokens over HTTP: ``/v1/tokens``, ``/v1/tokens/refresh`` and ``/v1/tokens/check``.

Source: the vendor's help on access tokens, and public programs that log in and renew.
"""

from typing import assert_never

from aiohttp import web

from chatapp_tail import jsontext
from chatapp_tail.emulator.answers import json_answer
from chatapp_tail.emulator.replies import INVALID_TOKEN, error_body, tokens_reply
from chatapp_tail.emulator.tenants import Tenant, Tenants
from chatapp_tail.emulator.tokens import CapReached, TokenPair

_FIELDS = ("email", "password", "appId")


class LoginRoutes:
    """The routes that give out, renew and check the tokens of ``tenants``."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/v1/tokens", self._make),
            web.post("/v1/tokens/refresh", self._refresh),
            web.get("/v1/tokens/check", self._check),
        ]

    async def _make(self, request: web.Request) -> web.Response:
        """Answer 200 with a token pair, or 422 (fields), 401 (credentials), 429 (the day's cap)."""
        given = _login_fields(await request.read())
        if missing := [name for name, value in given.items() if not value]:
            message = f"Missing: {', '.join(missing)}."
            return json_answer(error_body("ApiValidationError", message), 422)
        tenant = self._tenants.of_login(given["email"], given["password"], given["appId"])
        if tenant is None:
            message = "Wrong email, password or appId."
            return json_answer(error_body("ApiInvalidCredentialsError", message), 401)
        return _issued(tenant, tenant.ledger.make())

    async def _refresh(self, request: web.Request) -> web.Response:
        """Answer as ``_make``, or 403 for a refresh token that renews nothing."""
        refresh = request.headers.get("Refresh", "")
        for tenant in self._tenants:
            if (made := tenant.ledger.refresh(refresh)) is not None:
                return _issued(tenant, made)
        message = "The refresh token is invalid."
        return json_answer(error_body("ApiInvalidRefreshTokenError", message), 403)

    async def _check(self, request: web.Request) -> web.Response:
        """Answer 200 either way: the programs that call it read ``success`` and no status."""
        if self._tenants.of_token(request.headers.get("Authorization", "")):
            return json_answer({"success": True})
        return json_answer(INVALID_TOKEN)


def _issued(tenant: Tenant, made: TokenPair | CapReached) -> web.Response:
    match made:
        case TokenPair():
            return json_answer(tokens_reply(made, tenant.account.credentials.user_id))
        case CapReached(retry_after):
            body = error_body("ApiTooManyTokensError", "100 tokens a day are all there are.")
            return json_answer(body, 429, {"Retry-After": str(retry_after)})
        case _:
            assert_never(made)


def _login_fields(body: bytes) -> dict[str, str]:
    """Return the three fields of a login; what is missing, or no text, is empty."""
    try:
        parsed = jsontext.loads(body)
    except ValueError:
        parsed = None
    given = parsed if isinstance(parsed, dict) else {}
    return {name: _text(given.get(name)) for name in _FIELDS}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
