"""Do the servers of this directory work? Asked with websocket-client alone, none of our code."""

import json
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import websocket

from tests.support.auth_endpoint import PATH, AuthEndpoint
from tests.support.credentials import APP, DISABLED_APP, ONE_CONNECTION_APP
from tests.support.soketi import Soketi

pytestmark = pytest.mark.soketi

CHANNEL = "private-v1.licenses.1229.messengers.telegram"


@dataclass(frozen=True, slots=True)
class Servers:
    """A Pusher server and the endpoint which signs for it."""

    soketi: Soketi
    endpoint: AuthEndpoint
    ca: Path | None


@pytest.fixture(params=["plain", "tls"])
def servers(request: pytest.FixtureRequest) -> Servers:
    """Return the servers without and with TLS."""
    suffix = "_tls" if request.param == "tls" else ""
    return Servers(
        request.getfixturevalue(f"soketi{suffix}"),
        request.getfixturevalue(f"auth_endpoint{suffix}"),
        request.getfixturevalue("certificates").ca if suffix else None,
    )


@pytest.fixture
def connected(servers: Servers) -> Iterator[websocket.WebSocket]:
    """Yield an open websocket on which nothing has been read yet."""
    with connect(servers.soketi, servers.ca) as opened:
        yield opened


def test_published_event_reaches_a_subscriber(
    servers: Servers, connected: websocket.WebSocket
) -> None:
    subscribe(connected, servers)
    servers.soketi.publish(CHANNEL, "message", {"data": [{"text": "Привет 👋"}]})
    frame = receive(connected)
    assert frame["data"] == '{"data": [{"text": "Привет 👋"}]}'
    assert (frame["event"], frame["channel"]) == ("message", CHANNEL)


def test_text_goes_out_as_it_is_and_unencoded_data_as_an_object(
    servers: Servers, connected: websocket.WebSocket
) -> None:
    subscribe(connected, servers)
    servers.soketi.publish(CHANNEL, "message", "not JSON")
    servers.soketi.publish_unencoded(CHANNEL, "message", {"data": []})
    assert receive(connected)["data"] == "not JSON"
    assert receive(connected)["data"] == {"data": []}


def test_event_of_90_kilobytes_passes(servers: Servers, connected: websocket.WebSocket) -> None:
    subscribe(connected, servers)
    servers.soketi.publish(CHANNEL, "message", "x" * 90_000)
    assert receive(connected)["data"] == "x" * 90_000


def test_subscribers_are_counted(servers: Servers, connected: websocket.WebSocket) -> None:
    servers.soketi.wait_for_subscribers(CHANNEL, 0)
    subscribe(connected, servers)
    servers.soketi.wait_for_subscribers(CHANNEL)
    connected.close()
    servers.soketi.wait_for_subscribers(CHANNEL, 0)


def test_made_up_signature_is_refused(connected: websocket.WebSocket) -> None:
    receive(connected)
    send_subscribe(connected, f"{APP.key}:{'0' * 64}")
    assert receive(connected)["event"] == "pusher:subscription_error"


def test_certificate_is_verified(soketi_tls: Soketi, auth_endpoint_tls: AuthEndpoint) -> None:
    with pytest.raises(ssl.SSLCertVerificationError), connect(soketi_tls, None):
        pass
    with pytest.raises(requests.exceptions.SSLError):
        authorize(auth_endpoint_tls, "1.1", None)


@pytest.mark.parametrize(
    ("key", "code"), [("unknown", 4001), (DISABLED_APP.key, 4003)], ids=["unknown", "disabled"]
)
def test_wrong_app_is_closed_with_its_code(soketi: Soketi, key: str, code: int) -> None:
    with connect(soketi, None, key) as opened:
        assert close_code(opened) == code


def test_connection_over_the_quota_is_closed_with_4100(soketi: Soketi) -> None:
    key = ONE_CONNECTION_APP.key
    with connect(soketi, None, key) as first:
        receive(first)
        with connect(soketi, None, key) as second:
            assert close_code(second) == 4100


