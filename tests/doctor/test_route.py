"""The way to the websocket server: name, TCP, TLS; or to the proxy that leads there."""

from collections.abc import Iterator
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
    established,
    server_of,
)
from tests.network.given import (
    HOST,
    bad_certificates,
    black_hole,
    renamed,
    resolves_to,
    write_certificates,
)
from tests.support.credentials import Certificates
from tests.support.loopback_http import AuthEndpoint
from tests.support.personalities import SOKETI
from tests.support.proxy_server import ProxyServer
from tests.support.scripted_server import Peer, Script, ScriptedServer, server_context

NOBODY = "nobody.invalid"
CHECK_PORT = "Check host and port in --socket-url, and whether a firewall is on the way."
TLS_PORT = "Check the port in --socket-url: is it the one for TLS?"
CHECK_PROXY = "Check the proxy in the environment, or set NO_PROXY."


def pusher(peer: Peer) -> None:
    """Shake hands, and answer nothing but pings."""
    peer.handshake()
    peer.send_text(established())
    while True:
        peer.receive_text()
        peer.send_text('{"event":"pusher:pong","data":{}}')


@contextmanager
def secure_server(shown: Certificates) -> Iterator[ScriptedServer]:
    with ScriptedServer(pusher, context=server_context(shown)) as server:
        yield server


def test_plain_route_has_addresses_a_connection_and_no_tls(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint)
    assert found.words("DNS") == ("ok", "127.0.0.1 is an address", "")
    assert found.words("TCP") == ("ok", "connected to 127.0.0.1:PORT", "")
    assert found.words("TLS") == ("skipped", "ws:// has none", "")
    assert found.words("websocket") == ("ok", "accepted (HTTP 101)", "")
    for step in ("DNS", "TCP", "websocket"):
        assert 0 < found.seconds(step) < 5


@pytest.mark.parametrize(
    ("host", "reason"),
    # The system's words for an unknown name differ.
    [(NOBODY, ""), (f"{'abcdefghij' * 7}.invalid", "it isn't a host's name")],
    ids=["unknown", "impossible"],
)
def test_all_steps_need_the_hosts_name(endpoint: AuthEndpoint, host: str, reason: str) -> None:
    found = diagnose(f"wss://{host}:6001", endpoint.api_url, SPEC)
    outcome, result, next_step = found.words("DNS")
    assert (outcome, next_step) == ("failed", "Check --socket-url and the network.")
    assert result.startswith(f"{host} can't be found: {reason}")
    steps = ("TCP", "TLS", "websocket", "handshake", "ping")
    channel_steps = (f"authorization {SPEC}", f"subscription {SPEC}")
    assert found.outcomes == {
        "token": "ok",
        "API": "ok",
        "DNS": "failed",
        **dict.fromkeys((*steps, *channel_steps), "skipped"),
    }
    assert {one.result for one in found.findings if one.outcome == "skipped"} == {"needs DNS"}
    assert found.code == 5


def test_refused_port_fails(endpoint: AuthEndpoint) -> None:
    found = diagnose(NOWHERE, endpoint.api_url)
    refused = "no connection to 127.0.0.1:PORT: Connection refused"
    assert found.words("TCP") == ("failed", refused, CHECK_PORT)
    assert found.words("TLS") == found.words("websocket") == ("skipped", "needs TCP", "")
    assert found.code == 5


def hang_up(peer: Peer) -> None:
    """End a connection that the client knows of; an earlier reset may look like a refusal."""
    peer.read_request()
    peer.reset()


def test_server_that_hangs_up_at_once_fails_the_websocket(endpoint: AuthEndpoint) -> None:
    found = diagnose_script(endpoint, hang_up)
    assert found.words("TCP") == ("ok", "connected to 127.0.0.1:PORT", "")
    assert found.outcomes["websocket"] == "failed"
    assert found.of("websocket").result.startswith("no connection to 127.0.0.1:")


def test_port_that_never_answers_fails_in_time(endpoint: AuthEndpoint) -> None:
    with black_hole("127.0.0.1") as port:
        found = diagnose(f"ws://127.0.0.1:{port}", endpoint.api_url, limits=IMPATIENT)
    silent = "no connection to 127.0.0.1:PORT: no answer in 0.3 s"
    assert found.words("TCP") == ("failed", silent, CHECK_PORT)


