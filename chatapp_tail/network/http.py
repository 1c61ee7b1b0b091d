"""What requests sends HTTP over: connections that we open, with our certificates and limits."""

import base64
import socket
import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from chatapp_tail.network import proxy_credentials
from chatapp_tail.network.cuttable import CuttableSocket
from chatapp_tail.network.dial import dial

# Default in seconds; all our calls set a timeout.
_CONNECT_TIMEOUT = 10.0


class Adapter(HTTPAdapter):
    """Uses our TLS context in place of certifi's certificates, and our proxy credentials."""

    def __init__(self, context: ssl.SSLContext, line: CuttableSocket) -> None:
        self._context = context
        self._pools = _pools(line)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (requests' own)
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        manager = super().proxy_manager_for(*args, **kwargs, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: Any, *_: object) -> None:  # noqa: ANN401
        conn.cert_reqs = "CERT_REQUIRED"

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        credentials = proxy_credentials(proxy).encode()  # requests would want Latin-1
        basic = f"Basic {base64.b64encode(credentials).decode()}"
        return {"Proxy-Authorization": basic} if credentials else {}


def _pools(line: CuttableSocket) -> dict[str, Any]:
    """Return urllib3's pools whose connections are opened by ``dial`` and held by ``line``."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _dialed(self, line)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _dialed(self, line)

        def connect(self) -> None:
            super().connect()
            line.hold(self.sock)  # what was held before has been wrapped

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _dialed(connection: HTTPConnection, line: CuttableSocket) -> socket.socket:
    """Connect, and raise what urllib3 does when it can't."""
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
    try:
        dialed = dial(connection.host, connection.port, timeout=timeout or _CONNECT_TIMEOUT)
    except socket.gaierror as exc:
        raise NameResolutionError(connection.host, connection, exc) from exc
    except TimeoutError as exc:
        raise ConnectTimeoutError(connection, str(exc)) from exc
    except (OSError, ValueError) as exc:
        raise NewConnectionError(connection, str(exc)) from exc
    for option in connection.socket_options or ():
        dialed.socket.setsockopt(*option)
    dialed.socket.settimeout(timeout)
    line.hold(dialed.socket)
    return dialed.socket
