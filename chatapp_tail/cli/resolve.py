"""The channels of a run: those that were named, those that the API lists, and its share of them."""

from collections.abc import Sequence
from typing import NamedTuple

from chatapp_tail.account.tokens import Given
from chatapp_tail.chatapp.channels import MESSENGER_TYPES, Channel, license_channel
from chatapp_tail.cli.account import Account
from chatapp_tail.cli.options import ChannelOptions, Specs
from chatapp_tail.errors import UsageError
from chatapp_tail.output.status import Status
from chatapp_tail.sharding import Shard

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
    The share of ``--shard`` isn't taken here, but by ``share``, when all channels are known.
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


def share(channels: Sequence[Channel], shard: Shard | None) -> tuple[Channel, ...]:
    """Return the channels that are the shard's; all of them without one."""
    return tuple(channel for channel in channels if shard is None or shard.has(channel.name))


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
    wanted: Wanted, shard: Shard | None, account: Account, given: Given, status: Status
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
    shared = share(named, shard)
    if not shared:
        raise UsageError(
            f"the share {shard} has none of the channels",
            hint=f"There are {len(named)} in all; fewer shares would have some each.",
        )
    if shard or len(channels) > len(wanted.channels):
        status.say(f"watching {_count(shared)}" + (f" of {len(named)}" if shard else ""))
    return shared


def _count(channels: Sequence[Channel]) -> str:
    return "1 channel" if len(channels) == 1 else f"{len(channels)} channels"
