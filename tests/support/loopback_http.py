"""HTTP servers on loopback: one that answers by a function, and ChatApp's channel authorization."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qsl

from chatapp_tail.clock import SystemClock
from chatapp_tail.emulator.auth import App, sign_channel
from tests.support.credentials import APP, TOKEN, Certificates
from tests.support.scripted_server import (
    NotHTTPError,
    Peer,
    ScriptedServer,
    http_head,
    server_context,
)

# How long a kept connection may wait for its next request, in seconds.
_IDLE = 60.0
_CLOCK = SystemClock()
AUTH_PATH = "/broadcasting/auth"
_FORM = "application/x-www-form-urlencoded"


class Request(NamedTuple):
    """What a client sent. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form in the body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def channel(self) -> str:
        """The channel that an authorization is asked for, or an empty string."""
        return self.form.get("channel_name", "")

    @property
    def socket_id(self) -> str:
        """The connection that an authorization is asked for, or an empty string."""
        return self.form.get("socket_id", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer, after ``delay`` seconds. Status 0 closes the connection instead."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes = ""
    delay: float = 0.0

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body

    def encoded(self) -> bytes:
        body = self.content
        known = {one.value: one.phrase for one in HTTPStatus}
        now = format_datetime(_CLOCK.utcnow(), usegmt=True)
        headers = {"Date": now, **self.headers, "Content-Length": len(body)}
        return http_head(f"{self.status} {known.get(self.status, '')}", headers) + body


class LoopbackHTTP(ScriptedServer):
    """Serves on loopback in threads from ``start`` to ``stop``; connections are kept alive."""

    def __init__(
        self, answer: Callable[[Request], Answer], certificates: Certificates | None = None
    ) -> None:
        super().__init__(
            self._serve, context=server_context(certificates) if certificates else None
        )
        self._answer = answer

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, or ``https://localhost:PORT`` with TLS."""
        return super().url.replace("ws", "http", 1)

    def _serve(self, peer: Peer) -> None:
        is_kept = True
        while is_kept:
            try:
                asked = peer.read_request(_IDLE)
            except NotHTTPError:
                peer.send_raw(Answer(400).encoded())
                return
            body = peer.read(int(asked.headers.get("content-length", "0")))
            answer = self._answer(Request(asked.method, asked.target, asked.headers, body))
            if not peer.goes_on(answer.delay) or answer.status == 0:
                return
            peer.send_raw(answer.encoded())
            answered = {name.lower(): value for name, value in answer.headers.items()}
            is_kept = "close" not in (answered.get("connection"), asked.headers.get("connection"))


class AuthEndpoint(LoopbackHTTP):
    """Signs channels for whoever has the bare ``token``; ``refused`` channels get 403.

    ``play`` queues answers for the next requests; ``decide`` is asked for each request after
    that, and None from it means the usual answer. ``requests`` holds all requests so far.
    """

    def __init__(
        self, certificates: Certificates | None = None, *, token: str = TOKEN, app: App = APP
    ) -> None:
        super().__init__(self._decided, certificates)
        self._first_token = token
        self._app = app
        self._played: deque[Answer] = deque()
        self.reset()

    def reset(self) -> None:
        """Forget requests, scripts and refusals, and accept the first token again."""
        self.token = self._first_token
        self.refused: set[str] = set()
        self.requests: list[Request] = []
        self.decide: Callable[[Request], Answer | None] | None = None
        self._played.clear()

    @property
    def api_url(self) -> str:
        return self.url

    @property
    def channels(self) -> list[str]:
        return [request.channel for request in self.requests]

    def play(self, *answers: Answer) -> None:
        self._played.extend(answers)

    def sign(self, socket_id: str, channel: str) -> str:
        """Return the ``auth`` string of the Pusher protocol for a private channel."""
        return sign_channel(self._app, socket_id, channel)

    def _decided(self, request: Request) -> Answer:
        self.requests.append(request)
        if self._played:
            return self._played.popleft()
        decided = self.decide(request) if self.decide else None
        return decided or self._usual_answer(request)

    def _usual_answer(self, asked: Request) -> Answer:
        if asked.path != AUTH_PATH:
            return json_answer(404, {"message": "Not Found"})
        if asked.method != "POST":
            return json_answer(405, {"message": "Method Not Allowed"})
        if asked.headers.get("authorization") != self.token:
            return json_answer(401, {"message": "Unauthenticated."})
        content_type = asked.headers.get("content-type", "")
        if not (content_type.startswith(_FORM) and asked.socket_id and asked.channel):
            return json_answer(422, {"message": "The given data was invalid."})
        if asked.channel in self.refused:
            return json_answer(403, {"message": "This action is unauthorized."})
        return json_answer(200, {"auth": self.sign(asked.socket_id, asked.channel)})


def json_answer(status: int, content: object, **headers: str) -> Answer:
    return Answer(status, {"Content-Type": "application/json", **headers}, json.dumps(content))
