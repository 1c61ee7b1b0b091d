"""The way in: the local ChatApp in a thread of its own, with real sockets on the loopback.

Importing this module doesn't import aiohttp; ``running_emulator`` does.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.emulator.account import DEMO_TOKEN
from chatapp_tail.emulator.settings import LISTEN_ADDRESS, EmulatorSettings
from chatapp_tail.errors import UsageError

if TYPE_CHECKING:
    from chatapp_tail.emulator.answers import Before
    from chatapp_tail.emulator.serving import Running

_Result = TypeVar("_Result")
_Serve = Callable[
    [EmulatorSettings, Clock, "Future[Running]", "Before | None"], Coroutine[object, object, None]
]

__all__ = ["DEMO_TOKEN", "Emulator", "EmulatorSettings", "running_emulator"]

_SYSTEM_CLOCK = SystemClock()
# The end takes well under a second; a thread that hangs is left behind, it is a daemon.
_STOP_TIMEOUT = 5.0


class Emulator:
    """A running local ChatApp. All of it may be used from any thread but its own."""

    def __init__(self, settings: EmulatorSettings, running: "Running") -> None:
        self.settings = settings
        self.running = running

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.running.port

    @property
    def socket_url(self) -> str:
        """``ws[s]://host:port``, as ``--socket-url`` takes it."""
        return f"{'wss' if self.settings.ssl_context else 'ws'}://{self._address}"

    @property
    def api_url(self) -> str:
        """``http[s]://host:port``, as ``--api-url`` takes it."""
        return f"{'https' if self.settings.ssl_context else 'http'}://{self._address}"

    @property
    def token(self) -> str:
        """The first account's access token that needs no login."""
        return self.settings.accounts[0].token

    @property
    def app_key(self) -> str:
        """The Pusher key that it knows."""
        return self.settings.app_key

    @property
    def connections(self) -> int:
        """The number of open websockets."""
        return self.running.state.hub.connections

    def expire_tokens(self) -> None:
        """End all access tokens that were issued; ``token`` and the refresh tokens live on."""
        self._in_loop(self.running.state.tenants.end_access)

    def drop_all(self) -> None:
        """Cut all websockets now, without a close frame; their clients may come back at once."""
        self._in_loop(self.running.state.hub.abort_all)

    def publish(self, channel: str, event: str, payload: object) -> int:
        """Send one event; return to how many subscribers.

        ``payload`` goes double-encoded, as servers do; text goes as it is, JSON or not.
        """
        data = payload if isinstance(payload, str) else jsontext.dumps(payload).decode()
        return self._in_loop(lambda: self.running.state.hub.publish(channel, event, data))

    def _in_loop(self, call: Callable[[], _Result]) -> _Result:
        """Return what ``call`` returns in the server's thread."""
        done: Future[_Result] = Future()
        self.running.loop.call_soon_threadsafe(lambda: done.set_result(call()))
        return done.result(_STOP_TIMEOUT)

    @property
    def _address(self) -> str:
        # Certificates are made out to a name.
        host = "localhost" if self.settings.ssl_context else LISTEN_ADDRESS
        return f"{host}:{self.port}"


@contextmanager
def running_emulator(
    settings: EmulatorSettings, clock: Clock = _SYSTEM_CLOCK, *, before: "Before | None" = None
) -> Iterator[Emulator]:
    """Run a local ChatApp for the length of the ``with`` block.

    ``before`` is called for each request, and may answer it.
    Raises ``UsageError`` when it can't start: aiohttp is missing, or the port is taken. At the end
    its clients get error 4200 and a close frame; nothing is left behind.
    """
    started: Future[Running] = Future()
    arguments = (settings, clock, started, before)
    thread = Thread(target=_run, args=arguments, name="emulator", daemon=True)
    thread.start()
    try:
        running = started.result()
    except BaseException:
        thread.join(_STOP_TIMEOUT)
        raise
    try:
        yield Emulator(settings, running)
    finally:
        running.request_stop()
        thread.join(_STOP_TIMEOUT)


def _run(
    settings: EmulatorSettings,
    clock: Clock,
    started: "Future[Running]",
    before: "Before | None",
) -> None:
    """Serve in this thread; whatever goes wrong before the start is raised at the caller."""
    try:
        asyncio.run(_serve()(settings, clock, started, before))
    except BaseException as exc:
        if started.done():
            raise
        started.set_exception(exc)


def _serve() -> "_Serve":
    try:
        from chatapp_tail.emulator.serving import serve  # noqa: PLC0415  (imports aiohttp)
    except ModuleNotFoundError as exc:
        raise UsageError(
            "the local ChatApp needs aiohttp, which isn't installed",
            hint="python -m pip install 'chatapp-tail[demo]'",
        ) from exc
    return serve
