"""Opens a websocket: name, TCP, proxy, TLS, upgrade; and explains which step failed and why."""

import base64
import hashlib
import os
import socket
import ssl
from urllib.parse import quote, urlsplit

from chatapp_tail import __version__
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import TransportError
from chatapp_tail.network import (
    CHECK_PROXY,
    NO_TLS,
    OLD_TLS,
    PRIVATE_CA,
    TLS_TOO_OLD,
    USER_AGENT,
    proxy_for,
    secure_url,
)
from chatapp_tail.network.dial import dial
from chatapp_tail.network.head import (
    Head,
    NoHttpError,
    ProxyRefusedError,
    ask,
    open_tunnel,
    proxy_authorization,
)
from chatapp_tail.network.headers import PASSING_STATUSES, retry_after
from chatapp_tail.pusher.protocol import PROTOCOL_VERSION

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL.
_CLOCK_PROBLEMS = (9, 10)
# How a TLS server answers a request without TLS: an alert record.
_TLS_ALERT = b"\x15\x03"
_IS_IT_PUSHER = "It doesn't seem to be a Pusher server."
_CHECK_NETWORK = "Check the network."


class Opening:
    """The steps to an open websocket. A step raises ``TransportError``, or what failed.

    ``failure`` explains the latter.
    """

    def __init__(self, socket_url: str, timeout: float, context: ssl.SSLContext) -> None:
        parts = urlsplit(socket_url)
        self._where = parts.netloc
        self._host = parts.hostname or ""
        self._is_tls = parts.scheme == "wss"
        self._port = parts.port or (443 if self._is_tls else 80)
        self._timeout = timeout
        self._context = context
        self._proxy = proxy_for(socket_url)
        self._is_at_proxy = self._proxy is not None

    def upgraded(self, app_key: str) -> socket.socket:
        """Return a connection over which websocket frames go; one that fails is closed."""
        connected = self._connected()
        try:
            if self._proxy is not None:
                open_tunnel(
                    connected,
                    self._host,
                    self._port,
                    authorization=proxy_authorization(self._proxy),
                    timeout=self._timeout,
                )
            self._is_at_proxy = False
            if self._is_tls:
                connected.settimeout(self._timeout)  # of the whole handshake
                connected = self._context.wrap_socket(connected, server_hostname=self._host)
            self._upgrade(connected, app_key)
        except BaseException:
            connected.close()
            raise
        return connected

    def failure(self, exc: Exception) -> TransportError:
        """Return what went wrong in words, and the next step."""
        if self._is_at_proxy:
            return self._proxy_failure(exc)
        return self._tls_failure(exc) if isinstance(exc, ssl.SSLError) else self._broken(exc)

    def _connected(self) -> socket.socket:
        """Connect to the proxy, if there is one, else to the server."""
        host, port = self._host, self._port
        if self._proxy is not None:
            proxy = urlsplit(self._proxy)
            host, port = proxy.hostname or "", proxy.port or 80
        connected = dial(host, port, timeout=self._timeout).socket
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return connected

    def _upgrade(self, connected: socket.socket, app_key: str) -> None:
        """Make a websocket of the connection (RFC 6455, 4.1). Without an Origin.

        laravel-websockets refuses origins that it doesn't know.
        """
        key = base64.b64encode(os.urandom(16)).decode()
        path = (
            f"/app/{quote(app_key, safe='')}"
            f"?protocol={PROTOCOL_VERSION}&client=python-chatapp-tail&version={__version__}"
        )
        request = [
            f"GET {path} HTTP/1.1",
            f"Host: {self._where}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"User-Agent: {USER_AGENT}",
        ]
        head = ask(connected, request, timeout=self._timeout)
        accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest())  # noqa: S324
        accepted = head.headers.get("sec-websocket-accept") == accept.decode()
        if head.status != 101 or not accepted:
            raise self._refusal(head)

    def _proxy_failure(self, exc: Exception) -> TransportError:
        proxy = urlsplit(self._proxy or "")
        where = f"the proxy {proxy.hostname}:{proxy.port or 80}"
        hint = CHECK_PROXY
        match exc:
            case ProxyRefusedError(status=status):
                message = f"{where} refused the way to {self._where} (HTTP {status})"
                if status == 407:
                    hint = "Put user and password into its URL: http://user:password@…"
            case NoHttpError():
                message = f"{where} doesn't answer as an HTTP proxy"
            case socket.gaierror() | UnicodeError():
                message = f"the host of {where} can't be found"
            case TimeoutError():
                message = f"no answer from {where} in {self._timeout:g} s"
            case _:
                message = f"no connection to {where}: {cause(exc)}"
        return TransportError(message, hint=hint)

    def _refusal(self, head: Head) -> TransportError:
        status, headers = head
        if status == 101:
            return self._strange("without a websocket's headers")
        hint, is_passing = _IS_IT_PUSHER, status in PASSING_STATUSES
        if is_passing:
            hint = ""
        elif 300 <= status < 400:
            hint = self._redirected(headers.get("location", ""))
        elif status in (401, 403):
            hint = "Something in front of the Pusher server refuses this client."
        elif status == 400 and not self._is_tls:  # of nginx and others, where they speak TLS
            hint = f"Does it want TLS (wss://{self._where})?"
        return TransportError(
            f"{self._where} answered HTTP {status} to the websocket request",
            hint=hint,
            fatal=not is_passing,
            retry_after=retry_after(headers.get("retry-after"), SystemClock().utcnow()) or 0.0,
        )

    def _redirected(self, location: str) -> str:
        """Return the URL with TLS to use instead, if only TLS is missing."""
        secure = secure_url(location, self._host)
        if secure and not self._is_tls:
            return f"Redirects aren't followed. Use {secure.replace('https', 'wss', 1)}"
        return "Redirects aren't followed: use the server's own address."

    def _tls_failure(self, exc: ssl.SSLError) -> TransportError:
        if isinstance(exc, ssl.SSLCertVerificationError):
            message = f"the certificate of {self._where} can't be trusted: {exc.verify_message}"
            is_of_clock = exc.verify_code in _CLOCK_PROBLEMS
            hint = "Check this machine's clock." if is_of_clock else PRIVATE_CA
            return TransportError(message, hint=hint, fatal=True)
        hint = ""
        if exc.reason in NO_TLS:
            hint = f"The server speaks without TLS at this port: use ws://{self._where}"
        elif exc.reason in OLD_TLS:
            hint = TLS_TOO_OLD
        words = (exc.reason or str(exc)).replace("_", " ").lower()
        return TransportError(f"no TLS with {self._where}: {words}", hint=hint)

    def _broken(self, exc: Exception) -> TransportError:
        match exc:
            case socket.gaierror() | UnicodeError():
                return TransportError(f"the host {self._host} can't be found", hint=_CHECK_NETWORK)
            case TimeoutError():
                return TransportError(f"no answer from {self._where} in {self._timeout:g} s")
            case NoHttpError(beginning=beginning) if beginning.startswith(_TLS_ALERT):
                return TransportError(
                    f"{self._where} speaks TLS", hint=f"Use wss://{self._where}", fatal=True
                )
            case NoHttpError():
                return self._strange(str(exc))
            case _:
                hint = _CHECK_NETWORK
                if isinstance(exc, ConnectionResetError) and not self._is_tls:
                    hint = f"{hint} Does the server want TLS (wss://)?"
                return TransportError(f"no connection to {self._where}: {cause(exc)}", hint=hint)

    def _strange(self, what: str) -> TransportError:
        message = f"{self._where} doesn't answer as a websocket server: {what}"
        return TransportError(message, hint=_IS_IT_PUSHER, fatal=True)


def cause(exc: Exception) -> str:
    """Return an error in a few words."""
    return (isinstance(exc, OSError) and exc.strerror) or str(exc) or type(exc).__name__
