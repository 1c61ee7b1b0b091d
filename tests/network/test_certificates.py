"""Certificates are always checked, by the websocket and by the API, through a proxy or not."""

import re
from pathlib import Path

import pytest
import trustme

from tests.network.given import Servers, pusher, write_certificates
from tests.support.cli_process import CLI
from tests.support.credentials import Certificates
from tests.support.loopback_http import AuthEndpoint
from tests.support.proxy_server import ProxyServer
from tests.support.scripted_server import ScriptedServer, server_context

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
    urls = (secure.socket_url, secure.api_url)
    assert proxy.targets == [("CONNECT", url.partition("://")[2]) for url in urls]


def test_untrustworthy_api_gets_no_token(
    authority: trustme.CA, certificates: Certificates, proxy: ProxyServer, tmp_path: Path
) -> None:
    shown = write_certificates(tmp_path / "bad", authority, "other.test")
    with (
        ScriptedServer(pusher, context=server_context(certificates)) as socket,
        AuthEndpoint(shown) as api,
    ):
        environment = {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(certificates.ca)}
        with Servers(socket, api).tail(tmp_path, environment=environment) as process:
            assert process.exit_code() == 5
            sentence = "the API's certificate can't be trusted: Hostname mismatch, certificate"
            assert re.search(f"error: .*{sentence}", process.stderr.text)
        assert api.requests == []


@pytest.mark.parametrize("side", ["socket", "api"])
def test_nothing_in_the_environment_turns_the_check_off(  # noqa: PLR0917 (fixtures)
    plain: Servers,
    secure: Servers,
    certificates: Certificates,
    proxy: ProxyServer,
    tmp_path: Path,
    side: str,
) -> None:
    environment = {
        **TEMPTATIONS,
        "WEBSOCKET_CLIENT_CA_BUNDLE": str(certificates.ca),
        "HTTPS_PROXY": proxy.url,
    }
    if side == "api":
        environment["CHATAPP_SOCKET_URL"] = plain.socket.url
    with secure.tail(tmp_path, environment=environment) as process:
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
