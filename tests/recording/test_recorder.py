"""Recording into files that exist, don't exist, can't be written, or don't fit on a disk."""

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp_tail.errors import UsageError
from chatapp_tail.recording.recorder import Recorder
from tests.output.given import full_disk
from tests.recording.given import numbered, read, recorded, written
from tests.support.fake_clock import FakeClock
from tests.support.records import received, said

ONE, TWO, THREE = ([record] for record in numbered(3))
PAUSE = "events aren't recorded meanwhile; next try in 10.0 s"


class Recording:
    """A recorder, what it says, and its clock."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.said: list[str] = []
        self.recorder = Recorder(path, clock=self.clock, warn=self.said.append)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl.gz"


# Files


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_new_file_is_for_its_owner_alone(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        recorded(path, [ONE])
    finally:
        os.umask(before)
    assert mode(path) == 0o600


def test_old_file_keeps_its_mode_and_its_lines(path: Path) -> None:
    path.write_bytes(written(ONE))
    path.chmod(0o644)
    assert recorded(path, [TWO]) == []
    assert path.read_bytes() == written([*ONE, *TWO])
    assert mode(path) == 0o644


def test_lines_are_in_the_file_when_put_returns(path: Path) -> None:
    recording = Recording(path)
    recording.recorder.put(ONE)
    assert path.read_bytes() == written(ONE)
    recording.recorder.put(TWO)
    assert path.read_bytes() == written([*ONE, *TWO])
    recording.recorder.close()


def test_all_items_of_a_frame_are_recorded(path: Path) -> None:
    frame = received({"data": [1, 2, 3]})
    recorded(path, [frame, []])
    assert path.read_bytes() == written(frame)


@pytest.mark.parametrize("torn", [b"x", b'{"v":1,', written(ONE)[:-1], b"a\n\0"], ids=repr)
def test_unfinished_line_of_another_writer_gets_an_end_and_stays(path: Path, torn: bytes) -> None:
    path.write_bytes(torn)
    recorded(path, [TWO, THREE])
    assert path.read_bytes() == torn + b"\n" + written([*TWO, *THREE])


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("", "Is a directory", "name a file in it, such as {path}/events.jsonl"),
        ("no/such/events.jsonl", "No such file or directory", "The folder {path.parent} has to be"),
        ("file/events.jsonl", "Not a directory", "The folder {path.parent} has to be"),
        ("x" * 300, "File name too long", "Name a file that you may read and write"),
    ],
    ids=["folder", "no folder", "file for a folder", "long name"],
)
def test_file_that_cannot_be_opened_is_an_error_at_once(
    tmp_path: Path, name: str, message: str, hint: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / name
    with pytest.raises(UsageError) as caught:
        Recording(path)
    assert caught.value.message == f"{path}: {message}"
    assert caught.value.option == "record"
    assert hint.format(path=path) in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_file_without_permission_is_an_error_at_once(path: Path) -> None:
    path.touch(mode=0o400)
    with pytest.raises(UsageError, match="Permission denied"):
        Recording(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.gz", b"no gzip", "its content is not compressed"),
        ("a.gz", b"{", "its content is not compressed"),
        ("a.jsonl", gzip.compress(b"x", mtime=0), "its content is compressed"),
    ],
)
def test_lines_and_gzip_are_not_mixed(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        Recording(path)
    assert path.read_bytes() == content


def test_device_takes_records() -> None:
    assert recorded(Path("/dev/null"), [ONE]) == []


# Disks


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_full_device_is_reported_once_and_losses_are_counted() -> None:
    said = recorded(Path("/dev/full"), [ONE, TWO, THREE])
    assert said == [
        f"/dev/full can't be written: No space left on device; {PAUSE}",
    ]


def test_full_disk_leaves_whole_lines_only(path: Path) -> None:
    first, second = len(written(ONE)), len(written([*ONE, *TWO]))
    for room in range(second + 1):
        path.unlink(missing_ok=True)
        with full_disk(room):
            recorded(path, [[*ONE, *TWO, *THREE]])
        kept = (room >= first) + (room >= second)
        assert path.read_bytes() == written([*ONE, *TWO, *THREE][:kept])


def test_full_disk_leaves_whole_members_only(packed: Path) -> None:
    recorded(packed, [ONE])
    before = packed.read_bytes()
    for room in range(40):
        with full_disk(len(before) + room):
            assert len(recorded(packed, [TWO])) == 1
        assert packed.read_bytes() == before


def test_recording_goes_on_when_there_is_room_again(path: Path) -> None:
    recording = Recording(path)
    with full_disk(len(written(ONE)) + 5):
        for frame in (ONE, TWO, THREE):
            recording.recorder.put(frame)
            recording.clock.advance(1)
    assert recording.said == [f"{path} can't be written: File too large; {PAUSE}"]
    recording.clock.advance(7.5)
    recording.recorder.put(TWO)  # before the next try
    recording.clock.advance(0.5)
    recording.recorder.put(THREE)
    recording.recorder.put(ONE)
    recording.recorder.close()
    assert path.read_bytes() == written([*ONE, *THREE, *ONE])
    assert recording.said[1:] == [
        f"{path} can be written again; it lacks 3 records",
    ]
    assert recording.recorder.missing == 3


def test_second_failure_counts_only_what_is_new(path: Path) -> None:
    recording = Recording(path)
    for _ in range(2):
        with full_disk(0):
            recording.recorder.put(ONE)
        recording.clock.advance(10)
        recording.recorder.put(TWO)
    recording.recorder.close()
    assert [line.partition("; ")[2] for line in recording.said[1::2]] == [
        "it lacks 1 record",
        "it lacks 1 record",
    ]
    assert recording.recorder.missing == 2


def test_full_disk_is_tried_again_every_ten_seconds_and_reported_once(path: Path) -> None:
    recording = Recording(path)
    with full_disk(0):
        for _ in range(100):
            recording.recorder.put(ONE)
            recording.clock.advance(1)
    recording.recorder.put(TWO)
    recording.recorder.close()
    assert path.read_bytes() == written(TWO)
    assert len(recording.said) == 2
    assert recording.recorder.missing == 100


def test_what_another_process_wrote_behind_a_torn_line_stays(path: Path) -> None:
    """Only what is at the end of the file can be taken back."""
    recording, other = Recording(path), Recording(path)
    recording.recorder.put(ONE)
    other.recorder.put(TWO)
    with full_disk(path.stat().st_size + 5):
        recording.recorder.put(THREE)
        other.recorder.put(THREE)
    recording.clock.advance(10)
    other.clock.advance(10)
    other.recorder.put(ONE)
    recording.recorder.put(THREE)
    assert path.read_bytes() == written([*ONE, *TWO, *ONE, *THREE])
    recording.recorder.close()
    other.recorder.close()


def test_pipe_that_nobody_reads_does_not_stop_the_tail(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    recording = Recording(path)
    for _ in range(3):
        recording.recorder.put([said("x" * 100_000)])
        recording.clock.advance(10)
    assert len(recording.said) == 1
    recording.recorder.close()
    assert recording.recorder.missing == 3


# Compressed


def test_members_wait_a_second_or_64_kilobytes(packed: Path) -> None:
    recording = Recording(packed)
    assert recording.recorder.deadline == float("inf")
    recording.recorder.put(ONE)
    assert recording.recorder.deadline == recording.clock.now() + 1
    recording.clock.advance(0.9)
    recording.recorder.put(TWO)
    recording.recorder.handle_timeout(recording.clock.now())
    assert packed.read_bytes() == b""
    recording.clock.advance(0.1)
    recording.recorder.handle_timeout(recording.clock.now())
    assert recording.recorder.deadline == float("inf")
    assert gzip.decompress(packed.read_bytes()) == written([*ONE, *TWO])
    large = [said("x" * 66_000)]
    recording.recorder.put(large)
    assert gzip.decompress(packed.read_bytes()) == written([*ONE, *TWO, *large])
    recording.recorder.close()


def test_late_put_writes_what_was_due(packed: Path) -> None:
    recording = Recording(packed)
    recording.recorder.put(ONE)
    recording.clock.advance(5)
    recording.recorder.put(TWO)
    assert gzip.decompress(packed.read_bytes()) == written([*ONE, *TWO])
    recording.recorder.close()


def test_runs_are_appended_as_members(packed: Path) -> None:
    for frame in (ONE, TWO, THREE):
        recorded(packed, [frame])
    assert gzip.decompress(packed.read_bytes()) == written([*ONE, *TWO, *THREE])
    assert packed.read_bytes().count(b"\x1f\x8b\x08") == 3


def test_members_are_small_beside_the_lines(packed: Path) -> None:
    frames = [[record] for record in numbered(2000)]
    recorded(packed, frames)
    assert packed.stat().st_size < len(written(numbered(2000))) / 10


def test_compressed_records_that_do_not_fit_are_counted(packed: Path) -> None:
    recording = Recording(packed)
    with full_disk(0):
        recording.recorder.put(ONE)
        recording.recorder.put(TWO)
        recording.clock.advance(1)
        recording.recorder.handle_timeout(recording.clock.now())
    assert recording.recorder.missing == 2
    recording.clock.advance(10)
    recording.recorder.put(THREE)
    recording.recorder.close()
    assert gzip.decompress(packed.read_bytes()) == written(THREE)


def test_closing_twice_and_putting_after_it_harm_nothing(path: Path) -> None:
    recording = Recording(path)
    recording.recorder.close()
    recording.recorder.put(ONE)
    recording.recorder.handle_timeout(2000.0)
    recording.recorder.close()
    assert path.read_bytes() == b""
    assert recording.said == []


# Processes

_WRITER = """\
import os, sys
from pathlib import Path
from chatapp_tail.clock import SystemClock
from chatapp_tail.recording.recorder import Recorder
from tests.recording.given import numbered

