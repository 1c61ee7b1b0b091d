"""Reading recordings: cut off, mixed, damaged, compressed, or no recordings at all."""

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.fields import as_dict
from chatapp_tail.errors import ChatAppTailError, UsageError
from chatapp_tail.recording.lines import RecordLine, split_lines
from chatapp_tail.recording.reader import RecordingReader, group, open_recording
from tests.chatapp.given import shown
from tests.recording.given import numbered, read, written
from tests.support.fake_clock import FakeClock
from tests.support.records import received

ONE = written(numbered(1))
THREE = written(numbered(3))
DAMAGED = "the gzip data is damaged; reading continues at the next undamaged part"
NOTICE = b'{"v":1,"kind":"notice","at":"2026-11-22T11:39:24.521Z","type":"lost"}\n'


def unheard(sentence: str) -> None:
    raise AssertionError(sentence)


def with_values(**values: object) -> bytes:
    """Return a record's line with other values for some keys."""
    return json.dumps(json.loads(ONE) | values).encode() + b"\n"


# Lines


@pytest.mark.parametrize(
    ("blocks", "lines"),
    [
        ([], []),
        ([b""], []),
        ([b"a\nb\n"], [b"a\n", b"b\n"]),
        ([b"a\nb"], [b"a\n", b"b"]),
        ([b"a", b"b\n", b"", b"\nc", b"\n"], [b"ab\n", b"\n", b"c\n"]),
        ([b"\n\n"], [b"\n", b"\n"]),
        ([b"12345\n123456\n1\n"], [b"12345\n", None, b"1\n"]),
        ([b"123", b"45", b"\n1234", b"56", b"789\n1"], [b"12345\n", None, b"1"]),
        ([b"123", b"456"], [None]),
        ([b"a\r\nb\rc\n"], [b"a\r\n", b"b\rc\n"]),
    ],
    ids=str,
)
def test_lines_are_bounded(blocks: Iterable[bytes], lines: list[bytes | None]) -> None:
    assert list(split_lines(blocks, 5)) == lines


@given(st.lists(st.text("ab\n", max_size=9)), st.integers(0, 9))
def test_lines_do_not_depend_on_blocks(texts: list[str], longest: int) -> None:
    blocks = [text.encode() for text in texts]
    whole = b"".join(blocks)
    assert list(split_lines(blocks, longest)) == list(split_lines([whole], longest))
    assert b"".join(line or b"" for line in split_lines(blocks, 1_000_000)) == whole


# What can't be replayed


def test_record_cut_off_anywhere_loses_its_last_line_only() -> None:
    for size in range(len(ONE)):
        found = read(ONE + ONE[:size])
        is_whole = size == len(ONE) - 1  # all but the newline
        assert found.rendered == ONE * (2 if is_whole else 1)
        is_bad = size > 0 and not is_whole
        assert found.stats.bad == is_bad
        assert found.said == ["line 2 is skipped: it is cut off, and no line follows"] * is_bad


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not JSON\n", "it isn't JSON"),
        (b"\0\0\0\n", "it isn't JSON"),
        (b'{"a":NaN}\n', "it isn't JSON"),
        (b'"\xff"\n', "it isn't JSON"),
        (b"[" * 100_000 + b"\n", "it isn't JSON"),
        (b'{"data":"\\ud83d' + b"\xff" + b'"}\n', "it isn't JSON"),
        (b"17\n", "it is no JSON object"),
        (b'"text"\n', "it is no JSON object"),
        (b"null\n", "it is no JSON object"),
        (b"[1]\n", "it is no JSON object"),
        (b"{}\n", "it is neither a record nor an event as --format raw writes it"),
        (b'{"meta":{}}\n', "it is neither a record nor an event as --format raw writes it"),
        (b'{"payload":{}}\n', "it is neither a record nor an event as --format raw writes it"),
        (b'{"v":1}\n', "it is of an unknown kind"),
        (b'{"v":1,"kind":"event"}\n', "it is a record without seq, received_at, occurred_at, "),
        (with_values(v=2), "its version isn't 1, the one that is known here"),
        (with_values(v="1"), "its version isn't 1, the one that is known here"),
        (with_values(v=True), "its version isn't 1, the one that is known here"),
        (with_values(v=1.0), "its version isn't 1, the one that is known here"),
        (b'{"kind":"event","data":[]}\n', "its version isn't 1, the one that is known here"),
        (with_values(kind="row"), "it is of an unknown kind"),
        (with_values(kind=["event"]), "it is of an unknown kind"),
        (with_values(seq="1"), "it is a record with a wrong seq"),
        (with_values(seq=-1), "it is a record with a wrong seq"),
        (with_values(index=True), "it is a record with a wrong index"),
        (with_values(index=-1), "it is a record with a wrong index"),
        (with_values(count=0), "it is a record with a wrong count"),
        (with_values(event=None), "it is a record with a wrong event"),
        (with_values(channel=5), "it is a record with a wrong channel"),
        (with_values(license="1229"), "it is a record with a wrong license"),
        (with_values(messenger=5), "it is a record with a wrong messenger"),
        (with_values(company=1.5), "it is a record with a wrong company"),
        (with_values(user=[]), "it is a record with a wrong user"),
        (with_values(scope=5), "it is a record with a wrong scope"),
        (with_values(received_at=None), "it is a record with a wrong received_at"),
        (with_values(received_at="yesterday"), "it is a record with a wrong received_at"),
        (
            with_values(received_at="2026-13-22T11:39:24.521Z"),
            "it is a record with a wrong received_at",
        ),
        (
            with_values(received_at="2026-11-22T11:39:24.521"),
            "it is a record with a received_at without a time zone",
        ),
        (with_values(occurred_at=1637319282), "it is a record with a wrong occurred_at"),
        (with_values(occurred_at=""), "it is a record with a wrong occurred_at"),
    ],
    ids=shown,
)
def test_bad_line_is_counted_and_reported_with_its_number(line: bytes, reason: str) -> None:
    found = read(ONE + line + ONE)
    assert found.rendered == ONE * 2
    assert (found.stats.lines, found.stats.bad) == (3, 1)
    (said,) = found.said
    assert said.startswith(f"line 2 is skipped: {reason}")


