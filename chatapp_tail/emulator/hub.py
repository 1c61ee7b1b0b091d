"""The subscribers of each channel, and the frames they get. For one event loop; no I/O.

Source: the frames of soketi 1.6.1, read off the wire: keys in the order event, channel, data.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import Protocol

from chatapp_tail import jsontext
from chatapp_tail.emulator.history import History


class Member(Protocol):
    """A connected websocket, seen from the hub. No method blocks or raises."""

    @property
    def socket_id(self) -> str:
        """The id that the client was given."""
        ...

    def send(self, text: str) -> None:
        """Queue one text message."""
        ...

    def say_goodbye(self) -> None:
        """Tell the client to reconnect elsewhere, and close."""
        ...

    def abort(self) -> None:
        """Cut the connection without a close frame."""
        ...


class Hub:
    """All sockets, and the channels they are subscribed to; ``history`` notes what is published."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._members: set[Member] = set()
        self._channels: defaultdict[str, set[Member]] = defaultdict(set)
        self._subscribed = asyncio.Event()

    @property
    def connections(self) -> int:
        """The number of open websockets; may be read from any thread."""
        return len(self._members)

    def join(self, member: Member) -> None:
        """Add a socket without subscriptions."""
        self._members.add(member)

    def leave(self, member: Member) -> None:
        """Forget a socket and its subscriptions."""
        self._members.discard(member)
        for channel in list(self._channels):
            self.unsubscribe(member, channel)

    def subscribe(self, member: Member, channel: str) -> None:
        """Subscribe ``member`` to ``channel``; idempotent."""
        self._channels[channel].add(member)
        self._subscribed.set()

    def unsubscribe(self, member: Member, channel: str) -> None:
        """Undo ``subscribe``; a channel that wasn't subscribed is ignored."""
        members = self._channels.get(channel, set())
        members.discard(member)
        if not members:
            self._channels.pop(channel, None)

    def publish(self, channel: str, event: str, data: object, *, exclude: str = "") -> int:
        """Send an event to the subscribers of ``channel``; return how many there were.

        ``data`` goes as it is: a string that holds JSON is Pusher's double encoding. The socket
        with the id ``exclude`` is left out.
        """
        self._history.add(channel, event, data)
        members = [m for m in self._channels.get(channel, ()) if m.socket_id != exclude]
        text = jsontext.dumps({"event": event, "channel": channel, "data": data}).decode()
        for member in members:
            member.send(text)
        return len(members)

    async def wait_for_audience(self, quiet: float) -> None:
        """Return when someone has subscribed and ``quiet`` seconds passed without another."""
        await self._subscribed.wait()
        while self._subscribed.is_set():
            self._subscribed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(quiet):
                    await self._subscribed.wait()

    def say_goodbye(self) -> None:
        """Tell every client to reconnect elsewhere, and close."""
        for member in self._members:
            member.say_goodbye()

    def abort_all(self) -> None:
        """Cut every connection, as a broken network does."""
        for member in self._members:
            member.abort()
