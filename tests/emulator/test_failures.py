"""Failures on demand, and the list of what was asked."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import websocket

from chatapp_tail import jsontext
from chatapp_tail.emulator.failures import PlannedFailures
from chatapp_tail.emulator.requestlog import RequestLog
from chatapp_tail.emulator.server import DEMO_TOKEN, Emulator, Failure, running_emulator
from tests.emulator.given import (
    JSON_HEADERS,
    SILENT,
    TELEGRAM,
    Client,
    authorize,
    get,
    http,
    post,
)

LICENSES = "/v1/licenses"
AUTH = "/broadcasting/auth"
ASKED = {"socket_id": "123.456", "channel_name": TELEGRAM}


def statuses(emulator: Emulator, path: str, count: int) -> list[int]:
    return [get(emulator, path, JSON_HEADERS).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Failure.success_false(), 200, "ApiInvalidTokenError"),
        (Failure.success_false("ApiOtherError"), 200, "ApiOtherError"),
        (Failure.unauthorized(), 401, "ApiInvalidTokenError"),
        (Failure.forbidden(), 403, "ApiAccessError"),
        (Failure.unprocessable(), 422, "ApiValidationError"),
        (Failure.throttled(), 429, "ApiTooManyRequestsError"),
    ],
)
def test_failure_with_the_vendors_error_object(
    emulator: Emulator, failure: Failure, status: int, code: str
) -> None:
    emulator.fail(LICENSES, failure)
    response = get(emulator, LICENSES, JSON_HEADERS)
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/json")
    assert response.json()["success"] is False
    assert response.json()["error"]["code"] == code


def test_server_error_has_no_error_object(emulator: Emulator) -> None:
    emulator.fail(LICENSES, Failure.server_error())
    response = get(emulator, LICENSES, JSON_HEADERS)
    assert (response.status_code, response.json()) == (500, {"message": "Server Error"})


def test_throttled_says_when_to_try_again(emulator: Emulator) -> None:
    emulator.fail(LICENSES, Failure.throttled(7))
    assert get(emulator, LICENSES).headers["Retry-After"] == "7"


@pytest.mark.parametrize(("failure", "status"), [(Failure.html(), 200), (Failure.html(502), 502)])
def test_html_is_a_proxys_page(emulator: Emulator, failure: Failure, status: int) -> None:
    emulator.fail(LICENSES, failure)
    response = get(emulator, LICENSES, JSON_HEADERS)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert response.text.startswith("<html><head><title>502 Bad Gateway</title>")


def test_truncated_is_json_that_ends_in_the_middle(emulator: Emulator) -> None:
    emulator.fail(LICENSES, Failure.truncated())
    response = get(emulator, LICENSES, JSON_HEADERS)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Unterminated string"):
        jsontext.loads(response.content)


def test_empty_is_200_without_a_body(emulator: Emulator) -> None:
    emulator.fail(LICENSES, Failure.empty())
    response = get(emulator, LICENSES, JSON_HEADERS)
    assert (response.status_code, response.content) == (200, b"")


def test_any_answer_can_be_made_up(emulator: Emulator) -> None:
    emulator.fail(LICENSES, Failure(302, {"Location": "/login"}, b"moved"))
    with http() as session:
        response = session.get(f"{emulator.api_url}{LICENSES}", allow_redirects=False, timeout=3)
    assert (response.status_code, response.content) == (302, b"moved")
    assert response.headers["Location"] == "/login"


def test_failure_comes_as_often_as_planned_and_no_more(emulator: Emulator) -> None:
    emulator.fail(LICENSES, Failure.server_error(), times=2)
    assert statuses(emulator, LICENSES, 3) == [500, 500, 200]


def test_plans_for_one_path_follow_each_other(emulator: Emulator) -> None:
    emulator.fail(LICENSES, Failure.server_error())
    emulator.fail(LICENSES, Failure.throttled())
    assert statuses(emulator, LICENSES, 3) == [500, 429, 200]


def test_other_paths_go_well(emulator: Emulator) -> None:
    emulator.fail("/v1/companies", Failure.server_error())
    assert statuses(emulator, "/v1/companies/2224/employees", 1) == [200]
    assert statuses(emulator, "/v1/companies", 2) == [500, 200]


def test_any_method_and_any_query_meet_the_failure(emulator: Emulator) -> None:
    emulator.fail("/v1/tokens", Failure.forbidden(), times=2)
    assert post(emulator, "/v1/tokens", {}).status_code == 403
    assert get(emulator, "/v1/tokens?limit=1").status_code == 403


def test_path_without_a_route_can_fail_too(emulator: Emulator) -> None:
    emulator.fail("/v1/unknown", Failure.server_error())
    assert statuses(emulator, "/v1/unknown", 2) == [500, 404]


def test_authorization_of_a_channel_fails_on_demand(emulator: Emulator) -> None:
    emulator.fail(AUTH, Failure.empty())
    assert authorize(emulator, ASKED, JSON_HEADERS).content == b""
    assert authorize(emulator, ASKED, JSON_HEADERS).status_code == 200


def test_websocket_handshake_fails_on_demand(emulator: Emulator) -> None:
    emulator.fail("/app/ChatsAppApiProdKey", Failure.server_error())
    with pytest.raises(websocket.WebSocketBadStatusException, match="500"):
        Client(emulator)
    with Client(emulator) as client:
        client.connected()


def test_large_request_that_fails_leaves_the_connection_usable(emulator: Emulator) -> None:
    emulator.fail("/v1/tokens", Failure.throttled())
    with http() as session:
        url = f"{emulator.api_url}/v1/tokens"
        session.headers["Content-Type"] = "application/json"
        assert session.post(url, data=b" " * 1_000_000, timeout=3).status_code == 429
        assert session.post(url, data=b"{}", timeout=3).status_code == 422


def test_failures_can_be_planned_and_taken_from_many_threads() -> None:
    planned = PlannedFailures()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(200):
            pool.submit(planned.plan, LICENSES, Failure.empty(), 5)
        taken = [pool.submit(planned.take, LICENSES) for _ in range(1000)]
    found = sum(future.result() is not None for future in taken)
    while planned.take(LICENSES) is not None:
        found += 1
    assert found == 1000


def test_requests_are_listed_with_their_headers() -> None:
    with running_emulator(SILENT) as emulator:
        get(emulator, f"{LICENSES}?x=1", JSON_HEADERS)
        authorize(emulator, ASKED, JSON_HEADERS)
        get(emulator, "/nowhere")
        first, *_ = listed = emulator.requests
    assert [(method, path) for method, path, _ in listed] == [
        ("GET", "/v1/licenses"),
        ("POST", "/broadcasting/auth"),
        ("GET", "/nowhere"),
    ]
    assert first.headers["authorization"] == DEMO_TOKEN
    assert first.headers["accept"] == "application/json"


def test_failed_requests_are_listed_and_the_list_outlives_the_server() -> None:
    with running_emulator(SILENT) as emulator:
        emulator.fail(LICENSES, Failure.server_error(), times=2)
        statuses(emulator, LICENSES, 3)
    assert [request.path for request in emulator.requests] == [LICENSES] * 3


def test_list_is_a_copy_and_its_headers_cannot_be_changed(emulator: Emulator) -> None:
    get(emulator, LICENSES)
    listed = emulator.requests
    with pytest.raises(TypeError):
        listed[-1].headers["accept"] = ""  # type: ignore[index]
    count = len(listed)
    listed.clear()
    assert len(emulator.requests) == count


def test_list_is_bounded_and_keeps_the_newest() -> None:
    log = RequestLog()
    for number in range(10_001):
        log.add("GET", f"/{number}", [])
    seen = log.snapshot()
    assert (len(seen), seen[0].path, seen[-1].path) == (10_000, "/1", "/10000")


def test_list_of_large_requests_is_bounded_by_their_bytes() -> None:
    log = RequestLog(most_bytes=1_000_000)
    for number in range(100):
        log.add("GET", f"/{number}", [(f"X-{one}", "x" * 8000) for one in range(10)])
    assert [request.path for request in log.snapshot()] == [f"/{one}" for one in range(88, 100)]


def test_tokens_are_not_in_the_repr_of_a_request() -> None:
    log = RequestLog()
    log.add("GET", LICENSES, [("Authorization", DEMO_TOKEN)])
    assert repr(log.snapshot()) == "[SeenRequest(GET /v1/licenses)]"
