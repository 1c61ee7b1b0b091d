"""The outcome of forwarding an event, and a sentence for it. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from chatapp_tail.forwarding.post import Reply, Request
from chatapp_tail.units import format_duration

_NO_REDIRECTS = "; redirects aren't followed"


@dataclass(frozen=True, slots=True)
class Result:
    """One try to send ``request`` to ``host``, and its ``reply``.

    ``attempt`` counts from 1 to ``attempts``, None for no limit. The event is tried again in
    ``retry_in`` seconds; None if this try was the last.
    """

    request: Request
    host: str
    reply: Reply
    attempt: int
    attempts: int | None
    retry_in: float | None = None


@dataclass(frozen=True, slots=True)
class Overflow:
    """Events for which there was no room, ``first`` to ``last`` by seq.

    Reported when the first one is dropped, and again, with ``is_over``, once there is room.
    """

    first: int
    last: int
    count: int
    is_over: bool = False


class Counts(NamedTuple):
    """Numbers of events: answered with 2xx, refused, dropped for any reason, and still waiting."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0

    @property
    def has_failed(self) -> bool:
        """Whether there were events, and not one was taken."""
        return not self.sent and self.failed + self.dropped + self.waiting > 0


News = Result | Overflow


def sentence(news: News) -> str:
    """Return ``forwarded #17 message 42205 to localhost: 200 in 12 ms``, or what went wrong."""
    if isinstance(news, Overflow):
        return _overflow(news)
    request, reply, tries = news.request, news.reply, news.attempt
    number, said = f"#{request.seq} {request.about} to {news.host}", _said(reply)
    if reply.is_taken:
        return f"forwarded {number}: {said}{f' (try {tries})' if tries > 1 else ''}"
    if news.retry_in is not None:
        limit = "" if news.attempts is None else f" of {news.attempts}"
        when = format_duration(news.retry_in)
        return f"{number}: {said}; next try in {when} (try {tries + 1}{limit})"
    if reply.is_final:
        is_redirect = reply.status is not None and 300 <= reply.status < 400
        return f"{number} refused: {said}{_NO_REDIRECTS if is_redirect else ''}"
    after = f" after {tries} tries" if tries > 1 else ""
    return f"{number} dropped{after}: {reply.error or reply.status}"


def summary(counts: Counts) -> str:
    """Return one line for the end of a run: ``12 forwarded, 1 refused``."""
    others = (
        (counts.failed, "refused"),
        (counts.dropped, "dropped"),
        (counts.waiting, "not sent"),
    )
    words = [f"{number} {what}" for number, what in others if number]
    return ", ".join([f"{counts.sent} forwarded", *words])


def _overflow(news: Overflow) -> str:
    if not news.is_over:
        return f"#{news.first} dropped: there is no room to queue it; so is what follows"
    if news.count == 1:
        return f"#{news.first} was dropped; there is room again"
    return f"{news.count} dropped (#{news.first} to #{news.last}); there is room again"


def _said(reply: Reply) -> str:
    if reply.error:
        return reply.error
    milliseconds = round(reply.seconds * 1000)
    took = f"{milliseconds} ms" if milliseconds < 1000 else format_duration(reply.seconds)
    answer = f": {reply.said}" if reply.said and not reply.is_taken else ""
    return f"{reply.status} in {took}{answer}"
