"""The tail loop, and the only place where all parts meet.

One pass of ``Tail.run`` is one connection: connect, receive, carry out the session's effects, and
pause before the next one. What ends the run is an exception: ``Stop`` for an end that was asked
for, an error from ``errors`` for any other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, assert_never

from chatapp_tail.account.tokens import RENEW
from chatapp_tail.backfill import NoFiller
from chatapp_tail.background import BackgroundCall
from chatapp_tail.clock import Clock
from chatapp_tail.delivery import Arrival, Delivery, Listeners
from chatapp_tail.errors import (
    ApiError,
    ApiUnavailableError,
    ConnectionFailedError,
    CredentialsError,
    ExitCode,
    TokenRefusedError,
    TransportError,
)
from chatapp_tail.gaps import Attention
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.sink import Sink
from chatapp_tail.output.status import Status
from chatapp_tail.progress import Display, Progress
from chatapp_tail.pusher.authorizing import Answer
from chatapp_tail.pusher.interfaces import (
    Authorize,
    Closed,
    Connected,
    Disconnect,
    Effect,
    Postponed,
    Reaction,
    Received,
    Refused,
    SendText,
    ServerError,
    Subscribed,
    Transport,
)
from chatapp_tail.pusher.protocol import (
    PROTOCOL_PREFIXES,
    Authorization,
    CloseAction,
    PusherEvent,
    decode_envelope,
    decode_text,
)
from chatapp_tail.pusher.session import Session, SessionTimeouts
from chatapp_tail.pusher.timing import KeepAlive, ReconnectBackoff, jittered_delays
from chatapp_tail.settings import TailSettings
from chatapp_tail.signals import InterruptedBySignal
from chatapp_tail.stopping import Stop, Stopping
from chatapp_tail.supervision.systemd import Facts
from chatapp_tail.units import counted, format_duration
from chatapp_tail.watch import Watch, postponed_sentence

if TYPE_CHECKING:
    from chatapp_tail.backfill.filler import Fill, GapFiller
    from chatapp_tail.chatapp.memory import Memory
    from chatapp_tail.filters import Predicate
    from chatapp_tail.resume import Keeper, RunProgress

# Without --retries: this many attempts at the first connection, then without end.
_FIRST_ATTEMPTS = 3
# Errors with which a server announces that it closes.
_RECONNECT_CODES = range(4200, 4300)
# The minimum connect timeout in seconds, at the end of a --duration: 0 would mean non-blocking.
_LEAST_TIMEOUT = 0.01
_NEVER = float("inf")


class Authorizations(Protocol):
    """What a tail needs of an AuthorizationWorker."""

    def submit(self, request: Authorize) -> None:
        """Queue ``request``."""

    def forget(self) -> None:
        """Drop all requests: their connection is lost."""

    def answers(self) -> list[Answer]:
        """Return the answers since the last call."""


class Dependencies(NamedTuple):
    """What a tail works with, made by its caller.

    ``connect`` begins to open a websocket, and takes the seconds that each step may last; the call
    raises ``TransportError``, and ``UsageError``. ``people`` are employees' names by id; ``memory``
    is fed with all that is received; ``fill`` begins to read what was missed, None to fill nothing;
    ``resume`` knows where the last run ended; ``on_ready`` is called once every channel is
    subscribed or refused.
    """

    connect: Callable[[float], BackgroundCall[Transport]]
    authorizations: Authorizations
    sink: Sink
    stopping: Stopping
    status: Status
    clock: Clock
    people: Mapping[str, str] = MappingProxyType({})
    memory: "Memory | None" = None
    listeners: Listeners = Listeners()
    fill: "Fill | None" = None
    resume: "Keeper | None" = None
    on_ready: Callable[[], object] = lambda: None
    display: Display = Display()


class Tail:
    """One run: from the first connection to the exit code."""

    def __init__(self, settings: TailSettings, dependencies: Dependencies) -> None:
        self._settings = settings
        self._dependencies = dependencies
        self._status = dependencies.status
        self._clock = dependencies.clock
        self._writer = dependencies.stopping.writer
        self._backoff = ReconnectBackoff(dependencies.clock.uniform)
        self._channels = tuple(channel.name for channel in settings.channels)
        self._reporter = Reporter(
            dependencies.status,
            dependencies.clock,
            self._writer.put if settings.notices else None,
            dependencies.listeners.notices,
        )
        keeper = dependencies.resume
        self._watch = Watch(
            self._channels,
            clock=dependencies.clock,
            reporter=self._reporter,
            strict=settings.strict,
            fills_gaps=settings.backfill,
            resumed=None if keeper is None else lambda: keeper.gap(self._channels),
            on_ready=dependencies.on_ready,
        )
        self._keepalive = KeepAlive()
        self._attention = Attention(
            dependencies.clock.now(), longest_pause=self._keepalive.interval
        )
        self._failures = 0
        self._connections = 0
        self._filler, is_new = self._new_filler(dependencies.fill)
        self._delivery = Delivery(
            dependencies.sink,
            self._writer,
            settings.show,
            people=dependencies.people,
            memory=dependencies.memory,
            listeners=dependencies.listeners,
            clock=dependencies.clock,
            reporter=self._reporter,
            check=dependencies.stopping.check,
            is_new=is_new,
        )
        self._session: Session | None = None
        if keeper is not None:
            self._filler.remember(keeper.seen)
            keeper.begin(self._so_far)
        self._progress = Progress(
            self._delivery,
            self._watch,
            display=dependencies.display,
            heartbeat=settings.heartbeat,
            clock=dependencies.clock,
            reporter=self._reporter,
        )

    def run(self) -> ExitCode:
        """Tail until something ends it; return how. Raises the errors that end it badly."""
        try:
            while True:
                self._pause(self._live_connection())
        except Stop as stop:
            return stop.code
        except InterruptedBySignal:  # in a regular expression
            return ExitCode(128 + (self._dependencies.stopping.signals.received or 0))

    def _new_filler(self, fill: "Fill | None") -> "tuple[GapFiller | NoFiller, Predicate | None]":
        """Return what fills gaps, and the test whether a live record wasn't backfilled before."""
        if fill is None:
            return NoFiller(), None
        from chatapp_tail.backfill.filler import GapFiller  # noqa: PLC0415 (few need it)

        filler = GapFiller(
            fill,
            lambda event: self._delivery.deliver(event, self._delivery.arrival(), backfill=True),
            clock=self._clock,
            status=self._status,
            fills_gaps=self._settings.backfill,
            since=self._settings.since,
        )
        return filler, filler.seen.live

    def _so_far(self) -> "RunProgress":
        """Return until when nothing was missed, of each channel without missing messages."""
        until: dict[str, datetime] = {}
        if self._session is not None:
            certain_at = min(self._session.last_seen, self._attention.certain_at)
            ago = timedelta(seconds=self._clock.now() - certain_at)
            instant = self._clock.utcnow() - ago
            waiting = self._filler.unfinished
            until = {name: instant for name in self._watch.certain if name not in waiting}
        return until, self._filler.newest

    def facts(self) -> Facts:
        """Return the state of the run."""
        statistics = self._delivery.statistics
        return Facts(
            statistics.snapshot(self._clock.now(), *self._watch.gaps),
            channels=len(self._watch.channels),
            subscribed=self._watch.subscribed_count,
            connections=self._connections,
            last_event_at=statistics.last_received_at,
            round_trip=None if self._session is None else self._session.round_trip,
            unwritten=self._writer.unwritten,
        )

    def report_summary(self) -> None:
        """Say the summary of the run."""
        self._progress.report_summary(unfinished=len(self._filler.unfinished))

    def _live_connection(self) -> Disconnect:
        """Serve one connection from opening to its end; return how it ended."""
        self._dependencies.stopping.check()
        self._status.say(f"connecting to {self._settings.endpoint.socket_url}")
        try:
            transport = self._open()
        except TransportError as exc:
            if exc.fatal and not self._watch.ever_subscribed and self._settings.retries is None:
                raise ConnectionFailedError(exc.message, hint=self._next_step(exc.hint)) from exc
            hint = "" if self._watch.ever_subscribed else exc.hint
            return Disconnect(CloseAction.BACK_OFF, exc.retry_after, exc.message, hint)
        self._connections += 1
        now = self._clock.now()
        attention = self._attention = Attention(now, longest_pause=self._keepalive.interval)
        session = self._session = Session(
            self._channels,
            now=now,
            delays=lambda: jittered_delays(self._clock.uniform),
            timeouts=SessionTimeouts(ping_interval=self._keepalive.interval),
        )
        try:
            ended = self._converse(transport, session, attention)
        finally:
            transport.close()
            self._dependencies.authorizations.forget()
        self._session = None
        self._backoff.connection_lasted(self._watch.subscribed_for)
        self._watch.lost(min(session.last_seen, attention.certain_at), ended.reason)
        return ended

    def _open(self) -> Transport:
        """Open a websocket, and do what is due meanwhile. Raises ``TransportError``."""
        left = self._dependencies.stopping.ends_at - self._clock.now()
        timeout = max(min(self._settings.connect_timeout, left), _LEAST_TIMEOUT)
        opening = self._dependencies.connect(timeout)
        try:
            while not opening.is_over:
                self._wait(_NEVER, awaited=None, last_pong=None)
            return opening.result()
        finally:
            opening.abandon()

    def _converse(self, transport: Transport, session: Session, attention: Attention) -> Disconnect:
        """Receive and act until the connection ends; sleep only when nothing is left to do."""
        stopping, listeners = self._dependencies.stopping, self._dependencies.listeners
        progress, signals = self._progress, stopping.signals
        while True:
            received = transport.receive()
            arrival = self._delivery.arrival()
            now = arrival.now
            if now > attention.late_at or signals.was_stopped:
                signals.was_stopped = False
                attention.paused(now)
            has_more = self._filler.step()
            effects = self._effects(session, received, now)
            if ended := self._act_on(effects, transport, arrival):
                self._note_end(session, attention, received, now)
                return ended
            if not attention.is_certain:
                if (seconds := attention.give_up(now, _size(received))) is not None:
                    return _paused(seconds)
            elif not received:
                attention.all_read(now)
            stopping.check()
            if now >= listeners.deadline:
                listeners.handle_timeout(now)
            is_idle = not (received or effects or has_more)
            if is_idle or now >= progress.footer_due_at:
                progress.update_footer(session.round_trip)
            if is_idle:
                self._wait(session.deadline, awaited=transport, last_pong=session.last_pong)
            else:
                attention.expect(now)

    def _wait(self, until: float, *, awaited: Transport | None, last_pong: float | None) -> None:
        """Sleep until ``until``, or until something else is due or comes; do what is due."""
        stopping, now = self._dependencies.stopping, self._clock.now()
        self._writer.flush()
        self._progress.say_heartbeat(last_pong, now, is_connected=awaited is not None)
        if stopping.signals.take_report():
            self._progress.show()
        due = min(
            until,
            stopping.ends_at,
            self._dependencies.listeners.deadline,
            self._progress.deadline,
        )
        self._attention.expect(due)
        stopping.wakeup.wait(awaited, due - now)
        self._dependencies.listeners.handle_timeout(self._clock.now())
        stopping.check()

    def _note_end(
        self, session: Session, attention: Attention, received: Sequence[Received], now: float
    ) -> None:
        """Note that all before a close frame was read, or that an idle connection was lost."""
        last = received[-1] if received else None
        if isinstance(last, Closed) and last.code is not None:
            attention.all_read(now)  # a close frame comes after everything that was sent
        elif self._watch.subscribed_count and self._keepalive.lost(
            session.idle_for(now), session.longest_silence
        ):
            interval = format_duration(self._keepalive.interval)
            self._status.say(f"idle connections are lost here: pinging every {interval} now")

    def _effects(self, session: Session, received: Sequence[Received], now: float) -> list[Effect]:
        """Return the effects of everything that came, and of the time that passed."""
        effects: list[Effect] = []
        shows_frames, receive_text = self._status.shows_frames, session.receive_text
        for each in received:
            if not isinstance(each, bytes):
                effects += session.receive_signal(each, now)
                continue
            if shows_frames:
                self._show_frame(each)
            effects += receive_text(each, now)
        effects += self._take_answers(session, now)
        if now >= session.deadline:
            effects += session.handle_timeout(now)
        return effects

    def _act_on(
        self, effects: Sequence[Effect], transport: Transport, arrival: Arrival
    ) -> Disconnect | None:
        """Carry out ``effects`` in order; return how the connection ended, if it did."""
        for effect in effects:
            if isinstance(effect, PusherEvent):
                self._delivery.deliver(effect, arrival)
                continue
            self._act(effect, transport)
            if isinstance(effect, Disconnect):
                return effect
        if effects:
            self._writer.flush()
        return None

    def _show_frame(self, message: bytes) -> None:
        """Show a message, with -vv; under --redact only one of the Pusher protocol itself."""
        text = decode_text(message)
        if self._settings.show.redact_key is not None:
            event = decode_envelope(message)
            if event is None or not event.event.startswith(PROTOCOL_PREFIXES):
                text = f"an event of {len(text)} characters, not shown with --redact"
        self._status.frame("<", text)

    def _take_answers(self, session: Session, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for request, answer in self._dependencies.authorizations.answers():
            outcome = self._judged(answer)
            if isinstance(outcome, TokenRefusedError):
                raise CredentialsError(outcome.message, hint=outcome.hint or RENEW) from outcome
            effects += session.receive_authorization(request, outcome, now)
        return effects

    def _judged(self, answer: Authorization | ApiError) -> Authorization | ApiError:
        """Return ``answer``; after a success a portal's refusal is only a failure for now."""
        if not isinstance(answer, ApiError) or answer.is_verdict or not self._watch.ever_subscribed:
            return answer
        return ApiUnavailableError(f"something answers in the API's place: {answer.message}")

    def _act(self, effect: Reaction, transport: Transport) -> None:
        match effect:
            case SendText(text):
                self._status.frame(">", text)
                transport.send_text(text)
            case Authorize():
                self._dependencies.authorizations.submit(effect)
            case Connected(socket_id, activity_timeout):
                self._reporter.detail(
                    "connected",
                    f"connected, socket_id {socket_id}, activity_timeout {activity_timeout:g} s",
                    socket_id=socket_id,
                    activity_timeout=activity_timeout,
                )
            case Subscribed(channel):
                self._failures = 0
                self._filler.subscribed(channel, self._watch.subscribed(channel))
            case Refused():
                self._filler.over(self._watch.refused(effect))
            case Postponed():
                if not self._watch.ever_subscribed and effect.attempt >= self._attempts_allowed():
                    raise ConnectionFailedError(
                        postponed_sentence(effect), hint=self._next_step("")
                    )
                self._watch.postponed(effect)
            case ServerError():
                self._say_server_error(effect)
            case Disconnect():
                self._status.detail(f"{effect.reason}: {effect.action.value}")
            case _:
                assert_never(effect)

    def _say_server_error(self, error: ServerError) -> None:
        """Say the server's error; a 42xx with -v only, because a close mostly follows."""
        said = error.message if error.code is None else f"{error.code} {error.message}"
        words = f"the server says: {said}"
        if error.code in _RECONNECT_CODES:
            self._status.detail(words)
        else:
            self._status.warn(words, kind="server error")

    def _pause(self, ended: Disconnect) -> None:
        """Wait before the next connection, or raise if there won't be one."""
        self._dependencies.stopping.check()
        if ended.action is CloseAction.GIVE_UP:
            raise ConnectionFailedError(ended.reason, hint=self._next_step(ended.hint))
        self._failures += 1
        if self._failures >= self._attempts_allowed():
            tries = counted(self._failures, "try", "tries")
            raise ConnectionFailedError(
                f"{ended.reason} (gave up after {tries})", hint=self._next_step(ended.hint)
            )
        delay = self._backoff.delay(ended.action, ended.at_least)
        when = f"in {format_duration(delay)}" if delay else "at once"
        self._reporter.warn(
            "retry",
            f"{ended.reason.rstrip('.')}; next try {when}",
            ended.hint,
            reason=ended.reason,
            delay=round(delay, 3),
            attempt=self._failures,
        )
        self._sleep(delay)

    def _sleep(self, delay: float) -> None:
        """Wait ``delay`` seconds, and do what is due meanwhile."""
        until = self._clock.now() + delay
        while self._clock.now() < until:
            self._progress.update_footer(None, retry_at=until)
            self._wait(until, awaited=None, last_pong=None)
        self._dependencies.stopping.check()

    def _next_step(self, hint: str) -> str:
        """Return ``hint``, and what else to check."""
        return "\n".join(filter(None, (hint, self._settings.endpoint.what_to_check)))

    def _attempts_allowed(self) -> float:
        if self._settings.retries is not None:
            return self._settings.retries + 1
        return float("inf") if self._watch.ever_subscribed else _FIRST_ATTEMPTS


def _size(received: Sequence[Received]) -> int:
    """Return how many bytes came; a control frame counts as one."""
    return sum(len(each) if isinstance(each, bytes) else 1 for each in received)


def _paused(seconds: float) -> Disconnect:
    """Return the end of a connection that wasn't served for ``seconds``."""
    pause = format_duration(seconds)
    reason = f"nothing was read for {pause}: this program was stopped or the machine slept"
    return Disconnect(CloseAction.RECONNECT_NOW, 0.0, reason)
