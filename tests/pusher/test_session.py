import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    TokenRefusedError,
)
from chatapp_tail.pusher.interfaces import (
    Authorize,
    Closed,
    Connected,
    Disconnect,
    Effect,
    Postponed,
    Refused,
    SendText,
    ServerError,
    Signal,
    Subscribed,
)
from chatapp_tail.pusher.protocol import Authorization, CloseAction, PusherEvent
from chatapp_tail.pusher.session import Session, SessionTimeouts
from tests.chatapp.given import hostile_text, json_values, shown
from tests.pusher.given import (
    FIRST,
    PING,
    PONG,
    SECOND,
    SIGNED,
    SOCKET_ID,
    THIRD,
    doubling_delays,
    error,
    established,
    live_through,
    new_session,
    open_session,
    request,
    subscribe,
    succeeded,
    text,
)
from tests.support.fake_clock import FakeClock

GIVE_UP, NOW, SOON = CloseAction.GIVE_UP, CloseAction.RECONNECT_NOW, CloseAction.BACK_OFF
NEVER = float("inf")


# The handshake


def test_handshake_asks_for_the_authorization_of_every_channel_once() -> None:
    session = new_session(FIRST, SECOND, FIRST)
    assert session.receive_text(established(activity_timeout=30), 1.0) == [
        Connected(SOCKET_ID, 30.0),
        Authorize(SOCKET_ID, FIRST),
        Authorize(SOCKET_ID, SECOND),
    ]


def test_silence_in_place_of_the_handshake_disconnects_after_ten_seconds() -> None:
    session = new_session(FIRST)
    assert session.deadline == 10.0
    assert session.handle_timeout(9.999) == []
    assert session.handle_timeout(10.0) == [
        Disconnect(
            SOON,
            0.0,
            "no Pusher handshake in 10 s",
            "It doesn't seem to be a Pusher server.",
        )
    ]
    assert session.deadline == NEVER


def test_other_frames_dont_prolong_the_wait_for_the_handshake() -> None:
    session = new_session(FIRST)
    session.receive_signal(Signal.ALIVE, 9.0)
    assert session.receive_text(text("pusher:ping"), 9.5) == [SendText(PONG)]
    assert session.receive_text(text("pusher:pong"), 9.6) == []
    assert session.receive_text(succeeded(FIRST), 9.7) == []
    assert session.deadline == 10.0


@pytest.mark.parametrize(
    "first", [b"hello", b'{"event":5}', b"{}", text("message", {}), text("pusher")]
)
def test_first_text_of_another_protocol_disconnects(first: bytes) -> None:
    session = new_session(FIRST)
    assert session.receive_text(first, 1.0) == [
        Disconnect(
            SOON,
            0.0,
            "the server doesn't speak the Pusher protocol",
            "It doesn't seem to be a Pusher server.",
        )
    ]
    assert session.deadline == NEVER


@pytest.mark.parametrize(
    "data", [None, "no JSON", "{}", {"socket_id": ""}, {"socket_id": 5}], ids=shown
)
def test_handshake_without_a_socket_id_disconnects(data: object) -> None:
    session = new_session(FIRST)
    assert session.receive_text(text("pusher:connection_established", data), 1.0) == [
        Disconnect(SOON, 0.0, "the server's handshake has no socket_id")
    ]


@pytest.mark.parametrize(
    ("sent", "activity_timeout", "first_ping"),
    [
        (30, 30.0, 30.0),
        (120, 120.0, 30.0),
        (20, 20.0, 20.0),
        (17.5, 17.5, 17.5),
        (0.000_001, 1.0, 1.0),
        (0, 120.0, 30.0),
        (-5, 120.0, 30.0),
        (1e300, 86_400.0, 30.0),
        (10**400, 86_400.0, 30.0),
        ("30", 120.0, 30.0),
        (True, 120.0, 30.0),
        (None, 120.0, 30.0),
    ],
    ids=shown,
)
def test_first_ping_is_due_after_the_activity_timeout_but_at_most_after_30_seconds(
    sent: object, activity_timeout: float, first_ping: float
) -> None:
    session = new_session()
    assert session.receive_text(established(activity_timeout=sent), 0.0) == [
        Connected(SOCKET_ID, activity_timeout)
    ]
    assert session.deadline == first_ping


