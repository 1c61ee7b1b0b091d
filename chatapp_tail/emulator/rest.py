"""ChatApp's HTTP API: tokens, channel authorization, and lists of the account.

Source: the vendor's help on access tokens and its error object; Laravel's broadcasting endpoint
and the replies of the API as public programs read them.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from aiohttp import web

from chatapp_tail import jsontext
from chatapp_tail.chatapp.values import dig, string
from chatapp_tail.clock import Clock
from chatapp_tail.emulator.account import Account, License, Messenger, Person, Webhook
from chatapp_tail.emulator.auth import LOCAL_APP, sign_channel
from chatapp_tail.emulator.tokens import CapReached, Tenant, TokenPair

Body = dict[str, object]

TENANTS: web.AppKey[tuple[Tenant, ...]] = web.AppKey("tenants")
CLOCK: web.AppKey[Clock] = web.AppKey("clock")

routes = web.RouteTableDef()

_LOGIN_FIELDS = ("email", "password", "appId")
_SOCKET_ID = re.compile(r"\d+\.\d+")
_LOGIN_PAGE = "<!doctype html><title>Login</title><p>This is where a browser would log in."
_LICENSE_RUNS = timedelta(days=30)
_ACTIVE: Body = {"id": 1, "code": "active"}
_INACTIVE: Body = {"id": 2, "code": "inactive"}  # made up


def error_body(code: str, message: str) -> Body:
    """Return ``{"success": false, "error": {"code", "message"}}``.

    The vendor documents one code, ``ApiInvalidTokenError``. The others here are made up on its
    model, and clients must not depend on them.
    """
    return {"success": False, "error": {"code": code, "message": message}}


INVALID_TOKEN = error_body("ApiInvalidTokenError", "Invalid Token")


def refusal(
    kind: type[web.HTTPException], body: Body, headers: Mapping[str, str] | None = None
) -> web.HTTPException:
    """Return the answer with ``body`` as JSON, to be raised."""
    return kind(
        text=jsontext.dumps(body).decode(), headers=headers, content_type="application/json"
    )


def items_answer(items: Iterable[Body]) -> web.Response:
    """Return a list that has no pages."""
    return web.json_response({"success": True, "data": {"items": list(items)}})


def account_of(request: web.Request) -> Account:
    """Return the account of the request's token; raise the answer 401 without a valid one."""
    tenant = _tenant(request)
    if tenant is None:
        raise refusal(web.HTTPUnauthorized, INVALID_TOKEN)
    return tenant.account


@routes.post("/v1/tokens")
async def _make_token(request: web.Request) -> web.Response:
    """Answer 200 with a token pair, 422 (fields), 401 (credentials), 429 (daily limit)."""
    login = _login_fields(await request.read())
    if missing := [name for name, value in login.items() if not value]:
        body = error_body("ApiValidationError", f"Missing: {', '.join(missing)}.")
        raise refusal(web.HTTPUnprocessableEntity, body)
    for tenant in request.app[TENANTS]:
        if tenant.account.has_login(login["email"], login["password"], login["appId"]):
            return _token_answer(tenant, tenant.make_tokens())
    body = error_body("ApiInvalidCredentialsError", "Wrong email, password or appId.")
    raise refusal(web.HTTPUnauthorized, body)


@routes.post("/v1/tokens/refresh")
async def _refresh_token(request: web.Request) -> web.Response:
    """Answer as ``_make_token``, or 403 for an invalid refresh token."""
    token = request.headers.get("Refresh", "")
    for tenant in request.app[TENANTS]:
        if (made := tenant.refresh(token)) is not None:
            return _token_answer(tenant, made)
    body = error_body("ApiInvalidRefreshTokenError", "The refresh token is invalid.")
    raise refusal(web.HTTPForbidden, body)


@routes.get("/v1/tokens/check")
async def _check_token(request: web.Request) -> web.Response:
    """Answer always 200: the programs that call it read ``success``, not the status."""
    return web.json_response({"success": True} if _tenant(request) else INVALID_TOKEN)


