"""Helpers of this folder's tests: a login, tokens, and an API that answers by script."""

import json
import resource
import ssl
import traceback
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Self

from chatapp_tail.account.credentials import Login
from chatapp_tail.account.tokens import TokenPair
from chatapp_tail.api import Api
from chatapp_tail.errors import CredentialsError
from tests.support.credentials import TOKEN
from tests.support.fake_clock import BEGINNING, FakeClock
from tests.support.loopback_http import Answer, LoopbackHTTP, Request

# The fake clock's beginning, in unix seconds.
NOW = int(BEGINNING.timestamp())
DAY = 86_400
REFRESH = TOKEN.replace("made", "over")
PASSWORD = "my 'pass\\word\" ы"
PAIR = TokenPair(TOKEN, NOW + DAY, REFRESH, NOW + 14 * DAY, 685)
LOGIN = Login("https://api.chatapp.online", "me@example.com", "app_685_1", PAIR)
# What the next renewal brings.
NEXT_PAIR = replace(
    PAIR, access=TOKEN.replace("made", "next"), refresh=REFRESH.replace("over", "anew")
)
INVALID_TOKEN = {"code": "ApiInvalidTokenError", "message": "Expired"}

TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# In seconds; longer than any answer on loopback takes.
PATIENCE = 5.0


class Tokens:
    """A source of tokens, one after the other; remembers which were refused."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.refused: list[str] = []

    def token(self) -> str:
        """Return the first that wasn't refused."""
        if not self._tokens:
            raise CredentialsError("no token")
        return self._tokens[0]

    def renew(self, refused: str) -> str | None:
        """Go on to the next one."""
        self.refused.append(refused)
        self._tokens.pop(0)
        return self._tokens[0] if self._tokens else None


class ApiServer:
    """ChatApp's API. ``play`` queues answers; ``routes`` answer by path when none is queued."""

    def __init__(self) -> None:
        self._http = LoopbackHTTP(self._answer)
        self._played: deque[Answer] = deque()
        self.reset()

    def reset(self) -> None:
        """Forget requests and answers."""
        self.requests: list[Request] = []
        self.routes: Mapping[str, Answer] = {}
        self._played.clear()

    @property
    def url(self) -> str:
        """The URL ``http://127.0.0.1:PORT``."""
        return self._http.url

    @property
    def paths(self) -> list[str]:
        """The requested paths, in order."""
        return [request.path for request in self.requests]

    def play(self, *answers: Answer) -> None:
        """Give these answers to the next requests, whatever they ask for."""
        self._played.extend(answers)

    def __enter__(self) -> Self:
        self._http.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._http.stop()

    def _answer(self, request: Request) -> Answer:
        self.requests.append(request)
        not_found = answer({"message": "Not Found"}, status=404)
        if self._played:
            played = self._played.popleft()
        else:
            played = self.routes.get(request.path, not_found)
        # On a kept connection Nagle's algorithm and delayed ACKs cost 40 ms an answer.
        return replace(played, headers={**played.headers, "Connection": "close"})


@contextmanager
def connected(url: str) -> Iterator[Api]:
    """Yield the calls of ``url``."""
    api = Api(
        url,
        clock=FakeClock(),
        context=TRUSTS_NOBODY,
        connect_timeout=PATIENCE,
        answer_timeout=PATIENCE,
    )
    with closing(api):
        yield api


def answer(body: object, *, status: int = 200, **headers: str) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, {"Content-Type": "application/json", **headers}, json.dumps(body))


def good(data: object) -> Answer:
    """Return the API's answer that holds ``data``."""
    return answer({"success": True, "data": data})


def bad(error: object, *, status: int = 200) -> Answer:
    """Return an error in the API's own form."""
    return answer({"success": False, "error": error}, status=status)


def everything_said(error: BaseException) -> str:
    """Return all text of ``error``: traceback, hint, and the repr of all causes."""
    said = [*traceback.format_exception(error), str(getattr(error, "hint", ""))]
    inner: BaseException | None = error
    while inner is not None:
        said.append(f"{inner} {inner!r} {inner.args}")
        inner = inner.__cause__ or (None if inner.__suppress_context__ else inner.__context__)
    return "\n".join(said)


@contextmanager
def full_disk(room: int = 0) -> Iterator[None]:
    """Let no file grow beyond ``room`` bytes: the system itself refuses, with EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
