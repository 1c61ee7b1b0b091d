"""Situations of a tail, independent of the kind of server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.personalities.running import Act, Run, event, published, server_does
from tests.support.credentials import APP
from tests.support.loopback_http import Answer, AuthRequest, json_answer
from tests.support.personalities import Connection, Form, Switches, Then, Verdict
from tests.support.records import TELEGRAM, WHATSAPP

BOTH = (TELEGRAM, WHATSAPP)
CACHE = "private-cache-news"
# Longer than the longest single read, and not ASCII.
LARGE = "ж🎄" * 15_000
HTML = {"Content-Type": "text/html"}


@dataclass(frozen=True, slots=True)
class Situation:
    """``plan`` is in seconds from the start; ``answers`` are the API's first ones."""

    plan: Sequence[tuple[float, Act]] = ()
    switches: Sequence[Switches] = ()
    channels: Sequence[str] = (TELEGRAM,)
    answers: Sequence[Answer] = ()
    decide: Callable[[Run, AuthRequest], Answer | None] | None = None
    answer_timeout: float = 2.0
    app_key: str = APP.key
    count: int | None = None
    duration: float | None = 5_000
    retries: int | None = None
    strict: bool = False


def lasting(seconds: float, every: float) -> list[tuple[float, Act]]:
    """Return a numbered event at the end of each interval."""
    return [(n * every, event(n)) for n in range(1, int(seconds / every) + 1)]


def broken_by(act: Act, *later: Switches) -> Situation:
    """Return a run with an event, a break after 20 s, and a later event."""
    return Situation(
        [(10, event("before")), (20, act), (100, event("after"))],
        [Switches(), *later, Switches()] if later else (),
        count=2,
    )


def closed(code: int | None = None, reason: str = "") -> Act:
    return server_does(lambda connection: connection.close(code, reason))


def said(verdict: Verdict) -> Act:
    return server_does(lambda connection: connection.say(verdict))


def break_inside_a_frame(connection: Connection) -> None:
    connection.send_half_frame()
    connection.fin()


def freeze_inside_a_frame(connection: Connection) -> None:
    connection.send_half_frame()
    connection.freeze()


def misjudged(**switches: object) -> Situation:
    """Return a run whose server treats the second of two channels by ``switches``."""
    return Situation(
        [(60, event("later"))],
        [replace(Switches(), **switches)],  # type: ignore[arg-type]
        BOTH,
        count=1,
    )


def answered(*answers: Answer, channels: Sequence[str] = (TELEGRAM,)) -> Situation:
    """Return a run that begins with these answers of the API."""
    return Situation([(60, event("later"))], answers=answers, channels=channels, count=1)


def wrongly_signed(_run: Run, asked: AuthRequest) -> Answer | None:
    signature = {"auth": f"{APP.key}:{'0' * 64}"}
    return json_answer(200, signature) if asked.channel == WHATSAPP else None


def slowly(run: Run, asked: AuthRequest) -> Answer | None:
    """Take 95 s for the second channel, longer than three ping intervals."""
    if asked.channel == WHATSAPP:
        run.time.sleep(95)
    return None


PONG_WANTED = server_does(Connection.send_ping)
GARBAGE = "<script>Debugbar()</script>"
SIGNED_GARBAGE = '{"auth":"key:0123"}' + GARBAGE

