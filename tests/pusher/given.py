"""What the session's tests start from: channels, the server's texts, an open session."""

import json
from collections.abc import Iterator

from chatapp_tail.pusher.interfaces import Authorize, Effect
from chatapp_tail.pusher.protocol import Authorization
from chatapp_tail.pusher.session import Session
from chatapp_tail.pusher.timing import jittered_delays
from tests.support.fake_clock import FakeClock

SOCKET_ID = "123.456"
FIRST, SECOND, THIRD = "private-first", "private-second", "private-third"
SIGNED = Authorization("key:5f")
PING = '{"event":"pusher:ping","data":{}}'
PONG = '{"event":"pusher:pong","data":{}}'


def text(event: str, data: object = None, *, channel: str | None = None) -> bytes:
    """Return an envelope as servers send it, without the members that are None."""
    members = {"event": event, "channel": channel, "data": data}
    given = {name: value for name, value in members.items() if value is not None}
    return json.dumps(given).encode()


def established(**data: object) -> bytes:
    """Return the handshake: ``data`` is a string with JSON, as on every real server."""
    return text("pusher:connection_established", json.dumps({"socket_id": SOCKET_ID, **data}))


def succeeded(channel: str) -> bytes:
    """Return the server's confirmation."""
    return text("pusher_internal:subscription_succeeded", channel=channel)


def error(code: object, message: object = "", *, channel: str | None = None) -> bytes:
    """Return an error frame with an object inside, as soketi and laravel-websockets send it."""
    return text("pusher:error", {"code": code, "message": message}, channel=channel)


def subscribe(channel: str) -> str:
    """Return what a session sends to subscribe to ``channel`` with ``SIGNED``."""
    return f'{{"event":"pusher:subscribe","data":{{"channel":"{channel}","auth":"key:5f"}}}}'


def request(channel: str, socket_id: str = SOCKET_ID) -> Authorize:
    """Return the request for a signature."""
    return Authorize(socket_id, channel)


def doubling_delays() -> Iterator[float]:
    """Yield 1, 2, 4, … 30: the jittered delays at their longest."""
    return jittered_delays(FakeClock().uniform)


def new_session(*channels: str) -> Session:
    """Return a session whose websocket was opened at 0."""
    return Session(channels, now=0.0, delays=doubling_delays)


def open_session(*channels: str, **data: object) -> Session:
    """Return a session whose handshake came at 0, with an activity_timeout of 30."""
    session = new_session(*channels)
    session.receive_text(established(**{"activity_timeout": 30, **data}), 0.0)
    return session


def authorize(session: Session, *channels: str, now: float = 1.0) -> list[Effect]:
    """Give ``session`` the signatures of ``channels``; return what it does then."""
    effects = []
    for channel in channels:
        effects += session.receive_authorization(request(channel), SIGNED, now)
    return effects


def subscribing(*channels: str) -> Session:
    """Return an open session that got the signatures at 1, and is subscribing to the first."""
    session = open_session(*channels)
    authorize(session, *channels)
    return session
