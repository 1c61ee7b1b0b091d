"""Which lines are passed on as they are, and that all others are written anew."""

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from chatapp_tail.chatapp.record import Record
from chatapp_tail.recording.own import is_own
from chatapp_tail.recording.reader import RecordingReader
from tests.chatapp.given import decoded, shown
from tests.recording.given import read, written
from tests.support.fake_clock import FakeClock
from tests.support.records import hostile_frames, sample_records

DATA = '{"id":1,"text":"Привет"}'
(ONE,) = decoded({"data": [json.loads(DATA)], "meta": None})
LINE = written([ONE]).decode()


def changed(old: str, new: str) -> bytes:
    """Return the line with one thing in it changed."""
    assert LINE.count(old) == 1
    return LINE.replace(old, new).encode()


@given(hostile_frames())
@settings(deadline=None)
def test_every_record_is_passed_on_to_the_byte(records: list[Record]) -> None:
    for record in (*records, *(backfilled(one) for one in records)):
        line = written([record])
        assert read(line).passed_on == line


def backfilled(record: Record) -> Record:
    return replace(record, envelope=replace(record.envelope, backfill=True))


def test_lines_of_all_samples_are_own() -> None:
    for record in sample_records():
        assert is_own(written([record]))
        assert is_own(written([backfilled(record)]))


@pytest.mark.parametrize(
    "data",
    [
        '{"id":1.0e0,"text":"Привет"}',
        '{ "id": 1, "text": "\\u041f" }',
        '{"id":1,"id":2}',
        "18446744073709551617",
        '"«—»"',
    ],
    ids=shown,
)
def test_data_is_passed_on_however_it_is_written(data: str) -> None:
    line = changed(DATA, data)
    found = read(line)
    assert is_own(line)
    assert (found.passed_on, found.said) == (line, [])


def test_data_is_passed_on_however_deep_it_is() -> None:
    line = changed(DATA, "[" * 300 + "]" * 300)
    reader = RecordingReader(io.BytesIO(line), clock=FakeClock(), warn=pytest.fail)
    assert list(reader.json_lines()) == [(line, 1)]
    assert not is_own(changed(DATA, "[" * 100_000 + "]" * 100_000))


@pytest.mark.parametrize(
    ("data", "passed_on"),
    [
        ('"a\x7fb"', '"a\\u007fb"'),
        ('"\x9b2J"', '"\\u009b2J"'),
        ('"\u202e"', '"\\u202e"'),
        ("[\t1]", "[1]"),
        ("[1\r]", "[1]"),
    ],
    ids=shown,
)
def test_what_acts_on_a_terminal_is_never_passed_on(data: str, passed_on: str) -> None:
    line = changed(DATA, data)
    assert not is_own(line)
    assert read(line).passed_on == changed(DATA, passed_on)


@pytest.mark.parametrize(
    "data", [b'"\xff"', b"{", b'"', b"[1,]", b"NaN", b'"\n"', b'"\\x"', b"1 2", b""], ids=shown
)
def test_data_that_is_no_json_makes_a_bad_line(data: bytes) -> None:
    line = LINE.encode().replace(DATA.encode(), data)
    assert not is_own(line)
    found = read(line)
    assert found.passed_on == b""
    assert found.stats.bad >= 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"v":1', '"v":2'),
        ('"v":1', '"v":true'),
        ('"v":1', '"v":1.0'),
        ('"kind":"event"', '"kind":"other"'),
        ('"seq":17', '"seq":-1'),
        ('"seq":17', '"seq":"17"'),
        ("2026-11-22T11:39:24.521Z", "yesterday"),
        ("11:39:24.521Z", "11:39:24.521"),
        ("2026-11-22T11:39:24.521Z", "0001-01-01T00:00:00.000+05:00"),
        ("2026-11-22T11:39:24.521Z", "9999-12-31T23:59:59.999-05:00"),
        ('"occurred_at":null', '"occurred_at":5'),
        ('"event":"message"', '"event":null'),
        ('"license":1229', '"license":1229.0'),
        ('"index":0', '"index":-1'),
        ('"count":1', '"count":0'),
        (',"meta":null', ""),
    ],
)
def test_what_is_no_record_is_a_bad_line(old: str, new: str) -> None:
    line = changed(old, new)
    assert not is_own(line)
    found = read(line)
    assert (found.passed_on, found.stats.bad) == (b"", 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"v":1', '{ "v": 1'),
        ('"v":1,"kind":"event"', '"kind":"event","v":1'),
        ('"kind":"event"', '"kind":"event","kind":"event"'),
        ("11:39:24.521Z", "14:39:24.521+03:00"),
        ('"scope":"license"', '"scope":"company"'),
        ('"event":"message"', '"event":"\\u006dessage"'),
        ('"meta":null', '"meta":null,"later":1'),
        ('"meta":null', '"meta":null,"malformed":false'),
        ('"meta":null', '"meta":null,"backfill":false'),
        ("\n", ""),
        ("\n", "\r\n"),
    ],
)  # fmt: skip
def test_record_that_is_written_differently_is_written_anew(old: str, new: str) -> None:
    line = changed(old, new)
    assert not is_own(line)
    assert read(line).passed_on == LINE.encode()
