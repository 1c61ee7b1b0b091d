"""Each situation with each kind of server: the tail's exit, output and reconnects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from chatapp_tail.errors import ExitCode
from chatapp_tail.output.sink import JsonSink
from chatapp_tail.pusher import protocol
from tests.personalities.running import (
    Act,
    Outcome,
    Run,
    closed,
    event,
    open_run,
    published,
    server_does,
    signed,
)
from tests.support.credentials import APP
from tests.support.loopback_http import Answer, AuthEndpoint, Request, json_answer
from tests.support.personalities import (
    LWS2,
    PERSONALITIES,
    Connection,
    Personality,
    Switches,
    Verdict,
)
from tests.support.records import TELEGRAM, WHATSAPP
from tests.support.schema import validate_line

BOTH = (TELEGRAM, WHATSAPP)
CACHE = "private-cache-news"


@dataclass(frozen=True, slots=True)
class Situation:
    """What happens to a run. ``plan`` is in seconds from the start."""

    plan: Sequence[tuple[float, Act]] = ()
    switches: Sequence[Switches] = ()
    channels: Sequence[str] = (TELEGRAM,)
    decide: Callable[[Run, Request], Answer | None] = lambda _run, _asked: None
    app_key: str = APP.key
    count: int | None = None
    duration: float = 5_000


def hourly(*switches: Switches) -> Situation:
    """Return an hour with a numbered event each 100 s."""
    return Situation([(n * 100, event(n)) for n in range(1, 37)], switches, count=36)


def broken_by(act: Act) -> Situation:
    """Return a run with an event, a break after 20 s, and a later event."""
    return Situation([(10, event("before")), (20, act), (100, event("after"))], count=2)


def complaining(verdict: Verdict) -> Situation:
    """Return a run in which the server sends an error that isn't about a subscription."""
    complain = server_does(lambda connection: connection.say(verdict))
    return Situation([(10, complain), (20, event("later"))], count=1)


def treating_whatsapp(switches: Switches) -> Situation:
    """Return a run whose server treats the second of two channels by ``switches``."""
    return Situation([(60, event("later"))], [switches], BOTH, count=1)


def wrongly_signed(_run: Run, asked: Request) -> Answer | None:
    """Sign the second channel wrongly."""
    signature = {"auth": f"{APP.key}:{'0' * 64}"}
    return json_answer(200, signature) if asked.channel == WHATSAPP else None


def at_a_reconnect(answer: Answer, channel: str) -> Situation:
    """Return a run in which the API answers ``answer`` for ``channel`` after the first loss.

    It is asked for WhatsApp first, so that the order of the sentences is certain.
    """

    def decide(run: Run, asked: Request) -> Answer | None:
        is_refused = asked.channel == channel and len(run.server.connections) > 1
        return answer if is_refused else None

    return replace(broken_by(server_does(Connection.fin)), channels=BOTH[::-1], decide=decide)


def slowly(run: Run, asked: Request) -> Answer | None:
    """Take 95 s for the second channel, longer than three ping intervals."""
    if asked.channel == WHATSAPP:
        run.time.sleep(95)
    return None


ALL = "soketi lws1 lws2 reverb pusher"
# Answers of the API have the same effect with every server.
ANY = "lws2"
T_ON, W_ON = "subscribed to 1229/telegram", "subscribed to 1229/grWhatsApp"
ONE = ((TELEGRAM,),)
OVER_QUOTA = "refused by the server: 4004 Application is over connection quota"
SOKETI_FULL = "4100 The current concurrent connections quota has been reached."
PUSHER_SIGNATURE = f"Invalid signature: Expected HMAC SHA256 hex digest of 999999999.1:{WHATSAPP}"
NO_FRAME = "connection lost, no close frame"
SILENT = "silent: no answer to a ping in 10 s"
PLEASE_RECONNECT = "closed by the server with 4200 Please reconnect immediately"


def retry(reason: str, when: str) -> str:
    """Return the warning before the next try."""
    return f"warning: {reason}; next try {when}"


