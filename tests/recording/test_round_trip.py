"""What is recorded comes back as the same records: the same JSON, rows and sentences."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.chatapp.fields import as_dict
from chatapp_tail.chatapp.record import Record
from chatapp_tail.output import OutputFormat, TimeFormat
from chatapp_tail.output.formats import OutputSettings, make_sink
from chatapp_tail.output.sink import Sink
from tests.chatapp.given import shown
from tests.recording.given import numbered, read, recorded, written
from tests.support.records import (
    COMPANY,
    STARTED_AT,
    TELEGRAM,
    hostile_frames,
    received,
    sample_records,
)


def sample_frames(wrap: Callable[[object], object], channel: str | None) -> list[list[Record]]:
    """Return the frames of all documented samples, sent as ``wrap`` makes them."""
    sent = [(name, sample) for name in EVENTS for sample in samples(name)]
    return [
        received(json.dumps(wrap(sample)), event=name, channel=channel, seq=seq, after=seq)
        for seq, (name, sample) in enumerate(sent)
    ]


def sink(format_: OutputFormat, time: TimeFormat = TimeFormat.UTC) -> Sink:
    return make_sink(
        OutputSettings(format_, time),
        environment={"COLUMNS": "120"},
        terminal_fd=None,
        started_at=STARTED_AT,
        channels=None,
    )


def drawn(records: Sequence[Record], format_: OutputFormat) -> bytes:
    """Return the output of a sink for ``records``."""
    by_format = sink(format_)
    return by_format.header() + b"".join(map(by_format.render, records))


@pytest.mark.parametrize(
    "wrap",
    [lambda flat: flat, lambda flat: {"queue": "q", "payload": flat}],
    ids=["flat", "wrapped"],
)
@pytest.mark.parametrize("channel", [TELEGRAM, COMPANY, "private-unknown", None], ids=str)
def test_every_sample_comes_back_in_both_shapes(
    wrap: Callable[[object], object], channel: str | None
) -> None:
    frames = sample_frames(wrap, channel)
    records = [record for frame in frames for record in frame]
    found = read(written(records))
    assert [len(frame.records) for frame in found.frames] == [len(frame) for frame in frames]
    assert [as_dict(record) for record in found.records] == [as_dict(one) for one in records]
    assert found.rendered == written(records)
    assert (found.stats.bad, found.said) == (0, [])


@pytest.mark.parametrize("format_", [one for one in OutputFormat if one != OutputFormat.RAW])
def test_every_sample_is_drawn_as_it_was(format_: OutputFormat) -> None:
    records = sample_records()
    assert drawn(read(written(records)).records, format_) == drawn(records, format_)


def test_frame_has_one_envelope_and_the_flat_payload() -> None:
    sent = {"data": [{"id": 1}, {"id": "2"}], "meta": {"type": "message", "licenseId": "1229"}}
    (frame,) = read(written(received(json.dumps({"queue": "q", "payload": sent})))).frames
    first, second = frame.records
    assert first.envelope is second.envelope
    assert first.envelope.payload == sent
    assert (first.index, second.index, first.envelope.count) == (0, 1, 2)
    assert first.envelope.received_at == datetime(2026, 11, 22, 11, 39, 24, 521_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "data",
    [
        "not JSON",
        "",
        "null",
        "17",
        '{"message":"x"}',
        '{"data":{"data":[1]}}',
        '{"data":[],"meta":{"a":1}}',
        '{"data":"text"}',
        '"\\ud83d"',
        "[" * 300,
        "[" * 250 + "]" * 250,
        '{"data":' + '{"a":' * 249 + '"\\ud83d"' + "}" * 250,
        '{"a":' * 250 + '"\\ud83d"' + "}" * 250,
        '{"payload":{"data":[1e16,123456789012345678901234567890,-0.0,5e-324,"x"]}}',
        '{"data":["\\ud83d",123456789012345678901234567890,1e16]}',
        '{"data":[123456789012345678901234567890,"\\ud83d"],"meta":18446744073709551616}',
        '{"data":[1,1.0,true,"1"],"meta":{"a":1.0,"b":true}}',
        '{"data":["\\\\ud83d","\\\\\\ud83d","\\u009b\\u202e\\u007f\\u2028"]}',
    ],
    ids=shown,
)
def test_odd_data_comes_back_to_the_byte(data: str) -> None:
    records = received(data)
    found = read(written(records))
    assert found.rendered == written(records)
    assert found.records[0].envelope.malformed is records[0].envelope.malformed
    assert [record.data for record in found.records] == [record.data for record in records]
    assert found.said == []


def test_surrogates_that_JSON_would_join_stay_apart() -> None:  # noqa: N802 (its name)
    (sent,) = received({"data": [{"\ud83d\ude02": "\ud83d\ude02", "😂": "😂"}]})
    found = read(written([sent]))
    assert found.records[0].data == {"\ud83d\ude02": "\ud83d\ude02", "😂": "😂"}
    assert found.rendered == written([sent])


@given(st.lists(hostile_frames(), max_size=4), st.sampled_from([1, 7, 1_000_000]))
@settings(deadline=None)
def test_whatever_a_server_sends_comes_back_to_the_byte(
    frames: list[list[Record]], at_once: int
) -> None:
    records = [
        replace(record, envelope=replace(record.envelope, seq=seq))
        for seq, frame in enumerate(frames)
        for record in frame
    ]
    found = read(written(records), at_once=at_once)
    assert found.rendered == written(records)
    assert [len(frame.records) for frame in found.frames] == [len(frame) for frame in frames]
    for format_ in (OutputFormat.TABLE, OutputFormat.PLAIN):
        assert drawn(found.records, format_) == drawn(records, format_)


@given(hostile_frames())
@settings(deadline=None)
def test_raw_lines_come_back_to_the_byte(frame: list[Record]) -> None:
    line = sink(OutputFormat.RAW).render(frame[0])
    found = read(line)
    for one in found.frames:
        assert sink(OutputFormat.RAW).render(one.records[0]) == line
    assert len(found.frames) + found.stats.bad == 1


def test_backfilled_and_malformed_records_are_still_marked() -> None:
    (one,) = received("not JSON")
    marked = replace(one, envelope=replace(one.envelope, backfill=True))
    found = read(written([one, marked]))
    assert [record.envelope.backfill for record in found.records] == [False, True]
    assert [record.envelope.malformed for record in found.records] == [True, True]
    assert found.rendered == written([one, marked])


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_recorder_and_reader_fit_together(tmp_path: Path, name: str) -> None:
    frames = sample_frames(lambda flat: {"payload": flat}, TELEGRAM)
    assert recorded(tmp_path / name, frames) == []
    found = read((tmp_path / name).read_bytes())
    assert found.rendered == written([record for frame in frames for record in frame])


def test_record_that_another_program_wrote_is_written_as_ours() -> None:
    (one,) = numbered(1)
    text = json.dumps(json.loads(written([one])), indent=None, sort_keys=True)
    offset = re.sub(r"Z\"", '+00:00"', text)
    for line in (text, offset, text.replace("}", ',"key_of_tomorrow":1}', 1) + " \r"):
        found = read(line.encode() + b"\n")
        assert found.stats.bad == 0
    assert read(offset.encode() + b"\n").rendered == written([one])


def test_foreign_escapes_of_an_emoji_are_one_character() -> None:
    (one,) = received({"data": ["😂"]})
    line = json.dumps(json.loads(written([one]))).encode()
    assert b"\\ud83d\\ude02" in line
    assert read(line).rendered == written([one])
