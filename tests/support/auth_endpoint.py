"""ChatApp's ``POST /broadcasting/auth``, with answers that a test can script."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from chatapp_tail.emulator.auth import App, sign_channel
from tests.support.certificates import Certificates
from tests.support.credentials import APP, TOKEN
from tests.support.loopback_http import Answer, LoopbackHTTP, Request

PATH = "/broadcasting/auth"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """One request, to assert on. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    form: Mapping[str, str]

    @property
    def channel(self) -> str:
        """The channel it asks for, or an empty string."""
        return self.form.get("channel_name", "")

    @property
    def socket_id(self) -> str:
        """The connection it asks for, or an empty string."""
        return self.form.get("socket_id", "")


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
        self.requests: list[AuthRequest] = []
        self.decide: Callable[[AuthRequest], Answer | None] | None = None
        self._played.clear()

    @property
    def api_url(self) -> str:
        """``http://127.0.0.1:PORT``, or ``https://localhost:PORT`` with TLS."""
        return self.url

    @property
    def channels(self) -> list[str]:
        """The channels that were asked for, in order."""
        return [request.channel for request in self.requests]

    def play(self, *answers: Answer) -> None:
        """Queue these answers for the next requests."""
        self._played.extend(answers)

    def sign(self, socket_id: str, channel: str) -> str:
        """Return the ``auth`` string of the Pusher protocol for a private channel."""
        return sign_channel(self._app, socket_id, channel)

    def _decided(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        asked = AuthRequest(request.method, request.path, request.headers, form)
        self.requests.append(asked)
        if self._played:
            return self._played.popleft()
        decided = self.decide(asked) if self.decide else None
        return decided or self._usual_answer(asked)

    def _usual_answer(self, asked: AuthRequest) -> Answer:
        if asked.path != PATH:
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
    """Return an answer with a JSON body."""
    return Answer(status, {"Content-Type": "application/json", **headers}, json.dumps(content))
