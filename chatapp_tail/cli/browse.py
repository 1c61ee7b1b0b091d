"""The format ``browse``: a screen in place of stdout, the footer and stderr.

It needs the extra ``browse``. Textual is loaded when a screen is shown.
"""

import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, TextIO

from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.values import id_text
from chatapp_tail.delivery import Listeners
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.output import TimeFormat, use_color, zone_of
from chatapp_tail.settings import ShowSettings
from chatapp_tail.wakeup import Wakeup

# A message is asked for with those of so many seconds before it: its first event may be a status.
_ASKED_BEFORE = 60

if TYPE_CHECKING:
    from chatapp_tail.account.rest import Rest
    from chatapp_tail.browse.event_screens import Ask
    from chatapp_tail.chatapp.memory import Memory
    from chatapp_tail.chatapp.record import Record
    from chatapp_tail.cli.run_parts import Process


def _require_screen() -> None:
    """Raise ``UsageError`` where the screen can't be shown."""
    others = [name for name in ("stdin", "stdout", "stderr") if not getattr(sys, name).isatty()]
    if others:
        problem = f"a terminal, and {others[0]} is none"
        hint = "Leave it out; or write with another format: table, plain or json."
    elif os.environ.get("TERM", "") in ("", "dumb"):
        problem = "a terminal that can draw, and TERM says that this one can't"
        hint = "Set TERM, to xterm-256color for example; or write with another format."
    elif find_spec("textual") is None:
        problem = "the extra, which isn't installed"
        hint = "python -m pip install 'chatapp-tail[browse]'"
    else:
        return
    raise UsageError(f"the format browse needs {problem}", hint=hint, option="format")


def piped() -> TextIO:
    """Return what is piped into stdin, and have the keyboard as the process's stdin, as pagers do.

    Return stdin itself if it is a terminal, or if there is none.
    """
    if sys.stdin.isatty():
        return sys.stdin
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return sys.stdin
    pipe = os.dup(sys.stdin.fileno())
    os.dup2(terminal, sys.stdin.fileno())
    os.close(terminal)
    return os.fdopen(pipe)


def asks(new_rest: "Callable[[], Rest]") -> "Ask":
    """Return what asks the API for the message that a record is about, as it has it now."""

    def ask(record: "Record") -> dict[str, object] | None:
        owner, chat = record.envelope.owner, record.chat_id
        if owner.license is None or owner.messenger is None or chat is None:
            return None
        at = record.occurred_at or record.envelope.received_at
        since = int(at.timestamp()) - _ASKED_BEFORE
        rest = new_rest()
        try:
            page = rest.messages(owner.license, owner.messenger, chat, since)
        finally:
            rest.close()
        wanted = record.message_id
        found = (item for item in page.items if id_text(item.get("id")) == wanted)
        return next(found, None)

    return ask


class UntilLeft:
    """The output of a replay: it has room for everything until the screen is left."""

    def __init__(self, wakeup: Wakeup) -> None:
        self._wakeup = wakeup

    def put(self, _lines: bytes, _records: int, /) -> bool:
        """Take nothing. Raises ``BrokenPipeError`` when the screen was left."""
        if self._wakeup.reader_left:
            raise BrokenPipeError
        return True

    def flush(self) -> None:
        """Have nothing to write."""


class Browser:
    """The screen of a run, and the feed that leads to it."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        show: ShowSettings,
        process: "Process",
        *,
        memory: "Memory",
        buffer_bytes: int,
        channels: Sequence[Channel] | None = None,
        title: str = "",
    ) -> None:
        """``channels`` are those that are watched, None where that isn't known.

        ``title`` names what is shown. Raises ``UsageError`` where there is no terminal, or the
        extra isn't installed.
        """
        _require_screen()
        from chatapp_tail.browse.event_screens import Services  # noqa: PLC0415
        from chatapp_tail.browse.feed import Feed  # noqa: PLC0415 (loads Textual)
        from chatapp_tail.browse.paint import Painter  # noqa: PLC0415
        from chatapp_tail.browse.store import Store  # noqa: PLC0415
        from chatapp_tail.output.row import ChannelLabels, RowMaker  # noqa: PLC0415

        time = show.output.time or TimeFormat.LOCAL
        rows = RowMaker(time, process.clock.utcnow(), cut=True, memory=memory)
        store = Store(most_bytes=buffer_bytes)
        labels, zone = ChannelLabels(channels or ()), zone_of(time)
        self.feed = Feed(store, rows, memory, process.clock, labels=labels, zone=zone)
        painter = Painter(
            time_width=rows.time_width,
            shows_channel=channels is None or len(channels) > 1,
            highlights=show.highlights,
        )
        self._services = Services(
            self.feed,
            painter,
            process.signals,
            process.clock,
            process.status,
            zone=zone,
            title=title,
        )
        self._color = show.output.color
        self._process = process

    def heard_by(self, listeners: Listeners) -> Listeners:
        """Return ``listeners``, and the feed with them."""
        return listeners._replace(
            received=(*listeners.received, self.feed.received),
            shown=(*listeners.shown, self.feed.shown),
        )

    def show(
        self,
        run: Callable[[], ExitCode],
        *,
        follows: bool = True,
        forward: "Callable[[Record], object] | None" = None,
        ask: "Ask | None" = None,
    ) -> ExitCode:
        """Show the screen until it is left, with ``run`` beside it; return its exit code."""
        from chatapp_tail.browse.app import beside  # noqa: PLC0415

        # What Textual looks at, and nothing else that says it.
        if use_color(self._color, os.environ, is_terminal=True):
            os.environ.pop("NO_COLOR", None)
        else:
            os.environ["NO_COLOR"] = "1"
        services = self._services._replace(follows=follows, forward=forward, ask=ask)
        code = beside(services, run, leave=self._leave, otherwise=ExitCode.OK)
        received = self._process.signals.received
        return code if received is None else ExitCode(128 + received)

    def _leave(self) -> None:
        self._process.wakeup.reader_left = True
        self._process.wakeup.wake()
