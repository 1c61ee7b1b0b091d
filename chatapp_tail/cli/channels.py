"""``chatapp-tail channels``: what a token may watch, one ready-made SPEC a line."""

from collections.abc import Sequence
from shlex import quote

from chatapp_tail.account.listing import Listed
from chatapp_tail.cli.account import Account
from chatapp_tail.cli.build import build_endpoint
from chatapp_tail.cli.options import CredentialOptions, EndpointOptions, ListOptions
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.cli.reports import build_list, has_color, verbosity, write_json
from chatapp_tail.cli.streams import Streams, process_streams, written_out
from chatapp_tail.errors import ExitCode
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.formats import OutputSettings
from chatapp_tail.output.status import Status


def channels_command(
    options: ListOptions,
    endpoint: EndpointOptions,
    credentials: CredentialOptions,
    chosen: Chosen,
) -> ExitCode:
    """List the channels: a table on a terminal, specs in a pipe, or JSON Lines.

    A spec is written so that a shell takes it for one word: a channel's name may hold a ``;``.
    """
    streams, output = process_streams(), build_list(options)
    status = Status(streams.stderr, verbosity(options.verbosity))
    account = Account(build_endpoint(endpoint), chosen, streams, status)
    account.require_profile()
    listing = account.channels(account.token(credentials.token))
    if not listing:
        status.warn("this token may watch nothing: the API lists no licence")
    with written_out(streams):
        _write(listing, output, streams)
    return ExitCode.OK


def _write(listing: Sequence[Listed], output: OutputSettings, streams: Streams) -> None:
    match output.format:
        case OutputFormat.JSON | OutputFormat.PRETTY | OutputFormat.RAW:
            write_json((listed.as_dict() for listed in listing), streams)
        case OutputFormat.TABLE:
            _print_table(listing, output, streams)
        case None if streams.stdout.isatty():
            _print_table(listing, output, streams)
        case _:
            streams.stdout.writelines(f"{quote(listed.spec)}\n" for listed in listing)


def _print_table(listing: Sequence[Listed], output: OutputSettings, streams: Streams) -> None:
    from chatapp_tail.output.printing import ChannelRow, print_channels  # noqa: PLC0415

    rows = [
        ChannelRow(quote(one.spec), one.name, one.messenger, one.phone, one.status, one.ends)
        for one in listing
    ]
    print_channels(rows, streams.stdout, color=has_color(output, streams))
