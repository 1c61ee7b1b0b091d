"""``chatapp-tail [OPTIONS] [SPEC…]``."""

from collections.abc import Sequence

from chatapp_tail.account.config import require_profile
from chatapp_tail.account.tokens import find_token, form_warning
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.cli.build import (
    build_channels,
    build_endpoint,
    build_settings,
    share,
    verbosity,
    warn_of_guesses,
)
from chatapp_tail.cli.layers import Chosen
from chatapp_tail.cli.options import ChannelOptions, TailOptions
from chatapp_tail.cli.run import process_streams, run_tail
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.output.status import Status


def tail_command(specs: Sequence[str], options: TailOptions, chosen: Chosen) -> ExitCode:
    """Check everything, then tail."""
    streams = process_streams()
    status = Status(streams.stderr, verbosity(options.show.output))
    for sentence in chosen.sentences:
        status.detail(sentence)
    require_profile(chosen.profile, has_login=False)
    settings = build_settings(
        _channels(options.channels, specs),
        build_endpoint(options.connection),
        options.show,
        options.connection,
    )
    given = options.credentials.token
    # The place for chosen.profile.token_file, and for the stored login of chosen.profile.name.
    token = find_token(given, streams.environment, streams.stdin).token
    status.hide(token.token())
    warn_of_guesses(settings, status)
    if given and given != "-" and not given.startswith("@") and streams.stderr.isatty():
        status.warn("a --token on the command line shows in the list of processes")
    if warning := form_warning(token.token()):
        status.warn(warning)
    return run_tail(settings, token, streams, status)


def _channels(options: ChannelOptions, specs: Sequence[str]) -> tuple[Channel, ...]:
    """Return the channels of this run's share. Raises ``UsageError`` if there is none."""
    wanted = build_channels(options, specs)
    if wanted.licenses or wanted.all:
        raise UsageError("1229/* and --all are not built yet", hint="Name the channels.")
    channels = share(wanted.channels, options.shard)
    if not channels:
        raise UsageError(
            f"the share {options.shard} has none of the channels",
            hint="Take fewer shares: --shard I/N",
        )
    return channels
