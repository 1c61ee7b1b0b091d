"""The proxies and certificates of the environment."""

import ssl
from pathlib import Path

import pytest

from chatapp_tail.errors import UsageError
from chatapp_tail.network import proxy_for, tls_context
from tests.support.credentials import Certificates

CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*CA_VARIABLES, "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


# Proxies


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        ("wss://chat.example", {}, None),
        ("wss://chat.example", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("wss://chat.example:6001", {"https_proxy": "http://p:1"}, "http://p:1"),
        ("https://chat.example", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("ws://chat.example", {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        ("http://chat.example", {"http_proxy": "http://p:1"}, "http://p:1"),
        ("wss://chat.example", {"HTTP_PROXY": "http://p:1"}, None),
        ("ws://chat.example", {"HTTPS_PROXY": "http://p:1"}, None),
        ("wss://chat.example", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("ws://chat.example", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("wss://chat.example", {"ALL_PROXY": "http://a:1", "HTTPS_PROXY": "p:1"}, "http://p:1"),
        ("wss://chat.example", {"HTTPS_PROXY": "p:1"}, "http://p:1"),
        ("wss://chat.example", {"HTTPS_PROXY": "me:word@p"}, "http://me:word@p"),
        ("wss://chat.example", {"HTTPS_PROXY": ""}, None),
        ("wss://10.0.0.1", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("wss://chat.example", {"ALL_PROXY": "HTTP://p:1/"}, "HTTP://p:1/"),
        ("wss://localhost:6001", {"HTTPS_PROXY": "http://p:1"}, None),
        ("wss://LocalHost", {"HTTPS_PROXY": "http://p:1"}, None),
        ("wss://chat.localhost", {"HTTPS_PROXY": "http://p:1"}, None),
        ("ws://127.0.0.1:6001", {"HTTP_PROXY": "http://p:1"}, None),
        ("ws://127.9.9.9", {"ALL_PROXY": "socks5://p:1"}, None),
        ("ws://[::1]:6001", {"HTTP_PROXY": "http://p:1"}, None),
        ("wss://localhost.example", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("wss://notlocalhost", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
    ],
)
def test_proxy_is_the_environments_but_never_for_loopback(
    monkeypatch: pytest.MonkeyPatch, url: str, environment: dict[str, str], proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy


EXEMPT = [
    ("chat.example", "wss://chat.example"),
    ("CHAT.Example", "wss://Chat.EXAMPLE"),
    ("a, chat.example ,b", "wss://chat.example:6001"),
    ("chat.example", "wss://api.chat.example"),
    (".chat.example", "wss://api.chat.example"),
    (".chat.example", "wss://chat.example"),
    ("*", "wss://chat.example"),
    ("chat.example:6001", "wss://chat.example:6001"),
    (".example:6001", "wss://chat.example:6001"),
    # The port that the URL leaves out.
    *(("chat.example:80", f"{scheme}://chat.example") for scheme in ("ws", "http")),
    *(("chat.example:443", f"{scheme}://chat.example") for scheme in ("wss", "https")),
    ("10.1.2.3:6001", "wss://10.1.2.3:6001"),
    ("fd00::2", "wss://[fd00::2]:6001"),
    ("a, 10.0.0.0/8", "wss://10.1.2.3"),
    ("10.1.9.9/16", "wss://10.1.2.3"),
    ("fd00::/8", "wss://[fd00::7]:6001"),
]
NOT_EXEMPT = [
    ("", "wss://chat.example"),
    ("other", "wss://chat.example"),
    (".chat.example", "wss://notchat.example"),
    ("chat.example", "wss://notchat.example"),
    ("chat.example", "wss://chat.example.com"),
    ("chat.example:6001", "wss://chat.example:6002"),
    ("chat.example:6001", "wss://chat.example"),
    ("10.1.2.3", "wss://10.1.2.4"),
    ("10.0.0.0/8", "wss://11.1.2.3"),
    ("fd00::/8", "wss://[fe00::7]"),
    ("0.0.0.0/0", "wss://chat.example"),
    ("**", "wss://chat.example"),
]


@pytest.mark.parametrize(
    ("no_proxy", "url", "proxy"),
    [(*row, None) for row in EXEMPT] + [(*row, "http://p:1") for row in NOT_EXEMPT],
)
def test_no_proxy_names_hosts_suffixes_networks_and_ports(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, proxy: str | None
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://p:1")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert proxy_for(url) == proxy


@pytest.mark.parametrize("scheme", ["socks5", "https"])
def test_other_kinds_of_proxies_are_refused(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://p:1")
    with pytest.raises(UsageError) as caught:
        proxy_for("wss://chat.example:6001")
    assert caught.value.message == f"the proxy for chat.example is a {scheme} proxy"
    assert caught.value.hint == "Only http:// proxies are supported; NO_PROXY can exempt a host."


@pytest.mark.parametrize(
    "proxy",
    [
        *("http://me:secret@p:port", "me:secret@p:99999", "http://[::1", "http://:1", "p:0"),
        # More than an address.
        *("http://me:a/b@p:1", "http://me:12?b@p:1", "http://me:12#b@p:1", "me:a[b@p:1"),
        *("http://p:1/path", "p:1?a", "http://p#a"),
    ],
)
def test_proxy_without_an_address_is_refused_without_quoting_it(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UsageError, match=r"^the proxy for chat\.example has no valid address$"):
        proxy_for("wss://chat.example")


# Certificates


def is_checking(context: ssl.SSLContext) -> bool:
    """Return whether ``context`` checks certificates and host names."""
    return context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_private_authority_comes_from_the_file_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, certificates: Certificates, variable: str
) -> None:
    monkeypatch.setenv(variable, str(certificates.ca))
    context = tls_context()
    (authority,) = context.get_ca_certs()
    assert "trustme" in str(authority["subject"])
    assert is_checking(context)


def test_openssls_own_variable_comes_first(
    monkeypatch: pytest.MonkeyPatch, certificates: Certificates
) -> None:
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nonexistent")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    assert len(tls_context().get_ca_certs()) == 1


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_missing_file_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    path = tmp_path / "missing.pem"
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(UsageError) as caught:
        tls_context("ws://127.0.0.1:6001")  # which wouldn't need one
    assert caught.value.message == (
        f"no certificates can be read from {path} ({variable}): No such file or directory"
    )
    assert caught.value.hint == f"Point {variable} to a PEM file, or unset it."


@pytest.mark.parametrize("content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\n"])
def test_file_without_certificates_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(UsageError) as caught:
        tls_context()
    assert caught.value.message == (
        f"no certificates can be read from {path} (SSL_CERT_FILE): it holds none"
    )


# OpenSSL takes an empty SSL_CERT_FILE for the store's name, so the system has no store below.


@pytest.mark.parametrize("urls", [[], ["ws://a", "https://b"], ["wss://a", "http://b"]])
def test_system_without_a_store_gets_the_one_that_comes_with_requests(
    monkeypatch: pytest.MonkeyPatch, urls: list[str]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")
    context = tls_context(*urls)
    assert context.cert_store_stats()["x509_ca"] > 50
    assert is_checking(context)


def test_without_tls_no_certificates_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")
    context = tls_context("ws://127.0.0.1:6001", "http://127.0.0.1:6002")
    assert context.cert_store_stats()["x509"] == 0
    assert is_checking(context)


def test_directory_of_certificates_is_a_store(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls_context().cert_store_stats()["x509_ca"] == 0
