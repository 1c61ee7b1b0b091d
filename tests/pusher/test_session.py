import json
from collections.abc import Callable
from itertools import repeat

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
    authorize,
    doubling_delays,
    error,
    established,
    new_session,
    open_session,
    request,
    subscribe,
    subscribing,
    succeeded,
    text,
)
from tests.support.fake_clock import FakeClock

GIVE_UP, NOW, SOON = CloseAction.GIVE_UP, CloseAction.RECONNECT_NOW, CloseAction.BACK_OFF
NEVER = float("inf")
NOT_PUSHER = "It doesn't seem to be a Pusher server."
UNANSWERED = "no answer to the subscription in 10 s"
SILENT = "silent: no answer to a ping in 10 s"


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
        Disconnect(SOON, 0.0, "no Pusher handshake in 10 s", NOT_PUSHER)
    ]
    assert session.deadline == NEVER


def test_other_frames_dont_prolong_the_wait_for_the_handshake() -> None:
    session = new_session(FIRST)
    session.receive_signal(Signal.ALIVE, 9.0)
    assert session.receive_text(text("pusher:ping"), 9.5) == [SendText(PONG)]
    assert session.receive_text(text("pusher:pong"), 9.6) == []
    assert session.receive_text(succeeded(FIRST), 9.7) == []
    assert session.receive_authorization(request(FIRST), SIGNED, 9.8) == []
    assert session.deadline == 10.0


@pytest.mark.parametrize(
    "first", [b"hello", b'{"event":5}', b"{}", text("message", {}), text("pusher")]
)
def test_first_text_of_another_protocol_disconnects(first: bytes) -> None:
    session = new_session(FIRST)
    assert session.receive_text(first, 1.0) == [
        Disconnect(SOON, 0.0, "the server doesn't speak the Pusher protocol", NOT_PUSHER)
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


NO_SUCH_KEY = "the server doesn't know this app key"


@pytest.mark.parametrize(
    ("data", "disconnect"),
    [
        (
            {"code": 4001, "message": "No app x."},
            Disconnect(GIVE_UP, 0.0, "refused by the server: 4001 No app x.", NO_SUCH_KEY),
        ),
        (
            '{"code":"4100","message":"two\\nlines\\t here"}',
            Disconnect(
                *(SOON, 1.0, "refused by the server: 4100 two lines here"),
                "the server is over capacity",
            ),
        ),
        (
            {"code": None, "message": "Not today"},
            Disconnect(SOON, 0.0, "refused by the server: Not today"),
        ),
        ({"code": 4302, "message": 5}, Disconnect(SOON, 0.0, "refused by the server: 4302")),
        ([4001], Disconnect(SOON, 0.0, "refused by the server")),
    ],
    ids=shown,
)
def test_error_in_place_of_the_handshake_disconnects(data: object, disconnect: Disconnect) -> None:
    session = new_session(FIRST)
    assert session.receive_text(text("pusher:error", data), 1.0) == [disconnect]
    assert session.receive_signal(Closed(4001, ""), 2.0) == []


# Liveness


def test_pings_go_out_every_30_seconds_while_the_server_answers() -> None:
    session = open_session()
    for instant in (30.0, 60.0, 90.0):
        assert session.deadline == instant
        assert session.handle_timeout(instant) == [SendText(PING)]
        session.receive_text(text("pusher:pong"), instant + 0.25)
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
    assert session.handle_timeout(40.0) == [Disconnect(NOW, 0.0, SILENT)]
    assert session.deadline == NEVER


def test_second_ping_doesnt_prolong_the_wait_for_an_answer_to_the_first() -> None:
    session = open_session(activity_timeout=4)
    for instant in (4.0, 8.0, 12.0):
        assert session.deadline == instant
        assert session.handle_timeout(instant) == [SendText(PING)]
    assert session.deadline == 14.0
    assert session.handle_timeout(14.0) == [Disconnect(NOW, 0.0, SILENT)]


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
        Signal.ALIVE,
        Signal.PIECE,
    ],
    ids=shown,
)
def test_any_frame_answers_a_ping(received: bytes | Signal) -> None:
    session = open_session()
    session.handle_timeout(30.0)
    if isinstance(received, Signal):
        assert session.receive_signal(received, 39.9) == []
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
    authorize(session, FIRST, now=102.0)
    assert session.deadline == 103.0


# Events


