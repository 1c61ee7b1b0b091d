"""Each situation with each kind of server: the tail's exit, output and reconnects."""

from dataclasses import dataclass

import pytest

from chatapp_tail.errors import ExitCode
from chatapp_tail.output.sink import JsonSink
from chatapp_tail.pusher import protocol
from tests.personalities.running import Outcome, Run, event, open_run, signed
from tests.personalities.situations import CACHE, LARGE, SITUATIONS, Situation
from tests.support.loopback_http import Answer, AuthEndpoint, AuthRequest
from tests.support.personalities import (
    LWS2,
    PERSONALITIES,
    Personality,
)
from tests.support.records import TELEGRAM, WHATSAPP
from tests.support.schema import validate_line

ALL = "soketi lws1 lws2 reverb pusher"
# Answers of the API have the same effect with every server.
API = "lws2"
# So have close codes and failed handshakes.
ANY = "pusher"
T_ON, W_ON = "subscribed to 1229/telegram", "subscribed to 1229/grWhatsApp"
ONE = ((TELEGRAM,),)
NO_KEY = "the server doesn't know this app key"
NOT_PUSHER = "  It doesn't seem to be a Pusher server."
FULL = "  the server is over capacity"
QUOTA = "  the app is over its connection quota"
SOKETI_FULL = "4100 The current concurrent connections quota has been reached."
PUSHER_SIGNATURE = f"Invalid signature: Expected HMAC SHA256 hex digest of 999999999.1:{WHATSAPP}"
NO_FRAME = "connection lost, no close frame"
SILENT = "silent: no answer to a ping in 10 s"
BROKEN_STATUS = "HOST answered HTTP {} to the websocket request"
UNSIGNED = "the API's answer has no signature (HTTP 200, {})"


def retry(reason: str, pause: str) -> str:
    """Return the warning before the next try; a pause of 0 is "at once"."""
    when = "at once" if pause == "0.0 s" else f"in {pause}"
    return f"warning: {reason.rstrip('.')}; next try {when}"


@dataclass(frozen=True, slots=True)
class Expected:
    """A run's exit, messages, records, confirmed channels and duration."""

    code: ExitCode
    error: str
    hint: str
    said: tuple[str, ...]
    shown: tuple[object, ...]
    confirmed: tuple[tuple[str, ...], ...]
    seconds: float


def usual(
    *said: str,
    shown: tuple[object, ...] = ("later",),
    confirmed: tuple[tuple[str, ...], ...] = ONE,
    seconds: float = 60.0,
) -> Expected:
    """Return a run that ended as requested."""
    return Expected(ExitCode.OK, "", "", said or (T_ON,), shown, confirmed, seconds)


def at_second_try(refusal: str, pause: str, *hint: str, seconds: float = 100.0) -> Expected:
    """Return a run whose first connection was refused."""
    warning = retry(refusal, pause)
    return usual(warning, *hint, T_ON, shown=("in",), confirmed=((), (TELEGRAM,)), seconds=seconds)


def came_back(
    lost: str, pause: str, gap: str, *hint: str, between: tuple[str, ...] = (), tries: int = 0
) -> Expected:
    """Return a run with one loss and one gap."""
    return usual(
        T_ON,
        retry(lost, pause),
        *hint,
        *between,
        T_ON,
        f"warning: gap of {gap} in 1229/telegram: what was sent then is lost ({lost})",
        shown=("before", "after"),
        confirmed=(*ONE, *((),) * tries, *ONE),
        seconds=100.0,
    )


def crashed() -> Expected:
    """Return the crash of laravel-websockets 1 when data is no string."""
    gap = f"warning: gap of 11.0 s in 1229/telegram: what was sent then is lost ({NO_FRAME})"
    return usual(
        T_ON,
        f"warning: {NO_FRAME}; next try in 1.0 s",
        T_ON,
        gap,
        shown=("on",),
        confirmed=(*ONE, *ONE),
    )