SITUATIONS: dict[str, Situation] = {
    "a quiet hour": Situation([(3_600, event("late"))], count=1),
    "a busy hour": Situation(lasting(3_600, 100), count=36),
    "a busy hour, forgotten unless it pings": Situation(
        lasting(3_600, 100), [Switches(unsubscribes_after=120)], count=36
    ),
    "unknown app": Situation(app_key="Other"),
    "unknown app, stays open": Situation(
        app_key="Other", switches=[Switches(errors_stay_open=True)]
    ),
    "full once": Situation([(100, event("in"))], [Switches(is_full=True), Switches()], count=1),
    "full once, stays open": Situation(
        [(100, event("in"))], [Switches(is_full=True, errors_stay_open=True), Switches()], count=1
    ),
    "full for ever": Situation(switches=[Switches(is_full=True)]),
    "null code in place of the handshake": Situation(
        [(50, event("in"))], [Switches(is_full=True, has_null_codes=True), Switches()], count=1
    ),
    "wrong signature": Situation(
        [(60, event("later"))], channels=BOTH, decide=wrongly_signed, count=1
    ),
    "wrong signature, no other channel": Situation(channels=(WHATSAPP,), decide=wrongly_signed),
    "wrong signature, strict": Situation(channels=BOTH, decide=wrongly_signed, strict=True),
    "4009 without channel": misjudged(refuses={WHATSAPP}, refusal=Verdict(4009, "Not yours")),
    "4009 as a string": misjudged(
        refuses={WHATSAPP}, refusal=Verdict(4009, "Not yours"), error_data=Form.STRING
    ),
    "4009 as an object": misjudged(
        refuses={WHATSAPP}, refusal=Verdict(4009, "Not yours"), error_data=Form.OBJECT
    ),
    "refused with a null code": misjudged(
        refuses={WHATSAPP}, refusal=Verdict(4009, "Not yours"), has_null_codes=True
    ),
    "no answer to a subscribe": misjudged(ignores={WHATSAPP}),
    "complaint about nothing": Situation(
        [(10, said(Verdict(4009, "Not yours"))), (20, event("on"))], count=1
    ),
    "complaint that says reconnect": Situation(
        [(10, said(Verdict(4200, "Invalid message format"))), (20, event("on"))], count=1
    ),
    "stop": broken_by(lambda run: run.server.shut_down()),
    "frozen": broken_by(server_does(Connection.freeze)),
    "RST": broken_by(server_does(Connection.reset)),
    "FIN": broken_by(server_does(Connection.fin)),
    "half a frame": broken_by(server_does(break_inside_a_frame)),
    "half a frame for ever": broken_by(server_does(freeze_inside_a_frame)),
    "close without a code": broken_by(closed()),
    "close 1006": broken_by(closed(1006)),
    "close 4200 and again": broken_by(
        closed(4200, "Restart"), Switches(handshake=Verdict(4200, "Restart", 4200))
    ),
    "close 4004": broken_by(closed(4004, "Quota")),
    "close 4001": broken_by(closed(4001, "Gone")),
    "greeting that isn't Pusher's": broken_by(closed(1000), Switches(greeting='{"hello":"you"}')),
    "HTTP 404 at a later handshake": broken_by(closed(1000), Switches(http="404 Not Found")),
    "HTTP 404 at the first handshake": Situation(switches=[Switches(http="404 Not Found")]),
    "no handshake": broken_by(
        closed(1000), Switches(handshake=Verdict(None, "", Then.STAYS_OPEN, is_said=False))
    ),
    "byte by byte": Situation([(10, event("ж🎄"))], [Switches(is_split=True)], count=1),
    "in fragments": Situation([(10, event(LARGE))], [Switches(fragment_bytes=1_000)], count=1),
    "in fragments, byte by byte": Situation(
        [(10, event("ж🎄"))], [Switches(is_split=True, fragment_bytes=7)], count=1
    ),
    "90 KB": Situation([(10 + n, event([n, LARGE])) for n in range(20)], count=20),
    "escapes in escapes": Situation([(10, published('{"data":["\\ud83c\\udf84"]}'))], count=1),
    "number": Situation([(10, published(42)), (40, event("on"))], duration=60),
    "object": Situation([(10, published({"data": ["o"]})), (40, event("on"))], duration=60),
    "null": Situation([(10, published(None)), (40, event("on"))], duration=60),
    "cache channel": Situation(
        [(10, event("cached", CACHE)), (20, closed(1000)), (80, event("new", CACHE))],
        channels=(CACHE,),
        duration=90,
    ),
    "websocket pings only": Situation(
        [(200, event("late"))],
        [Switches(has_pongs=False, websocket_ping_every=9)],
        count=1,
    ),
    "neither pongs nor pings": Situation(
        [(60, event("later"))], [Switches(has_pongs=False), Switches()], count=1
    ),
    "pinged by the server": Situation([(10, PONG_WANTED), (20, event("on"))], count=1),
    "403": answered(json_answer(403, {"message": "Forbidden"}), channels=(WHATSAPP, TELEGRAM)),
    "403, no other channel": answered(json_answer(403, {"message": "Forbidden"})),
    "500 for ever": answered(*[json_answer(500, {"message": "Server Error"})] * 9),
    "503 for one channel": answered(Answer(503), Answer(503), channels=BOTH),
    "slow answer": Situation(
        [(50, event("meanwhile")), (100, event("w", WHATSAPP))],
        channels=BOTH,
        decide=slowly,
        count=2,
    ),
}
