"""A tail of one channel in a process of its own, and the messages that it is sent."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatapp_tail.clock import SystemClock
from tests.support.cli_process import CLI, Window, endpoint
from tests.support.emulated import Emulator

SPEC = "1229/telegram"
CHANNEL = "private-v1.licenses.1229.messengers.telegram"
SUBSCRIBED = f"subscribed to {SPEC}"
CLOCK = SystemClock()


def environment(emulator: Emulator, **more: str) -> dict[str, str]:
    """Return the variables with which a command finds the local ChatApp, and ``more``."""
    return endpoint(emulator.socket_url, emulator.api_url, emulator.token) | more


def tail(
    home: Path,
    emulator: Emulator,
    *arguments: str,
    window: Window | None = None,
    script: str = "",
    **variables: str,
) -> CLI:
    """Return a tail of the one channel."""
    return CLI(
        home,
        SPEC,
        *arguments,
        environment=environment(emulator, **variables),
        window=window,
        script=script,
    )


@contextmanager
def watching(
    home: Path,
    emulator: Emulator,
    *arguments: str,
    window: Window | None = None,
    script: str = "",
    **variables: str,
) -> Iterator[CLI]:
    """Run a tail of the one channel, from when it is subscribed."""
    with tail(home, emulator, *arguments, window=window, script=script, **variables) as process:
        process.wait_for(SUBSCRIBED)
        yield process


def end(process: CLI, number: signal.Signals = signal.SIGTERM) -> None:
    """Send a signal, and wait for the end."""
    process.send(number)
    process.exit_code()


def publish(emulator: Emulator, identity: object, *, chat: str = "private-1") -> None:
    """Send a message with this id, which is also the end of its text."""
    item = {
        "id": identity,
        "side": "in",
        "type": "text",
        "time": int(CLOCK.utcnow().timestamp()),
        "message": {"text": f"text {identity}"},
        "chat": {"id": chat, "name": "Anna"},
    }
    meta = {"type": "message", "licenseId": 1229, "messengerType": "telegram"}
    emulator.publish(CHANNEL, "message", {"data": [item], "meta": meta})


class Stream(threading.Thread):
    """Publishes 50 messages a second, in three chats; their ids count up from 0."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self._emulator = emulator
        self._over = threading.Event()
        self.sent = 0

    def run(self) -> None:
        while not self._over.wait(1 / 50):
            publish(self._emulator, self.sent, chat=f"private-{self.sent % 3}")
            self.sent += 1

    def stop(self) -> None:
        self._over.set()
        self.join()