OPEN_ERRORS: list[tuple[object, Disconnect]] = [
    (
        {"code": 4001, "message": "App key x not in this cluster."},
        Disconnect(
            GIVE_UP,
            0.0,
            "refused by the server: 4001 App key x not in this cluster.",
            "the server doesn't know this app key",
        ),
    ),
    (
        '{"code":"4100","message":"two\\nlines\\t here"}',
        Disconnect(
            SOON,
            1.0,
            "refused by the server: 4100 two lines here",
            "the server is over capacity",
        ),
    ),
    (
        {"code": None, "message": "Not today"},
        Disconnect(SOON, 0.0, "refused by the server: Not today"),
    ),
    ({"code": 4302, "message": 5}, Disconnect(SOON, 0.0, "refused by the server: 4302")),
    ([4001], Disconnect(SOON, 0.0, "refused by the server")),
]


@pytest.mark.parametrize(("data", "verdict"), OPEN_ERRORS, ids=shown)
def test_error_in_place_of_the_handshake_is_the_verdict(data: object, verdict: Disconnect) -> None:
    session = new_session(FIRST)
    assert session.receive_text(text("pusher:error", data), 1.0) == [verdict]
    assert session.receive_signal(Closed(4001, ""), 3.0) == []


# Liveness


def test_pings_go_out_every_30_seconds_while_the_server_answers() -> None:
    session = open_session()
    pings = []
    for _ in range(3):
        instant = session.deadline
        assert session.handle_timeout(instant) == [SendText(PING)]
        session.receive_text(text("pusher:pong"), instant + 0.25)
        pings.append(instant)
    assert pings == [30.0, 60.0, 90.0]
    assert session.round_trip == 0.25


def test_pings_go_out_on_schedule_however_busy_the_connection_is() -> None:
    session = open_session()
    pings = []
    for second in range(1, 100):
        session.receive_text(text("message", "{}", channel=FIRST), float(second))
        if session.handle_timeout(float(second)) == [SendText(PING)]:
            pings.append(second)
    assert pings == [30, 60, 90]


def test_late_timeout_sends_one_ping_and_counts_from_there() -> None:
    session = open_session()
    assert session.handle_timeout(100.0) == [SendText(PING)]
    assert session.deadline == 110.0
    session.receive_signal(Signal.ALIVE, 100.5)
    assert session.deadline == 130.0


def test_ten_seconds_of_silence_after_a_ping_disconnect() -> None:
    session = open_session()
    session.handle_timeout(30.0)
    assert session.deadline == 40.0
    assert session.handle_timeout(39.999) == []
    assert session.handle_timeout(40.0) == [
        Disconnect(NOW, 0.0, "silent: no answer to a ping in 10 s")
    ]
    assert session.deadline == NEVER


def test_second_ping_doesnt_prolong_the_wait_for_an_answer_to_the_first() -> None:
    session = open_session(activity_timeout=4)
    assert live_through(session, 60.0) == [
        (4.0, SendText(PING)),
        (8.0, SendText(PING)),
        (12.0, SendText(PING)),
        (14.0, Disconnect(NOW, 0.0, "silent: no answer to a ping in 10 s")),
    ]


@pytest.mark.parametrize(
    "received",
    [
        text("pusher:pong"),
        text("pusher:pong", {}),
        text("pusher:ping"),
        text("message", "{}", channel=FIRST),
        text("pusher:error", {"code": 4200, "message": "Invalid message format"}),
        text("pusher_internal:member_added", "{}", channel="presence-x"),
        b"no envelope",
        None,
    ],
    ids=shown,
)
def test_any_frame_answers_a_ping(received: bytes | None) -> None:
    session = open_session()
    session.handle_timeout(30.0)
    if received is None:
        session.receive_signal(Signal.ALIVE, 39.9)
    else:
        session.receive_text(received, 39.9)
    assert session.last_seen == 39.9
    assert session.handle_timeout(40.0) == []
    assert session.deadline == 60.0


@pytest.mark.parametrize("data", [None, {}, "{}", "", [], 5, {"a": 1}], ids=shown)
def test_servers_ping_is_answered_whatever_it_carries(data: object) -> None:
    assert open_session().receive_text(text("pusher:ping", data), 1.0) == [SendText(PONG)]


def test_pong_without_a_ping_is_no_round_trip() -> None:
    session = open_session()
    assert session.receive_text(text("pusher:pong"), 1.0) == []
    assert session.round_trip is None


