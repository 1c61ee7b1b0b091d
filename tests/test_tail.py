import json
import os
import signal
from collections.abc import Callable

import pytest

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.delivery import Listeners, Timer
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    ConnectionFailedError,
    CredentialsError,
    ExitCode,
    TokenRefusedError,
    TransportError,
)
from chatapp_tail.pusher.interfaces import Authorize, Closed, Received, Signal
from chatapp_tail.pusher.protocol import Authorization
from chatapp_tail.settings import ShowSettings, TailSettings
from chatapp_tail.signals import Signals
from chatapp_tail.tail import Tail
from tests.support.fake_clock import FakeClock
from tests.support.fakes import (
    FakeAuthorizations,
    FakeServer,
    FakeTransport,
    FakeWakeup,
    FakeWriter,
    Life,
    Outcome,
    Sent,
    Stderr,
    closed,
    dependencies,
    failing,
)
from tests.support.records import TELEGRAM, WHATSAPP, frame

BOTH = (TELEGRAM, WHATSAPP)


class Run:
    """A tail among fakes. ``lives`` are the server's connections, one after the other."""

    def __init__(
        self,
        *lives: Life,
        channels: tuple[str, ...] = (TELEGRAM,),
        outcome: Callable[[Authorize], Outcome] | None = None,
        events: tuple[str, ...] = (),
        count: int | None = None,
        duration: float | None = None,
        retries: int | None = None,
        verbosity: int = 0,
        heartbeat: float | None = None,
        notices: bool = False,
        stderr: Stderr | None = None,
        timers: tuple[Timer, ...] = (),
    ) -> None:
        self.clock = FakeClock()
        self.server = FakeServer(self.clock, lives)
        self.authorizations = FakeAuthorizations(outcome)
        self.wakeup = FakeWakeup(self.clock)
        self.writer = FakeWriter()
        self.signals = Signals()
        self._stderr = stderr or Stderr()
        self._began_at = self.clock.now()
        settings = TailSettings(
            channels=tuple(map(parse_name, channels)),
            show=ShowSettings(events=events, count=count),
            duration=duration,
            retries=retries,
            heartbeat=heartbeat,
            notices=notices,
        )
        parts = dependencies(
            self.server.connect,
            self.authorizations,
            self.wakeup,
            self.writer,
            self.clock,
            self._stderr,
            signals=self.signals,
            ends_at=self.clock.now() + (duration or float("inf")),
            has_goal=count is not None,
            verbosity=verbosity,
        )
        self.tail = Tail(settings, parts._replace(listeners=Listeners(timers=timers)))

    def run(self) -> ExitCode:
        """Run to the end, which must leave no connection open."""
        try:
            return self.tail.run()
        finally:
            assert self.server.all_closed

    @property
    def passed(self) -> float:
        """The seconds since the start."""
        return self.clock.now() - self._began_at

    @property
    def tries(self) -> list[float]:
        """When connections were tried, in seconds since the start."""
        return [at - self._began_at for at in self.server.tried_at]

    @property
    def shown(self) -> list[object]:
        """The items handed to the writer."""
        return [record.data for record in self.writer.records]

    def summary(self) -> str:
        """Return what the tail says of the run at its end."""
        self.tail.report_summary()
        return self.said[-1]

    def notices(self, *types: str) -> list[dict[str, object]]:
        """Return the notices of these types, by default of all, without their common fields."""
        return [
            {key: value for key, value in notice.items() if key not in ("v", "kind")}
            for notice in self.writer.notices
            if not types or notice["type"] in types
        ]

    @property
    def said(self) -> list[str]:
        """The lines on stderr."""
        return self._stderr.said


def events(*after: float) -> list[tuple[float, Sent]]:
    """Return an event at each of these seconds, whose item is the second itself."""
    return [(at, frame(at)) for at in after]


