import pytest

from chatapp_tail.errors import ChannelsRefusedError
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.interfaces import Refused
from chatapp_tail.watch import Watch
from tests.support.fake_clock import FakeClock
from tests.support.fakes import Stderr
from tests.support.records import COMPANY, TELEGRAM, WHATSAPP
from tests.support.schema import validate_line

MANY = [f"private-v1.licenses.{number}.messengers.telegram" for number in range(12)]


class Watched:
    """A watch, its clock, and what it said."""

    def __init__(self, *channels: str, strict: bool = False, verbosity: int = 0) -> None:
        self.clock = FakeClock()
        self.stderr = Stderr()
        self.notices: list[dict[str, object]] = []
        self.watch = Watch(
            channels,
            clock=self.clock,
            reporter=Reporter(Status(self.stderr, verbosity), self.clock, self._put),
            strict=strict,
        )

    @property
    def said(self) -> list[str]:
        return self.stderr.said

    def refuse(self, channel: str, reason: str = "HTTP 403") -> None:
        self.watch.refused(Refused(channel, reason, 403))

    def subscribe(self, *channels: str) -> None:
        for channel in channels:
            self.watch.subscribed(channel)

    def lose(self) -> None:
        self.watch.lost(self.clock.now(), "silent")

    def _put(self, lines: bytes, records: int) -> bool:
        assert records == 1
        notice = validate_line(lines)
        self.notices.append({key: notice[key] for key in notice if key not in ("v", "kind", "at")})
        return True


def test_many_subscriptions_are_said_in_one_sentence() -> None:
    watched = Watched(*MANY)
    watched.refuse(MANY[0])
    watched.subscribe(*MANY[1:])
    assert watched.said == [
        "warning: 0/telegram refused: HTTP 403",
        "subscribed to 11 of 12 channels",
    ]


def test_verbose_says_each_of_many_subscriptions() -> None:
    watched = Watched(*MANY, verbosity=1)
    watched.subscribe(*MANY)
    assert watched.said[10:] == [
        "subscribed to 10/telegram",
        "subscribed to 11/telegram",
        "subscribed to 12 of 12 channels",
    ]


def test_each_of_many_subscriptions_is_a_notice_though_one_sentence_tells_of_all() -> None:
    watched = Watched(*MANY)
    watched.subscribe(*MANY)
    assert [notice["channel"] for notice in watched.notices] == MANY


def test_refusal_is_a_warning_while_others_are_left() -> None:
    watched = Watched(TELEGRAM, WHATSAPP)
    watched.refuse(TELEGRAM)
    watched.refuse(TELEGRAM)
    assert watched.said == ["warning: 1229/telegram refused: HTTP 403"]


def test_last_refusal_of_all_ends_the_run() -> None:
    watched = Watched(TELEGRAM, WHATSAPP)
    watched.refuse(TELEGRAM)
    with pytest.raises(ChannelsRefusedError) as refused:
        watched.refuse(WHATSAPP, "HTTP 404")
    assert str(refused.value) == "all 2 channels were refused; 1229/grWhatsApp refused: HTTP 404"
    assert "case matters: grWhatsApp" in refused.value.hint


def test_refusal_of_the_only_channel_ends_the_run() -> None:
    with pytest.raises(ChannelsRefusedError, match=r"^1229/telegram refused: HTTP 403$"):
        Watched(TELEGRAM).refuse(TELEGRAM)


@pytest.mark.parametrize(
    ("channel", "hint"),
    [
        ("private-v1.companies.9999", "Check the company id, and"),
        ("private-v1.users.9999", "Check the user id, and"),
        ("private-v1.companies.9.users.9", "Check the company id and the user id, and"),
        ("private-other", "Check the channel's name, and"),
    ],
)
def test_hint_for_a_refusal_fits_the_channels_kind(channel: str, hint: str) -> None:
    with pytest.raises(ChannelsRefusedError) as refused:
        Watched(channel).refuse(channel)
    assert refused.value.hint == f"{hint} that the token's account owns the channel."


