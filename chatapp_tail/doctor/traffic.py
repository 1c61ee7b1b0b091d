"""Why a tail may be silent although all works: what the API knows of each messenger's traffic.

That tells "nobody wrote" from "the socket doesn't deliver". No step here fails, because a tail
doesn't need the answers.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from chatapp_tail.account.rest import License, Rest, Webhook
from chatapp_tail.backfill.seen import message_key
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.identity import is_outgoing
from chatapp_tail.chatapp.values import dig, id_text, integer
from chatapp_tail.doctor.channels import LIST_CHANNELS
from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.findings import Finding, Outcome, Step, skipped, works
from chatapp_tail.errors import ApiRefusedError, ChatAppTailError
from chatapp_tail.network.headers import TOLERANCE, ServerClock
from chatapp_tail.resume import MOST_SEEN, State
from chatapp_tail.units import format_duration, format_minute

# Chats of one messenger, and of all together, whose last messages are asked for.
_MOST_CHATS = 20
_MOST_CHATS_OF_ALL = 100
# Messages asked for in a chat: the API may include system messages, which don't count.
_LAST = 5
# A message this close to the end of what a tail has seen may not have arrived yet.
_ON_ITS_WAY = timedelta(seconds=30)
_MOST_HOSTS = 3
# Times from here on, in unix seconds, are invalid: they are beyond the year 9999.
_TIMES_END = 10**12
_ACTIVE = "active"
_SET_CLOCK = "Set it: --since, gaps and ages are reckoned by it."
_EXTEND = "Look into ChatApp's cabinet: without the licence no events come."
_COMPARE = "Name the file of a tail to compare it with: doctor --resume FILE."
_FILL = "Start the tail with --resume and --backfill: it gets what came since."
_NOT_DELIVERED = (
    "Events are lost on the way to the tail. --backfill gets messages from the API; tell ChatApp's "
    "support channel and time."
)

_Listed = TypeVar("_Listed")
# What was found, and the next step if it needs one.
_Words = tuple[str, str]


class Resumed(NamedTuple):
    """A file of ``--resume``, and its content."""

    path: Path
    state: State


class _Message(NamedTuple):
    """The last message of a chat: unix seconds, and the key that a tail remembers it by."""

    time: int
    is_outgoing: bool
    key: int | None


class Traffic:
    """The steps of licences' channels, after a tail's own."""

    def __init__(
        self,
        rest: Rest,
        resumed: Resumed | None,
        server_clock: ServerClock,
        dependencies: Dependencies,
    ) -> None:
        """``server_clock`` knows the API's time from the calls before."""
        self._rest = rest
        self._resumed = resumed
        self._server_clock = server_clock
        self._clock = dependencies.clock
        self._bounded = dependencies.bounded

    def examine(self, channels: Sequence[Channel]) -> Iterator[Finding]:
        """Yield one finding for the clock, and four for each channel of a licence."""
        if self._server_clock.is_known:
            yield _clock_finding(self._server_clock.ahead)
        watched = [one for one in channels if one.license is not None and one.messenger is not None]
        if not watched:
            return
        yield from self._each(Step.LICENCE, self._rest.licenses, watched, self._license)
        yield from self._each(Step.WEBHOOKS, self._rest.webhooks, watched, _webhooks)
        most = max(1, min(_MOST_CHATS, _MOST_CHATS_OF_ALL // len(watched)))
        for channel in watched:
            yield from self._messages(channel, most)

    def _each(
        self,
        step: Step,
        ask: Callable[[], _Listed],
        channels: Sequence[Channel],
        words: Callable[[_Listed, Channel], _Words],
    ) -> Iterator[Finding]:
        """Ask for a list once, and yield what it says of each channel."""
        try:
            listed = self._bounded(ask, "the answer")
        except ChatAppTailError as exc:
            yield skipped(step, _no_answer(exc))
            return
        for channel in channels:
            yield works(step, *words(listed, channel), channel=channel.spec)

    def _license(self, licenses: Sequence[License], channel: Channel) -> _Words:
        found = next((one for one in licenses if one.id == channel.license), None)
        if found is None:
            return f"licence {channel.license} isn't among those of this token", LIST_CHANNELS
        types = [one.type for one in found.messengers]
        if channel.messenger not in types:
            other = f"the licence has no {channel.messenger}, but {', '.join(types) or 'nothing'}"
            return other, LIST_CHANNELS
        is_usual = found.status in ("", _ACTIVE)
        is_active = is_usual if found.is_active is None else found.is_active
        result = f"the licence is {'' if is_active else 'not '}active"
        if not is_usual:
            result += f" ({found.status})"
        if not found.ends:
            return result, "" if is_active else _EXTEND
        is_over = found.ends <= self._now().timestamp()
        result += f"; it {'ended' if is_over else 'ends'} at {format_minute(found.ends)}"
        return result, "" if is_active and not is_over else _EXTEND

    def _messages(self, channel: Channel, most_chats: int) -> Iterator[Finding]:
        try:
            last = self._bounded(partial(self._last_messages, channel, most_chats), "the answer")
        except ChatAppTailError as exc:
            for step in (Step.MESSAGES, Step.UNANSWERED):
                yield skipped(step, _no_answer(exc), channel=channel.spec)
            return
        yield self._newest(channel, max(last, key=lambda one: one.time, default=None))
        yield works(Step.UNANSWERED, self._unanswered(last), channel=channel.spec)

    def _last_messages(self, channel: Channel, most_chats: int) -> list[_Message]:
        """Return the last message of each of the chats that were written to last."""
        license_id, messenger = channel.license or 0, channel.messenger or ""
        chats = list(self._rest.chats(license_id, messenger).items)
        chats.sort(key=lambda chat: integer(dig(chat, "lastTime")) or 0, reverse=True)
        last = []
        for chat_id in [id_text(dig(chat, "id")) for chat in chats][:most_chats]:
            if chat_id is None:
                continue
            with suppress(ApiRefusedError):  # a chat may be gone meanwhile
                page = self._rest.newest_messages(license_id, messenger, chat_id, _LAST)
                found = [_message(channel, chat_id, item) for item in page.items]
                known = [one for one in found if one is not None]
                if known:
                    last.append(max(known, key=lambda one: one.time))
        return last

    def _newest(self, channel: Channel, newest: _Message | None) -> Finding:
        spec = channel.spec
        if newest is None:
            return works(Step.MESSAGES, "the API knows none: nobody has written", channel=spec)
        result = f"the newest is of {format_minute(newest.time)}, {self._ago(newest.time)} ago"
        if self._resumed is None:
            return Finding(Step.MESSAGES, Outcome.OK, result, _COMPARE, channel=spec)
        compared, next_step = _compared(channel, newest, self._resumed, self._now())
        return works(Step.MESSAGES, f"{result}; {compared}", next_step, channel=spec)

    def _unanswered(self, last: Sequence[_Message]) -> str:
        waiting = [one.time for one in last if not one.is_outgoing]
        if not waiting:
            return "no chat waits for an answer"
        chats = f"{len(waiting)} of the last {len(last)} chats" if len(last) > 1 else "the one chat"
        return f"an answer is due in {chats}, the oldest for {self._ago(min(waiting))}"

    def _ago(self, unix: int) -> str:
        return format_duration(max(0.0, self._now().timestamp() - unix))

    def _now(self) -> datetime:
        """Return the API's time."""
        return self._clock.utcnow() + timedelta(seconds=self._server_clock.ahead)


def _clock_finding(ahead: float) -> Finding:
    if not ahead:
        agrees = f"this machine's agrees with the API's to {TOLERANCE:g} s"
        return works(Step.CLOCK, agrees)
    behind = "behind" if ahead > 0 else "ahead of"
    differs = f"this machine's is {format_duration(abs(ahead))} {behind} the API's"
    return works(Step.CLOCK, differs, _SET_CLOCK)


def _webhooks(webhooks: Sequence[Webhook], channel: Channel) -> _Words:
    hosts = [
        _host(one.url)
        for one in webhooks
        if one.license in (None, channel.license) and one.messenger in (None, channel.messenger)
    ]
    if not hosts:
        return "none is registered for this messenger", ""
    more = f" and {len(hosts) - _MOST_HOSTS} more" if len(hosts) > _MOST_HOSTS else ""
    return f"ChatApp posts the events to {', '.join(hosts[:_MOST_HOSTS])}{more}, too", ""


def _host(url: str) -> str:
    """Return the host: the rest of a webhook's URL may be a secret."""
    with suppress(ValueError):
        if host := urlsplit(url).hostname:
            return host
    return "an address without a host"


def _message(channel: Channel, chat_id: str, item: dict[str, object]) -> _Message | None:
    """Return a message of a REST list; None for a system message, and without a valid time."""
    time = integer(item.get("time"))
    if time is None or not 0 <= time < _TIMES_END or item.get("type") == "system":
        return None
    key = message_key(channel.name, {**item, "chat": {"id": chat_id}})
    return _Message(time, is_outgoing(item), key)


def _compared(  # noqa: PLR0911 (a table)
    channel: Channel, newest: _Message, resumed: Resumed, now: datetime
) -> _Words:
    """Return whether the tail got the newest message, as a sentence, and the next step if not."""
    state = resumed.state
    since, until = state.since.get(channel.name), state.until.get(channel.name)
    if newest.key is not None and newest.key in state.seen:
        return "the tail has it, and nobody has written since", ""
    if until is None:
        return f"{resumed.path} knows nothing of this channel", _FILL
    if newest.time > (until - _ON_ITS_WAY).timestamp():
        if until > now - _ON_ITS_WAY:
            return "the tail is connected, and may be about to note it", ""
        last_seen = format_minute(int(until.timestamp()))
        return f"the tail has seen everything until {last_seen} only", _FILL
    if since is None or newest.time < since.timestamp():
        return "the tail began to watch only after it: nobody has written since", ""
    if newest.key is None or not state.seen or len(state.seen) >= MOST_SEEN:
        return "the tail was connected then; only one with --backfill keeps what it got", ""
    return "the tail was connected then, and hasn't got it", _NOT_DELIVERED


def _no_answer(error: ChatAppTailError) -> str:
    return f"the API doesn't say: {error.message}"