def test_events_are_shown_in_order_until_the_count() -> None:
    run = Run(Life(events(1, 2, 3, 4)), count=3)
    assert run.run() is ExitCode.OK
    assert run.shown == [1, 2, 3]
    assert run.passed == 3.0
    assert run.said == [
        "connecting to wss://socket.chatapp.online:6001",
        "subscribed to 1229/telegram",
    ]
    assert run.summary() == "3 shown of 3 received in 3.0 s"


def test_only_shown_items_count_and_the_summary_says_what_held_the_others_back() -> None:
    sends: list[tuple[float, Sent]] = [(1, frame("no", event="chatRead")), (2, frame("yes"))]
    run = Run(Life(sends), events=("mess*",), count=1)
    assert run.run() is ExitCode.OK
    assert run.shown == ["yes"]
    assert run.summary() == "1 shown of 2 received in 2.0 s; --event held back 1"


def test_text_that_is_no_pusher_envelope_is_shown_too() -> None:
    run = Run(Life([(1, "no JSON"), (2, '{"event":"x","data":{"a":1}}')]), count=2)
    run.run()
    assert run.shown == ["no JSON", {"a": 1}]
    assert [one.envelope.malformed for one in run.writer.records] == [True, True]


def test_events_received_together_have_one_time_and_numbers_of_their_own() -> None:
    run = Run(Life([(1.5, frame("a", "b")), (1.5, frame("c")), (2, frame("d"))]), count=4)
    run.run()
    assert run.shown == ["a", "b", "c", "d"]
    envelopes = [one.envelope for one in run.writer.records]
    assert [envelope.seq for envelope in envelopes] == [1, 1, 2, 3]
    times = [envelope.received_at.isoformat()[14:] for envelope in envelopes]
    assert times == ["00:01.500000+00:00"] * 3 + ["00:02+00:00"]


def test_events_received_together_with_the_end_are_shown() -> None:
    life = Life([*events(1, 1), (1, Closed(4200, "restart")), (1, frame("never"))])
    run = Run(life, Life(events(1)), count=3)
    assert run.run() is ExitCode.OK
    assert run.shown == [1, 1, 1]
    assert len(run.server.transports) == 2


class ReadsAhead(FakeTransport):
    """Returns what it has read one by one; the wait doesn't know of what is left."""

    def __init__(self, life: Life, clock: FakeClock, socket_id: str) -> None:
        super().__init__(life, clock, socket_id)
        self._ahead: list[Received] = []

    def receive(self) -> list[Received]:
        self._ahead += super().receive()
        received, self._ahead = self._ahead[:1], self._ahead[1:]
        return received


def test_everything_read_ahead_is_received_before_the_next_wait() -> None:
    sends: list[tuple[float, Sent]] = [(1, Signal.ALIVE), *events(1), (1, Signal.ALIVE)]
    run = Run(Life([*sends, *events(1, 20)]), count=3)
    run.server.kind = ReadsAhead
    run.run()
    seconds = [one.envelope.received_at.second for one in run.writer.records]
    assert seconds == [1, 1, 20]


def test_failure_to_send_ends_the_connection_after_what_was_received_is_shown() -> None:
    ping = '{"event":"pusher:ping","data":{}}'
    life = Life([(1, frame("before")), (1, ping), (1, frame("after"))], broken_after=0.5)
    run = Run(life, Life(events(1)), count=3)
    assert run.run() is ExitCode.OK
    assert run.shown == ["before", "after", 1]
    assert any("the connection broke: Broken pipe" in line for line in run.said)


@pytest.mark.parametrize(
    ("count", "code"), [(None, ExitCode.OK), (3, ExitCode.NOT_MET), (2, ExitCode.OK)]
)
def test_duration_ends_the_run_and_tells_whether_the_count_was_met(
    count: int | None, code: ExitCode
) -> None:
    run = Run(Life(events(1, 2)), count=count, duration=45)
    assert run.run() is code
    assert run.passed == (2.0 if count == 2 else 45.0)