def cached(*shown: str) -> Expected:
    """Return a loss on a cache channel."""
    on, lost = f"subscribed to {CACHE}", "closed by the server with 1000"
    gap = f"warning: gap of 1.0 s in {CACHE}: what was sent then is lost ({lost})"
    return usual(
        on,
        f"warning: {lost}; next try in 1.0 s",
        on,
        gap,
        shown=shown,
        confirmed=((CACHE,), (CACHE,)),
        seconds=90.0,
    )


def refused(reason: str) -> Expected:
    """Return a run in which the second channel was refused."""
    return usual(T_ON, f"warning: 1229/grWhatsApp refused: {reason}")


def ended(
    code: ExitCode,
    error: str,
    *said: str,
    hint: str = "",
    shown: tuple[object, ...] = (),
    confirmed: tuple[tuple[str, ...], ...] = ((),),
    seconds: float = 0.0,
) -> Expected:
    """Return a run that failed; ``hint`` is the beginning of its hint."""
    return Expected(code, error, hint, said, shown, confirmed, seconds)


def not_connected(reason: str, *, hint: str = NO_KEY) -> Expected:
    return ended(ExitCode.CONNECTION, reason, hint=hint)


def gave_up(reason: str, hint: str, *pauses: str, seconds: float = 3.0) -> Expected:
    """Return a run whose first three connections all failed for the same reason."""
    said = [line for pause in pauses for line in (retry(reason, pause), hint)]
    return ended(
        ExitCode.CONNECTION,
        f"{reason} (gave up after 3 tries)",
        *said,
        hint=hint.strip(),
        confirmed=((), (), ()),
        seconds=seconds,
    )


def all_refused(
    reason: str,
    *said: str,
    confirmed: tuple[tuple[str, ...], ...] = ((),),
    spec: str = "grWhatsApp",
) -> Expected:
    return ended(
        ExitCode.CHANNELS_REFUSED,
        f"1229/{spec} refused: {reason}",
        *said,
        hint="Check the licence id",
        confirmed=confirmed,
    )


def postponed(reason: str, delay: str = "1.0 s", channel: str = "telegram") -> str:
    return f"warning: 1229/{channel} can't be subscribed yet: {reason}; next try in {delay}"


def says(complaint: str) -> Expected:
    return usual(T_ON, f"warning: the server says: {complaint}", shown=("on",), seconds=20.0)


def refused_token(answer: str) -> Expected:
    return ended(
        ExitCode.CREDENTIALS, f"the API refused the token ({answer})", hint="A ChatApp token lives"
    )


SHOWN_OBJECT = usual(shown=("o", "on"))
NOT_PUBLISHED = usual(shown=("on",))
UNANSWERED = "no answer to the subscription in 10 s"
LATER_1000 = "closed by the server with 1000"

