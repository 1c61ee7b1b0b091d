"""News of the connection: a message on stderr and, with --notices, a record on stdout."""

from collections.abc import Callable, Sequence

from chatapp_tail import jsontext
from chatapp_tail.chatapp.record import RECORD_VERSION, iso_utc
from chatapp_tail.clock import Clock
from chatapp_tail.output.status import Status

NOTICES = ("connected", "subscribed", "refused", "lost", "retry", "gap", "heartbeat", "summary")
"""The types of notices."""

Put = Callable[[bytes, int], bool]
# Takes a notice's type and its line.
OnNotice = Callable[[str, bytes], object]


class Reporter:
    """Reports the same news to people, in words, and to programs, as a notice record.

    A notice's ``type`` is one of ``NOTICES``; its facts are durations in seconds, and times as
    ``iso_utc`` writes them.
    """

    def __init__(
        self,
        status: Status,
        clock: Clock,
        put: Put | None = None,
        listeners: Sequence[OnNotice] = (),
    ) -> None:
        """``put`` takes the notices for stdout; None without --notices.

        ``listeners`` are called with each notice about the connection in any case.
        """
        self.status = status
        self._clock = clock
        self._put = put
        self._listeners = listeners

    def detail(self, notice: str, sentence: str, **facts: object) -> None:
        """Report a detail: in words with -v only."""
        self.status.detail(sentence)
        self.note(notice, **facts)

    def say(self, notice: str, sentence: str, **facts: object) -> None:
        """Report normal progress."""
        self.status.say(sentence)
        self.note(notice, **facts)

    def warn(self, notice: str, sentence: str, hint: str = "", **facts: object) -> None:
        """Report what the user should know."""
        if notice == "gap":
            self.status.rule(sentence)
        else:
            self.status.warn(sentence, hint)
        self.note(notice, **facts)

    def note(self, notice: str, **facts: object) -> None:
        """Report something without words."""
        if self._put is None and not self._listeners:
            return
        at = iso_utc(self._clock.utcnow())
        # Reasons are the server's words and may quote a secret; only events are left untouched.
        told = {key: self._masked(fact) for key, fact in facts.items()}
        record = {"v": RECORD_VERSION, "kind": "notice", "at": at, "type": notice, **told}
        line = jsontext.dumps(record) + b"\n"
        if self._put is not None:
            self._put(line, 1)
        if "dropped" not in facts or notice != "gap":  # a gap of stdout alone is none for listeners
            for listener in self._listeners:
                listener(notice, line)

    def _masked(self, fact: object) -> object:
        if isinstance(fact, str):
            return self.status.masked(fact)
        return list(map(self._masked, fact)) if isinstance(fact, list | tuple) else fact
