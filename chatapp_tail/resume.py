"""The state file of ``--resume``: what a run leaves for the next one, as one line of JSON.

It is locked while a run lasts, and replaced every few seconds.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BufferedReader, FileIO
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.account.files import FileLock, read_bounded, remove_unfinished, replace_file
from chatapp_tail.backfill.seen import message_key
from chatapp_tail.background import BackgroundCall
from chatapp_tail.chatapp.record import iso_utc
from chatapp_tail.chatapp.values import dig
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.errors import ChatAppTailError, UsageError
from chatapp_tail.recording.lines import RecordLine
from chatapp_tail.recording.reader import RecordingReader
from chatapp_tail.units import format_duration

# How often the state is written, in seconds.
INTERVAL = 2.0
# Limit of the messages that are kept, by their keys in ``Seen``.
MOST_SEEN = 20_000
# Limit of the channels that are kept; those that were watched longest ago are dropped first.
_MOST_CHANNELS = 5_000
# In bytes: 20,000 keys of 20 characters and 5,000 channels of 250.
_LARGEST = 4 * 1024 * 1024
# How long the end of a run waits for the disk, in seconds.
_LAST_WRITE_TIMEOUT = 10.0
# How much later than now a time in the file may be: clocks differ.
_TOLERANCE = timedelta(seconds=60.0)
_KIND, _VERSION = "chatapp-tail resume", 1
_OPTION = "resume"

# Until when each channel that is watched now surely missed nothing, by its name and this machine's
# clock; and a function that returns the keys of so many messages that were shown, the newest last.
RunProgress = tuple[Mapping[str, datetime], Callable[[int], Sequence[int]]]


class State(NamedTuple):
    """How far a run got. Times are the API's.

    ``until`` is the last instant at which each channel, by name, had surely missed nothing;
    ``since`` is when the run began to watch it; ``seen`` are keys of the last messages that were
    shown, the newest last; ``recorded`` are the sizes of recordings then, in bytes by path.
    """

    until: Mapping[str, datetime] = MappingProxyType({})
    seen: tuple[int, ...] = ()
    recorded: Mapping[str, int] = MappingProxyType({})
    since: Mapping[str, datetime] = MappingProxyType({})


class Keeper:
    """Reads the state of the last run, and writes that of this one.

    One of the timers of a run: ``handle_timeout`` is to be called at ``deadline``. The disk is
    waited for in a thread, so that a slow one delays neither events nor pings.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        warn: Callable[[str], object],
        ahead: Callable[[], float] = lambda: 0.0,
        replace: Callable[[Path, bytes], None] = replace_file,
    ) -> None:
        """Lock ``path`` and read it. ``warn`` takes sentences.

        ``ahead`` returns by how many seconds the API's clock is ahead of this machine's;
        ``replace`` writes a file's new content, in a thread, and raises ``OSError``. Raises
        ``UsageError`` for a file that is in use, that can't be read or locked, or that isn't a
        state of this program.
        """
        self._path = path
        self._clock = clock
        self._warn = warn
        self._ahead = ahead
        self._replace = replace
        self._lock = _locked(path)
        try:
            self._state = read_state(path)
        except UsageError:
            self._lock.close()
            raise
        remove_unfinished(path)
        self._progress: Callable[[], RunProgress] | None = None
        self._since: dict[str, datetime] = {}
        self._content = b""
        self._write: BackgroundCall[None] | None = None
        self._has_failed = False
        self.recorded: Callable[[], Mapping[str, int]] = dict
        """Writes what waits for recordings, and returns their sizes in bytes by path."""
        self.deadline = math.inf

    @property
    def seen(self) -> Iterator[int]:
        """The keys of messages that earlier runs have shown, as far as they are known."""
        yield from self._state.seen
        if self._state.until:
            # All of a recording that was begun after the state was written is newer than it.
            yield from _recorded_keys({**dict.fromkeys(self.recorded(), 0), **self._state.recorded})

    def begin(self, progress: Callable[[], RunProgress]) -> None:
        """Write the state every few seconds from now on, as ``progress`` tells it."""
        self._progress = progress
        self.deadline = self._clock.now() + INTERVAL

    def gap(self, channels: Sequence[str]) -> tuple[Sequence[str], datetime]:
        """Return those of ``channels`` that were watched before, and the start of their gap.

        To be called when the API has told its time; the instant is one of this machine's clock.
        """
        now, ahead = self._clock.utcnow(), timedelta(seconds=self._ahead())
        known = {name: self._state.until[name] for name in channels if name in self._state.until}
        until = min(known.values(), default=now) - ahead
        if until > now + _TOLERANCE:
            self._warn(
                f"{self._path} is from the future: nothing is resumed. Is this machine's clock "
                "right?"
            )
            return (), now
        if not known and self._state.until:
            self._warn(
                f"{self._path} knows none of these channels, so nothing is resumed. Is it the file "
                "of another account?"
            )
        return tuple(known), min(until, now)

    def handle_timeout(self, now: float) -> None:
        """Have the state written if it is time for that."""
        if now >= self.deadline:
            self.deadline = now + INTERVAL
            if self._is_written(within=0.0):
                self._begin_write()

    def close(self) -> None:
        """Write the state once more, and unlock the file."""
        if self._is_written(within=_LAST_WRITE_TIMEOUT):
            self._begin_write()
            self._is_written(within=_LAST_WRITE_TIMEOUT)
        self._lock.close()

    def _begin_write(self) -> None:
        if self._progress is None:
            return
        recorded = self.recorded()  # first: the state may tell less than the recordings, not more
        (until, newest), ahead = self._progress(), timedelta(seconds=self._ahead())
        certain = {name: instant + ahead for name, instant in until.items()}
        self._since = {**certain, **self._since}
        self._state = State(
            {**self._state.until, **certain}, tuple(newest(MOST_SEEN)), recorded, self._since
        )
        content = write_state(self._state)
        if content != self._content:
            self._content = content
            self._write = BackgroundCall(partial(self._replace, self._path, content)).start()

    def _is_written(self, *, within: float) -> bool:
        """Return whether no write is under way any more ``within`` seconds; report how it ended."""
        if self._write is None:
            return True
        try:
            self._write.result(within)
        except OSError as exc:
            if isinstance(exc, TimeoutError) and exc.errno is None:  # raised by ``result`` itself
                self._report_failure("its disk takes long")
                return False
            self._content = b""
            self._report_failure(exc.strerror or str(exc))
        else:
            if self._has_failed:
                self._warn(f"{self._path} can be written again")
            self._has_failed = False
        self._write = None
        return True

    def _report_failure(self, why: str) -> None:
        if not self._has_failed:
            self._warn(
                f"{self._path} can't be written: {why}; tried again every "
                f"{format_duration(INTERVAL)}. Until it can, a restart makes a longer gap."
            )
        self._has_failed = True


