"""The README's second picture: ``demo -b``, stopped at a message, as Textual draws it in SVG.

The story, the feed and the screen are the program's own; only the clock and the state of the
connection are made up.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC
from io import StringIO
from itertools import islice
from pathlib import Path

from chatapp_tail.browse.app import BrowseApp
from chatapp_tail.browse.event_screens import Services
from chatapp_tail.browse.feed import Feed
from chatapp_tail.browse.paint import Painter
from chatapp_tail.browse.store import Store
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.memory import Memory
from chatapp_tail.cli.local import DEMO_SPECS
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.footer import FooterState
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.output.status import Status
from chatapp_tail.signals import Signals
from tools.picture import BEGINNING, StoryClock, records

BROWSE_PICTURE = Path("docs/browse.svg")

_SIZE = (140, 34)
_RECORDS = 30
# From the newest row to a message that has an author.
_KEYS = ("up",) * 10 + ("enter",)
# Rich's template loads a font from another site; systems have one of these.
_FONT_FACES = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def browse_picture() -> Mapping[Path, str]:
    """Return the SVG, as a terminal of 140 columns shows the story's first rows."""
    svg = _FONT_FACES.sub("", asyncio.run(_drawn())).replace("Fira Code, monospace", _FONTS)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"terminal-[0-9]+", "browse", svg)
    return {BROWSE_PICTURE: "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"}


async def _drawn() -> str:
    app = BrowseApp(_services())
    async with app.run_test(size=_SIZE) as pilot:
        await pilot.pause(0.3)
        await pilot.press(*_KEYS)
        await pilot.pause(0.3)
        return app.export_screenshot(title="chatapp-tail demo -b")


def _services() -> Services:
    clock, memory = StoryClock(), Memory()
    rows = RowMaker(TimeFormat.UTC, BEGINNING, cut=True, memory=memory)
    labels = ChannelLabels(map(parse_spec, DEMO_SPECS))
    feed = Feed(Store(), rows, memory, clock, labels=labels, zone=UTC)
    for record in islice(records(clock), _RECORDS):
        memory.note(record)
        feed.received([record])
        feed.shown([record])
    channels = len(DEMO_SPECS)
    feed.update(
        FooterState(
            channels=channels,
            subscribed=channels,
            is_connected=True,
            received=_RECORDS,
            shown=_RECORDS,
            rate=1 / 1.5,
            last_at=clock.utcnow(),
            round_trip=0.012,
        )
    )
    painter = Painter(time_width=rows.time_width, shows_channel=True)
    return Services(feed, painter, Signals(raises=False), clock, Status(StringIO()), zone=UTC)
