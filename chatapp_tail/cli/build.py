"""Groups of options to ``TailSettings``, with the checks between one option and another."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chatapp_tail.chatapp.channels import (
    MESSENGER_TYPES,
    Channel,
    license_channel,
    similar_messengers,
)
from chatapp_tail.chatapp.events import EVENTS, near_event
from chatapp_tail.cli.options import (
    ChannelOptions,
    ConnectionOptions,
    EndpointOptions,
    ForwardOptions,
    OutputOptions,
    RecordOptions,
    ShowOptions,
    Specs,
)
from chatapp_tail.cli.reports import build_list, verbosity
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import check_target
from chatapp_tail.network import proxy_for
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.sinks import OutputSettings
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
from chatapp_tail.sharding import Shard

NOTHING_TO_WATCH = """\
Name a channel:   chatapp-tail --license 1229 --messenger telegram
or as a spec:     chatapp-tail 1229/telegram company/2224 user/685
No account yet?   chatapp-tail demo"""

_REDACT_KEY_BYTES = 16


class Wanted(NamedTuple):
    """What is to be watched: channels, all messengers of ``licenses`` (``1229/*``), or ``all``."""

    channels: tuple[Channel, ...] = ()
    licenses: tuple[int, ...] = ()
    all: bool = False


def build_settings(
    channels: tuple[Channel, ...],
    endpoint: Endpoint,
    show: ShowOptions,
    connection: ConnectionOptions,
) -> TailSettings:
    """Return the settings of a tail. Raises ``UsageError``."""
    output = build_output(show.output)
    if show.notices.notices:
        if output.format not in (None, OutputFormat.JSON):
            raise UsageError(
                f"they are JSON records, which the format {output.format} can't hold",
                hint="Leave them out, or choose the format json.",
                option="notices",
            )
        output = output._replace(format=OutputFormat.JSON)
    return TailSettings(
        channels=channels,
        endpoint=endpoint,
        show=build_show(show, output),
        verbosity=verbosity(show.output.verbosity),
        duration=show.stop.duration,
        idle=show.stop.idle,
        backfill=connection.backfill,
        since=None if connection.since is None else _ago(connection.since),
        footer=not connection.no_footer,
        retries=connection.retries,
        connect_timeout=min(
            connection.connect_timeout or DEFAULT_CONNECT_TIMEOUT,
            LONGEST_CONNECT_TIMEOUT,
        ),
        strict=connection.strict,
        heartbeat=show.notices.heartbeat,
        notices=show.notices.notices,
        buffer_bytes=show.notices.buffer or DEFAULT_BUFFER_BYTES,
    )


def _ago(moment: datetime) -> float:
    """Return the seconds that have passed since."""
    return (SystemClock().utcnow() - moment).total_seconds()


def build_show(options: ShowOptions, output: OutputSettings) -> ShowSettings:
    """Return what becomes of events. Raises ``UsageError``."""
    return ShowSettings(
        output=output,
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
        summary=options.notices.summary or options.output.verbosity.verbose > 0,
        forward=_forward(options.forward),
    )


def _redact_key(options: RecordOptions) -> bytes | None:
    """Return the key of the masks: the user's, or one for this run."""
    if not options.redact:
        return None
    key = (options.redact_key or "").strip().encode(errors="surrogateescape")
    return key or os.urandom(_REDACT_KEY_BYTES)


def _forward(options: ForwardOptions) -> ForwardSettings | None:
    if options.forward_to is None:
        if options.forward_header:
            raise UsageError(
                "a header needs a webhook to go to",
                hint="For example: --forward-to http://localhost:8000/hook",
                option="forward-header",
            )
        return None
    try:
        check_target(options.forward_to, insecure=options.forward_insecure)
    except UsageError as exc:
        raise UsageError(exc.message, hint=exc.hint, option="forward-to") from exc
    proxy_for(options.forward_to)
    return ForwardSettings(options.forward_to, options.forward_header)


def build_channels(options: ChannelOptions, specs: Specs, *, may_be_none: bool = False) -> Wanted:
    """Return what options and specs name, everything once, in the order named.

    Raises ``UsageError`` for half a channel, and if nothing is named unless ``may_be_none``.
    The share of ``--shard`` isn't taken here, but by ``share``, when all channels are known.
    """
    named = (*options.channel, *specs)
    licenses = [one for one in named if isinstance(one, int)]
    channels = [*_named_by_license(options), *options.company, *options.user]
    channels += [one for one in named if isinstance(one, Channel)]
    if not (channels or licenses or options.all or may_be_none):
        raise UsageError("nothing to watch", hint=NOTHING_TO_WATCH)
    return Wanted(
        tuple({channel.name: channel for channel in channels}.values()),
        tuple(dict.fromkeys(licenses)),
        options.all,
    )


def share(channels: Sequence[Channel], shard: Shard | None) -> tuple[Channel, ...]:
    """Return the channels that are the shard's; all of them without one."""
    return tuple(channel for channel in channels if shard is None or shard.has(channel.name))


def _named_by_license(options: ChannelOptions) -> list[Channel]:
    """Return every licence × every messenger. Raises ``UsageError`` for one without the other."""
    licenses, messengers = options.license, options.messenger
    if licenses and not messengers:
        raise UsageError(
            "this needs a messenger, too: a channel is one messenger of a licence",
            hint=f"For example: chatapp-tail --license {licenses[0]} --messenger telegram\n"
            f"Messenger types: {', '.join(MESSENGER_TYPES)}.",
            option="license",
        )
    if messengers and not licenses:
        raise UsageError(
            "this needs a licence, too: a channel is one messenger of a licence",
            hint=f"For example: chatapp-tail --license 1229 --messenger {messengers[0]}",
            option="messenger",
        )
    return [license_channel(one, kind) for one in licenses for kind in messengers]


def build_endpoint(options: EndpointOptions) -> Endpoint:
    """Return where to connect. Raises ``UsageError`` for a URL of the wrong form."""
    return Endpoint(
        (options.socket_url or DEFAULT_SOCKET_URL).rstrip("/"),
        (options.api_url or DEFAULT_API_URL).rstrip("/"),
        options.app_key or DEFAULT_APP_KEY,
        options.api_insecure,
    )


def build_output(options: OutputOptions) -> OutputSettings:
    """Return how to write events. Raises ``UsageError`` for two formats."""
    chosen = build_list(options)
    return chosen._replace(time=options.time, full=options.full)


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