def test_ten_bad_lines_are_named_and_the_rest_is_counted() -> None:
    found = read(b"x\n" * 12 + ONE + b"y")
    assert found.said[0] == "line 1 is skipped: it isn't JSON"
    assert found.said[9] == ("line 10 is skipped: it isn't JSON; further ones are only counted")
    assert found.said[10:] == ["13 of 14 lines were skipped"]
    assert found.rendered == ONE


def test_notices_and_blank_lines_are_passed_over() -> None:
    found = read(NOTICE + b"\n" + ONE + NOTICE + b" \r\n")
    assert found.rendered == ONE
    assert (found.stats.lines, found.stats.notices, found.stats.bad) == (5, 2, 0)
    assert found.said == []


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\xef"], ids=repr)
def test_empty_recording_has_no_frames(content: bytes) -> None:
    assert read(content, at_once=1).frames == []


def test_byte_order_mark_is_no_part_of_the_first_line() -> None:
    found = read(b"\xef\xbb\xbf" + THREE)
    assert (found.rendered, found.said) == (THREE, [])


@given(st.binary(max_size=80) | st.just(gzip.compress(ONE)), st.binary(max_size=80))
@settings(deadline=None)
def test_no_bytes_make_the_reader_fail(begin: bytes, rest: bytes) -> None:
    with suppress(UsageError):  # for unsupported formats
        found = read(begin + rest, at_once=7)
        assert len(found.frames) + found.stats.bad + found.stats.notices <= found.stats.lines


# Frames


def test_records_of_one_frame_are_one_frame() -> None:
    frames = [received({"data": [1, 2, 3]}, seq=seq) for seq in (1, 1, 2)]
    found = read(b"".join(map(written, frames)))
    assert [len(frame.records) for frame in found.frames] == [3, 3, 3]


def test_part_of_a_frame_is_a_frame_of_that_part() -> None:
    first, second, third, fourth = received({"data": [1, 2, 3, 4]}, seq=1)
    other = received({"data": [1, 2]}, seq=2)
    found = read(written([second, third, *other[1:], fourth, first]))
    assert [[record.data for record in frame.records] for frame in found.frames] == [
        [2, 3],
        [2],
        [4],
        [1],
    ]
    assert found.frames[0].records[0].envelope.payload == {"data": [2, 3], "meta": None}
    assert found.frames[0].records[0].envelope.count == 4


def test_frames_that_only_look_equal_stay_apart() -> None:
    one = received({"data": [1, 2], "meta": {"a": 1}})
    other = received({"data": [1, 2], "meta": {"a": True}})
    later = received({"data": [1, 2], "meta": {"a": 1}}, after=5)
    lines = written([one[0], other[1], one[0], later[1]])
    found = read(lines)
    assert [len(frame.records) for frame in found.frames] == [1, 1, 1, 1]
    assert found.rendered == lines


def test_bad_line_inside_a_frame_leaves_one_frame() -> None:
    first, second = received({"data": [1, 2]})
    assert [
        len(frame.records) for frame in read(written([first]) + b"x\n" + written([second])).frames
    ] == [2]