def test_stop_closes_with_4200_and_the_process_ends_by_itself(own_soketi: Soketi) -> None:
    with connect(own_soketi, None) as opened:
        receive(opened)
        assert own_soketi.stop() == 0
        assert close_code(opened) == 4200


def test_restarted_server_accepts_connections_on_the_same_port(own_soketi: Soketi) -> None:
    url = own_soketi.socket_url
    own_soketi.restart()
    assert own_soketi.socket_url == url
    with connect(own_soketi, None) as opened:
        assert receive(opened)["event"] == "pusher:connection_established"


def test_killed_server_leaves_without_a_close_frame(own_soketi: Soketi) -> None:
    with connect(own_soketi, None) as opened:
        receive(opened)
        own_soketi.kill()
        with pytest.raises((websocket.WebSocketException, OSError)):
            opened.recv_data_frame(control_frame=True)


def test_frozen_server_is_silent_and_answers_once_thawed(own_soketi: Soketi) -> None:
    with connect(own_soketi, None) as opened:
        receive(opened)
        own_soketi.freeze()
        opened.send(json.dumps({"event": "pusher:ping", "data": {}}))
        opened.settimeout(0.3)
        with pytest.raises(websocket.WebSocketTimeoutException):
            opened.recv()
        own_soketi.thaw()
        opened.settimeout(10)
        assert receive(opened)["event"] == "pusher:pong"


def test_frozen_server_can_be_stopped(own_soketi: Soketi) -> None:
    own_soketi.freeze()
    assert own_soketi.stop() == 0


@contextmanager
def connect(soketi: Soketi, ca: Path | None, key: str = APP.key) -> Iterator[websocket.WebSocket]:
    """Open a websocket, trusting the system's authorities or only ``ca``."""
    opened = websocket.create_connection(
        f"{soketi.socket_url}/app/{key}?protocol=7&client=test&version=1",
        timeout=10,
        sslopt={"ca_certs": str(ca)} if ca else {},
    )
    try:
        yield opened
    finally:
        opened.close()
        # After a received close frame, close() does nothing and leaves the socket open.
        opened.shutdown()  # type: ignore[no-untyped-call]


def receive(opened: websocket.WebSocket) -> dict[str, object]:
    """Return the next frame's envelope."""
    envelope = json.loads(opened.recv())
    assert isinstance(envelope, dict)
    return envelope


def close_code(opened: websocket.WebSocket) -> int:
    """Read on to the close frame and return its code."""
    while True:
        opcode, frame = opened.recv_data_frame(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return int(struct.unpack_from("!H", frame.data)[0])


def subscribe(opened: websocket.WebSocket, servers: Servers) -> None:
    """Shake hands, get a signature, and subscribe ``CHANNEL``."""
    hello = receive(opened)
    assert hello["event"] == "pusher:connection_established"
    socket_id = json.loads(str(hello["data"]))["socket_id"]
    send_subscribe(opened, authorize(servers.endpoint, socket_id, servers.ca))
    assert receive(opened)["event"] == "pusher_internal:subscription_succeeded"


def send_subscribe(opened: websocket.WebSocket, auth: str) -> None:
    """Ask for ``CHANNEL``."""
    data = {"channel": CHANNEL, "auth": auth}
    opened.send(json.dumps({"event": "pusher:subscribe", "data": data}))


def authorize(endpoint: AuthEndpoint, socket_id: str, ca: Path | None) -> str:
    """Return the endpoint's signature for ``CHANNEL``."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            f"{endpoint.api_url}{PATH}",
            data={"socket_id": socket_id, "channel_name": CHANNEL},
            headers={"Authorization": endpoint.token},
            verify=str(ca) if ca else True,
            timeout=10,
        )
    assert answer.status_code == 200
    return str(answer.json()["auth"])
