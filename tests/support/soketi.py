"""A real Pusher server, soketi, on loopback, and events published as ChatApp's back end would."""

import json
import socket
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Protocol, Self

import requests
from pusher import Pusher
from pusher.http import process_response

from chatapp_tail.emulator.auth import App
from tests.support.credentials import APP, DISABLED_APP, Certificates
from tests.support.node import NODE_MODULES, node_environment
from tests.support.waiting import wait_until

_PROGRAM = NODE_MODULES / "@soketi" / "soketi" / "bin" / "server.js"


class Publisher:
    """Sends events to a Pusher server's HTTP API on loopback; TLS if there is a ``ca``."""

    def __init__(self, port: int, *, app: App = APP, ca: Path | None = None) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = True if ca is None else str(ca)
        self._pusher = Pusher(
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

    @property
    def library(self) -> Pusher:
        """The official library's client for this server."""
        return self._pusher

    def publish(self, channel: str, event: str, data: object) -> None:
        """Publish with ``data`` double encoded, as usual; a ``str`` goes out as it is."""
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        self.publish_unencoded(channel, event, text)

    def publish_unencoded(self, channel: str, event: str, data: object) -> None:
        """Publish with ``data`` as the JSON value it is: an object stays an object in the frame.

        Only the batch call of ``pusher`` can do this; it also has no 30 KB limit of its own.
        """
        batch = [{"channel": channel, "name": event, "data": data}]
        self._pusher.trigger_batch(batch, already_encoded=True)

    def subscribers(self, channel: str) -> int:
        """Return how many connections are subscribed to ``channel`` right now."""
        info = self._pusher.channel_info(channel, ["subscription_count"])
        return int(info.get("subscription_count", 0))

    def close(self) -> None:
        """Close the kept-alive connection."""
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
        """Send the library's signed request; the library reads the answer."""
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
        self._publisher: Publisher | None = None

    @property
    def port(self) -> int:
        """The port of the websocket and of the HTTP API."""
        return self._ports.socket

    @property
    def socket_url(self) -> str:
        """``ws://127.0.0.1:PORT``, or ``wss://localhost:PORT`` with TLS."""
        return f"wss://localhost:{self.port}" if self._ca else f"ws://127.0.0.1:{self.port}"

    def publish(self, channel: str, event: str, data: object) -> None:
        """Publish an event, ``data`` double encoded unless it is a ``str`` already."""
        self._running_publisher().publish(channel, event, data)

    def publish_unencoded(self, channel: str, event: str, data: object) -> None:
        """Publish an event whose ``data`` in the frame is an object, not a string."""
        self._running_publisher().publish_unencoded(channel, event, data)

    def subscribers(self, channel: str) -> int:
        """Return how many connections are subscribed to ``channel`` right now."""
        return self._running_publisher().subscribers(channel)

    def wait_for_subscribers(self, channel: str, count: int = 1, timeout: float = 10.0) -> None:
        """Wait until ``channel`` has exactly ``count`` subscribed connections."""
        wait_until(
            lambda: self.subscribers(channel) == count,
            f"{count} subscribers on {channel}",
            timeout,
        )

    def start(self) -> None:
        """Start the server and wait until it says that it is ready."""
        if self._process is not None:
            raise RuntimeError("soketi runs already")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["node", _PROGRAM, "start", f"--config={self._config}"],
                cwd=self._config.parent,
                env=node_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._publisher = Publisher(self.port, ca=self._ca)
        try:
            wait_until(self._is_ready, "soketi to be ready", timeout=20)
        except BaseException:
            self.kill()
            raise

    def stop(self, timeout: float = 10.0) -> int | None:
        """End the server with SIGTERM, which tells clients 4200; return its exit code.

        It is gone afterwards: after ``timeout`` seconds it is killed. None if it wasn't running.
        """
        if self._process is None:
            return None
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return self.kill()

    def kill(self) -> int | None:
        """End the server with SIGKILL: its connections break without a close frame."""
        if self._publisher is not None:
            self._publisher.close()
        process, self._process, self._publisher = self._process, None, None
        if process is None:
            return None
        process.kill()
        return process.wait()

    def restart(self) -> None:
        """Stop, and start a new server on the same port."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        if self._running_process().poll() is not None:
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

    def _running_process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("soketi isn't running")
        return self._process

    def _running_publisher(self) -> Publisher:
        if self._publisher is None:
            raise RuntimeError("soketi isn't running")
        return self._publisher


@dataclass(frozen=True, slots=True)
class _Ports:
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