def test_own_timeouts_are_kept() -> None:
    timeouts = SessionTimeouts(handshake=3.0, ping_interval=5.0, pong=2.0, subscription=1.0)
    session = Session([FIRST], now=100.0, delays=doubling_delays, timeouts=timeouts)
    assert session.deadline == 103.0
    session.receive_text(established(activity_timeout=30), 101.0)
    assert session.deadline == 106.0
    session.receive_authorization(request(FIRST), SIGNED, 102.0)
    assert session.deadline == 103.0


# Events


def test_event_is_delivered_as_it_came() -> None:
    assert open_session(FIRST).receive_text(text("message", '{"a":1}', channel=FIRST), 1.0) == [
        PusherEvent("message", FIRST, '{"a":1}')
    ]


def test_event_is_delivered_while_nothing_is_authorized_yet() -> None:
    session = open_session(FIRST, SECOND)
    event = text("message", {"a": 1}, channel=SECOND)
    assert session.receive_text(event, 1.0) == [PusherEvent("message", SECOND, {"a": 1})]
    session.receive_authorization(request(FIRST), SIGNED, 2.0)
    assert session.receive_text(event, 3.0) == [PusherEvent("message", SECOND, {"a": 1})]


@pytest.mark.parametrize("received", ["", "[1]", '{"event":5}', '{"event":"x"'])
def test_text_that_is_no_envelope_is_delivered_as_data(received: str) -> None:
    session = open_session(FIRST)
    assert session.receive_text(received.encode(), 1.0) == [PusherEvent("", None, received)]


@pytest.mark.parametrize(
    "received",
    [
        text("pusher_internal:member_added", "{}", channel="presence-x"),
        text("pusher_internal:subscription_count", "{}", channel=FIRST),
        text("pusher:cache_miss", channel=FIRST),
        text("pusher:signin_success", "{}"),
        text("pusher:", "{}"),
        established(activity_timeout=1),
        succeeded(SECOND),
    ],
)
def test_protocol_event_without_a_duty_is_not_shown(received: bytes) -> None:
    session = open_session(FIRST)
    assert session.receive_text(received, 1.0) == []
    assert session.deadline == 30.0


# Subscribing


def test_channels_are_subscribed_one_at_a_time() -> None:
    session = open_session(FIRST, SECOND, THIRD)
    effects = [
        session.receive_authorization(request(SECOND), SIGNED, 1.0),
        session.receive_authorization(request(FIRST), SIGNED, 1.1),
        session.receive_authorization(request(THIRD), SIGNED, 1.2),
        session.receive_text(succeeded(SECOND), 1.3),
        session.receive_text(succeeded(FIRST), 1.4),
        session.receive_text(succeeded(THIRD), 1.5),
    ]
    assert effects == [
        [SendText(subscribe(SECOND))],
        [],
        [],
        [Subscribed(SECOND), SendText(subscribe(FIRST))],
        [Subscribed(FIRST), SendText(subscribe(THIRD))],
        [Subscribed(THIRD)],
    ]
    assert session.deadline == 30.0


REFUSALS: list[tuple[bytes, Refused]] = [
    (error(4009, "Invalid Signature"), Refused(FIRST, "Invalid Signature", 4009)),
    (
        text("pusher:error", '{"code":4009,"message":"Connection is unauthorized"}'),
        Refused(FIRST, "Connection is unauthorized", 4009),
    ),
    (error(None, "Invalid signature: x"), Refused(FIRST, "Invalid signature: x", None)),
    (text("pusher:error"), Refused(FIRST, "refused", None)),
    (
        text(
            "pusher:subscription_error",
            {"type": "AuthError", "error": "The connection is unauthorized.", "status": 401},
            channel=FIRST,
        ),
        Refused(FIRST, "The connection is unauthorized.", 401),
    ),
    (
        text("pusher:subscription_error", '{"type":"AuthError","status":"403"}', channel=FIRST),
        Refused(FIRST, "AuthError", 403),
    ),
    (text("pusher:subscription_error"), Refused(FIRST, "refused by the server", None)),
]


@pytest.mark.parametrize(("received", "refused"), REFUSALS, ids=shown)
def test_refusal_concerns_the_channel_being_subscribed_and_the_next_one_goes_on(
    received: bytes, refused: Refused
) -> None:
    session = open_session(FIRST, SECOND)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    session.receive_authorization(request(SECOND), SIGNED, 1.0)
    assert session.receive_text(received, 2.0) == [refused, SendText(subscribe(SECOND))]
    assert session.receive_text(received.replace(FIRST.encode(), SECOND.encode()), 3.0) == [
        Refused(SECOND, refused.reason, refused.status)
    ]