def test_event_is_delivered_as_it_came_also_while_nothing_is_subscribed() -> None:
    session = open_session(FIRST, SECOND)
    for data in ('{"a":1}', {"a": 1}):
        event = text("message", data, channel=SECOND)
        assert session.receive_text(event, 1.0) == [PusherEvent("message", SECOND, data)]


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
        text("pusher_internal:subscription_succeeded"),
        succeeded(SECOND),
        text("pusher:subscription_error", {"error": "no"}, channel=SECOND),
    ],
)
def test_protocol_event_that_asks_for_nothing_is_not_shown(received: bytes) -> None:
    session = open_session(FIRST)
    assert session.receive_text(received, 1.0) == []
    assert session.deadline == 30.0


# Subscribing


def test_channels_are_subscribed_one_at_a_time() -> None:
    session = open_session(FIRST, SECOND, THIRD)
    assert authorize(session, SECOND, FIRST, THIRD) == [SendText(subscribe(SECOND))]
    assert session.receive_text(succeeded(SECOND), 1.3) == [
        Subscribed(SECOND),
        SendText(subscribe(FIRST)),
    ]
    assert session.receive_text(succeeded(FIRST), 9.0) == [
        Subscribed(FIRST),
        SendText(subscribe(THIRD)),
    ]
    assert session.deadline == 19.0
    assert session.receive_text(succeeded(THIRD), 9.5) == [Subscribed(THIRD)]
    assert session.deadline == 30.0


def test_confirmed_channel_that_waits_for_its_turn_is_not_subscribed_again() -> None:
    session = subscribing(FIRST, SECOND, THIRD)
    assert session.receive_text(succeeded(SECOND), 2.0) == [Subscribed(SECOND)]
    assert session.receive_text(succeeded(FIRST), 3.0) == [
        Subscribed(FIRST),
        SendText(subscribe(THIRD)),
    ]


REFUSALS: list[tuple[bytes, str, int | None]] = [
    (error(4009, "Invalid Signature"), "Invalid Signature", 4009),
    (
        text("pusher:error", '{"code":4009,"message":"Connection is unauthorized"}'),
        *("Connection is unauthorized", 4009),
    ),
    (error(None, "Invalid signature: x"), "Invalid signature: x", None),
    (text("pusher:error"), "refused", None),
    (
        text(
            "pusher:subscription_error",
            {"type": "AuthError", "error": "The connection is unauthorized.", "status": 401},
            channel=FIRST,
        ),
        *("The connection is unauthorized.", 401),
    ),
    (
        text("pusher:subscription_error", '{"type":"AuthError","status":"403"}', channel=FIRST),
        *("AuthError", 403),
    ),
    (text("pusher:subscription_error"), "refused by the server", None),
]


@pytest.mark.parametrize(("received", "reason", "status"), REFUSALS, ids=shown)
def test_refusal_concerns_the_channel_being_subscribed_and_the_next_one_goes_on(
    received: bytes, reason: str, status: int | None
) -> None:
    session = subscribing(FIRST, SECOND)
    assert session.receive_text(received, 2.0) == [
        Refused(FIRST, reason, status),
        SendText(subscribe(SECOND)),
    ]
    assert session.receive_text(received.replace(FIRST.encode(), SECOND.encode()), 3.0) == [
        Refused(SECOND, reason, status)
    ]


def test_refusal_of_another_channel_leaves_the_one_being_subscribed_alone() -> None:
    session = open_session(FIRST, SECOND)
    authorize(session, FIRST)
    refusal = text("pusher:subscription_error", {"error": "no"}, channel=SECOND)
    assert session.receive_text(refusal, 2.0) == [Refused(SECOND, "no", None)]
    assert session.receive_text(succeeded(FIRST), 3.0) == [Subscribed(FIRST)]


def test_refused_channel_stays_refused() -> None:
    session = subscribing(FIRST)
    refusal = text("pusher:subscription_error", {"error": "no"}, channel=FIRST)
    assert session.receive_text(refusal, 2.0) == [Refused(FIRST, "no", None)]
    assert session.receive_text(succeeded(FIRST), 3.0) == []
    assert session.receive_text(refusal, 3.0) == []
    assert authorize(session, FIRST, now=3.0) == []
    assert session.deadline == 30.0


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
    session = subscribing(FIRST)
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
def test_existing_subscription_is_a_confirmation(received: bytes) -> None:
    assert subscribing(FIRST).receive_text(received, 2.0) == [Subscribed(FIRST)]


# Answers that are missing or late


def test_existing_subscription_concerns_the_channel_that_it_names() -> None:
    session = subscribing(FIRST, SECOND)
    session.handle_timeout(11.0)
    authorize(session, FIRST, now=12.0)
    session.receive_text(succeeded(FIRST), 13.0)
    existing = error(None, f"Existing subscription to channel {FIRST}")
    assert session.receive_text(existing, 14.0) == []
    assert session.receive_text(error(4009, "no"), 15.0) == [Refused(SECOND, "no", 4009)]


