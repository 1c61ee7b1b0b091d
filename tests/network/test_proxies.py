"""What a proxy may want, refuse or be, for the websocket and for the API."""

import base64
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.network.given import HOST, THIS_HOST, Servers, port_of
from tests.support.cli_process import CLI
from tests.support.credentials import Certificates
from tests.support.proxy_server import ProxyServer, http_answer, running_tinyproxy

USER, PASSWORD = "office", "p@ss/пароль#of:the?office"
# What of it could show in any output: itself, as in a URL, and as in a header.
SECRETS = (
    PASSWORD,
    quote(PASSWORD, safe=""),
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
)


def with_password(proxy: ProxyServer, password: str = PASSWORD) -> str:
    """Return the proxy's URL with user and password."""
    return f"http://{USER}:{quote(password, safe='')}@127.0.0.1:{proxy.port}"


def said(process: CLI) -> str:
    """Return stderr, and see that no secret is in any output."""
    for secret in SECRETS:
        assert secret not in process.stderr.text
        assert secret not in process.stdout.text
    return process.stderr.text


# Passwords


@pytest.mark.parametrize("servers", ["plain", "secure"], indirect=True)
def test_password_opens_the_way_for_both_and_is_never_shown(
    servers: Servers, certificates: Certificates, tmp_path: Path
) -> None:
    environment = {"SSL_CERT_FILE": str(certificates.ca)}
    with ProxyServer(credentials=f"{USER}:{PASSWORD}") as proxy:
        environment["ALL_PROXY"] = with_password(proxy)
        with servers.tail(tmp_path, environment=environment) as process:
            assert process.exit_code() == 0
            assert "subscribed to 1229/telegram" in said(process)
            assert '"hello"' in process.stdout.text
        assert len(proxy.requests) == 2
    for request in servers.api.requests:
        assert "proxy-authorization" not in request.headers


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that_wants_a_password_for_the_api_alone_is_named(
    plain: Servers, secure: Servers, certificates: Certificates, tmp_path: Path, scheme: str
) -> None:
    api_url = {"http": plain, "https": secure}[scheme].api_url
    environment = {"SSL_CERT_FILE": str(certificates.ca), "CHATAPP_SOCKET_URL": plain.socket.url}
    with ProxyServer(credentials=f"{USER}:{PASSWORD}") as proxy:
        environment |= {"ALL_PROXY": with_password(proxy, "wrong"), "CHATAPP_API_URL": api_url}
        with plain.tail(tmp_path, environment=environment) as process:
            assert process.exit_code() == 5
            assert re.search(r"error: .* proxy .*407", said(process))


def test_proxy_that_quotes_the_password_shows_it_to_nobody(plain: Servers, tmp_path: Path) -> None:
    with ProxyServer(answer=f"I don't know {SECRETS[2]}\r\n\r\n".encode()) as proxy:
        environment = {"HTTP_PROXY": with_password(proxy)}
        with plain.tail(tmp_path, environment=environment) as process:
            assert process.exit_code() == 5
            assert "doesn't answer as an HTTP proxy" in said(process)


def test_refusal_of_the_api_is_explained(
    secure: Servers, certificates: Certificates, tmp_path: Path
) -> None:
    with ProxyServer(answer=http_answer("502 Bad Gateway")) as proxy:
        environment = {
            "HTTPS_PROXY": with_password(proxy),
            "CHATAPP_SOCKET_URL": secure.socket.url,
            "SSL_CERT_FILE": str(certificates.ca),
        }
        with secure.tail(tmp_path, environment=environment) as process:
            assert process.exit_code() == 5
            assert f"the proxy refused the way to the API ({secure.api_url}" in said(process)
            assert "(HTTP 502)" in said(process)


# Proxies of other kinds


@pytest.mark.parametrize(("scheme", "side"), [("socks5", "socket"), ("socks5h", "api")])
def test_proxy_of_another_kind_is_a_usage_error_before_any_connection(
    plain: Servers, tmp_path: Path, scheme: str, side: str
) -> None:
    environment = {"ALL_PROXY": f"{scheme}://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:1080"}
    if side == "api":
        environment["CHATAPP_SOCKET_URL"] = plain.socket.url
    with plain.tail(tmp_path, environment=environment) as process:
        assert process.exit_code() == 2
        sentence = f"chatapp-tail: error: the proxy for {HOST} is a {scheme} proxy\n"
        assert sentence in said(process)
        assert "connecting" not in process.stderr.text
    assert plain.socket.connections == 0


# A real proxy


@pytest.mark.parametrize(
    ("servers", "variable"),
    [("plain", "http_proxy"), ("secure", "ALL_PROXY")],
    indirect=["servers"],
)
def test_everything_goes_through_tinyproxy(
    servers: Servers, certificates: Certificates, tmp_path: Path, variable: str
) -> None:
    ports = [port_of(servers.socket_url), port_of(servers.api_url)]
    # tinyproxy asks another proxy, because it doesn't know our names.
    with ProxyServer() as upstream, running_tinyproxy(tmp_path, upstream, ports) as (url, log):
        environment = {variable: url, "SSL_CERT_FILE": str(certificates.ca)}
        with servers.tail(tmp_path, environment=environment) as process:
            assert process.exit_code() == 0
            assert '"hello"' in process.stdout.text
        api = ("CONNECT", f"{HOST}:{ports[1]}")
        if variable == "http_proxy":
            api = ("POST", f"{servers.api_url}/broadcasting/auth")
        assert upstream.targets == [("CONNECT", f"{HOST}:{ports[0]}"), api]
        logged = log.read_text(encoding="utf-8")
        assert all(f"{method} {target} HTTP/" in logged for method, target in upstream.targets)


# Exemptions


@pytest.mark.parametrize(("no_proxy", "asked"), [(THIS_HOST, 0), (HOST, 2)])
def test_exempt_host_is_reached_directly_by_both(
    plain: Servers, proxy: ProxyServer, tmp_path: Path, no_proxy: str, asked: int
) -> None:
    here = Servers(plain.socket, plain.api, THIS_HOST)
    environment = {"HTTP_PROXY": proxy.url, "NO_PROXY": no_proxy}
    with here.tail(tmp_path, environment=environment) as process:
        assert process.exit_code() == 0
    websocket = here.socket_url.removeprefix("ws://")
    both = [("CONNECT", websocket), ("POST", f"{here.api_url}/broadcasting/auth")]
    assert proxy.targets == both[:asked]
