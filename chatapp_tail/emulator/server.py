"""Starts the local ChatApp, in a thread of its own, with real sockets on the loopback.

Importing this module doesn't import aiohttp; ``running_emulator`` does.
"""

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.emulator.auth import LOCAL_APP
from chatapp_tail.emulator.settings import LISTEN_ADDRESS, EmulatorSettings
from chatapp_tail.errors import UsageError

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

    from chatapp_tail.emulator.serving import Running

_SYSTEM_CLOCK = SystemClock()
# Stopping takes well under a second; a thread that hangs is left behind, as it is a daemon.
_STOP_TIMEOUT = 5.0
_INSTALL = "python -m pip install 'chatapp-tail[demo]'"


class Emulator:
    """A running local ChatApp, for any thread but its own."""

    def __init__(self, settings: EmulatorSettings, running: "Running") -> None:
        self.settings = settings
        self.running = running

    @property
    def socket_url(self) -> str:
        """``ws[s]://host:port``, as ``--socket-url`` takes it."""
        return f"ws{self._secure}://{self._address}"

    @property
    def api_url(self) -> str:
        """``http[s]://host:port``, as ``--api-url`` takes it."""
        return f"http{self._secure}://{self._address}"

    @property
    def token(self) -> str:
        """The first account's access token that works without a login."""
        return self.settings.accounts[0].token

    @property
    def app_key(self) -> str:
        """The key of its Pusher app."""
        return LOCAL_APP.key

    @property
    def _secure(self) -> str:
        return "s" if self.settings.ssl_context else ""

    @property
    def _address(self) -> str:
        # Certificates are issued for a name.
        host = "localhost" if self.settings.ssl_context else LISTEN_ADDRESS
        return f"{host}:{self.running.port}"


@contextmanager
def running_emulator(
    settings: EmulatorSettings,
    clock: Clock = _SYSTEM_CLOCK,
    *,
    middlewares: "Sequence[Middleware]" = (),
) -> Iterator[Emulator]:
    """Run a local ChatApp for the length of the ``with`` block.

    ``middlewares`` see each request before all else. Raises ``UsageError`` when it can't start:
    aiohttp is missing, or the port is in use. At the end its clients get error 4200 and a close
    frame; no thread or socket is left.
    """
    started: Future[Running] = Future()

    def run() -> None:
        """Serve in this thread; what fails before the start is raised in the caller's thread."""
        try:
            from chatapp_tail.emulator.serving import serve  # noqa: PLC0415 (imports aiohttp)

            asyncio.run(serve(settings, clock, middlewares, started))
        except BaseException as exc:
            if started.done():
                raise
            started.set_exception(exc)

    thread = Thread(target=run, name="emulator", daemon=True)
    thread.start()
    try:
        running = started.result()
    except ModuleNotFoundError as exc:
        raise UsageError(
            "the local ChatApp needs aiohttp, which isn't installed", hint=_INSTALL
        ) from exc
    try:
        yield Emulator(settings, running)
    finally:
        running.request_stop()
        thread.join(_STOP_TIMEOUT)


@contextmanager
def throwaway_authority() -> Iterator[tuple[Path, ssl.SSLContext]]:
    """Yield a new authority's PEM file, for clients, and a server's context for ``localhost``.

    The file exists for the length of the block, and the authority's key is never stored. Raises
    ``UsageError`` if trustme is missing.
    """
    try:
        import trustme  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as exc:
        raise UsageError(
            "TLS needs trustme, which isn't installed", hint=_INSTALL, option="tls"
        ) from exc

    authority = trustme.CA(organization_name="chatapp-tail serve, for one run")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with TemporaryDirectory(prefix="chatapp-tail-") as folder:
        path = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(path))
        yield path, context