recorder = Recorder(Path(sys.argv[1]), clock=SystemClock(), warn=sys.stderr.write)
first, count = int(sys.argv[2]), int(sys.argv[3])
for record in numbered(count, first=first):
    recorder.put([record])
if first:
    recorder.close()
else:
    os.kill(os.getpid(), 9)
"""


def writer(path: Path, first: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _WRITER, str(path), str(first), str(count)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_two_processes_write_whole_lines_into_one_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    writers = [writer(path, first, 3000) for first in (1, 10_001)]
    assert [one.wait(timeout=60) for one in writers] == [0, 0]
    found = read(path.read_bytes())
    assert found.stats.bad == 0
    numbers = [record.envelope.seq for record in found.records]
    assert sorted(numbers) == [*range(1, 3001), *range(10_001, 13_001)]
    for first in (1, 10_001):
        own = [number for number in numbers if first <= number < first + 3000]
        assert own == sorted(own)


@pytest.mark.parametrize(("name", "lost"), [("events.jsonl", 0), ("events.jsonl.gz", 400)])
def test_killed_process_leaves_what_it_recorded(tmp_path: Path, name: str, lost: int) -> None:
    path = tmp_path / name
    assert writer(path, 0, 1000).wait(timeout=60) == -signal.SIGKILL
    found = read(path.read_bytes())
    numbers = [record.envelope.seq for record in found.records]
    assert numbers == list(range(len(numbers)))
    assert 1000 - lost <= len(numbers) <= 1000
    assert (found.stats.bad, found.said) == (0, [])


# Names with the date, and files that are moved


def test_each_day_has_its_file(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "events-%Y-%m-%d.jsonl")
    for record in numbered(48):  # two days, an hour at a time
        recording.recorder.put([record])
        recording.clock.advance(3600)
    recording.recorder.close()
    found = sorted(tmp_path.iterdir())
    assert len(found) in (2, 3)  # by the local date, wherever midnight is
    assert b"".join(path.read_bytes() for path in found) == written(numbered(48))
    assert recording.said == []


def test_file_that_was_moved_is_made_again(path: Path) -> None:
    recording = Recording(path)
    recording.recorder.put(ONE)
    path.rename(path.with_name("events.jsonl.1"))
    recording.clock.advance(1.0)
    recording.recorder.put(TWO)
    recording.recorder.close()
    assert path.with_name("events.jsonl.1").read_bytes() == written(ONE)
    assert path.read_bytes() == written(TWO)
    assert mode(path) == 0o600


def test_percent_sign_that_is_no_date_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a % in the name is no part of a date"):
        Recording(tmp_path / "100%.jsonl")
    Recording(tmp_path / "100%%.jsonl").recorder.close()
    assert (tmp_path / "100%.jsonl").exists()


def test_notices_about_the_connection_are_recorded_and_others_not(path: Path) -> None:
    recording = Recording(path)
    for notice in ("gap", "heartbeat", "lost"):
        recording.recorder.put_notice(notice, notice.encode() + b"\n")
    recording.recorder.close()
    assert path.read_bytes() == b"gap\nlost\n"
