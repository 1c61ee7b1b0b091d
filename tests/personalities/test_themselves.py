"""The servers themselves: frame by frame what was measured, seen by a client that does little."""

import json
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from chatapp_tail.pusher.link import Closed, Received, Signal
from chatapp_tail.pusher.protocol import PING_TEXT
from chatapp_tail.pusher.transport import WebSocketTransport, open_websocket
from tests.personalities.simulated import SimulatedTime
from tests.support.credentials import APP
from tests.support.fake_clock import FakeClock
from tests.support.personalities import (
    LWS1,
    LWS2,
    PERSONALITIES,
    REVERB,
    SOKETI,
    Personality,
    PersonalityServer,
    Switches,
)
from tests.support.scripted_server import PONG

# What came: a text decoded.
Heard = str | Signal | Closed

CHANNEL = "private-x"
CACHE = "private-cache-x"
NO_FRAME = Closed(None, "")
ALL = "soketi lws1 lws2 reverb pusher"
SUCCEEDED = '{"event":"pusher_internal:subscription_succeeded","channel":"private-x"}'
SUCCEEDED_WITH_DATA = SUCCEEDED[:-1] + ',"data":"{}"}'
SOKETI_REFUSAL = (
    '{"event":"pusher:subscription_error","channel":"private-x","data":{"type":"AuthError",'
    '"error":"The connection is unauthorized.","status":401}}'
)
LWS_REFUSAL = '{"event":"pusher:error","data":{"message":"Invalid Signature","code":4009}}'
REVERB_REFUSAL = (
    '{"event":"pusher:error","data":'
    r'"{\"code\":4009,\"message\":\"Connection is unauthorized\"}"}'
)
REVERB_4201 = (
    '{"event":"pusher:error","data":'
    r'"{\"code\":4201,\"message\":\"Pong reply not received in time\"}"}'
)


class Client:
    """A bare websocket that answers nothing but websocket pings."""

    def __init__(
        self, server: PersonalityServer, time: SimulatedTime, transport: WebSocketTransport
    ) -> None:
        self.server = server
        self.time = time
        self._transport = transport

    def hear(self, seconds: float) -> list[tuple[float, Heard]]:
        """Let time pass; return what came, in order, each with its second."""
        heard: list[tuple[float, Heard]] = []
        clock = self.time.clock
        began_at = clock.now()
        while (left := began_at + seconds - clock.now()) > 0:
            self.time.wait(self._transport, left)
            while received := self._transport.receive():
                at = round(clock.now() - began_at)
                heard += [(at, _heard(each)) for each in received]
                if isinstance(received[-1], Closed):
                    return heard
        return heard

    def receive(self, seconds: float = 0.001) -> list[Heard]:
        """Let time pass; return what came, in order."""
        return [each for _, each in self.hear(seconds)]

    def ask(self, text: str) -> list[Heard]:
        """Send a text; return what the server says to it at once."""
        self._transport.send_text(text)
        return self.receive()

    def subscribe(self, channel: str = CHANNEL, *, auth: str | None = "") -> list[Heard]:
        """Subscribe, with the right signature unless told."""
        (connection,) = self.server.connections
        right = self.server.sign(connection.socket_id, channel)
        data = {"channel": channel} | ({} if auth is None else {"auth": auth or right})
        return self.ask(json.dumps({"event": "pusher:subscribe", "data": data}))


def _heard(received: Received) -> Heard:
    return received.decode() if isinstance(received, bytes) else received


@contextmanager
def connected(
    personality: Personality, switches: Switches | None = None, *, key: str = APP.key
) -> Iterator[Client]:
    """Connect a bare client."""
    time = SimulatedTime(FakeClock())
    with PersonalityServer(personality, time.clock, switches or Switches()) as server:
        time.servers.append(server)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        transport = open_websocket(server.url, key, timeout=2.0, context=context)
        with closing(time), closing(transport):
            yield Client(server, time, transport)


def table(rows: dict[str, object]) -> pytest.MarkDecorator:
    """Return one case for each server named in the keys."""
    cases = [
        pytest.param(PERSONALITIES[name], expected, id=name)
        for names, expected in rows.items()
        for name in names.split()
    ]
    return pytest.mark.parametrize(("personality", "expected"), cases)


@table(
    {
        "soketi": r'{"event":"pusher:connection_established",'
        r'"data":"{\"socket_id\":\"9999999999.1\",\"activity_timeout\":30}"}',
        "lws1 lws2 reverb": r'{"event":"pusher:connection_established",'
        r'"data":"{\"socket_id\":\"999999999.1\",\"activity_timeout\":30}"}',
        "pusher": r'{"event":"pusher:connection_established",'
        r'"data":"{\"socket_id\":\"999999999.1\",\"activity_timeout\":120}"}',
    }
)
def test_handshake(personality: Personality, expected: str) -> None:
    with connected(personality) as client:
        assert client.receive() == [expected]


