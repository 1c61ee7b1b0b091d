"""Tab separated columns: no colour but for highlights, never cut. For grep, cut and awk."""

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.highlight import NO_HIGHLIGHTS, Highlighter
from chatapp_tail.output.row import RowMaker


class PlainSink:
    """TIME, CHANNEL, EVENT, MSG, WHO, WORDS; a tab in a cell is shown as ``\\t``."""

    per_frame = False

    def __init__(self, rows: RowMaker, highlighter: Highlighter = NO_HIGHLIGHTS) -> None:
        self._rows = rows
        self._mark = highlighter.paint

    def header(self) -> bytes:
        """Return nothing: every line is an event."""
        return b""

    def render(self, record: Record) -> bytes:
        """Return the record as one line."""
        row = self._rows.row(record)
        said = f"{row.detail} {row.mark}" if row.mark else row.detail
        event, who, words = map(self._mark, (row.event, row.who, said))
        return f"{row.time}\t{row.channel}\t{event}\t{row.message}\t{who}\t{words}\n".encode()
