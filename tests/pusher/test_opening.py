import base64
import ssl
import threading
from contextlib import closing

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import TransportError
from chatapp_tail.pusher.transport import open_websocket
from tests.pusher.websockets import (
    DEADLINE,
    TRUSTS_NOBODY,
    connect,
    receive,
)
from tests.support.credentials import Certificates
from tests.support.scripted_server import (
    Peer,
    Script,
    ScriptedServer,
    UpgradeRequest,
    server_context,
)


def test_handshake_names_app_and_protocol_and_us_but_no_origin() -> None:
    seen: list[UpgradeRequest] = []

    with ScriptedServer(lambda peer: seen.append(peer.handshake())) as server:
        open_websocket(server.url, "App/Key?", timeout=DEADLINE, context=TRUSTS_NOBODY).close()
        host = f"127.0.0.1:{server.port}"
    ((method, target, headers),) = [(each.method, each.target, each.headers) for each in seen]
    version = headers["user-agent"].removeprefix("chatapp-tail/")
    assert method == "GET"
    assert target == (f"/app/App%2FKey%3F?protocol=7&client=python-chatapp-tail&version={version}")
    assert headers["host"] == host
    assert "origin" not in headers
    assert "sec-websocket-extensions" not in headers


# Connecting that fails

NOT_PUSHER = "It doesn't seem to be a Pusher server."
CHECK_NETWORK = "Check the network."
IS_IT_TLS = "Check the network. Does the server want TLS (wss://)?"
IN_FRONT = "Something in front of the Pusher server refuses this client."
CHECK_PROXY = "Check the proxy in the environment, or set NO_PROXY."


def failure(
    url: str, *, context: ssl.SSLContext | None = None, timeout: float = DEADLINE
) -> tuple[str, str, bool]:
    """Return message, hint and ``fatal`` of the failing connection to ``url``."""
    with pytest.raises(TransportError) as caught:
        connect(url, context=context, timeout=timeout)
    return caught.value.message, caught.value.hint, caught.value.fatal


def web(status: str, body: str = "", **headers: str) -> Script:
    """Return a script that answers as a web server."""
    return lambda peer: peer.answer_http(status, body, **headers)


def answering(content: bytes) -> Script:
    """Return a script that answers the request with ``content``."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(content)

    return script


def ended(script: Script) -> Script:
    """Return a script that ends the connection after ``script``."""

    def play(peer: Peer) -> None:
        script(peer)
        peer.fin()
        peer.wait_until_left()

    return play


def resetting(peer: Peer) -> None:
    """Break a connection that the client knows of."""
    peer.read_request()
    peer.reset()


def refusing(status: str) -> tuple[str, str, bool]:
    return f"{{}} answered {status} to the websocket request", NOT_PUSHER, True


def passing(status: str) -> tuple[str, str, bool]:
    return f"{{}} answered {status} to the websocket request", "", False


def strange(cause: str) -> tuple[str, str, bool]:
    return f"{{}} doesn't answer as a websocket server: {cause}", NOT_PUSHER, True


def lost(cause: str) -> tuple[str, str, bool]:
    return f"no connection to {{}}: {cause}", IS_IT_TLS, False


UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
FORBIDDEN = "{} answered HTTP %d to the websocket request"
ANSWERS: dict[str, tuple[Script, tuple[str, str, bool]]] = {
    "200": (web("200 OK", "<html>"), refusing("HTTP 200")),
    "403": (web("403 Forbidden"), (FORBIDDEN % 403, IN_FRONT, True)),
    "404": (web("404 Not Found", "<html>" * 10_000), refusing("HTTP 404")),
    "429": (web("429 Too Many Requests"), passing("HTTP 429")),
    "503": (web("503 Busy"), passing("HTTP 503")),
    "other protocol": (
        answering(b"SSH-2.0-OpenSSH_9.2\r\n"),
        strange("'SSH-2.0-OpenSSH_9.2'"),
    ),
    "terminal escapes": (
        answering(b"\x1b]0;title\x07\xe2\x80\xae\r\n"),
        strange(r"'\x1b]0;title\x07\xe2\x80\xae'"),
    ),
    "no HTTP and no line": (answering(b"go away"), strange("'go away'")),
    "no accept key": (
        answering(UPGRADED + b"\r\n"),
        strange("without a websocket's headers"),
    ),
    "wrong accept key": (
        answering(UPGRADED + b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
        strange("without a websocket's headers"),
    ),
    "end": (answering(b""), lost("the other side ended it without a whole answer")),
    "end in a line": (
        answering(b"HTTP/1.1 101 S"),
        lost("the other side ended it without a whole answer"),
    ),
    "reset": (resetting, lost("Connection reset by peer")),
}


@pytest.mark.parametrize(("script", "explained"), ANSWERS.values(), ids=ANSWERS)
def test_server_that_doesnt_shake_hands_is_explained(
    script: Script, explained: tuple[str, str, bool]
) -> None:
    has_left = threading.Event()

    def play(peer: Peer) -> None:
        ended(script)(peer)
        has_left.set()

    with ScriptedServer(play) as server:
        where = f"127.0.0.1:{server.port}"
        message, hint, fatal = explained
        assert failure(server.url) == (message.format(where), hint, fatal)
        assert has_left.wait(DEADLINE)
        assert server.connections == 1


def test_endless_line_of_garbage_is_quoted_in_part() -> None:
    with ScriptedServer(answering(b"x" * 20_000 + b"\n")) as server:
        message, _, _ = failure(server.url)
    assert len(message) < 300


def test_redirects_are_not_followed() -> None:
    with (
        ScriptedServer(Peer.wait_until_left) as elsewhere,
        ScriptedServer(web("301 Moved", Location=elsewhere.url)) as server,
    ):
        failure(server.url)
        assert elsewhere.connections == 0


def dripping(content: bytes, then: bytes = b"") -> Script:
    """Return a script that sends ``content`` in single bytes, and then ``then`` again and again."""

    def script(peer: Peer) -> None:
        peer.read_request()
        for byte in content:
            peer.send_raw(bytes([byte]))
            threading.Event().wait(0.01)
        while then:
            peer.send_raw(then)
            threading.Event().wait(0.01)
        peer.wait_until_left()

    return script


def flooding(content: bytes, then: bytes) -> Script:
    """Return a script that sends ``content`` and then ``then`` without end."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(content)
        while True:
            peer.send_raw(then * (1 << 14))

    return script


