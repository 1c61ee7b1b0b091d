"""Does the scripted channel authorization do what its users in the tests count on?"""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from chatapp_tail.clock import SystemClock
from tests.support.auth_endpoint import PATH, AuthEndpoint
from tests.support.certificates import Certificates
from tests.support.loopback_http import Answer
from tests.support.waiting import wait_until

FORM = {"socket_id": "12.34", "channel_name": "private-v1.companies.2224"}


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Yield a session that goes straight to loopback."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def post(
    session: requests.Session, endpoint: AuthEndpoint, token: str | None = None
) -> requests.Response:
    """Ask for the company's channel, with the right token unless another is given."""
    headers = {"Authorization": endpoint.token if token is None else token}
    url = endpoint.api_url + PATH
    return session.post(url, data=FORM, headers=headers, timeout=10, allow_redirects=False)


def test_right_request_is_signed_and_recorded(
    session: requests.Session, auth_endpoint: AuthEndpoint
) -> None:
    answer = post(session, auth_endpoint)
    # From: printf 12.34:private-v1.companies.2224 | openssl dgst -sha256 -hmac test-secret
    signature = "4148072d3d315f1f895f3e3519f816ca64d57da044f32fdf0672c0ebcd7abc77"
    assert answer.json() == {"auth": f"ChatsAppApiProdKey:{signature}"}
    assert auth_endpoint.channels == ["private-v1.companies.2224"]
    assert auth_endpoint.requests[0].socket_id == "12.34"
    assert auth_endpoint.requests[0].headers["authorization"] == auth_endpoint.token


def test_requests_of_earlier_tests_are_forgotten(auth_endpoint: AuthEndpoint) -> None:
    assert auth_endpoint.requests == []


def test_tls_endpoint_signs_for_those_who_trust_the_authority(
    session: requests.Session, auth_endpoint_tls: AuthEndpoint, certificates: Certificates
) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        post(session, auth_endpoint_tls)
    session.verify = str(certificates.ca)
    assert post(session, auth_endpoint_tls).status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "Bearer $2y$10$made.up.token"])
def test_wrong_token_is_unauthenticated(
    session: requests.Session, auth_endpoint: AuthEndpoint, token: str
) -> None:
    answer = post(session, auth_endpoint, token)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})


def test_refused_channel_is_forbidden(
    session: requests.Session, auth_endpoint: AuthEndpoint
) -> None:
    auth_endpoint.refused.add(FORM["channel_name"])
    assert post(session, auth_endpoint).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", PATH, 422), ("GET", PATH, 405), ("POST", "/x", 404)]
)
def test_request_of_the_wrong_shape_is_refused(
    session: requests.Session, auth_endpoint: AuthEndpoint, method: str, path: str, status: int
) -> None:
    headers = {"Authorization": auth_endpoint.token}
    url = auth_endpoint.api_url + path
    answer = session.request(method, url, json=FORM, headers=headers, timeout=10)
    assert answer.status_code == status


def test_played_answers_come_first_and_in_order(
    session: requests.Session, auth_endpoint: AuthEndpoint
) -> None:
    auth_endpoint.play(
        Answer(302, {"Location": "/login"}),
        Answer(429, {"Retry-After": "7"}),
        Answer(200, body="true"),
        Answer(200, {"Content-Type": "text/html"}, "<html>Привет"),
    )
    answers = [post(session, auth_endpoint) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [302, 429, 200, 200, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert [answer.content.decode() for answer in answers[2:4]] == ["true", "<html>Привет"]
    assert "auth" in answers[4].json()


def test_function_decides_where_it_wants_to(
    session: requests.Session, auth_endpoint: AuthEndpoint
) -> None:
    auth_endpoint.decide = lambda asked: Answer(500) if asked is auth_endpoint.requests[0] else None
    assert [post(session, auth_endpoint).status_code for _ in range(2)] == [500, 200]


def test_status_zero_hangs_up_without_an_answer(
    session: requests.Session, auth_endpoint: AuthEndpoint
) -> None:
    auth_endpoint.play(Answer(0))
    with pytest.raises(requests.exceptions.ConnectionError):
        post(session, auth_endpoint)


def test_delayed_answer_comes_late(session: requests.Session, auth_endpoint: AuthEndpoint) -> None:
    auth_endpoint.play(Answer(503, delay=0.2))
    started_at = SystemClock().now()
    assert post(session, auth_endpoint).status_code == 503
    assert SystemClock().now() - started_at >= 0.2


def test_stop_waits_neither_for_idle_clients_nor_for_delayed_answers(
    session: requests.Session,
) -> None:
    with AuthEndpoint() as endpoint:
        post(session, endpoint)
        endpoint.play(Answer(delay=60.0))
        address = urlsplit(endpoint.api_url)
        with socket.create_connection((address.hostname or "", address.port or 0)) as opened:
            opened.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            wait_until(lambda: len(endpoint.requests) == 2, "the second request")
            started_at = SystemClock().now()
            endpoint.stop()
            assert SystemClock().now() - started_at < 2.0
            assert opened.recv(1) == b""
