"""From a host's name to a connected socket: all addresses are tried within one deadline.

Addresses of both families are tried in turns, the next one when the one before has failed or has
not answered for a moment (RFC 8305): an IPv6 address that drops packets costs a quarter of a
second. The name is resolved in a thread that can be abandoned.
"""

import errno
import os
import selectors
import socket
from collections import deque
from collections.abc import Sequence
from itertools import chain, takewhile, zip_longest
from typing import NamedTuple

from chatapp_tail.background import BackgroundCall
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.network import bracketed

# Delay before the next address is tried, in seconds (RFC 8305, 8: 250 ms).
_NEXT_ADDRESS_DELAY = 0.25
# Addresses that are tried at most: a hostile name server may list thousands.
_MOST_ADDRESSES = 32
_IN_PROGRESS = (errno.EINPROGRESS, errno.EWOULDBLOCK)


class Address(NamedTuple):
    """An address family and what ``connect`` takes, as getaddrinfo gives them."""

    family: int
    sockaddr: tuple[str | int, ...]

    def __str__(self) -> str:
        host, port = self.sockaddr[:2]
        return f"{bracketed(str(host))}:{port}"


class Failure(NamedTuple):
    """Why there is no connection to ``address``; TimeoutError where it hasn't answered yet."""

    address: Address
    error: OSError


class Dialed(NamedTuple):
    """A connected, blocking socket; ``failures`` are of the addresses that were tried before."""

    socket: socket.socket
    address: Address
    failures: tuple[Failure, ...]


class DialError(OSError):
    """No address could be reached. ``failures`` says why for each; there is at least one."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        first = failures[0].error
        super().__init__(first.errno, first.strerror)
        self.failures = tuple(failures)


def resolve(host: str, port: int, *, timeout: float) -> list[Address]:
    """Return the addresses of ``host``, IPv6 and IPv4 in turns.

    Raises ``socket.gaierror``, and ``ValueError`` for what can't be a name.
    """
    call = BackgroundCall(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)).start()
    try:
        found = call.result(timeout)
    except TimeoutError:
        raise socket.gaierror(socket.EAI_AGAIN, f"no answer in {timeout:g} s") from None
    addresses = [Address(one[0], (str(one[4][0]), *one[4][1:])) for one in found]
    first = [one for one in addresses if one.family == addresses[0].family]
    others = [one for one in addresses if one.family != addresses[0].family]
    turns = chain.from_iterable(zip_longest(first, others))
    return [one for one in turns if one is not None][:_MOST_ADDRESSES]


def dial(host: str, port: int, *, timeout: float) -> Dialed:
    """Resolve ``host`` and connect, in ``timeout`` seconds altogether.

    Raises as ``resolve`` and ``connect_any`` do.
    """
    clock = SystemClock()
    ends_at = clock.now() + timeout
    addresses = resolve(host, port, timeout=timeout)
    return connect_any(addresses, timeout=max(ends_at - clock.now(), 0.0), clock=clock)


def connect_any(addresses: Sequence[Address], *, timeout: float, clock: Clock) -> Dialed:
    """Return a connection to the first of ``addresses`` that answers.

    Raises ``DialError`` if none does, ``TimeoutError`` if none has in ``timeout`` seconds.
    """
    return _Race(addresses, timeout, clock).run()


class _Race:
    """Connection attempts that run side by side."""

    def __init__(self, addresses: Sequence[Address], timeout: float, clock: Clock) -> None:
        self._waiting = deque(addresses)
        self._clock = clock
        self._timeout = timeout
        self._ends_at = clock.now() + timeout
        self._running: dict[socket.socket, Address] = {}
        self._failures: list[Failure] = []
        self._selector = selectors.DefaultSelector()

    def run(self) -> Dialed:
        try:
            while self._waiting or self._running:
                if self._clock.now() >= self._ends_at:
                    raise TimeoutError(f"no answer in {self._timeout:g} s")
                if self._waiting:
                    self._start(self._waiting.popleft())
                if winner := self._wait():
                    return winner
            raise DialError(self._failures)
        finally:
            self._selector.close()
            for attempt in self._running:
                attempt.close()

    def _start(self, address: Address) -> None:
        """Start an attempt; it may fail at once."""
        try:
            attempt = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as exc:  # a family that this system doesn't have
            self._failures.append(Failure(address, exc))
            return
        attempt.settimeout(0)
        error = attempt.connect_ex(address.sockaddr)
        if error in (0, *_IN_PROGRESS):
            self._running[attempt] = address
            self._selector.register(attempt, selectors.EVENT_WRITE, attempt)
        else:
            self._fail(address, attempt, error)

    def _wait(self) -> Dialed | None:
        """Return the first attempt that has succeeded; None when it is the next one's turn."""
        ends_at = self._ends_at
        if self._waiting:
            ends_at = min(ends_at, self._clock.now() + _NEXT_ADDRESS_DELAY)
        while self._running and (left := ends_at - self._clock.now()) > 0:
            for key, _ in self._selector.select(left):
                # After a failure the next address is tried at once.
                return self._over(key.data)
        return None

    def _over(self, attempt: socket.socket) -> Dialed | None:
        """Return the connection, if ``attempt`` has become one."""
        self._selector.unregister(attempt)
        earlier = takewhile(lambda one: one is not attempt, self._running)
        slower = [Failure(self._running[one], TimeoutError("no answer yet")) for one in earlier]
        address = self._running.pop(attempt)
        if error := attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._fail(address, attempt, error)
            return None
        attempt.settimeout(None)
        return Dialed(attempt, address, (*self._failures, *slower))

    def _fail(self, address: Address, attempt: socket.socket, error: int) -> None:
        attempt.close()
        self._failures.append(Failure(address, OSError(error, os.strerror(error))))
