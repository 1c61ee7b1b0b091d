"""ChatApp's HTTP routes: who gets which status."""

import pytest

from chatapp_tail.emulator.auth import sign_channel
from tests.emulator.given import APP, JSON_HEADERS, TELEGRAM, authorize, get
from tests.support.emulated import DEMO_TOKEN, Emulator

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


def test_licenses_with_the_token(emulator: Emulator) -> None:
    response = get(emulator, LICENSES, JSON_HEADERS)
    assert response.status_code == 200
    assert response.json()["success"] is True
    assert [license_["licenseId"] for license_ in response.json()["data"]] == [1229]


def test_companies_with_the_token(emulator: Emulator) -> None:
    response = get(emulator, COMPANIES, JSON_HEADERS)
    assert response.status_code == 200
    assert [item["companyId"] for item in response.json()["data"]["items"]] == [2224]


def test_employees_with_the_token(emulator: Emulator) -> None:
    response = get(emulator, EMPLOYEES, JSON_HEADERS)
    assert response.status_code == 200
    assert {item["id"]: item["fullName"] for item in response.json()["data"]["items"]} == {
        685: "Айгерим Сапарова",
        124: "Марат Жумабаев",
    }


@pytest.mark.parametrize("company", ["2225", "02224", "x", "%20", "٢٢٢٤"])
def test_employees_of_another_company_are_not_found(emulator: Emulator, company: str) -> None:
    response = get(emulator, f"/v1/companies/{company}/employees", JSON_HEADERS)
    assert response.status_code == 404
    assert response.json() == {
        "success": False,
        "error": {"code": "ApiNotFoundError", "message": "Company not found"},
    }
