"""A small HTTP server on loopback which answers by a function, plain or over TLS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from typing import NamedTuple

from chatapp_tail.clock import SystemClock
from tests.support.certificates import Certificates
from tests.support.scripted_server import NotHTTPError, Peer, ScriptedServer, server_context

# How long a kept connection may wait for its next request, in seconds.
_IDLE = 60.0
_CLOCK = SystemClock()


class Request(NamedTuple):
    """What a client sent. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer, after ``delay`` seconds. Status 0 closes the connection instead."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes = ""
    delay: float = 0.0

    def encoded(self) -> bytes:
        """Return the whole answer."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        known = {one.value: one.phrase for one in HTTPStatus}
        now = format_datetime(_CLOCK.utcnow(), usegmt=True)
        headers = {"Date": now, **self.headers, "Content-Length": len(body)}
        lines = [f"HTTP/1.1 {self.status} {known.get(self.status, '')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


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
