"""What the blaster sends."""

import json

from benchmarks.latency import percentile
from benchmarks.wire import Blocks
from chatapp_tail.chatapp.events import samples

CHANNEL = "private-v1.licenses.1229.messengers.telegram"


def test_a_block_holds_a_thousand_events_of_one_size_with_rising_ids() -> None:
    blocks = Blocks(CHANNEL)
    block = blocks.block(7)
    size = blocks.event_size
    assert len(block) == 1000 * size
    frames = [block[start : start + size] for start in range(0, len(block), size)]
    ids = [_payload(frame)["data"][0]["id"] for frame in frames]
    assert ids == list(range(1_000_007_000, 1_000_008_000))
    assert blocks.event(7_999) == frames[-1]


def test_an_event_is_the_page_s_message_wrapped_as_on_the_wire() -> None:
    (sample,) = samples("message")
    frame = Blocks(CHANNEL).event(0)
    payload = _payload(frame)
    payload["data"][0]["id"] = 123
    assert frame[:2] == b"\x81\x7e"
    assert payload == sample


def test_percentile_is_the_nearest_rank() -> None:
    assert percentile([float(n) for n in range(1, 201)], 99) == 198.0
    assert percentile([3.0], 99) == 3.0


def _payload(frame: bytes) -> dict[str, list[dict[str, object]]]:
    envelope = json.loads(frame[4:])
    assert (envelope["event"], envelope["channel"]) == ("message", CHANNEL)
    found: dict[str, list[dict[str, object]]] = json.loads(envelope["data"])["payload"]
    return found
