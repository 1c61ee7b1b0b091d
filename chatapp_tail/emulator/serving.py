"""The local ChatApp inside its event loop: the aiohttp application and its background jobs."""

import asyncio
import errno
import logging
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock
from chatapp_tail.emulator.chats import ChatRoutes
from chatapp_tail.emulator.guard import guard
from chatapp_tail.emulator.history import History
from chatapp_tail.emulator.publish import MAX_BODY, PublishRoutes
from chatapp_tail.emulator.rest import RestRoutes
from chatapp_tail.emulator.settings import LISTEN_ADDRESS, EmulatorSettings
from chatapp_tail.emulator.story import gaps, story
from chatapp_tail.emulator.tokens import Tenants
from chatapp_tail.emulator.websocket import Hub, WebsocketRoute
from chatapp_tail.errors import UsageError

# At the end, a request in progress gets this many seconds more.
_SHUTDOWN_TIMEOUT = 0.25
# The last wait, for sockets that were cut, takes a few turns of the loop.
_CUT_TIMEOUT = 0.2
# After this many seconds without a new subscription, a tail has probably subscribed everything.
_AUDIENCE_QUIET = 0.3


@dataclass(frozen=True, slots=True)
class Running:
    """A started server. ``hub`` and ``tenants`` belong to the thread of ``loop``."""

    loop: asyncio.AbstractEventLoop
    hub: Hub
    tenants: Tenants
    port: int
    stop: asyncio.Event

    def request_stop(self) -> None:
        """Begin the shutdown; thread-safe, and harmless after it."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.stop.set)


async def serve(
    settings: EmulatorSettings,
    clock: Clock,
    middlewares: Sequence[Middleware],
    started: Future[Running],
) -> None:
    """Serve until ``Running.stop``; ``started`` gets its result as soon as clients may connect.

    Raises ``UsageError`` when the port isn't available.
    """
    _silence_libraries()
    stop = asyncio.Event()
    history = History(clock)
    hub = Hub(history)
    tenants = Tenants(settings.accounts, settings.seed, clock, settings.token_life)
    application = web.Application(client_max_size=MAX_BODY, middlewares=[*middlewares, guard()])
    application.add_routes(RestRoutes(tenants, clock).routes())
    application.add_routes(ChatRoutes(tenants, history).routes())
    application.add_routes(PublishRoutes(hub).routes())
    application.add_routes(WebsocketRoute(hub, clock, settings.silence_timeout).routes())

    async def say_goodbye(_application: web.Application) -> None:
        hub.say_goodbye()

    application.on_shutdown.append(say_goodbye)
    runner = web.AppRunner(
        application, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_TIMEOUT
    )
    await runner.setup()
    try:
        port = await _listen(runner, settings)
        async with asyncio.TaskGroup() as group:
            jobs = [group.create_task(job) for job in _jobs(settings, hub, clock)]
            started.set_result(Running(asyncio.get_running_loop(), hub, tenants, port, stop))
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


def _jobs(
    settings: EmulatorSettings, hub: Hub, clock: Clock
) -> Iterator[Coroutine[object, object, None]]:
    if settings.pace:
        yield _tell_story(hub, clock, settings.seed, settings.pace)
    if settings.drop_every:
        yield _drop_connections(hub, settings.drop_every)


async def _tell_story(hub: Hub, clock: Clock, seed: int, pace: float) -> None:
    """Publish the story, one event each ``pace`` seconds on average, once there are subscribers."""
    await hub.wait_for_audience(_AUDIENCE_QUIET)
    for (channel, event, payload), gap in zip(story(seed, clock), gaps(seed, pace), strict=True):
        hub.publish(channel, event, jsontext.dumps(payload).decode())
        await asyncio.sleep(gap)


async def _drop_connections(hub: Hub, every: float) -> None:
    """Cut all websockets each ``every`` seconds."""
    while True:
        await asyncio.sleep(every)
        hub.abort_all()


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
