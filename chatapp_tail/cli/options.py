"""Every option, once, in groups that commands take whole; ``option.py`` says how to declare one."""

import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp_tail.account.config import expanded
from chatapp_tail.chatapp.channels import Channel, parse_spec
from chatapp_tail.cli import conversions as convert
from chatapp_tail.cli.option import OPTIONS, Group, option
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import (
    ForwardTarget,
    Header,
    parse_forward_target,
    parse_header,
)
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.recording.pace import parse_speed
from chatapp_tail.sharding import Shard, parse_shard
from chatapp_tail.units import MOMENT_FORMS, parse_duration, parse_size

if TYPE_CHECKING:
    from chatapp_tail.filters.where import Test
    from chatapp_tail.triggering.assignment import Assignment

# Panels of the help.
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

# Each is the type of an option that may be repeated.
Words = tuple[str, ...]
Channels = tuple[Channel, ...]
Specs = tuple[Channel | int, ...]
Patterns = tuple[re.Pattern[str], ...]
Tests = tuple["Test", ...]
Headers = tuple[Header, ...]
ForwardTargets = tuple[ForwardTarget, ...]
Assignments = tuple["Assignment", ...]


def _either(choices: type[StrEnum]) -> str:
    *most, last = choices
    return f"{', '.join(most)} or {last}"


def _only(*formats: OutputFormat | None) -> OutputFormat | None:
    """Return the format among ``formats``. Raises ``UsageError`` for two different ones."""
    chosen = dict.fromkeys(one for one in formats if one)
    if len(chosen) > 1:
        message = f"{' and '.join(chosen)} contradict each other"
        raise UsageError(message, hint="Leave one out.", option="format")
    return next(iter(chosen), None)


class ChannelOptions(Group, panel=CHANNELS):
    """What to watch. A number among ``channel`` is a licence, with all of its messengers."""

    license: Words = option("Licence id; repeat, or a comma list.", "-l N", read=convert.license_id)
    messenger: Words = option(
        "Messenger type: telegram, grWhatsApp, caWhatsApp, WhatsApp, ... in exact case; "
        "every licence is combined with every messenger.",
        "-m TYPE",
        read=convert.messenger_type,
        completes="messengers",
    )
    company: Channels = option(
        "Company id, for what its employees do.", "N", read=convert.company, is_comma_list=True
    )
    user: Channels = option(
        "User id, for the user's quick responses.", "N", read=convert.user, is_comma_list=True
    )
    channel: Specs = option(
        "The same as the argument SPEC; repeat.", "-c SPEC", read=convert.spec, completes="specs"
    )
    all: bool = option("Every channel that chatapp-tail channels lists.")
    shard: Shard | None = option(
        "Only this share of the channels: 0/3, 1/3 and 2/3 on three hosts.", "I/N", read=parse_shard
    )


class FilterOptions(Group, panel=FILTERS):
    """Which events to show."""

    event: Words = option(
        "Only this event; repeat, comma list, or glob (chat*). chatapp-tail events lists them.",
        "-e NAME",
        completes="events",
    )
    exclude_event: Words = option(
        "All but this event; in the same forms.", "-E NAME", completes="events"
    )
    chat: Words = option(
        "Only this chat: id, hash, phone, username, e-mail, or a part of its name; "
        "repeat, or a comma list.",
        "ID",
    )
    msg: Words = option(
        "Only what is about this message: itself, statuses, reactions, replies; by the "
        "column MSG, its id, or the end of its id; repeat, or a comma list.",
        "ID",
    )
    grep: Patterns = option(
        "Only rows with a match in EVENT, WHO or WORDS; their first 10,000 characters are "
        "searched; repeated: any will do.",
        "-g REGEX",
        read=convert.regex,
    )
    no_grep: Patterns = option(
        "Only rows without a match; repeated: with none of them.", "-G REGEX", read=convert.regex
    )
    where: Tests = option(
        "Only if a field of the record passes: data.side=in, data.type!=sent, "
        "data.message.text~invoice (a regex, in the first 10,000 characters; !~ for none), "
        "data.message.file (is there); repeated: all must hold.",
        "-w TEST",
        read=convert.test,
    )
    highlight: Patterns = option(
        "Mark what matches in the formats for people, in the first 10,000 characters.",
        "REGEX",
        read=convert.regex,
    )


class VerbosityOptions(Group, panel=STATUS):
    """How much is said on stderr."""

    quiet: bool = option("Only errors on stderr.", "-q")
    verbose: int = option("-v: each step of the connection; -vv: each frame, secrets masked.", "-v")

    @property
    def level(self) -> int:
        """The ``Verbosity`` that was asked for, or a number above the highest."""
        return -1 if self.quiet else self.verbose