@table(
    {
        "soketi": [
            '{"event":"pusher:error","data":{"code":4001,"message":"App key No does not exist."}}',
            Closed(4001, ""),
        ],
        "lws1 lws2": [
            '{"event":"pusher:error","data":{"message":"Could not find app key `No`.","code":4001}}'
        ],
        "reverb": [
            (
                r'{"event":"pusher:error","data":'
                r'"{\"code\":4001,\"message\":\"Application does not exist\"}"}'
            ),
            NO_FRAME,
        ],
        "pusher": [Closed(4001, "Application does not exist")],
    }
)
def test_unknown_key(personality: Personality, expected: list[Heard]) -> None:
    with connected(personality, key="No") as client:
        assert client.receive() == expected


@table(
    {
        "soketi": [
            (
                '{"event":"pusher:error","data":{"code":4100,"message":'
                '"The current concurrent connections quota has been reached."}}'
            ),
            Closed(4100, ""),
        ],
        "lws1": ['{"event":"pusher:error","data":{"message":"Over capacity","code":4100}}'],
        "lws2": [
            '{"event":"pusher:error","data":{"message":"Over capacity","code":4100}}',
            Closed(1000, ""),
        ],
        "reverb": [
            (
                r'{"event":"pusher:error","data":'
                r'"{\"code\":4004,\"message\":\"Application is over connection quota\"}"}'
            )
        ],
        "pusher": [Closed(4100, "Over capacity")],
    }
)
def test_over_capacity(personality: Personality, expected: list[Heard]) -> None:
    with connected(personality, Switches(is_full=True)) as client:
        assert client.receive() == expected


@table({"soketi lws1 lws2": [SUCCEEDED], "reverb pusher": [SUCCEEDED_WITH_DATA]})
def test_subscription(personality: Personality, expected: list[Heard]) -> None:
    with connected(personality) as client:
        client.receive()
        assert client.subscribe() == expected


@table(
    {
        "soketi lws1 lws2": [SUCCEEDED],
        "reverb": [SUCCEEDED_WITH_DATA],
        "pusher": [
            (
                '{"event":"pusher:error","data":'
                '{"code":null,"message":"Existing subscription to channel private-x"}}'
            )
        ],
    }
)
def test_second_subscription_to_the_same_channel(
    personality: Personality, expected: list[Heard]
) -> None:
    with connected(personality) as client:
        client.receive()
        client.subscribe()
        assert client.subscribe() == expected


@table(
    {
        "soketi": [SOKETI_REFUSAL],
        "lws1 lws2": [LWS_REFUSAL],
        "reverb": [REVERB_REFUSAL],
        "pusher": [
            (
                '{"event":"pusher:error","data":{"code":null,"message":"Invalid signature: '
                'Expected HMAC SHA256 hex digest of 999999999.1:private-x"}}'
            )
        ],
    }
)
def test_wrong_signature(personality: Personality, expected: list[Heard]) -> None:
    with connected(personality) as client:
        client.receive()
        assert client.subscribe(auth="key:0") == expected
        assert client.receive(1) == []


@table(
    {
        "soketi": [SOKETI_REFUSAL],
        "lws1 lws2": [],
        "reverb": [REVERB_REFUSAL],
        "pusher": [
            (
                '{"event":"pusher:error","data":'
                '{"code":null,"message":"Auth info required to subscribe to private-x"}}'
            )
        ],
    }
)
def test_subscription_without_a_signature(personality: Personality, expected: list[Heard]) -> None:
    with connected(personality) as client:
        client.receive()
        assert client.subscribe(auth=None) == expected


@table(
    {
        "soketi": ['{"event":"pusher:pong","data":{}}'],
        "lws1 lws2 reverb": ['{"event":"pusher:pong"}'],
        "pusher": ['{"event":"pusher:pong","data":"{}"}'],
    }
)
def test_ping(personality: Personality, expected: list[Heard]) -> None:
    with connected(personality) as client:
        client.receive()
        assert client.ask(PING_TEXT) == expected


@table(
    {
        "soketi lws1 lws2 pusher": [],
        "reverb": [
            (
                r'{"event":"pusher:error","data":'
                r'"{\"code\":4200,\"message\":\"Invalid message format\"}"}'
            )
        ],
    }
)
@pytest.mark.parametrize("text", ["no JSON", "[]", '{"event":"pusher:signin","data":{}}'])
def test_message_that_no_server_knows(
    personality: Personality, expected: list[Heard], text: str
) -> None:
    with connected(personality) as client:
        client.receive()
        assert client.ask(text) == expected
        assert client.subscribe() != []