def _locked(path: Path) -> FileLock:
    lock = None
    try:
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        is_free = lock.acquire(0.0)
    except OSError as exc:
        if lock is not None:
            lock.close()
        raise UsageError(
            f"{path} can't be locked: {exc.strerror or exc}",
            hint="Name a file in a folder that is there, on a local disk, and may be written to.",
            option=_OPTION,
        ) from exc
    if not is_free:
        lock.close()
        raise UsageError(
            f"{path} is in use by another chatapp-tail",
            hint="Each tail needs a file of its own.",
            option=_OPTION,
        )
    return lock


def _recorded_keys(recorded: Mapping[str, int]) -> Iterator[int]:
    """Yield the keys of the messages behind so many bytes of each file, by path.

    A process that is killed has recorded more than its state says. What can't be read has none.
    """
    for path, size in recorded.items():
        with suppress(OSError, ChatAppTailError), FileIO(path) as file:  # it was moved, or cut
            file.seek(size)
            yield from _keys(BufferedReader(file))


def _keys(stream: BufferedReader) -> Iterator[int]:
    for part in RecordingReader(stream, clock=SystemClock(), warn=lambda _: None):
        match part:
            case RecordLine(value={"event": "message", "channel": str(channel), "data": item}):
                if (key := message_key(channel, item)) is not None:
                    yield key
            case _:
                pass


def read_state(path: Path) -> State:
    """Return what a run has left in ``path``, an empty state where there is no such file.

    Raises ``UsageError`` for a file that can't be read, or that isn't a state of this program.
    """
    try:
        content = read_bounded(path, _LARGEST)
    except FileNotFoundError:
        return State()
    except (OSError, ValueError) as exc:
        raise UsageError(
            f"{path} can't be read: {getattr(exc, 'strerror', None) or exc}",
            hint="Name a file that you may read and write.",
            option=_OPTION,
        ) from exc
    if not content:
        return State()
    with suppress(ValueError):
        return parse_state(content)
    raise UsageError(
        f"{path} isn't a state of --resume, or its end is missing",
        hint="Name another file, or remove this one: then the next run resumes nothing, once.",
        option=_OPTION,
    )


def parse_state(content: bytes) -> State:
    """Return the state in ``content``. Raises ``ValueError`` if it isn't one of this program."""
    value = jsontext.loads(content)
    if dig(value, "kind") != _KIND or dig(value, "v") != _VERSION:
        raise ValueError("not a state of this version")
    until, seen, recorded = (dig(value, key) for key in ("until", "seen", "recorded"))
    since = dig(value, "since") or {}  # states of the first versions have none
    if not (
        isinstance(until, dict)
        and isinstance(seen, list)
        and isinstance(recorded, dict)
        and isinstance(since, dict)
    ):
        raise ValueError("parts are missing")
    return State(
        {channel: _instant(text) for channel, text in until.items()},
        tuple(key for key in seen if type(key) is int),
        {path: size for path, size in recorded.items() if type(size) is int and size >= 0},
        {channel: _instant(text) for channel, text in since.items()},
    )


def write_state(state: State) -> bytes:
    """Return ``state`` as one line of JSON."""
    until = dict(sorted(state.until.items(), key=itemgetter(1))[-_MOST_CHANNELS:])
    parts = {
        "kind": _KIND,
        "v": _VERSION,
        "until": {name: iso_utc(instant) for name, instant in until.items()},
        "seen": state.seen,
        "recorded": dict(state.recorded),
        "since": {name: iso_utc(instant) for name, instant in state.since.items() if name in until},
    }
    return jsontext.dumps(parts) + b"\n"


def _instant(text: object) -> datetime:
    instant = datetime.fromisoformat(str(text))
    if instant.tzinfo is None:
        raise ValueError("a time without a zone")
    return instant.astimezone(UTC)
