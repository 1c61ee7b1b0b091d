"""The state file on a disk that is slow, broken, or left behind by a run that was killed."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from chatapp_tail.resume import Keeper, RunProgress, read_state
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_until

CHANNEL = "private-v1.licenses.1229.messengers.telegram"


class Disk:
    """Writes states once ``let`` is called, or fails with ``error``."""

    def __init__(self) -> None:
        self._may_write = threading.Event()
        self.error: OSError | None = None
        self.begun = 0

    def let(self) -> None:
        self._may_write.set()

    def replace(self, path: Path, content: bytes) -> None:
        self.begun += 1
        self._may_write.wait(10.0)
        if self.error is not None:
            raise self.error
        path.write_bytes(content)


class Run:
    """A run that surely saw everything until now, as its clock says."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.clock = FakeClock()
        self.sentences: list[str] = []
        self.disk = disk
        self.keeper = Keeper(
            path, clock=self.clock, warn=self.sentences.append, replace=disk.replace
        )
        self.keeper.begin(self._progress)

    def _progress(self) -> RunProgress:
        return {CHANNEL: self.clock.utcnow()}, lambda _: (1, 2)

    def writes(self) -> int:
        """Let the time of the next write come; return how many were begun."""
        self.clock.advance_to(self.keeper.deadline)
        self.keeper.handle_timeout(self.clock.now())
        return self.disk.begun


def failed(path: Path, why: str) -> str:
    tried = f"{path} can't be written: {why}; tried again every 2.0 s."
    return f"{tried} Until it can, a restart makes a longer gap."


def until(path: Path) -> datetime:
    return read_state(path).until[CHANNEL]


def test_slow_disk_delays_nothing_and_has_one_write_at_a_time(tmp_path: Path) -> None:
    path, disk = tmp_path / "state", Disk()
    run = Run(path, disk)
    wait_until(lambda: run.writes() == 1, "the first write")
    assert [run.writes(), run.writes()] == [1, 1]
    assert run.sentences == [failed(path, "its disk takes long")]
    disk.let()
    wait_until(lambda: run.writes() > 1, "the next write")
    run.keeper.close()
    assert run.sentences[1:] == [f"{path} can be written again"]
    assert until(path) == run.clock.utcnow()


def test_broken_disk_is_reported_once_and_written_to_when_it_works_again(tmp_path: Path) -> None:
    path, disk = tmp_path / "state", Disk()
    disk.let()
    disk.error = OSError(30, "Read-only file system")
    run = Run(path, disk)
    wait_until(lambda: run.writes() > 2, "the third write")
    disk.error = None
    run.keeper.close()
    assert run.sentences == [
        failed(path, "Read-only file system"),
        f"{path} can be written again",
    ]
    assert until(path) == run.clock.utcnow()


def test_unfinished_file_of_a_killed_run_is_removed(tmp_path: Path) -> None:
    half = tmp_path / ".state.abcd_123"
    half.write_bytes(b'{"kind":')
    other = tmp_path / ".state.mine"
    other.write_bytes(b"notes")
    Keeper(tmp_path / "state", clock=FakeClock(utc=datetime(2026, 1, 1, tzinfo=UTC)), warn=print)
    assert not half.exists()
    assert other.exists()