class ListOptions(Group, panel=OUTPUT):
    """How to write lists and reports."""

    format: OutputFormat | None = option(
        f"How to write it: {_either(OutputFormat)}; json is for programs.",
        "-f FORMAT",
        variable="CHATAPP_TAIL_FORMAT",
    )
    json: bool = option("The same as --format json.")
    color: ColorMode = option(
        f"When to colour: {_either(ColorMode)}; auto heeds NO_COLOR, FORCE_COLOR.",
        "WHEN",
        default=ColorMode.AUTO,
    )
    verbosity: VerbosityOptions = VerbosityOptions()

    def chosen_format(self) -> OutputFormat | None:
        """Return the format that was asked for. Raises ``UsageError`` for two of them."""
        return _only(self.format, OutputFormat.JSON if self.json else None)

    def list_format(self) -> OutputFormat | None:
        """Return the format for a list. A usual format ``browse`` is ignored: it shows events."""
        chosen = self.chosen_format()
        return None if chosen is OutputFormat.BROWSE else chosen


class OutputOptions(ListOptions, panel=OUTPUT):
    """How to write events."""

    format: OutputFormat | None = option(
        f"How to write events: {_either(OutputFormat)}.",
        "-f FORMAT",
        shown_default="table on a terminal, else json",
        variable="CHATAPP_TAIL_FORMAT",
    )
    browse: bool = option(
        "The same as --format browse: a screen to scroll, search and open what comes.", "-b"
    )
    time: TimeFormat | None = option(
        f"Times in table and plain: {_either(TimeFormat)}.", "TIME", shown_default="local"
    )
    full: bool = option("Wrap the last column instead of cutting it.")
    names: bool = option("Show employees by name, not as employee 685.")
    idempotency_key: bool = option(
        "Add idempotency_key to json records, as webhooks get it: the same for the same event."
    )
    buffer: int | None = option(
        "Memory for events that wait while stdout isn't read; the rest waits in a file of up to "
        "1 GiB. With --browse: memory for the rows that are kept.",
        "SIZE",
        read=parse_size,
        shown_default="64M",
    )
    summary: bool = option(
        "Show a table at the end of what was seen, by event and channel; -v does so, too.",
        panel=STATUS,
    )

    def chosen_format(self) -> OutputFormat | None:
        """Return the format that was asked for. Raises ``UsageError`` for two of them."""
        return _only(super().chosen_format(), OutputFormat.BROWSE if self.browse else None)


class StopOptions(Group, panel=STOPPING):
    """When to end."""

    count: int | None = option("End after N shown items.", "-n N", read=convert.whole_number(1))
    until: Tests = option(
        "End after the item that passes this test (as --where) and show it; repeated: all of them.",
        "TEST",
        read=convert.test,
    )


class LiveOptions(Group, panel=STATUS):
    """What has no meaning for a recorded file: a file ends by itself."""

    duration: float | None = option(
        "End after T: 30s, 5m, 1h30m; with --count or --until unmet, exit code 6.",
        "-d T",
        read=parse_duration,
        panel=STOPPING,
    )
    idle: float | None = option(
        "End after T without a shown item; exit codes as with --duration.",
        "T",
        read=parse_duration,
        panel=STOPPING,
    )
    notices: bool = option(
        "Write losses, retries, gaps and more to stdout, too, as records; the format is then json."
    )
    heartbeat: float | None = option(
        "After T without events, say whether the connection is alive.", "T", read=parse_duration
    )


class EndpointOptions(Group, panel=ENDPOINT):
    """Where to connect."""

    socket_url: str | None = option(
        "ws[s]://host[:port] of any Pusher server.",
        "URL",
        shown_default="ChatApp's",
        variable="CHATAPP_SOCKET_URL",
    )
    api_url: str | None = option(
        "http[s]://host[:port] that authorizes channels.",
        "URL",
        shown_default="ChatApp's",
        variable="CHATAPP_API_URL",
    )
    app_key: str | None = option(
        "The Pusher app's public key.", "KEY", shown_default="ChatApp's", variable="CHATAPP_APP_KEY"
    )
    api_insecure: bool = option("Allow plain http:// to the API of another host.")