def test_refusal_of_another_channel_leaves_the_one_being_subscribed_alone() -> None:
    session = open_session(FIRST, SECOND)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    refusal = text("pusher:subscription_error", {"error": "no"}, channel=SECOND)
    assert session.receive_text(refusal, 2.0) == [Refused(SECOND, "no", None)]
    assert session.receive_text(succeeded(FIRST), 3.0) == [Subscribed(FIRST)]


@pytest.mark.parametrize(
    ("received", "complaint"),
    [
        (error(4009, "Unauthorized"), ServerError(4009, "Unauthorized")),
        (error(None, "Something"), ServerError(None, "Something")),
        (error("4302", "Watchlist"), ServerError(4302, "Watchlist")),
        (text("pusher:error"), ServerError(None, "")),
        (text("pusher:error", [1]), ServerError(None, "")),
    ],
    ids=shown,
)
def test_error_with_nothing_being_subscribed_is_only_a_complaint(
    received: bytes, complaint: ServerError
) -> None:
    session = open_session(FIRST)
    assert session.receive_text(received, 1.0) == [complaint]
    assert session.deadline == 30.0


@pytest.mark.parametrize("code", [4001, 4100, 4200, 4201, 4301])
def test_error_frame_is_not_a_close(code: int) -> None:
    session = open_session(FIRST)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    assert session.receive_text(error(code, "words"), 2.0) == [ServerError(code, "words")]
    assert session.receive_text(succeeded(FIRST), 3.0) == [Subscribed(FIRST)]


@pytest.mark.parametrize(
    "received",
    [
        error(None, f"Existing subscription to channel {FIRST}"),
        error(None, f"Existing subscription to channel {FIRST}", channel=FIRST),
        error(None, "Existing subscription", channel=FIRST),
        error(None, "Existing subscription"),
        error(None, f"Existing subscription: {FIRST}"),
        error(4009, f"Existing subscription to channel {FIRST}"),
    ],
)
def test_existing_subscription_is_a_yes(received: bytes) -> None:
    session = open_session(FIRST)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    assert session.receive_text(received, 2.0) == [Subscribed(FIRST)]


def test_existing_subscription_concerns_the_channel_that_it_names() -> None:
    session = open_session(FIRST, SECOND)
    session.receive_authorization(request(FIRST), SIGNED, 0.0)
    session.handle_timeout(10.0)
    session.handle_timeout(11.0)
    session.receive_authorization(request(FIRST), SIGNED, 12.0)
    session.receive_authorization(request(SECOND), SIGNED, 12.0)
    session.receive_text(succeeded(FIRST), 13.0)
    existing = error(None, f"Existing subscription to channel {FIRST}")
    assert session.receive_text(existing, 14.0) == []
    assert session.receive_text(error(4009, "no"), 15.0) == [Refused(SECOND, "no", 4009)]


def test_missing_answer_postpones_the_channel_and_the_next_one_goes_on() -> None:
    session = open_session(FIRST, SECOND)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    session.receive_authorization(request(SECOND), SIGNED, 1.0)
    assert session.deadline == 11.0
    assert session.handle_timeout(11.0) == [
        Postponed(FIRST, "no answer to the subscription in 10 s", 1.0, 1),
        SendText(subscribe(SECOND)),
    ]
    assert session.deadline == 12.0
    assert session.handle_timeout(12.0) == [Authorize(SOCKET_ID, FIRST)]
    assert session.receive_authorization(request(FIRST), SIGNED, 12.5) == []
    assert session.receive_text(succeeded(SECOND), 13.0) == [
        Subscribed(SECOND),
        SendText(subscribe(FIRST)),
    ]
    assert session.handle_timeout(23.0) == [
        Postponed(FIRST, "no answer to the subscription in 10 s", 2.0, 2)
    ]
    assert session.deadline == 25.0


def test_late_refusal_without_a_channel_is_not_taken_for_the_next_channels() -> None:
    session = open_session(FIRST, SECOND)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    session.receive_authorization(request(SECOND), SIGNED, 1.0)
    session.handle_timeout(11.0)  # FIRST got no answer, SECOND is being subscribed
    assert session.receive_text(error(4009, "Late"), 11.5) == [Postponed(SECOND, "Late", 1.0, 1)]
    assert session.handle_timeout(12.5) == [
        Authorize(SOCKET_ID, FIRST),
        Authorize(SOCKET_ID, SECOND),
    ]
    session.receive_authorization(request(SECOND), SIGNED, 13.0)
    assert session.receive_text(error(4009, "No"), 13.5) == [Refused(SECOND, "No", 4009)]


