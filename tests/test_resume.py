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
        self.ended = 0

    def let(self) -> None:
        self._may_write.set()

    def replace(self, path: Path, content: bytes) -> None:
        self.begun += 1
        self._may_write.wait(10.0)
        if self.error is None:
            path.write_bytes(content)
        self.ended += 1
        if self.error is not None:
            raise self.error


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

    def time_is_up(self) -> None:
        """Let the time of the next write come."""
        self.clock.advance_to(self.keeper.deadline)
        self.keeper.handle_timeout(self.clock.now())


def failed(path: Path, why: str) -> str:
    tried = f"{path} can't be written: {why}; tried again every 2.0 s."
    return f"{tried} Until it can, a restart makes a longer gap."


def until(path: Path) -> datetime:
    return read_state(path).until[CHANNEL]


def test_slow_disk_holds_nobody_and_is_written_to_once_at_a_time(tmp_path: Path) -> None:
    path, disk = tmp_path / "state", Disk()
    run = Run(path, disk)
    for _ in range(3):
        run.time_is_up()
    assert disk.begun == 1
    assert run.sentences == [failed(path, "its disk takes long")]
    disk.let()
    wait_until(lambda: disk.ended == 1, "the first write")
    wait_until(lambda: _has_begun_another(run), "the next write")
    run.keeper.close()
    assert run.sentences[1:] == [f"{path} can be written again"]
    assert until(path) == run.clock.utcnow()


def _has_begun_another(run: Run) -> bool:
    run.time_is_up()
    return run.disk.begun > 1


def test_broken_disk_is_reported_once_and_written_to_when_it_works_again(tmp_path: Path) -> None:
    path, disk = tmp_path / "state", Disk()
    disk.let()
    disk.error = OSError(30, "Read-only file system")
    run = Run(path, disk)
    for writes in (1, 2, 3):
        wait_until(lambda: _has_ended(run, writes), "a write")  # noqa: B023 (called at once)
    disk.error = None
    run.keeper.close()
    assert run.sentences == [
        failed(path, "Read-only file system"),
        f"{path} can be written again",
    ]
    assert until(path) == run.clock.utcnow()


def _has_ended(run: Run, writes: int) -> bool:
    run.time_is_up()
    return run.disk.ended >= writes


def test_what_a_killed_run_left_half_written_is_removed(tmp_path: Path) -> None:
    half = tmp_path / ".state.abcd_123"
    half.write_bytes(b'{"kind":')
    other = tmp_path / ".state.mine"
    other.write_bytes(b"notes")
    Keeper(tmp_path / "state", clock=FakeClock(utc=datetime(2026, 1, 1, tzinfo=UTC)), warn=print)
    assert not half.exists()
    assert other.exists()
