"""The channels of a run: those that were named, those that the API lists, and its share of them."""

from collections.abc import Sequence

from chatapp_tail.account.tokens import Given
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.cli.account import Account
from chatapp_tail.cli.build import Wanted, share
from chatapp_tail.errors import UsageError
from chatapp_tail.output.status import Status
from chatapp_tail.sharding import Shard


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