def test_late_yes_counts_and_ends_the_retries() -> None:
    session = open_session(FIRST)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    session.handle_timeout(11.0)
    assert session.receive_text(succeeded(FIRST), 11.5) == [Subscribed(FIRST)]
    assert session.deadline == 30.0


def test_late_refusal_counts_and_ends_the_retries() -> None:
    session = open_session(FIRST)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    session.handle_timeout(11.0)
    refusal = text("pusher:subscription_error", {"error": "no"}, channel=FIRST)
    assert session.receive_text(refusal, 11.5) == [Refused(FIRST, "no", None)]
    assert session.deadline == 30.0


@pytest.mark.parametrize(
    ("outcome", "effect"),
    [
        (
            ApiUnavailableError("HTTP 503", status=503),
            Postponed(FIRST, "HTTP 503", 1.0, 1),
        ),
        (
            ApiUnavailableError("HTTP 429", status=429, retry_after=45.0),
            Postponed(FIRST, "HTTP 429", 45.0, 1),
        ),
        (
            ApiUnavailableError("HTTP 429", status=429, retry_after=0.5),
            Postponed(FIRST, "HTTP 429", 1.0, 1),
        ),
        (ApiRefusedError("HTTP 403", status=403), Refused(FIRST, "HTTP 403", 403)),
        (TokenRefusedError("HTTP 401", status=401), Refused(FIRST, "HTTP 401", 401)),
        (ApiError("no"), Refused(FIRST, "no", None)),
    ],
    ids=shown,
)
def test_failed_authorization_postpones_or_refuses_its_channel_alone(
    outcome: ApiError, effect: Postponed | Refused
) -> None:
    session = open_session(FIRST, SECOND)
    assert session.receive_authorization(request(FIRST), outcome, 1.0) == [effect]
    assert session.receive_authorization(request(SECOND), SIGNED, 1.0) == [
        SendText(subscribe(SECOND))
    ]


def test_answer_for_an_earlier_connection_is_ignored() -> None:
    session = open_session(FIRST)
    for outcome in (SIGNED, ApiRefusedError("no"), ApiUnavailableError("later")):
        assert session.receive_authorization(request(FIRST, "9.9"), outcome, 1.0) == []
    assert session.deadline == 30.0


def test_answer_before_the_handshake_is_ignored() -> None:
    assert new_session(FIRST).receive_authorization(request(FIRST), SIGNED, 1.0) == []


# The end

# What each code means is a table in the protocol, with its own tests.
CLOSES: list[tuple[int | None, str, Disconnect]] = [
    (None, "", Disconnect(SOON, 0.0, "connection lost, no close frame")),
    (None, "the connection broke", Disconnect(SOON, 0.0, "the connection broke")),
    (1000, "", Disconnect(SOON, 0.0, "closed by the server with 1000")),
    (
        4001,
        "App key x not in this cluster.",
        Disconnect(
            GIVE_UP,
            0.0,
            "closed by the server with 4001 App key x not in this cluster.",
            "the server doesn't know this app key",
        ),
    ),
    (
        4004,
        "",
        Disconnect(
            SOON, 60.0, "closed by the server with 4004", "the app is over its connection quota"
        ),
    ),
    (4201, "Pong", Disconnect(NOW, 0.0, "closed by the server with 4201 Pong")),
]


@pytest.mark.parametrize(("code", "reason", "verdict"), CLOSES)
@pytest.mark.parametrize("session", [new_session, open_session], ids=["handshake", "open"])
def test_close_code_decides_what_to_do_next(
    session: Callable[[str], Session], code: int | None, reason: str, verdict: Disconnect
) -> None:
    assert session(FIRST).receive_signal(Closed(code, reason), 1.0) == [verdict]


def test_nothing_happens_after_the_end() -> None:
    session = open_session(FIRST)
    session.receive_authorization(request(FIRST), SIGNED, 1.0)
    session.receive_signal(Closed(1000, ""), 1.0)
    assert session.deadline == NEVER
    assert session.receive_text(succeeded(FIRST), 2.0) == []
    assert session.receive_text(text("message", "{}", channel=FIRST), 2.0) == []
    assert session.receive_text(b"no envelope", 2.0) == []
    assert session.receive_authorization(request(FIRST), SIGNED, 2.0) == []
    assert session.receive_signal(Closed(4001, ""), 3.0) == []
    assert session.handle_timeout(1000.0) == []