def test_missing_answer_postpones_the_channel_and_the_next_one_goes_on() -> None:
    session = subscribing(FIRST, SECOND)
    assert session.deadline == 11.0
    assert session.handle_timeout(11.0) == [
        Postponed(FIRST, UNANSWERED, 1.0, 1),
        SendText(subscribe(SECOND)),
    ]
    assert session.deadline == 12.0
    assert session.handle_timeout(12.0) == [Authorize(SOCKET_ID, FIRST)]
    assert authorize(session, FIRST, now=12.5) == []
    assert session.receive_text(succeeded(SECOND), 13.0) == [
        Subscribed(SECOND),
        SendText(subscribe(FIRST)),
    ]
    assert session.handle_timeout(23.0) == [Postponed(FIRST, UNANSWERED, 2.0, 2)]
    assert session.deadline == 25.0


def test_late_refusal_without_a_channel_is_not_taken_for_the_next_channels() -> None:
    session = subscribing(FIRST, SECOND)
    session.handle_timeout(11.0)  # FIRST got no answer, SECOND is being subscribed
    assert session.receive_text(error(4009, "Late"), 11.5) == [Postponed(SECOND, "Late", 1.0, 1)]
    assert session.handle_timeout(12.5) == [
        Authorize(SOCKET_ID, FIRST),
        Authorize(SOCKET_ID, SECOND),
    ]
    authorize(session, SECOND, now=13.0)
    assert session.receive_text(error(4009, "No"), 13.5) == [Refused(SECOND, "No", 4009)]


@pytest.mark.parametrize(
    ("answer", "effect"),
    [
        (succeeded(FIRST), Subscribed(FIRST)),
        (
            text("pusher:subscription_error", {"error": "no"}, channel=FIRST),
            Refused(FIRST, "no", None),
        ),
    ],
    ids=["confirmation", "refusal"],
)
def test_late_answer_counts_and_ends_the_retries(answer: bytes, effect: Effect) -> None:
    session = subscribing(FIRST)
    session.handle_timeout(11.0)
    assert session.receive_text(answer, 11.5) == [effect]
    assert session.deadline == 30.0


def test_pause_of_nothing_asks_again_at_once() -> None:
    session = Session([FIRST], now=0.0, delays=lambda: repeat(0.0))
    session.receive_text(established(), 0.0)
    authorize(session, FIRST)
    assert session.handle_timeout(11.0) == [Postponed(FIRST, UNANSWERED, 0.0, 1), request(FIRST)]


# Answers of the API

LATER = ApiUnavailableError("later")


