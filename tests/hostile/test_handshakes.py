"""A server that answers the websocket request with anything at all."""

import ssl
from contextlib import closing

import pytest

from chatapp_tail.errors import TransportError
from chatapp_tail.pusher.interfaces import Closed, Signal
from chatapp_tail.pusher.transport import WebSocketTransport, open_websocket
from tests.hostile.given import PATIENCE, ScriptedAnswer, for_each_input
from tests.support.mutations import Mutator
from tests.support.scripted_server import TEXT, encode_frame

UPGRADE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: ACCEPT\r\n"
)
ANSWERS = [
    UPGRADE + b"\r\n" + encode_frame(TEXT, b"hello"),
    UPGRADE + b"Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\n\r\n",
    UPGRADE + b"Set-Cookie: a,b=c\r\n\r\n",
    UPGRADE + b"Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Extensions: y\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:9/\r\n\r\n",
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
]
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# The limit for an error message about a handshake, in characters.
_LONGEST_MESSAGE = 400


def connect(url: str) -> WebSocketTransport | TransportError:
    """Return an open websocket, or why there is none."""
    try:
        return open_websocket(url, "key", timeout=PATIENCE, context=TRUSTS_NOBODY)
    except TransportError as failure:
        return failure


def test_any_answer_to_the_handshake_is_a_websocket_or_an_error_of_ours(
    scripted: ScriptedAnswer,
) -> None:
    url = scripted.url.replace("http:", "ws:")

    def check(mutator: Mutator) -> None:
        scripted.answer = mutator.mutated(mutator.one_of(ANSWERS))
        outcome = connect(url)
        if isinstance(outcome, TransportError):
            assert 0 < len(outcome.message) < _LONGEST_MESSAGE
        else:
            with closing(outcome):
                received = outcome.receive()
            assert all(isinstance(each, bytes | Signal | Closed) for each in received)

    for_each_input(check)


@pytest.mark.parametrize(
    "answer", ANSWERS[:4], ids=["frame", "cookies", "odd cookie", "extensions"]
)
def test_unchanged_answer_opens_a_websocket(scripted: ScriptedAnswer, answer: bytes) -> None:
    scripted.answer = answer
    outcome = connect(scripted.url.replace("http:", "ws:"))
    assert isinstance(outcome, WebSocketTransport)
    outcome.close()
