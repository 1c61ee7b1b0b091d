"""Starts the blaster, gives it orders, and reads its reports."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple, Self, TypeVar

ROOT = Path(__file__).parents[1]
_T = TypeVar("_T")


class Subscribed(NamedTuple):
    """A subscription: its channel, and when the server had confirmed it (monotonic)."""

    channel: str
    at: float


class Sent(NamedTuple):
    """An order that was carried out: when it began and ended, and each event of a paced one."""

    began_at: float
    ended_at: float
    times: list[float]


class Blasting:
    """A blaster from ``__enter__`` to ``__exit__``. Deadlines are in seconds."""

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        # None follows the last report: the blaster has ended.
        self._listening: queue.Queue[int | None] = queue.Queue()
        self._subscribed: queue.Queue[Subscribed | None] = queue.Queue()
        self._sent: queue.Queue[Sent | None] = queue.Queue()

    @property
    def api_url(self) -> str:
        """The URL below which channels are authorized."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.blaster"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        threading.Thread(target=self._listen, args=[self._process.stdout], daemon=True).start()
        self.port = _next(self._listening, 30.0, "port")
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def next_subscription(self, within: float = 60.0) -> Subscribed:
        """Wait for the next subscription. Raises ``TimeoutError``, ``RuntimeError``."""
        return _next(self._subscribed, within, "subscription")

    def send(self, count: int, rate: float | None = None) -> None:
        """Order ``count`` events, ``rate`` a second or as fast as they are taken."""
        self._order({"count": count, "rate": rate})

    def delay_authorizations(self, seconds: float) -> None:
        """Let each authorization take ``seconds`` from now on."""
        self._order({"auth_delay": float(seconds)})

    def sent(self, within: float = 600.0) -> Sent:
        """Wait until the order is carried out. Raises ``TimeoutError``, ``RuntimeError``."""
        return _next(self._sent, within, "end of sending")

    def _order(self, order: Mapping[str, object]) -> None:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("not started")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _listen(self, stdout: IO[str]) -> None:
        for line in stdout:
            match json.loads(line):
                case {"listening": int(port)}:
                    self._listening.put(port)
                case {"subscribed": str(channel), "at": float(at)}:
                    self._subscribed.put(Subscribed(channel, at))
                case {"began_at": began_at, "ended_at": ended_at, "times": times}:
                    self._sent.put(Sent(began_at, ended_at, times))
                case unknown:
                    raise ValueError(f"no such news: {unknown}")
        for news in (self._listening, self._subscribed, self._sent):
            news.put(None)


def _next(news: "queue.Queue[_T | None]", within: float, what: str) -> _T:
    try:
        found = news.get(timeout=within)
    except queue.Empty:
        raise TimeoutError(f"no {what} in {within:g} s") from None
    if found is None:
        raise RuntimeError(f"no {what}: the blaster has ended")
    return found