@table(
    {
        "soketi pusher": '{"event":"e","channel":"private-x","data":"ж🎄"}',
        "lws1": r'{"channel":"private-x","event":"e","data":"\u0436\ud83c\udf84"}',
        "lws2": r'{"event":"e","channel":"private-x","data":"\u0436\ud83c\udf84"}',
        "reverb": r'{"event":"e","data":"\u0436\ud83c\udf84","channel":"private-x"}',
    }
)
def test_event(personality: Personality, expected: str) -> None:
    with connected(personality) as client:
        client.receive()
        client.subscribe()
        client.server.publish("e", CHANNEL, "ж🎄")
        client.server.publish("e", "private-other", "not for us")
        assert client.receive() == [expected]


@table(
    {
        "soketi lws2 pusher": ['{"event":"e","channel":"private-x","data":{"a":1}}'],
        "lws1": [NO_FRAME],
        "reverb": [],
    }
)
def test_event_with_an_object(personality: Personality, expected: list[Heard]) -> None:
    with connected(personality) as client:
        client.receive()
        client.subscribe()
        client.server.publish("e", CHANNEL, {"a": 1})
        assert client.receive() == expected


@table({"soketi reverb pusher": True, "lws1 lws2": False})
def test_cache_channel_says_its_last_event_or_that_there_is_none(
    personality: Personality, *, expected: bool
) -> None:
    miss = '{"event":"pusher:cache_miss","channel":"private-cache-x"}'
    with connected(personality) as client:
        client.receive()
        assert client.subscribe(CACHE)[1:] == ([miss] if expected else [])
        client.server.publish("e", CACHE, "last")
        (event,) = client.receive()
        client.ask(f'{{"event":"pusher:unsubscribe","data":{{"channel":"{CACHE}"}}}}')
        assert client.subscribe(CACHE)[1:] == ([event] if expected else [])


@table(
    {
        "soketi": [
            (
                '{"event":"pusher:error","data":'
                '{"code":4200,"message":"Server is closing. Please reconnect shortly."}}'
            ),
            Closed(4200, ""),
        ],
        "lws1 reverb": [NO_FRAME],
        "lws2": [Closed(1000, "")],
        "pusher": [Closed(4200, "Please reconnect immediately")],
    }
)
def test_stop(personality: Personality, expected: list[Heard]) -> None:
    with connected(personality) as client:
        client.receive()
        client.server.shut_down()
        assert client.receive() == expected


@table(
    {
        "soketi": [(103, Signal.ALIVE), (120, Closed(4201, ""))],
        "lws1 lws2": [],
        "reverb": [
            (60, '{"event":"pusher:ping"}'),
            (120, REVERB_4201),
            (120, NO_FRAME),
        ],
        "pusher": [
            (120, '{"event":"pusher:ping"}'),
            (150, Closed(4201, "Pong reply not received in time")),
        ],
    }
)
def test_silence(personality: Personality, expected: list[tuple[float, Heard]]) -> None:
    with connected(personality) as client:
        client.receive()
        client.subscribe()
        assert client.hear(300) == expected


def test_reverb_pings_by_websocket_whoever_has_used_control_frames() -> None:
    with connected(REVERB) as client:
        client.receive()
        client.subscribe()
        connection = client._transport._connection
        connection.send(b"", opcode=PONG)
        client.receive()
        assert client.hear(100)[0] == (60, Signal.ALIVE)


def test_reverb_never_checks_who_has_no_subscription() -> None:
    with connected(REVERB) as client:
        client.receive()
        assert client.hear(500) == []


def test_soketi_takes_no_websocket_ping_for_a_sign_of_life() -> None:
    with connected(SOKETI) as client:
        client.receive()
        client.subscribe()
        for _ in range(119):
            client._transport._connection.ping()
            assert Closed(4201, "") not in client.receive(1)
        assert Closed(4201, "") in client.receive(2)


@pytest.mark.parametrize(
    ("personality", "switches", "broadcast", "hears"),
    [
        (LWS2, Switches(), False, False),
        (LWS2, Switches(), True, True),
        (LWS2, Switches(unsubscribes_after=120), True, False),
        (LWS1, Switches(), False, True),
    ],
    ids=["idle", "busy", "busy with an older version", "laravel-websockets 1"],
)
def test_who_does_not_ping_is_forgotten_after_two_minutes_though_the_connection_lives(
    personality: Personality, switches: Switches, *, broadcast: bool, hears: bool
) -> None:
    with connected(personality, switches) as client:
        client.receive()
        client.subscribe()
        client.receive(100)
        if broadcast:
            client.server.publish("e", CHANNEL, "first")
            client.receive()
        client.receive(50)
        client.server.publish("e", CHANNEL, "second")
        assert bool(client.receive()) is hears
        assert client.ask(PING_TEXT) == ['{"event":"pusher:pong"}']
        client.subscribe()  # heals it
        client.server.publish("e", CHANNEL, "third")
        assert client.receive() != []
