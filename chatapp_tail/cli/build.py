"""Option groups to ``TailSettings``, with every check there is."""

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chatapp_tail.chatapp.channels import (
    MESSENGER_TYPES,
    Channel,
    license_channel,
    messenger_hint,
    parse_spec,
)
from chatapp_tail.chatapp.events import EVENTS, near_event
from chatapp_tail.cli.options import (
    ChannelOptions,
    ConnectionOptions,
    CopyOptions,
    EndpointOptions,
    ListOptions,
    OutputOptions,
    ShowOptions,
    VerbosityOptions,
)
from chatapp_tail.errors import UsageError
from chatapp_tail.filters.regex import parse_regex
from chatapp_tail.filters.where import parse_test
from chatapp_tail.forwarding.target import check_target, parse_header
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.output.make import OutputSettings
from chatapp_tail.output.status import Status, Verbosity
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
    """Return the settled run. Raises ``UsageError``."""
    output = build_output(show.output)
    if show.notices.notices:
        if output.format not in (None, OutputFormat.JSON):
            raise UsageError(
                f"--notices are JSON records, which the format {output.format} can't hold",
                hint="Leave out --notices, or use --json.",
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
        since=connection.since,
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


def build_show(options: ShowOptions, output: OutputSettings) -> ShowSettings:
    """Return what becomes of events. Raises ``UsageError``."""
    return ShowSettings(
        output=output,
        events=tuple(_split(options.filters.event)),
        excluded_events=tuple(_split(options.filters.exclude_event)),
        chats=tuple(_split(options.filters.chat)),
        tests=tuple(parse_test(one) for one in options.filters.where),
        greps=tuple(parse_regex(one) for one in options.filters.grep),
        highlights=tuple(parse_regex(one) for one in options.filters.highlight),
        count=options.stop.count,
        until=tuple(parse_test(one) for one in options.stop.until),
        redact_key=_redact_key(options.copies),
        record=options.copies.record,
        forward=_forward(options.copies),
    )


def _redact_key(options: CopyOptions) -> bytes | None:
    """Return the key of the masks: the user's, or one for this run."""
    if not options.redact:
        return None
    key = (options.redact_key or "").strip().encode(errors="surrogateescape")
    return key or os.urandom(_REDACT_KEY_BYTES)


def _forward(options: CopyOptions) -> ForwardSettings | None:
    if options.forward_to is None:
        if options.forward_header:
            raise UsageError(
                "--forward-header needs --forward-to",
                hint="For example: --forward-to http://localhost:8000/hook",
            )
        return None
    check_target(options.forward_to, insecure=options.forward_insecure)
    headers = tuple(parse_header(one) for one in options.forward_header)
    return ForwardSettings(options.forward_to, headers)


def build_channels(
    options: ChannelOptions, specs: Sequence[str], *, may_be_none: bool = False
) -> Wanted:
    """Return what options and specs name, everything once, in the order named.

    Raises ``UsageError`` for what is no channel, and if nothing is named unless ``may_be_none``.
    The share of ``--shard`` isn't taken here, but by ``share``, when all channels are known.
    """
    specs = (*options.channel, *specs)
    licenses = [_license(spec) for spec in specs if spec.endswith("/*")]
    channels = _named_by_license(options)
    channels += [parse_spec(f"company/{one}") for one in _split(options.company)]
    channels += [parse_spec(f"user/{one}") for one in _split(options.user)]
    channels += [parse_spec(spec) for spec in specs if not spec.endswith("/*")]
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
    licenses, messengers = list(_split(options.license)), list(_split(options.messenger))
    if licenses and not messengers:
        raise UsageError(
            "--license needs --messenger: a channel is one messenger of a licence",
            hint=f"For example: chatapp-tail --license {licenses[0]} --messenger telegram\n"
            f"Messenger types: {', '.join(MESSENGER_TYPES)}.",
        )
    if messengers and not licenses:
        raise UsageError(
            "--messenger needs --license: a channel is one messenger of a licence",
            hint=f"For example: chatapp-tail --license 1229 --messenger {messengers[0]}",
        )
    return [license_channel(one, kind) for one in licenses for kind in messengers]


def _license(wildcard: str) -> int:
    """Return the licence of ``1229/*``. Raises ``UsageError`` if it isn't one."""
    number = wildcard.removesuffix("/*")
    license_channel(number, MESSENGER_TYPES[0])
    return int(number)


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
    return chosen._replace(time=options.time or TimeFormat.LOCAL, full=options.full)


def build_list(options: ListOptions) -> OutputSettings:
    """Return how to write what is no event. Raises ``UsageError`` for two formats."""
    if options.json and options.format not in (None, OutputFormat.JSON):
        raise UsageError(
            f"--json and --format {options.format} contradict each other", hint="Leave one out."
        )
    return OutputSettings(
        format=OutputFormat.JSON if options.json else options.format,
        color=options.color or ColorMode.AUTO,
    )


def verbosity(options: VerbosityOptions) -> int:
    """Return the Verbosity that -q and -v ask for."""
    return int(Verbosity.QUIET) if options.quiet else options.verbose


def warn_of_guesses(settings: TailSettings, status: Status) -> None:
    """Say what is probably a typing error, though it may be a name newer than this program."""
    for messenger in dict.fromkeys(channel.messenger for channel in settings.channels):
        near = messenger_hint(messenger) if messenger else None
        if near:
            status.warn(f"messenger type {messenger!r} isn't known; did you mean {near}?")
    warn_of_events(settings.show, status)


def warn_of_events(show: ShowSettings, status: Status) -> None:
    """Say which events aren't documented: probably a typing error, maybe a new one."""
    for name in (*show.events, *show.excluded_events):
        if name in EVENTS or any(character in name for character in "*?["):
            continue
        near = near_event(name)
        question = f"; did you mean {near}?" if near else "; see chatapp-tail events"
        status.warn(f"event {name!r} isn't documented{question}")


def _split(values: Iterable[str]) -> Iterable[str]:
    """Yield the members of comma lists, stripped, without empty ones."""
    for value in values:
        for part in value.split(","):
            if part.strip():
                yield part.strip()
