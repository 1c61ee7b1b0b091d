"""Every option, once, in groups that commands take whole.

A group is a dataclass whose fields are Typer options; ``layers.takes`` lets a command declare
groups as its parameters. A field with ``repr=False`` is a secret. An ``envvar`` is read by
``layers``, which also adds it to the option's help.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar, dataclass_transform

import typer

from chatapp_tail.durations import parse_duration
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.sharding import Shard, parse_shard
from chatapp_tail.sizes import parse_size

CHANNELS = "Channels"
FILTERS = "Filters"
OUTPUT = "Output"
FORWARDING = "Forwarding"
STOPPING = "Stopping"
CONNECTION = "Connection"
ENDPOINT = "Endpoint"
CREDENTIALS = "Credentials"
CONFIGURATION = "Configuration"

Words = list[str]
T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def group(options: type[T]) -> type[T]:
    """Make a group. It is frozen for type checkers alone: more would double what it costs to load.

    That matters: all groups are made at each start, even for ``--version``.
    """
    return dataclass(options)


def to_seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def to_bytes(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def to_shard(text: str) -> Shard:
    try:
        return parse_shard(text)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def known_specs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return what completes a channel: specs of the last listing."""
    from chatapp_tail.cli.completion import specs  # noqa: PLC0415

    return specs(ctx, incomplete)


@group
class ChannelOptions:
    """What to watch."""

    license: Annotated[
        Words,
        typer.Option(
            "--license",
            "-l",
            metavar="N",
            help="Licence id; repeat or comma list.",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)
    messenger: Annotated[
        Words,
        typer.Option(
            "--messenger",
            "-m",
            metavar="TYPE",
            help="Messenger type (grWhatsApp, caWhatsApp, WhatsApp, telegram, …), exact case.",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)
    company: Annotated[
        Words,
        typer.Option("--company", metavar="N", help="Company id.", rich_help_panel=CHANNELS),
    ] = field(default_factory=list)
    user: Annotated[
        Words,
        typer.Option("--user", metavar="N", help="User id.", rich_help_panel=CHANNELS),
    ] = field(default_factory=list)
    channel: Annotated[
        Words,
        typer.Option(
            "--channel",
            "-c",
            metavar="SPEC",
            help="1229/telegram, 1229/*, company/2224, company/2224/user/685, user/685, private-….",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)
    all: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Every channel that `chatapp-tail channels` lists.",
            rich_help_panel=CHANNELS,
        ),
    ] = False
    shard: Annotated[
        Shard | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            parser=to_shard,
            help="Only the I-th of N shares of the channels; I counts from 0.",
            rich_help_panel=CHANNELS,
        ),
    ] = None


