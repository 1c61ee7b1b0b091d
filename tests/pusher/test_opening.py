import base64
import ssl
import threading
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import TransportError
from chatapp_tail.pusher.transport import open_websocket
from tests.network.given import bad_certificates, black_hole, resolves_to
from tests.pusher.websockets import DEADLINE, TRUSTS_NOBODY, connect, receive
from tests.support.credentials import Certificates
from tests.support.scripted_server import (
    Peer,
    Script,
    ScriptedServer,
    UpgradeRequest,
    server_context,
)

# Message, hint, and whether trying again can't help.
Failure = tuple[str, str, bool]

NOT_PUSHER = "It doesn't seem to be a Pusher server."
CHECK_NETWORK = "Check the network."
IS_IT_TLS = "Check the network. Does the server want TLS (wss://)?"
IN_FRONT = "Something in front of the Pusher server refuses this client."
CHECK_PROXY = "Check the proxy in the environment, or set NO_PROXY."
PRIVATE_CA = "For a private CA set SSL_CERT_FILE to its PEM file."
NOT_FOLLOWED = "Redirects aren't followed: use the server's own address."
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"


def test_handshake_names_app_and_protocol_and_us_but_no_origin() -> None:
    seen: list[UpgradeRequest] = []

    with ScriptedServer(lambda peer: seen.append(peer.handshake())) as server:
        open_websocket(server.url, "App/Key?", timeout=DEADLINE, context=TRUSTS_NOBODY).close()
        host = f"127.0.0.1:{server.port}"
    (request,) = seen
    version = request.headers["user-agent"].removeprefix("chatapp-tail/")
    assert request.method == "GET"
    assert request.target == (
        f"/app/App%2FKey%3F?protocol=7&client=python-chatapp-tail&version={version}"
    )
    assert request.headers["host"] == host
    assert "origin" not in request.headers
    assert "sec-websocket-extensions" not in request.headers


def test_address_without_an_answer_costs_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(peer: Peer) -> None:
        peer.handshake()
        peer.send_text("hello")
        peer.wait_until_left()

    clock = SystemClock()
    with ScriptedServer(script) as server, black_hole("127.0.0.2", server.port):
        resolves_to(monkeypatch, "127.0.0.2", "127.0.0.1")
        began_at = clock.now()
        with closing(connect(f"ws://two.test:{server.port}")) as transport:
            assert receive(transport) == b"hello"
    assert clock.now() - began_at < DEADLINE / 2


# What servers do in place of the handshake


def web(status: str, body: str = "", **headers: str) -> Script:
    """Return a script that answers as a web server."""
    return lambda peer: peer.answer_http(status, body, **headers)


