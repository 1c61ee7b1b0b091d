"""``chatapp-tail [OPTIONS] [SPEC…]``."""

from collections.abc import Sequence

from chatapp_tail.account.tokens import find_token, form_warning
from chatapp_tail.cli.build import (
    build_channels,
    build_endpoint,
    build_settings,
    warn_of_guesses,
)
from chatapp_tail.cli.options import TailOptions
from chatapp_tail.cli.run import process_streams, run_tail
from chatapp_tail.errors import ExitCode
from chatapp_tail.output.status import Status


def tail_command(specs: Sequence[str], options: TailOptions) -> ExitCode:
    """Check everything, then tail."""
    streams = process_streams()
    settings = build_settings(
        build_channels(options.channels, specs),
        build_endpoint(options.connection, streams.environment),
        options.show,
        options.connection,
        streams.environment,
    )
    status = Status(streams.stderr, settings.verbosity)
    given = options.credentials.token
    token = find_token(given, streams.environment, streams.stdin).token
    status.hide(token.token())
    warn_of_guesses(settings, status)
    if given and given != "-" and not given.startswith("@") and streams.stderr.isatty():
        status.warn("a --token on the command line shows in the list of processes")
    if warning := form_warning(token.token()):
        status.warn(warning)
    return run_tail(settings, token, streams, status)
