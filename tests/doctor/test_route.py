from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from tests.doctor.given import (
    CLOCK,
    IMPATIENT,
    NOWHERE,
    SPEC,
    diagnose,
    diagnose_script,
    diagnose_server,
    drip,
    server_of,
)
from tests.network.given import (
    HOST,
    bad_certificates,
    black_hole,
    envelope,
    renamed,
    resolves_to,
    write_certificates,
)
from tests.support.credentials import Certificates
from tests.support.loopback_http import AuthEndpoint
from tests.support.personalities import SOKETI
from tests.support.proxy_server import ProxyServer
from tests.support.scripted_server import Peer, ScriptedServer, server_context

NOBODY = "nobody.invalid"
CHECK_HOST = "Check host and port in --socket-url, and whether a firewall is on the way."
NO_TLS_PORT = "Check the port in --socket-url: is it the one for TLS?"
CHECK_PROXY = "Check the proxy in the environment, or set NO_PROXY."


def pusher(peer: Peer) -> None:
    """Shake hands, and answer nothing but pings."""
    peer.handshake()
    established = {"socket_id": "123.456", "activity_timeout": 30}
    peer.send_text(envelope("pusher:connection_established", established))
    while True:
        peer.receive_text()
        peer.send_text('{"event":"pusher:pong","data":{}}')


@contextmanager
def secure_server(shown: Certificates) -> Iterator[ScriptedServer]:
    with ScriptedServer(pusher, context=server_context(shown)) as server:
        yield server


def test_plain_way_has_addresses_a_connection_and_no_tls(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint)
    assert found.words("DNS") == ("ok", "127.0.0.1 is an address", "")
    assert found.words("TCP") == ("ok", "connected to 127.0.0.1:PORT", "")
    assert found.words("TLS") == ("skipped", "ws:// has none", "")
    assert found.words("websocket") == ("ok", "accepted (HTTP 101)", "")
    for step in ("DNS", "TCP", "websocket"):
        assert 0 < found.seconds(step) < 5


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        (NOBODY, "Name or service not known"),
        (f"{'abcdefghij' * 7}.invalid", "it isn't a host's name"),
    ],
    ids=["unknown", "impossible"],
)
def test_unknown_host_is_said_and_all_that_needs_it_is_skipped(
    endpoint: AuthEndpoint, host: str, reason: str
) -> None:
    found = diagnose(f"wss://{host}:6001", endpoint.api_url, SPEC)
    outcome, result, next_step = found.words("DNS")
    assert outcome == "failed"
    assert result.startswith(f"{host} can't be found: ")
    if host != NOBODY:  # the system's words for it differ
        assert result.endswith(reason)
    assert next_step == "Check --socket-url and the network."
    assert found.outcomes == {
        "token": "ok",
        "API": "ok",
        "DNS": "failed",
        "TCP": "skipped",
        "TLS": "skipped",
        "websocket": "skipped",
        "handshake": "skipped",
        f"authorization {SPEC}": "skipped",
        f"subscription {SPEC}": "skipped",
        "ping": "skipped",
    }
    assert {one.result for one in found.findings if one.outcome == "skipped"} == {"needs DNS"}
    assert found.code == 5


def test_refused_port_is_said(endpoint: AuthEndpoint) -> None:
    found = diagnose(NOWHERE, endpoint.api_url)
    assert found.words("TCP") == (
        "failed",
        "no connection to 127.0.0.1:PORT: Connection refused",
        CHECK_HOST,
    )
    assert found.words("TLS") == ("skipped", "needs TCP", "")
    assert found.words("websocket") == ("skipped", "needs TCP", "")
    assert found.code == 5


def hang_up(peer: Peer) -> None:
    """End a connection that the client knows of; an earlier reset may look like a refusal."""
    peer.read_request()
    peer.reset()


def test_server_that_hangs_up_at_once_is_said_by_the_websocket(endpoint: AuthEndpoint) -> None:
    found = diagnose_script(endpoint, hang_up)
    assert found.words("TCP") == ("ok", "connected to 127.0.0.1:PORT", "")
    assert found.outcomes["websocket"] == "failed"
    assert found.of("websocket").result.startswith("no connection to 127.0.0.1:")


