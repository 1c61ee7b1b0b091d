from datetime import timedelta

import pytest

from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import RowMaker
from tests.support.records import STARTED_AT, of_item, received, said


def rows(time_format: TimeFormat = TimeFormat.UTC, *, cut: bool = True) -> RowMaker:
    return RowMaker(time_format, STARTED_AT, cut=cut)


@pytest.mark.parametrize(
    ("time_format", "times"),
    [
        (TimeFormat.UTC, ["11:39:21", "11:39:24", "11:39:24", "12:39:25"]),
        (
            TimeFormat.ISO,
            [
                "2026-11-22T11:39:21.000Z",
                "2026-11-22T11:39:24.521Z",
                "2026-11-22T11:39:24.021Z",
                "2026-11-22T12:39:25.000Z",
            ],
        ),
        (TimeFormat.RELATIVE, ["+1.000s", "+4.521s", "+4.021s", "+1:00:05"]),
        (TimeFormat.DELTA, ["+1.000s", "+3.521s", "-0.500s", "+1:00:00"]),
    ],
)
def test_times_are_written_as_asked(time_format: TimeFormat, times: list[str]) -> None:
    maker = rows(time_format)
    assert [maker.row(said("hi", after=at)).time for at in (1, 4.521, 4.021, 3605)] == times


def test_local_time_is_that_of_the_machine() -> None:
    local = (STARTED_AT + timedelta(seconds=5)).astimezone()
    assert rows(TimeFormat.LOCAL).row(said("hi", after=5)).time == f"{local:%H:%M:%S}"


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


def test_window_is_told_in_the_zone_of_the_column() -> None:
    item = {"conversation": {"type": "BIC", "endTime": 1644586900}}
    window = of_item(item, event="chatConversation")
    assert rows().row(window).detail == "window open until 13:41 (BIC)"


@pytest.mark.parametrize(
    ("channel", "spec"),
    [
        ("private-v1.licenses.1229.messengers.telegram", "1229/telegram"),
        ("private-v1.companies.2224", "company/2224"),
        ("private-v1.users.685", "user/685"),
        ("private-v1.companies.2224.users.685", "company/2224/user/685"),
        ("presence-room\x1b[2J", r"presence-room\x1b[2J"),
        ("", ""),
        (None, "-"),
    ],
)
def test_channel_is_told_in_its_short_form(channel: str | None, spec: str) -> None:
    assert rows().row(of_item({}, channel=channel)).channel == spec


def test_every_cell_is_cleaned() -> None:
    (hostile,) = received(
        {"data": [{"chat": {"name": "An\x1bn"}, "x": "\x9b"}]}, event="a\nb", channel="c\u202e"
    )
    row = rows().row(hostile)
    assert (row.channel, row.event, row.who) == ("c\\u202e", "a\\nb", "An\\x1bn")
    assert row.detail == '{"chat":{"name":"An\\u001bn"},"x":"\\u009b"}'


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Айгерим С.", "Айгерим С."),
        ("A\x1b[2J\x07\x9bB", r"A\x1b[2J\x07\x9bB"),
        ("A\nB\tC", r"A\nB\tC"),
        ("A\u202eB\u2028C\ud83dD", r"A\u202eB\u2028C\ud83dD"),
        ("[red]Ann[/x]", "[red]Ann[/x]"),
        ("\x1b" * 1_000, r"\x1b" * 80),
        ("\r\n", "user 685"),
    ],
    ids=["plain", "controls", "lines", "bidi", "markup", "long", "blank"],
)
@pytest.mark.parametrize("cut", [True, False])
def test_names_of_employees_are_cleaned_wherever_they_stand(
    name: str,
    shown: str,
    cut: bool,  # noqa: FBT001
) -> None:
    maker = RowMaker(TimeFormat.UTC, STARTED_AT, cut=cut, people={"685": name})
    by_hostile = {"responsible": {"id": 685}, "edited": {"id": "685"}}
    online = {"type": "online", "employee": {"id": 685}}
    detail = maker.row(of_item(by_hostile, event="chatResponsible")).detail
    assert detail == f"responsible {shown} (by {shown})"
    assert maker.row(of_item(online, event="employeeStatus")).who == shown


def test_event_without_a_name_is_a_dash() -> None:
    assert rows().row(of_item({}, event="")).event == "-"


@pytest.mark.parametrize(("cut", "length"), [(True, 2_000), (False, 10_002)])
def test_text_is_shortened_only_where_it_is_cut_to_the_screen(
    cut: bool,  # noqa: FBT001
    length: int,
) -> None:
    assert len(rows(cut=cut).row(said("x" * 10_000)).detail) == length


def test_names_of_a_megabyte_are_shortened() -> None:
    long = "x" * 1_000_000
    (hostile,) = received({"data": [{"chat": {"name": long}}]}, event=long, channel=long)
    row = rows(cut=False).row(hostile)
    assert [len(row.who), len(row.event), len(row.channel)] == [2_000] * 3


def test_failure_is_marked() -> None:
    item = {"id": 5, "type": "failed"}
    assert rows().row(of_item(item, event="messageStatus")).failed
    assert not rows().row(said("failed")).failed
