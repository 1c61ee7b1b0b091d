"""The Pusher server: the websocket ``/app/{key}`` and its channels, which behave as soketi 1.6.1.

Source: soketi's frames as captured, and its ``ws-handler.js``. What soketi ignores (malformed
messages, unknown events, client events while they are disabled) is ignored here too.
"""

import asyncio
import re
from collections import defaultdict
from contextlib import suppress

from aiohttp import WSMsgType, web

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock
from chatapp_tail.emulator.auth import LOCAL_APP, channel_auth_is_valid
from chatapp_tail.emulator.history import History
from chatapp_tail.pusher import protocol

ACTIVITY_TIMEOUT = 30  # seconds; the value of all self-hosted servers
MAX_CHANNEL_NAME = 200
# When this many characters wait for a slow reader, soketi silently skips messages.
MAX_BACKLOG = 1_000_000
# How long a client may take to answer a close frame, in seconds.
CLOSE_TIMEOUT = 0.3

_UNSUBSCRIBE = "pusher:unsubscribe"
_ALLOWED_NAME = re.compile(r"#?[-a-zA-Z0-9_=@,.;]+")
_SIGNED_PREFIXES = ("private-", "presence-")
_LARGEST_ID = 10_000_000_000
_BAD_NAME = (
    "The channel name is not allowed. Read channel conventions: "
    "https://pusher.com/docs/channels/using_channels/channels/#channel-naming-conventions"
)


class Hub:
    """All connections and their subscriptions; ``history`` stores what is published."""

    def __init__(self, history: History, clock: Clock, silence_timeout: float) -> None:
        """``silence_timeout`` in seconds: see ``Connection.run``."""
        self.silence_timeout = silence_timeout
        self._history = history
        self._clock = clock
        self._connections: set[Connection] = set()
        self._channels: defaultdict[str, set[Connection]] = defaultdict(set)
        self._subscribed = asyncio.Event()

    @property
    def connections(self) -> int:
        """The number of open websockets; may be read from any thread."""
        return len(self._connections)

    def join(self, connection: "Connection") -> str:
        """Add a connection without subscriptions; return its new socket id."""
        self._connections.add(connection)
        first, second = (int(self._clock.uniform(0, _LARGEST_ID)) for _ in range(2))
        return f"{first}.{second}"

    def leave(self, connection: "Connection") -> None:
        """Remove a connection and its subscriptions."""
        self._connections.discard(connection)
        for channel in list(self._channels):
            self.unsubscribe(connection, channel)

    def subscribe(self, connection: "Connection", channel: str) -> None:
        """Subscribe ``connection`` to ``channel``; idempotent."""
        self._channels[channel].add(connection)
        self._subscribed.set()

    def unsubscribe(self, connection: "Connection", channel: str) -> None:
        """Undo ``subscribe``; ignored without a subscription."""
        connections = self._channels.get(channel, set())
        connections.discard(connection)
        if not connections:
            self._channels.pop(channel, None)

    def publish(self, channel: str, event: str, data: object, *, exclude: str = "") -> int:
        """Send an event to the subscribers of ``channel``; return how many there were.

        ``data`` is sent unchanged; a string that contains JSON is Pusher's double encoding. The
        socket with the id ``exclude`` gets nothing.
        """
        self._history.add(channel, event, data)
        connections = [one for one in self._channels.get(channel, ()) if one.socket_id != exclude]
        text = jsontext.dumps({"event": event, "channel": channel, "data": data}).decode()
        for connection in connections:
            connection.send(text)
        return len(connections)

    async def wait_for_subscribers(self, quiet: float) -> None:
        """Wait for a subscription, then until ``quiet`` seconds pass without another."""
        await self._subscribed.wait()
        while self._subscribed.is_set():
            self._subscribed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(quiet):
                    await self._subscribed.wait()

    def shut_down(self) -> None:
        """Send every client error 4200 and close its connection."""
        for connection in self._connections:
            connection.shut_down()

    def abort_all(self) -> None:
        """Cut every connection without a close frame, as a broken network does."""
        for connection in self._connections:
            connection.abort()