# Situation -> servers -> expected run.
EXPECTED: dict[str, dict[str, Expected]] = {
    "a quiet hour": {ALL: usual(shown=("late",), seconds=3_600.0)},
    "a busy hour": {ALL: usual(shown=tuple(range(1, 37)), seconds=3_600.0)},
    "a busy hour, forgotten unless it pings": {
        "lws2": usual(shown=tuple(range(1, 37)), seconds=3_600.0)
    },
    "unknown app": {
        "soketi": not_connected("refused by the server: 4001 App key Other does not exist."),
        "lws1 lws2": not_connected("refused by the server: 4001 Could not find app key `Other`."),
        "reverb": not_connected("refused by the server: 4001 Application does not exist"),
        "pusher": not_connected("closed by the server with 4001 Application does not exist"),
    },
    "unknown app, stays open": {
        "soketi": not_connected("refused by the server: 4001 App key Other does not exist."),
        "lws1 lws2": not_connected("refused by the server: 4001 Could not find app key `Other`."),
        "reverb": not_connected("refused by the server: 4001 Application does not exist"),
        "pusher": gave_up(
            "no Pusher handshake in 10 s", NOT_PUSHER, "1.0 s", "2.0 s", seconds=33.0
        ),
    },
    "full once": {
        "soketi": at_second_try(f"refused by the server: {SOKETI_FULL}", "1.0 s", FULL),
        "lws1 lws2": at_second_try("refused by the server: 4100 Over capacity", "1.0 s", FULL),
        "reverb": at_second_try(
            "refused by the server: 4004 Application is over connection quota", "1m 0s", QUOTA
        ),
        "pusher": at_second_try("closed by the server with 4100 Over capacity", "1.0 s", FULL),
    },
    "full once, stays open": {
        "soketi": at_second_try(f"refused by the server: {SOKETI_FULL}", "1.0 s", FULL),
        "lws1 lws2": at_second_try("refused by the server: 4100 Over capacity", "1.0 s", FULL),
        "reverb": at_second_try(
            "refused by the server: 4004 Application is over connection quota", "1m 0s", QUOTA
        ),
        "pusher": at_second_try("no Pusher handshake in 10 s", "1.0 s", NOT_PUSHER),
    },
    "full for ever": {
        "soketi": gave_up(f"refused by the server: {SOKETI_FULL}", FULL, "1.0 s", "2.0 s"),
        "lws1 lws2": gave_up("refused by the server: 4100 Over capacity", FULL, "1.0 s", "2.0 s"),
        "reverb": gave_up(
            "refused by the server: 4004 Application is over connection quota",
            QUOTA,
            *("1m 0s", "1m 0s"),
            seconds=120.0,
        ),
        "pusher": gave_up("closed by the server with 4100 Over capacity", FULL, "1.0 s", "2.0 s"),
    },
    "null code in place of the handshake": {
        "soketi": at_second_try(
            "refused by the server: The current concurrent connections quota has been reached.",
            "1.0 s",
            seconds=50.0,
        ),
        "lws1 lws2": at_second_try("refused by the server: Over capacity", "1.0 s", seconds=50.0),
        "reverb": at_second_try(
            "refused by the server: Application is over connection quota", "1.0 s", seconds=50.0
        ),
    },
    "wrong signature": {
        "soketi": refused("The connection is unauthorized."),
        "lws1 lws2": refused("Invalid Signature"),
        "reverb": refused("Connection is unauthorized"),
        "pusher": refused(PUSHER_SIGNATURE),
    },
    "wrong signature, no other channel": {
        "soketi": all_refused("The connection is unauthorized."),
        "lws1 lws2": all_refused("Invalid Signature"),
        "reverb": all_refused("Connection is unauthorized"),
        "pusher": all_refused(PUSHER_SIGNATURE),
    },
    "wrong signature, strict": {
        "soketi": all_refused("The connection is unauthorized.", T_ON, confirmed=ONE),
        "lws1 lws2": all_refused("Invalid Signature", T_ON, confirmed=ONE),
        "reverb": all_refused("Connection is unauthorized", T_ON, confirmed=ONE),
        "pusher": all_refused(PUSHER_SIGNATURE, T_ON, confirmed=ONE),
    },
    "4009 without channel": {ALL: refused("Not yours")},
    "4009 as a string": {ALL: refused("Not yours")},
    "4009 as an object": {ALL: refused("Not yours")},
    "refused with a null code": {ALL: refused("Not yours")},
    "no answer to a subscribe": {
        ALL: usual(
            T_ON,
            *(
                postponed(UNANSWERED, delay, "grWhatsApp")
                for delay in ("1.0 s", "2.0 s", "4.0 s", "8.0 s")
            ),
        )
    },
    "complaint about nothing": {ALL: says("4009 Not yours")},
    "complaint that says reconnect": {ALL: usual(T_ON, shown=("on",), seconds=20.0)},
    "stop": {
        "soketi": usual(
            T_ON,
            "warning: closed by the server with 4200; next try at once",
            T_ON,
            "warning: gap of 0.0 s in 1229/telegram: what was sent then is lost "
            "(closed by the server with 4200)",
            shown=("before", "after"),
            confirmed=(*ONE, *ONE),
            seconds=100.0,
        ),
        "lws1 reverb": came_back(NO_FRAME, "1.0 s", "11.0 s"),
        "lws2": came_back("closed by the server with 1000", "1.0 s", "1.0 s"),
        "pusher": came_back(
            "closed by the server with 4200 Please reconnect immediately", "0.0 s", "0.0 s"
        ),
    },
    "frozen": {ALL: came_back(SILENT, "0.0 s", "30.0 s")},
    "RST": {ALL: came_back("the connection broke: Connection reset by peer", "1.0 s", "11.0 s")},
    "FIN": {ALL: came_back(NO_FRAME, "1.0 s", "11.0 s")},
    "half a frame": {ALL: came_back(NO_FRAME, "1.0 s", "11.0 s")},
    "half a frame for ever": {ALL: came_back(SILENT, "0.0 s", "20.0 s")},
    "close without a code": {ANY: came_back("closed by the server with 1005", "1.0 s", "1.0 s")},
    "close 1006": {
        ANY: came_back(
            "the connection broke: a close frame with the invalid code 1006", "1.0 s", "11.0 s"
        )
    },
    "close 4200 and again": {
        ANY: came_back(
            "closed by the server with 4200 Restart",
            *("0.0 s", "1.0 s"),
            between=("warning: refused by the server: 4200 Restart; next try in 1.0 s",),
            tries=1,
        )
    },
    "close 4004": {ANY: came_back("closed by the server with 4004 Quota", "1m 0s", "1m 0s", QUOTA)},
    "close 4001": {
        ANY: ended(
            ExitCode.CONNECTION,
            "closed by the server with 4001 Gone",
            T_ON,
            hint=NO_KEY,
            shown=("before",),
            confirmed=ONE,
            seconds=20.0,
        )
    },
    "greeting that isn't Pusher's": {
        ANY: came_back(
            LATER_1000,
            *("1.0 s", "3.0 s"),
            between=(
                "warning: the server doesn't speak the Pusher protocol; next try in 2.0 s",
                NOT_PUSHER,
            ),
            tries=1,
        )
    },
    "HTTP 404 at a later handshake": {
        ANY: came_back(
            LATER_1000,
            *("1.0 s", "3.0 s"),
            between=(f"warning: {BROKEN_STATUS.format(404)}; next try in 2.0 s",),
            tries=1,
        )
    },
    "HTTP 404 at the first handshake": {
        ANY: not_connected(
            BROKEN_STATUS.format(404),
            hint=NOT_PUSHER.strip(),
        )
    },
    "no handshake": {
        ANY: came_back(
            LATER_1000,
            *("1.0 s", "13.0 s"),
            between=("warning: no Pusher handshake in 10 s; next try in 2.0 s", NOT_PUSHER),
            tries=1,
        )
    },
    "byte by byte": {ALL: usual(shown=("ж🎄",), seconds=10.0)},
    "in fragments": {ALL: usual(shown=(LARGE,), seconds=10.0)},
    "in fragments, byte by byte": {ALL: usual(shown=("ж🎄",), seconds=10.0)},
    "90 KB": {ALL: usual(shown=tuple([n, LARGE] for n in range(20)), seconds=29.0)},
    "escapes in escapes": {ALL: usual(shown=("🎄",), seconds=10.0)},
    "number": {
        "soketi lws2 pusher": usual(shown=(42, "on")),
        "lws1": crashed(),
        "reverb": NOT_PUBLISHED,
    },
    "object": {"soketi lws2 pusher": SHOWN_OBJECT, "lws1": crashed(), "reverb": NOT_PUBLISHED},
    "null": {
        "soketi lws2 pusher": usual(shown=(None, "on")),
        "lws1": crashed(),
        "reverb": NOT_PUBLISHED,
    },
    "cache channel": {
        "soketi reverb pusher": cached("cached", "cached", "new"),
        "lws1 lws2": cached("cached", "new"),
    },
    "websocket pings only": {ALL: usual(shown=("late",), seconds=200.0)},
    "neither pongs nor pings": {
        ALL: usual(
            T_ON,
            retry(SILENT, "0.0 s"),
            T_ON,
            f"warning: gap of 40.0 s in 1229/telegram: what was sent then is lost ({SILENT})",
            confirmed=(*ONE, *ONE),
        )
    },
    "pinged by the server": {ALL: usual(shown=("on",), seconds=20.0)},
    "403": {API: usual("warning: 1229/grWhatsApp refused: HTTP 403, Forbidden", T_ON)},
    "403, no other channel": {API: all_refused("HTTP 403, Forbidden", spec="telegram")},
    "500 for ever": {
        API: ended(
            ExitCode.CONNECTION,
            "1229/telegram can't be subscribed yet: the API answered HTTP 500, Server Error",
            postponed("the API answered HTTP 500, Server Error"),
            postponed("the API answered HTTP 500, Server Error", "2.0 s"),
            hint="Check the server ws://127.0.0.1:",
            seconds=3.0,
        )
    },
    "503 for one channel": {
        API: usual(
            postponed("the API answered HTTP 503"),
            postponed("the API answered HTTP 503", channel="grWhatsApp"),
            T_ON,
            W_ON,
            confirmed=((TELEGRAM, WHATSAPP),),
        )
    },
    "slow answer": {
        ALL: usual(
            T_ON,
            W_ON,
            shown=("meanwhile", "w"),
            confirmed=((TELEGRAM, WHATSAPP),),
            seconds=100.0,
        )
    },
}
ROWS = [
    pytest.param(PERSONALITIES[name], SITUATIONS[situation], expected, id=f"{name}, {situation}")
    for situation, by_names in EXPECTED.items()
    for names, expected in by_names.items()
    for name in names.split()
]