def test_duration_ends_the_run_between_two_connections() -> None:
    run = Run(failing(), duration=0.5)
    assert run.run() is ExitCode.OK
    assert run.passed == 0.5


def test_connecting_gets_no_more_time_than_the_run_has() -> None:
    run = Run(failing(), duration=4, retries=9)
    run.run()
    assert run.server.timeouts == [4.0, 3.0, 1.0]
    assert run.tries == [0.0, 1.0, 3.0]


def test_duration_that_ends_while_a_sentence_is_written_is_no_failure() -> None:
    class SlowTerminal(Stderr):
        def write(self, text: str) -> int:
            run.clock.advance(2)
            return super().write(text)

    run = Run(failing("Timeout value out of range"), duration=1, stderr=SlowTerminal())
    assert run.run() is ExitCode.OK
    assert run.server.timeouts == [0.01]


def test_reconnect_authorizes_and_subscribes_with_the_new_socket_id() -> None:
    run = Run(Life([*events(1), (5, Closed(None, ""))]), Life(events(2)), channels=BOTH, count=2)
    run.run()
    expected = [(connection, name) for connection in ("1.1", "2.1") for name in BOTH]
    requests = run.authorizations.requests
    assert [(one.socket_id, one.channel) for one in requests] == expected
    sent = [text for transport in run.server.transports for text in transport.sent]
    assert [json.loads(text)["data"]["auth"] for text in sent] == [
        f"key:{connection}:{name}" for connection, name in expected
    ]


def test_loss_and_gap_are_reported_with_their_lengths() -> None:
    run = Run(Life([*events(5), (10, Closed(4100, "full"))]), Life(events(2)), count=2)
    run.run()
    assert run.said[2:4] == [
        "warning: closed by the server with 4100 full; next try in 1.0 s",
        "  the server is over capacity",
    ]
    assert run.said[-1] == (
        "warning: gap of 1.0 s in 1229/telegram: what was sent then is lost "
        "(closed by the server with 4100 full)"
    )
    assert run.summary() == "2 shown of 2 received in 13.0 s; 1 gap of 1.0 s"


def test_gap_of_a_connection_that_broke_begins_at_its_last_sign_of_life() -> None:
    run = Run(Life([*events(5), (10, Closed(None, "reset"))]), Life(events(2)), count=2)
    run.run()
    assert run.summary() == "2 shown of 2 received in 13.0 s; 1 gap of 6.0 s"


def test_silent_connection_is_left_and_was_alive_until_its_last_frame() -> None:
    silent = Life([*events(1), (20, Signal.ALIVE)], has_pongs=False)
    run = Run(silent, Life(events(1)), count=2)
    run.run()
    assert run.tries == [0.0, 40.0]  # a ping after 30 s, 10 s for the pong, no pause
    assert run.summary().endswith("; 1 gap of 20.0 s")
    assert run.said[2] == "warning: silent: no answer to a ping in 10 s; next try at once"


def test_summary_tells_of_a_gap_that_is_not_over() -> None:
    run = Run(Life([*events(1), (5, Closed(None, ""))]), failing(), duration=100)
    run.run()
    assert run.summary() == "1 shown of 1 received in 1m 40s; not connected for the last 1m 39s"


def refusing(*channels: str) -> Callable[[Authorize], Outcome]:
    def outcome(request: Authorize) -> Outcome:
        if request.channel in channels:
            return ApiRefusedError("HTTP 403", status=403)
        return Authorization("key:signature")

    return outcome


def unavailable(times: int) -> Callable[[Authorize], Outcome]:
    left = iter(range(times))

    def outcome(_: Authorize) -> Outcome:
        if next(left, None) is None:
            return Authorization("key:signature")
        return ApiUnavailableError("HTTP 503", status=503)

    return outcome