def test_port_that_never_answers_is_said_in_time(endpoint: AuthEndpoint) -> None:
    with black_hole("127.0.0.1") as port:
        found = diagnose(f"ws://127.0.0.1:{port}", endpoint.api_url, limits=IMPATIENT)
    assert found.words("TCP") == (
        "failed",
        "no connection to 127.0.0.1:PORT: no answer in 0.3 s",
        CHECK_HOST,
    )


def test_first_address_that_never_answers_is_worth_a_warning(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_of(SOKETI) as server:
        port = int(server.url.rpartition(":")[2])
        with black_hole("127.0.0.2", port):
            resolves_to(monkeypatch, "127.0.0.2", "127.0.0.1")
            found = diagnose(f"ws://two.test:{port}", endpoint.api_url, limits=IMPATIENT)
    assert found.words("DNS") == ("ok", "two.test is 127.0.0.2, 127.0.0.1", "")
    assert found.words("TCP") == (
        "warning",
        "connected to 127.0.0.1:PORT, but not to 127.0.0.2:PORT: no answer yet",
        "One of the host's addresses doesn't answer (IPv6?), and a tail may try it first.",
    )


def test_first_address_that_refuses_does_no_harm(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [f"127.0.0.{number}" for number in range(2, 9)]
    with server_of(SOKETI) as server:
        resolves_to(monkeypatch, *more, "127.0.0.1", "127.0.0.2")
        found = diagnose(server.url.replace("127.0.0.1", "many.test"), endpoint.api_url)
    assert found.of("DNS").result == f"many.test is {', '.join(more[:4])} and 4 more"
    assert found.words("TCP") == ("ok", "connected to 127.0.0.1:PORT", "")
    assert found.outcomes["handshake"] == "ok"


@pytest.mark.usefixtures("trusted")
def test_tls_is_told_with_the_certificate_and_how_long_it_holds(
    endpoint: AuthEndpoint, certificates: Certificates
) -> None:
    with secure_server(certificates) as server:
        found = diagnose(server.url, endpoint.api_url)
    outcome, result, next_step = found.words("TLS")
    assert (outcome, next_step) == ("ok", "")
    assert result.startswith("TLSv1.3; certificate for ")
    assert " by trustme v" in result
    assert result.endswith(" days")
    assert found.outcomes["ping"] == "ok"
    assert found.code == 0


def shown_until(days: float, directory: Path) -> Certificates:
    return write_certificates(
        directory, trustme.CA(), "localhost", not_after=CLOCK.utcnow() + timedelta(days=days)
    )


@pytest.mark.parametrize(
    ("days", "left"), [(13.1, "valid for 13 days"), (0.501, "valid for 12h 1m")], ids=str
)
def test_certificate_that_ends_soon_is_worth_a_warning(
    endpoint: AuthEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    days: float,
    left: str,
) -> None:
    shown = shown_until(days, tmp_path / "shown")
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.ca))
    with secure_server(shown) as server:
        found = diagnose(server.url, endpoint.api_url)
    outcome, result, next_step = found.words("TLS")
    assert outcome == "warning"
    assert result.endswith(left)
    assert next_step == "Whoever runs the server must renew the certificate soon."
    assert found.code == 0


PRIVATE_CA = "For a private CA set SSL_CERT_FILE to its PEM file."
BAD = bad_certificates("localhost")
NEXT_STEPS = {
    "untrusted": PRIVATE_CA,
    "self-signed": PRIVATE_CA,
    "expired": "Whoever runs the server must renew it; check this machine's clock, too.",
    "wrong host": "Check the host in --socket-url: the certificate is for another name.",
}