class Connection:
    """One client. One task reads and answers, another writes; the socket closes with either."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, hub: Hub) -> None:
        self._socket = socket
        self._request = request
        self._hub = hub
        # A number is the code to close with, after which nothing is sent.
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue()
        self._backlog = 0
        self._closing = False
        self.socket_id = hub.join(self)

    async def run(self) -> None:
        """Serve the client until either side closes.

        It is closed with 4201 after the hub's ``silence_timeout`` seconds without a message *to*
        it. Events and the answer to its ``pusher:ping`` count, websocket pings don't.
        """
        writer = asyncio.create_task(self._write())
        try:
            self.send(_established_text(self.socket_id))
            async for message in self._socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._receive(message.data)
        finally:
            self._hub.leave(self)
            if self._closing:
                await asyncio.wait({writer}, timeout=CLOSE_TIMEOUT)
            writer.cancel()
            await asyncio.wait({writer})

    def send(self, text: str) -> None:
        """Queue ``text``; silently skip it, as soketi does, when the client reads too slowly."""
        if self._backlog + len(text) <= MAX_BACKLOG:
            self._backlog += len(text)
            self._outbox.put_nowait(text)

    def shut_down(self) -> None:
        """Send error 4200 and close with it, so that the client reconnects at once."""
        self.send(_error_text(4200, "Server closed. Please reconnect shortly."))
        self._outbox.put_nowait(4200)

    def abort(self) -> None:
        """Cut the connection without a close frame."""
        if (transport := self._request.transport) is not None:
            transport.abort()

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while isinstance(outgoing := await self._next(), str):
                await self._socket.send_str(outgoing)
                self._backlog -= len(outgoing)
            self._closing = True
            await self._socket.close(code=outgoing)

    async def _next(self) -> str | int:
        try:
            async with asyncio.timeout(self._hub.silence_timeout):
                return await self._outbox.get()
        except TimeoutError:
            return 4201

    def _receive(self, message: str | bytes) -> None:
        event = protocol.decode_envelope(
            message if isinstance(message, bytes) else message.encode()
        )
        if event is None:
            return
        channel = event.data.get("channel") if isinstance(event.data, dict) else None
        if event.event == protocol.PING:
            self.send(protocol.PONG_TEXT)
        elif event.event == protocol.SUBSCRIBE and isinstance(channel, str):
            self._subscribe(channel, protocol.decode_object(event.data).get("auth"))
        elif event.event == _UNSUBSCRIBE and isinstance(channel, str):
            self._hub.unsubscribe(self, channel)

    def _subscribe(self, channel: str, auth: object) -> None:
        refusal = self._refusal(channel, auth)
        if refusal is not None:
            self.send(_text(protocol.SUBSCRIPTION_ERROR, channel=channel, data=refusal))
            return
        # The confirmation must come before any event of the channel.
        self.send(_text(protocol.SUBSCRIPTION_SUCCEEDED, channel=channel))
        self._hub.subscribe(self, channel)

    def _refusal(self, channel: str, auth: object) -> dict[str, object] | None:
        if len(channel) > MAX_CHANNEL_NAME:
            reason = f"The channel name is longer than the allowed {MAX_CHANNEL_NAME} characters."
            return {"type": "LimitReached", "error": reason, "status": 4009}
        if channel.startswith(_SIGNED_PREFIXES) and not channel_auth_is_valid(
            LOCAL_APP, self.socket_id, channel, auth
        ):
            reason = "The connection is unauthorized."
            return {"type": "AuthError", "error": reason, "status": 401}
        if not _ALLOWED_NAME.fullmatch(channel):
            return {"error": _BAD_NAME, "status": 4009}
        return None


HUB = web.AppKey("hub", Hub)

routes = web.RouteTableDef()


@routes.get("/app/{key}")
async def _serve(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(timeout=CLOSE_TIMEOUT, compress=False)
    await socket.prepare(request)
    if (key := request.match_info["key"]) == LOCAL_APP.key:
        await Connection(socket, request, request.app[HUB]).run()
        return socket
    with suppress(ConnectionError):
        await socket.send_str(_error_text(4001, f"App key {key} does not exist."))
        await socket.close(code=4001)
    return socket


def _established_text(socket_id: str) -> str:
    data = {"socket_id": socket_id, "activity_timeout": ACTIVITY_TIMEOUT}
    return _text(protocol.CONNECTION_ESTABLISHED, data=jsontext.dumps(data).decode())


def _error_text(code: int, message: str) -> str:
    return _text(protocol.ERROR, data={"code": code, "message": message})


def _text(event: str, **rest: object) -> str:
    return jsontext.dumps({"event": event, **rest}).decode()
