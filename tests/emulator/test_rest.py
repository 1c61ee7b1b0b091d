"""ChatApp's HTTP routes: statuses and bodies."""

import pytest

from chatapp_tail.emulator.auth import sign_channel
from tests.emulator.given import APP, JSON_HEADERS, SILENT, authorize, get
from tests.support.emulated import DEMO_TOKEN, Emulator, running_emulator
from tests.support.fake_clock import FakeClock
from tests.support.records import TELEGRAM

LICENSES = "/v1/licenses"
COMPANIES = "/v1/companies"
EMPLOYEES = "/v1/companies/2224/employees"
ASKED = {"socket_id": "123.456", "channel_name": TELEGRAM}
UNAUTHENTICATED = {"message": "Unauthenticated."}


@pytest.mark.parametrize(
    ("form", "headers", "status", "body"),
    [
        (ASKED, {"Accept": "application/json"}, 401, UNAUTHENTICATED),
        (ASKED, JSON_HEADERS | {"Authorization": "$2y$10$other"}, 401, UNAUTHENTICATED),
        (ASKED, JSON_HEADERS | {"Authorization": f"Bearer {DEMO_TOKEN}"}, 401, UNAUTHENTICATED),
        (ASKED | {"channel_name": f"{TELEGRAM}x"}, JSON_HEADERS, 403, {"message": ""}),
        (ASKED | {"channel_name": "private-v1.users.1"}, JSON_HEADERS, 403, {"message": ""}),
        (ASKED | {"channel_name": "public"}, JSON_HEADERS, 403, {"message": ""}),
    ],
)
def test_authorization_refused(
    emulator: Emulator,
    form: dict[str, str],
    headers: dict[str, str],
    status: int,
    body: dict[str, str],
) -> None:
    response = authorize(emulator, form, headers)
    assert (response.status_code, response.json()) == (status, body)


@pytest.mark.parametrize(
    ("form", "missing"),
    [
        ({}, ["channel_name", "socket_id"]),
        ({"socket_id": "1.2"}, ["channel_name"]),
        ({"channel_name": TELEGRAM}, ["socket_id"]),
        ({"channel_name": TELEGRAM, "socket_id": "1.2:private-other"}, ["socket_id"]),
    ],
)
def test_missing_fields_are_named(
    emulator: Emulator, form: dict[str, str], missing: list[str]
) -> None:
    response = authorize(emulator, form, JSON_HEADERS)
    assert response.status_code == 422
    assert sorted(response.json()["errors"]) == missing


def test_browser_without_token_is_sent_to_the_login_page(emulator: Emulator) -> None:
    response = authorize(emulator, ASKED, {"Accept": "text/html"})
    assert (response.status_code, response.headers["Location"]) == (302, "/login")
    page = get(emulator, "/login")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_authorization_is_bound_to_socket_and_channel(emulator: Emulator) -> None:
    response = authorize(emulator, ASKED, JSON_HEADERS)
    assert response.status_code == 200
    assert response.json() == {"auth": sign_channel(APP, "123.456", TELEGRAM)}


@pytest.mark.parametrize("token", ["", "$2y$10$other", f"Bearer {DEMO_TOKEN}", "тест".encode()])
@pytest.mark.parametrize("path", [LICENSES, COMPANIES, EMPLOYEES])
def test_wrong_token_is_refused(emulator: Emulator, path: str, token: str | bytes) -> None:
    response = get(emulator, path, {"Authorization": token})
    assert response.status_code == 401
    assert response.json() == {
        "success": False,
        "error": {"code": "ApiInvalidTokenError", "message": "Invalid Token"},
    }


def test_licenses_with_the_phone_of_some_messengers() -> None:
    with running_emulator(SILENT, FakeClock()) as emulator:
        response = get(emulator, LICENSES, JSON_HEADERS)
    assert response.json() == {
        "success": True,
        "data": [
            {
                "licenseId": 1229,
                "licenseTo": 1797940800,
                "licenseName": "Кондитерская «Апорт»",
                "status": {"id": 1, "code": "active"},
                "active": True,
                "messenger": [
                    {"type": "telegram", "name": "Telegram"},
                    {
                        "type": "grWhatsApp",
                        "name": "WhatsApp",
                        "info": {"phone": "70000000000"},
                    },
                    {
                        "type": "caWhatsApp",
                        "name": "WhatsApp Business API",
                        "info": {"phone": "70000000000"},
                    },
                    {"type": "WhatsApp", "name": "WhatsApp (BIC)"},
                ],
                "companies": [2224],
                "access": [
                    {"userId": "685", "email": "aigerim@aport.example"},
                    {"userId": "124", "email": "marat@aport.example"},
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("path", "items"),
    [
        (COMPANIES, [{"companyId": 2224, "name": "Кондитерская «Апорт»"}]),
        (
            EMPLOYEES,
            [
                {
                    "id": 685,
                    "fullName": "Айгерим Сапарова",
                    "email": "aigerim@aport.example",
                    "role": {"name": "Администратор"},
                },
                {
                    "id": 124,
                    "fullName": "Марат Жумабаев",
                    "email": "marat@aport.example",
                    "role": {"name": "Оператор"},
                },
            ],
        ),
    ],
)
def test_lists_of_the_account(emulator: Emulator, path: str, items: list[object]) -> None:
    response = get(emulator, path, JSON_HEADERS)
    assert response.status_code == 200
    assert response.json() == {"success": True, "data": {"items": items}}


@pytest.mark.parametrize("company", ["2225", "02224", "x", "%20", "٢٢٢٤"])
def test_employees_of_another_company_are_not_found(emulator: Emulator, company: str) -> None:
    response = get(emulator, f"/v1/companies/{company}/employees", JSON_HEADERS)
    assert response.status_code == 404
    assert response.json() == {
        "success": False,
        "error": {"code": "ApiNotFoundError", "message": "Company not found"},
    }
