"""ChatApp's HTTP routes: logins, channel authorization and lists, with statuses and bodies."""

from collections.abc import Iterator

import pytest

from chatapp_tail.emulator.auth import sign_channel
from tests.emulator.given import (
    APP,
    JSON_HEADERS,
    LOGIN,
    SILENT,
    ask,
    authorize,
    error,
    log_in,
    post,
)
from tests.support.emulated import DEMO_TOKEN, Emulator, running_emulator
from tests.support.fake_clock import FakeClock
from tests.support.records import TELEGRAM

HOUR = 3600
LICENSES = "/v1/licenses"
COMPANIES = "/v1/companies"
EMPLOYEES = "/v1/companies/2224/employees"
CHATS = "/v1/licenses/1229/messengers/telegram/chats"
CHECK = "/v1/tokens/check"
REFRESH = "/v1/tokens/refresh"
INVALID_TOKEN = error("ApiInvalidTokenError", "Invalid Token")
FORM = {"socket_id": "123.456", "channel_name": TELEGRAM}
UNAUTHENTICATED = {"message": "Unauthenticated."}


@pytest.fixture
def clock() -> FakeClock:
    """Return the clock of ``at_noon``."""
    return FakeClock()


@pytest.fixture
def at_noon(clock: FakeClock) -> Iterator[Emulator]:
    """Return a local ChatApp that starts at noon of 2026-11-22 UTC."""
    with running_emulator(SILENT, clock) as running:
        yield running


def accepted(emulator: Emulator, token: object) -> tuple[int, int, bool]:
    """Return the statuses of licences and authorization, and the check's ``success``."""
    headers = JSON_HEADERS | {"Authorization": str(token)}
    return (
        ask(emulator, LICENSES, headers=headers).status_code,
        authorize(emulator, FORM, headers).status_code,
        ask(emulator, CHECK, headers=headers).json()["success"],
    )


# Logins


def test_login_returns_a_pair_that_ends_by_the_clock(at_noon: Emulator) -> None:
    response = post(at_noon, "/v1/tokens", LOGIN)
    body = response.json()
    assert (response.status_code, body.pop("success")) == (200, True)
    data = body.pop("data")
    assert (len(data.pop("accessToken")), len(data.pop("refreshToken")), body) == (60, 60, {})
    assert data == {
        "cabinetUserId": 685,
        "accessTokenEndTime": 1795435200,
        "refreshTokenEndTime": 1796558400,
    }


@pytest.mark.parametrize("field", LOGIN)
def test_wrong_credentials_are_refused(emulator: Emulator, field: str) -> None:
    response = post(emulator, "/v1/tokens", LOGIN | {field: "other \ud83d"})
    assert response.status_code == 401
    wrong = "Wrong email, password or appId."
    assert response.json() == error("ApiInvalidCredentialsError", wrong)


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (b"", "email, password, appId"),
        (b"{", "email, password, appId"),
        (b"email=aigerim%40aport.example", "email, password, appId"),
        ([LOGIN], "email, password, appId"),
        ({"email": "aigerim@aport.example"}, "password, appId"),
        (LOGIN | {"password": ""}, "password"),
        (LOGIN | {"appId": 685}, "appId"),
        (LOGIN | {"email": None}, "email"),
    ],
)
def test_missing_fields_of_a_login_are_named(
    emulator: Emulator, body: object, missing: str
) -> None:
    response = post(emulator, "/v1/tokens", body)
    assert response.status_code == 422
    assert response.json() == error("ApiValidationError", f"Missing: {missing}.")


def test_ended_tokens_are_refused_and_can_be_renewed_once(emulator: Emulator) -> None:
    first, second = log_in(emulator), log_in(emulator)
    emulator.expire_tokens()
    assert accepted(emulator, first["accessToken"]) == (401, 401, False)
    assert accepted(emulator, second["accessToken"]) == (401, 401, False)
    assert accepted(emulator, emulator.token) == (200, 200, True)
    renewed = post(emulator, REFRESH, Refresh=str(second["refreshToken"]))
    assert renewed.status_code == 200
    assert accepted(emulator, renewed.json()["data"]["accessToken"]) == (200, 200, True)
    for spent in (second["refreshToken"], ""):
        refused = post(emulator, REFRESH, Refresh=str(spent))
        assert refused.status_code == 403
        invalid = "The refresh token is invalid."
        assert refused.json() == error("ApiInvalidRefreshTokenError", invalid)


def test_101st_token_of_a_day_is_refused_whether_made_or_refreshed(
    at_noon: Emulator, clock: FakeClock
) -> None:
    last = [log_in(at_noon) for _ in range(100)][-1]
    clock.advance(HOUR)
    for response in (
        post(at_noon, "/v1/tokens", LOGIN),
        post(at_noon, REFRESH, Refresh=str(last["refreshToken"])),
    ):
        assert (response.status_code, response.headers["Retry-After"]) == (429, "82800")
        limit = "100 tokens a day are all there are."
        assert response.json() == error("ApiTooManyTokensError", limit)
    clock.advance(23 * HOUR)
    assert post(at_noon, "/v1/tokens", LOGIN).status_code == 200


