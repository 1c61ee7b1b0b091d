"""What the tests of this folder share: records to bytes, and bytes to frames."""

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.sink import JsonSink
from chatapp_tail.recording.reader import Frame, Part, RecordingReader, Stats, group
from chatapp_tail.recording.recorder import Recorder
from tests.support.fake_clock import FakeClock
from tests.support.records import received

JSON = JsonSink()


@dataclass
class Read:
    """What was read from a recording."""

    parts: list[Part]
    stats: Stats
    said: list[str]

    @property
    def frames(self) -> list[Frame]:
        """The records that came together."""
        return [part for part in group(self.parts) if isinstance(part, Frame)]

    @property
    def records(self) -> list[Record]:
        """The records of all frames."""
        return [record for frame in self.frames for record in frame.records]

    @property
    def rendered(self) -> bytes:
        """The records as JSON Lines, written anew."""
        return written(self.records)


class Trickle:
    """A stream that gives a few bytes at a time, as a pipe does."""

    def __init__(self, content: bytes, size: int) -> None:
        self._content = io.BytesIO(content)
        self._size = size

    def read1(self, size: int, /) -> bytes:
        """Return the next few bytes."""
        return self._content.read1(min(size, self._size))


def read(content: bytes, *, at_once: int = 1_000_000) -> Read:
    """Read a recording ``at_once`` bytes at a time."""
    said: list[str] = []
    reader = RecordingReader(Trickle(content, at_once), clock=FakeClock(), warn=said.append)
    return Read(list(reader), reader.stats, said)


def written(records: Iterable[Record]) -> bytes:
    """Return the records as ``--json`` writes them."""
    return b"".join(map(JSON.render, records))


def numbered(count: int, *, first: int = 1) -> list[Record]:
    """Return records of ``count`` frames with one item each, a second after each other."""
    return [
        record
        for seq in range(first, first + count)
        for record in received(json.dumps({"data": [{"id": seq}]}), seq=seq, after=seq)
    ]


def recorded(path: Path, frames: Iterable[Sequence[Record]]) -> list[str]:
    """Record ``frames``; return the warnings."""
    said: list[str] = []
    recorder = Recorder(path, clock=FakeClock(), warn=said.append)
    for frame in frames:
        recorder.put(frame)
    recorder.close()
    return said