SLOW = dripping(b"HTTP/1.1 101 Yes\r\n", then=b"X: y\r\n")
ENDLESS = flooding(b"HTTP/1.1 200 OK\r\n", then=b"X: y\r\n")


def test_answer_that_comes_too_slowly_is_left_in_time() -> None:
    clock = SystemClock()
    with ScriptedServer(SLOW) as server:
        where = f"127.0.0.1:{server.port}"
        began_at = clock.now()
        explained = failure(server.url, timeout=0.3)
        took = clock.now() - began_at
    assert explained == (f"no answer from {where} in 0.3 s", "", False)
    assert 0.3 <= took < 1.0


def test_answer_without_end_is_left_at_once() -> None:
    with ScriptedServer(ENDLESS) as server:
        where = f"127.0.0.1:{server.port}"
        assert failure(server.url) == (
            f"{where} doesn't answer as a websocket server: more than 64 KiB of headers",
            NOT_PUSHER,
            True,
        )


def test_body_of_a_refusal_isnt_waited_for() -> None:
    head = b"HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\nRetry-After: 7\r\n\r\n"
    with ScriptedServer(answering(head + b"B")) as server, pytest.raises(TransportError) as caught:
        connect(server.url)
    assert caught.value.message.endswith(" answered HTTP 503 to the websocket request")
    assert caught.value.retry_after == 7.0


def test_proxy_that_answers_too_slowly_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(SLOW) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        assert failure("wss://chat.example", timeout=0.3) == (
            f"no answer from the proxy 127.0.0.1:{server.port} in 0.3 s",
            CHECK_PROXY,
            False,
        )


def test_proxy_that_answers_without_end_is_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(ENDLESS) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        assert failure("wss://chat.example") == (
            f"the proxy 127.0.0.1:{server.port} doesn't answer as an HTTP proxy",
            CHECK_PROXY,
            False,
        )


def test_tls_that_comes_too_slowly_is_left_in_time() -> None:
    # The header of a handshake record of 16,000 bytes.
    record = b"\x16\x03\x03\x3e\x80\x02\x00\x3e\x7c"

    def script(peer: Peer) -> None:
        peer.read(1)
        peer.send_raw(record)
        while True:
            peer.send_raw(b"x")
            threading.Event().wait(0.01)

    with ScriptedServer(script) as server:
        where = f"127.0.0.1:{server.port}"
        message = f"no answer from {where} in 0.3 s"
        assert failure(f"wss://{where}", timeout=0.3) == (message, "", False)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_silent_server_is_given_up_after_the_timeout(scheme: str) -> None:
    with ScriptedServer(Peer.wait_until_left) as server:
        where = f"127.0.0.1:{server.port}"
        assert failure(f"{scheme}://{where}", timeout=0.1) == (
            f"no answer from {where} in 0.1 s",
            "",
            False,
        )


def test_refused_port_is_explained() -> None:
    with ScriptedServer(Peer.freeze) as server:
        port = server.port
    assert failure(f"ws://127.0.0.1:{port}") == (
        f"no connection to 127.0.0.1:{port}: Connection refused",
        CHECK_NETWORK,
        False,
    )


