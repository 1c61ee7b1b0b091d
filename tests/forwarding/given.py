"""A forwarder, the webhook that it posts to, and what it reports."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.forwarding.forwarder import Forwarder, finish_all, stop_all
from chatapp_tail.forwarding.post import ANSWER_TIMEOUT, Poster, request_of
from chatapp_tail.forwarding.post import Request as Post
from chatapp_tail.forwarding.queues import Queue
from chatapp_tail.forwarding.result import News, Result, sentence
from chatapp_tail.forwarding.target import Header
from tests.support.credentials import Certificates
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer, LoopbackHTTP, Request
from tests.support.records import received
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
        """The sentences without the event and the target, which ``test_result`` proves."""
        return [_without_names(news) for news in self.news]

    def wait_for(self, count: int) -> list[str]:
        """Return the first ``count`` sentences once they are there."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.news) >= count, DEADLINE)
        assert arrived, f"{len(self.news)} reports of {count}: {self.sentences}"
        return self.sentences[:count]


def _without_names(news: News) -> str:
    names = f" {news.request.about} to {news.host}" if isinstance(news, Result) else ""
    return sentence(news).replace(names, "")


class Webhook(LoopbackHTTP):
    """Gives the n-th answer to the n-th request, and the last one to all later ones."""

    def __init__(
        self,
        *answers: Answer | Callable[[Request], Answer],
        certificates: Certificates | None = None,
    ) -> None:
        super().__init__(self._next_answer, certificates)
        self._answers = answers or (Answer(),)
        self._last_port = 0
        self.requests: list[Request] = []
        self.arrived = threading.Event()

    @property
    def url(self) -> str:
        return f"{super().url}/webhook"

    @property
    def bodies(self) -> list[object]:
        """The JSON of each request so far."""
        return [json.loads(request.body) for request in self.requests]

    @property
    def items(self) -> list[object]:
        """The items of all requests so far."""
        return [item for body in self.bodies if isinstance(body, dict) for item in body["data"]]

    def die(self) -> None:
        """Break all connections, and refuse new ones until ``revive``."""
        self._last_port = self.port
        self.stop()

    def revive(self) -> None:
        """Listen again on the same port."""
        self.start(self._last_port)

    def _next_answer(self, request: Request) -> Answer:
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


def poster(
    url: str,
    *headers: Header,
    context: ssl.SSLContext = TRUSTS_NOBODY,
    clock: Clock | None = None,
    connect_timeout: float = DEADLINE,
    answer_timeout: float = ANSWER_TIMEOUT,
) -> Poster:
    """Return a poster whose exchanges take no time, unless ``clock`` goes on."""
    return Poster(
        url,
        headers,
        context=context,
        clock=clock or FakeClock(),
        connect_timeout=connect_timeout,
        answer_timeout=answer_timeout,
    )


@contextmanager
def forwarding(
    target: Poster | str,
    reports: Reports,
    *,
    clock: Clock | None = None,
    queue: Queue | None = None,
    retries_forever: bool = False,
) -> Iterator[Forwarder]:
    """Yield a forwarder that tries again at once; see that it leaves no thread behind."""
    forwarder = Forwarder(
        poster(target) if isinstance(target, str) else target,
        clock=clock or FakeClock(fraction=0.0),
        report=reports,
        queue=queue,
        retries_forever=retries_forever,
    )
    try:
        yield forwarder
    finally:
        stop_all([forwarder])
        wait_until(lambda: not threads(), "the forwarder's thread to end")


def forwarded(target: Poster | str, *seqs: int) -> Reports:
    """Return what is reported of these events until each has its final outcome."""
    reports = Reports()
    with forwarding(target, reports) as forwarder:
        put_all(forwarder, seqs)
        assert finish(forwarder) == 0
    return reports


def threads() -> list[str]:
    """Return the names of all forwarders' threads."""
    return [thread.name for thread in threading.enumerate() if thread.name == "forwarding"]


def finish(forwarder: Forwarder, timeout: float | None = DEADLINE) -> int:
    """Let the forwarder send all that it can, and return how many events are left."""
    finish_all([forwarder], SystemClock(), timeout)
    return forwarder.counts.waiting


def event(seq: int) -> Post:
    """Return the request for one event, whose only item is ``seq``."""
    return request_of(received({"data": [seq], "meta": None}, seq=seq))


def put_all(forwarder: Forwarder, seqs: Sequence[int]) -> list[bool]:
    """Put an event for each of ``seqs``, and return for which there was room."""
    return [forwarder.put(event(seq)) for seq in seqs]
