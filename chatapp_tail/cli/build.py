"""Option groups to ``TailSettings``: flag > environment > default, and every check there is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

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
    OutputOptions,
    ShowOptions,
)
from chatapp_tail.errors import UsageError
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
    TailSettings,
)

NOTHING_TO_WATCH = """\
Name a channel:   chatapp-tail --license 1229 --messenger telegram
or as a spec:     chatapp-tail 1229/telegram company/2224 user/685
No account yet?   chatapp-tail demo"""

Environment = Mapping[str, str]


def build_settings(
    channels: tuple[Channel, ...],
    endpoint: Endpoint,
    show: ShowOptions,
    connection: ConnectionOptions,
    environment: Environment,
) -> TailSettings:
    """Return the settled run. Raises ``UsageError``."""
    output = build_output(show.output, environment)
    if show.notices.notices:
        if output.format not in (None, OutputFormat.JSON):
            raise UsageError(
                f"--notices are JSON records, which the format {output.format} can't hold",
                hint="Leave out --notices, or use --json.",
            )
        output = replace(output, format=OutputFormat.JSON)
    return TailSettings(
        channels=channels,
        endpoint=endpoint,
        output=output,
        verbosity=verbosity(show.output),
        events=tuple(_split(show.filters.event)),
        excluded_events=tuple(_split(show.filters.exclude_event)),
        count=show.stop.count,
        duration=show.stop.duration,
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


def build_channels(options: ChannelOptions, specs: Sequence[str]) -> tuple[Channel, ...]:
    """Return every channel named by options and specs, once, in the order named."""
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
    channels = [license_channel(one, kind) for one in licenses for kind in messengers]
    channels += [parse_spec(f"company/{one}") for one in _split(options.company)]
    channels += [parse_spec(f"user/{one}") for one in _split(options.user)]
    channels += [parse_spec(spec) for spec in (*options.channel, *specs)]
    if not channels:
        raise UsageError("nothing to watch", hint=NOTHING_TO_WATCH)
    return tuple({channel.name: channel for channel in channels}.values())


def build_endpoint(connection: ConnectionOptions, environment: Environment) -> Endpoint:
    """Return where to connect. Raises ``UsageError`` for a URL of the wrong form."""

    def setting(flag: str | None, variable: str, default: str) -> str:
        return flag or environment.get(variable) or default

    return Endpoint(
        setting(connection.socket_url, "CHATAPP_SOCKET_URL", DEFAULT_SOCKET_URL).rstrip("/"),
        setting(connection.api_url, "CHATAPP_API_URL", DEFAULT_API_URL).rstrip("/"),
        setting(connection.app_key, "CHATAPP_APP_KEY", DEFAULT_APP_KEY),
    )


def build_output(options: OutputOptions, environment: Environment) -> OutputSettings:
    """Return how to write. Raises ``UsageError`` for contradictions and bad variables."""
    if options.json and options.format not in (None, OutputFormat.JSON):
        raise UsageError(f"--json and --format {options.format} contradict each other")
    chosen = OutputFormat.JSON if options.json else options.format
    if chosen is None and (name := environment.get("CHATAPP_TAIL_FORMAT")):
        try:
            chosen = OutputFormat(name)
        except ValueError as exc:
            raise UsageError(
                f"CHATAPP_TAIL_FORMAT is {name!r}",
                hint=f"The formats are {', '.join(OutputFormat)}.",
            ) from exc
    return OutputSettings(
        format=chosen,
        time=options.time or TimeFormat.LOCAL,
        color=options.color or ColorMode.AUTO,
        full=options.full,
    )


def verbosity(options: OutputOptions) -> int:
    """Return the Verbosity that -q and -v ask for."""
    return int(Verbosity.QUIET) if options.quiet else options.verbose


def warn_of_guesses(settings: TailSettings, status: Status) -> None:
    """Say what is probably a typing error, though it may be a name newer than this program."""
    for messenger in dict.fromkeys(channel.messenger for channel in settings.channels):
        near = messenger_hint(messenger) if messenger else None
        if near:
            status.warn(f"messenger type {messenger!r} isn't known; did you mean {near}?")
    for name in (*settings.events, *settings.excluded_events):
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