def test_api_that_cannot_answer_is_asked_again() -> None:
    run = Run(Life(events(9)), outcome=unavailable(2), count=1)
    assert run.run() is ExitCode.OK
    assert run.said[1:] == [
        "warning: 1229/telegram can't be subscribed yet: HTTP 503; next try in 1.0 s",
        "warning: 1229/telegram can't be subscribed yet: HTTP 503; next try in 2.0 s",
        "subscribed to 1229/telegram",
    ]


def test_api_that_never_answers_ends_the_run_at_the_first_connection() -> None:
    run = Run(Life(), outcome=unavailable(99))
    with pytest.raises(ConnectionFailedError, match=r"can't be subscribed yet: HTTP 503$"):
        run.run()
    assert len(run.authorizations.requests) == 3
    assert run.passed == 3.0


def test_api_that_stops_answering_is_asked_without_end_after_a_success() -> None:
    def outcome(request: Authorize) -> Outcome:
        if request.channel == TELEGRAM:
            return Authorization("key:signature")
        return ApiUnavailableError("HTTP 503", status=503)

    run = Run(Life(), channels=BOTH, outcome=outcome, duration=3_600)
    assert run.run() is ExitCode.OK
    assert len(run.authorizations.requests) > 100


@pytest.mark.parametrize(
    ("retries", "tries"), [(None, "3 tries"), (0, "1 try"), (1, "2 tries"), (9, "10 tries")]
)
def test_first_connection_is_tried_three_times_or_as_often_as_the_user_says(
    retries: int | None, tries: str
) -> None:
    run = Run(failing(), retries=retries)
    with pytest.raises(
        ConnectionFailedError, match=rf"^no connection \(gave up after {tries}\)$"
    ) as failed:
        run.run()
    assert failed.value.hint == f"Check the network.\n{DOCTOR}"
    assert run.tries[:3] == [0.0, 1.0, 3.0][: len(run.tries)]
    assert len(run.tries) == int(tries.split(maxsplit=1)[0])


def test_fatal_failure_of_the_first_connection_ends_the_run_at_once() -> None:
    run = Run(failing("a web server", fatal=True))
    with pytest.raises(ConnectionFailedError, match=r"^a web server$") as failed:
        run.run()
    assert failed.value.hint == f"Check the network.\n{DOCTOR}"
    assert run.tries == [0.0]


def test_after_a_success_failures_are_retried_without_end() -> None:
    down = [failing("no network"), failing("a web server", fatal=True)] * 50
    run = Run(Life([*events(1), (61, Closed(None, "gone"))]), *down, Life(events(1)), count=2)
    assert run.run() is ExitCode.OK
    assert len(run.tries) == 102
    pauses = [after - before for before, after in zip(run.tries, run.tries[1:], strict=False)]
    assert pauses[1:8] == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert max(pauses[1:]) == 30.0


def test_retries_count_failures_in_a_row_after_a_success() -> None:
    run = Run(closed(100), failing(), closed(100), failing(), failing(), retries=2)
    with pytest.raises(ConnectionFailedError, match=r"gave up after 3 tries"):
        run.run()
    assert len(run.tries) == 5


def test_connection_that_lasted_a_minute_starts_the_pauses_anew() -> None:
    short, long = closed(59), closed(60)
    run = Run(short, short, short, long, long, duration=305)
    run.run()
    assert run.tries == [0.0, 60.0, 121.0, 184.0, 245.0]


