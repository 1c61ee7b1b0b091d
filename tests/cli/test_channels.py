"""Which channels options and specs name."""

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.cli.channels import NOTHING_TO_WATCH, Wanted, build_channels
from chatapp_tail.cli.commands import COMMANDS
from chatapp_tail.cli.conversions import spec
from chatapp_tail.cli.parser import parse
from chatapp_tail.errors import UsageError
from tests.cli.given import tail

USER = parse_spec("user/685")


def wanted(*words: str) -> Wanted:
    """Return what the channels' options and specs of a command line name."""
    specs = tuple(map(spec, parse(COMMANDS["tail"], words).words))
    return build_channels(tail(*words).channels, specs)


@pytest.mark.parametrize(
    ("words", "channels"),
    [
        ("-l 1 -l 2 -m telegram -m avito", "1/telegram 1/avito 2/telegram 2/avito"),
        ("-l 1,2 -l 3 -m telegram", "1/telegram 2/telegram 3/telegram"),
        (
            "--company 2224,2225 --user 685 --user 686",
            "company/2224 company/2225 user/685 user/686",
        ),
        (
            "-c 1/telegram -c user/685 company/2224 company/2224/user/685",
            "1/telegram user/685 company/2224 company/2224/user/685",
        ),
        (
            "-l 1 -l 1 -m avito,avito -c 1/avito private-v1.licenses.1.messengers.avito 2/avito",
            "1/avito 2/avito",
        ),
        ("-l 1 -m notKnownYet", "1/notKnownYet"),
        ("-c private-a,b private-c,d", "private-a,b private-c,d"),
    ],
)
def test_options_and_specs_name_channels_once_in_their_order(words: str, channels: str) -> None:
    named = wanted(*words.split())
    assert [channel.spec for channel in named.channels] == channels.split()
    assert (named.licenses, named.all) == ((), False)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-c 1229/* -c 7/* 1229/*", Wanted(licenses=(1229, 7))),
        ("--all", Wanted(all=True)),
        ("--all --user 685 1229/*", Wanted((USER,), (1229,), all=True)),
        ("--user 685 --shard 1/2", Wanted((USER,))),
    ],
)
def test_whole_licences_and_all_channels_are_named_without_a_channel(
    words: str, expected: Wanted
) -> None:
    assert wanted(*words.split()) == expected


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (
            "--license 1229",
            "this needs a messenger, too: a channel is one messenger of a licence",
            "For example: chatapp-tail --license 1229 --messenger telegram\nMessenger types: grWh",
        ),
        (
            "--messenger avito --company 2224",
            "this needs a licence, too: a channel is one messenger of a licence",
            "For example: chatapp-tail --license 1229 --messenger avito",
        ),
        ("-l 1229 -m ,", "--messenger: ',' is an empty list", "Is a shell variable not set? To do"),
        ("-l abc -m avito", "--license: 'abc' is not a licence id", "A licence id is a number"),
        ("-l 1 -m a+b", "--messenger: 'a+b' is not a messenger type", "Known types: grWhatsApp"),
        ("--user 1/2", "--user: 'user/1/2' is not a channel", "A channel is written"),
        ("-c 1229", "--channel: '1229' is not a channel", "A channel is written"),
        ("-c x/*", "--channel: 'x' is not a licence id", "A licence id is a number"),
        ("-c /*", "--channel: '' is not a licence id", "A licence id is a number"),
        ("-c 01/*", "--channel: '01' is not a licence id", "A licence id is"),
        ("-c user/1/*", "--channel: 'user/1' is not a licence id", "A licence id is"),
        ("-c 1229/tele*", "--channel: '1229/tele*' is not a channel", "A channel is"),
        ("--shard 0/2", "nothing to watch", NOTHING_TO_WATCH),
    ],
)
def test_bad_or_incomplete_channel_is_a_usage_error_with_the_next_step(
    words: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        wanted(*words.split())
    assert str(refused.value) == message
    assert refused.value.hint.startswith(hint)
