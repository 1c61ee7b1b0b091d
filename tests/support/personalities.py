"""The kinds of real Pusher servers, as measured frame by frame.

``PERSONALITIES`` is the table of what each of them does; ``PersonalityServer`` plays it over real
sockets, with all its timers on a fake clock. ``Switches`` change one connection.
"""

import json
import select
import socket
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from typing import Self
from urllib.parse import unquote, urlsplit

from chatapp_tail.emulator.auth import App, sign_channel
from chatapp_tail.pusher import protocol
from tests.support.credentials import APP
from tests.support.fake_clock import FakeClock
from tests.support.scripted_server import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    ClientLeftError,
    Peer,
    ScriptedServer,
    encode_frame,
)

_NEVER = float("inf")
# How long, in real seconds, a connection may wait for its client or its next task.
_DEADLINE = 30.0


class Form(Enum):
    """The form of a frame's ``data``."""

    ABSENT = auto()
    OBJECT = auto()
    STRING = auto()


class Then(Enum):
    """What follows an error frame, if it isn't a close frame with a code."""

    STAYS_OPEN = auto()
    TCP_CLOSE = auto()


class ObjectData(Enum):
    """How a server treats published data that isn't a string."""

    PASSED_ON = auto()
    CRASHES = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A server's error about a connection: an error frame if ``is_said``, then ``then``."""

    code: int | None
    message: str
    then: Then | int = Then.STAYS_OPEN
    is_said: bool = True


@dataclass(frozen=True, slots=True)
class SubscriptionError:
    """A refusal that names its channel: ``pusher:subscription_error``."""

    error: str
    status: int


@dataclass(frozen=True, slots=True)
class Silence:
    """What a server does to clients that are silent for too long. Seconds.

    A client that pings in time meets none of it, and no ping of a server either.
    """

    drop_after: float = _NEVER
    """Since the client's last frame, with the server's own ping and its patience."""
    drop_after_message: float = _NEVER
    """Since the client's last text message: websocket pings don't count."""
    drop: Verdict = Verdict(4201, "Pong reply not received in time", 4201, is_said=False)
    unsubscribe_after: float = _NEVER
    """Since the last pusher:ping or broadcast: drops all subscriptions silently."""
    only_with_subscriptions: bool = False


@dataclass(frozen=True, slots=True)
class Personality:
    """All differences between the servers. ``{key}``, ``{channel}`` … are placeholders."""

    name: str
    largest_id: int
    unknown_key: Verdict
    over_capacity: Verdict
    bad_signature: Verdict | SubscriptionError
    no_auth: Verdict | SubscriptionError | None
    stop: Verdict
    activity_timeout: int = 30
    error_data: Form = Form.OBJECT
    error_keys: tuple[str, str] = ("code", "message")
    succeeded_data: object = Form.ABSENT
    pong_data: object = Form.ABSENT
    duplicate: Verdict | None = None
    malformed: Verdict | None = None
    silence: Silence = Silence()
    event_keys: tuple[str, str, str] = ("event", "channel", "data")
    escapes: bool = True
    object_data: ObjectData = ObjectData.PASSED_ON
    has_cache: bool = True

    def frame(self, event: str, *, channel: str | None = None, data: object = Form.ABSENT) -> str:
        envelope = {"event": event, "channel": channel, "data": data}
        return self._text({k: v for k, v in envelope.items() if v not in (None, Form.ABSENT)})

    def event(self, event: str, channel: str, data: object) -> str:
        """Return a published event, with its keys in this server's order."""
        envelope = {"event": event, "channel": channel, "data": data}
        return self._text({key: envelope[key] for key in self.event_keys})

    def error(self, verdict: Verdict) -> str:
        values = {"code": verdict.code, "message": verdict.message}
        data: object = {key: values[key] for key in self.error_keys}
        return self.frame(
            protocol.ERROR, data=self._text(data) if self.error_data is Form.STRING else data
        )

    def _text(self, value: object) -> str:
        return json.dumps(value, ensure_ascii=self.escapes, separators=(",", ":"))