def answering(content: bytes, then: bytes = b"") -> Script:
    """Return a script that answers with ``content``, and goes on with ``then`` without end."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(content)
        while then:
            peer.send_raw(then * (1 << 14))

    return script


def sending(content: bytes) -> Script:
    """Return a script that sends ``content`` as soon as anything comes."""

    def script(peer: Peer) -> None:
        peer.read(1)
        peer.send_raw(content)

    return script


def dripping(beginning: bytes, then: bytes) -> Script:
    """Return a script that sends ``beginning``, and then ``then`` each 10 ms without end."""

    def script(peer: Peer) -> None:
        peer.read(1)
        peer.send_raw(beginning)
        while True:
            peer.send_raw(then)
            threading.Event().wait(0.01)

    return script


def ended(script: Script) -> Script:
    """Return a script that ends the connection after ``script``."""

    def play(peer: Peer) -> None:
        script(peer)
        peer.fin()
        peer.wait_until_left()

    return play


def resetting(peer: Peer) -> None:
    """Reset the connection after the request."""
    peer.read_request()
    peer.reset()


SLOW = dripping(b"HTTP/1.1 101 Yes\r\n", b"X: y\r\n")
ENDLESS = answering(b"HTTP/1.1 200 OK\r\n", then=b"X: y\r\n")
# The header of a handshake record of 16,000 bytes.
SLOW_TLS = dripping(b"\x16\x03\x03\x3e\x80\x02\x00\x3e\x7c", b"x")


def failure(
    url: str, *, context: ssl.SSLContext | None = None, timeout: float = DEADLINE
) -> Failure:
    """Return what the failing connection to ``url`` is explained with."""
    with pytest.raises(TransportError) as caught:
        connect(url, context=context, timeout=timeout)
    return caught.value.message, caught.value.hint, caught.value.fatal


def status(code: int, hint: str = NOT_PUSHER) -> Failure:
    """Return the failure after an HTTP status; without a ``hint`` it may pass."""
    return f"HOST answered HTTP {code} to the websocket request", hint, bool(hint)


def strange(cause: str) -> Failure:
    return f"HOST doesn't answer as a websocket server: {cause}", NOT_PUSHER, True


def lost(cause: str, hint: str = IS_IT_TLS) -> Failure:
    return f"no connection to HOST: {cause}", hint, False


NO_WHOLE_ANSWER = "the other side ended it without a whole answer"
NO_WEBSOCKET = "without a websocket's headers"
# With ws://. HOST is the server's host and port.
PLAIN: dict[str, tuple[Script, Failure]] = {
    "200": (web("200 OK", "<html>"), status(200)),
    "400": (web("400 Bad Request", "<html>"), status(400, "Does it want TLS (wss://HOST)?")),
    "403": (web("403 Forbidden"), status(403, IN_FRONT)),
    "404": (web("404 Not Found", "<html>" * 10_000), status(404)),
    "429": (web("429 Too Many Requests"), status(429, "")),
    "503": (web("503 Busy"), status(503, "")),
    "redirect to TLS": (
        web("301 Moved", Location="https://127.0.0.1/app/AppKey"),
        status(301, "Redirects aren't followed. Use wss://127.0.0.1"),
    ),
    "redirect to TLS on a port": (
        web("301 Moved", Location="wss://127.0.0.1:6002/app/AppKey"),
        status(301, "Redirects aren't followed. Use wss://127.0.0.1:6002"),
    ),
    **{
        f"redirect to {elsewhere}": (web("302 No", Location=elsewhere), status(302, NOT_FOLLOWED))
        for elsewhere in (
            "https://portal.example/",
            "/login",
            "https://127.0.0.1:port/",
            "http://127.0.0.1/",
            "",
        )
    },
    "other protocol": (answering(b"SSH-2.0-OpenSSH_9.2\r\n"), strange("'SSH-2.0-OpenSSH_9.2'")),
    "terminal escapes": (
        answering(b"\x1b]0;title\x07\xe2\x80\xae\r\n"),
        strange(r"'\x1b]0;title\x07\xe2\x80\xae'"),
    ),
    "no HTTP and no line": (answering(b"go away"), strange("'go away'")),
    "endless line": (answering(b"x" * 20_000 + b"\n"), strange(f"'{'x' * 100}'")),
    "endless headers": (ENDLESS, strange("more than 64 KiB of headers")),
    "no accept key": (answering(UPGRADED + b"\r\n"), strange(NO_WEBSOCKET)),
    "wrong accept key": (
        answering(UPGRADED + b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
        strange(NO_WEBSOCKET),
    ),
    "end": (answering(b""), lost(NO_WHOLE_ANSWER)),
    "end in a line": (answering(b"HTTP/1.1 101 S"), lost(NO_WHOLE_ANSWER)),
    "reset": (resetting, lost("Connection reset by peer")),
    "TLS alert": (
        answering(b"\x15\x03\x01\x00\x02\x02\x46"),
        ("HOST speaks TLS", "Use wss://HOST", True),
    ),
}
# With wss://.
SECURE: dict[str, tuple[Script, Failure]] = {
    "no TLS": (
        sending(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        (
            "no TLS with HOST: wrong version number",
            "The server speaks without TLS at this port: use ws://HOST",
            False,
        ),
    ),
    "old TLS": (
        sending(b"\x15\x03\x02\x00\x02\x02\x46"),  # the alert protocol_version
        (
            "no TLS with HOST: tlsv1 alert protocol version",
            "The server offers only versions of TLS that are no longer safe.",
            False,
        ),
    ),
}


@pytest.mark.parametrize(
    ("scheme", "script", "explained"),
    [("ws", *row) for row in PLAIN.values()] + [("wss", *row) for row in SECURE.values()],
    ids=[*PLAIN, *SECURE],
)
def test_server_that_doesnt_shake_hands_is_explained(
    scheme: str, script: Script, explained: Failure
) -> None:
    has_left = threading.Event()

    def play(peer: Peer) -> None:
        try:
            ended(script)(peer)
        finally:
            has_left.set()

    with ScriptedServer(play) as server:
        where = f"127.0.0.1:{server.port}"
        message, hint, fatal = explained
        assert failure(f"{scheme}://{where}") == (
            message.replace("HOST", where),
            hint.replace("HOST", where),
            fatal,
        )
        assert has_left.wait(DEADLINE)
        assert server.connections == 1


def test_body_of_a_refusal_isnt_waited_for() -> None:
    head = b"HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\nRetry-After: 7\r\n\r\n"
    with ScriptedServer(answering(head + b"B")) as server, pytest.raises(TransportError) as caught:
        connect(server.url)
    assert caught.value.message.endswith(" answered HTTP 503 to the websocket request")
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("scheme", "script"),
    [*((one, Peer.wait_until_left) for one in ("ws", "wss")), ("ws", SLOW), ("wss", SLOW_TLS)],
    ids=["silent", "silent with TLS", "slow", "slow with TLS"],
)
def test_answer_that_comes_too_slowly_is_left_in_time(scheme: str, script: Script) -> None:
    clock = SystemClock()
    with ScriptedServer(script) as server:
        where = f"127.0.0.1:{server.port}"
        began_at = clock.now()
        explained = failure(f"{scheme}://{where}", timeout=0.3)
        took = clock.now() - began_at
    assert explained == (f"no answer from {where} in 0.3 s", "", False)
    assert 0.3 <= took < 1.0


def test_refused_port_is_explained() -> None:
    message = "no connection to 127.0.0.1:1: Connection refused"
    assert failure("ws://127.0.0.1:1") == (message, CHECK_NETWORK, False)


def test_unknown_host_is_explained() -> None:
    message = "the host nonexistent.invalid can't be found"
    assert failure("wss://nonexistent.invalid:6001") == (message, CHECK_NETWORK, False)


def test_plain_text_to_a_tls_port_is_explained(certificates: Certificates) -> None:
    with ScriptedServer(Peer.freeze, context=server_context(certificates)) as server:
        where = f"127.0.0.1:{server.port}"
        message, hint, fatal = failure(f"ws://{where}")
    assert message.startswith(f"no connection to {where}: ")
    assert (hint, fatal) == (IS_IT_TLS, False)


BAD = bad_certificates("localhost")


@pytest.mark.parametrize("kind", BAD)
def test_untrustworthy_certificate_is_explained(kind: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    make, problem = BAD[kind]
    shown = server_context(make(tmp_path / "bad", authority))
    with ScriptedServer(Peer.freeze, context=shown) as server:
        where = f"localhost:{server.port}"
        explained = failure(server.url, context=context)
    hint = "Check this machine's clock." if kind == "expired" else PRIVATE_CA
    assert explained == (f"the certificate of {where} can't be trusted: {problem}", hint, True)


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


@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        (
            web("407 Proxy Authentication Required"),
            "the proxy HOST refused the way to chat.example (HTTP 407)",
            "Put user and password into its URL: http://user:password@…",
        ),
        (
            web("302 Found", Location="http://login/"),
            "the proxy HOST refused the way to chat.example (HTTP 302)",
            CHECK_PROXY,
        ),
        (answering(b"go away\r\n"), "the proxy HOST doesn't answer as an HTTP proxy", CHECK_PROXY),
        (ENDLESS, "the proxy HOST doesn't answer as an HTTP proxy", CHECK_PROXY),
        (SLOW, "no answer from the proxy HOST in 0.3 s", CHECK_PROXY),
    ],
    ids=["407", "302", "no HTTP", "endless", "slow"],
)
def test_failing_proxy_is_explained(
    monkeypatch: pytest.MonkeyPatch, script: Script, message: str, hint: str
) -> None:
    with ScriptedServer(script) as server:
        where = f"127.0.0.1:{server.port}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@{where}")
        timeout = 0.3 if script is SLOW else DEADLINE
        explained = failure("wss://chat.example", timeout=timeout)
    assert explained == (message.replace("HOST", where), hint, False)


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        ("127.0.0.1:1", "no connection to the proxy 127.0.0.1:1: Connection refused"),
        ("nonexistent.invalid:1", "the host of the proxy nonexistent.invalid:1 can't be found"),
    ],
)
def test_missing_proxy_isnt_taken_for_a_missing_server(
    monkeypatch: pytest.MonkeyPatch, proxy: str, message: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert failure("wss://chat.example") == (message, CHECK_PROXY, False)


def test_failure_behind_the_proxy_is_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    def proxy(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(b"HTTP/1.1 200 Connection established\r\n\r\n")
        answering(b"go away\r\n")(peer)

    with ScriptedServer(proxy) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
        message, hint, fatal = strange("'go away'")
        assert failure("ws://chat.example") == (
            message.replace("HOST", "chat.example"),
            hint,
            fatal,
        )
