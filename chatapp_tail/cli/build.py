"""Groups of options to ``TailSettings``, with the checks between one option and another."""

import os
from datetime import datetime

from chatapp_tail.chatapp.channels import Channel, similar_messengers
from chatapp_tail.chatapp.events import EVENTS, near_event
from chatapp_tail.cli.options import (
    ConnectionOptions,
    EndpointOptions,
    ForwardOptions,
    LiveOptions,
    OutputOptions,
    RecordOptions,
    ShowOptions,
)
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import check_target
from chatapp_tail.network import proxy_for
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.formats import OutputSettings
from chatapp_tail.output.status import Status
from chatapp_tail.settings import (
    DEFAULT_API_URL,
    DEFAULT_APP_KEY,
    DEFAULT_BUFFER_BYTES,
    DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_SOCKET_URL,
    LONGEST_CONNECT_TIMEOUT,
    Endpoint,
    ForwardSettings,
    ShowSettings,
    TailSettings,
)

_REDACT_KEY_BYTES = 16


def build_settings(
    channels: tuple[Channel, ...],
    endpoint: Endpoint,
    show: ShowOptions,
    live: LiveOptions,
    connection: ConnectionOptions,
) -> TailSettings:
    """Return the settings of a tail. Raises ``UsageError``."""
    return TailSettings(
        channels=channels,
        endpoint=endpoint,
        show=build_show(show, notices=live.notices),
        verbosity=show.output.verbosity.level,
        duration=live.duration,
        idle=live.idle,
        backfill=connection.backfill,
        resume=connection.resume,
        on_ready=connection.on_ready,
        metrics=connection.metrics,
        since=None if connection.since is None else _ago(connection.since),
        footer=not connection.no_footer,
        retries=connection.retries,
        connect_timeout=min(
            connection.connect_timeout or DEFAULT_CONNECT_TIMEOUT,
            LONGEST_CONNECT_TIMEOUT,
        ),
        strict=connection.strict,
        heartbeat=live.heartbeat,
        notices=live.notices,
        buffer_bytes=show.output.buffer or DEFAULT_BUFFER_BYTES,
    )


def _output(options: OutputOptions, *, notices: bool) -> OutputSettings:
    """Return how to write events. Raises ``UsageError`` for options that need another format."""
    chosen = options.chosen_format()
    needing = {"notices": notices, "idempotency-key": options.idempotency_key}
    for option in (name for name, is_given in needing.items() if is_given):
        if chosen not in (None, OutputFormat.JSON):
            raise UsageError(
                f"this needs the format json, not {chosen}",
                hint="Leave it out, or choose the format json.",
                option=option,
            )
        chosen = OutputFormat.JSON
    return OutputSettings(
        chosen, options.time, options.color, options.full, options.idempotency_key
    )


def _ago(moment: datetime) -> float:
    """Return the seconds that have passed since."""
    return (SystemClock().utcnow() - moment).total_seconds()


def build_show(options: ShowOptions, *, notices: bool) -> ShowSettings:
    """Return what becomes of events. Raises ``UsageError`` for options that exclude each other."""
    return ShowSettings(
        output=_output(options.output, notices=notices),
        events=options.filters.event,
        excluded_events=options.filters.exclude_event,
        chats=options.filters.chat,
        messages=options.filters.msg,
        tests=options.filters.where,
        greps=options.filters.grep,
        excluded_greps=options.filters.no_grep,
        highlights=options.filters.highlight,
        count=options.stop.count,
        until=options.stop.until,
        redact_key=_redact_key(options.record),
        record=options.record.record,
        summary=options.output.summary or options.output.verbosity.verbose > 0,
        forward=_forward(options.forward),
    )


def _redact_key(options: RecordOptions) -> bytes | None:
    """Return the key of the masks: the user's, or one for this run."""
    if not options.redact:
        return None
    key = (options.redact_key or "").strip().encode(errors="surrogateescape")
    return key or os.urandom(_REDACT_KEY_BYTES)


def _forward(options: ForwardOptions) -> ForwardSettings | None:
    if not options.forward_to:
        for option, is_given in (
            ("forward-header", options.forward_header),
            ("forward-spool", options.forward_spool),
        ):
            if is_given:
                raise UsageError(
                    "this does nothing without a webhook",
                    hint="Add one, for example: --forward-to http://localhost:8000/hook",
                    option=option,
                )
        return None
    for target in options.forward_to:
        try:
            check_target(target.url, insecure=options.forward_insecure)
        except UsageError as exc:
            raise UsageError(exc.message, hint=exc.hint, option="forward-to") from exc
        proxy_for(target.url)
    return ForwardSettings(options.forward_to, options.forward_header, options.forward_spool)


def build_endpoint(options: EndpointOptions) -> Endpoint:
    """Return where to connect. Raises ``UsageError`` for a URL of the wrong form."""
    return Endpoint(
        (options.socket_url or DEFAULT_SOCKET_URL).rstrip("/"),
        (options.api_url or DEFAULT_API_URL).rstrip("/"),
        options.app_key or DEFAULT_APP_KEY,
        options.api_insecure,
    )


def warn_of_guesses(settings: TailSettings, status: Status) -> None:
    """Warn of names that are probably typing errors; they may be newer than this program."""
    for messenger in dict.fromkeys(channel.messenger for channel in settings.channels):
        if near := " or ".join(similar_messengers(messenger or "")):
            status.warn(f"messenger type {messenger!r} isn't known; did you mean {near}?")
    warn_of_events(settings.show, status)


def warn_of_events(show: ShowSettings, status: Status) -> None:
    """Warn of events that aren't documented: probably typing errors, maybe new ones."""
    for name in (*show.events, *show.excluded_events):
        if name in EVENTS or any(character in name for character in "*?["):
            continue
        near = near_event(name)
        question = f"; did you mean {near}?" if near else "; see chatapp-tail events"
        status.warn(f"event {name!r} isn't documented{question}")