def test_unknown_host_is_explained() -> None:
    assert failure("wss://nonexistent.invalid:6001") == (
        "the host nonexistent.invalid can't be found",
        CHECK_NETWORK,
        False,
    )


def test_tls_to_a_plain_port_is_explained() -> None:
    def web_server(peer: Peer) -> None:
        peer.send_raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.wait_until_left()

    with ScriptedServer(web_server) as server:
        where = f"127.0.0.1:{server.port}"
        message, hint, fatal = failure(f"wss://{where}")
    assert message.startswith(f"no TLS with {where}: ")
    assert hint == f"The server speaks without TLS at this port: use ws://{where}"
    assert not fatal


def test_plain_text_to_a_tls_port_is_explained(certificates: Certificates) -> None:
    with ScriptedServer(Peer.freeze, context=server_context(certificates)) as server:
        where = f"127.0.0.1:{server.port}"
        message, hint, fatal = failure(f"ws://{where}")
    assert message.startswith(f"no connection to {where}: ")
    assert (hint, fatal) == (IS_IT_TLS, False)


def test_tls_alert_to_plain_text_names_the_url_to_use() -> None:
    with ScriptedServer(ended(answering(b"\x15\x03\x01\x00\x02\x02\x46"))) as server:
        where = f"127.0.0.1:{server.port}"
        explained = failure(f"ws://{where}")
    assert explained == (f"{where} speaks TLS", f"Use wss://{where}", True)


def test_web_server_that_answers_400_to_plain_text_may_want_tls() -> None:
    with ScriptedServer(web("400 Bad Request", "<html>")) as server:
        where = f"127.0.0.1:{server.port}"
        _, hint, fatal = failure(f"ws://{where}")
    assert (hint, fatal) == (f"Does it want TLS (wss://{where})?", True)


@pytest.mark.parametrize(
    ("location", "advice"),
    [
        ("https://127.0.0.1/app/AppKey", " Use wss://127.0.0.1"),
        ("wss://127.0.0.1:6002/app/AppKey", " Use wss://127.0.0.1:6002"),
    ],
)
def test_redirect_to_tls_names_the_url_to_use(location: str, advice: str) -> None:
    with ScriptedServer(web("301 Moved Permanently", Location=location)) as server:
        where = f"127.0.0.1:{server.port}"
        assert failure(server.url) == (
            f"{where} answered HTTP 301 to the websocket request",
            f"Redirects aren't followed.{advice}",
            True,
        )


@pytest.mark.parametrize(
    "location",
    ["https://portal.example/login", "/login", "https://127.0.0.1:port/", "http://127.0.0.1/", ""],
)
def test_redirect_elsewhere_names_no_url(location: str) -> None:
    with ScriptedServer(web("302 Found", Location=location)) as server:
        _, hint, fatal = failure(server.url)
    assert (hint, fatal) == ("Redirects aren't followed: use the server's own address.", True)


def test_server_of_an_old_version_of_tls_is_explained() -> None:
    def too_old(peer: Peer) -> None:
        peer.read(1)
        peer.send_raw(b"\x15\x03\x02\x00\x02\x02\x46")  # the alert protocol_version
        peer.wait_until_left()

    with ScriptedServer(too_old) as server:
        where = f"127.0.0.1:{server.port}"
        assert failure(f"wss://{where}") == (
            f"no TLS with {where}: tlsv1 alert protocol version",
            "The server offers only versions of TLS that are no longer safe.",
            False,
        )


# Proxies


def test_proxy_is_asked_for_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[UpgradeRequest] = []

    def proxy(peer: Peer) -> None:
        asked.append(peer.read_request())
        peer.send_raw(b"HTTP/1.1 200 Connection established\r\n\r\n")
        asked.append(peer.handshake())
        peer.send_text("hello")
        peer.wait_until_left()

    with ScriptedServer(proxy) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:p%40ss@127.0.0.1:{server.port}")
        with closing(connect("ws://chat.example:6001")) as transport:
            assert receive(transport) == b"hello"
    tunnel, handshake = asked
    assert (tunnel.method, tunnel.target) == ("CONNECT", "chat.example:6001")
    assert tunnel.headers["proxy-authorization"] == (
        f"Basic {base64.b64encode(b'me:p@ss').decode()}"
    )
    assert handshake.headers["host"] == "chat.example:6001"
    assert "proxy-authorization" not in handshake.headers


def test_proxy_that_refuses_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(web("407 Proxy Authentication Required")) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        assert failure("wss://chat.example") == (
            f"the proxy 127.0.0.1:{server.port} refused the way to chat.example (HTTP 407)",
            "Put user and password into its URL: http://user:password@…",
            False,
        )