def test_report_is_shown_when_it_is_asked_for() -> None:
    run = Run(Life(events(1, 100)), count=2)
    run.wakeup.plan(50, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    with run.signals.installed(-1):
        assert run.run() is ExitCode.OK
    (report,) = (line for line in run.said if line.startswith("Summary("))
    assert "Tally(event='message', channel='1229/telegram', seen=1, shown=1, dropped=0)" in report


def test_signal_while_connecting_ends_the_run_with_its_code() -> None:
    run = Run(Life())
    run.server.before_connecting = lambda: run.signals.receive(signal.SIGTERM)
    assert run.run() is ExitCode.SIGTERM


@pytest.mark.parametrize("is_signal", [True, False], ids=["signal", "reader left"])
def test_pause_between_two_connections_lasts_until_it_is_over_or_the_run_is(
    *, is_signal: bool
) -> None:
    run = Run(failing(), failing(), Life(), retries=20)

    def end() -> None:
        if is_signal:
            run.signals.receive(signal.SIGINT)
        else:
            run.writer.reader_left = True

    run.wakeup.plan(0.5, lambda: None)  # wakes it for nothing
    run.wakeup.plan(2.5, end)
    assert run.run() is (ExitCode.SIGINT if is_signal else ExitCode.OK)
    assert (run.tries, run.passed) == ([0.0, 1.0], 2.5)


def test_summary_counts_what_was_dropped() -> None:
    room = iter([True, False, False, True])
    run = Run(Life(events(1, 2, 3, 4)), count=2)
    run.writer.takes = lambda: next(room)
    assert run.run() is ExitCode.OK
    assert run.summary() == "2 shown of 4 received in 4.0 s; 2 dropped while stdout wasn't read"


def test_silence_is_said_each_interval_with_the_last_pong() -> None:
    run = Run(Life(events(10, 200)), heartbeat=60, duration=220)
    run.run()
    assert [line for line in run.said if line.startswith("no events")] == [
        "no events for 1m; connection alive, last pong 10s ago",
        "no events for 2m; connection alive, last pong 10s ago",
        "no events for 3m; connection alive, last pong 10s ago",
    ]


def test_silence_before_the_first_ping_is_said_without_a_pong() -> None:
    run = Run(Life(), heartbeat=20, notices=True, duration=30)
    run.run()
    assert run.said[-1] == "no events for 20s; connection alive, no pong yet"
    assert run.notices("heartbeat")[0]["since_pong"] is None


def test_silence_without_a_subscription_is_reported_as_that() -> None:
    run = Run(Life(), outcome=unavailable(99), retries=99, heartbeat=60, duration=65, notices=True)
    run.run()
    assert run.notices("heartbeat")[0]["subscribed"] is False
    assert "no events for 1m; not subscribed yet, last pong 0s ago" in run.said


def test_silence_is_not_reported_without_heartbeat() -> None:
    run = Run(Life(), notices=True, duration=86_400)
    run.run()
    assert run.notices("heartbeat") == []


DOCTOR = "chatapp-tail doctor examines every step of the connection."
PAUSED = "nothing was read for 1h 0m: this program was stopped or the machine slept"


def stop_for(run: Run, seconds: float) -> None:
    """Let time pass while the process is stopped, and let it go on."""
    run.clock.advance(seconds)
    run.signals.was_stopped = True


@pytest.mark.parametrize("tells", [True, False], ids=["stopped", "asleep"])
def test_after_a_long_pause_the_gap_begins_when_all_had_surely_been_read(tells: bool) -> None:  # noqa: FBT001
    # Event 20 and the close frame come during the pause, and are read after it.
    life = Life([*events(10, 20), (70, Closed(1000, "bye"))])
    run = Run(life, Life(events(2)), count=3, notices=True)
    run.wakeup.plan(15, lambda: stop_for(run, 3_600) if tells else run.clock.advance(3_600))
    assert run.run() is ExitCode.OK
    assert len(run.shown) == 3
    (gap,) = run.notices("gap")
    assert (gap["from"], gap["seconds"]) == ("2026-11-22T12:00:10.000Z", 3_606.0)


def test_after_a_long_pause_a_connection_that_seems_healthy_is_replaced() -> None:
    run = Run(Life(events(10)), Life(events(2)), count=2, notices=True)
    run.wakeup.plan(50, lambda: run.clock.advance(3_600))
    assert run.run() is ExitCode.OK
    assert run.tries == [0.0, 3_650.0]
    assert run.said[2:4] == [
        f"warning: {PAUSED}; next try at once",
        "connecting to wss://socket.chatapp.online:6001",
    ]
    (gap,) = run.notices("gap")
    assert (gap["from"], gap["reason"]) == ("2026-11-22T12:00:30.000Z", PAUSED)


def test_short_pause_changes_nothing() -> None:
    run = Run(Life(events(10, 100)), count=2)
    run.wakeup.plan(12, lambda: stop_for(run, 9))
    assert run.run() is ExitCode.OK
    assert run.tries == [0.0]


def test_pause_between_two_connections_does_not_disturb_the_next_one() -> None:
    run = Run(closed(100), Life(events(500)), count=1)
    run.wakeup.plan(100.5, lambda: run.clock.advance(3_600))
    assert run.run() is ExitCode.OK
    assert run.tries == [0.0, 3_700.5]


@pytest.mark.parametrize("seconds", [-86_400, 7_200])
def test_wall_clock_that_is_set_is_no_pause(seconds: float) -> None:
    run = Run(Life(events(100)), count=1)
    run.wakeup.plan(50, lambda: run.clock.jump(seconds))
    run.run()
    assert run.tries == [0.0]


def test_after_two_losses_of_idle_connections_pings_go_out_more_often() -> None:
    run = Run(closed(25), closed(25), Life(events(100)), count=1)
    assert run.run() is ExitCode.OK
    assert "idle connections are lost here: pinging every 12.5 s now" in run.said
    pings = [text for text in run.server.transports[2].sent if "pusher:ping" in text]
    assert len(pings) == 7


def test_timer_is_called_at_its_time_while_there_is_no_connection() -> None:
    class Noting:
        deadline = FakeClock().now() + 11.0
        called_at = 0.0

        def handle_timeout(self, now: float) -> None:
            if now >= self.deadline:
                self.called_at, self.deadline = now, float("inf")

    timer = Noting()
    run = Run(closed(10), failing(), failing(), Life(events(1)), count=1, timers=(timer,))
    assert run.run() is ExitCode.OK
    assert timer.called_at == Noting.deadline


def test_run_ends_and_silence_is_said_while_the_server_does_not_answer() -> None:
    run = Run(Life(), duration=100.0, heartbeat=40)
    run.server.answers = False
    assert run.run() is ExitCode.OK
    assert run.passed == 100.0
    assert run.server.calls[-1].is_over, "it is abandoned"
    assert [line for line in run.said if "no events" in line] == [
        "no events for 40s; not connected",
        "no events for 1m; not connected",
    ]


def test_with_retries_also_what_seems_to_be_final_is_tried_again() -> None:
    run = Run(failing("HTTP 404", fatal=True), Life(events(1)), count=1, retries=20)
    assert run.run() is ExitCode.OK
    assert run.tries == [0.0, 1.0]


@pytest.mark.parametrize("kind", [TokenRefusedError, ApiRefusedError])
def test_portal_in_the_apis_place_does_not_end_a_run_that_worked(kind: type[ApiError]) -> None:
    portal = kind("HTTP 401", is_verdict=False)
    first, again = Authorization("first"), Authorization("again")
    answers: list[Authorization | ApiError] = [first, portal, portal, again]

    def answer(_request: Authorize) -> Authorization | ApiError:
        return answers.pop(0)

    run = Run(closed(100), Life(events(50)), count=1, outcome=answer, notices=True)
    assert run.run() is ExitCode.OK
    assert [notice["reason"] for notice in run.notices("retry")][1:] == [
        "something answers in the API's place: HTTP 401"
    ] * 2


def test_portal_at_the_first_attempt_counts_as_the_api() -> None:
    portal = TokenRefusedError("the API refused the token (HTTP 401)", is_verdict=False)
    with pytest.raises(CredentialsError, match="HTTP 401"):
        Run(Life(), outcome=lambda _request: portal).run()


def test_retry_after_of_a_server_that_refuses_is_respected() -> None:
    busy = Life(failure=TransportError("HTTP 503", retry_after=17.0))
    run = Run(busy, Life(events(1)), count=1)
    assert run.run() is ExitCode.OK
    assert run.tries == [0.0, 17.0]


def test_gap_has_the_times_of_the_wall_clock_as_it_is_set_now() -> None:
    run = Run(Life([*events(10), (80, Closed(None, ""))]), Life(events(1)), count=2, notices=True)
    run.wakeup.plan(50, lambda: run.clock.jump(-1_000))
    run.run()
    (gap,) = run.notices("gap")
    assert (gap["from"], gap["to"]) == ("2026-11-22T11:44:20.000Z", "2026-11-22T11:44:41.000Z")


def test_each_kind_of_notice_is_a_record_with_its_facts() -> None:
    run = Run(
        Life([(40, Closed(4100, "full"))]),
        Life(events(2)),
        channels=BOTH,
        outcome=refusing(WHATSAPP),
        heartbeat=35,
        notices=True,
        count=1,
    )
    assert run.run() is ExitCode.OK
    run.tail.report_summary()
    full = {"reason": "closed by the server with 4100 full"}
    connected = {"type": "connected", "socket_id": "1.1", "activity_timeout": 120}
    subscribed = {"type": "subscribed", "channel": TELEGRAM}
    lost_at, back_at = "2026-11-22T12:00:40.000Z", "2026-11-22T12:00:41.000Z"
    notices = run.notices()
    seconds = [str(notice.pop("at"))[17:19] for notice in notices]
    assert seconds == ["00", "00", "00", "35", "40", "40", "41", "41", "41", "43"]
    assert notices == [
        connected,
        {"type": "refused", "channel": WHATSAPP, "reason": "HTTP 403", "status": 403},
        subscribed,
        {"type": "heartbeat", "subscribed": True, "silence": 35.0, "since_pong": 5.0},
        {"type": "lost", "last_seen": lost_at, "channels": [TELEGRAM], **full},
        {"type": "retry", "delay": 1.0, "attempt": 1, **full},
        {**connected, "socket_id": "2.1"},
        subscribed,
        {
            "type": "gap",
            "from": lost_at,
            "to": back_at,
            "seconds": 1.0,
            "channels": [TELEGRAM],
            **full,
        },
        {
            "type": "summary",
            "seconds": 43.0,
            "received": 1,
            "shown": 1,
            "dropped": 0,
            "gaps": 1,
            "gap_seconds": 1.0,
        },
    ]


def test_frames_are_shown_with_masked_signatures_when_very_verbose() -> None:
    run = Run(Life(events(1)), count=1, verbosity=2)
    run.run()
    said = "\n".join(run.said)
    assert "connected, socket_id 1.1, activity_timeout 120 s" in run.said
    assert f'> {{"event":"pusher:subscribe","data":{{"channel":"{TELEGRAM}","auth":"***"}}}}' in (
        run.said
    )
    assert f"< {frame(1)}" in run.said
    assert "key:" not in said


def test_flood_of_errors_is_said_in_a_few_lines_and_counted() -> None:
    errors: list[tuple[float, Sent]] = [
        (1, json.dumps({"event": "pusher:error", "data": {"code": None, "message": words}}))
        for number in range(1_000)
        for words in ("boom", f"boom {number}")
    ]
    run = Run(Life([*errors, *events(1)]), count=1)
    assert run.run() is ExitCode.OK
    assert sum("the server says: boom" in line for line in run.said) < 20
    run.tail.report_summary()
    assert any(" more in " in line for line in run.said)


def test_reason_of_a_loss_is_told_in_detail_when_verbose() -> None:
    run = Run(closed(1), Life(events(1)), count=1, verbosity=1)
    run.run()
    assert "connection lost, no close frame: reconnect after a pause" in run.said
