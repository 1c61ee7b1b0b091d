"""The local ChatApp inside its event loop: one aiohttp application, and its start and end."""

import asyncio
import errno
import logging
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from chatapp_tail.clock import Clock
from chatapp_tail.emulator.answers import Before, interception
from chatapp_tail.emulator.auth import App
from chatapp_tail.emulator.chats import ChatRoutes
from chatapp_tail.emulator.history import History
from chatapp_tail.emulator.hub import Hub
from chatapp_tail.emulator.login import LoginRoutes
from chatapp_tail.emulator.player import drop_connections, tell_story
from chatapp_tail.emulator.publish import MAX_BODY, PusherApi
from chatapp_tail.emulator.rest import ChatAppRest
from chatapp_tail.emulator.settings import LISTEN_ADDRESS, EmulatorSettings
from chatapp_tail.emulator.tenants import Tenants
from chatapp_tail.emulator.websocket import Websockets
from chatapp_tail.errors import UsageError

# How long a request in progress may still take at the end, in seconds; the last wait of all
# (sockets that were cut) needs a few turns of the loop.
_SHUTDOWN_TIMEOUT = 0.25
_CUT_TIMEOUT = 0.2


@dataclass(frozen=True, slots=True)
class State:
    """What the routes share, for the thread of the loop."""

    history: History
    hub: Hub
    tenants: Tenants


@dataclass(frozen=True, slots=True)
class Running:
    """A started server, as other threads may use it."""

    loop: asyncio.AbstractEventLoop
    state: State
    port: int
    stop: asyncio.Event

    def request_stop(self) -> None:
        """Begin the shutdown; thread-safe, and harmless after it."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.stop.set)


async def serve(
    settings: EmulatorSettings, clock: Clock, started: Future[Running], before: Before | None
) -> None:
    """Serve until ``Running.stop``; ``started`` gets its result as soon as clients may connect.

    Raises ``UsageError`` when the port can't be had.
    """
    _silence_libraries()
    stop = asyncio.Event()
    tenants = Tenants(settings.accounts, settings.seed, clock, settings.token_life)
    history = History(clock)
    state = State(history, Hub(history), tenants)
    application = build_application(settings, state, clock, before)
    runner = web.AppRunner(
        application, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_TIMEOUT
    )
    await runner.setup()
    try:
        port = await _listen(runner, settings)
        async with asyncio.TaskGroup() as group:
            jobs = [group.create_task(job) for job in _jobs(settings, state.hub, clock)]
            started.set_result(Running(asyncio.get_running_loop(), state, port, stop))
            await stop.wait()
            for job in jobs:
                job.cancel()
    finally:
        await _close(runner)


def build_application(
    settings: EmulatorSettings, state: State, clock: Clock, before: Before | None = None
) -> web.Application:
    """Return the whole local ChatApp: API, channel authorization, websocket, publishing."""
    app = App(settings.app_id, settings.app_key, settings.app_secret)
    hub, tenants = state.hub, state.tenants
    application = web.Application(
        client_max_size=MAX_BODY,
        middlewares=[interception(before, settings.name)],
    )
    application.add_routes(LoginRoutes(tenants).routes())
    application.add_routes(ChatAppRest(tenants, app, clock).routes())
    application.add_routes(ChatRoutes(tenants, state.history).routes())
    application.add_routes(PusherApi(app, hub).routes())
    application.add_routes(Websockets(app, hub, clock, settings.silence_timeout).routes())

    async def say_goodbye(_application: web.Application) -> None:
        hub.say_goodbye()

    application.on_shutdown.append(say_goodbye)
    return application


def _silence_libraries() -> None:
    """Keep warnings about clients that vanish or speak nonsense off stderr.

    Python prints them for loggers without a handler.
    """
    for name in ("aiohttp", "asyncio"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def _jobs(
    settings: EmulatorSettings, hub: Hub, clock: Clock
) -> Iterator[Coroutine[object, object, None]]:
    if settings.pace:
        yield tell_story(hub, clock, settings.seed, settings.pace)
    if settings.drop_every:
        yield drop_connections(hub, settings.drop_every)


async def _listen(runner: web.AppRunner, settings: EmulatorSettings) -> int:
    """Open the one listening socket; return its port."""
    site = web.TCPSite(
        runner, LISTEN_ADDRESS, settings.port, ssl_context=settings.ssl_context, backlog=128
    )
    try:
        await site.start()
    except (OSError, OverflowError) as exc:
        raise UsageError(
            f"can't listen on {LISTEN_ADDRESS}:{settings.port}: {_reason(exc)}",
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
            # A protocol forgets its transport in the turn that closes the socket.
            while any(protocol.transport is not None for protocol in protocols):
                await asyncio.sleep(0)


def _reason(exc: Exception) -> str:
    match exc:
        case OSError(errno=errno.EADDRINUSE):
            return "the port is in use"
        case OSError(errno=errno.EACCES):
            return "ports below 1024 are the system's"
        case OverflowError():
            return "a port is a number from 0 to 65535"
        case _:
            return str(exc)
