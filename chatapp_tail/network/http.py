"""What requests sends HTTP over: connections that we open, with our certificates and limits."""

import socket
import ssl
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from chatapp_tail.network import USER_AGENT, proxy_for
from chatapp_tail.network.cuttable import CuttableSocket
from chatapp_tail.network.dial import dial
from chatapp_tail.network.head import proxy_authorization


def http_session(
    base_url: str, context: ssl.SSLContext, cuttable: CuttableSocket
) -> requests.Session:
    """Return a session for ``base_url`` that reads neither netrc nor the environment.

    ``cuttable`` holds the socket of each of its connections.
    """
    session = requests.Session()
    session.trust_env = False
    adapter = _Adapter(context, cuttable)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = USER_AGENT
    session.headers["Accept"] = "application/json"
    if proxy := proxy_for(base_url):
        session.proxies = {"http": proxy, "https": proxy}
    return session


class _Adapter(HTTPAdapter):
    """Uses our TLS context in place of certifi's certificates, our proxy credentials, our sockets.

    What it overrides is documented by requests for that.
    """

    def __init__(self, context: ssl.SSLContext, cuttable: CuttableSocket) -> None:
        self._context = context
        self._connection_classes = _connection_classes(cuttable)
        super().__init__()

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (requests' own)
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        return host, {**pool, "ssl_context": self._context}

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (requests' own)
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._connection_classes[pool.scheme]
        return pool

    def cert_verify(self, conn: Any, *_: object) -> None:  # noqa: ANN401 (requests' own)
        conn.cert_reqs = "CERT_REQUIRED"

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        authorization = proxy_authorization(proxy)
        return {"Proxy-Authorization": authorization} if authorization else {}


def _connection_classes(cuttable: CuttableSocket) -> dict[str | None, Any]:
    """Return connections by scheme that are opened by ``dial`` and held by ``cuttable``."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _dialed(self, cuttable)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _dialed(self, cuttable)

        def connect(self) -> None:
            super().connect()
            cuttable.hold(self.sock)  # the socket held before is inside this one

    return {"http": Plain, "https": Secure}


def _dialed(connection: HTTPConnection, cuttable: CuttableSocket) -> socket.socket:
    """Connect, or raise what urllib3 raises when it can't."""
    timeout = connection.timeout
    assert isinstance(timeout, int | float)  # noqa: S101 (our calls set one)
    try:
        dialed = dial(connection.host, connection.port, timeout=timeout)
    except socket.gaierror as exc:
        raise NameResolutionError(connection.host, connection, exc) from exc
    except TimeoutError as exc:
        raise ConnectTimeoutError(connection, str(exc)) from exc
    except (OSError, ValueError) as exc:
        raise NewConnectionError(connection, str(exc)) from exc
    for option in connection.socket_options or ():
        dialed.socket.setsockopt(*option)
    dialed.socket.settimeout(timeout)
    cuttable.hold(dialed.socket)
    return dialed.socket