# Whatever happens

CHANNELS = (FIRST, SECOND, THIRD)
some_channel = st.sampled_from(CHANNELS)
server_texts = st.one_of(
    st.builds(succeeded, some_channel),
    st.builds(
        error,
        st.sampled_from([None, 4009, 4100, 4200, "4009"]),
        st.sampled_from(["", "no", "Existing subscription", f"Existing subscription to {FIRST}"]),
        channel=st.none() | some_channel,
    ),
    st.builds(
        text,
        st.sampled_from(
            [
                "pusher:ping",
                "pusher:pong",
                "pusher:error",
                "pusher:subscription_error",
                "pusher:connection_established",
                "pusher_internal:subscription_succeeded",
                "message",
                "",
            ]
        ),
        json_values(),
        channel=st.none() | some_channel | hostile_text(),
    ),
    json_values().map(json.dumps).map(str.encode),
    st.binary(max_size=40),
)
outcomes: st.SearchStrategy[Authorization | ApiError] = st.one_of(
    st.just(SIGNED),
    st.builds(
        ApiUnavailableError,
        st.just("later"),
        retry_after=st.none() | st.floats(0, 300),
    ),
    st.just(ApiRefusedError("no", status=403)),
    st.just(TokenRefusedError("no", status=401)),
)
happenings = st.one_of(
    st.tuples(st.just("text"), server_texts),
    st.tuples(st.just("answer"), outcomes),
    st.tuples(st.just("stray answer"), st.tuples(some_channel, outcomes)),
    st.tuples(st.just("pass"), st.floats(0, 40)),
    st.tuples(st.just("deadline"), st.none()),
    st.tuples(st.just("close"), st.none() | st.integers(0, 5000)),
)


class Driven:
    """A session under arbitrary treatment, and the promises that it keeps at each step."""

    def __init__(self, fraction: float) -> None:
        self._clock = FakeClock(0.0, fraction=fraction)
        self._session = new_session(*CHANNELS)
        self._asked: list[Authorize] = []
        self._unconfirmed: set[str] = set()
        self._over = False

    def happen(self, kind: str, what: object) -> None:
        session, now = self._session, self._clock.now()
        match kind, what:
            case "text", bytes(received):
                self._take(session.receive_text(received, now))
            case "answer", Authorization() | ApiError():
                if self._asked:
                    self._take(session.receive_authorization(self._asked.pop(0), what, now))
            case "stray answer", (
                str(channel),
                (Authorization() | ApiError()) as outcome,
            ):
                self._take(session.receive_authorization(request(channel), outcome, now))
            case "pass", float(seconds):
                self._clock.advance(seconds)
                self._take(session.handle_timeout(self._clock.now()))
            case "deadline", None:
                self._reach_deadline()
            case "close", int() | None:
                self._take(session.receive_signal(Closed(what, ""), now))
            case _:
                pytest.fail(f"no such happening: {kind}")

    def _reach_deadline(self) -> None:
        deadline = self._session.deadline
        assert self._over == (deadline == NEVER)
        if deadline == NEVER:
            return
        if deadline > self._clock.now():
            almost = self._clock.now() + (deadline - self._clock.now()) / 2
            assert almost >= deadline or self._session.handle_timeout(almost) == []
        self._clock.advance_to(deadline)
        effects = self._session.handle_timeout(self._clock.now())
        assert effects != []
        self._take(effects)
        assert self._session.deadline >= self._clock.now()

    def _take(self, effects: list[Effect]) -> None:
        assert effects == [] or not self._over
        for effect in effects:
            match effect:
                case Authorize():
                    self._asked.append(effect)
                case SendText(sent) if "pusher:subscribe" in sent:
                    assert not self._unconfirmed
                    self._unconfirmed.add(json.loads(sent)["data"]["channel"])
                case Subscribed(channel) | Refused(channel) | Postponed(channel):
                    self._unconfirmed.discard(channel)
                case Disconnect():
                    self._over = True
                case SendText() | Connected() | PusherEvent() | ServerError():
                    pass


@given(st.lists(happenings, max_size=40), st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=200, deadline=None)
def test_session_keeps_its_promises_whatever_happens(
    story: list[tuple[str, object]], fraction: float
) -> None:
    driven = Driven(fraction)
    driven.happen("text", established(activity_timeout=30))
    for kind, what in story:
        driven.happen(kind, what)