@group
class FilterOptions:
    """Which events to show."""

    event: Annotated[
        Words,
        typer.Option(
            "--event",
            "-e",
            metavar="NAME",
            help="Only this event; repeat, comma list, or glob (chat*).",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    exclude_event: Annotated[
        Words,
        typer.Option(
            "--exclude-event",
            "-E",
            metavar="NAME",
            help="All events but this one; the same forms.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    chat: Annotated[
        Words,
        typer.Option(
            "--chat",
            metavar="ID",
            help="Only this chat: id, hash, phone or username; repeat, comma list.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    grep: Annotated[
        Words,
        typer.Option(
            "--grep",
            "-g",
            metavar="REGEX",
            help="Only rows with this in EVENT, WHO or DETAIL; repeated: one of them.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    where: Annotated[
        Words,
        typer.Option(
            "--where",
            "-w",
            metavar="TEST",
            help="Only where data.side=in, data.type!=sent, data.message.text~invoice, or there is "
            "data.message.file; repeated: all of them.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    highlight: Annotated[
        Words,
        typer.Option(
            "--highlight",
            metavar="REGEX",
            help="Mark what matches in the formats for people.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)


@group
class VerbosityOptions:
    """How much is said on stderr."""

    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Only errors on stderr.", rich_help_panel=OUTPUT),
    ] = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            help="-v: each step of the connection; -vv: each frame, secrets masked.",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = 0


@group
class OutputOptions:
    """How to write what is shown."""

    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format",
            "-f",
            envvar="CHATAPP_TAIL_FORMAT",
            help="Default: table on a terminal, else json.",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = None
    json: Annotated[
        bool,
        typer.Option("--json", help="The same as --format json.", rich_help_panel=OUTPUT),
    ] = False
    time: Annotated[
        TimeFormat | None,
        typer.Option(
            "--time",
            help="Times in table and plain. Default: local.",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = None
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Wrap the last column instead of cutting it.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    names: Annotated[
        bool,
        typer.Option(
            "--names",
            help="Employees by name instead of user 685.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    color: Annotated[
        ColorMode | None,
        typer.Option(
            "--color",
            help="Default: auto (NO_COLOR and FORCE_COLOR count).",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = None
    verbosity: VerbosityOptions = field(default_factory=VerbosityOptions)


@group
class NoticeOptions:
    """What to say of the connection while it lasts, and how much may wait for stdout."""

    notices: Annotated[
        bool,
        typer.Option(
            "--notices",
            help="Losses, retries, gaps and more as records on stdout, too (json only).",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    heartbeat: Annotated[
        float | None,
        typer.Option(
            "--heartbeat",
            metavar="T",
            parser=to_seconds,
            help="After T without events, say whether the connection is alive.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    buffer: Annotated[
        int | None,
        typer.Option(
            "--buffer",
            metavar="SIZE",
            parser=to_bytes,
            help="Memory for events while stdout isn't read; then a file of up to 1 GiB. "
            "Default: 64M.",
            rich_help_panel=OUTPUT,
        ),
    ] = None


@group
class StopOptions:
    """When to end."""

    count: Annotated[
        int | None,
        typer.Option(
            "--count",
            "-n",
            min=1,
            metavar="N",
            help="End after N shown items.",
            rich_help_panel=STOPPING,
        ),
    ] = None
    duration: Annotated[
        float | None,
        typer.Option(
            "--duration",
            "-d",
            metavar="T",
            parser=to_seconds,
            help="End after T (30s, 5m, 1h30m); with --count or --until unmet, exit code 6.",
            rich_help_panel=STOPPING,
        ),
    ] = None
    until: Annotated[
        Words,
        typer.Option(
            "--until",
            metavar="TEST",
            help="End after the item for which this holds (as --where); repeated: all of them.",
            rich_help_panel=STOPPING,
        ),
    ] = field(default_factory=list)
    idle: Annotated[
        float | None,
        typer.Option(
            "--idle",
            metavar="T",
            parser=to_seconds,
            help="End after T without a shown item; with --count or --until unmet, exit code 6.",
            rich_help_panel=STOPPING,
        ),
    ] = None


@group
class EndpointOptions:
    """Where to connect."""

    socket_url: Annotated[
        str | None,
        typer.Option(
            "--socket-url",
            metavar="URL",
            envvar="CHATAPP_SOCKET_URL",
            help="ws[s]://host[:port] of any Pusher server.",
            rich_help_panel=ENDPOINT,
        ),
    ] = None
    api_url: Annotated[
        str | None,
        typer.Option(
            "--api-url",
            metavar="URL",
            envvar="CHATAPP_API_URL",
            help="http[s]://host[:port] that authorizes channels.",
            rich_help_panel=ENDPOINT,
        ),
    ] = None
    app_key: Annotated[
        str | None,
        typer.Option(
            "--app-key",
            metavar="KEY",
            envvar="CHATAPP_APP_KEY",
            help="The Pusher app's public key.",
            rich_help_panel=ENDPOINT,
        ),
    ] = None


@group
class ConnectionOptions:
    """How to connect, and where to."""

    retries: Annotated[
        int | None,
        typer.Option(
            "--retries",
            min=0,
            metavar="N",
            help="Failed connections in a row before giving up. Default: 2 at the start, then no "
            "limit.",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    connect_timeout: Annotated[
        float | None,
        typer.Option(
            "--connect-timeout",
            metavar="T",
            parser=to_seconds,
            help="For each step of connecting. Default: 10s.",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="End with code 4 at the first refused channel.",
            rich_help_panel=CONNECTION,
        ),
    ] = False
    backfill: Annotated[
        bool,
        typer.Option(
            "--backfill",
            help="After a gap, get its messages from the API; marked, and nothing twice.",
            rich_help_panel=CONNECTION,
        ),
    ] = False
    since: Annotated[
        float | None,
        typer.Option(
            "--since",
            metavar="T",
            parser=to_seconds,
            help="The same for the time T (10m) before the start.",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    no_footer: Annotated[
        bool,
        typer.Option(
            "--no-footer",
            help="No line at the bottom of the terminal.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    endpoint: EndpointOptions = field(default_factory=EndpointOptions)


@group
class CredentialOptions:
    """Who asks."""

    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="VALUE|@FILE|-",
            help="Access token. [env: CHATAPP_TOKEN, CHATAPP_TOKEN_FILE]",
            rich_help_panel=CREDENTIALS,
        ),
    ] = field(default=None, repr=False)


@group
class ProfileOptions:
    """Which part of the configuration file counts. A command without this group reads none."""

    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME",
            envvar="CHATAPP_TAIL_PROFILE",
            help="Options from [profile.NAME] of the configuration file. Default: default.",
            rich_help_panel=CONFIGURATION,
        ),
    ] = None
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            envvar="CHATAPP_TAIL_CONFIG",
            help="The configuration file. Default: ~/.config/chatapp-tail/config.toml.",
            rich_help_panel=CONFIGURATION,
        ),
    ] = None


@group
class LoginOptions:
    """What a token pair is made for; what is missing is asked for on a terminal."""

    email: Annotated[
        str | None,
        typer.Option(
            "--email", metavar="E", help="Of the ChatApp account.", rich_help_panel=CREDENTIALS
        ),
    ] = None
    app_id: Annotated[
        str | None,
        typer.Option(
            "--app-id",
            metavar="A",
            help="In the form app_<user>_<n>; ChatApp's cabinet shows it.",
            rich_help_panel=CREDENTIALS,
        ),
    ] = None
    password_stdin: Annotated[
        bool,
        typer.Option(
            "--password-stdin",
            help="Read the password from standard input.",
            rich_help_panel=CREDENTIALS,
        ),
    ] = False


@group
class LocalOptions:
    """What the local ChatApp does."""

    seed: Annotated[
        int,
        typer.Option("--seed", help="Another number, another story."),
    ] = 1
    drop_every: Annotated[
        float | None,
        typer.Option(
            "--drop-every",
            metavar="T",
            parser=to_seconds,
            help="Break all connections every T (10s).",
        ),
    ] = None


@group
class CopyOptions:
    """Where events go besides stdout, and what is masked everywhere."""

    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            metavar="FILE",
            help="Append everything received, before filters, as JSON Lines; .gz compresses.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    redact: Annotated[
        bool,
        typer.Option(
            "--redact",
            help="Mask phones, e-mails, names and texts, the same person by the same mask.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    redact_key: Annotated[
        str | None,
        typer.Option(
            "--redact-key",
            metavar="KEY",
            envvar="CHATAPP_TAIL_REDACT_KEY",
            help="The same masks in every run with this key; any text.",
            rich_help_panel=OUTPUT,
        ),
    ] = field(default=None, repr=False)
    forward_to: Annotated[
        str | None,
        typer.Option(
            "--forward-to",
            metavar="URL",
            help="POST each event to URL as a ChatApp webhook does.",
            rich_help_panel=FORWARDING,
        ),
    ] = field(default=None, repr=False)
    forward_header: Annotated[
        Words,
        typer.Option(
            "--forward-header",
            metavar="'NAME: VALUE'",
            help="Send this header with it; repeat.",
            rich_help_panel=FORWARDING,
        ),
    ] = field(default_factory=list, repr=False)
    forward_insecure: Annotated[
        bool,
        typer.Option(
            "--forward-insecure",
            help="Allow plain http:// to another host.",
            rich_help_panel=FORWARDING,
        ),
    ] = False


@group
class ShowOptions:
    """What every command takes that shows events."""

    filters: FilterOptions
    output: OutputOptions
    notices: NoticeOptions
    stop: StopOptions
    copies: CopyOptions = field(default_factory=CopyOptions)


@group
class TailOptions:
    """What the tail itself takes."""

    channels: ChannelOptions
    show: ShowOptions
    connection: ConnectionOptions
    credentials: CredentialOptions


@group
class DoctorOptions:
    """What the doctor takes."""

    channels: ChannelOptions
    output: OutputOptions
    endpoint: EndpointOptions
    credentials: CredentialOptions


def known_events(incomplete: str) -> list[str]:
    """Return the documented events that complete a name."""
    from chatapp_tail.chatapp.events import EVENTS  # noqa: PLC0415

    return [name for name in EVENTS if name.startswith(incomplete)]


@group
class TriggerOptions:
    """What to send, how often, and where to."""

    changes: Annotated[
        Words,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change a field: data.0.message.text=Hello, meta.licenseId=1. A value that is "
            "JSON (1, true, null, {…}, '\"1\"') is taken as such, any other as text. Repeat.",
        ),
    ] = field(default_factory=list)
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            metavar="F|-",
            help="Send this JSON in place of the sample: {data, meta}, an item, or a list.",
        ),
    ] = None
    count: Annotated[
        int | None,
        typer.Option("--count", "-n", min=1, metavar="N", help="Send N events. Default: 1."),
    ] = None
    rate: Annotated[
        float | None,
        typer.Option("--rate", min=0.001, metavar="R", help="R a second. Default: no pause."),
    ] = None
    channel: Annotated[
        Words,
        typer.Option("--channel", "-c", metavar="SPEC", help="The same as the argument SPEC."),
    ] = field(default_factory=list)
    api_url: Annotated[
        str | None,
        typer.Option(
            "--api-url",
            metavar="URL",
            envvar="CHATAPP_API_URL",
            help="Of the local ChatApp. Default: http://127.0.0.1:8765.",
        ),
    ] = None
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="URL", help="POST {data, meta} to this webhook instead."),
    ] = field(default=None, repr=False)
    header: Annotated[
        Words,
        typer.Option("--header", metavar="'N: V'", help="A header for the webhook. Repeat."),
    ] = field(default_factory=list, repr=False)
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Let the webhook be plain http on another host."),
    ] = False
    verbosity: VerbosityOptions = field(default_factory=VerbosityOptions)
