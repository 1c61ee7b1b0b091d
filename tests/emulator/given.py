"""A minimal Pusher client, and requests to the local ChatApp."""

import ssl
import struct
from collections.abc import Mapping
from pathlib import Path
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
LOGIN = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD, "appId": DEMO_APP_ID}
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

    def __exit__(self, *exc_info: object) -> None:
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
            confirmation = {"event": "pusher_internal:subscription_succeeded", "channel": channel}
            assert self.receive() == confirmation
        return self

    def subscribe(self, channel: str, auth: str) -> None:
        self.send({"event": "pusher:subscribe", "data": {"channel": channel, "auth": auth}})

    def send(self, message: object) -> None:
        self.socket.send(jsontext.dumps(message).decode())

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

    def receives_nothing(self) -> bool:
        """Return whether the answer to a ping is the next message."""
        self.send({"event": "pusher:ping", "data": {}})
        return self.receive()["event"] == "pusher:pong"


def ask(
    emulator: Emulator,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str | bytes] = JSON_HEADERS,
    query: Mapping[str, str | int] | None = None,
    body: object = None,
    ca: Path | None = None,
) -> requests.Response:
    """Return the answer; redirects aren't followed. ``body`` is sent as JSON unless it is bytes.

    Neither proxies nor ``~/.netrc`` of the environment are used.
    """
    if body is not None and not isinstance(body, bytes):
        body = jsontext.dumps(body)
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            method,
            f"{emulator.api_url}{path}",
            headers=dict(headers),
            params=query,
            data=body,
            allow_redirects=False,
            verify=True if ca is None else str(ca),
            timeout=3,
        )


def post(emulator: Emulator, path: str, body: object = None, **headers: str) -> requests.Response:
    """Return the answer to ``POST path`` without a token."""
    named = {"Content-Type": "application/json", **headers}
    return ask(emulator, path, method="POST", headers=named, body=body)


def log_in(emulator: Emulator) -> dict[str, str | int]:
    """Return the ``data`` of a login as the demo account's user."""
    data: dict[str, str | int] = post(emulator, "/v1/tokens", LOGIN).json()["data"]
    return data


def authorize(
    emulator: Emulator, form: Mapping[str, str], headers: Mapping[str, str] = JSON_HEADERS
) -> requests.Response:
    """Return the answer to the request of a channel's signature."""
    typed = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return ask(
        emulator, "/broadcasting/auth", method="POST", headers=typed, body=urlencode(form).encode()
    )


def message(chat_id: str | int, message_id: object, time: object, **fields: object) -> object:
    """Return an event of one message, flat, with as few fields as REST needs; time in unix s."""
    item = {"id": message_id, "time": time, "chat": {"id": chat_id, "name": "Test"}, **fields}
    return {"data": [item], "meta": {"type": "message", "licenseId": 1229}}


def error(code: str, words: str) -> dict[str, object]:
    """Return the body of a refusal by the API."""
    return {"success": False, "error": {"code": code, "message": words}}
