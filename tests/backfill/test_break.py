"""The proof: fifty messages a second through a broken connection, and each is shown once.

What a tail does is done here by hand and with real sockets: it reads the websocket, loses it,
comes back, and has the gap filled while more messages come.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest
import websocket

from chatapp_tail.backfill.filler import message_event
from chatapp_tail.backfill.seen import Seen
from chatapp_tail.backfill.span import span_of
from chatapp_tail.backfill.worker import BackfillWorker
from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig
from chatapp_tail.clock import SystemClock
from chatapp_tail.pusher.protocol import PusherEvent
from tests.backfill.given import DEADLINE, TELEGRAM, rest_of
from tests.emulator.given import WHATSAPP, Client, message
from tests.support.emulated import Emulator, EmulatorSettings, Failure, running_emulator

PER_SECOND = 50
CHATS = 17
CHATS_PATH = "/v1/licenses/1229/messengers/telegram/chats"
LOST = (websocket.WebSocketConnectionClosedException, ConnectionError)


class Publisher:
    """Says something new fifty times a second, here and there, until it is stopped."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._stopping = threading.Event()
        self._clock = SystemClock()
        self._thread = threading.Thread(target=self._run)
        self.said: list[tuple[str, str]] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        begun = self._clock.now()
        number = 0
        while not self._stopping.wait(max(0, begun + number / PER_SECOND - self._clock.now())):
            number += 1
            # The ids of one chat are those of another, too, as in telegram.
            chat_id, message_id = f"{number % CHATS}@c.us", str(number // CHATS)
            time = int(self._clock.utcnow().timestamp())
            self.said.append((chat_id, message_id))
            self._emulator.publish(TELEGRAM, "message", message(chat_id, message_id, time))


class SmallTail:
    """Reads one channel and fills its gaps; ``shown`` are (chat's id, message's id)."""

    def __init__(self, emulator: Emulator) -> None:
        self.woken = threading.Semaphore(0)
        self._clock = SystemClock()
        self._worker = BackfillWorker(
            lambda: rest_of(emulator), clock=self._clock, wake=self.woken.release
        )
        self._seen = Seen()
        self._started_at = self.last_seen = self._clock.utcnow()
        self.shown: list[tuple[str, str]] = []
        self.backfilled = 0
        self.dropped = 0
        self.filled = 0

    def fill(self) -> None:
        """Ask for what came since the websocket was last alive."""
        self._submit(TELEGRAM)

    def _submit(self, channel: str) -> None:
        span = span_of(parse_name(channel), self.last_seen, self._started_at)
        assert span is not None
        self._worker.submit(span)

    def read(self, client: Client) -> object:
        """Take one frame, and what was filled meanwhile; return the frame's event."""
        frame = client.receive()
        self.last_seen = self._clock.utcnow()
        if frame["event"] == "message":
            for record in self._records(PusherEvent("message", TELEGRAM, frame["data"])):
                if self._seen.live(record):
                    self._show(record)
                else:
                    self.dropped += 1
        self.take()
        return frame["event"]

    def take(self) -> list[str]:
        """Show what was filled; return of which channels."""
        channels = []
        while filled := self._worker.result():
            span, missed = filled
            assert missed.problem is None
            self.filled += 1
            channels.append(span.channel)
            for item in missed.items():
                if self._seen.filled(span.channel, item):
                    self.backfilled += 1
                    for record in self._records(message_event(span, item)):
                        self._show(record)
        return channels

    def finish(self) -> None:
        """Wait for all that is being filled: another channel's span comes behind it."""
        self._submit(WHATSAPP)
        while WHATSAPP not in self.take():
            assert self.woken.acquire(timeout=DEADLINE), "no backfill came"

    def stop(self) -> None:
        self._worker.stop()

    def _records(self, event: PusherEvent) -> Sequence[Record]:
        return decode_event(event, seq=1, received_at=self._clock.utcnow())

    def _show(self, record: Record) -> None:
        chat_id, message_id = dig(record.data, "chat", "id"), dig(record.data, "id")
        self.shown.append((str(chat_id), str(message_id)))


@contextmanager
def talking(emulator: Emulator) -> Iterator[Publisher]:
    publisher = Publisher(emulator)
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()


@contextmanager
def tailing(emulator: Emulator) -> Iterator[SmallTail]:
    tail = SmallTail(emulator)
    try:
        yield tail
    finally:
        tail.stop()


def read_until(tail: SmallTail, client: Client, count: int) -> None:
    """Read until the tail has shown ``count`` messages."""
    while len(tail.shown) < count:
        tail.read(client)


def read_until_lost(tail: SmallTail, client: Client) -> None:
    with suppress(*LOST):
        while True:
            tail.read(client)


def wait_for(publisher: Publisher, more: int) -> None:
    """Let ``more`` messages be said."""
    until, clock = len(publisher.said) + more, SystemClock()
    deadline = clock.now() + DEADLINE
    while len(publisher.said) < until:
        assert clock.now() < deadline
        threading.Event().wait(0.01)


def said_twice(shown: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [one for one, times in Counter(shown).items() if times > 1]


def read_the_rest(tail: SmallTail, client: Client, publisher: Publisher) -> None:
    """Stop the talk and read what is still on its way."""
    publisher.stop()
    client.send({"event": "pusher:ping", "data": {}})
    while tail.read(client) != "pusher:pong":  # it overtakes nothing
        pass


@pytest.mark.parametrize("stumbles", [False, True], ids=["a good API", "an API that stumbles"])
def test_every_message_is_shown_once_though_the_connection_broke(*, stumbles: bool) -> None:
    with (
        running_emulator(EmulatorSettings(pace=0)) as emulator,
        tailing(emulator) as tail,
        Client(emulator) as first,
    ):
        first.subscribed(TELEGRAM)
        with talking(emulator) as publisher:
            read_until(tail, first, 60)
            emulator.refuse_websockets()
            emulator.drop_all()
            read_until_lost(tail, first)
            shown_live = len(tail.shown)
            wait_for(publisher, 60)
            if stumbles:
                emulator.fail(CHATS_PATH, Failure.server_error())
                emulator.fail(f"{CHATS_PATH}/5@c.us/messages", Failure.throttled(1))
            emulator.refuse_websockets(refused=False)
            with Client(emulator) as second:
                second.subscribed(TELEGRAM)
                tail.fill()
                while not tail.filled:
                    tail.read(second)
                wait_for(publisher, 10)
                read_the_rest(tail, second, publisher)
                tail.finish()
        asked = Counter(request.path for request in emulator.requests)
    assert asked[f"{CHATS_PATH}/5@c.us/messages"] == (2 if stumbles else 1)
    assert shown_live >= 60
    assert tail.backfilled >= 60
    assert said_twice(tail.shown) == []
    assert sorted(tail.shown) == sorted(publisher.said)


def test_what_comes_live_after_it_was_filled_in_is_not_shown_again() -> None:
    """The websocket isn't read until the gap is filled: all of that is on its way, too."""
    with (
        running_emulator(EmulatorSettings(pace=0)) as emulator,
        tailing(emulator) as tail,
        Client(emulator) as client,
    ):
        client.subscribed(TELEGRAM)
        with talking(emulator) as publisher:
            wait_for(publisher, 50)
            tail.fill()
            tail.finish()
            wait_for(publisher, 10)
            read_the_rest(tail, client, publisher)
    assert tail.backfilled >= 50
    assert tail.dropped == tail.backfilled
    assert said_twice(tail.shown) == []
    assert sorted(tail.shown) == sorted(publisher.said)


def test_every_message_is_shown_once_over_several_breaks() -> None:
    with (
        running_emulator(EmulatorSettings(pace=0)) as emulator,
        tailing(emulator) as tail,
        talking(emulator) as publisher,
    ):
        for _ in range(3):
            with Client(emulator) as client:
                client.subscribed(TELEGRAM)
                tail.fill()
                read_until(tail, client, len(tail.shown) + 10)
                emulator.drop_all()
                read_until_lost(tail, client)
        with Client(emulator) as client:
            client.subscribed(TELEGRAM)
            tail.fill()
            wait_for(publisher, 20)
            read_the_rest(tail, client, publisher)
        tail.finish()
    assert said_twice(tail.shown) == []
    assert sorted(tail.shown) == sorted(publisher.said)
