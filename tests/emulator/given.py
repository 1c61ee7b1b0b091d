"""A minimal Pusher client, and requests to the local ChatApp."""

import ssl
import struct
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import requests
import websocket

from chatapp_tail import jsontext
from chatapp_tail.emulator.account import DEMO_APP_ID, DEMO_EMAIL, DEMO_PASSWORD
from chatapp_tail.emulator.auth import LOCAL_APP, sign_channel
from tests.support.emulated import DEMO_TOKEN, Emulator, EmulatorSettings

APP = LOCAL_APP
JSON_HEADERS = {"Authorization": DEMO_TOKEN, "Accept": "application/json"}
SILENT = EmulatorSettings(pace=0)


class Client:
    """One websocket connection to an emulator; each wait is limited to three seconds."""

    def __init__(self, emulator: Emulator, *, key: str = APP.key, ca: Path | None = None) -> None:
        self.socket = websocket.create_connection(
            f"{emulator.socket_url}/app/{key}?protocol=7&client=tests&version=1",
            timeout=3,
            http_no_proxy=["*"],
            skip_utf8_validation=True,  # slow, and recv() decodes anyway
            sslopt={} if ca is None else {"ca_certs": str(ca), "cert_reqs": ssl.CERT_REQUIRED},
        )
        self.socket_id = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection without a close frame."""
        self.socket.shutdown()  # type: ignore[no-untyped-call]

    def connected(self) -> Self:
        """Read the handshake."""
        data = jsontext.loads(str(self.receive()["data"]))
        assert isinstance(data, dict)
        self.socket_id = data["socket_id"]
        return self

    def subscribed(self, *channels: str) -> Self:
        """Read the handshake, then subscribe with correct signatures."""
        self.connected()
        for channel in channels:
            self.subscribe(channel, sign_channel(APP, self.socket_id, channel))
            assert self.receive() == {
                "event": "pusher_internal:subscription_succeeded",
                "channel": channel,
            }
        return self

    def subscribe(self, channel: str, auth: str) -> None:
        self.send({"event": "pusher:subscribe", "data": {"channel": channel, "auth": auth}})

    def send(self, message: object) -> None:
        self.send_text(jsontext.dumps(message).decode())

    def send_text(self, text: str) -> None:
        self.socket.send(text)

    def receive_text(self) -> str:
        text = self.socket.recv()
        assert isinstance(text, str)
        return text

    def receive(self) -> dict[str, object]:
        message = jsontext.loads(self.receive_text())
        assert isinstance(message, dict)
        return message

    def receive_close(self) -> int:
        """Return the code of the close frame, which must be the next frame."""
        opcode, frame = self.socket.recv_data_frame(control_frame=True)
        assert opcode == websocket.ABNF.OPCODE_CLOSE
        assert frame is not None
        (code,) = struct.unpack("!H", frame.data[:2])
        assert isinstance(code, int)
        return code

    def hears_nothing_more(self) -> bool:
        """Return whether the answer to a ping is the next message."""
        self.send({"event": "pusher:ping", "data": {}})
        return self.receive()["event"] == "pusher:pong"


def http() -> requests.Session:
    """Return a session that reads neither proxies nor ``~/.netrc`` from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def get(
    emulator: Emulator, path: str, headers: Mapping[str, str | bytes] | None = None
) -> requests.Response:
    """Return the answer to ``GET path``."""
    with http() as session:
        return session.get(f"{emulator.api_url}{path}", headers=headers, timeout=3)


def post(
    emulator: Emulator,
    path: str,
    body: object = None,
    headers: Mapping[str, str | bytes] | None = None,
) -> requests.Response:
    """Return the answer to ``POST path``; ``body`` as it is when bytes, as JSON otherwise."""
    data = body if body is None or isinstance(body, bytes) else jsontext.dumps(body)
    named = {"Content-Type": "application/json", **(headers or {})}
    with http() as session:
        return session.post(f"{emulator.api_url}{path}", data=data, headers=named, timeout=3)


def log_in(emulator: Emulator) -> dict[str, str | int]:
    """Return the ``data`` of a login as the demo account's user."""
    login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD, "appId": DEMO_APP_ID}
    data: dict[str, str | int] = post(emulator, "/v1/tokens", login).json()["data"]
    return data


def authorize(
    emulator: Emulator, form: Mapping[str, str], headers: Mapping[str, str]
) -> requests.Response:
    """Ask for a channel's authorization; redirects are returned, not followed."""
    with http() as session:
        return session.post(
            f"{emulator.api_url}/broadcasting/auth",
            data=dict(form),
            headers=dict(headers),
            allow_redirects=False,
            timeout=3,
        )


def message(chat_id: str | int, message_id: object, time: object, **fields: object) -> object:
    """Return an event of one message, flat, with as few fields as REST needs; time in unix s."""
    item = {"id": message_id, "time": time, "chat": {"id": chat_id, "name": "Test"}, **fields}
    return {"data": [item], "meta": {"type": "message", "licenseId": 1229}}


def listing(emulator: Emulator, path: str, **query: str | int) -> requests.Response:
    """Return the answer to ``GET path`` with the token and an encoded query."""
    return get(emulator, f"{path}?{urlencode(query)}", JSON_HEADERS)