@pytest.mark.parametrize("kind", BAD)
def test_certificate_that_cant_be_trusted_ends_the_way(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    make, problem = BAD[kind]
    with secure_server(make(tmp_path / "shown", authority)) as server:
        found = diagnose(server.url, endpoint.api_url)
    result = f"the certificate can't be trusted: {problem}"
    assert found.words("TLS") == ("failed", result, NEXT_STEPS[kind])
    assert found.words("websocket") == ("skipped", "needs TLS", "")
    assert found.code == 5


@pytest.mark.usefixtures("trusted")
def test_server_without_tls_is_told_from_one_with_it(endpoint: AuthEndpoint) -> None:
    with ScriptedServer(lambda peer: peer.answer_http("400 Bad Request")) as server:
        secure_url = renamed(server.url, "localhost").replace("ws://", "wss://")
        with ScriptedServer(lambda peer: peer.send_raw(b"SSH-2.0-x\r\n" * 9)) as other:
            ssh = diagnose(
                renamed(other.url, "localhost").replace("ws://", "wss://"), endpoint.api_url
            )
        silent = diagnose(secure_url, endpoint.api_url, limits=IMPATIENT)
    outcome, result, next_step = ssh.words("TLS")
    assert outcome == "failed"
    assert result.startswith("no TLS: ")
    assert next_step == "If the server speaks plain websockets, use ws:// in --socket-url."
    assert silent.words("TLS") == (
        "failed",
        "no TLS in 0.3 s",
        NO_TLS_PORT,
    )


def test_old_version_of_tls_is_said(endpoint: AuthEndpoint) -> None:
    def too_old(peer: Peer) -> None:
        peer.read(1)
        peer.send_raw(b"\x15\x03\x02\x00\x02\x02\x46")  # the alert protocol_version
        peer.wait_until_left()

    with ScriptedServer(too_old) as server:
        found = diagnose(server.url.replace("ws:", "wss:"), endpoint.api_url)
    assert found.words("TLS") == (
        "failed",
        "no TLS: TLSV1_ALERT_PROTOCOL_VERSION",
        "The server offers only versions of TLS that are no longer safe.",
    )


def reset_after_hello(peer: Peer) -> None:
    # Not before: SSLContext.wrap_socket leaks its socket if it finds the connection broken already.
    peer.read(1)
    peer.reset()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("end", [Peer.fin, reset_after_hello])
def test_server_that_hangs_up_on_tls_is_said(
    endpoint: AuthEndpoint, end: Callable[[Peer], None]
) -> None:
    with ScriptedServer(end) as server:
        url = renamed(server.url, "localhost").replace("ws://", "wss://")
        found = diagnose(url, endpoint.api_url)
    assert found.outcomes["TLS"] == "failed"
    assert found.of("TLS").result.startswith("no TLS: ")


@pytest.mark.usefixtures("trusted")
def test_tls_that_drips_is_left_in_time(endpoint: AuthEndpoint) -> None:
    # The header of a handshake record of 16,000 bytes, which come one by one.
    with ScriptedServer(lambda peer: drip(peer, b"\x16\x03\x03\x3e\x80\x02\x00\x3e\x7c")) as server:
        url = renamed(server.url, "localhost").replace("ws://", "wss://")
        found = diagnose(url, endpoint.api_url, limits=IMPATIENT)
    assert found.words("TLS") == (
        "failed",
        "no TLS in 0.3 s",
        NO_TLS_PORT,
    )


# Through a proxy


@pytest.mark.usefixtures("trusted")
def test_proxy_is_examined_in_place_of_a_server_behind_it(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    shown = write_certificates(tmp_path / "shown", authority, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.ca))
    with secure_server(shown) as server, ProxyServer(credentials="user:secret") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:secret@"))
        found = diagnose(renamed(server.url, HOST), endpoint.api_url)
    assert found.words("DNS") == ("ok", "the proxy 127.0.0.1 is an address", "")
    assert found.words("TCP") == ("ok", "connected to the proxy 127.0.0.1:PORT", "")
    assert found.words("TLS") == ("skipped", "inside the websocket step, through the proxy", "")
    assert found.outcomes["websocket"] == "ok"
    assert found.outcomes["ping"] == "ok"
    assert "secret" not in str(found)


def test_proxy_that_isnt_there_is_said(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{NOBODY}:3128")
    found = diagnose(f"wss://{HOST}", endpoint.api_url)
    outcome, result, next_step = found.words("DNS")
    assert outcome == "failed"
    assert result.startswith(f"the proxy {NOBODY} can't be found: ")
    assert next_step == CHECK_PROXY
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    found = diagnose(f"wss://{HOST}", endpoint.api_url)
    assert found.words("TCP") == (
        "failed",
        "no connection to the proxy 127.0.0.1:PORT: Connection refused",
        CHECK_PROXY,
    )
