"""Logging in, renewing and checking over HTTP, with a clock that the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.emulator.given import SILENT, authorize, get, log_in, post
from tests.support.emulated import DEMO_TOKEN, Emulator, running_emulator
from tests.support.fake_clock import FakeClock
from tests.support.records import TELEGRAM

HOUR = 3600
DAY = 24 * HOUR
LOGIN = {"email": "aigerim@aport.example", "password": "demo-password", "appId": "app_685_1"}
INVALID_TOKEN = {
    "success": False,
    "error": {"code": "ApiInvalidTokenError", "message": "Invalid Token"},
}


@contextmanager
def started() -> Iterator[tuple[Emulator, FakeClock]]:
    """Run a local ChatApp at noon of 2026-11-22 UTC."""
    clock = FakeClock()
    with running_emulator(SILENT, clock) as emulator:
        yield emulator, clock


def refresh(emulator: Emulator, token: object) -> tuple[int, dict[str, object]]:
    """Return status and ``data`` (or ``error``) of a renewal with ``token``."""
    response = post(emulator, "/v1/tokens/refresh", headers={"Refresh": str(token)})
    body = response.json()
    return response.status_code, body["data" if body["success"] else "error"]


def opens(emulator: Emulator, token: object) -> tuple[int, int, bool]:
    """Return the statuses of licences and authorization, and the check's ``success``."""
    headers = {"Authorization": str(token), "Accept": "application/json"}
    form = {"socket_id": "1.2", "channel_name": TELEGRAM}
    return (
        get(emulator, "/v1/licenses", headers).status_code,
        authorize(emulator, form, headers).status_code,
        get(emulator, "/v1/tokens/check", headers).json()["success"],
    )


def test_login_returns_a_pair_that_ends_by_the_clock() -> None:
    with started() as (emulator, _):
        response = post(emulator, "/v1/tokens", LOGIN)
        assert response.status_code == 200
        body = response.json()
        data = body["data"]
        assert (len(data.pop("accessToken")), len(data.pop("refreshToken"))) == (60, 60)
        assert body == {
            "success": True,
            "data": {
                "cabinetUserId": 685,
                "accessTokenEndTime": 1795435200,
                "refreshTokenEndTime": 1796558400,
            },
        }


@pytest.mark.parametrize("field", ["email", "password", "appId"])
def test_wrong_credentials_are_refused(emulator: Emulator, field: str) -> None:
    response = post(emulator, "/v1/tokens", LOGIN | {field: "other \ud83d"})
    assert response.status_code == 401
    assert response.json() == {
        "success": False,
        "error": {
            "code": "ApiInvalidCredentialsError",
            "message": "Wrong email, password or appId.",
        },
    }


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
def test_missing_fields_are_named(emulator: Emulator, body: object, missing: str) -> None:
    response = post(emulator, "/v1/tokens", body)
    assert response.status_code == 422
    assert response.json() == {
        "success": False,
        "error": {"code": "ApiValidationError", "message": f"Missing: {missing}."},
    }


def test_expired_tokens_are_refused_at_once_but_can_be_renewed(emulator: Emulator) -> None:
    first, second = log_in(emulator), log_in(emulator)
    emulator.expire_tokens()
    assert opens(emulator, first["accessToken"]) == (401, 401, False)
    assert opens(emulator, second["accessToken"]) == (401, 401, False)
    assert opens(emulator, emulator.token) == (200, 200, True)
    status, renewed = refresh(emulator, second["refreshToken"])
    assert status == 200
    assert opens(emulator, renewed["accessToken"]) == (200, 200, True)


def test_refresh_gives_a_new_pair_and_spends_the_refresh_token(emulator: Emulator) -> None:
    old = log_in(emulator)
    status, new = refresh(emulator, old["refreshToken"])
    assert status == 200
    assert opens(emulator, new["accessToken"]) == (200, 200, True)
    for spent in (old["refreshToken"], ""):
        assert refresh(emulator, spent) == (
            403,
            {"code": "ApiInvalidRefreshTokenError", "message": "The refresh token is invalid."},
        )


def test_101st_token_of_a_day_is_refused_whether_made_or_refreshed() -> None:
    with started() as (emulator, clock):
        last = [log_in(emulator) for _ in range(100)][-1]
        clock.advance(HOUR)
        refused = {
            "login": post(emulator, "/v1/tokens", LOGIN),
            "refresh": post(
                emulator, "/v1/tokens/refresh", headers={"Refresh": str(last["refreshToken"])}
            ),
        }
        for response in refused.values():
            assert (response.status_code, response.headers["Retry-After"]) == (429, "82800")
            assert response.json() == {
                "success": False,
                "error": {
                    "code": "ApiTooManyTokensError",
                    "message": "100 tokens a day are all there are.",
                },
            }
        clock.advance(23 * HOUR)
        assert post(emulator, "/v1/tokens", LOGIN).status_code == 200


def test_check_says_in_the_body_whether_a_token_is_good(emulator: Emulator) -> None:
    good = get(emulator, "/v1/tokens/check", {"Authorization": DEMO_TOKEN})
    assert (good.status_code, good.json()) == (200, {"success": True})
    for headers in ({}, {"Authorization": "other"}, {"Authorization": f"Bearer {DEMO_TOKEN}"}):
        bad = get(emulator, "/v1/tokens/check", headers)
        assert (bad.status_code, bad.json()) == (200, INVALID_TOKEN)
