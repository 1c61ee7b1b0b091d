"""The channels of a run: named, or listed by the API. And ``chatapp-tail channels``: the list."""

import sys
from shlex import quote
from typing import NamedTuple

from chatapp_tail.account.tokens import FoundToken
from chatapp_tail.chatapp.channels import MESSENGER_TYPES, Channel, license_channel
from chatapp_tail.cli.account import Account
from chatapp_tail.cli.build import build_endpoint
from chatapp_tail.cli.options import ChannelListOptions, ChannelOptions, Specs
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.cli.streams import LISTED_AS_JSON, has_color, write_json, written_out
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.status import Status
from chatapp_tail.sharding import Shard
from chatapp_tail.units import counted

NOTHING_TO_WATCH = """\
Name a channel:   chatapp-tail --license 1229 --messenger telegram
or as a spec:     chatapp-tail 1229/telegram company/2224 user/685
No account yet?   chatapp-tail demo"""


class Wanted(NamedTuple):
    """What is to be watched: channels, all messengers of ``licenses`` (``1229/*``), or ``all``."""

    channels: tuple[Channel, ...] = ()
    licenses: tuple[int, ...] = ()
    all: bool = False


def build_channels(options: ChannelOptions, specs: Specs, *, may_be_none: bool = False) -> Wanted:
    """Return what options and specs name, everything once, in the order named.

    Raises ``UsageError`` for half a channel, and if nothing is named unless ``may_be_none``.
    The share of ``--shard`` is taken by ``resolve``, when all channels are known.
    """
    named = (*options.channel, *specs)
    licenses = [one for one in named if isinstance(one, int)]
    channels = [*_named_by_license(options), *options.company, *options.user]
    channels += [one for one in named if isinstance(one, Channel)]
    if not (channels or licenses or options.all or may_be_none):
        raise UsageError("nothing to watch", hint=NOTHING_TO_WATCH)
    return Wanted(
        tuple({channel.name: channel for channel in channels}.values()),
        tuple(dict.fromkeys(licenses)),
        options.all,
    )


def _named_by_license(options: ChannelOptions) -> list[Channel]:
    """Return every licence × every messenger. Raises ``UsageError`` for one without the other."""
    licenses, messengers = options.license, options.messenger
    if licenses and not messengers:
        raise UsageError(
            "this needs a messenger, too: a channel is one messenger of a licence",
            hint=f"For example: chatapp-tail --license {licenses[0]} --messenger telegram\n"
            f"Messenger types: {', '.join(MESSENGER_TYPES)}.",
            option="license",
        )
    if messengers and not licenses:
        raise UsageError(
            "this needs a licence, too: a channel is one messenger of a licence",
            hint=f"For example: chatapp-tail --license 1229 --messenger {messengers[0]}",
            option="messenger",
        )
    return [license_channel(one, kind) for one in licenses for kind in messengers]


def resolve(
    wanted: Wanted, shard: Shard | None, account: Account, given: FoundToken, status: Status
) -> tuple[Channel, ...]:
    """Return the channels of this run's share. Raises ``UsageError`` if there is none."""
    channels = [*wanted.channels]
    if wanted.all or wanted.licenses:
        listing = account.channels(given)
        from chatapp_tail.account.listing import of_licenses  # noqa: PLC0415 (loads requests)

        channels += of_licenses(listing, wanted.licenses)
        channels += [one.channel for one in listing if wanted.all]
    named = tuple({channel.name: channel for channel in channels}.values())
    if not named:
        raise UsageError(
            "nothing to watch: the API lists no channel for this token",
            hint="See: chatapp-tail channels",
        )
    shared = tuple(channel for channel in named if shard is None or shard.has(channel.name))
    if not shared:
        raise UsageError(
            f"no channel falls into the share {shard}",
            hint=f"There are only {counted(len(named), 'channel')}. Use fewer shares.",
        )
    if shard or len(channels) > len(wanted.channels):
        of_all = f" of {len(named)}" if shard else ""
        status.say(f"watching {counted(len(shared), 'channel')}{of_all}")
    return shared


def channels_command(options: ChannelListOptions, chosen: Chosen) -> ExitCode:
    """List the channels: a table on a terminal, specs in a pipe, or JSON Lines.

    A spec is written so that a shell takes it for one word: a channel's name may hold a ``;``.
    """
    format_ = options.output.list_format()
    status = Status(sys.stderr, options.output.verbosity.level)
    account = Account(build_endpoint(options.endpoint), chosen, status)
    account.require_profile()
    listing = account.channels(account.token(options.credentials.token))
    if not listing:
        status.warn("the API lists no licence for this token, so there is nothing to watch")
    with written_out():
        if format_ in LISTED_AS_JSON:
            write_json(listed.as_dict() for listed in listing)
        elif format_ is OutputFormat.TABLE or (format_ is None and sys.stdout.isatty()):
            from chatapp_tail.output.printing import ChannelRow, print_channels  # noqa: PLC0415

            rows = [
                ChannelRow(
                    quote(one.spec), one.name, one.messenger, one.phone, one.status, one.ends
                )
                for one in listing
            ]
            print_channels(rows, sys.stdout, color=has_color(options.output.color))
        else:
            sys.stdout.writelines(f"{quote(listed.spec)}\n" for listed in listing)
    return ExitCode.OK
