"""What the websocket and the REST calls share: the choice of a proxy, certificates.

Both libraries read the environment by rules of their own; here it is read once, so that the two
halves of the program can't disagree.
"""

import ipaddress
import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatapp_tail import __version__
from chatapp_tail.errors import UsageError

if TYPE_CHECKING:
    import ssl

USER_AGENT = f"chatapp-tail/{__version__}"
# Where users of Python programs keep the path of a private CA; OpenSSL's own name comes first.
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PLAIN_SCHEMES = ("ws", "http")
# Next steps after a failure.
CHECK_PROXY = "Check the proxy in the environment, or set NO_PROXY."
PRIVATE_CA = "For a private CA set SSL_CERT_FILE to its PEM file."
TLS_TOO_OLD = "The server offers only versions of TLS that are no longer safe."
# OpenSSL reasons: the server speaks without TLS, or only an unsafe version.
NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
OLD_TLS = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")


def proxy_for(url: str) -> str | None:
    """Return the URL of the proxy for ``url`` by the environment; None for loopback, and if unset.

    Raises ``UsageError`` for a proxy that can't be used.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_plain = parts.scheme in _PLAIN_SCHEMES
    if is_loopback(host) or not _may_have_proxies():
        return None
    if _is_exempt(host, parts.port or (80 if is_plain else 443)):
        return None
    from urllib.request import getproxies  # noqa: PLC0415 (slow import)

    proxies = getproxies()
    proxy = proxies.get("http" if is_plain else "https") or proxies.get("all")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and (problem := _proxy_problem(proxy)):
        raise UsageError(
            f"the proxy for {host} {problem}",
            hint="Only http:// proxies are supported; NO_PROXY can exempt a host.",
        )
    return proxy


def secure_url(location: str, host: str) -> str:
    """Return ``https://host[:port]`` if a redirect to ``location`` leads to ``host`` with TLS.

    Empty for any other redirect.
    """
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("https", "wss") or parts.hostname != host:
        return ""
    secure = f"https://{bracketed(host)}"
    return secure if port in (None, 443) else f"{secure}:{port}"


def bracketed(host: str) -> str:
    """Return ``host`` as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def tls_context(*urls: str) -> "ssl.SSLContext":
    """Return a TLS context that checks certificates and host names.

    It trusts the file in SSL_CERT_FILE, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE; else the system's
    store; else, if the system has none, certifi's. If none of ``urls`` wants TLS, the store isn't
    loaded, which takes 40 ms, and nobody is trusted. Raises ``UsageError`` for a bad file.
    """
    import ssl  # noqa: PLC0415 (slow import)

    for variable in _CA_VARIABLES:
        if path := os.environ.get(variable):
            try:
                return ssl.create_default_context(cafile=path)
            except OSError as exc:  # ssl.SSLError is one, too
                reason = "it holds none" if isinstance(exc, ssl.SSLError) else exc.strerror
                raise UsageError(
                    f"no certificates can be read from {path} ({variable}): {reason}",
                    hint=f"Point {variable} to a PEM file, or unset it.",
                ) from exc
    if urls and all(urlsplit(url).scheme in _PLAIN_SCHEMES for url in urls):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not os.environ.get("SSL_CERT_DIR"):
        import certifi  # noqa: PLC0415 (optional fallback)

        context.load_verify_locations(certifi.where())
    return context


def _proxy_problem(proxy: str) -> str:
    """Return what is wrong with ``proxy``, without quoting it: it may hold a password."""
    with suppress(ValueError):
        parts = urlsplit(proxy)
        # A / or # in a password ends what is read as the address, unless it is written %2F or %23.
        is_whole = proxy.endswith((f"://{parts.netloc}", f"://{parts.netloc}/"))
        if parts.hostname and parts.port != 0 and is_whole:
            return "" if parts.scheme == "http" else f"is a {parts.scheme} proxy"
    return "has no valid address"


def _may_have_proxies() -> bool:
    """Return whether proxies may be set; loading the code that reads them takes 20 ms."""
    has_settings = sys.platform in ("darwin", "win32")
    return has_settings or any(name.lower().endswith("_proxy") for name in os.environ)


def _is_exempt(host: str, port: int) -> bool:
    """Return whether NO_PROXY names ``host``, or it with this port."""
    from urllib.request import getproxies_environment, proxy_bypass  # noqa: PLC0415 (slow import)

    if proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):  # macOS needs the host alone
        return True
    entries = getproxies_environment().get("no", "").split(",")
    return any(_contains(entry.strip(), host) for entry in entries)


def _contains(network: str, host: str) -> bool:
    """Return whether ``host`` is an address in ``network``, such as 10.0.0.0/8."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def innermost(exc: BaseException) -> BaseException:
    """Return the exception at the bottom of ``exc``: its cause, context or only argument.

    urllib3 gives the cause as an argument alone behind a proxy.
    """
    while True:
        context = None if exc.__suppress_context__ else exc.__context__
        wrapped = next((inner for inner in exc.args if isinstance(inner, BaseException)), None)
        inner = exc.__cause__ or context or wrapped
        if inner is None:
            return exc
        exc = inner


def tunnel_status(exc: BaseException) -> int | None:
    """Return the status with which a proxy refused a tunnel; None if ``exc`` isn't about that."""
    # http.client gives the status only in this message.
    refused = re.match(r"Tunnel connection failed: (\d{3})\b", str(exc))
    return int(refused[1]) if refused else None


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine, judged by the name or address alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