class ConnectionOptions(Group, panel=CONNECTION):
    """How to connect, and where to."""

    retries: int | None = option(
        "Failed connections in a row before giving up.",
        "N",
        read=convert.whole_number(0),
        shown_default="2 at the start, then no limit",
    )
    connect_timeout: float | None = option(
        "The time limit for each step of connecting.", "T", read=parse_duration, shown_default="10s"
    )
    strict: bool = option("End with code 4 at the first refused channel.")
    backfill: bool = option(
        "After a gap, get its messages from the API; they are marked, and none comes twice."
    )
    since: datetime | None = option(
        f"First get the messages since T from the API: {MOMENT_FORMS}.", "T", read=convert.moment
    )
    resume: Path | None = option(
        "Begin where the last run ended; FILE keeps how far a run is.", "FILE", read=expanded
    )
    on_ready: str | None = option(
        "Run CMD in a shell once every channel is subscribed or refused.", "CMD"
    )
    metrics: int | Path | None = option(
        "Prometheus metrics on 127.0.0.1, or in a file for node_exporter.",
        "PORT|FILE",
        read=convert.port_or_file,
    )
    no_footer: bool = option("Show no line about the connection below the table.", panel=STATUS)
    endpoint: EndpointOptions = EndpointOptions()


class CredentialOptions(Group, panel=CREDENTIALS):
    """Who asks."""

    token: str | None = option(
        "Access token: the token itself (ps shows it), a file, or - for stdin; not needed after "
        "chatapp-tail login.",
        "VALUE|@FILE|-",
        token_variables=("CHATAPP_TOKEN", "CHATAPP_TOKEN_FILE"),
        is_secret=True,
    )


class ProfileOptions(Group, panel=CONFIGURATION):
    """Which part of the configuration file counts."""

    profile: str | None = option(
        "Options from [profile.NAME] of the configuration file.",
        "-p NAME",
        shown_default="default",
        variable="CHATAPP_TAIL_PROFILE",
        completes="profiles",
    )
    config: Path | None = option(
        "The configuration file.",
        "FILE",
        read=expanded,
        shown_default="~/.config/chatapp-tail/config.toml",
        variable="CHATAPP_TAIL_CONFIG",
        completes="files",
    )


class LoginOptions(Group, panel=CREDENTIALS):
    """What a token pair is made for; what is missing is asked for on a terminal."""

    email: str | None = option("The e-mail of the ChatApp account.", "E")
    app_id: str | None = option(
        "The appId that ChatApp's cabinet shows, in the form app_<user>_<n>.", "A"
    )
    password_stdin: bool = option("Read the password from standard input.")
    endpoint: EndpointOptions = EndpointOptions()
    verbosity: VerbosityOptions = VerbosityOptions()


class LocalOptions(Group):
    """What the local ChatApp does."""

    seed: int = option(
        "Another number makes another story.", "N", read=convert.whole_number(), default=1
    )
    drop_every: float | None = option(
        "Break all connections every T (10s), to see what happens.", "T", read=parse_duration
    )


class ServeOptions(Group):
    """Where the local ChatApp listens, and what it serves."""

    port: int = option(
        "The port on 127.0.0.1; 0 takes any free one.",
        "N",
        read=convert.whole_number(0, 65535),
        default=8765,
    )
    no_story: bool = option("Tell no story: only what is published happens.")
    token_life: float | None = option(
        "Access tokens expire after T, the printed ones too.", "T", read=parse_duration
    )
    accounts: Path | None = option(
        "A JSON file of accounts in place of the made-up one; they have no story.",
        "FILE",
        read=expanded,
        completes="files",
    )
    tls: bool = option(
        "Serve https and wss, with an authority made for this run; its file is printed."
    )
    verbosity: VerbosityOptions = VerbosityOptions()
    local: LocalOptions = LocalOptions()


class RecordOptions(Group, panel=OUTPUT):
    """The recorded file, and what is masked everywhere."""

    record: Path | None = option(
        "Append everything received, before filters, as JSON Lines; *.gz is compressed.",
        "FILE",
        read=convert.record_path,
        completes="files",
    )
    redact: bool = option(
        "Mask phones, e-mails, names and texts, the same person by the same mask."
    )
    redact_key: str | None = option(
        "Any text; with the same key the masks are the same in every run.",
        "KEY",
        variable="CHATAPP_TAIL_REDACT_KEY",
        is_secret=True,
    )