def gap(seconds: str, reason: str, channels: str = "1229/telegram") -> str:
    """Return the warning after a gap."""
    return f"warning: gap of {seconds} in {channels}: what was sent then is lost ({reason})"


def usual(
    *said: str,
    shown: tuple[object, ...] = ("later",),
    confirmed: tuple[tuple[str, ...], ...] = ONE,
    seconds: float = 60.0,
) -> Outcome:
    """Return a run that ended as requested."""
    return Outcome(ExitCode.OK, "", "", said or (T_ON,), shown, confirmed, seconds)


def unknown(refusal: str) -> Outcome:
    """Return a run that ended because the server doesn't know the app."""
    hint = "the server doesn't know this app key"
    return Outcome(ExitCode.CONNECTION, refusal, hint, (), (), ((),), 0.0)


def at_second_try(refusal: str, when: str, hint: str) -> Outcome:
    """Return a run whose first connection was refused."""
    said = (retry(refusal.rstrip("."), when), f"  {hint}", T_ON)
    return usual(*said, shown=("in",), confirmed=((), *ONE), seconds=100.0)


def came_back(reason: str, when: str, seconds: str) -> Outcome:
    """Return a run with one loss and a gap of ``seconds``."""
    return usual(
        *(T_ON, retry(reason, when), T_ON, gap(seconds, reason)),
        shown=("before", "after"),
        confirmed=(*ONE, *ONE),
        seconds=100.0,
    )


def cached(*shown: str) -> Outcome:
    """Return a loss on a cache channel."""
    on, reason = f"subscribed to {CACHE}", "closed by the server with 1000"
    return usual(
        *(on, retry(reason, "in 1.0 s"), on, gap("1.0 s", reason, CACHE)),
        shown=shown,
        confirmed=((CACHE,), (CACHE,)),
        seconds=90.0,
    )


def refused(reason: str) -> Outcome:
    """Return a run in which the second channel was refused."""
    return usual(T_ON, f"warning: 1229/grWhatsApp refused: {reason}")


