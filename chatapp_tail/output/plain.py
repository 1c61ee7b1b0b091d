"""Tab separated columns: no colour but for highlights, never cut. For grep, cut and awk."""

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.highlight import NO_HIGHLIGHTS, Highlighter
from chatapp_tail.output.row import RowMaker


class PlainSink:
    """TIME, CHANNEL, EVENT, WHO, DETAIL; a tab in a cell is shown as ``\\t``, so columns hold."""

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
        words = "\t".join(map(self._mark, (row.event, row.who, row.detail)))
        return f"{row.time}\t{row.channel}\t{words}\n".encode()