class Pipe:
    """A pipe that the test writes to between reads."""

    def __init__(self) -> None:
        self.fd, self._end = os.pipe()
        self.stream = os.fdopen(self.fd, "rb")

    def write(self, content: bytes) -> None:
        os.write(self._end, content)

    def close(self) -> None:
        os.close(self._end)


def test_frame_is_there_as_soon_as_its_last_line_is() -> None:
    pipe = Pipe()
    reader = group(RecordingReader(pipe.stream, clock=FakeClock(), warn=unheard))
    frame = received({"data": [1, 2]})
    for _ in range(3):
        pipe.write(written(frame))
        assert len(next(reader)) == 2
    pipe.close()
    assert list(reader) == []
    pipe.stream.close()


# Raw events


@pytest.mark.parametrize(
    ("meta", "channel"),
    [
        (
            {"licenseId": 1229, "messengerType": "telegram"},
            "private-v1.licenses.1229.messengers.telegram",
        ),
        (
            {"licenseId": "1229", "messengerType": "grWhatsApp", "companyId": 5},
            "private-v1.licenses.1229.messengers.grWhatsApp",
        ),
        ({"companyId": 2226}, "private-v1.companies.2226"),
        ({"companyId": 2226, "userId": "685"}, "private-v1.companies.2226.users.685"),
        ({"userId": "685"}, "private-v1.users.685"),
        ({"licenseId": 1229}, None),
        ({"messengerType": "telegram"}, None),
        ({"licenseId": -1, "messengerType": "telegram"}, None),
        ({"licenseId": 1229, "messengerType": "a b/c"}, None),
        ({"userId": 10**20}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
    ids=str,
)
@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapped", "flat"])
def test_channel_of_a_raw_event_is_the_one_of_its_meta(
    meta: object,
    channel: str | None,
    wrapped: bool,  # noqa: FBT001
) -> None:
    flat = {"data": [{"id": 1}, {"id": 2}], "meta": meta}
    payload = {"queue": "q", "payload": flat} if wrapped else flat
    (frame,) = read(json.dumps(payload).encode()).frames
    first, second = frame.records
    assert first.envelope is second.envelope
    assert first.envelope.payload == payload
    assert first.envelope.channel == (None if channel is None else first.envelope.channel)
    assert as_dict(first)["channel"] == channel
    assert [record.data for record in frame.records] == [{"id": 1}, {"id": 2}]


def test_raw_events_are_named_numbered_and_timed() -> None:
    lines = (
        b'{"data":[{"id":1},{"time":"1637319282"}],"meta":{"type":"message"}}\n'
        b'{"data":[{"id":1}],"meta":{"type":"chatRead"}}\n'
        b'{"data":"no list"}\n'
    )
    found = read(ONE + lines)
    envelopes = [frame.records[0].envelope for frame in found.frames[1:]]
    assert [envelope.event for envelope in envelopes] == ["message", "chatRead", ""]
    assert [envelope.seq for envelope in envelopes] == [1, 2, 3]
    assert [envelope.malformed for envelope in envelopes] == [False, False, True]
    assert [str(frame.received_at) for frame in found.frames[1:]] == [
        "2021-11-19 10:54:42+00:00",
        "2026-11-22 12:00:00+00:00",
        "2026-11-22 12:00:00+00:00",
    ]


# Compressed


@pytest.mark.parametrize(
    "pack", [gzip.compress, lzma.compress, bz2.compress], ids=["gzip", "xz", "bzip2"]
)
@pytest.mark.parametrize("at_once", [1, 7, 1_000_000])
def test_compression_is_known_by_the_content_and_streams_may_end_inside_a_line(
    pack: Callable[[bytes], bytes], at_once: int
) -> None:
    content = pack(THREE[:100]) + b"\0" * 4 + pack(THREE[100:]) + b"\0" * 8
    found = read(content, at_once=at_once)
    assert (found.rendered, found.said) == (THREE, [])


def test_gzip_that_is_cut_off_is_read_up_to_the_cut() -> None:
    packed = gzip.compress(THREE, 0)  # stored without compression
    for size in range(3, len(packed)):
        found = read(packed[:size])
        assert THREE.startswith(found.rendered)
        assert len(found.rendered) >= len(THREE) - (len(packed) - size) - len(ONE) - 2
        assert found.said[-2 if found.stats.bad else -1] == (
            "the gzip data is cut off; everything before that is read"
        )


def test_torn_member_does_not_hide_what_was_appended_behind_it() -> None:
    packed = gzip.compress(THREE)
    for size in range(4, len(packed)):
        found = read(gzip.compress(ONE) + packed[:size] + gzip.compress(THREE), at_once=64)
        assert found.rendered.startswith(ONE)
        assert found.rendered.endswith(THREE)
        assert DAMAGED in found.said


def test_zeros_after_a_crash_do_not_hide_what_was_appended_behind_them() -> None:
    torn = gzip.compress(THREE)[:-20] + b"\0" * 5000
    assert read(torn + gzip.compress(ONE)).rendered.endswith(ONE)


def test_data_after_the_gzip_that_is_no_gzip_is_reported() -> None:
    found = read(gzip.compress(ONE) + THREE)
    assert found.rendered == ONE
    assert found.said == [DAMAGED]


def test_gzip_with_a_wrong_checksum_is_read_and_reported() -> None:
    packed = bytearray(gzip.compress(ONE))
    packed[-5] ^= 1
    found = read(bytes(packed) + gzip.compress(THREE))
    assert found.rendered == ONE + THREE
    assert found.said == [DAMAGED]


class Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


_BOMB = """\
import io, resource, sys
from chatapp_tail.clock import SystemClock
from chatapp_tail.recording.reader import RecordingReader
reader = RecordingReader(sys.stdin.buffer, clock=SystemClock(), warn=print)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert list(reader) == []
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 150_000, grown
"""


@pytest.mark.parametrize(
    "packer",
    [zlib.compressobj(wbits=31), lzma.LZMACompressor(preset=1), bz2.BZ2Compressor(1)],
    ids=["gzip", "xz", "bzip2"],
)
def test_endless_line_that_is_packed_takes_bounded_memory(packer: Packer) -> None:
    bomb = b"".join(packer.compress(b"x" * 1_000_000) for _ in range(200)) + packer.flush()
    run = subprocess.run(
        [sys.executable, "-c", _BOMB], input=bomb, capture_output=True, check=False
    )
    assert run.stderr == b""
    assert run.stdout == b"line 1 is skipped: it is longer than 67108864 bytes\n"


@pytest.mark.parametrize(
    ("pack", "name"), [(lzma.compress, "xz"), (bz2.compress, "bzip2")], ids=["xz", "bzip2"]
)
def test_damaged_xz_and_bzip2_are_read_up_to_the_damage(
    pack: Callable[[bytes], bytes], name: str
) -> None:
    cut = read(pack(THREE) + pack(THREE)[:-4])
    assert cut.rendered.startswith(THREE)
    assert cut.said[0] == f"the {name} data is cut off; everything before that is read"
    damaged = read(pack(THREE) + b"this is no stream")
    assert damaged.rendered == THREE
    assert damaged.said[0].startswith(f"the {name} data is damaged (")


@pytest.mark.parametrize(
    ("content", "form", "command"),
    [
        (b"\x28\xb5\x2f\xfd\x04", "compressed by zstd", "zstd -dc FILE"),
        (b"PK\x03\x04\x14", "a zip archive", "unzip -p FILE"),
        (THREE.decode().encode("utf-16"), "text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"),
        (THREE.decode().encode("utf-16-le"), "text in UTF-16", "iconv -f UTF-16LE -t UTF-8 FILE"),
        (THREE.decode().encode("utf-16-be"), "text in UTF-16", "iconv -f UTF-16BE -t UTF-8 FILE"),
    ],
    ids=["zstd", "zip", "BOM", "little", "big"],
)
def test_unsupported_format_is_named_with_the_command_that_unpacks_it(
    content: bytes, form: str, command: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read(content)
    assert caught.value.message == f"the recording is {form}, which chatapp-tail can't read"
    assert caught.value.hint == f"Convert it: {command} | chatapp-tail replay -"


# Files


@pytest.mark.parametrize(
    ("name", "reason"), [("", "Is a directory"), ("none", "No such file or directory")]
)
def test_recording_that_cannot_be_opened_is_an_error(
    tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(UsageError) as caught:
        open_recording(tmp_path / name)
    assert caught.value.message == f"{tmp_path / name} can't be read: {reason}"
    assert caught.value.hint == (
        "Name a file that was made with --record or --json; - reads stdin."
    )


class BrokenDisk(io.BytesIO):
    """Returns one line, and then fails like a broken disk."""

    def read1(self, size: int | None = -1, /) -> bytes:
        if content := super().read1(size or -1):
            return content
        raise OSError(5, "Input/output error")


def test_disk_that_breaks_is_an_error_after_what_was_read() -> None:
    parts = iter(RecordingReader(BrokenDisk(ONE), clock=FakeClock(), warn=unheard))
    assert isinstance(next(parts), RecordLine)
    with pytest.raises(ChatAppTailError, match="the recording can't be read: Input/output error"):
        next(parts)