# What happens, and by the names of the servers how the run ends.
SITUATIONS: dict[str, tuple[Situation, dict[str, Outcome]]] = {
    "a quiet hour": (
        Situation([(3_600, event("late"))], count=1),
        {ALL: usual(shown=("late",), seconds=3_600.0)},
    ),
    "a busy hour": (hourly(), {ALL: usual(shown=tuple(range(1, 37)), seconds=3_600.0)}),
    "a busy hour, forgotten unless it pings": (
        hourly(Switches(unsubscribes_after=120)),
        {"lws2": usual(shown=tuple(range(1, 37)), seconds=3_600.0)},
    ),
    "unknown app": (
        Situation(app_key="Other"),
        {
            "soketi": unknown("refused by the server: 4001 App key Other does not exist."),
            "lws1 lws2": unknown("refused by the server: 4001 Could not find app key `Other`."),
            "reverb": unknown("refused by the server: 4001 Application does not exist"),
            "pusher": unknown("closed by the server with 4001 Application does not exist"),
        },
    ),
    "full once": (
        Situation([(100, event("in"))], [Switches(is_full=True), Switches()], count=1),
        {
            "soketi": at_second_try(
                f"refused by the server: {SOKETI_FULL}", "in 1.0 s", "the server is over capacity"
            ),
            "lws1 lws2": at_second_try(
                "refused by the server: 4100 Over capacity",
                "in 1.0 s",
                "the server is over capacity",
            ),
            "reverb": at_second_try(OVER_QUOTA, "in 1m 0s", "the app is over its connection quota"),
            "pusher": at_second_try(
                "closed by the server with 4100 Over capacity",
                "in 1.0 s",
                "the server is over capacity",
            ),
        },
    ),
    "wrong signature": (
        Situation([(60, event("later"))], channels=BOTH, decide=wrongly_signed, count=1),
        {
            "soketi": refused("The connection is unauthorized."),
            "lws1 lws2": refused("Invalid Signature"),
            "reverb": refused("Connection is unauthorized"),
            "pusher": refused(PUSHER_SIGNATURE),
        },
    ),
    "4009 without channel": (
        treating_whatsapp(Switches(refuses={WHATSAPP}, refusal=Verdict(4009, "Not yours"))),
        {ALL: refused("Not yours")},
    ),
    "no answer to a subscribe": (
        treating_whatsapp(Switches(ignores={WHATSAPP})),
        {
            ALL: usual(
                T_ON,
                *(
                    "warning: 1229/grWhatsApp can't be subscribed yet: no answer to the "
                    f"subscription in 10 s; next try in {delay}.0 s"
                    for delay in (1, 2, 4, 8)
                ),
            )
        },
    ),
    "complaint about nothing": (
        complaining(Verdict(4009, "Not yours")),
        {ALL: usual(T_ON, "warning: the server says: 4009 Not yours", seconds=20.0)},
    ),
    "complaint that says reconnect": (
        complaining(Verdict(4200, "Invalid message format")),
        {ALL: usual(seconds=20.0)},
    ),
    "stop": (
        broken_by(lambda run: run.server.shut_down()),
        {
            "soketi": came_back("closed by the server with 4200", "at once", "0.0 s"),
            "lws1 reverb": came_back(NO_FRAME, "in 1.0 s", "11.0 s"),
            "lws2": came_back("closed by the server with 1000", "in 1.0 s", "1.0 s"),
            "pusher": came_back(PLEASE_RECONNECT, "at once", "0.0 s"),
        },
    ),
    "frozen": (
        broken_by(server_does(Connection.freeze)),
        {ALL: came_back(SILENT, "at once", "30.0 s")},
    ),
    "FIN": (
        broken_by(server_does(Connection.fin)),
        {ALL: came_back(NO_FRAME, "in 1.0 s", "11.0 s")},
    ),
    "data that is an object": (
        Situation([(10, published({"data": ["o"]})), (40, event("later"))], duration=60),
        {
            "soketi lws2 pusher": usual(shown=("o", "later")),
            "lws1": usual(  # it crashes
                *(T_ON, retry(NO_FRAME, "in 1.0 s"), T_ON, gap("11.0 s", NO_FRAME)),
                confirmed=(*ONE, *ONE),
            ),
            "reverb": usual(),  # it doesn't publish that
        },
    ),
    "cache channel": (
        Situation(
            [(10, event("cached", CACHE)), (20, closed(1000)), (80, event("new", CACHE))],
            channels=(CACHE,),
            duration=90,
        ),
        {
            "soketi reverb pusher": cached("cached", "cached", "new"),
            "lws1 lws2": cached("cached", "new"),
        },
    ),
    "channel refused at a reconnect": (
        at_a_reconnect(json_answer(403, {"message": "Forbidden"}), WHATSAPP),
        {
            ANY: usual(
                *(W_ON, T_ON, retry(NO_FRAME, "in 1.0 s")),
                "warning: 1229/grWhatsApp refused: HTTP 403, Forbidden",
                *(T_ON, gap("11.0 s", NO_FRAME)),
                shown=("before", "after"),
                confirmed=(BOTH[::-1], *ONE),
                seconds=100.0,
            )
        },
    ),
    "token refused at a reconnect": (
        at_a_reconnect(json_answer(401, {"message": "Unauthenticated."}), WHATSAPP),
        {
            ANY: Outcome(
                ExitCode.CREDENTIALS,
                "the API refused the token (HTTP 401, Unauthenticated.)",
                "A ChatApp token lives",
                (W_ON, T_ON, retry(NO_FRAME, "in 1.0 s")),
                shown=("before",),
                confirmed=(BOTH[::-1], ()),
                seconds=21.0,
            )
        },
    ),
}
ROWS = [
    pytest.param(PERSONALITIES[name], situation, expected, id=f"{name}, {label}")
    for label, (situation, by_names) in SITUATIONS.items()
    for names, expected in by_names.items()
    for name in names.split()
]


def play(run: Run, situation: Situation) -> Outcome:
    """Let ``situation`` happen to ``run``."""
    run.endpoint.decide = lambda asked: situation.decide(run, asked) or signed(run.endpoint, asked)
    for after, act in situation.plan:
        run.plan(after, act)
    return run.run()


