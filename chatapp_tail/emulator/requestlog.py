"""What was asked of the local ChatApp over HTTP, for whoever wants to count it."""

from collections import deque
from collections.abc import Iterable, Mapping
from sys import getsizeof
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

REMEMBERED = 10_000
# Of all requests together: their headers can be large.
MOST_BYTES = 16 * 1024 * 1024
# What one more entry takes in a dictionary, about.
_ENTRY = 100


class SeenRequest(NamedTuple):
    """One request. ``path`` without the query; ``headers`` by lower-case name, read-only."""

    method: str
    path: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        """Leave the headers out: they hold tokens."""
        return f"SeenRequest({self.method} {self.path})"


class RequestLog:
    """The last 10,000 requests; fewer if they are large. Thread-safe."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._lock = Lock()
        self._most_bytes = most_bytes
        self._bytes = 0
        self._seen: deque[tuple[SeenRequest, int]] = deque()

    def add(self, method: str, path: str, headers: Iterable[tuple[str, str]]) -> None:
        """Remember one request; a header that came twice keeps its last value."""
        named = {name.lower(): value for name, value in headers}
        size = getsizeof(path) + sum(
            getsizeof(name) + getsizeof(value) + _ENTRY for name, value in named.items()
        )
        with self._lock:
            self._seen.append((SeenRequest(method, path, MappingProxyType(named)), size))
            self._bytes += size
            while len(self._seen) > REMEMBERED or self._bytes > self._most_bytes:
                self._bytes -= self._seen.popleft()[1]

    def snapshot(self) -> list[SeenRequest]:
        """Return them all, oldest first."""
        with self._lock:
            return [request for request, _ in self._seen]
