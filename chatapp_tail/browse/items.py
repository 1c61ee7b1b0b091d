"""What stands in the list: events, sentences about the connection, marks, and days. Pure values."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.row import Row
from chatapp_tail.recording.frame import Frame, group
from chatapp_tail.recording.lines import BadLineError, RecordLine, parse_line

# A channel's name, and an id in it.
Key = tuple[str, str]


class Status(NamedTuple):
    """What an event tells of another message: ``words`` for it, without the message's own.

    ``kind`` is delivered, failed and so on, or empty for a reaction or a deletion.
    """

    kind: str
    words: str


@dataclass(slots=True)
class Event:
    """An event that is shown: ``line`` is its record as a line of JSON Lines.

    ``chat`` and ``message`` are its keys, None where it has none; ``others`` are further messages
    that it is about: the one it quotes, and its own other id. ``status`` is what it tells of
    ``message``, None where it is a message itself, or about none.
    """

    at: datetime
    row: Row
    line: bytes
    chat: Key | None = None
    message: Key | None = None
    others: tuple[Key, ...] = ()
    status: Status | None = None

    @property
    def size(self) -> int:
        """The bytes of its record; with its words and the index Python takes 1,800 more."""
        return len(self.line)

    @property
    def record(self) -> Record | None:
        """The record again; None for one that can't be read back."""
        try:
            parsed = parse_line(self.line)
        except BadLineError:
            return None
        if not isinstance(parsed, RecordLine):
            return None
        frame = next(iter(group([parsed])))
        return frame.records[0] if isinstance(frame, Frame) else None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of all messages that it is about."""
        return self.others if self.message is None else (self.message, *self.others)


class Tone(Enum):
    """How a line between the events is coloured."""

    PLAIN = "plain"
    WARNING = "warning"
    GAP = "gap"
    ERROR = "error"
    MARK = "mark"
    DAY = "day"


@dataclass(slots=True)
class Line:
    """A line between the events. ``words`` are clean."""

    at: datetime
    words: str
    tone: Tone = Tone.PLAIN

    @property
    def size(self) -> int:
        """The bytes of its words, in the widest characters."""
        return 4 * len(self.words)


Item = Event | Line
