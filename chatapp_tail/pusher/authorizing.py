"""Authorizations beside the tail: threads that talk HTTP while the main thread reads the socket.

They never touch the websocket. Requests go in and answers come out through queues; ``wake`` tells
the main thread that there is an answer to take. One thread is enough for an API that answers; only
while a call hangs does another one take the requests behind it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chatapp_tail.clock import Clock
from chatapp_tail.errors import ApiError, api_error
from chatapp_tail.pusher.interfaces import Authorize
from chatapp_tail.pusher.protocol import Authorization

if TYPE_CHECKING:
    from chatapp_tail.api import Api, TokenSource

# The API allows 50 requests a second per address; in seconds between two of ours.
REQUEST_INTERVAL = 1 / 45
# After this many seconds a call counts as hanging, and another thread takes the next requests.
HANGING_AFTER = 1.0
MOST_THREADS = 4


class Authorizes(Protocol):
    """An Authorizer, or what stands for one."""

    def authorize(self, socket_id: str, channel: str) -> Authorization: ...
    def cut(self) -> None: ...
    def close(self) -> None: ...


class Authorizer:
    """Signs channels: ``POST /broadcasting/auth``, a call per channel and connection.

    Source: the Pusher protocol's "authorizing users" and Laravel's implementation of it, which
    answers 302 to a login page unless JSON is asked for. One thread uses it; any other may ``cut``.
    """

    def __init__(self, api: "Api", tokens: "TokenSource") -> None:
        self._api = api
        self._tokens = tokens
        self._is_cut = False

    def authorize(self, socket_id: str, channel: str) -> Authorization:
        """Return the signature of ``channel`` for ``socket_id``.

        A refused token is replaced once, if its source has another. Raises ``ApiError``:
        ``TokenRefusedError``, ``ApiRefusedError`` (this channel) or ``ApiUnavailableError``; and
        ``CredentialsError``.
        """
        from chatapp_tail.api import failure, with_token  # noqa: PLC0415 (loads ssl)

        def ask(token: str) -> Authorization:
            reply = self._api.call(
                "POST",
                "/broadcasting/auth",
                headers={"Authorization": token},
                form={"socket_id": socket_id, "channel_name": channel},
            )
            body = reply.body
            if reply.status == 200 and isinstance(body, dict) and isinstance(body.get("auth"), str):
                channel_data = body.get("channel_data")
                return Authorization(
                    body["auth"], channel_data if isinstance(channel_data, str) else None
                )
            raise failure(reply, lacks="signature")

        if self._is_cut:
            self._is_cut = False
            self._api.close()
        return with_token(self._tokens, ask)

    def cut(self) -> None:
        """End the call under way. The next one gets a new connection, as this one may be dead."""
        self._is_cut = True
        self._api.cut()

    def close(self) -> None:
        """Close the kept connection."""
        self._api.close()


class Answer(NamedTuple):
    """The API's answer to ``request``."""

    request: Authorize
    outcome: Authorization | ApiError


class AuthorizationWorker:
    """Runs authorizations in the order asked, one after the other unless one hangs."""

    def __init__(
        self,
        authorizer: Callable[[], Authorizes],
        *,
        clock: Clock,
        wake: Callable[[], None],
        hanging_after: float = HANGING_AFTER,
    ) -> None:
        """``authorizer`` is called in each thread: importing requests takes time."""
        self._new_authorizer = authorizer
        self._clock = clock
        self._wake = wake
        self._hanging_after = hanging_after
        self._requests: SimpleQueue[Authorize | None] = SimpleQueue()
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._socket_id: str | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._pacing = threading.Lock()
        self._next_at = 0.0
        self._authorizers: list[Authorizes] = []
        self._threads: list[threading.Thread] = []
        self._hanging: set[threading.Thread] = set()

    def prepare(self) -> None:
        """Have the authorizer made, if there is none yet, before the first request comes."""
        with self._lock:
            if not self._threads:
                self._start_thread()

    def submit(self, request: Authorize) -> None:
        """Queue ``request``. Requests for an earlier socket_id are dropped from now on."""
        self._socket_id = request.socket_id
        self._requests.put(request)
        self._grow()

    def forget(self) -> None:
        """Drop what is queued, and end the calls under way: their connection is lost."""
        self._socket_id = None
        self._cut()

    def answers(self) -> list[Answer]:
        """Return the answers since the last call."""
        return [self._answers.get() for _ in range(self._answers.qsize())]

    def stop(self) -> None:
        """End the threads, and the calls under way."""
        self._stopping.set()
        for _ in self._threads:
            self._requests.put(None)
        self._cut()
        for thread in self._threads:
            thread.join(timeout=0.1)

    def _cut(self) -> None:
        for authorizer in tuple(self._authorizers):
            authorizer.cut()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="authorizations", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _grow(self) -> None:
        """Start one more thread if there is none, or every one hangs while requests wait."""
        with self._lock:
            is_stuck = len(self._hanging) == len(self._threads) and not self._requests.empty()
            if is_stuck and len(self._threads) < MOST_THREADS and not self._stopping.is_set():
                self._start_thread()

    def _run(self) -> None:
        authorizer: Authorizes | None = None
        with suppress(Exception):  # the first request fails in the same way, and reports it
            authorizer = self._connected()
        while (request := self._requests.get()) is not None:
            if request.socket_id != self._socket_id:
                continue
            with self._not_alone_while_it_hangs():
                if self._is_stopped_in_the_pause():
                    break
                try:
                    authorizer = authorizer or self._connected()
                    signed = authorizer.authorize(request.socket_id, request.channel)
                    answer = Answer(request, signed)
                except Exception as exc:  # noqa: BLE001 (keep the thread alive)
                    answer = Answer(request, api_error(exc))
            self._answers.put(answer)
            self._wake()
        if authorizer is not None:
            authorizer.close()

    @contextmanager
    def _not_alone_while_it_hangs(self) -> Iterator[None]:
        """Let another thread take the next requests when the block lasts too long."""
        thread = threading.current_thread()

        def hangs() -> None:
            with self._lock:
                self._hanging.add(thread)
            self._grow()

        timer = threading.Timer(self._hanging_after, hangs)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            with self._lock:
                self._hanging.discard(thread)

    def _is_stopped_in_the_pause(self) -> bool:
        """Wait until the next request may be sent; return whether the worker was stopped."""
        with self._pacing:
            is_stopped = self._stopping.wait(max(self._next_at - self._clock.now(), 0.0))
            self._next_at = self._clock.now() + REQUEST_INTERVAL
            return is_stopped

    def _connected(self) -> Authorizes:
        authorizer = self._new_authorizer()
        self._authorizers.append(authorizer)
        return authorizer