def play(run: Run, situation: Situation) -> Outcome:
    """Let ``situation`` happen to ``run``."""

    def decide(asked: AuthRequest) -> Answer:
        decided = situation.decide(run, asked) if situation.decide else None
        return decided or signed(run.endpoint, asked)

    run.endpoint.decide = decide
    run.endpoint.play(*situation.answers)
    for after, act in situation.plan:
        run.plan(after, act)
    return run.run()


@pytest.mark.parametrize(("personality", "situation", "expected"), ROWS)
def test_tail_comes_through(
    endpoint: AuthEndpoint, personality: Personality, situation: Situation, expected: Expected
) -> None:
    with open_run(
        personality,
        endpoint,
        *situation.switches,
        channels=situation.channels,
        app_key=situation.app_key,
        answer_timeout=situation.answer_timeout,
        count=situation.count,
        duration=situation.duration,
        strict=situation.strict,
    ) as run:
        outcome = play(run, situation)
    assert outcome.said == expected.said
    assert (outcome.code, outcome.error) == (expected.code, expected.error)
    assert outcome.hint.startswith(expected.hint)
    assert outcome.shown == expected.shown
    assert outcome.confirmed == expected.confirmed
    assert outcome.seconds == expected.seconds


def test_every_situation_is_in_the_table() -> None:
    assert EXPECTED.keys() == SITUATIONS.keys()


def test_pings_go_out_while_the_api_takes_its_time(endpoint: AuthEndpoint) -> None:
    situation = SITUATIONS["slow answer"]
    with open_run(LWS2, endpoint, channels=situation.channels, count=2) as run:
        play(run, situation)
        (connection,) = run.server.connections
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
