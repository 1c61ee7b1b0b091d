"""Publishing events with PyPI ``pusher``, the way ChatApp's own back end would."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import requests
from pusher import Pusher
from pusher.http import process_response

from chatapp_tail.emulator.auth import App
from tests.support.credentials import APP


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
