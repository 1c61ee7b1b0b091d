"""ChatApp's HTTP API: tokens, channel authorization, and lists of the account.

Source: the vendor's help on access tokens and its error object; Laravel's broadcasting endpoint
and the replies of the API as public programs read them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from aiohttp import web

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock
from chatapp_tail.emulator.account import Account, License, Messenger, Person, Webhook
from chatapp_tail.emulator.auth import LOCAL_APP, sign_channel
from chatapp_tail.emulator.tokens import CapReached, Tenant, Tenants, TokenPair

Body = dict[str, object]

_LOGIN_FIELDS = ("email", "password", "appId")
_SOCKET_ID = re.compile(r"\d+\.\d+")
_LOGIN_PAGE = "<!doctype html><title>Login</title><p>This is where a browser would log in."
_LICENSE_RUNS = timedelta(days=30)
_ACTIVE: Body = {"id": 1, "code": "active"}
_INACTIVE: Body = {"id": 2, "code": "inactive"}  # made up


class Refused(Exception):  # noqa: N818 (an HTTP answer)
    """The answer is an error object with this status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(code, message)


def error_body(code: str, message: str) -> Body:
    """Return ``{"success": false, "error": {"code", "message"}}``.

    The vendor documents one code, ``ApiInvalidTokenError``. The others here are made up on its
    model, and clients must not depend on them.
    """
    return {"success": False, "error": {"code": code, "message": message}}


INVALID_TOKEN = error_body("ApiInvalidTokenError", "Invalid Token")


def json_answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer with ``body`` as JSON."""
    return web.Response(
        status=status,
        body=jsontext.dumps(body),
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def items_reply(items: Iterable[Body]) -> Body:
    """Return the body of a list that has no pages."""
    return {"success": True, "data": {"items": list(items)}}


def account_answer(
    request: web.Request, tenants: Tenants, reply: Callable[[Account], Body]
) -> web.Response:
    """Answer with ``reply`` for the account whose token the request has, 401 without a valid one.

    ``reply`` may raise ``Refused``.
    """
    tenant = _tenant(request, tenants)
    if tenant is None:
        return json_answer(INVALID_TOKEN, 401)
    try:
        return json_answer(reply(tenant.account))
    except Refused as refused:
        return json_answer(refused.body, refused.status)


class RestRoutes:
    """The routes of the API, except those of chats. Each answers about the token's account."""

    def __init__(self, tenants: Tenants, clock: Clock) -> None:
        self._tenants = tenants
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/v1/tokens", self._make_token),
            web.post("/v1/tokens/refresh", self._refresh_token),
            web.get("/v1/tokens/check", self._check_token),
            web.post("/broadcasting/auth", self._authorize),
            web.get("/login", self._login_page),
            web.get("/v1/licenses", self._licenses),
            web.get("/v1/companies", self._companies),
            web.get("/v1/companies/{id}/employees", self._employees),
            web.get("/v1/callbackUrls", self._callback_urls),
        ]

    async def _make_token(self, request: web.Request) -> web.Response:
        """Answer 200 with a token pair, 422 (fields), 401 (credentials), 429 (daily limit)."""
        login = _login_fields(await request.read())
        if missing := [name for name, value in login.items() if not value]:
            message = f"Missing: {', '.join(missing)}."
            return json_answer(error_body("ApiValidationError", message), 422)
        tenant = self._tenants.of_login(login["email"], login["password"], login["appId"])
        if tenant is None:
            message = "Wrong email, password or appId."
            return json_answer(error_body("ApiInvalidCredentialsError", message), 401)
        return _token_answer(tenant, tenant.ledger.make())

    async def _refresh_token(self, request: web.Request) -> web.Response:
        """Answer as ``_make_token``, or 403 for an invalid refresh token."""
        token = request.headers.get("Refresh", "")
        for tenant in self._tenants:
            if (made := tenant.ledger.refresh(token)) is not None:
                return _token_answer(tenant, made)
        message = "The refresh token is invalid."
        return json_answer(error_body("ApiInvalidRefreshTokenError", message), 403)

    async def _check_token(self, request: web.Request) -> web.Response:
        """Answer always 200: the programs that call it read ``success``, not the status."""
        is_valid = _tenant(request, self._tenants) is not None
        return json_answer({"success": True} if is_valid else INVALID_TOKEN)

    async def _authorize(self, request: web.Request) -> web.Response:
        """Answer 200 ``{"auth"}``, 401 or 302 (token), 422 (fields), 403 (channel)."""
        tenant = _tenant(request, self._tenants)
        if tenant is None:
            return _unauthenticated(request)
        form = await request.post()
        socket_id, channel = _string(form.get("socket_id")), _string(form.get("channel_name"))
        errors = {}
        if not _SOCKET_ID.fullmatch(socket_id):
            errors["socket_id"] = ["The socket id field is required, as in 123.456."]
        if not channel:
            errors["channel_name"] = ["The channel name field is required."]
        if errors:
            return json_answer({"message": "The given data was invalid.", "errors": errors}, 422)
        if channel not in tenant.channels:
            return json_answer({"message": ""}, 403)
        return json_answer({"auth": sign_channel(LOCAL_APP, socket_id, channel)})

    async def _login_page(self, _request: web.Request) -> web.Response:
        """Answer 200 with HTML, which a client that follows the redirect must not accept."""
        return web.Response(text=_LOGIN_PAGE, content_type="text/html")

    async def _licenses(self, request: web.Request) -> web.Response:
        now = self._clock.utcnow()
        return account_answer(request, self._tenants, lambda one: licenses_reply(one, now))

    async def _companies(self, request: web.Request) -> web.Response:
        return account_answer(request, self._tenants, _companies_reply)

    async def _employees(self, request: web.Request) -> web.Response:
        """Answer also 404 for a company that the account doesn't have."""
        company = request.match_info["id"]
        return account_answer(request, self._tenants, lambda one: _employees_reply(one, company))

    async def _callback_urls(self, request: web.Request) -> web.Response:
        return account_answer(request, self._tenants, callback_urls_reply)


