import pytest

from chatapp_tail.filters import build_filter
from tests.support.records import of_item

NAMES = ["message", "messageStatus", "chatTag", "chatRead", "employeeStatus", "brandNew", ""]


@pytest.mark.parametrize(
    ("events", "excluded", "accepted"),
    [
        (["message"], [], ["message"]),
        (["message", "chatTag"], [], ["message", "chatTag"]),
        (["chat*"], [], ["chatTag", "chatRead"]),
        (["*Status", "chatRead"], [], ["messageStatus", "chatRead", "employeeStatus"]),
        (["chat????"], [], ["chatRead"]),
        (["chat[TR]*"], [], ["chatTag", "chatRead"]),
        (["chat[!T]*"], [], ["chatRead"]),
        (["Message"], [], []),
        (["mess"], [], []),
        (["*"], [], NAMES),
        ([], ["message"], NAMES[1:]),
        ([], ["*Status", ""], ["message", "chatTag", "chatRead", "brandNew"]),
        ([], ["*"], []),
        (["message*"], ["messageStatus"], ["message"]),
        (["message"], ["message"], []),
        (["message|chatTag"], [], []),
        (["m.ssage"], [], []),
        (["["], [], []),
    ],
)
def test_events_are_chosen_by_name_and_glob_and_exclusion_wins(
    events: list[str], excluded: list[str], accepted: list[str]
) -> None:
    asked = build_filter(events=events, excluded_events=excluded)
    assert asked is not None
    assert [name for name in NAMES if asked.accepts(of_item({}, event=name))] == accepted


@pytest.mark.parametrize(("globs", "accepted"), [(["a*"], True), (["a"], False)])
def test_glob_matches_the_whole_name_over_lines(
    globs: list[str],
    accepted: bool,  # noqa: FBT001
) -> None:
    asked = build_filter(events=globs)
    assert asked is not None
    assert asked.accepts(of_item({}, event="a\nb")) is accepted
