"""``chatapp-tail [OPTIONS] [SPEC…]``."""

from collections.abc import Iterable, Mapping

from chatapp_tail.account.tokens import Given
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.cli.account import Account
from chatapp_tail.cli.build import (
    build_endpoint,
    build_settings,
    warn_of_guesses,
)
from chatapp_tail.cli.options import Specs, TailOptions
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.cli.reports import verbosity
from chatapp_tail.cli.resolve import build_channels, resolve
from chatapp_tail.cli.run import run_tail
from chatapp_tail.cli.streams import process_streams, wants_dates
from chatapp_tail.errors import ApiError, ExitCode
from chatapp_tail.output.status import Status


def tail_command(specs: Specs, options: TailOptions, chosen: Chosen) -> ExitCode:
    """Check everything, ask the API for what only it knows, then tail."""
    streams = process_streams()
    status = Status(
        streams.stderr,
        verbosity(options.show.output.verbosity),
        is_dated=wants_dates(streams),
    )
    endpoint = build_endpoint(options.connection.endpoint)
    account = Account(endpoint, chosen, streams, status)
    account.require_profile()
    wanted = build_channels(options.channels, specs)
    settings = build_settings(
        wanted.channels, endpoint, options.show, options.live, options.connection
    )
    given = account.token(options.credentials.token)
    warn_of_guesses(settings, status)
    channels = resolve(wanted, options.channels.shard, account, given, status)
    people = _people(channels, account, given, status) if options.show.output.names else {}
    settings = settings._replace(channels=channels)
    with account.settled():
        return run_tail(settings, given.token, streams, status, people)


def _people(
    channels: Iterable[Channel], account: Account, given: Given, status: Status
) -> Mapping[str, str]:
    """Return employees' names by id; none, and a warning, if the API doesn't tell."""
    companies = [channel.company for channel in channels if channel.company is not None]
    try:
        return account.people(given, companies)
    except ApiError as exc:
        status.warn(f"no names of employees: {exc.message}")
        return {}
