"""Starts the local ChatApp: an aiohttp server in a thread of its own, on the loopback."""

import asyncio
import errno
import logging
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from aiohttp import web
from aiohttp.typedefs import Middleware

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.emulator import INSTALL, chats, publish, rest, websocket
from chatapp_tail.emulator.account import DEMO_ACCOUNT, Account
from chatapp_tail.emulator.auth import LOCAL_APP
from chatapp_tail.emulator.chats import HISTORY
from chatapp_tail.emulator.guard import guard
from chatapp_tail.emulator.history import History
from chatapp_tail.emulator.publish import MAX_BODY
from chatapp_tail.emulator.rest import CLOCK, TENANTS
from chatapp_tail.emulator.story import gaps, story
from chatapp_tail.emulator.tokens import Tenant
from chatapp_tail.emulator.websocket import HUB, Hub
from chatapp_tail.errors import UsageError

# Loopback only: the token is public.
_LISTEN_ADDRESS = "127.0.0.1"
# At the end, a request in progress gets this many seconds more.
_SHUTDOWN_TIMEOUT = 0.25
# The last wait, for sockets that were cut, takes a few turns of the loop.
_CUT_TIMEOUT = 0.2
# Stopping takes well under a second; a thread that hangs is left behind, as it is a daemon.
_STOP_TIMEOUT = 5.0
# After this many seconds without a new subscription, a tail has probably subscribed everything.
_QUIET_BEFORE_STORY = 0.3


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """Port 0 is any free one. All durations in seconds.

    ``pace``: mean time between two events of the story; 0 or None: no story. ``drop_every``: cut
    all websockets at this interval. ``silence_timeout``: close a websocket to which nothing was
    sent for this long. ``token_life``: lifetime of every access token; None: a day, and no end for
    the accounts' own tokens. ``ssl_context``: serve https and wss.
    """

    port: int = 0
    accounts: tuple[Account, ...] = (DEMO_ACCOUNT,)
    seed: int = 1
    pace: float | None = 0.5
    drop_every: float | None = None
    silence_timeout: float = 120.0
    token_life: float | None = None
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Emulator:
    """A running local ChatApp, for any thread.

    ``port`` is the one it listens on. ``hub`` and ``tenants`` belong to the thread of ``loop``;
    ``stop`` ends the server.
    """

    settings: EmulatorSettings
    port: int
    hub: Hub
    tenants: tuple[Tenant, ...]
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event

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
        host = "localhost" if self.settings.ssl_context else _LISTEN_ADDRESS
        return f"{host}:{self.port}"


@contextmanager
def running_emulator(
    settings: EmulatorSettings,
    clock: Clock | None = None,
    *,
    middlewares: Sequence[Middleware] = (),
) -> Iterator[Emulator]:
    """Run a local ChatApp for the length of the ``with`` block.

    ``middlewares`` see each request before all else. Raises ``UsageError`` when the port isn't
    available. At the end its clients get error 4200 and a close frame; no thread or socket is left.
    """
    started: Future[Emulator] = Future()

    def run() -> None:
        """Serve in this thread; what fails before the start is raised in the caller's thread."""
        try:
            asyncio.run(_serve(settings, clock or SystemClock(), middlewares, started))
        except BaseException as exc:
            if started.done():
                raise
            started.set_exception(exc)

    thread = Thread(target=run, name="emulator", daemon=True)
    thread.start()
    emulator = started.result()
    try:
        yield emulator
    finally:
        if not emulator.loop.is_closed():
            emulator.loop.call_soon_threadsafe(emulator.stop.set)
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
            "TLS needs trustme, which isn't installed", hint=INSTALL, option="tls"
        ) from exc

    authority = trustme.CA(organization_name="chatapp-tail serve, for one run")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with TemporaryDirectory(prefix="chatapp-tail-") as folder:
        path = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(path))
        yield path, context


