"""sd_notify: tells systemd that the tail is ready, alive, and ending.

Source: sd_notify(3). The protocol is a datagram of lines; the packages that wrap it are no shorter
than this, and are unmaintained or need a compiler.
"""

import math
import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from chatapp_tail.clock import Clock
from chatapp_tail.statistics import Summary


class Facts(NamedTuple):
    """Figures of a run so far.

    ``subscribed`` of ``channels`` are watched now; ``connections`` is how many were opened,
    ``round_trip`` the last ping's in seconds, ``unwritten`` how many records wait for stdout.
    """

    summary: Summary
    channels: int
    subscribed: int
    connections: int
    last_event_at: datetime | None
    round_trip: float | None
    unwritten: int

    @property
    def words(self) -> str:
        """One line, for ``systemctl status``."""
        total = self.summary.total
        return (
            f"{self.subscribed} of {self.channels} channels subscribed, "
            f"{total.seen} events received, {total.shown} shown, {self.summary.gaps} gaps"
        )


Tell = Callable[[], Facts]


# How often the status is sent, in seconds.
_STATUS_INTERVAL = 10.0


class Systemd:
    """One of the timers of a run; does nothing without ``NOTIFY_SOCKET``. Never raises."""

    def __init__(self, environment: Mapping[str, str], clock: Clock) -> None:
        """Read ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID``."""
        self._clock = clock
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._watchdog = _watchdog_interval(environment)
        self._tell: Tell | None = None
        self._status_at = math.inf
        self._alive_at = math.inf

    @property
    def is_there(self) -> bool:
        """Whether systemd listens."""
        return self._address is not None

    @property
    def deadline(self) -> float:
        """When there is something to send, in monotonic seconds."""
        return min(self._status_at, self._alive_at)

    def begin(self, tell: Tell) -> None:
        """Send the watchdog's signs of life, and what ``tell`` returns, from now on."""
        if self._address is None:
            return
        self._tell = tell
        self.handle_timeout(self._clock.now(), is_due=True)

    def ready(self) -> None:
        """Send that every channel has its answer."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Send that the run is ending."""
        self._send("STOPPING=1")
        self._status_at = self._alive_at = math.inf

    def handle_timeout(self, now: float, *, is_due: bool = False) -> None:
        """Send what is due at ``now``; nothing when called early."""
        if self._watchdog is not None and (is_due or now >= self._alive_at):
            self._send("WATCHDOG=1")
            self._alive_at = now + self._watchdog
        if self._tell is not None and (is_due or now >= self._status_at):
            self._send(f"STATUS={self._tell().words}")
            self._status_at = now + _STATUS_INTERVAL

    def _send(self, message: str) -> None:
        if sys.platform != "win32" and self._address is not None:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(0)
                sender.sendto(message.encode(), self._address)


def _address(name: str) -> str | None:
    """Return the address of a socket's name; ``@`` begins an abstract one."""
    if not name.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return None
    return f"\0{name[1:]}" if name.startswith("@") else name


def _watchdog_interval(environment: Mapping[str, str]) -> float | None:
    """Return the interval of signs of life in seconds, half of the watchdog's; None without one."""
    microseconds, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID")
    if not (microseconds.isascii() and microseconds.isdigit()) or int(microseconds) == 0:
        return None
    return int(microseconds) / 2e6 if pid in (None, str(os.getpid())) else None
