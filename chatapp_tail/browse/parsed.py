"""A kept line back to the record that it is."""

from chatapp_tail.chatapp.record import Record
from chatapp_tail.recording.frame import Frame, group
from chatapp_tail.recording.lines import BadLineError, RecordLine, parse_line


def record_of(line: bytes) -> Record | None:
    """Return the record; None for one that can't be read back."""
    try:
        parsed = parse_line(line)
    except BadLineError:
        return None
    if not isinstance(parsed, RecordLine):
        return None
    frame = next(iter(group([parsed])))
    return frame.records[0] if isinstance(frame, Frame) else None
