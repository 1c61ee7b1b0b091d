"""A real Pusher server, soketi, on loopback, and events published as ChatApp's back end would."""

import json
import socket
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import requests
from pusher import Pusher
from pusher.http import process_response

from chatapp_tail.emulator.auth import App
from tests.support.credentials import APP, DISABLED_APP, Certificates
from tests.support.programs import NODE_MODULES, node_environment
from tests.support.waiting import wait_until

_PROGRAM = NODE_MODULES / "@soketi" / "soketi" / "bin" / "server.js"


class Publisher:
    """Sends events to a Pusher server's HTTP API on loopback; TLS if there is a ``ca``.

    ``library`` is the official client.
    """

    def __init__(self, port: int, *, app: App = APP, ca: Path | None = None) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = True if ca is None else str(ca)
        self.library = Pusher(
            app_id=app.id,
            key=app.key,
            secret=app.secret,
            host="127.0.0.1" if ca is None else "localhost",
            port=port,
            ssl=ca is not None,
            timeout=10,
            backend=_Backend,
            session=self._session,
        )

    def publish(self, channel: str, event: str, data: object) -> None:
        """Publish with ``data`` double encoded, as usual; a ``str`` goes out as it is.

        The batch call of ``pusher`` has no 30 KB limit of its own.
        """
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        batch = [{"channel": channel, "name": event, "data": text}]
        self.library.trigger_batch(batch, already_encoded=True)

    def subscribers(self, channel: str) -> int:
        """Return how many connections are subscribed to ``channel`` right now."""
        info = self.library.channel_info(channel, ["subscription_count"])
        return int(info.get("subscription_count", 0))

    def close(self) -> None:
        self._session.close()


class _PusherRequest(Protocol):
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class _Client(Protocol):
    timeout: float


class _Backend:
    """Replaces the library's backend, which has its own CA bundle and uses proxies."""

    def __init__(self, client: _Client, session: requests.Session) -> None:
        self._client = client
        self._session = session

    def send_request(self, request: _PusherRequest) -> object:
        response = self._session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body,
            timeout=self._client.timeout,
        )
        return process_response(response.status_code, response.text)


class Soketi:
    """One soketi process, plain or with ``certificates`` over TLS; files go to ``directory``.

    The port stays the same when it is started again. ``stop`` is what a deployment does (clients
    get 4200), ``kill`` a crash (no close frame).
    """

    def __init__(self, directory: Path, certificates: Certificates | None = None) -> None:
        self._ca = certificates.ca if certificates else None
        self._ports = _free_ports()
        self._config = directory / "soketi.json"
        self._config.write_text(json.dumps(_config(self._ports, certificates)), encoding="utf-8")
        self._log = directory / "soketi.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._publisher = Publisher(self.port, ca=self._ca)

    @property
    def port(self) -> int:
        return self._ports.socket

    @property
    def socket_url(self) -> str:
        """``ws://127.0.0.1:PORT``, or ``wss://localhost:PORT`` with TLS."""
        return f"wss://localhost:{self.port}" if self._ca else f"ws://127.0.0.1:{self.port}"

    def publish(self, channel: str, event: str, data: object) -> None:
        """Publish an event, as ``Publisher`` does."""
        self._publisher.publish(channel, event, data)

    def wait_for_subscribers(self, channel: str, count: int = 1, timeout: float = 10.0) -> None:
        wait_until(
            lambda: self._publisher.subscribers(channel) == count,
            f"{count} subscribers on {channel}",
            timeout,
        )

    def start(self) -> None:
        """Start the server and wait until it says that it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["node", _PROGRAM, "start", f"--config={self._config}"],
                cwd=self._config.parent,
                env=node_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(self._is_ready, "soketi to be ready", timeout=20)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End the server with SIGTERM, which tells clients 4200; kill it if it doesn't end."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        self.kill()

    def kill(self) -> None:
        """End the server with SIGKILL: its connections break without a close frame."""
        self._publisher.close()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"soketi ended:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
        connection = self._http_connection()
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _http_connection(self) -> HTTPConnection:
        if self._ca is None:
            return HTTPConnection("127.0.0.1", self.port, timeout=2)
        context = ssl.create_default_context(cafile=self._ca)
        return HTTPSConnection("localhost", self.port, timeout=2, context=context)


class _Ports(NamedTuple):
    socket: int
    metrics: int
    cluster: int


def _free_ports() -> _Ports:
    """Return ports that are free now; all are held until the last is found."""
    with ExitStack() as held:

        def free(kind: socket.SocketKind) -> int:
            opened = held.enter_context(socket.socket(type=kind))
            opened.bind(("127.0.0.1", 0))
            return int(opened.getsockname()[1])

        return _Ports(
            socket=free(socket.SOCK_STREAM),
            metrics=free(socket.SOCK_STREAM),
            cluster=free(socket.SOCK_DGRAM),
        )


def _config(ports: _Ports, certificates: Certificates | None) -> Mapping[str, object]:
    """Return soketi's configuration. Its defaults listen and broadcast on all interfaces."""
    tls = (
        {"ssl.certPath": str(certificates.cert), "ssl.keyPath": str(certificates.key)}
        if certificates
        else {}
    )
    return {
        "host": "127.0.0.1",
        "port": ports.socket,
        "cluster.hostname": "127.0.0.1",
        "cluster.address": "127.0.0.1",
        "cluster.unicast": "127.0.0.1",
        "cluster.port": ports.cluster,
        # Without metrics SIGTERM ends in a TypeError and the process stays.
        "metrics.enabled": True,
        "metrics.host": "127.0.0.1",
        "metrics.port": ports.metrics,
        "shutdownGracePeriod": 200,
        "appManager.array.apps": [_app(app) for app in (APP, DISABLED_APP)],
        **tls,
    }


def _app(app: App) -> Mapping[str, object]:
    return {
        "id": app.id,
        "key": app.key,
        "secret": app.secret,
        "maxConnections": -1,
        "enabled": app != DISABLED_APP,
        "enableClientMessages": True,
        "maxBackendEventsPerSecond": -1,
        "maxClientEventsPerSecond": -1,
        "maxReadRequestsPerSecond": -1,
        "webhooks": [],
    }
