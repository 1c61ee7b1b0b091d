"""Authorizations beside the tail: a thread that talks HTTP while the main thread reads the socket.

It never touches the websocket. Questions go in and answers come out through queues; ``wake`` tells
the main thread that there is an answer to take.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from chatapp_tail.clock import Clock
from chatapp_tail.errors import (
    ApiError,
    ApiUnavailableError,
    ChatAppTailError,
    TokenRefusedError,
)
from chatapp_tail.pusher.effects import Authorize
from chatapp_tail.pusher.protocol import Authorization

# The API allows 50 requests a second per address; in seconds between two of ours.
REQUEST_INTERVAL = 1 / 45


class Authorizes(Protocol):
    """What the worker needs of an Authorizer."""

    def authorize(self, socket_id: str, channel: str) -> Authorization:
        """Return the signature, or raise an ``ApiError``."""
        ...

    def close(self) -> None:
        """Free the connection."""
        ...


class Answer(NamedTuple):
    """What the API said to ``request``."""

    request: Authorize
    outcome: Authorization | ApiError


class _Order(Enum):
    """What the thread is told besides requests."""

    PREPARE = auto()
    STOP = auto()


class AuthorizationWorker:
    """Runs authorizations one after the other, in the order asked."""

    def __init__(
        self,
        authorizer: Callable[[], Authorizes],
        *,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """``authorizer`` is called in the worker's thread, once: importing requests takes time."""
        self._new_authorizer = authorizer
        self._clock = clock
        self._wake = wake
        self._requests: SimpleQueue[Authorize | _Order] = SimpleQueue()
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._socket_id: str | None = None
        self._stopping = threading.Event()
        self._authorizer: Authorizes | None = None
        self._thread = threading.Thread(target=self._run, name="authorizations", daemon=True)
        self._thread.start()

    def prepare(self) -> None:
        """Have the authorizer made, if there is none yet, before the first request comes."""
        self._requests.put(_Order.PREPARE)

    def submit(self, request: Authorize) -> None:
        """Queue ``request``. Requests for an earlier socket_id are dropped from now on."""
        self._socket_id = request.socket_id
        self._requests.put(request)

    def forget(self) -> None:
        """Drop what is queued: its connection is lost. A call that is under way goes on."""
        self._socket_id = None

    def answers(self) -> list[Answer]:
        """Return the answers since the last call."""
        answers: list[Answer] = []
        while True:
            try:
                answers.append(self._answers.get_nowait())
            except Empty:
                return answers

    def stop(self) -> None:
        """End the thread; a call that is under way is left to its own timeout."""
        self._stopping.set()
        self._requests.put(_Order.STOP)
        self._thread.join(timeout=0.1)

    def _run(self) -> None:
        earliest = 0.0
        while (request := self._requests.get()) is not _Order.STOP:
            if request is _Order.PREPARE:
                with suppress(Exception):  # the first request will meet it again, and tell of it
                    self._ready()
                continue
            if request.socket_id != self._socket_id:
                continue
            if self._stopping.wait(max(0.0, earliest - self._clock.now())):
                break
            earliest = self._clock.now() + REQUEST_INTERVAL
            self._answers.put(Answer(request, self._ask(request)))
            self._wake()
        if self._authorizer is not None:
            self._authorizer.close()

    def _ask(self, request: Authorize) -> Authorization | ApiError:
        try:
            return self._ready().authorize(request.socket_id, request.channel)
        except ApiError as exc:
            return exc
        except ChatAppTailError as exc:  # the token's file is gone, for example
            return TokenRefusedError(exc.message, hint=exc.hint)
        except Exception as exc:  # noqa: BLE001 (a dead thread would leave the tail deaf for ever)
            return ApiUnavailableError(f"unexpected {type(exc).__name__}: {exc}")

    def _ready(self) -> Authorizes:
        if self._authorizer is None:
            self._authorizer = self._new_authorizer()
        return self._authorizer
