"""The frames of each server, as measured, received by a client that answers nothing."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from chatapp_tail.pusher.interfaces import Closed, Received, Signal
from chatapp_tail.pusher.protocol import PING_TEXT
from chatapp_tail.pusher.transport import WebSocketTransport, open_websocket
from tests.personalities.simulated import SimulatedTime
from tests.support.credentials import APP
from tests.support.fake_clock import FakeClock
from tests.support.personalities import PERSONALITIES, Personality, PersonalityServer, Switches

# What was received; texts are decoded.
Heard = str | Signal | Closed

CHANNEL = "private-x"
NO_FRAME = Closed(None, "")
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


class Client:
    """A websocket that sends nothing by itself."""

    def __init__(
        self, server: PersonalityServer, time: SimulatedTime, transport: WebSocketTransport
    ) -> None:
        self.server = server
        self._time = time
        self._transport = transport

    def receive(self) -> list[Heard]:
        """Return what was received, in order."""
        heard: list[Heard] = []
        self._time.wait(self._transport, 0.001)
        while received := self._transport.receive():
            heard += map(_heard, received)
            if isinstance(received[-1], Closed):
                break
            self._time.wait(self._transport, 0.001)
        return heard

    def ask(self, text: str) -> list[Heard]:
        """Send a text; return the server's immediate answer."""
        self._transport.send_text(text)
        return self.receive()

    def subscribe(self, *, auth: str | None = "") -> list[Heard]:
        """Subscribe, by default with the right signature."""
        (connection,) = self.server.connections
        right = self.server.sign(connection.socket_id, CHANNEL)
        data = {"channel": CHANNEL} | ({} if auth is None else {"auth": auth or right})
        return self.ask(json.dumps({"event": "pusher:subscribe", "data": data}))

    def publish(self, data: object) -> list[Heard]:
        """Subscribe, publish an event, and return what was received."""
        self.subscribe()
        self.server.publish("e", CHANNEL, data)
        return self.receive()

    def shut_down(self) -> list[Heard]:
        """Stop the server, and return what was received."""
        self.server.shut_down()
        return self.receive()


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


Act = Callable[[Client], list[Heard]]
# How a client connects, and what each server sends first.
OPENINGS: dict[str, tuple[Switches, str, dict[str, list[Heard]]]] = {
    "handshake": (
        Switches(),
        APP.key,
        {
            "soketi": [
                (
                    r'{"event":"pusher:connection_established",'
                    r'"data":"{\"socket_id\":\"9999999999.1\",\"activity_timeout\":30}"}'
                )
            ],
            "lws1 lws2 reverb": [
                (
                    r'{"event":"pusher:connection_established",'
                    r'"data":"{\"socket_id\":\"999999999.1\",\"activity_timeout\":30}"}'
                )
            ],
            "pusher": [
                (
                    r'{"event":"pusher:connection_established",'
                    r'"data":"{\"socket_id\":\"999999999.1\",\"activity_timeout\":120}"}'
                )
            ],
        },
    ),
    "unknown key": (
        Switches(),
        "No",
        {
            "soketi": [
                (
                    '{"event":"pusher:error",'
                    '"data":{"code":4001,"message":"App key No does not exist."}}'
                ),
                Closed(4001, ""),
            ],
            "lws1 lws2": [
                (
                    '{"event":"pusher:error",'
                    '"data":{"message":"Could not find app key `No`.","code":4001}}'
                )
            ],
            "reverb": [
                (
                    r'{"event":"pusher:error","data":'
                    r'"{\"code\":4001,\"message\":\"Application does not exist\"}"}'
                ),
                NO_FRAME,
            ],
            "pusher": [Closed(4001, "Application does not exist")],
        },
    ),
    "over capacity": (
        Switches(is_full=True),
        APP.key,
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
        },
    ),
}
# What the client of an open connection does, and what each server then sends.
FRAMES: dict[str, tuple[Act, dict[str, list[Heard]]]] = {
    "subscription": (
        Client.subscribe,
        {"soketi lws1 lws2": [SUCCEEDED], "reverb pusher": [SUCCEEDED_WITH_DATA]},
    ),
    "second subscription to the same channel": (
        lambda client: client.subscribe() and client.subscribe(),
        {
            "soketi lws1 lws2": [SUCCEEDED],
            "reverb": [SUCCEEDED_WITH_DATA],
            "pusher": [
                (
                    '{"event":"pusher:error","data":'
                    '{"code":null,"message":"Existing subscription to channel private-x"}}'
                )
            ],
        },
    ),
    "wrong signature": (
        lambda client: client.subscribe(auth="key:0"),
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
        },
    ),
    "no signature": (
        lambda client: client.subscribe(auth=None),
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
        },
    ),
    "ping": (
        lambda client: client.ask(PING_TEXT),
        {
            "soketi": ['{"event":"pusher:pong","data":{}}'],
            "lws1 lws2 reverb": ['{"event":"pusher:pong"}'],
            "pusher": ['{"event":"pusher:pong","data":"{}"}'],
        },
    ),
    "no JSON": (
        lambda client: client.ask("no JSON"),
        {
            "soketi lws1 lws2 pusher": [],
            "reverb": [
                (
                    r'{"event":"pusher:error","data":'
                    r'"{\"code\":4200,\"message\":\"Invalid message format\"}"}'
                )
            ],
        },
    ),
    "event": (
        lambda client: client.publish("ж🎄"),
        {
            "soketi pusher": ['{"event":"e","channel":"private-x","data":"ж🎄"}'],
            "lws1": [r'{"channel":"private-x","event":"e","data":"\u0436\ud83c\udf84"}'],
            "lws2": [r'{"event":"e","channel":"private-x","data":"\u0436\ud83c\udf84"}'],
            "reverb": [r'{"event":"e","data":"\u0436\ud83c\udf84","channel":"private-x"}'],
        },
    ),
    "event with an object": (
        lambda client: client.publish({"a": 1}),
        {
            "soketi lws2 pusher": ['{"event":"e","channel":"private-x","data":{"a":1}}'],
            "lws1": [NO_FRAME],
            "reverb": [],
        },
    ),
    "stop": (
        Client.shut_down,
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
        },
    ),
}


def each_server(rows: dict[str, list[Heard]]) -> Iterator[tuple[Personality, list[Heard]]]:
    """Yield each server that a key of ``rows`` names."""
    for names, expected in rows.items():
        for name in names.split():
            yield PERSONALITIES[name], expected


@pytest.mark.parametrize(
    ("personality", "switches", "key", "expected"),
    [
        pytest.param(personality, switches, key, expected, id=f"{situation}, {personality.name}")
        for situation, (switches, key, rows) in OPENINGS.items()
        for personality, expected in each_server(rows)
    ],
)
def test_opening_frames(
    personality: Personality, switches: Switches, key: str, expected: list[Heard]
) -> None:
    with connected(personality, switches, key=key) as client:
        assert client.receive() == expected


@pytest.mark.parametrize(
    ("personality", "act", "expected"),
    [
        pytest.param(personality, act, expected, id=f"{situation}, {personality.name}")
        for situation, (act, rows) in FRAMES.items()
        for personality, expected in each_server(rows)
    ],
)
def test_frames(personality: Personality, act: Act, expected: list[Heard]) -> None:
    with connected(personality) as client:
        client.receive()
        assert act(client) == expected