SOKETI = Personality(
    "soketi",
    largest_id=10**10,
    unknown_key=Verdict(4001, "App key {key} does not exist.", 4001),
    over_capacity=Verdict(4100, "The current concurrent connections quota has been reached.", 4100),
    bad_signature=SubscriptionError("The connection is unauthorized.", 401),
    no_auth=SubscriptionError("The connection is unauthorized.", 401),
    stop=Verdict(4200, "Server is closing. Please reconnect shortly.", 4200),
    pong_data={},
    silence=Silence(
        drop_after_message=120.0,
        drop=Verdict(4201, "", 4201, is_said=False),
    ),
    escapes=False,
)
LWS1 = Personality(
    "lws1",
    largest_id=10**9,
    unknown_key=Verdict(4001, "Could not find app key `{key}`."),
    over_capacity=Verdict(4100, "Over capacity"),
    bad_signature=Verdict(4009, "Invalid Signature"),
    no_auth=None,
    stop=Verdict(None, "", Then.TCP_CLOSE, is_said=False),
    error_keys=("message", "code"),
    event_keys=("channel", "event", "data"),
    object_data=ObjectData.CRASHES,
    has_cache=False,
)
LWS2 = replace(
    LWS1,
    name="lws2",
    over_capacity=Verdict(4100, "Over capacity", 1000),
    stop=Verdict(None, "", 1000, is_said=False),
    event_keys=("event", "channel", "data"),
    silence=Silence(unsubscribe_after=120.0),
    object_data=ObjectData.PASSED_ON,
)
REVERB = Personality(
    "reverb",
    largest_id=10**9,
    unknown_key=Verdict(4001, "Application does not exist", Then.TCP_CLOSE),
    over_capacity=Verdict(4004, "Application is over connection quota"),
    bad_signature=Verdict(4009, "Connection is unauthorized"),
    no_auth=Verdict(4009, "Connection is unauthorized"),
    stop=Verdict(None, "", Then.TCP_CLOSE, is_said=False),
    error_data=Form.STRING,
    succeeded_data="{}",
    malformed=Verdict(4200, "Invalid message format"),
    silence=Silence(
        drop_after=120.0,
        drop=Verdict(4201, "Pong reply not received in time", Then.TCP_CLOSE),
        only_with_subscriptions=True,
    ),
    event_keys=("event", "data", "channel"),
    object_data=ObjectData.REFUSED,
)
PUSHER = Personality(
    "pusher",
    largest_id=10**9,
    activity_timeout=120,
    unknown_key=Verdict(4001, "Application does not exist", 4001, is_said=False),
    over_capacity=Verdict(4100, "Over capacity", 4100, is_said=False),
    bad_signature=Verdict(
        None, "Invalid signature: Expected HMAC SHA256 hex digest of {socket_id}:{channel}"
    ),
    no_auth=Verdict(None, "Auth info required to subscribe to {channel}"),
    stop=Verdict(4200, "Please reconnect immediately", 4200, is_said=False),
    succeeded_data="{}",
    pong_data="{}",
    duplicate=Verdict(None, "Existing subscription to channel {channel}"),
    silence=Silence(drop_after=150.0),
    escapes=False,
)
PERSONALITIES = {one.name: one for one in (SOKETI, LWS1, LWS2, REVERB, PUSHER)}


@dataclass(frozen=True, slots=True)
class Switches:
    """Deviations of one connection from its personality."""

    handshake: Verdict | None = None
    """Sent instead of the handshake."""
    greeting: str | None = None
    """A text sent instead of the handshake."""
    http: str | None = None
    """Answered to the upgrade request, such as ``503 Service Unavailable``."""
    is_full: bool = False
    errors_stay_open: bool = False
    refusal: Verdict | SubscriptionError | None = None
    """The refusal of correct subscriptions of the channels in ``refuses``."""
    refuses: Collection[str] = ()
    ignores: Collection[str] = ()
    """Channels whose subscriptions get no answer at all."""
    unsubscribes_after: float | None = None
    """Seconds without pusher:ping, whatever is broadcast."""
    has_pongs: bool = True


