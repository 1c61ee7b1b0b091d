"""Every option, once, in groups that commands take whole.

A group is a dataclass whose fields are Typer options; ``layers.takes`` lets a command declare
groups as its parameters. A field with ``repr=False`` is a secret. An ``envvar`` is read by
``layers``, which also adds it to the option's help.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar, dataclass_transform

import typer

from chatapp_tail.cli.conversions import (
    number,
    to_bytes,
    to_moment,
    to_path,
    to_seconds,
    to_shard,
    whole_number,
)
from chatapp_tail.durations import MOMENT_FORMS
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.sharding import Shard

# Panels of the help. An option without one is the command's own, and comes first.
OPTIONS = "Options"
CHANNELS = "Channels"
CREDENTIALS = "Credentials"
FILTERS = "Filters"
OUTPUT = "Output"
STOPPING = "Stopping"
STATUS = "Status"
CONNECTION = "Connection"
FORWARDING = "Forwarding"
CONFIGURATION = "Configuration"
ENDPOINT = "Endpoint"
HELP = "Help"
# In the order in which somebody new needs them.
PANELS = (
    *(OPTIONS, CHANNELS, CREDENTIALS, FILTERS, OUTPUT, STOPPING, STATUS),
    *(CONNECTION, FORWARDING, CONFIGURATION, ENDPOINT, HELP),
)
SPEC_HELP = (
    "A channel: 1229/telegram, 1229/* (all messengers of a licence), company/2224, "
    "company/2224/user/685, user/685, or a full private-... name."
)

Words = list[str]
T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def group(options: type[T]) -> type[T]:
    """Make a group. It is frozen for mypy only: real freezing would double the import time.

    That matters: all groups are made at each start, even for ``--version``.
    """
    return dataclass(options)


def _either(choices: type[StrEnum]) -> str:
    *most, last = choices
    return f"{', '.join(most)} or {last}"


@group
class ChannelOptions:
    """What to watch."""

    license: Annotated[
        Words,
        typer.Option(
            "--license",
            "-l",
            metavar="N",
            help="Licence id; repeat, or a comma list.",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)
    messenger: Annotated[
        Words,
        typer.Option(
            "--messenger",
            "-m",
            metavar="TYPE",
            help="Messenger type: telegram, grWhatsApp, caWhatsApp, WhatsApp, ... in exact case; "
            "every licence is combined with every messenger.",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)
    company: Annotated[
        Words,
        typer.Option(
            "--company",
            metavar="N",
            help="Company id, for what its employees do.",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)
    user: Annotated[
        Words,
        typer.Option(
            "--user",
            metavar="N",
            help="User id, for the user's quick responses.",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)
    channel: Annotated[
        Words,
        typer.Option(
            "--channel",
            "-c",
            metavar="SPEC",
            help="The same as the argument SPEC; repeat.",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)
    all: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Every channel that chatapp-tail channels lists.",
            rich_help_panel=CHANNELS,
        ),
    ] = False
    shard: Annotated[
        Shard | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            parser=to_shard,
            help="Only this share of the channels: 0/3, 1/3 and 2/3 on three hosts.",
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
            help="Only this event; repeat, comma list, or glob (chat*). "
            "chatapp-tail events lists them.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    exclude_event: Annotated[
        Words,
        typer.Option(
            "--exclude-event",
            "-E",
            metavar="NAME",
            help="All but this event; in the same forms.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    chat: Annotated[
        Words,
        typer.Option(
            "--chat",
            metavar="ID",
            help="Only this chat: id, hash, phone, username, e-mail, or a part of its name; "
            "repeat, or a comma list.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    msg: Annotated[
        Words,
        typer.Option(
            "--msg",
            metavar="ID",
            help="Only what is about this message: itself, statuses, reactions, replies; by the "
            "column MSG, its id, or the end of its id; repeat, or a comma list.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    grep: Annotated[
        Words,
        typer.Option(
            "--grep",
            "-g",
            metavar="REGEX",
            help="Only rows with a match in EVENT, WHO or WORDS, whose first 10,000 characters "
            "are searched; repeated: any will do.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    no_grep: Annotated[
        Words,
        typer.Option(
            "--no-grep",
            "-G",
            metavar="REGEX",
            help="Only rows without a match; repeated: with none of them.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    where: Annotated[
        Words,
        typer.Option(
            "--where",
            "-w",
            metavar="TEST",
            help="Only if a field of the record passes: data.side=in, data.type!=sent, "
            "data.message.text~invoice (a regex, in the first 10,000 characters; !~ for none), "
            "data.message.file (is there); "
            "repeated: all must hold.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)
    highlight: Annotated[
        Words,
        typer.Option(
            "--highlight",
            metavar="REGEX",
            help="Mark what matches in the formats for people, in the first 10,000 characters.",
            rich_help_panel=FILTERS,
        ),
    ] = field(default_factory=list)


@group
class VerbosityOptions:
    """How much is said on stderr."""

    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Only errors on stderr.", rich_help_panel=STATUS),
    ] = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            help="-v: each step of the connection; -vv: each frame, secrets masked.",
            rich_help_panel=STATUS,
        ),
    ] = 0


@group
class ListOptions:
    """How to write lists and reports."""

    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            envvar="CHATAPP_TAIL_FORMAT",
            help=f"How to write it: {_either(OutputFormat)}; json is for programs.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    json: Annotated[
        bool,
        typer.Option("--json", help="The same as --format json.", rich_help_panel=OUTPUT),
    ] = False
    color: Annotated[
        ColorMode | None,
        typer.Option(
            "--color",
            metavar="WHEN",
            help=f"When to colour: {_either(ColorMode)}; auto heeds NO_COLOR, FORCE_COLOR.",
            show_default="auto",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    verbosity: VerbosityOptions = field(default_factory=VerbosityOptions)


@group
class OutputOptions(ListOptions):
    """How to write events."""

    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            envvar="CHATAPP_TAIL_FORMAT",
            help=f"How to write events: {_either(OutputFormat)}.",
            show_default="table on a terminal, else json",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    time: Annotated[
        TimeFormat | None,
        typer.Option(
            "--time",
            metavar="TIME",
            help=f"Times in table and plain: {_either(TimeFormat)}.",
            show_default="local",
            rich_help_panel=OUTPUT,
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
            help="Employees by name, not as employee 685.",
            rich_help_panel=OUTPUT,
        ),
    ] = False


@group
class NoticeOptions:
    """What to say of the connection while it lasts, and how much may wait for stdout."""

    notices: Annotated[
        bool,
        typer.Option(
            "--notices",
            help="Losses, retries, gaps and more also as records on stdout, which is json then.",
            rich_help_panel=STATUS,
        ),
    ] = False
    heartbeat: Annotated[
        float | None,
        typer.Option(
            "--heartbeat",
            metavar="T",
            parser=to_seconds,
            help="After T without events, say whether the connection is alive.",
            rich_help_panel=STATUS,
        ),
    ] = None
    summary: Annotated[
        bool,
        typer.Option(
            "--summary",
            help="At the end a table of what was seen, by event and channel; so does -v.",
            rich_help_panel=STATUS,
        ),
    ] = False
    buffer: Annotated[
        int | None,
        typer.Option(
            "--buffer",
            metavar="SIZE",
            parser=to_bytes,
            help="Memory for events while stdout isn't read; then a file of up to 1 GiB.",
            show_default="64M",
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
            parser=whole_number(1),
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
            help="End after T: 30s, 5m, 1h30m; with --count or --until unmet, exit code 6.",
            rich_help_panel=STOPPING,
        ),
    ] = None
    until: Annotated[
        Words,
        typer.Option(
            "--until",
            metavar="TEST",
            help="End after the item that passes this test (as --where) and show it; "
            "repeated: all of them.",
            rich_help_panel=STOPPING,
        ),
    ] = field(default_factory=list)
    idle: Annotated[
        float | None,
        typer.Option(
            "--idle",
            metavar="T",
            parser=to_seconds,
            help="End after T without a shown item; exit codes as with --duration.",
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
            show_default="ChatApp's",
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
            show_default="ChatApp's",
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
            show_default="ChatApp's",
            rich_help_panel=ENDPOINT,
        ),
    ] = None
    api_insecure: Annotated[
        bool,
        typer.Option(
            "--api-insecure",
            help="Allow plain http:// to the API of another host.",
            rich_help_panel=ENDPOINT,
        ),
    ] = False


@group
class ConnectionOptions:
    """How to connect, and where to."""

    retries: Annotated[
        int | None,
        typer.Option(
            "--retries",
            parser=whole_number(0),
            metavar="N",
            help="Failed connections in a row before giving up.",
            show_default="2 at the start, then no limit",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    connect_timeout: Annotated[
        float | None,
        typer.Option(
            "--connect-timeout",
            metavar="T",
            parser=to_seconds,
            help="For each step of connecting.",
            show_default="10s",
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
            help="After a gap, get its messages from the API; marked, and none twice.",
            rich_help_panel=CONNECTION,
        ),
    ] = False
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            metavar="T",
            parser=to_moment,
            help=f"Get the messages from T on, too: {MOMENT_FORMS}.",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    no_footer: Annotated[
        bool,
        typer.Option(
            "--no-footer",
            help="No line about the connection below the table.",
            rich_help_panel=STATUS,
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
            help="Access token: itself (ps shows it), a file, or - for stdin; not needed after "
            "chatapp-tail login. [env: CHATAPP_TOKEN, CHATAPP_TOKEN_FILE]",
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
            help="Options from [profile.NAME] of the configuration file.",
            show_default="default",
            rich_help_panel=CONFIGURATION,
        ),
    ] = None
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            parser=to_path,
            metavar="FILE",
            envvar="CHATAPP_TAIL_CONFIG",
            help="The configuration file.",
            show_default="~/.config/chatapp-tail/config.toml",
            rich_help_panel=CONFIGURATION,
        ),
    ] = None


@group
class LoginOptions:
    """What a token pair is made for; what is missing is asked for on a terminal."""

    email: Annotated[
        str | None,
        typer.Option(
            "--email", metavar="E", help="The ChatApp account's.", rich_help_panel=CREDENTIALS
        ),
    ] = None
    app_id: Annotated[
        str | None,
        typer.Option(
            "--app-id",
            metavar="A",
            help="As ChatApp's cabinet shows it, in the form app_<user>_<n>.",
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
        typer.Option(
            "--seed", parser=whole_number(), metavar="N", help="Another number, another story."
        ),
    ] = 1
    drop_every: Annotated[
        float | None,
        typer.Option(
            "--drop-every",
            metavar="T",
            parser=to_seconds,
            help="Break all connections every T (10s), to see what happens.",
        ),
    ] = None


@group
class CopyOptions:
    """Where events go besides stdout, and what is masked everywhere."""

    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            parser=to_path,
            metavar="FILE",
            help="Append everything received, before filters, as JSON Lines; *.gz is compressed.",
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
            help="Any text; with the same key the masks are the same in every run.",
            rich_help_panel=OUTPUT,
        ),
    ] = field(default=None, repr=False)
    forward_to: Annotated[
        str | None,
        typer.Option(
            "--forward-to",
            metavar="URL",
            help="POST each shown event to URL, as a ChatApp webhook does.",
            rich_help_panel=FORWARDING,
        ),
    ] = field(default=None, repr=False)
    forward_header: Annotated[
        Words,
        typer.Option(
            "--forward-header",
            metavar="N:V",
            help="A header to send with it: name, colon, value; repeat.",
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
class ReplayOptions:
    """How fast to replay a file, and which part of it."""

    speed: Annotated[
        str,
        typer.Option(
            "--speed",
            metavar="N|max",
            help="1 is as fast as it was recorded, 10 ten times that.",
        ),
    ] = "max"
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            metavar="T",
            parser=to_moment,
            help=f"Only what came at T or later: {MOMENT_FORMS}.",
        ),
    ] = None
    before: Annotated[
        datetime | None,
        typer.Option(
            "--before",
            metavar="T",
            parser=to_moment,
            help="Only what came before T, in the same forms.",
        ),
    ] = None

    def holds(self, moment: datetime) -> bool:
        """Return whether what came at ``moment`` is wanted."""
        return (self.since is None or moment >= self.since) and (
            self.before is None or moment < self.before
        )


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
    output: ListOptions
    endpoint: EndpointOptions
    credentials: CredentialOptions


@group
class TriggerOptions:
    """What to send, how often, and where to."""

    changes: Annotated[
        Words,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change a field: data.0.message.text=Hello, meta.licenseId=1; repeat. A value "
            "that is JSON (1, true, null, '\"1\"', {...}) is taken as such, any other as text.",
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
        typer.Option(
            "--count",
            "-n",
            parser=whole_number(1),
            metavar="N",
            help="Send N events.",
            show_default="1",
        ),
    ] = None
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            parser=number(0.001),
            metavar="R",
            help="So many a second.",
            show_default="no pause",
        ),
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
            help="Where serve listens.",
            show_default="http://127.0.0.1:8765",
            rich_help_panel=ENDPOINT,
        ),
    ] = None
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="URL", help="POST {data, meta} to this webhook instead."),
    ] = field(default=None, repr=False)
    header: Annotated[
        Words,
        typer.Option("--header", metavar="N:V", help="A header for the webhook; repeat."),
    ] = field(default_factory=list, repr=False)
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Allow plain http:// to another host."),
    ] = False
    verbosity: VerbosityOptions = field(default_factory=VerbosityOptions)
