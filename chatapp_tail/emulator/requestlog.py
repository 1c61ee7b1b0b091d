"""What was asked of the local ChatApp over HTTP, for whoever wants to count it."""

from collections import deque
from collections.abc import Iterable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

REMEMBERED = 10_000


class SeenRequest(NamedTuple):
    """One request. ``path`` without the query; ``headers`` by lower-case name, read-only."""

    method: str
    path: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        """Leave the headers out: they hold tokens."""
        return f"SeenRequest({self.method} {self.path})"


class RequestLog:
    """The last 10,000 requests. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: deque[SeenRequest] = deque(maxlen=REMEMBERED)

    def add(self, method: str, path: str, headers: Iterable[tuple[str, str]]) -> None:
        """Remember one request; a header that came twice keeps its last value."""
        named = {name.lower(): value for name, value in headers}
        with self._lock:
            self._seen.append(SeenRequest(method, path, MappingProxyType(named)))

    def snapshot(self) -> list[SeenRequest]:
        """Return them all, oldest first."""
        with self._lock:
            return list(self._seen)