@routes.post("/broadcasting/auth")
async def _authorize(request: web.Request) -> web.Response:
    """Answer 200 ``{"auth"}``, 401 or 302 (token), 422 (fields), 403 (channel)."""
    tenant = _tenant(request)
    if tenant is None:
        raise _unauthenticated(request)
    form = await request.post()
    socket_id, channel = string(form.get("socket_id")) or "", string(form.get("channel_name")) or ""
    errors = {}
    if not _SOCKET_ID.fullmatch(socket_id):
        errors["socket_id"] = ["The socket id field is required, as in 123.456."]
    if not channel:
        errors["channel_name"] = ["The channel name field is required."]
    if errors:
        body: Body = {"message": "The given data was invalid.", "errors": errors}
        raise refusal(web.HTTPUnprocessableEntity, body)
    if channel not in tenant.channels:
        raise refusal(web.HTTPForbidden, {"message": ""})
    return web.json_response({"auth": sign_channel(LOCAL_APP, socket_id, channel)})


@routes.get("/login")
async def _login_page(_request: web.Request) -> web.Response:
    """Answer 200 with HTML, which a client that follows the redirect must not accept."""
    return web.Response(text=_LOGIN_PAGE, content_type="text/html")


@routes.get("/v1/licenses")
async def _licenses(request: web.Request) -> web.Response:
    now = request.app[CLOCK].utcnow()
    return web.json_response(licenses_reply(account_of(request), now))


@routes.get("/v1/companies")
async def _companies(request: web.Request) -> web.Response:
    companies = account_of(request).companies
    return items_answer({"companyId": one.id, "name": one.name} for one in companies)


@routes.get("/v1/companies/{id}/employees")
async def _employees(request: web.Request) -> web.Response:
    """Answer also 404 for a company that the account doesn't have."""
    account = account_of(request)
    if request.match_info["id"] not in {str(one.id) for one in account.companies}:
        raise refusal(web.HTTPNotFound, error_body("ApiNotFoundError", "Company not found"))
    return items_answer(map(_employee, account.people))


@routes.get("/v1/callbackUrls")
async def _callback_urls(request: web.Request) -> web.Response:
    return web.json_response(callback_urls_reply(account_of(request)))


def licenses_reply(account: Account, now: datetime) -> Body:
    """Return the body of ``GET /v1/licenses``; a licence without an end expires in 30 days."""
    end = int((now + _LICENSE_RUNS).timestamp())
    return {"success": True, "data": [_license(account, one, end) for one in account.licenses]}


def callback_urls_reply(account: Account) -> Body:
    """Return the body of ``GET /v1/callbackUrls``. Its shape is a guess: no source shows it."""
    return {"success": True, "data": [_webhook(one) for one in account.webhooks]}


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
        raise refusal(web.HTTPTooManyRequests, body, {"Retry-After": str(made.retry_after)})
    data = {
        "cabinetUserId": tenant.account.user_id,
        "accessToken": made.access,
        "accessTokenEndTime": made.access_ends,
        "refreshToken": made.refresh,
        "refreshTokenEndTime": made.refresh_ends,
    }
    return web.json_response({"success": True, "data": data})


def _tenant(request: web.Request) -> Tenant | None:
    """Return the tenant of the bare token; ``Bearer …`` is refused, as by the vendor."""
    token = request.headers.get("Authorization", "")
    return next((one for one in request.app[TENANTS] if one.accepts(token)), None)


def _unauthenticated(request: web.Request) -> web.HTTPException:
    """Return Laravel's answer: 401 to a client that wants JSON, the login page to a browser."""
    if "json" in request.headers.get("Accept", ""):
        return refusal(web.HTTPUnauthorized, {"message": "Unauthenticated."})
    return web.HTTPFound("/login")


def _login_fields(body: bytes) -> dict[str, str]:
    """Return the three fields of a login; what is missing or no string is empty."""
    try:
        parsed = jsontext.loads(body)
    except ValueError:
        parsed = None
    return {name: string(dig(parsed, name)) or "" for name in _LOGIN_FIELDS}
