"""Certificates and proxies, which are those of the rest of the program."""

import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import trustme

from tests.forwarding.given import (
    DEADLINE,
    NOBODY,
    Reports,
    Webhook,
    event,
    finish,
    forwarding,
    put_all,
    threads,
)
from tests.network.given import HOST, port_of, renamed, write_certificates
from tests.support.credentials import Certificates
from tests.support.loopback_http import Answer
from tests.support.proxy_server import ProxyServer, http_answer
from tests.support.scripted_server import Peer, ScriptedServer
from tests.support.waiting import wait_until


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return what a webhook behind a proxy shows, and on loopback."""
    directory = tmp_path_factory.mktemp("forwarding") / "certificates"
    return write_certificates(directory, trustme.CA(), HOST, "localhost")


@pytest.fixture
def context(certificates: Certificates) -> ssl.SSLContext:
    """Return a context that trusts them."""
    return ssl.create_default_context(cafile=certificates.ca)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProxyServer]:
    """Yield a proxy for both schemes that wants a password."""
    with ProxyServer(credentials="me:word") as running:
        url = f"http://me:word@127.0.0.1:{running.port}"
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("HTTPS_PROXY", url)
        yield running


# Certificates


def test_webhook_that_isnt_trusted_gets_nothing(
    reports: Reports, certificates: Certificates
) -> None:
    with (
        Webhook(certificates=certificates) as webhook,
        forwarding(webhook.url, reports) as forwarder,
    ):
        forwarder.put(event(17))
        assert finish(forwarder) == 0
    assert reports.sentences == [
        "#17 dropped: the certificate can't be trusted: unable to get local issuer certificate"
    ]
    assert webhook.requests == []


def test_webhook_without_tls_is_told_apart(reports: Reports, context: ssl.SSLContext) -> None:
    with Webhook() as webhook:
        url = f"https://localhost:{port_of(webhook.url)}/webhook"
        with forwarding(url, reports, context=context) as forwarder:
            forwarder.put(event(17))
            assert finish(forwarder) == 0
    assert len(reports.sentences) == 6
    assert reports.sentences[-1].startswith("#17 dropped after 6 tries: TLS failed: ")


# Proxies


def test_plain_events_go_through_the_proxy(reports: Reports, proxy: ProxyServer) -> None:
    with Webhook() as webhook:
        url = f"{renamed(webhook.url, HOST)}/webhook"
        with forwarding(url, reports) as forwarder:
            forwarder.put(event(17))
            assert finish(forwarder) == 0
    assert proxy.targets == [("POST", url)]
    assert webhook.items == [17]


def test_encrypted_events_go_through_a_tunnel_that_is_kept(
    reports: Reports, proxy: ProxyServer, certificates: Certificates, context: ssl.SSLContext
) -> None:
    with Webhook(certificates=certificates) as webhook:
        address = renamed(webhook.url, HOST)
        with forwarding(f"{address}/webhook", reports, context=context) as forwarder:
            put_all(forwarder, range(3))
            assert finish(forwarder) == 0
    assert proxy.targets == [("CONNECT", address.removeprefix("https://"))]
    assert webhook.items == [0, 1, 2]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_stopping_ends_a_request_through_the_proxy(
    reports: Reports,
    proxy: ProxyServer,
    certificates: Certificates,
    context: ssl.SSLContext,
    scheme: str,
) -> None:
    shown = certificates if scheme == "https" else None
    with Webhook(Answer(delay=60.0), certificates=shown) as webhook:
        url = f"{renamed(webhook.url, HOST)}/webhook"
        with forwarding(url, reports, context=context) as forwarder:
            forwarder.put(event(17))
            assert webhook.arrived.wait(DEADLINE)
            forwarder.stop()
            wait_until(lambda: not threads(), "the thread to end", 1.0)
    assert len(proxy.requests) == 1
    assert reports.news == []


@pytest.mark.parametrize(
    ("url", "answer", "sentences"),
    [
        (f"http://{HOST}/", "407 No", ["#17 refused: 407 in 0 ms"]),
        (f"https://{HOST}/", "407 No", ["#17 dropped: the proxy answered 407"]),
        (f"https://{HOST}/", "403 No", ["#17 dropped: the proxy answered 403"]),
        (
            f"https://{HOST}/",
            "502 Bad",
            [
                *(
                    f"#17: the proxy answered 502; next try in 0.0 s (try {number} of 6)"
                    for number in range(2, 7)
                ),
                "#17 dropped after 6 tries: the proxy answered 502",
            ],
        ),
    ],
)
def test_refusal_of_the_proxy_is_told_apart(
    reports: Reports,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    answer: str,
    sentences: list[str],
) -> None:
    with ProxyServer(answer=http_answer(answer)) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        with forwarding(url, reports) as forwarder:
            forwarder.put(event(17))
            assert finish(forwarder) == 0
    assert reports.sentences == sentences


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_missing_proxy_is_told_apart(
    reports: Reports, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", NOBODY)
    with forwarding(f"{scheme}://{HOST}/", reports) as forwarder:
        forwarder.put(event(17))
        assert finish(forwarder) == 0
    assert reports.sentences[5:] == ["#17 dropped after 6 tries: the proxy: connection refused"]


def test_proxy_that_cant_be_used_drops_the_event_in_words(
    reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://p:1")
    with forwarding(f"https://{HOST}/", reports) as forwarder:
        forwarder.put(event(17))
        assert finish(forwarder) == 0
    assert reports.sentences == ["#17 dropped: the proxy for chatapp.test is a socks5 proxy"]


def test_webhook_that_never_says_hello_is_tried_again(
    reports: Reports, context: ssl.SSLContext
) -> None:
    with ScriptedServer(Peer.freeze) as server:
        url = f"https://localhost:{server.port}/"
        with forwarding(url, reports, context=context, connect_timeout=0.05) as forwarder:
            forwarder.put(event(17))
            assert finish(forwarder) == 0
    assert reports.sentences[5:] == ["#17 dropped after 6 tries: no answer in time"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse what is too much")
def test_webhook_that_accepts_no_connection_is_tried_again(reports: Reports) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as clients:
        for _ in range(3):
            client = clients.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/"
        with forwarding(url, reports, connect_timeout=0.05) as forwarder:
            forwarder.put(event(17))
            assert finish(forwarder) == 0
    assert reports.sentences[5:] == ["#17 dropped after 6 tries: no connection in time"]
