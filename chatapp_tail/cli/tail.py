"""``chatapp-tail [OPTIONS] [SPEC…]``: from options to a tail, its parts, and their end."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from functools import cache, partial
from typing import TYPE_CHECKING

from chatapp_tail.background import BackgroundCall
from chatapp_tail.cli.account import Account
from chatapp_tail.cli.browse import Browser, asks
from chatapp_tail.cli.build import build_endpoint, build_settings, warn_of_guesses
from chatapp_tail.cli.channels import build_channels, resolve
from chatapp_tail.cli.options import Specs, TailOptions
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.cli.run_parts import (
    ExtraOutputs,
    Process,
    extra_outputs,
    in_process,
    remembered,
)
from chatapp_tail.cli.streams import (
    discard_stdout,
    draw_summary,
    raw_stream,
    terminal_fd,
    wants_dates,
)
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ExitCode
from chatapp_tail.network import proxy_for, tls_context
from chatapp_tail.network.headers import ServerClock
from chatapp_tail.output import OutputFormat, terminal_width, use_color, zone_of
from chatapp_tail.output.backlog import Backlog
from chatapp_tail.output.footer import Footer, LiveLine, is_wanted, share_terminal
from chatapp_tail.output.formats import make_sink
from chatapp_tail.output.status import Status
from chatapp_tail.output.writer import Writer
from chatapp_tail.progress import Display
from chatapp_tail.pusher.authorizing import AuthorizationWorker, Authorizer, Authorizes
from chatapp_tail.pusher.interfaces import Transport
from chatapp_tail.settings import TailSettings
from chatapp_tail.stopping import Stopping
from chatapp_tail.supervision import supervised
from chatapp_tail.tail import Dependencies, Tail
from chatapp_tail.units import counted
from chatapp_tail.wakeup import Wakeup, file_descriptor

if TYPE_CHECKING:
    from ssl import SSLContext

    from chatapp_tail.account.rest import Rest
    from chatapp_tail.api import Api, TokenSource  # it loads requests
    from chatapp_tail.backfill.worker import BackfillWorker
    from chatapp_tail.browse.feed import Feed
    from chatapp_tail.resume import Keeper


# How long a webhook gets at the end to take what is queued, in seconds.
_FORWARD_TIMEOUT = 5.0


def tail_command(specs: Specs, options: TailOptions, chosen: Chosen) -> ExitCode:
    """Check everything, ask the API for what only it knows, then tail."""
    level = options.show.output.verbosity.level
    status = Status(sys.stderr, level, is_dated=wants_dates())
    endpoint = build_endpoint(options.connection.endpoint)
    account = Account(endpoint, chosen, status)
    account.require_profile()
    wanted = build_channels(options.channels, specs)
    settings = build_settings(
        wanted.channels, endpoint, options.show, options.live, options.connection
    )
    given = account.token(options.credentials.token)
    warn_of_guesses(settings, status)
    channels = resolve(wanted, options.channels.shard, account, given, status)
    people = account.people(given, channels) if options.show.output.names else {}
    settings = settings._replace(channels=channels)
    with account.settled(), in_process(status, settings.show) as process:
        return run_tail(settings, given.token, process, people)


def run_tail(
    settings: TailSettings, token: "TokenSource", process: Process, people: Mapping[str, str]
) -> ExitCode:
    """Tail, and return the exit code. Raises what ``Tail.run`` raises.

    ``token`` must register with ``Status.hide``; ``people`` are employees' names by id.
    """
    status, clock, signals, wakeup = process
    server_clock = ServerClock(status.warn)
    open_socket, new_authorizer, new_rest = _connectors(settings, token, clock, server_clock)
    memory, outcomes = remembered(settings.show)
    sink = make_sink(
        settings.show.output,
        environment=os.environ,
        terminal_fd=terminal_fd(sys.stdout),
        started_at=clock.utcnow(),
        channels=settings.channels,
        memory=memory,
        highlights=settings.show.highlights,
    )
    browser: Browser | None = None
    footer: LiveLine
    writer: Writer | Feed
    if settings.show.output.format is OutputFormat.BROWSE and memory is not None:
        browser = Browser(
            settings.show,
            process,
            memory=memory,
            buffer_bytes=settings.buffer_bytes,
            channels=settings.channels,
        )
        footer = writer = browser.feed
    else:
        footer = _footer(settings, clock)
        backlog = Backlog(memory_bytes=settings.buffer_bytes)
        stdout = footer.wrap(raw_stream(sys.stdout))
        writer = Writer(stdout, backlog, header=sink.header(), wake=wakeup.wake)
    stopping = Stopping(
        signals,
        wakeup,
        writer,
        clock,
        ends_at=clock.now() + (settings.duration or float("inf")),
        idle=settings.idle,
        has_goal=settings.show.has_goal,
    )
    worker = AuthorizationWorker(new_authorizer, clock=clock, wake=wakeup.wake)

    def connect(timeout: float) -> BackgroundCall[Transport]:
        worker.prepare()  # imports requests while the server answers
        opening = BackgroundCall(
            lambda: open_socket(timeout), wake=wakeup.wake, discard=lambda late: late.close()
        )
        return opening.start()

    backfills = _backfills(settings, new_rest, clock, wakeup, server_clock)
    try:
        with (
            status.in_background(footer.wrap),
            extra_outputs(
                settings.show, process, outcomes, finish_within=_FORWARD_TIMEOUT
            ) as extra,
            _resumed(settings, process, server_clock, extra) as keeper,
            supervised(
                on_ready=settings.on_ready,
                metrics=settings.metrics,
                forwarded=extra.forwarded,
                environment=os.environ,
                clock=clock,
                status=status,
            ) as supervision,
        ):
            listeners, kept = extra.listeners, () if keeper is None else (keeper,)
            listeners = listeners._replace(
                shown=(*listeners.shown, stopping.shown),
                timers=(*listeners.timers, *kept, *supervision.timers),
            )
            if browser is not None:
                listeners = browser.heard_by(listeners)
            tail = Tail(
                settings,
                Dependencies(
                    connect,
                    worker,
                    sink,
                    stopping,
                    status,
                    clock,
                    people,
                    memory,
                    listeners,
                    None if backfills is None else backfills.fill,
                    keeper,
                    supervision.ready,
                    Display(footer, draw_summary, settings.show.summary, outcomes),
                ),
            )
            supervision.begin(tail.facts)
            run = tail.run
            if browser is not None:
                # What is masked can't be asked for.
                ask = asks(new_rest) if settings.show.redact_key is None else None
                run = partial(browser.show, tail.run, forward=extra.forward, ask=ask)
            code = _run_to_the_end(tail, stopping, process, footer, run=run)
            if code is ExitCode.NOT_MET:
                status.warn(settings.show.not_met)
        return extra.code(code)
    finally:
        worker.stop()
        if backfills is not None:
            backfills.stop()


def _run_to_the_end(
    tail: Tail,
    stopping: Stopping,
    process: Process,
    footer: LiveLine,
    *,
    run: Callable[[], ExitCode],
) -> ExitCode:
    """Run, report the result, and write what is queued for stdout."""
    try:
        try:
            code = run()
        finally:
            footer.close()
        stopping.settle()
        tail.report_summary()
    finally:
        if unwritten := stopping.drain():
            process.status.warn(
                f"{counted(unwritten, 'event')} could not be written before the end"
            )
        if stopping.reader_left:
            discard_stdout()
    if stopping.writer.error is not None:
        raise stopping.writer.error
    return code


def _connectors(
    settings: TailSettings,
    token: "TokenSource",
    clock: Clock,
    server_clock: ServerClock,
) -> "tuple[Callable[[float], Transport], Callable[[], Authorizes], Callable[[], Rest]]":
    """Return how to open a websocket, to authorize, and to ask the API for anything else.

    They share one TLS context, made at the first connection: the first words don't wait for it.

    Raises ``UsageError`` for a proxy that can't be used; connecting raises it for certificates.
    """
    endpoint = settings.endpoint
    urls = (endpoint.socket_url, endpoint.api_url)
    for url in urls:
        proxy_for(url)

    @cache
    def context() -> "SSLContext":
        return tls_context(*urls)

    def connect(timeout: float) -> Transport:
        from chatapp_tail.pusher.transport import open_websocket  # noqa: PLC0415 (websocket-client)

        return open_websocket(
            endpoint.socket_url, endpoint.app_key, timeout=timeout, context=context()
        )

    def new_api() -> "Api":
        from chatapp_tail.api import Api  # noqa: PLC0415 (loads requests)

        return Api(
            endpoint.api_url,
            clock=clock,
            context=context(),
            connect_timeout=settings.connect_timeout,
            server_clock=server_clock,
        )

    def new_authorizer() -> Authorizes:
        return Authorizer(new_api(), token)

    def new_rest() -> "Rest":
        from chatapp_tail.account.rest import Rest  # noqa: PLC0415

        return Rest(new_api(), token)

    return connect, new_authorizer, new_rest


def _footer(settings: TailSettings, clock: Clock) -> LiveLine:
    """Return the line at the bottom of the terminal, or one that is never drawn."""
    stdout, stderr = terminal_fd(sys.stdout), file_descriptor(sys.stderr)
    is_shown = is_wanted(
        settings.show.output.format,
        on_one_terminal=share_terminal(stdout, stderr),
        environment=os.environ,
        is_allowed=settings.footer,
        is_quiet=settings.verbosity < 0,
    )
    if not is_shown or stdout is None:
        return LiveLine()
    color = use_color(settings.show.output.color, os.environ, is_terminal=True)
    return Footer(
        raw_stream(sys.stderr),
        clock=clock,
        width=lambda: terminal_width(stdout, os.environ),
        zone=zone_of(settings.show.output.time),
        color=color,
    )


def _backfills(
    settings: TailSettings,
    new_rest: "Callable[[], Rest]",
    clock: Clock,
    wakeup: Wakeup,
    server_clock: ServerClock,
) -> "BackfillWorker | None":
    """Return the worker that fills gaps; None if no gap is to be filled."""
    if not settings.backfill and settings.since is None:
        return None
    from chatapp_tail.backfill.worker import BackfillWorker  # noqa: PLC0415

    return BackfillWorker(new_rest, clock=clock, wake=wakeup.wake, server_clock=server_clock)


def _resumed(
    settings: TailSettings, process: Process, server_clock: ServerClock, extra: ExtraOutputs
) -> "AbstractContextManager[Keeper | None]":
    """Return what knows where the last run ended, if that is wanted; it is closed at the end."""
    if settings.resume is None:
        return nullcontext()
    from chatapp_tail.resume import Keeper  # noqa: PLC0415

    keeper = Keeper(
        settings.resume,
        clock=process.clock,
        warn=process.status.warn,
        ahead=lambda: server_clock.ahead,
    )
    if extra.recorder is not None:
        keeper.recorded = extra.recorder.sync
    return closing(keeper)