def test_first_address_that_never_answers_is_a_warning(
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


def test_first_address_that_refuses_is_no_warning(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [f"127.0.0.{number}" for number in range(2, 9)]
    with server_of(SOKETI) as server:
        resolves_to(monkeypatch, *more, "127.0.0.1", "127.0.0.2")
        found = diagnose(server.url.replace("127.0.0.1", "many.test"), endpoint.api_url)
    assert found.of("DNS").result == f"many.test is {', '.join(more[:4])} and 4 more"
    assert found.words("TCP") == ("ok", "connected to 127.0.0.1:PORT", "")
    assert found.outcomes["handshake"] == "ok"


# TLS


@pytest.mark.usefixtures("trusted")
def test_trusted_certificate_is_reported_with_its_end(
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


@pytest.mark.parametrize(
    ("days", "left"), [(13.1, "valid for 13 days"), (0.501, "valid for 12h 1m")], ids=str
)
def test_certificate_that_ends_soon_is_a_warning(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: float, left: str
) -> None:
    ends_at = CLOCK.utcnow() + timedelta(days=days)
    shown = write_certificates(tmp_path / "shown", trustme.CA(), "localhost", not_after=ends_at)
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
def test_untrusted_certificate_ends_the_route(
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


def speak_ssh(peer: Peer) -> None:
    peer.send_raw(b"SSH-2.0-x\r\n" * 9)


def refuse_old_client(peer: Peer) -> None:
    peer.read(1)
    peer.send_raw(b"\x15\x03\x02\x00\x02\x02\x46")  # the alert protocol_version
    peer.wait_until_left()


def reset_after_hello(peer: Peer) -> None:
    # Not before: SSLContext.wrap_socket leaks its socket if it finds the connection broken already.
    peer.read(1)
    peer.reset()


def drip_handshake(peer: Peer) -> None:
    # The header of a handshake record of 16,000 bytes, which come one by one.
    drip(peer, b"\x16\x03\x03\x3e\x80\x02\x00\x3e\x7c")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("script", "words", "next_step"),
    [
        (speak_ssh, "", "If the server speaks plain websockets, use ws:// in --socket-url."),
        (
            refuse_old_client,
            ": TLSV1_ALERT_PROTOCOL_VERSION",
            "The server offers only versions of TLS that are no longer safe.",
        ),
        (Peer.wait_until_left, " in 0.3 s", TLS_PORT),
        (drip_handshake, " in 0.3 s", TLS_PORT),
        (Peer.fin, ": ", TLS_PORT),
        (reset_after_hello, ": ", TLS_PORT),
    ],
)
def test_server_without_usable_tls_fails_in_time(
    endpoint: AuthEndpoint, script: Script, words: str, next_step: str
) -> None:
    with ScriptedServer(script) as server:
        url = renamed(server.url, "localhost").replace("ws://", "wss://")
        found = diagnose(url, endpoint.api_url, limits=IMPATIENT)
    outcome, result, given_step = found.words("TLS")
    assert (outcome, given_step) == ("failed", next_step)
    assert result.startswith(f"no TLS{words}")


# Through a proxy


def test_proxy_is_examined_in_place_of_the_server_behind_it(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = write_certificates(tmp_path / "shown", trustme.CA(), HOST)
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


@pytest.mark.parametrize(
    ("proxy", "step", "words"),
    [
        (f"{NOBODY}:3128", "DNS", f"the proxy {NOBODY} can't be found: "),
        (
            "127.0.0.1:1",
            "TCP",
            "no connection to the proxy 127.0.0.1:PORT: Connection refused",
        ),
    ],
    ids=["unknown", "refused"],
)
def test_proxy_that_cant_be_reached_is_named(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch, proxy: str, step: str, words: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy}")
    outcome, result, next_step = diagnose(f"wss://{HOST}", endpoint.api_url).words(step)
    assert (outcome, next_step) == ("failed", CHECK_PROXY)
    assert result.startswith(words)
