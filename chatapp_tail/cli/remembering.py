"""What a run remembers of its events, and the summary that is drawn of it at the end."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chatapp_tail.cli.streams import Streams, terminal_fd
from chatapp_tail.delivery import Listeners
from chatapp_tail.output import ColorMode, OutputFormat, use_color
from chatapp_tail.output.formats import chosen_format, terminal_width
from chatapp_tail.settings import ShowSettings
from chatapp_tail.statistics import Summary
from chatapp_tail.wakeup import file_descriptor

if TYPE_CHECKING:
    from chatapp_tail.chatapp.memory import Memory
    from chatapp_tail.chatapp.outcomes import Outcomes

# Formats whose rows are in words.
_IN_WORDS = (OutputFormat.TABLE, OutputFormat.PLAIN, OutputFormat.BROWSE)


def remembered(show: ShowSettings, streams: Streams) -> "tuple[Memory | None, Outcomes | None]":
    """Return the memory of a run's records, and the counts of what became of messages.

    None if neither rows nor a summary are shown: they take time for each event.
    """
    fd = terminal_fd(streams.stdout)
    in_words = chosen_format(show.output, fd) in _IN_WORDS
    if not (in_words or show.summary or streams.stderr.isatty()):
        return None, None
    from chatapp_tail.chatapp.memory import Memory  # noqa: PLC0415 (JSON Lines need none)
    from chatapp_tail.chatapp.outcomes import Outcomes  # noqa: PLC0415

    memory = Memory()
    return memory, Outcomes(memory)


def heard_by(listeners: Listeners, outcomes: "Outcomes | None") -> Listeners:
    """Return ``listeners``, with the outcomes if there are any."""
    if outcomes is None:
        return listeners
    return listeners._replace(received=(*listeners.received, outcomes.hear))


def summary_drawer(streams: Streams) -> Callable[[Summary], str]:
    """Return the function that draws a summary for stderr."""
    fd = file_descriptor(streams.stderr) if streams.stderr.isatty() else None

    def draw(summary: Summary) -> str:
        from chatapp_tail.output.summary import summary_lines  # noqa: PLC0415 (loads Rich)

        width = terminal_width(fd, streams.environment)
        color = use_color(ColorMode.AUTO, streams.environment, is_terminal=fd is not None)
        return summary_lines(summary, width=width, color=color)

    return draw
