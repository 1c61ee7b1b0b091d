from datetime import timedelta

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.identity import short_id
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.pusher.protocol import PusherEvent
from tests.support.records import STARTED_AT, TELEGRAM, of_item, received, said


def rows(time_format: TimeFormat = TimeFormat.UTC, *, cut: bool = True) -> RowMaker:
    return RowMaker(time_format, STARTED_AT, cut=cut)


ARRIVALS = (1, 4.521, 4.021, 3605)
LOCAL = [(STARTED_AT + timedelta(seconds=after)).astimezone() for after in ARRIVALS]


@pytest.mark.parametrize(
    ("time_format", "times"),
    [
        (TimeFormat.LOCAL, [f"{time:%H:%M:%S}" for time in LOCAL]),
        (TimeFormat.UTC, ["11:39:21", "11:39:24", "11:39:24", "12:39:25"]),
        (TimeFormat.ISO, [time.isoformat(timespec="milliseconds") for time in LOCAL]),
        (TimeFormat.RELATIVE, ["+1.000s", "+4.521s", "+4.021s", "+1:00:05"]),
        (TimeFormat.DELTA, ["+1.000s", "+3.521s", "-0.500s", "+1:00:00"]),
    ],
)
def test_times_are_written_as_asked(time_format: TimeFormat, times: list[str]) -> None:
    maker = rows(time_format)
    assert [maker.row(said("hi", after=after)).time for after in ARRIVALS] == times
    assert max(map(len, times)) <= maker.time_width


@pytest.mark.parametrize(
    ("after", "time"),
    [
        (0, "+0.000s"),
        (-0.25, "-0.250s"),
        (-7200, "-2:00:00"),
        (3599.5, "+3599.500s"),
        (360_000, "+100:00:00"),
    ],
)
def test_relative_time_goes_both_ways_and_over_days(after: float, time: str) -> None:
    assert rows(TimeFormat.RELATIVE).row(said("hi", after=after)).time == time


def test_words_have_times_in_the_zone_of_the_column() -> None:
    item = {"conversation": {"type": "BIC", "endTime": 1644586900}}
    window = of_item(item, event="chatConversation")
    assert rows().row(window).detail == "window open until Fri 13:41 (BIC)"


def test_channel_is_a_spec_and_a_missing_one_or_event_a_dash() -> None:
    assert rows().row(of_item({})).channel == "1229/telegram"
    nowhere = rows().row(of_item({}, channel=None, event=""))
    assert (nowhere.channel, nowhere.event) == ("-", "-")


def test_every_cell_is_cleaned() -> None:
    (hostile,) = received(
        {"data": [{"chat": {"name": "An\x1bn"}, "x": "\x9b"}]}, event="a\nb", channel="c\u202e"
    )
    row = rows().row(hostile)
    assert (row.channel, row.event, row.who) == ("c\\u202e", "a\\nb", "An\\x1bn")
    assert row.detail == '{"chat":{"name":"An\\u001bn"},"x":"\\u009b"}'


@pytest.mark.parametrize(("cut", "length"), [(True, 2_000), (False, 10_002)])
def test_words_are_shortened_only_in_rows_that_are_cut(
    cut: bool,  # noqa: FBT001
    length: int,
) -> None:
    assert len(rows(cut=cut).row(said("x" * 10_000)).detail) == length


def test_names_of_a_megabyte_are_shortened_in_any_row() -> None:
    long = "x" * 1_000_000
    (hostile,) = received({"data": [{"chat": {"name": long}}]}, event=long, channel=long)
    row = rows(cut=False).row(hostile)
    assert [len(row.who), len(row.event), len(row.channel)] == [2_000] * 3


def test_message_has_its_short_id_and_its_kind() -> None:
    failed = of_item({"id": 5, "type": "failed"}, event="messageStatus")
    long = of_item({"id": "wamid.HBgLNzk4", "side": "in", "message": {"text": "hi"}})
    cells = [(row.message, row.kind) for row in map(rows().row, (failed, long, of_item({})))]
    assert cells == [("5", "failed"), (short_id("wamid.HBgLNzk4"), "in"), ("", "in")]


def test_row_has_a_day_where_its_time_shows_none() -> None:
    today, tomorrow = said("hi"), said("hi", after=86_400)
    days = [rows(time_format).row(today).day for time_format in TimeFormat]
    assert days == [f"{LOCAL[1]:%a %-d %b %Y}", "Sun 22 Nov 2026", "", "", ""]
    assert rows().row(tomorrow).day == "Mon 23 Nov 2026"


def test_record_from_the_api_shows_when_it_was_sent() -> None:
    at = STARTED_AT - timedelta(days=1, hours=2)
    item = {"id": 5, "side": "in", "time": int(at.timestamp()), "message": {"text": "hi"}}
    event = PusherEvent("message", TELEGRAM, {"data": [item]})
    (record,) = decode_event(event, seq=1, received_at=STARTED_AT, backfill=True)
    row = rows().row(record)
    assert (row.time, row.day, row.detail) == ("09:39:20", "Sat 21 Nov 2026", "~ ← hi")


# Labels of channels


@pytest.mark.parametrize(
    ("specs", "labels"),
    [
        (["1229/telegram", "1229/grWhatsApp"], ["telegram", "grWhatsApp"]),
        (["1229/telegram", "7/telegram"], ["1229/telegram", "7/telegram"]),
        (["1229/telegram", "company/5", "user/6"], ["telegram", "company", "user"]),
        (["company/5", "company/6", "user/6"], ["company/5", "company/6", "user"]),
        (["company/5/user/6", "private-x"], ["company/5/user/6", "private-x"]),
    ],
    ids=str,
)
def test_label_has_the_id_where_several_ids_are_watched(
    specs: list[str], labels: list[str]
) -> None:
    channels = list(map(parse_spec, specs))
    made = ChannelLabels(channels)
    assert made.width == max(map(len, labels))
    assert list(map(made.label, channels)) == labels


def test_labels_change_as_unknown_channels_come() -> None:
    labels = ChannelLabels()
    long = "private-" + "x" * 50
    specs = ["1229/telegram", "1229/grWhatsApp", "7/telegram", "1229/telegram", long]
    said = [labels.label(parse_spec(spec)) for spec in specs]
    assert said == ["telegram", "grWhatsApp", "7/telegram", "1229/telegram", long]
    assert labels.width == 20
