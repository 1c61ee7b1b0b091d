"""Options to one of the formats.

What rows need is imported only for the formats that have rows.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat, terminal_width, use_color
from chatapp_tail.output.highlight import Highlighter
from chatapp_tail.output.sink import JsonSink, KeyedJsonSink, NoSink, RawSink, Sink

if TYPE_CHECKING:
    from chatapp_tail.chatapp.channels import Channel
    from chatapp_tail.chatapp.memory import Memory


class OutputSettings(NamedTuple):
    """How to write. ``format`` None: a table on a terminal, JSON Lines anywhere else.

    ``time`` None: local times of day in a table, ISO 8601 in plain. ``has_keys``: JSON Lines with
    idempotency keys.
    """

    format: OutputFormat | None = None
    time: TimeFormat | None = None
    color: ColorMode = ColorMode.AUTO
    full: bool = False
    has_keys: bool = False


def make_sink(  # noqa: PLR0913 (wiring)
    settings: OutputSettings,
    *,
    environment: Mapping[str, str],
    terminal_fd: int | None,
    started_at: datetime,
    channels: "Sequence[Channel] | None",
    memory: "Memory | None" = None,
    highlights: Sequence[re.Pattern[str]] = (),
) -> Sink:
    """Return the sink for stdout; ``terminal_fd`` is its descriptor if it is a terminal.

    ``channels`` are those that are watched, None where that isn't known; ``memory`` may know more
    than what is shown.
    What ``highlights`` find is marked in the formats for eyes, where there is colour.
    """
    is_terminal = terminal_fd is not None
    color = use_color(settings.color, environment, is_terminal=is_terminal)
    highlighter = Highlighter(highlights if color else ())
    match chosen_format(settings, terminal_fd):
        case OutputFormat.JSON:
            return KeyedJsonSink() if settings.has_keys else JsonSink()
        case OutputFormat.RAW:
            return RawSink()
        case OutputFormat.BROWSE:
            return NoSink()
        case OutputFormat.PRETTY:
            from chatapp_tail.output.pretty import PrettySink  # noqa: PLC0415

            return PrettySink(color=color, highlighter=highlighter)
        case OutputFormat.PLAIN:
            from chatapp_tail.output.row import PlainSink, RowMaker  # noqa: PLC0415

            time = settings.time or TimeFormat.ISO
            rows = RowMaker(time, started_at, cut=False, memory=memory)
            return PlainSink(rows, highlighter)
        case OutputFormat.TABLE:
            from chatapp_tail.output.row import ChannelLabels, RowMaker  # noqa: PLC0415
            from chatapp_tail.output.table import TableSink  # noqa: PLC0415

            time = settings.time or TimeFormat.LOCAL
            shows_channels = channels is None or len(channels) > 1
            return TableSink(
                RowMaker(time, started_at, cut=not settings.full, memory=memory),
                width=lambda: terminal_width(terminal_fd, environment),
                labels=ChannelLabels(channels or ()) if shows_channels else None,
                show_header=is_terminal,
                full=settings.full,
                color=color,
                highlighter=highlighter,
            )


def chosen_format(settings: OutputSettings, terminal_fd: int | None) -> OutputFormat:
    """Return the format that was asked for, or the one for where it goes."""
    return settings.format or (OutputFormat.JSON if terminal_fd is None else OutputFormat.TABLE)