@pytest.mark.parametrize(("personality", "situation", "expected"), ROWS)
def test_tail_comes_through(
    endpoint: AuthEndpoint, personality: Personality, situation: Situation, expected: Outcome
) -> None:
    with open_run(
        personality,
        endpoint,
        *situation.switches,
        channels=situation.channels,
        app_key=situation.app_key,
        count=situation.count,
        duration=situation.duration,
    ) as run:
        outcome = play(run, situation)
    assert replace(outcome, hint=outcome.hint[: len(expected.hint)]) == expected


def test_events_come_and_pings_go_out_while_the_api_takes_its_time(endpoint: AuthEndpoint) -> None:
    plan = [(50, event("meanwhile")), (100, event("at last", WHATSAPP))]
    with open_run(LWS2, endpoint, channels=BOTH, count=2) as run:
        outcome = play(run, Situation(plan, decide=slowly))
        (connection,) = run.server.connections
    assert outcome.shown == ("meanwhile", "at last")
    assert connection.received.count(protocol.PING_TEXT) == 3


def test_same_event_is_the_same_line_from_every_server(endpoint: AuthEndpoint) -> None:
    sink = JsonSink()
    item = {"id": 5, "time": 1_790_000_000, "message": {"text": 'ж🎄 "\u2028\x00\u202e\\n'}}
    lines = set()
    for personality in PERSONALITIES.values():
        with open_run(personality, endpoint, count=1) as run:
            run.plan(10, event(item))
            run.run()
            (record,) = run.writer.records
            lines.add(sink.render(record))
    (line,) = lines
    written = validate_line(line)
    assert written["data"] == item
    assert written["channel"] == TELEGRAM


# A refusal for want of capacity, a pong, a confirmed subscription, an event: as measured.
FRAMES = {
    "soketi": (
        f'{{"event":"pusher:error","data":{{"code":4100,"message":"{SOKETI_FULL[5:]}"}}}}',
        '{"event":"pusher:pong","data":{}}',
        '{"event":"pusher_internal:subscription_succeeded","channel":"private-x"}',
        '{"event":"e","channel":"private-x","data":"ж🎄"}',
    ),
    "lws1": (
        '{"event":"pusher:error","data":{"message":"Over capacity","code":4100}}',
        '{"event":"pusher:pong"}',
        '{"event":"pusher_internal:subscription_succeeded","channel":"private-x"}',
        r'{"channel":"private-x","event":"e","data":"\u0436\ud83c\udf84"}',
    ),
    "lws2": (
        '{"event":"pusher:error","data":{"message":"Over capacity","code":4100}}',
        '{"event":"pusher:pong"}',
        '{"event":"pusher_internal:subscription_succeeded","channel":"private-x"}',
        r'{"event":"e","channel":"private-x","data":"\u0436\ud83c\udf84"}',
    ),
    "reverb": (
        (
            r'{"event":"pusher:error","data":"{\"code\":4004,\"message\":'
            r'\"Application is over connection quota\"}"}'
        ),
        '{"event":"pusher:pong"}',
        '{"event":"pusher_internal:subscription_succeeded","channel":"private-x","data":"{}"}',
        r'{"event":"e","data":"\u0436\ud83c\udf84","channel":"private-x"}',
    ),
    "pusher": (
        '{"event":"pusher:error","data":{"code":4100,"message":"Over capacity"}}',
        '{"event":"pusher:pong","data":"{}"}',
        '{"event":"pusher_internal:subscription_succeeded","channel":"private-x","data":"{}"}',
        '{"event":"e","channel":"private-x","data":"ж🎄"}',
    ),
}


@pytest.mark.parametrize("name", PERSONALITIES)
def test_frames_are_spelled_as_measured(name: str) -> None:
    one, channel = PERSONALITIES[name], "private-x"
    succeeded = one.frame(protocol.SUBSCRIPTION_SUCCEEDED, channel=channel, data=one.succeeded_data)
    pong = one.frame(protocol.PONG, data=one.pong_data)
    written = (one.error(one.over_capacity), pong, succeeded, one.event("e", channel, "ж🎄"))
    assert written == FRAMES[name]