def test_strict_ends_at_the_first_refusal() -> None:
    watched = Watched(TELEGRAM, WHATSAPP, strict=True)
    watched.subscribe(TELEGRAM)
    with pytest.raises(ChannelsRefusedError, match=r"^1229/grWhatsApp refused: HTTP 403$"):
        watched.refuse(WHATSAPP)


def test_channel_that_came_back_counts_as_refused_no_more() -> None:
    watched = Watched(TELEGRAM, WHATSAPP)
    watched.refuse(TELEGRAM)
    watched.subscribe(WHATSAPP)
    watched.lose()
    watched.subscribe(TELEGRAM)
    watched.refuse(WHATSAPP)
    assert watched.said[-1] == "warning: 1229/grWhatsApp refused: HTTP 403"


def test_gap_is_said_with_its_length_channels_and_reason() -> None:
    watched = Watched(TELEGRAM, COMPANY)
    watched.subscribe(TELEGRAM, COMPANY)
    last_seen = watched.clock.now()
    watched.clock.advance(40)
    watched.watch.lost(last_seen, "silent")
    watched.clock.advance(32)
    watched.subscribe(TELEGRAM)
    watched.subscribe(COMPANY)
    assert watched.said[-1] == (
        "warning: gap of 1m 12s in 1229/telegram, company/2224: what was sent then is lost (silent)"
    )
    assert watched.watch.missed == ["1 gap of 1m 12s"]


def test_gap_of_all_of_many_channels_names_none_of_them() -> None:
    watched = Watched(*MANY)
    watched.subscribe(*MANY)
    watched.lose()
    watched.clock.advance(5)
    watched.subscribe(*MANY)
    assert watched.said[-1] == (
        "warning: gap of 5.0 s in all 12 channels: what was sent then is lost (silent)"
    )


@pytest.mark.parametrize(("seconds", "day"), [(5, ""), (86_400 * 2, "%a ")])
def test_gap_is_reported_in_local_time(seconds: float, day: str) -> None:
    watched = Watched(TELEGRAM)
    watched.subscribe(TELEGRAM)
    start = f"{watched.clock.utcnow().astimezone():{day}%H:%M:%S}"
    watched.lose()
    watched.clock.advance(seconds)
    watched.subscribe(TELEGRAM)
    end = f"{watched.clock.utcnow().astimezone():%H:%M:%S}"
    assert f" ({start}–{end}) in 1229/telegram: " in watched.stderr.getvalue()


def test_summary_counts_gaps_and_tells_of_one_that_is_not_over() -> None:
    watched = Watched(TELEGRAM)
    assert watched.watch.missed == []
    for seconds in (5, 7):
        watched.subscribe(TELEGRAM)
        watched.lose()
        watched.clock.advance(seconds)
    watched.subscribe(TELEGRAM)
    watched.lose()
    watched.clock.advance(90)
    assert watched.watch.missed == [
        "2 gaps, 12.0 s",
        "not connected for the last 1m 30s",
    ]


def test_life_of_a_connection_counts_from_its_first_subscription() -> None:
    watched = Watched(TELEGRAM, WHATSAPP)
    assert watched.watch.subscribed_for == 0.0
    watched.subscribe(TELEGRAM)
    watched.clock.advance(60)
    watched.subscribe(WHATSAPP)
    watched.clock.advance(5)
    assert watched.watch.subscribed_for == 65.0
    watched.lose()
    assert watched.watch.subscribed_for == 0.0


def test_notices_name_channels_in_the_order_of_the_user() -> None:
    watched = Watched(WHATSAPP, COMPANY, TELEGRAM)
    watched.subscribe(TELEGRAM, COMPANY, WHATSAPP)
    watched.lose()
    watched.subscribe(COMPANY, TELEGRAM, WHATSAPP)
    lost, gap = watched.notices[3], watched.notices[-1]
    assert lost["channels"] == gap["channels"] == [WHATSAPP, COMPANY, TELEGRAM]
