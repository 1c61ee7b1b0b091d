"""Whatever a server sends is kept, drawn in its width, and acts on no terminal."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp_tail import jsontext
from chatapp_tail.browse.folding import conversation, history
from chatapp_tail.browse.paint import Painter
from chatapp_tail.browse.record import caption
from chatapp_tail.browse.store import Event
from chatapp_tail.browse.view import field_test, words_test
from chatapp_tail.chatapp.record import Record
from tests.browse.given import Fed
from tests.support.records import hostile_frames

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@settings(deadline=None)
@given(frames=st.lists(hostile_frames(), min_size=1, max_size=4), width=st.integers(1, 140))
def test_hostile_events_are_drawn_in_their_width_and_act_on_no_terminal(
    frames: list[list[Record]], width: int
) -> None:
    fed = Fed()
    for records in frames:
        fed.take(records)
    painter = Painter(time_width=8, shows_channel=True)
    for item in fed.items:
        drawn = "".join(segment.text for segment in painter.item(item, width))
        assert not CONTROL.search(drawn)
        assert cell_len(drawn) <= width


@settings(deadline=None)
@given(records=hostile_frames())
def test_hostile_events_are_read_again_folded_and_searched(records: list[Record]) -> None:
    fed = Fed()
    fed.take(records)
    events = [item for item in fed.items if isinstance(item, Event)]
    tests = [words_test("a|b")[0], field_test("data.message.text~a")[0], field_test("malformed")[0]]
    for record, event in zip(records, events, strict=True):
        again = event.record
        assert again is not None
        assert again.line() == record.line()
        for test in tests:
            test(event)
        value = jsontext.loads_of_any_depth(event.line)
        assert isinstance(value, dict)
        assert not CONTROL.search("".join(caption(value)))
    assert len(history(events)) == len(events)
    assert len(conversation(events)) <= len(events)
