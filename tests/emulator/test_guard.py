"""Requests that a web page from elsewhere can send to the loopback are refused."""

import select
import socket
from contextlib import ExitStack

import pytest
import websocket

from chatapp_tail.emulator.auth import sign_request
from chatapp_tail.emulator.guard import MAX_BODIES, refusal
from tests.emulator.given import APP, JSON_HEADERS, SILENT, ask
from tests.support.emulated import Emulator, running_emulator
from tests.support.waiting import wait_until

JSON = "application/json"
LICENSES = "/v1/licenses"


def status(
    host: str = "localhost", origin: str | None = None, body_type: str | None = None
) -> int | None:
    """Return the status of the refusal, None without one."""
    refused = refusal(host, origin, body_type)
    return None if refused is None else refused.status


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "127.9.9.9", "localhost", "localhost:1", "a.localhost", "[::1]:80"]
)
def test_this_machine_may_be_named_in_host_and_origin(host: str) -> None:
    assert status(host) is None
    assert status(origin=f"http://{host}", body_type=JSON) is None
    assert status(origin=f"https://{host}", body_type=JSON) is None


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "evil.example:8765", "localhost.evil.example", "10.0.0.1", "[::"),
        "127.0.0.1@evil.example",
    ],
)
def test_other_hosts_are_refused_in_host_and_origin(host: str) -> None:
    assert status(host) == 403
    assert status(origin=f"http://{host}") == 403


@pytest.mark.parametrize("origin", ["null", "", "file://"])
def test_origin_without_a_host_is_refused(origin: str) -> None:
    assert status(origin=origin) == 403


@pytest.mark.parametrize(
    ("body_type", "expected"),
    [
        (JSON, None),
        ("application/x-www-form-urlencoded", None),
        ("text/plain", 415),
        ("application/octet-stream", 415),
        ("multipart/form-data", 415),
    ],
)
def test_body_may_be_json_or_a_form(body_type: str, expected: int | None) -> None:
    assert status(body_type=body_type) == expected


# Over the wire


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "text/plain; charset=UTF-8"}, 415),
        ({"Content-Type": JSON, "Origin": "https://evil.example"}, 403),
        ({"Content-Type": JSON, "Host": "rebound.example"}, 403),
        ({"Content-Type": JSON, "Origin": "http://localhost:3000"}, 200),
        ({"Content-Type": f"{JSON}; charset=utf-8"}, 200),
    ],
    ids=range(6),
)
def test_event_is_accepted_from_this_machine_only(
    emulator: Emulator, headers: dict[str, str], status: int
) -> None:
    path, body = "/apps/1001/events", b'{"name":"message","channel":"a","data":"{}"}'
    signed = sign_request(APP, path, body, timestamp=1795348800)
    answer = ask(emulator, path, method="POST", query=signed, body=body, headers=headers)
    assert answer.status_code == status


def test_name_of_another_host_gets_no_data(emulator: Emulator) -> None:
    answer = ask(emulator, LICENSES, headers={**JSON_HEADERS, "Host": "rebound.example:8765"})
    assert (answer.status_code, "licenseId" in answer.text) == (403, False)


@pytest.mark.parametrize(
    ("origin", "host"), [("https://evil.example", None), (None, "rebound.example")]
)
def test_websocket_of_a_foreign_page_is_refused(
    emulator: Emulator, origin: str | None, host: str | None
) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        websocket.create_connection(
            f"{emulator.socket_url}/app/{APP.key}",
            timeout=3,
            http_no_proxy=["*"],
            origin=origin,
            host=host,
            suppress_origin=origin is None,
        )
    assert caught.value.status_code == 403


def test_number_of_bodies_that_are_read_at_a_time_is_limited() -> None:
    unfinished = (
        b"POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 2\r\n\r\n{"
    )
    with running_emulator(SILENT) as emulator, ExitStack() as opened:
        address = ("127.0.0.1", emulator.port)
        *waiting, last = (
            opened.enter_context(socket.create_connection(address, timeout=3))
            for _ in range(MAX_BODIES + 1)
        )
        for one in waiting:
            one.sendall(unfinished)
        wait_until(lambda: len(emulator.requests) == MAX_BODIES, "all are being read")
        last.sendall(unfinished + b"}")
        assert select.select([last], [], [], 0.2)[0] == []
        assert ask(emulator, LICENSES).status_code == 200
        waiting[0].sendall(b"}")
        assert last.recv(100).startswith(b"HTTP/1.1 422 ")
