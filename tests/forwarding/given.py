"""A forwarder, the webhook that it posts to, and what it reports."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.forwarding.forwarder import (
    ANSWER_TIMEOUT,
    MOST_BYTES,
    MOST_EVENTS,
    Forwarder,
    finish_all,
    stop_all,
)
from chatapp_tail.forwarding.post import Request as Post
from chatapp_tail.forwarding.post import request_of
from chatapp_tail.forwarding.queues import MemoryQueue
from chatapp_tail.forwarding.result import News, Result, sentence
from chatapp_tail.forwarding.target import Header
from tests.support.credentials import Certificates
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer, LoopbackHTTP, Request
from tests.support.records import received
from tests.support.scripted_server import ScriptedServer
from tests.support.waiting import wait_until

# How long anything may take before the test has failed, in seconds.
DEADLINE = 5.0
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# A port on which nobody listens: the one for tcpmux, which needs root.
NOBODY = "http://127.0.0.1:1"


class Reports:
    """What a forwarder reports, in order."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.news: list[News] = []

    def __call__(self, news: News) -> None:
        with self._changed:
            self.news.append(news)
            self._changed.notify()

    @property
    def results(self) -> list[Result]:
        return [news for news in self.news if isinstance(news, Result)]

    @property
    def sentences(self) -> list[str]:
        """Return them without whom they are about, which ``test_result`` holds."""
        return [_about_anybody(news) for news in self.news]

    def wait_for(self, count: int) -> list[str]:
        """Return the first ``count`` sentences once they are there."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.news) >= count, DEADLINE)
        assert arrived, f"{len(self.news)} reports of {count}: {self.sentences}"
        return self.sentences[:count]


def _about_anybody(news: News) -> str:
    whom = f" {news.about} to {news.host}" if isinstance(news, Result) else ""
    return sentence(news).replace(whom, "")


class Webhook:
    """Gives the n-th answer to the n-th request, and the last one to all later ones."""

    def __init__(
        self,
        *answers: Answer | Callable[[Request], Answer],
        certificates: Certificates | None = None,
    ) -> None:
        self._answers = answers or (Answer(),)
        self._http = LoopbackHTTP(self._answer, certificates)
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.arrived = threading.Event()

    @property
    def url(self) -> str:
        return f"{self._http.url}/webhook"

    @property
    def bodies(self) -> list[object]:
        """Return the JSON of each request so far."""
        return [json.loads(request.body) for request in self.requests]

    @property
    def items(self) -> list[object]:
        """Return the items of all requests so far."""
        return [item for body in self.bodies if isinstance(body, dict) for item in body["data"]]

    def __enter__(self) -> Self:
        self._http.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._http.stop()

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        self.arrived.set()
        return answer if isinstance(answer, Answer) else answer(request)


class Gate:
    """An answer that comes once ``open`` is called."""

    def __init__(self) -> None:
        self._opened = threading.Event()

    def open(self) -> None:
        self._opened.set()

    def __call__(self, _: Request) -> Answer:
        self._opened.wait(DEADLINE)
        return Answer()


class MortalWebhook:
    """A webhook that can die, also in the middle of a request, and come back on the same port."""

    def __init__(self) -> None:
        self._server: _MortalServer | None = None
        self._port = 0
        self.bodies: list[object] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/webhook"

    @property
    def open_connections(self) -> int:
        return 0 if self._server is None else len(self._server.open)

    def live(self, *, answers: int = 1_000_000) -> None:
        """Serve until ``die``. Requests after the first ``answers`` are read, but not answered."""
        self._server = _MortalServer(self, self._port, answers)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def die(self) -> None:
        """Break all connections, and refuse all others."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            for connection in tuple(self._server.open):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._server = None

    def __enter__(self) -> Self:
        self.live()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.die()


class _MortalServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, webhook: MortalWebhook, port: int, answers: int) -> None:
        super().__init__(("127.0.0.1", port), _MortalHandler)
        self.webhook = webhook
        self.answers = answers
        self.open: set[socket.socket] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: connections break here all the time."""


class _MortalHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _MortalServer

    def setup(self) -> None:
        super().setup()
        self.server.webhook.connections += 1
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers -= 1
        if self.server.answers < 0:
            self.close_connection = True
            return
        self.server.webhook.bodies.append(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: requests are asserted, not read."""


@contextmanager
def forwarding(
    url: str,
    reports: Reports,
    *headers: Header,
    clock: Clock | None = None,
    context: ssl.SSLContext = TRUSTS_NOBODY,
    answer_timeout: float = ANSWER_TIMEOUT,
    connect_timeout: float = DEADLINE,
    most_bytes: int = MOST_BYTES,
    most_events: int = MOST_EVENTS,
) -> Iterator[Forwarder]:
    """Yield a forwarder that tries again at once; see that it leaves nothing behind."""
    forwarder = Forwarder(
        url,
        headers,
        context=context,
        clock=clock or FakeClock(fraction=0.0),
        report=reports,
        connect_timeout=connect_timeout,
        answer_timeout=answer_timeout,
        queue=MemoryQueue(most_bytes=most_bytes, most_events=most_events),
    )
    try:
        yield forwarder
    finally:
        stop_all([forwarder])
        wait_until(lambda: not threads(), "the forwarder's thread to end")


def threads() -> list[str]:
    """Return the names of all forwarders' threads."""
    return [thread.name for thread in threading.enumerate() if thread.name == "forwarding"]


def finish(forwarder: Forwarder, timeout: float | None = DEADLINE) -> int:
    """Let the forwarder send all that it can, and return how many events are left."""
    finish_all([forwarder], SystemClock(), timeout)
    return forwarder.counts.waiting


def event(seq: int, *items: object) -> Post:
    """Return the request for one event; its only item is ``seq``, unless told otherwise."""
    return request_of(received({"data": list(items) or [seq], "meta": None}, seq=seq))


def put_all(forwarder: Forwarder, seqs: Sequence[int]) -> list[bool]:
    """Put an event for each of ``seqs``, and return for which there was room."""
    return [forwarder.put(event(seq)) for seq in seqs]


def http(server: ScriptedServer) -> str:
    """Return the server's URL for a webhook."""
    return server.url.replace("ws", "http", 1)
