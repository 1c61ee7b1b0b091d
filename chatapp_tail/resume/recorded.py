"""Which messages are in a recording behind what the last state knew of it."""

from collections.abc import Iterator, Mapping
from io import BufferedReader, FileIO
from pathlib import Path

from chatapp_tail.backfill.seen import message_key
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.recording.line import RecordLine
from chatapp_tail.recording.reader import RecordingReader


def keys_in(recorded: Mapping[str, int]) -> Iterator[int]:
    """Yield the keys of the messages behind so many bytes of each file, by path.

    A process that is killed has recorded more than its state says. What can't be read has none.
    """
    for path, size in recorded.items():
        try:
            with FileIO(Path(path)) as file:
                file.seek(size)
                yield from _keys(BufferedReader(file))
        except (OSError, ChatAppTailError):  # moved, or cut
            continue


def _keys(stream: BufferedReader) -> Iterator[int]:
    for part in RecordingReader(stream, clock=SystemClock(), warn=lambda _: None):
        match part:
            case RecordLine(value={"event": "message", "channel": str(channel), "data": item}):
                key = message_key(channel, item)
            case _:
                continue
        if key is not None:
            yield key
