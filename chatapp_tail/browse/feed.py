"""Between the loop's thread and the screen's: everything that one tells the other, under one lock.

The loop calls ``received``, ``shown``, ``write`` and ``update``; none of them waits for the screen.
So a terminal that is stopped stops neither the reading nor the pings, and memory stays bounded by
the store.
"""

import re
import threading
from collections import deque
from collections.abc import Sequence
from datetime import tzinfo
from sys import intern

from chatapp_tail.browse.store import Event, Key, Line, Status, Store, Tone
from chatapp_tail.chatapp.identity import MESSAGE
from chatapp_tail.chatapp.memory import Memory, Outcomes
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, id_text, words
from chatapp_tail.clock import Clock
from chatapp_tail.errors import OutputError
from chatapp_tail.output.footer import FooterState, LiveLine
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.output.status import PROGRAM
from chatapp_tail.output.text import clean
from chatapp_tail.statistics import Statistics, Summary

_LONGEST_KEY = 200
_LONGEST_LINE = 2_000
# How often the loop tells how things are, in seconds.
_INTERVAL = 0.25
# How many seconds the sparkline shows.
SECONDS_SHOWN = 120
# The summary that SIGUSR1 asks for has colours of our own; a server's are made visible before.
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
# How sentences on stderr begin.
_TONES = {"warning: gap of ": Tone.GAP, "warning: ": Tone.WARNING, "error: ": Tone.ERROR}


class Feed(LiveLine):
    """The store, and all else that the screen shows; the screen holds ``lock`` while it reads.

    It stands in for what a tail has otherwise: for stderr (``write``), for the footer (``update``),
    and for stdout (``put``), which has room for everything.
    """

    deadline = due_at = 0.0
    reader_left = False
    error: OutputError | None = None
    finished = True
    unwritten = 0

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        store: Store,
        rows: RowMaker,
        memory: Memory,
        clock: Clock,
        *,
        labels: ChannelLabels,
        zone: tzinfo | None,
    ) -> None:
        """``memory`` is the one of ``rows``; ``labels`` are the channels' names in them.

        ``zone`` is that of times of day, None for the local one.
        """
        self.lock = threading.Lock()
        self.store = store
        self.state: FooterState | None = None
        self.ended: str | None = None
        """How the loop ended, in words; None while it goes on."""
        self.outcomes = Outcomes(memory)
        self._rows = rows
        self._memory = memory
        self._clock = clock
        self._labels = labels
        self._zone = zone
        self._day = ""
        self._gaps = 0
        self._statistics = Statistics(clock.now())
        self._seconds: deque[tuple[int, int]] = deque(maxlen=SECONDS_SHOWN)

    # What the loop calls.

    def received(self, records: Sequence[Record]) -> None:
        """Count the records of one event, which the memory has noted."""
        now = self._clock.now()
        with self.lock:
            self._statistics.received(records, now)
            self.outcomes.hear(records)
            self._count_second(int(now), len(records))

    def shown(self, records: Sequence[Record]) -> None:
        """Keep what is shown of one event."""
        for record in records:
            event = self._event(record)
            with self.lock:
                if event.row.day != self._day:
                    self._day = event.row.day
                    self.store.append(Line(event.row.day, Tone.DAY))
                self.store.append(event)

    def write(self, text: str, /) -> None:
        """Take one sentence as stderr gets it, or several lines."""
        with self.lock:
            for line in text.splitlines():
                self._say(line)

    def flush(self) -> None:
        """Do nothing: nothing waits."""

    def update(self, state: FooterState) -> None:
        """Take how things are."""
        self.state = state
        self.deadline = self.due_at = self._clock.now() + _INTERVAL

    def put(self, _lines: bytes, _records: int, /) -> bool:
        """Have room for everything: the oldest is given up."""
        return True

    def settle(self, _seconds: float) -> None:
        """Have nothing to write."""

    def finish(self) -> None:
        """Have nothing to finish."""

    def end(self, words: str) -> None:
        """Note how the loop ended."""
        with self.lock:
            self.ended = clean(words)

    # What the screen calls.

    def mark(self) -> None:
        """Draw a line with the time."""
        with self.lock:
            at = self._clock.utcnow().astimezone(self._zone)
            self.store.append(Line(f"mark {at:%H:%M:%S}", Tone.MARK))

    def summary(self) -> tuple[Summary, list[str], list[int]]:
        """Return the counts so far, what became of messages, and the events of each second."""
        with self.lock:
            now = self._clock.now()
            summary = self._statistics.snapshot(now, self._gaps)
            counted = dict(self._seconds)
            seconds = range(int(now) - SECONDS_SHOWN + 1, int(now) + 1)
            return summary, list(self.outcomes.words()), [counted.get(one, 0) for one in seconds]

    def _event(self, record: Record) -> Event:
        row, item = self._rows.row(record), record.data
        channel = record.envelope.channel
        label = row.channel if channel is None else clean(self._labels.label(channel))
        # What many rows have in common is kept once.
        row = row._replace(
            channel=intern(label), event=intern(row.event), who=intern(row.who), day=intern(row.day)
        )
        message = _key(record, record.message_id)
        others = {
            _key(record, id_text(dig(item, "internalId"))),
            _key(record, id_text(dig(item, "quotedMessage", "id"))),
        } - {None, message}
        return Event(
            at=record.envelope.received_at,
            row=row,
            line=record.line(),
            chat=_key(record, record.chat_id),
            message=message,
            others=tuple(key for key in others if key),
            status=None if record.envelope.event == MESSAGE else self._status(record, row.detail),
        )

    def _status(self, record: Record, detail: str) -> Status | None:
        """Return what the record tells of a message; its words without the message's own."""
        if record.message_id is None:
            return None
        known = self._memory.message(record, record.message_id)
        own = f" · {clean(known.words)}" if known and known.words else ""
        return Status(words(dig(record.data, "type")), detail.removesuffix(own))

    def _say(self, line: str) -> None:
        told = clean(_COLORS.sub("", line).removeprefix(f"{PROGRAM}: "))[:_LONGEST_LINE]
        tone = next((tone for word, tone in _TONES.items() if told.startswith(word)), Tone.PLAIN)
        self._gaps += tone is Tone.GAP
        self.store.append(Line(told.removeprefix("warning: "), tone))

    def _count_second(self, second: int, count: int) -> None:
        if self._seconds and self._seconds[-1][0] == second:
            count += self._seconds.pop()[1]
        self._seconds.append((second, count))


def _key(record: Record, identity: str | None) -> Key | None:
    if identity is None:
        return None
    channel = record.envelope.channel
    return (channel.name if channel else "", identity[:_LONGEST_KEY])