class ForwardOptions(Group, panel=FORWARDING):
    """The webhook that gets what is shown."""

    forward_to: ForwardTargets = option(
        "POST each shown event to URL, as a ChatApp webhook does; repeat. With EVENTS "
        "(message,messageStatus=https://...) only these.",
        "[EVENTS=]URL",
        read=parse_forward_target,
        is_secret=True,
    )
    forward_header: Headers = option(
        "A header to send to the webhook: name, colon, value; repeat.",
        "N:V",
        read=parse_header,
        is_secret=True,
    )
    forward_insecure: bool = option("Allow plain http:// to another host.")
    forward_spool: Path | None = option(
        "Keep in FILE what isn't delivered yet, over restarts.", "FILE", read=expanded
    )


class ShowOptions(Group):
    """What every command takes that shows events."""

    filters: FilterOptions = FilterOptions()
    output: OutputOptions = OutputOptions()
    stop: StopOptions = StopOptions()
    record: RecordOptions = RecordOptions()
    forward: ForwardOptions = ForwardOptions()


class DemoOptions(Group):
    """What the demo takes."""

    show: ShowOptions = ShowOptions()
    live: LiveOptions = LiveOptions()
    local: LocalOptions = LocalOptions()


class ReplayOptions(Group):
    """What a replay shows, how fast, and which part of the file."""

    show: ShowOptions = ShowOptions()
    speed: float = option(
        "The speed: 1 is as fast as it was recorded, 10 is ten times that.",
        "N|max",
        read=parse_speed,
        default=convert.INFINITE,
        shown_default="max",
        completes=("1", "10", "max"),
    )
    since: datetime | None = option(
        f"Only what came at T or later: {MOMENT_FORMS}.", "T", read=convert.moment
    )
    before: datetime | None = option(
        "Only what came before T, in the same forms.", "T", read=convert.moment
    )
    notices: bool = option(
        "Write recorded losses, gaps and more to stdout, too, as records; the format is then json."
    )

    def holds(self, moment: datetime) -> bool:
        """Return whether what came at ``moment`` is wanted."""
        return (self.since is None or moment >= self.since) and (
            self.before is None or moment < self.before
        )


class ChannelListOptions(Group):
    """What the list of channels takes."""

    output: ListOptions = ListOptions()
    endpoint: EndpointOptions = EndpointOptions()
    credentials: CredentialOptions = CredentialOptions()


class TailOptions(Group):
    """What the tail itself takes."""

    channels: ChannelOptions = ChannelOptions()
    show: ShowOptions = ShowOptions()
    live: LiveOptions = LiveOptions()
    connection: ConnectionOptions = ConnectionOptions()
    credentials: CredentialOptions = CredentialOptions()


class DoctorOptions(Group):
    """What the doctor takes."""

    channels: ChannelOptions = ChannelOptions()
    output: ListOptions = ListOptions()
    resume: Path | None = option(
        "Compare the newest messages with what a tail with --resume FILE has got.",
        "FILE",
        read=expanded,
    )
    endpoint: EndpointOptions = EndpointOptions()
    credentials: CredentialOptions = CredentialOptions()


class TriggerOptions(Group):
    """What to send, how often, and where to."""

    set: Assignments = option(
        "Change a field: data.0.message.text=Hello, meta.licenseId=1; repeat. A value "
        "that is JSON (1, true, null, '\"1\"', {...}) is taken as such, any other as text.",
        "PATH=VALUE",
        read=convert.assignment,
    )
    file: str | None = option(
        "Send this JSON in place of the sample: {data, meta}, an item, or a list.",
        "F|-",
        completes="files",
    )
    count: int | None = option(
        "Send N events.", "-n N", read=convert.whole_number(1), shown_default="1"
    )
    rate: float | None = option(
        "Send R events a second.", "R", read=convert.rate, shown_default="no pause"
    )
    channel: Channels = option(
        "The same as the argument SPEC.", "-c SPEC", read=parse_spec, completes="specs"
    )
    api_url: str | None = option(
        "Where chatapp-tail serve listens.",
        "URL",
        shown_default="http://127.0.0.1:8765",
        variable="CHATAPP_API_URL",
        panel=ENDPOINT,
    )
    to: str | None = option("POST {data, meta} to this webhook instead.", "URL", is_secret=True)
    header: Headers = option(
        "A header for the webhook; repeat.", "N:V", read=parse_header, is_secret=True
    )
    insecure: bool = option("Allow plain http:// to another host.")
    verbosity: VerbosityOptions = VerbosityOptions()


class HelpOptions(Group, panel=HELP):
    """What is told instead of doing something."""

    help: bool = option("Show help and exit; chatapp-tail -h shows one screen of it.", "-h")


class VersionOptions(Group, panel=HELP):
    """The program's own."""

    version: bool = option("Show the version and exit.")