class Connection:
    """One client's connection. Other threads than its script's use ``post``."""

    def __init__(self, server: "PersonalityServer", peer: Peer, number: int) -> None:
        self._server = server
        self._switches = server.switches(number)
        self.personality = _switched(server.personality, self._switches)
        self._peer = peer
        self._clock = server.clock
        self._tasks: deque[Callable[[], None]] = deque()
        self._receiver, self._sender = socket.socketpair()
        self._is_waiting = False
        self._is_over = False
        now = self._clock.now()
        self._traffic_at = self._text_at = self._refreshed_at = now
        self._key = ""
        self.socket_id = f"{self.personality.largest_id - number}.{number}"
        self.subscribed: set[str] = set()
        self.confirmed: list[str] = []
        self.received: list[str] = []

    # For any thread

    @property
    def is_busy(self) -> bool:
        """Whether the script has something left to do for the client."""
        if self._is_over:
            return False
        try:  # before the other checks: what was read is handled before it waits again
            readable, _, _ = select.select([self._peer], [], [], 0)
        except (OSError, ValueError):  # it has just ended
            return False
        return bool(self._tasks or readable or not self._is_waiting)

    @property
    def due_at(self) -> float:
        if self._is_over:
            return _NEVER
        silence = self.personality.silence
        awaits_traffic = bool(self.subscribed) or not silence.only_with_subscriptions
        return min(
            self._traffic_at + silence.drop_after if awaits_traffic else _NEVER,
            self._text_at + silence.drop_after_message,
            self._refreshed_at + silence.unsubscribe_after if self.subscribed else _NEVER,
        )

    def post(self, task: Callable[[], None]) -> None:
        """Let the script's thread do ``task``, unless the connection is over."""
        if self._is_over:
            return
        self._tasks.append(task)
        with suppress(OSError):
            self._sender.send(b"\0")

    # For the script's thread

    def play(self) -> None:
        """Serve the client to the end of the connection."""
        with self._receiver, self._sender:
            try:
                if self._open():
                    self._converse()
            finally:
                self._is_over = True

    def send(self, text: str) -> None:
        """Send one message in one frame."""
        self._peer.send_text(text)

    def send_half_frame(self) -> None:
        self._peer.send_raw(encode_frame(TEXT, b"x" * 100)[:50])

    def say(self, verdict: Verdict, **words: str) -> None:
        """Send an error, and end the connection if the verdict says so."""
        words |= {"key": self._key, "socket_id": self.socket_id}
        named = replace(verdict, message=verdict.message.format(**words))
        if named.is_said:
            self.send(self.personality.error(named))
        if self._switches.errors_stay_open or named.then is Then.STAYS_OPEN:
            return
        if isinstance(named.then, int):
            reason = "" if named.is_said else named.message
            self._peer.close_frame(named.then, reason)
        self.fin()

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame and end."""
        self._peer.close_frame(code, reason)
        self.fin()

    def fin(self) -> None:
        """End without a close frame."""
        self._peer.fin()
        self._is_over = True
        self._peer.wait_until_left(_DEADLINE)

    def reset(self) -> None:
        self._peer.reset()
        self._is_over = True

    def freeze(self) -> None:
        """Stop reading and writing, with the connection open."""
        self._is_over = True
        self._peer.freeze(_DEADLINE)

    def publish(self, event: str, channel: str, data: object) -> None:
        if channel not in self.subscribed:
            return
        self.send(self.personality.event(event, channel, data))
        if self._switches.unsubscribes_after is None:
            self._refreshed_at = self._clock.now()

    def tick(self) -> None:
        now, silence = self._clock.now(), self.personality.silence
        if self.subscribed and now >= self._refreshed_at + silence.unsubscribe_after:
            self.subscribed.clear()
        if self.due_at <= now:
            self.say(silence.drop)

    def _open(self) -> bool:
        """Shake hands; return whether the connection goes on."""
        if self._switches.http is not None:
            self._peer.answer_http(self._switches.http)
            return False
        request = self._peer.handshake()
        self._key = unquote(urlsplit(request.target).path).removeprefix("/app/")
        if self._switches.greeting is not None:
            self.send(self._switches.greeting)
        elif self._switches.handshake is not None:
            self.say(self._switches.handshake)
        elif self._key != self._server.app.key:
            self.say(self.personality.unknown_key)
        elif self._switches.is_full:
            self.say(self.personality.over_capacity)
        else:
            data = {
                "socket_id": self.socket_id,
                "activity_timeout": self.personality.activity_timeout,
            }
            text = json.dumps(data, separators=(",", ":"))
            self.send(self.personality.frame(protocol.CONNECTION_ESTABLISHED, data=text))
        return True

    def _converse(self) -> None:
        while not self._is_over:
            self._is_waiting = not (self._tasks or self._peer.has_buffered)
            if self._is_waiting:
                self._wait()
            self._is_waiting = False
            if self._tasks:
                self._tasks.popleft()()
            elif self._peer.has_buffered or self._is_readable():
                self._receive()

    def _wait(self) -> None:
        awaited: list[Peer | socket.socket] = [self._peer, self._receiver]
        readable, _, _ = select.select(awaited, [], [], _DEADLINE)
        if not readable:
            raise TimeoutError("neither the client nor the test wants anything")
        # Before the wake-up byte is read, so that this doesn't look like waiting.
        self._is_waiting = False
        if self._receiver in readable:
            self._receiver.recv(4096)

    def _is_readable(self) -> bool:
        return bool(select.select([self._peer], [], [], 0)[0])

    def _receive(self) -> None:
        opcode, payload = self._peer.receive()
        self._traffic_at = self._clock.now()
        if opcode == TEXT:
            self._text_at = self._traffic_at
            self.received.append(payload.decode())
            self._answer(payload.decode())
            return
        if opcode == PING:
            self._peer.send_frame(PONG, payload)
        elif opcode == CLOSE:
            raise ClientLeftError("the client said goodbye")

    def _answer(self, text: str) -> None:
        try:
            message = json.loads(text)
            event, data = message["event"], message.get("data")
        except (ValueError, KeyError, TypeError):
            event, data = "", None
        match event:
            case protocol.PING:
                self._refreshed_at = self._clock.now()
                if self._switches.has_pongs:
                    pong = self.personality.pong_data
                    self.send(self.personality.frame(protocol.PONG, data=pong))
            case protocol.PONG:
                pass
            case protocol.SUBSCRIBE:
                self._subscribe(data["channel"], data.get("auth"))
            case "pusher:unsubscribe":
                self.subscribed.discard(data["channel"])
            case _:
                if self.personality.malformed is not None:
                    self.say(self.personality.malformed)

    def _subscribe(self, channel: str, auth: str | None) -> None:
        if channel in self._switches.ignores:
            return
        if channel in self._switches.refuses:
            self._refuse(channel, self._switches.refusal or self.personality.bad_signature)
        elif auth is None:
            self._refuse(channel, self.personality.no_auth)
        elif auth != self._server.sign(self.socket_id, channel):
            self._refuse(channel, self.personality.bad_signature)
        elif channel in self.subscribed and self.personality.duplicate is not None:
            self.say(self.personality.duplicate, channel=channel)
        else:
            self._confirm(channel)

    def _refuse(self, channel: str, refusal: Verdict | SubscriptionError | None) -> None:
        if isinstance(refusal, Verdict):
            self.say(refusal, channel=channel)
        elif refusal is not None:
            data = {"type": "AuthError", "error": refusal.error, "status": refusal.status}
            self.send(
                self.personality.frame(protocol.SUBSCRIPTION_ERROR, channel=channel, data=data)
            )

    def _confirm(self, channel: str) -> None:
        self.subscribed.add(channel)
        self.confirmed.append(channel)
        self._refreshed_at = self._clock.now()
        data = self.personality.succeeded_data
        self.send(
            self.personality.frame(protocol.SUBSCRIPTION_SUCCEEDED, channel=channel, data=data)
        )
        if self.personality.has_cache and channel.startswith("private-cache-"):
            cached = self._server.cached.get(channel)
            miss = self.personality.frame("pusher:cache_miss", channel=channel)
            self.send(self.personality.event(*cached) if cached else miss)
        self._server.when_confirmed(self, channel)


class PersonalityServer:
    """A server of one kind. The n-th connection gets the n-th switches, later ones the last.

    The test moves ``clock``: it calls ``tick`` when ``due_at`` is reached, and lets no time
    pass while the server ``is_busy``.
    """

    def __init__(
        self, personality: Personality, clock: FakeClock, *switches: Switches, app: App = APP
    ) -> None:
        self.personality = personality
        self.clock = clock
        self.app = app
        self._switches = switches or (Switches(),)
        self._server = ScriptedServer(self._play)
        self.connections: list[Connection] = []
        self.cached: dict[str, tuple[str, str, object]] = {}
        self.when_confirmed: Callable[[Connection, str], None] = lambda _connection, _channel: None

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def is_busy(self) -> bool:
        """Whether something without delay is still to be sent."""
        return any(connection.is_busy for connection in self.connections)

    @property
    def due_at(self) -> float:
        return min((connection.due_at for connection in self.connections), default=_NEVER)

    def tick(self) -> None:
        for connection in self.connections:
            if connection.due_at <= self.clock.now():
                connection.post(connection.tick)

    def post(self, act: Callable[[Connection], None]) -> None:
        """Do something to the newest connection."""
        if self.connections:
            newest = self.connections[-1]
            newest.post(lambda: act(newest))

    def publish(self, event: str, channel: str, data: object) -> None:
        if not isinstance(data, str):
            if self.personality.object_data is ObjectData.REFUSED:
                return
            if self.personality.object_data is ObjectData.CRASHES:
                self.post(Connection.fin)
                return
        self.cached[channel] = (event, channel, data)
        for connection in self.connections:
            connection.post(partial(connection.publish, event, channel, data))

    def shut_down(self) -> None:
        """Stop as on SIGTERM; later connections are accepted again."""
        self.post(lambda connection: connection.say(self.personality.stop))

    def sign(self, socket_id: str, channel: str) -> str:
        return sign_channel(self.app, socket_id, channel)

    def switches(self, number: int) -> Switches:
        return self._switches[min(number, len(self._switches)) - 1]

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.stop()

    def _play(self, peer: Peer) -> None:
        connection = Connection(self, peer, len(self.connections) + 1)
        self.connections.append(connection)
        connection.play()


def _switched(personality: Personality, switches: Switches) -> Personality:
    """Return ``personality`` as changed by ``switches``."""
    if switches.unsubscribes_after is None:
        return personality
    silence = replace(personality.silence, unsubscribe_after=switches.unsubscribes_after)
    return replace(personality, silence=silence)