@pytest.mark.parametrize(
    ("outcome", "effect"),
    [
        (ApiUnavailableError("HTTP 503", status=503), Postponed(FIRST, "HTTP 503", 1.0, 1)),
        (ApiUnavailableError("HTTP 429", retry_after=45.0), Postponed(FIRST, "HTTP 429", 45.0, 1)),
        (ApiUnavailableError("HTTP 429", retry_after=0.5), Postponed(FIRST, "HTTP 429", 1.0, 1)),
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
    assert authorize(session, SECOND) == [SendText(subscribe(SECOND))]


def test_channels_that_were_postponed_together_are_asked_for_in_order() -> None:
    session = open_session(FIRST, SECOND, THIRD)
    for channel in (THIRD, FIRST, SECOND):
        session.receive_authorization(request(channel), LATER, 1.0)
    assert session.deadline == 2.0
    assert session.handle_timeout(1.999) == []
    assert session.handle_timeout(2.0) == [request(THIRD), request(FIRST), request(SECOND)]
    assert session.deadline == 30.0


def test_each_channel_has_its_own_series_of_delays() -> None:
    session = open_session(FIRST, SECOND)
    postponed = []
    for channel in (FIRST, FIRST, SECOND, FIRST, SECOND):
        postponed += session.receive_authorization(request(channel), LATER, 1.0)
    assert postponed == [
        Postponed(FIRST, "later", 1.0, 1),
        Postponed(FIRST, "later", 2.0, 2),
        Postponed(SECOND, "later", 1.0, 1),
        Postponed(FIRST, "later", 4.0, 3),
        Postponed(SECOND, "later", 2.0, 2),
    ]
    # A missing answer of the server continues the series.
    authorize(session, SECOND, now=3.0)
    assert Postponed(SECOND, UNANSWERED, 4.0, 3) in session.handle_timeout(13.0)


def test_answer_for_an_earlier_connection_is_ignored() -> None:
    session = open_session(FIRST)
    for outcome in (SIGNED, ApiRefusedError("no"), LATER):
        assert session.receive_authorization(request(FIRST, "9.9"), outcome, 1.0) == []
    assert session.deadline == 30.0


# The end


@pytest.mark.parametrize(
    ("closed", "disconnect"),
    [
        (Closed(None, ""), Disconnect(SOON, 0.0, "connection lost, no close frame")),
        (Closed(None, "the connection broke"), Disconnect(SOON, 0.0, "the connection broke")),
        (Closed(1000, ""), Disconnect(SOON, 0.0, "closed by the server with 1000")),
        (
            Closed(4001, "No app x."),
            Disconnect(GIVE_UP, 0.0, "closed by the server with 4001 No app x.", NO_SUCH_KEY),
        ),
        (
            Closed(4004, ""),
            Disconnect(
                *(SOON, 60.0, "closed by the server with 4004"),
                "the app is over its connection quota",
            ),
        ),
        (Closed(4201, "Pong"), Disconnect(NOW, 0.0, "closed by the server with 4201 Pong")),
    ],
    ids=shown,
)
@pytest.mark.parametrize("session", [new_session, open_session], ids=["handshake", "open"])
def test_close_code_decides_what_to_do_next(
    session: Callable[[str], Session], closed: Closed, disconnect: Disconnect
) -> None:
    assert session(FIRST).receive_signal(closed, 1.0) == [disconnect]


def test_close_frame_is_a_sign_of_life_and_a_lost_connection_is_none() -> None:
    for code, last_seen in ((1000, 5.0), (None, 0.0)):
        session = open_session()
        session.receive_signal(Closed(code, ""), 5.0)
        assert session.last_seen == last_seen


def test_nothing_happens_after_the_end() -> None:
    session = subscribing(FIRST)
    session.receive_signal(Closed(1000, ""), 1.0)
    assert session.deadline == NEVER
    for received in (succeeded(FIRST), text("message", "{}", channel=FIRST), b"no envelope"):
        assert session.receive_text(received, 2.0) == []
    assert authorize(session, FIRST, now=2.0) == []
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
                *("pusher:ping", "pusher:pong", "pusher:error", "pusher:subscription_error"),
                *("pusher:connection_established", "message", ""),
                "pusher_internal:subscription_succeeded",
            ]
        ),
        json_values(),
        channel=st.none() | some_channel | hostile_text(),
    ),
    st.binary(max_size=40),
)
outcomes: st.SearchStrategy[Authorization | ApiError] = st.one_of(
    st.just(SIGNED),
    st.builds(ApiUnavailableError, st.just("later"), retry_after=st.none() | st.floats(0, 300)),
    st.just(ApiRefusedError("no", status=403)),
)
# A text, an answer of the API, seconds that pass, the end of the connection; None is the deadline.
Happening = bytes | Authorization | ApiError | float | Closed | None
happenings: st.SearchStrategy[Happening] = st.one_of(
    server_texts,
    outcomes,
    st.floats(0, 40),
    st.builds(Closed, st.none() | st.integers(0, 5000), st.just("")),
    st.none(),
)


class Driven:
    """A session under arbitrary treatment, and what holds at each step."""

    def __init__(self, fraction: float) -> None:
        self._clock = FakeClock(0.0, fraction=fraction)
        self._session = new_session(*CHANNELS)
        self._asked: list[Authorize] = []
        self._unconfirmed: set[str] = set()
        self._over = False

    def happen(self, happening: Happening) -> None:
        session, now = self._session, self._clock.now()
        match happening:
            case bytes():
                self._take(session.receive_text(happening, now))
            case Authorization() | ApiError() if self._asked:
                asked = self._asked.pop(0)
                self._take(session.receive_authorization(asked, happening, now))
            case Authorization() | ApiError():
                self._take(session.receive_authorization(request(FIRST), happening, now))
            case float():
                self._clock.advance(happening)
                self._take(session.handle_timeout(self._clock.now()))
            case Closed():
                self._take(session.receive_signal(happening, now))
            case None:
                self._reach_deadline()

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
                case _:
                    pass


@given(st.lists(happenings, max_size=40), st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=200, deadline=None)
def test_deadlines_are_true_and_subscriptions_come_one_by_one_whatever_happens(
    story: list[Happening], fraction: float
) -> None:
    driven = Driven(fraction)
    driven.happen(established(activity_timeout=30))
    for happening in story:
        driven.happen(happening)
