"""Helpers of this folder's tests: a login, tokens, and an API that answers by script."""

import ssl
import traceback
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace

from chatapp_tail.account.credentials import Login
from chatapp_tail.account.tokens import TokenPair
from chatapp_tail.api import Api
from chatapp_tail.errors import CredentialsError
from tests.support.credentials import TOKEN
from tests.support.fake_clock import BEGINNING, FakeClock
from tests.support.loopback_http import Answer, AuthEndpoint, Request, json_answer

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
        if not self._tokens:
            raise CredentialsError("no token")
        return self._tokens[0]

    def renew(self, refused: str) -> str | None:
        self.refused.append(refused)
        self._tokens.pop(0)
        return self._tokens[0] if self._tokens else None


class ApiServer(AuthEndpoint):
    """ChatApp's API; ``routes`` answer by path when no answer is queued."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: Mapping[str, Answer] = {}

    @property
    def paths(self) -> list[str]:
        """The requested paths, in order."""
        return [request.path for request in self.requests]

    def _usual_answer(self, asked: Request) -> Answer:
        return self.routes.get(asked.path, Answer(404))


@contextmanager
def connected(url: str) -> Iterator[Api]:
    """Yield the API at ``url``."""
    clock = FakeClock()
    api = Api(url, clock=clock, context=TRUSTS_NOBODY, connect_timeout=PATIENCE)
    with closing(api):
        yield api


def answer(body: object, *, status: int = 200, **headers: str) -> Answer:
    """Return an answer with a JSON body."""
    return json_answer(status, body, **headers)


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
