"""Certificates are always checked, by the websocket and by the API, through a proxy or not."""

import re
from pathlib import Path

import pytest
import trustme

from tests.network.given import (
    HOST,
    Servers,
    bad_certificates,
    pusher,
    shown_by,
)
from tests.support.cli_process import CLI
from tests.support.credentials import Certificates
from tests.support.loopback_http import AuthEndpoint
from tests.support.proxy_server import ProxyServer
from tests.support.scripted_server import ScriptedServer

TRUST = "For a private CA set SSL_CERT_FILE to its PEM file."
# What turns verification off in other programs.
TEMPTATIONS = {
    "PYTHONHTTPSVERIFY": "0",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "GIT_SSL_NO_VERIFY": "1",
    "CURL_INSECURE": "1",
}


def test_private_authority_is_trusted_by_both_through_a_proxy(
    secure: Servers, proxy: ProxyServer, certificates: Certificates, tmp_path: Path
) -> None:
    environment = {"HTTPS_PROXY": proxy.url, "REQUESTS_CA_BUNDLE": str(certificates.ca)}
    with secure.tail(tmp_path, environment=environment) as process:
        assert process.exit_code() == 0
        assert '"hello"' in process.stdout.text
    hosts = [url.partition("://")[2] for url in (secure.socket_url, secure.api_url)]
    assert proxy.targets == [("CONNECT", host) for host in hosts]


BAD = bad_certificates(HOST)


def trusting(certificates: Certificates, proxy: ProxyServer) -> dict[str, str]:
    """Return the environment of a tail that trusts the authority alone."""
    return {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(certificates.ca)}


@pytest.mark.parametrize("kind", BAD)
def test_untrustworthy_pusher_server_ends_the_run(
    kind: str,
    authority: trustme.CA,
    certificates: Certificates,
    proxy: ProxyServer,
    tmp_path: Path,
) -> None:
    make, problem = BAD[kind]
    shown = make(tmp_path / "bad", authority)
    with (
        ScriptedServer(pusher, context=shown_by(shown)) as socket,
        AuthEndpoint(certificates) as api,
    ):
        servers = Servers(socket, api)
        environment = trusting(certificates, proxy)
        with servers.tail(tmp_path, environment=environment) as process:
            assert process.exit_code() == 5
            where = servers.socket_url.removeprefix("wss://")
            sentence = f"the certificate of {where} can't be trusted: {problem}"
            assert f"chatapp-tail: error: {sentence} (gave up after 1 try)\n" in process.stderr.text
            advice = "Check this machine's clock." if kind == "expired" else TRUST
            assert advice in process.stderr.text
        assert api.requests == []
        assert socket.connections == 1


@pytest.mark.parametrize("kind", ["untrusted", "wrong host"])
def test_untrustworthy_api_gets_no_token(
    kind: str,
    authority: trustme.CA,
    certificates: Certificates,
    proxy: ProxyServer,
    tmp_path: Path,
) -> None:
    make, problem = BAD[kind]
    shown = make(tmp_path / "bad", authority)
    with (
        ScriptedServer(pusher, context=shown_by(certificates)) as socket,
        AuthEndpoint(shown) as api,
    ):
        environment = trusting(certificates, proxy)
        with Servers(socket, api).tail(tmp_path, environment=environment) as process:
            assert process.exit_code() == 5
            sentence = f"the API's certificate can't be trusted: {problem}"
            assert re.search(f"error: .*{re.escape(sentence)}\n", process.stderr.text)
        assert api.requests == []


@pytest.mark.parametrize("side", ["socket", "api"])
def test_nothing_in_the_environment_turns_the_check_off(
    request: pytest.FixtureRequest, secure: Servers, certificates: Certificates, side: str
) -> None:
    environment = {
        **TEMPTATIONS,
        "WEBSOCKET_CLIENT_CA_BUNDLE": str(certificates.ca),
        "HTTPS_PROXY": request.getfixturevalue("proxy").url,
    }
    if side == "api":
        environment["CHATAPP_SOCKET_URL"] = request.getfixturevalue("plain").socket.url
    with secure.tail(request.getfixturevalue("tmp_path"), environment=environment) as process:
        assert process.exit_code() == 5
        assert "can't be trusted: unable to get local issuer certificate" in process.stderr.text
    assert secure.api.requests == []


def test_no_option_turns_the_check_off(tmp_path: Path) -> None:
    with CLI(tmp_path, "--help") as process:
        assert process.exit_code() == 0
        assert "--socket-url" in process.stdout.text
        # Those are about http:// without any certificate.
        words = re.sub("--(forward|api)-insecure", "", process.stdout.text)
        assert re.search("insecure|verify|no-check|tls|ssl", words, re.IGNORECASE) is None