async def _serve(
    settings: EmulatorSettings,
    clock: Clock,
    middlewares: Sequence[Middleware],
    started: Future[Emulator],
) -> None:
    """Serve until ``Emulator.stop``; ``started`` gets its result when clients may connect."""
    _silence_libraries()
    stop = asyncio.Event()
    history = History(clock)
    hub = Hub(history, clock, settings.silence_timeout)
    # Each account's tokens differ from the others'.
    tenants = tuple(
        Tenant(account, settings.seed + number, clock, life=settings.token_life)
        for number, account in enumerate(settings.accounts)
    )
    application = web.Application(client_max_size=MAX_BODY, middlewares=[*middlewares, guard()])
    application.update({CLOCK: clock, HISTORY: history, HUB: hub, TENANTS: tenants})
    for module in (rest, chats, publish, websocket):
        application.add_routes(module.routes)

    async def shut_down(_application: web.Application) -> None:
        hub.shut_down()

    application.on_shutdown.append(shut_down)
    runner = web.AppRunner(
        application, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_TIMEOUT
    )
    await runner.setup()
    try:
        port = await _listen(runner, settings)
        async with asyncio.TaskGroup() as group:
            jobs = []
            if settings.pace:
                story_job = _publish_story(hub, clock, settings.seed, settings.pace)
                jobs.append(group.create_task(story_job))
            if settings.drop_every:
                jobs.append(group.create_task(_drop_connections(hub, settings.drop_every)))
            loop = asyncio.get_running_loop()
            started.set_result(Emulator(settings, port, hub, tenants, loop, stop))
            await stop.wait()
            for job in jobs:
                job.cancel()
    finally:
        await _close(runner)


def _silence_libraries() -> None:
    """Keep warnings about clients that vanish or send nonsense off stderr.

    Python prints them for loggers without a handler.
    """
    for name in ("aiohttp", "asyncio"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


async def _publish_story(hub: Hub, clock: Clock, seed: int, pace: float) -> None:
    """Publish the story, one event each ``pace`` seconds on average, once there are subscribers."""
    await hub.wait_for_subscribers(_QUIET_BEFORE_STORY)
    for (channel, event, payload), gap in zip(story(seed, clock), gaps(seed, pace), strict=True):
        hub.publish(channel, event, jsontext.dumps(payload).decode())
        await asyncio.sleep(gap)


async def _drop_connections(hub: Hub, every: float) -> None:
    """Cut all websockets each ``every`` seconds."""
    while True:
        await asyncio.sleep(every)
        hub.abort_all()


async def _listen(runner: web.AppRunner, settings: EmulatorSettings) -> int:
    """Open the one listening socket; return its port. Raises ``UsageError``."""
    site = web.TCPSite(
        runner, _LISTEN_ADDRESS, settings.port, ssl_context=settings.ssl_context, backlog=128
    )
    try:
        await site.start()
    except (OSError, OverflowError) as exc:
        raise UsageError(
            f"can't listen on {_LISTEN_ADDRESS}:{settings.port}: {_reason(exc)}",
            hint="Choose another port, or 0 for any free one.",
        ) from exc
    port: int = runner.addresses[0][1]
    return port


async def _close(runner: web.AppRunner) -> None:
    """End all requests, then cut connections that stay open: unread, or without a TLS close."""
    protocols = [] if runner.server is None else runner.server.connections
    transports = [protocol.transport for protocol in protocols]
    await runner.cleanup()
    for transport in transports:
        if transport is not None:
            transport.abort()
    with suppress(TimeoutError):
        async with asyncio.timeout(_CUT_TIMEOUT):
            # A protocol sets its transport to None in the turn that closes the socket.
            while any(protocol.transport is not None for protocol in protocols):
                await asyncio.sleep(0)


def _reason(exc: Exception) -> str:
    match exc:
        case OSError(errno=errno.EADDRINUSE):
            return "the port is in use"
        case OSError(errno=errno.EACCES):
            return "ports below 1024 are reserved for the system"
        case OverflowError():
            return "a port is a number from 0 to 65535"
        case _:
            return str(exc)