def licenses_reply(account: Account, now: datetime) -> Body:
    """Return the body of ``GET /v1/licenses``; a licence without an end expires in 30 days."""
    end = int((now + _LICENSE_RUNS).timestamp())
    return {"success": True, "data": [_license(account, one, end) for one in account.licenses]}


def callback_urls_reply(account: Account) -> Body:
    """Return the body of ``GET /v1/callbackUrls``. Its shape is a guess: no source shows it."""
    return {"success": True, "data": [_webhook(one) for one in account.webhooks]}


def _companies_reply(account: Account) -> Body:
    return items_reply({"companyId": one.id, "name": one.name} for one in account.companies)


def _employees_reply(account: Account, company: str) -> Body:
    if company not in {str(one.id) for one in account.companies}:
        raise Refused(404, "ApiNotFoundError", "Company not found")
    return items_reply(map(_employee, account.people))


def _license(account: Account, license_: License, default_end: int) -> Body:
    return {
        "licenseId": license_.id,
        "licenseTo": default_end if license_.ends is None else license_.ends,
        "licenseName": license_.name,
        "status": _ACTIVE if license_.is_active else _INACTIVE,
        "active": license_.is_active,
        "messenger": [_messenger(messenger) for messenger in license_.messengers],
        "companies": [company.id for company in account.companies],
        "access": [{"userId": str(person.id), "email": person.email} for person in account.people],
    }


def _messenger(messenger: Messenger) -> Body:
    body: Body = {"type": messenger.type, "name": messenger.name}
    return body if messenger.phone is None else body | {"info": {"phone": messenger.phone}}


def _employee(person: Person) -> Body:
    return {
        "id": person.id,
        "fullName": person.full_name,
        "email": person.email,
        "role": {"name": person.role},
    }


def _webhook(webhook: Webhook) -> Body:
    return {
        "licenseId": webhook.license,
        "messengerType": webhook.messenger,
        "url": webhook.url,
    }


def _token_answer(tenant: Tenant, made: TokenPair | CapReached) -> web.Response:
    if isinstance(made, CapReached):
        body = error_body("ApiTooManyTokensError", "100 tokens a day are all there are.")
        return json_answer(body, 429, {"Retry-After": str(made.retry_after)})
    data = {
        "cabinetUserId": tenant.account.credentials.user_id,
        "accessToken": made.access,
        "accessTokenEndTime": made.access_ends,
        "refreshToken": made.refresh,
        "refreshTokenEndTime": made.refresh_ends,
    }
    return json_answer({"success": True, "data": data})


def _tenant(request: web.Request, tenants: Tenants) -> Tenant | None:
    """Return the tenant of the bare token; ``Bearer …`` is refused, as by the vendor."""
    return tenants.of_token(request.headers.get("Authorization", ""))


def _unauthenticated(request: web.Request) -> web.Response:
    """Answer as Laravel does: 401 to a client that wants JSON, the login page to a browser."""
    if "json" in request.headers.get("Accept", ""):
        return json_answer({"message": "Unauthenticated."}, 401)
    return web.Response(status=302, headers={"Location": "/login"})


def _login_fields(body: bytes) -> dict[str, str]:
    """Return the three fields of a login; what is missing or no string is empty."""
    try:
        parsed = jsontext.loads(body)
    except ValueError:
        parsed = None
    given = parsed if isinstance(parsed, dict) else {}
    return {name: _string(given.get(name)) for name in _LOGIN_FIELDS}


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
