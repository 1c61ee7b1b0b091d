"""What the tests of this folder share: sinks, and what is left of their bytes without colours."""

import re

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.output.table import TableSink
from tests.support.records import STARTED_AT, TELEGRAM, WHATSAPP, of_item

_SGR = re.compile(r"\x1b\[[0-9;]*m")


def table(
    width: int,
    *,
    full: bool = False,
    color: bool = False,
    show_channel: bool = True,
    show_header: bool = True,
    is_begun: bool = True,
) -> TableSink:
    """Return a table ``width`` wide of two channels, its times in UTC.

    ``is_begun``: the line of its day was written already.
    """
    sink = TableSink(
        RowMaker(TimeFormat.UTC, STARTED_AT, cut=not full),
        time_width=8,
        width=lambda: width,
        labels=ChannelLabels(map(parse_name, (TELEGRAM, WHATSAPP))),
        show_channel=show_channel,
        show_header=show_header,
        full=full,
        color=color,
    )
    if is_begun:
        sink.render(of_item({}, event="first"))
    return sink


def without_colors(written: bytes) -> str:
    """Return the text without the sequences that set colours, and nothing else."""
    return _SGR.sub("", written.decode())


def controls(text: str) -> str:
    """Return the C0, C1, DEL, bidi and surrogate characters of ``text`` but for newlines."""
    return "".join(
        re.findall(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
            text,
        )
    )
