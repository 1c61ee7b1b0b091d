"""Every option, once, in groups that commands take whole.

A group is a dataclass whose fields are Typer options. ``takes`` lets a command declare groups as
its parameters; options given before the command word (``--json demo``) count as given after it.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from typing import Annotated, Any, TypeVar, get_args

import typer

from chatapp_tail.durations import parse_duration
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.sizes import parse_size

CHANNELS = "Channels"
FILTERS = "Filters"
OUTPUT = "Output"
STOPPING = "Stopping"
CONNECTION = "Connection"
ENDPOINT = "Endpoint"
CREDENTIALS = "Credentials"

Words = list[str]


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


@dataclass(frozen=True, slots=True)
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
            help="1229/telegram, company/2224, company/2224/user/685, user/685, private-….",
            rich_help_panel=CHANNELS,
        ),
    ] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """How to write what is shown."""

    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format",
            "-f",
            help="Default: table on a terminal, else json. [env: CHATAPP_TAIL_FORMAT]",
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
    color: Annotated[
        ColorMode | None,
        typer.Option(
            "--color",
            help="Default: auto (NO_COLOR and FORCE_COLOR count).",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = None
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
            help="End after T (30s, 5m, 1h30m); with --count unmet, exit code 6.",
            rich_help_panel=STOPPING,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How to connect, and where."""

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
    socket_url: Annotated[
        str | None,
        typer.Option(
            "--socket-url",
            metavar="URL",
            help="ws[s]://host[:port] of any Pusher server. [env: CHATAPP_SOCKET_URL]",
            rich_help_panel=ENDPOINT,
        ),
    ] = None
    api_url: Annotated[
        str | None,
        typer.Option(
            "--api-url",
            metavar="URL",
            help="http[s]://host[:port] that authorizes channels. [env: CHATAPP_API_URL]",
            rich_help_panel=ENDPOINT,
        ),
    ] = None
    app_key: Annotated[
        str | None,
        typer.Option(
            "--app-key",
            metavar="KEY",
            help="The Pusher app's public key. [env: CHATAPP_APP_KEY]",
            rich_help_panel=ENDPOINT,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """What every command takes that shows events."""

    filters: FilterOptions
    output: OutputOptions
    notices: NoticeOptions
    stop: StopOptions


@dataclass(frozen=True, slots=True)
class TailOptions:
    """What the tail itself takes."""

    channels: ChannelOptions
    show: ShowOptions
    connection: ConnectionOptions
    credentials: CredentialOptions


F = TypeVar("F", bound=Callable[..., object])


def takes(command: F) -> F:
    """Spread the option groups among ``command``'s parameters into options, and gather them again.

    ``command`` must have a parameter ``ctx: typer.Context``; other parameters stay as they are.
    """
    signature = inspect.signature(command)
    groups = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if is_dataclass(parameter.annotation)
    }

    def gathered(**values: Any) -> object:  # noqa: ANN401
        ctx: typer.Context = values["ctx"]
        for name, group in groups.items():
            given = {part.name: values.pop(part.name) for part in _options(group)}
            merged = {key: _value(ctx, key, value) for key, value in given.items()}
            values[name] = _gather(group, merged)
        return command(**values)

    parameters = [one for name, one in signature.parameters.items() if name not in groups]
    parameters += [_parameter(part) for group in groups.values() for part in _options(group)]
    gathered.__name__ = command.__name__
    gathered.__doc__ = command.__doc__
    gathered.__annotations__ = {one.name: one.annotation for one in parameters}
    gathered.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=sorted(parameters, key=lambda one: one.kind)
    )
    return gathered  # type: ignore[return-value]


def remember(ctx: typer.Context, options: TailOptions) -> None:
    """Keep the options given before a command word for that command."""
    ctx.obj = _spread(options)


def _options(group: Any) -> Iterator[Field[Any]]:  # noqa: ANN401 (a dataclass)
    """Yield the options of a group and of the groups in it."""
    for part in fields(group):
        if isinstance(part.type, type) and is_dataclass(part.type):
            yield from _options(part.type)
        else:
            yield part


def _gather(group: Any, values: Mapping[str, object]) -> object:  # noqa: ANN401
    """Make a group, and the groups in it, from the options' values by name."""
    return group(
        **{
            part.name: _gather(part.type, values)
            if isinstance(part.type, type) and is_dataclass(part.type)
            else values[part.name]
            for part in fields(group)
        }
    )


def _spread(group: object) -> dict[str, object]:
    """Return the options' values by name: the opposite of ``_gather``."""
    values: dict[str, object] = {}
    for part in fields(group):  # type: ignore[arg-type]
        value = getattr(group, part.name)
        values |= _spread(value) if is_dataclass(value) else {part.name: value}
    return values


def _parameter(part: Field[Any]) -> inspect.Parameter:
    return inspect.Parameter(
        part.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None if part.default is MISSING else part.default,
        annotation=part.type,
    )


def _value(ctx: typer.Context, key: str, value: object) -> object:
    """Return an option's value: given after the command word, else before it.

    Lists and counts (-v) add up.
    """
    before: dict[str, object] = ctx.obj or {}
    if isinstance(value, tuple):
        value = list(value)
    if value is None and key in _LISTS:
        value = []
    earlier = before.get(key)
    if isinstance(earlier, list) and isinstance(value, list):
        return [*earlier, *value]
    if key in _COUNTS and isinstance(earlier, int) and isinstance(value, int):
        return earlier + value
    source = ctx.get_parameter_source(key)
    is_given = source is not None and source.name == "COMMANDLINE"
    return earlier if key in before and not is_given else value


_LISTS = frozenset(
    part.name for part in _options(TailOptions) if part.default_factory is not MISSING
)
_COUNTS = frozenset(
    part.name
    for part in _options(TailOptions)
    if any(option.count for option in get_args(part.type)[1:])
)
