"""The README's picture: the beginning of ``demo``'s story, drawn by Rich as a terminal in SVG.

The story, the decoding and the table are the program's own; only the clock is made up. Rich's
template loads a font from another site, so the one here names the fonts that systems have.
"""

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path

from rich.console import Console
from rich.text import Text

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record
from chatapp_tail.cli.local import DEMO_SPECS
from chatapp_tail.emulator.account import DEMO_ACCOUNT
from chatapp_tail.emulator.story import gaps, story
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.output.table import TableSink
from chatapp_tail.pusher.protocol import PusherEvent

PICTURE = Path("docs/demo.svg")
COMMAND = "chatapp-tail demo"

_COLUMNS = 112
_ROWS = 27
_SEED = 1
_PACE = 1.5  # mean seconds between two events
BEGINNING = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_TEMPLATE = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class StoryClock:
    """A ``Clock`` that moves only when told."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def now(self) -> float:
        """Return the seconds of the story."""
        return self._seconds

    def utcnow(self) -> datetime:
        """Return the story's time of day."""
        return BEGINNING + timedelta(seconds=self._seconds)

    def uniform(self, low: float, high: float) -> float:
        """Return the middle; the story has its chance from the seed."""
        return (low + high) / 2

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds


def picture() -> Mapping[Path, str]:
    """Return the SVG, as a terminal of 112 columns shows the story's first rows."""
    console = Console(
        record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, legacy_windows=False
    )
    console.print(Text(f"$ {COMMAND}"))
    console.print(Text.from_ansi(_rows()), no_wrap=True, crop=False)
    drawn = console.export_svg(title="chatapp-tail", code_format=_TEMPLATE, unique_id="demo")
    return {PICTURE: "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"}


def _rows() -> str:
    """Return the table's header and rows, coloured as on a terminal."""
    sink = TableSink(
        RowMaker(TimeFormat.UTC, BEGINNING, cut=True),
        width=lambda: _COLUMNS,
        labels=ChannelLabels(map(parse_spec, DEMO_SPECS)),
        show_header=True,
        full=False,
        color=True,
    )
    rows = (sink.render(record) for record in islice(records(StoryClock()), _ROWS))
    return b"".join((sink.header(), *rows)).decode().rstrip("\n")


def records(clock: StoryClock) -> Iterator[Record]:
    """Yield what the tail makes of the story's frames; ``clock`` is set to the time of each."""
    people = DEMO_ACCOUNT.names()
    frames = zip(count(1), story(_SEED, clock), gaps(_SEED, _PACE), strict=False)
    for seq, (channel, event, payload), gap in frames:
        sent = PusherEvent(event, channel, jsontext.dumps(payload).decode())
        yield from decode_event(sent, seq=seq, received_at=clock.utcnow(), people=people)
        clock.advance(gap)