def test_check_answers_in_the_body_whether_a_token_is_valid(emulator: Emulator) -> None:
    valid = ask(emulator, CHECK)
    assert (valid.status_code, valid.json()) == (200, {"success": True})
    for headers in ({}, {"Authorization": "other"}, {"Authorization": f"Bearer {DEMO_TOKEN}"}):
        invalid = ask(emulator, CHECK, headers=headers)
        assert (invalid.status_code, invalid.json()) == (200, INVALID_TOKEN)


# Channel authorization


def test_signature_is_for_one_socket_and_channel(emulator: Emulator) -> None:
    response = authorize(emulator, FORM)
    assert response.status_code == 200
    assert response.json() == {"auth": sign_channel(APP, "123.456", TELEGRAM)}


@pytest.mark.parametrize(
    ("channel", "headers", "status", "body"),
    [
        (TELEGRAM, {"Accept": "application/json"}, 401, UNAUTHENTICATED),
        (TELEGRAM, JSON_HEADERS | {"Authorization": "other"}, 401, UNAUTHENTICATED),
        (TELEGRAM, JSON_HEADERS | {"Authorization": f"Bearer {DEMO_TOKEN}"}, 401, UNAUTHENTICATED),
        (f"{TELEGRAM}x", JSON_HEADERS, 403, {"message": ""}),
        ("private-v1.users.1", JSON_HEADERS, 403, {"message": ""}),
        ("public", JSON_HEADERS, 403, {"message": ""}),
    ],
)
def test_signature_is_refused_without_a_token_and_for_other_channels(
    emulator: Emulator, channel: str, headers: dict[str, str], status: int, body: dict[str, str]
) -> None:
    response = authorize(emulator, FORM | {"channel_name": channel}, headers)
    assert (response.status_code, response.json()) == (status, body)


@pytest.mark.parametrize(
    ("form", "missing"),
    [
        ({}, {"channel_name", "socket_id"}),
        ({"socket_id": "1.2"}, {"channel_name"}),
        ({"channel_name": TELEGRAM}, {"socket_id"}),
        ({"channel_name": TELEGRAM, "socket_id": "1.2:private-other"}, {"socket_id"}),
    ],
)
def test_missing_fields_of_an_authorization_are_named(
    emulator: Emulator, form: dict[str, str], missing: set[str]
) -> None:
    response = authorize(emulator, form)
    assert response.status_code == 422
    assert set(response.json()["errors"]) == missing


def test_browser_without_a_token_is_redirected_to_the_login_page(emulator: Emulator) -> None:
    response = authorize(emulator, FORM, {"Accept": "text/html"})
    assert (response.status_code, response.headers["Location"]) == (302, "/login")
    page = ask(emulator, "/login", headers={})
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


# Lists


@pytest.mark.parametrize("token", ["", "other", f"Bearer {DEMO_TOKEN}", "тест".encode()])
@pytest.mark.parametrize(
    "path", [LICENSES, COMPANIES, EMPLOYEES, "/v1/callbackUrls", CHATS, f"{CHATS}/a/messages"]
)
def test_list_is_refused_without_a_token(emulator: Emulator, path: str, token: str | bytes) -> None:
    response = ask(emulator, path, headers={"Authorization": token})
    assert (response.status_code, response.json()) == (401, INVALID_TOKEN)


def test_licenses_with_the_phone_of_some_messengers(at_noon: Emulator) -> None:
    messengers = [
        ("telegram", "Telegram", {}),
        ("grWhatsApp", "WhatsApp", {"info": {"phone": "70000000000"}}),
        ("caWhatsApp", "WhatsApp Business API", {"info": {"phone": "70000000000"}}),
        ("WhatsApp", "WhatsApp (BIC)", {}),
    ]
    license_ = {
        "licenseId": 1229,
        "licenseTo": 1797940800,
        "licenseName": "Кондитерская «Апорт»",
        "status": {"id": 1, "code": "active"},
        "active": True,
        "messenger": [{"type": type_, "name": name, **more} for type_, name, more in messengers],
        "companies": [2224],
        "access": [
            {"userId": "685", "email": "aigerim@aport.example"},
            {"userId": "124", "email": "marat@aport.example"},
        ],
    }
    assert ask(at_noon, LICENSES).json() == {"success": True, "data": [license_]}


MANAGER = {
    "id": 685,
    "fullName": "Айгерим Сапарова",
    "email": "aigerim@aport.example",
    "role": {"name": "Администратор"},
}
COLLEAGUE = {
    "id": 124,
    "fullName": "Марат Жумабаев",
    "email": "marat@aport.example",
    "role": {"name": "Оператор"},
}


@pytest.mark.parametrize(
    ("path", "items"),
    [
        (COMPANIES, [{"companyId": 2224, "name": "Кондитерская «Апорт»"}]),
        (EMPLOYEES, [MANAGER, COLLEAGUE]),
    ],
)
def test_lists_of_the_account(emulator: Emulator, path: str, items: list[object]) -> None:
    response = ask(emulator, path)
    assert response.status_code == 200
    assert response.json() == {"success": True, "data": {"items": items}}


@pytest.mark.parametrize("company", ["2225", "02224", "x", "%20", "٢٢٢٤"])
def test_employees_of_another_company_are_not_found(emulator: Emulator, company: str) -> None:
    response = ask(emulator, f"/v1/companies/{company}/employees")
    assert response.status_code == 404
    assert response.json() == error("ApiNotFoundError", "Company not found")
