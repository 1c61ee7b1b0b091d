import base64
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from itertools import pairwise

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import TransportError, UsageError
from chatapp_tail.pusher.link import Closed, Received, Signal
from chatapp_tail.pusher.transport import (
    MAX_MESSAGE_BYTES,
    WebSocketTransport,
    open_websocket,
)
from tests.chatapp.given import shown
from tests.support.certificates import Certificates
from tests.support.scripted_server import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Peer,
    Script,
    ScriptedServer,
    UpgradeRequest,
    encode_frame,
    encode_header,
    server_context,
)

Serve = Callable[[Script], AbstractContextManager[WebSocketTransport]]

ALIVE, PIECE = Signal.ALIVE, Signal.PIECE
# How long anything on loopback may take before the test has failed, in seconds.
DEADLINE = 5.0
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
GOODBYE = encode_frame(CLOSE, b"\x03\xe8")


def connect(
    url: str, *, context: ssl.SSLContext | None = None, timeout: float = DEADLINE
) -> WebSocketTransport:
    """Return an open transport. Without a ``context`` nobody is trusted."""
    return open_websocket(url, "AppKey", timeout=timeout, context=context or TRUSTS_NOBODY)


def wait_for(transport: WebSocketTransport) -> None:
    """Wait until something came, or what waits can be sent."""
    writing = [transport] if transport.has_unsent else []
    readable, writable, _ = select.select([transport], writing, [], DEADLINE)
    assert readable or writable, "nothing came"


def receive_some(transport: WebSocketTransport) -> list[Received]:
    """Return the next things that come together, which are whole."""
    while (received := receive_next(transport)) == [PIECE]:
        pass
    return received


def receive_next(transport: WebSocketTransport) -> list[Received]:
    """Return what comes next."""
    while not (received := transport.receive()):
        wait_for(transport)
    return received


def receive(transport: WebSocketTransport) -> Received:
    """Return the next thing, which comes alone."""
    (received,) = receive_some(transport)
    return received


def receive_all(transport: WebSocketTransport) -> list[Received]:
    """Return everything up to the end of the connection, which is the last."""
    everything = receive_some(transport)
    while not isinstance(everything[-1], Closed):
        everything += receive_some(transport)
    return everything


def wait_until_broken(transport: WebSocketTransport) -> None:
    """Wait for the peer's RST, without reading."""
    poll = select.poll()
    poll.register(transport, 0)
    assert poll.poll(DEADLINE * 1000), "the connection is still whole"


def fill(transport: WebSocketTransport) -> None:
    """Write until neither our kernel nor the peer's takes any more."""
    sock = transport._connection.sock
    assert sock is not None
    for size in (1 << 16, 10_000, 100, 1):
        refusals = 0
        while refusals < 3:
            try:
                sock.send(bytes(size))
            except BlockingIOError:
                # The kernels move what they hold, and may take a little more after a while.
                refusals += 1
                threading.Event().wait(0.01)


@pytest.fixture(params=["plain", "TLS"])
def serve(
    request: pytest.FixtureRequest, certificates: Certificates, trusting: ssl.SSLContext
) -> Serve:
    """Return what connects a transport to a server that shakes hands and plays a script."""
    context = server_context(certificates) if request.param == "TLS" else None

    @contextmanager
    def served(script: Script) -> Iterator[WebSocketTransport]:
        def after_handshake(peer: Peer) -> None:
            peer.handshake()
            script(peer)

        with (
            ScriptedServer(after_handshake, context=context) as server,
            closing(connect(server.url, context=trusting)) as transport,
        ):
            yield transport

    return served


def sending(content: bytes) -> Script:
    """Return a script that sends ``content`` and then only listens."""

    def script(peer: Peer) -> None:
        peer.send_raw(content)
        peer.listen()

    return script


# What comes in


def test_handshake_names_app_and_protocol_and_us_but_no_origin() -> None:
    seen: list[UpgradeRequest] = []

    with ScriptedServer(lambda peer: seen.append(peer.handshake())) as server:
        open_websocket(server.url, "App/Key?", timeout=DEADLINE, context=TRUSTS_NOBODY).close()
        host = f"127.0.0.1:{server.port}"
    ((method, target, headers),) = [(each.method, each.target, each.headers) for each in seen]
    version = headers["user-agent"].removeprefix("chatapp-tail/")
    assert method == "GET"
    assert target == (f"/app/App%2FKey%3F?protocol=7&client=python-chatapp-tail&version={version}")
    assert headers["host"] == host
    assert "origin" not in headers
    assert "sec-websocket-extensions" not in headers


LONG = "Ёлка🎄" * 20_000


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (encode_frame(TEXT, b"hello"), [b"hello"]),
        (encode_frame(TEXT, b""), [b""]),
        (encode_frame(TEXT, b"x" * 125), [b"x" * 125]),
        (encode_frame(TEXT, b"x" * 126), [b"x" * 126]),
        (encode_frame(TEXT, LONG.encode()), [LONG.encode()]),
        (encode_frame(TEXT, b"one") + encode_frame(TEXT, b"two"), [b"one", b"two"]),
        (
            b"".join(encode_frame(TEXT, b"%d" % number) for number in range(20_000)),
            [b"%d" % number for number in range(20_000)],
        ),
        (encode_frame(BINARY, b'{"event":"x"}'), [b'{"event":"x"}']),
        (encode_frame(PING, b"") + encode_frame(TEXT, b"hello"), [ALIVE, b"hello"]),
        (encode_frame(PONG, b"x" * 125), [ALIVE]),
        (
            encode_frame(TEXT, b"a", fin=False)
            + encode_frame(CONTINUATION, b"", fin=False)
            + encode_frame(CONTINUATION, b"b", fin=False)
            + encode_frame(CONTINUATION, b"c"),
            [b"abc"],
        ),
        (
            encode_frame(TEXT, b"a", fin=False)
            + encode_frame(PING, b"are you there?")
            + encode_frame(CONTINUATION, b"b"),
            [ALIVE, b"ab"],
        ),
        (
            encode_frame(TEXT, b"\xf0\x9f", fin=False) + encode_frame(CONTINUATION, b"\x8e\x84"),
            ["🎄".encode()],
        ),
        (encode_frame(TEXT, b"a\xff\xc3"), [b"a\xff\xc3"]),
    ],
    ids=shown,
)
def test_messages_are_texts_and_control_frames_are_signs_of_life(
    serve: Serve, content: bytes, received: list[Received]
) -> None:
    with serve(sending(content + GOODBYE)) as transport:
        assert receive_all(transport) == [*received, Closed(1000, "")]


def test_nothing_there_is_nothing(serve: Serve) -> None:
    with serve(Peer.listen) as transport:
        assert transport.receive() == []
        assert transport.receive() == []


def test_each_part_of_a_message_is_life(serve: Serve) -> None:
    content = encode_frame(TEXT, b"a", fin=False) + encode_frame(CONTINUATION, b"x" * 70_000)
    parts = [*(content[at : at + 1] for at in range(20)), content[20:-1]]
    go_on = threading.Semaphore(0)

    def script(peer: Peer) -> None:
        for part in parts:
            peer.send_raw(part)
            go_on.acquire(timeout=DEADLINE)
        peer.send_raw(content[-1:])
        peer.listen()

    with serve(script) as transport:
        for _ in parts:
            assert receive_next(transport) == [PIECE]
            go_on.release()
        assert receive(transport) == b"a" + b"x" * 70_000
        assert transport.receive() == []


def test_frame_in_a_few_pieces_is_put_together(serve: Serve) -> None:
    def script(peer: Peer) -> None:
        peer.send_frame(TEXT, b"x" * 70_000, split_at=[1, 2, 9, 10, 20_000])
        peer.listen()

    with serve(script) as transport:
        assert receive(transport) == b"x" * 70_000


def test_websocket_ping_is_answered_with_its_own_content(serve: Serve) -> None:
    answers: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        peer.send_frame(PING, b"are you there?")
        answers.append(peer.receive())
        peer.close_frame(1000)

    with serve(script) as transport:
        assert receive_all(transport) == [ALIVE, Closed(1000, "")]
    assert answers == [(PONG, b"are you there?")]


def test_largest_message_comes_through(serve: Serve) -> None:
    with serve(sending(encode_frame(TEXT, b"x" * MAX_MESSAGE_BYTES))) as transport:
        received = receive(transport)
    assert isinstance(received, bytes)
    assert len(received) == MAX_MESSAGE_BYTES


# What comes together

MISPLACED = "a fragment of no message, or a message amid the fragments of another"
COMPRESSED = "the server compresses its messages, which nobody asked it to"
TOO_LARGE = "a message of more than 8 MiB, the limit of this program"


def masked(text: bytes) -> bytes:
    """Return a text frame as clients send it, and a server may."""
    key = b"\x01\x02\x03\x04"
    content = bytes(byte ^ key[at % 4] for at, byte in enumerate(text))
    return bytes([0x81, 0x80 | len(text)]) + key + content


# Frames that are something together, and what that is. All but the first few need websocket-client.
PIECES: dict[str, tuple[bytes, list[Received]]] = {
    "text": (encode_frame(TEXT, b"hello"), [b"hello"]),
    "empty": (encode_frame(TEXT, b""), [b""]),
    "one byte": (encode_frame(TEXT, b"x"), [b"x"]),
    "most of 7 bits": (encode_frame(TEXT, b"x" * 125), [b"x" * 125]),
    "least of 16 bits": (encode_frame(TEXT, b"y" * 126), [b"y" * 126]),
    "16 bits": (encode_frame(TEXT, b"z" * 300), [b"z" * 300]),
    "longer length than needed": (b"\x81\x7e\x00\x03abc", [b"abc"]),
    "no UTF-8": (encode_frame(TEXT, b"a\xff\xc3"), [b"a\xff\xc3"]),
    "like a header": (encode_frame(TEXT, b"\x81\x02" * 5), [b"\x81\x02" * 5]),
    "64 bits": (b"\x81\x7f" + (5).to_bytes(8) + b"hello", [b"hello"]),
    "masked": (masked(b"hidden"), [b"hidden"]),
    "binary": (encode_frame(BINARY, b"bytes"), [b"bytes"]),
    "ping": (encode_frame(PING, b"are you there?"), [ALIVE]),
    "pong": (encode_frame(PONG, b""), [ALIVE]),
    "fragments": (
        encode_frame(TEXT, b"\xf0\x9f", fin=False)
        + encode_frame(CONTINUATION, b"", fin=False)
        + encode_frame(CONTINUATION, b"\x8e\x84"),
        ["🎄".encode()],
    ),
    "ping amid fragments": (
        encode_frame(TEXT, b"\x81\x01", fin=False)
        + encode_frame(PING, b"\x81\x02")
        + encode_frame(CONTINUATION, b"\x81\x03"),
        [ALIVE, b"\x81\x01\x81\x03"],
    ),
}


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, WebSocketTransport]]:
    """Return the server's end of a connection that is open, and a transport on the other."""
    with open_pair() as opened:
        yield opened


@contextmanager
def open_pair() -> Iterator[tuple[socket.socket, WebSocketTransport]]:
    ours, server = socket.socketpair()
    # The server leaves first, or our goodbye would wait for its answer.
    with closing(WebSocketTransport(ours)) as transport, server:
        yield server, transport


def received_in_parts(*parts: bytes) -> list[Received]:
    """Return what comes when each of ``parts`` is there before the next one is sent."""
    everything: list[Received] = []
    with open_pair() as (server, transport):
        for part in parts:
            server.sendall(part)
            while received := transport.receive():
                everything += received
    return [each for each in everything if each is not PIECE]


def test_whole_messages_of_one_read_come_together_in_order(
    pair: tuple[socket.socket, WebSocketTransport],
) -> None:
    server, transport = pair
    texts = [b"%d %b" % (number, b"x" * (number % 300)) for number in range(300)]
    server.sendall(b"".join(encode_frame(TEXT, text) for text in texts))
    assert transport.receive() == texts
    assert transport.receive() == []


def test_flood_comes_in_parts_that_leave_time_for_other_work() -> None:
    texts = [b"%1000d" % number for number in range(2_000)]
    flood = b"".join(encode_frame(TEXT, text) for text in texts)
    received: list[list[Received]] = []
    with open_pair() as (server, transport):
        sending = threading.Thread(target=server.sendall, args=(flood,))
        sending.start()
        while sum(map(len, received)) < len(texts):
            received.append(receive_some(transport))
        sending.join(DEADLINE)
    assert [text for some in received for text in some] == texts
    assert max(map(len, received)) <= 70


@pytest.mark.parametrize("piece", PIECES)
def test_piece_between_whole_messages_is_the_same_wherever_the_stream_is_cut(piece: str) -> None:
    content, expected = PIECES[piece]
    around = encode_frame(TEXT, b"a") + encode_frame(TEXT, b"")
    stream = around + content + around
    for cut in range(len(stream) + 1):
        parts = (stream[:cut], stream[cut:])
        assert received_in_parts(*parts) == [b"a", b"", *expected, b"a", b""], cut


@given(st.lists(st.sampled_from(list(PIECES)), max_size=12), st.lists(st.floats(0, 1), max_size=6))
@settings(deadline=None)
def test_any_stream_in_any_parts_is_the_same_as_one_frame_at_a_time(
    names: list[str], cuts: list[float]
) -> None:
    stream = b"".join(PIECES[name][0] for name in names)
    ends = [0, *sorted(int(cut * len(stream)) for cut in cuts), len(stream)]
    expected = [one for name in names for one in PIECES[name][1]]
    assert received_in_parts(*(stream[at:end] for at, end in pairwise(ends))) == expected
    assert received_in_parts(*(PIECES[name][0] for name in names)) == expected


def test_long_message_between_short_ones_keeps_its_place() -> None:
    texts = [b"a", b"b" * 60_000, b"c", b"d" * 100_000, b"e", b"f" * 65_535, b"g"]
    frames = [encode_frame(TEXT, text) for text in texts]
    assert received_in_parts(b"".join(frames[:3]), b"".join(frames[3:5]), *frames[5:]) == texts


def test_no_message_is_taken_amid_the_fragments_of_another(
    pair: tuple[socket.socket, WebSocketTransport],
) -> None:
    server, transport = pair
    whole = encode_frame(TEXT, b"whole")
    server.sendall(encode_frame(TEXT, b"a", fin=False) + encode_frame(PING, b"") + whole)
    assert transport.receive() == [ALIVE]
    assert transport.receive() == [Closed(None, f"the connection broke: {MISPLACED}")]


def test_what_comes_behind_a_close_frame_is_not_received(
    pair: tuple[socket.socket, WebSocketTransport],
) -> None:
    server, transport = pair
    server.sendall(encode_frame(TEXT, b"a") * 2 + GOODBYE + encode_frame(TEXT, b"b"))
    assert transport.receive() == [b"a", b"a"]
    assert transport.receive() == [Closed(1000, "")]


def test_broken_framing_ends_the_connection_behind_the_messages_before_it(
    pair: tuple[socket.socket, WebSocketTransport],
) -> None:
    server, transport = pair
    whole = encode_frame(TEXT, b"a")
    server.sendall(whole * 2 + encode_frame(TEXT | 0x40, b"compressed") + whole)
    assert transport.receive() == [b"a", b"a"]
    assert transport.receive() == [Closed(None, f"the connection broke: {COMPRESSED}")]


# How it ends


@pytest.mark.parametrize(
    ("payload", "closed"),
    [
        (b"", Closed(1005, "")),
        (b"\x03\xe8", Closed(1000, "")),
        (b"\x03\xe9Going away", Closed(1001, "Going away")),
        (b"\x0f\xa1App key x not in this cluster", Closed(4001, "App key x not in this cluster")),
        (b"\x10\x69", Closed(4201, "")),
        (b"\x13\x87", Closed(4999, "")),
        (b"\x10\x68" + "Ёлка".encode(), Closed(4200, "Ёлка")),
        (b"\x10\x68\xff", Closed(4200, "\ufffd")),
    ],
    ids=shown,
)
def test_close_frame_keeps_its_code_and_reason_and_is_answered(
    serve: Serve, payload: bytes, closed: Closed
) -> None:
    answers: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        peer.send_frame(CLOSE, payload)
        answers.append(peer.receive())

    with serve(script) as transport:
        assert receive(transport) == closed
    assert answers == [(CLOSE, b"\x03\xe8")]


def test_close_code_is_kept_when_the_answer_meets_a_broken_connection(serve: Serve) -> None:
    def script(peer: Peer) -> None:
        peer.close_frame(4200, "restart")
        peer.reset()

    with serve(script) as transport:
        wait_until_broken(transport)
        assert receive(transport) == Closed(4200, "restart")


def test_close_code_is_kept_when_nobody_takes_the_answer() -> None:
    def script(peer: Peer) -> None:
        peer.handshake()
        peer.close_frame(4200, "restart")
        peer.freeze()

    with ScriptedServer(script) as server, closing(connect(server.url)) as transport:
        wait_for(transport)
        fill(transport)
        assert receive(transport) == Closed(4200, "restart")


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535])
def test_reserved_close_code_is_no_code(serve: Serve, code: int) -> None:
    with serve(sending(encode_frame(CLOSE, code.to_bytes(2) + b"bye"))) as transport:
        assert receive(transport) == Closed(
            None, f"the connection broke: a close frame with the invalid code {code}"
        )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        encode_frame(TEXT, b"hello")[:4],
        encode_header(TEXT, 70_000) + b"x" * 100,
        encode_frame(TEXT, b"a", fin=False),
    ],
    ids=["at once", "in a header", "in a payload", "in a message"],
)
def test_end_without_a_close_frame_has_no_code(serve: Serve, content: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.send_raw(content)
        peer.fin()
        peer.wait_until_left()

    with serve(script) as transport:
        assert receive(transport) == Closed(None, "")
        assert transport.receive() == [Closed(None, "")]


def test_reset_has_no_code(serve: Serve) -> None:
    with serve(Peer.reset) as transport:
        closed = receive(transport)
    # OpenSSL may see the end of the file first.
    assert closed in (
        Closed(None, "the connection broke: Connection reset by peer"),
        Closed(None, ""),
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (encode_header(TEXT, 2**40), TOO_LARGE),
        (encode_header(BINARY, 2**64 - 1), TOO_LARGE),
        (encode_header(TEXT, MAX_MESSAGE_BYTES + 1), TOO_LARGE),
        (encode_header(PING, 2**40), TOO_LARGE),
        (encode_frame(PING, b"x" * 126), "a ping that is too long"),
        (encode_frame(PING, b"", fin=False), "a ping in fragments"),
        (encode_frame(CLOSE, b"\x03"), "a close frame of an impossible length"),
        (encode_frame(CLOSE, b"\x03\xe8" + b"x" * 124), "a close frame of an impossible length"),
        (encode_frame(CONTINUATION, b"orphan"), MISPLACED),
        (
            encode_frame(TEXT, b"a", fin=False) + encode_frame(TEXT, b"b"),
            MISPLACED,
        ),
        (encode_frame(0x3, b""), "a frame of the unknown kind 3"),
        (encode_frame(TEXT | 0x40, b"compressed"), COMPRESSED),
    ],
    ids=shown,
)
def test_broken_framing_ends_the_connection_without_waiting_for_more(
    serve: Serve, content: bytes, reason: str
) -> None:
    with serve(sending(content)) as transport:
        assert receive(transport) == Closed(None, f"the connection broke: {reason}")


@pytest.mark.parametrize("size", [0, 1, 1000, 1 << 20])
def test_endless_fragments_end_the_connection(serve: Serve, size: int) -> None:
    def script(peer: Peer) -> None:
        peer.send_frame(TEXT, b"x" * size, fin=False)
        several = encode_frame(CONTINUATION, b"x" * size, fin=False) * max(1, 100_000 // (size + 2))
        while True:
            peer.send_raw(several)

    with serve(script) as transport:
        assert receive(transport) == Closed(None, f"the connection broke: {TOO_LARGE}")


# What goes out


def test_text_goes_out_in_one_masked_frame(serve: Serve) -> None:
    texts: list[str] = []

    def script(peer: Peer) -> None:
        texts.extend(peer.receive_text() for _ in range(3))
        peer.close_frame(1000)

    with serve(script) as transport:
        for text in ("hello", "", LONG):
            transport.send_text(text)
        assert receive(transport) == Closed(1000, "")
    assert texts == ["hello", "", LONG]


def test_reading_goes_on_without_waiting_after_a_send(serve: Serve) -> None:
    with serve(Peer.listen) as transport:
        transport.send_text("hello")
        assert transport.receive() == []


def test_sending_to_a_dead_peer_ends_the_connection(serve: Serve) -> None:
    with serve(Peer.reset) as transport:
        wait_until_broken(transport)
        transport.send_text("hello")
        ended = receive(transport)
    assert isinstance(ended, Closed)
    assert ended.code is None


def test_sending_after_the_end_does_nothing(serve: Serve) -> None:
    with serve(Peer.fin) as transport:
        assert receive(transport) == Closed(None, "")
        transport.send_text("hello")
        assert not transport.has_unsent
        assert transport.receive() == [Closed(None, "")]


# Closing


def test_closing_says_goodbye_and_frees_the_socket(serve: Serve) -> None:
    frames: list[tuple[int, bytes]] = []
    has_left = threading.Event()

    def script(peer: Peer) -> None:
        frames.append(peer.receive())
        peer.close_frame(1000)
        peer.wait_until_left()
        has_left.set()

    with serve(script) as transport:
        transport.close()
        assert has_left.wait(DEADLINE)
        transport.close()
    assert frames == [(CLOSE, b"\x03\xe8")]


def drip(peer: Peer) -> None:
    """Send a large frame in very small pieces."""
    peer.send_raw(encode_header(TEXT, 1 << 20))
    while True:
        peer.send_raw(b"x")
        threading.Event().wait(0.005)


def flood(peer: Peer) -> None:
    """Send one event after the other."""
    while True:
        peer.send_frame(TEXT, b"x" * 1000)


@pytest.mark.parametrize("script", [Peer.freeze, drip, flood, Peer.fin, Peer.reset])
def test_closing_is_quick_whatever_the_peer_does(serve: Serve, script: Script) -> None:
    clock = SystemClock()
    with serve(script) as transport:
        began = clock.now()
        transport.close()
        assert clock.now() - began < 0.5


def test_closing_after_the_peers_goodbye_frees_the_socket(serve: Serve) -> None:
    has_left = threading.Event()

    def script(peer: Peer) -> None:
        peer.close_frame(4200)
        peer.wait_until_left()
        has_left.set()

    with serve(script) as transport:
        assert receive(transport) == Closed(4200, "")
        transport.close()
        assert has_left.wait(DEADLINE)


# Connecting that fails

NOT_PUSHER = "It doesn't seem to be a Pusher server."
CHECK_NETWORK = "Check the network."
IS_IT_TLS = "Check the network. Does the server want TLS (wss://)?"
IN_FRONT = "Something in front of the Pusher server refuses this client."
CLOCK = "Check this machine's clock."
TRUST = "For a private CA set SSL_CERT_FILE to its PEM file."


def failure(
    url: str, *, context: ssl.SSLContext | None = None, timeout: float = DEADLINE
) -> tuple[str, str, bool]:
    """Return message, hint and ``fatal`` of the failing connection to ``url``."""
    with pytest.raises(TransportError) as caught:
        connect(url, context=context, timeout=timeout)
    return caught.value.message, caught.value.hint, caught.value.fatal


def web(status: str, body: str = "", **headers: str) -> Script:
    """Return a script that answers as a web server."""
    return lambda peer: peer.answer_http(status, body, **headers)


def answering(content: bytes) -> Script:
    """Return a script that answers the request with ``content``."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(content)

    return script


def ended(script: Script) -> Script:
    """Return a script that ends the connection after ``script``."""

    def play(peer: Peer) -> None:
        script(peer)
        peer.fin()
        peer.wait_until_left()

    return play


def refusing(status: str) -> tuple[str, str, bool]:
    return f"{{}} answered {status} to the websocket request", NOT_PUSHER, True


def passing(status: str) -> tuple[str, str, bool]:
    return f"{{}} answered {status} to the websocket request", "", False


def strange(cause: str) -> tuple[str, str, bool]:
    return f"{{}} doesn't answer as a websocket server: {cause}", NOT_PUSHER, True


def lost(cause: str) -> tuple[str, str, bool]:
    return f"no connection to {{}}: {cause}", IS_IT_TLS, False


UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
FORBIDDEN = "{} answered HTTP %d to the websocket request"
ANSWERS: dict[str, tuple[Script, tuple[str, str, bool]]] = {
    "200": (web("200 OK", "<html>"), refusing("HTTP 200")),
    "401": (web("401 Unauthorized", "no"), (FORBIDDEN % 401, IN_FRONT, True)),
    "403": (web("403 Forbidden"), (FORBIDDEN % 403, IN_FRONT, True)),
    "404": (web("404 Not Found", "<html>" * 10_000), refusing("HTTP 404")),
    "408": (web("408 Request Timeout"), passing("HTTP 408")),
    "429": (web("429 Too Many Requests"), passing("HTTP 429")),
    "500": (web("500 Oops"), passing("HTTP 500")),
    "503": (web("503 Busy"), passing("HTTP 503")),
    "other protocol": (
        answering(b"SSH-2.0-OpenSSH_9.2\r\n"),
        strange("'SSH-2.0-OpenSSH_9.2'"),
    ),
    "terminal escapes": (
        answering(b"\x1b]0;title\x07\xe2\x80\xae\r\n"),
        strange(r"'\x1b]0;title\x07\xe2\x80\xae'"),
    ),
    "no UTF-8": (answering(b"\xff\xfe\r\n"), strange(r"'\xff\xfe'")),
    "no HTTP and no line": (answering(b"go away"), strange("'go away'")),
    "empty line": (answering(b"\r\n"), strange("''")),
    "no accept key": (
        answering(UPGRADED + b"\r\n"),
        strange("without a websocket's headers"),
    ),
    "wrong accept key": (
        answering(UPGRADED + b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
        strange("without a websocket's headers"),
    ),
    "no header": (
        answering(b"HTTP/1.1 101 Yes\r\nNo header\r\n\r\n"),
        strange("without a websocket's headers"),
    ),
    "end": (answering(b""), lost("the other side ended it without a whole answer")),
    "end in a line": (
        answering(b"HTTP/1.1 101 S"),
        lost("the other side ended it without a whole answer"),
    ),
    "reset": (Peer.reset, lost("Connection reset by peer")),
}


@pytest.mark.parametrize(("script", "explained"), ANSWERS.values(), ids=ANSWERS)
def test_server_that_doesnt_shake_hands_is_explained(
    script: Script, explained: tuple[str, str, bool]
) -> None:
    has_left = threading.Event()

    def play(peer: Peer) -> None:
        script(peer)
        if script is not Peer.reset:
            peer.fin()
            peer.wait_until_left()
        has_left.set()

    with ScriptedServer(play) as server:
        where = f"127.0.0.1:{server.port}"
        message, hint, fatal = explained
        assert failure(server.url) == (message.format(where), hint, fatal)
        assert has_left.wait(DEADLINE)
        assert server.connections == 1


def test_endless_line_of_garbage_is_quoted_in_part() -> None:
    with ScriptedServer(answering(b"x" * 20_000 + b"\n")) as server:
        message, _, _ = failure(server.url)
    assert len(message) < 300


def test_redirects_are_not_followed() -> None:
    with (
        ScriptedServer(Peer.wait_until_left) as elsewhere,
        ScriptedServer(web("301 Moved", Location=elsewhere.url)) as server,
    ):
        failure(server.url)
        assert elsewhere.connections == 0


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_silent_server_is_given_up_after_the_timeout(scheme: str) -> None:
    with ScriptedServer(Peer.wait_until_left) as server:
        where = f"127.0.0.1:{server.port}"
        assert failure(f"{scheme}://{where}", timeout=0.1) == (
            f"no answer from {where} in 0.1 s",
            "",
            False,
        )


def test_refused_port_is_explained() -> None:
    with ScriptedServer(Peer.freeze) as server:
        port = server.port
    assert failure(f"ws://127.0.0.1:{port}") == (
        f"no connection to 127.0.0.1:{port}: Connection refused",
        CHECK_NETWORK,
        False,
    )


def test_unknown_host_is_explained() -> None:
    assert failure("wss://nonexistent.invalid:6001") == (
        "the host nonexistent.invalid can't be found",
        CHECK_NETWORK,
        False,
    )


def test_tls_to_a_plain_port_is_explained() -> None:
    def web_server(peer: Peer) -> None:
        peer.send_raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.wait_until_left()

    with ScriptedServer(web_server) as server:
        where = f"127.0.0.1:{server.port}"
        message, hint, fatal = failure(f"wss://{where}")
    assert message.startswith(f"no TLS with {where}: ")
    assert hint == f"The server speaks without TLS at this port: use ws://{where}"
    assert not fatal


def test_plain_text_to_a_tls_port_is_explained(certificates: Certificates) -> None:
    with ScriptedServer(Peer.freeze, context=server_context(certificates)) as server:
        where = f"127.0.0.1:{server.port}"
        message, hint, fatal = failure(f"ws://{where}")
    assert message.startswith(f"no connection to {where}: ")
    assert (hint, fatal) == (IS_IT_TLS, False)


def test_tls_alert_to_plain_text_names_the_url_to_use() -> None:
    with ScriptedServer(ended(answering(b"\x15\x03\x01\x00\x02\x02\x46"))) as server:
        where = f"127.0.0.1:{server.port}"
        explained = failure(f"ws://{where}")
    assert explained == (f"{where} speaks TLS", f"Use wss://{where}", True)


def test_web_server_that_answers_400_to_plain_text_may_want_tls() -> None:
    with ScriptedServer(web("400 Bad Request", "<html>")) as server:
        where = f"127.0.0.1:{server.port}"
        _, hint, fatal = failure(f"ws://{where}")
    assert (hint, fatal) == (f"Does it want TLS (wss://{where})?", True)


@pytest.mark.parametrize(
    ("location", "advice"),
    [
        ("https://127.0.0.1/app/AppKey", " Use wss://127.0.0.1"),
        ("https://127.0.0.1:443/", " Use wss://127.0.0.1"),
        ("https://127.0.0.1:6002", " Use wss://127.0.0.1:6002"),
        ("wss://127.0.0.1:6002/app/AppKey", " Use wss://127.0.0.1:6002"),
    ],
)
def test_redirect_to_tls_names_the_url_to_use(location: str, advice: str) -> None:
    with ScriptedServer(web("301 Moved Permanently", Location=location)) as server:
        where = f"127.0.0.1:{server.port}"
        assert failure(server.url) == (
            f"{where} answered HTTP 301 to the websocket request",
            f"Redirects aren't followed.{advice}",
            True,
        )


@pytest.mark.parametrize(
    "location",
    ["https://portal.example/login", "/login", "https://127.0.0.1:port/", "http://127.0.0.1/", ""],
)
def test_redirect_elsewhere_names_no_url(location: str) -> None:
    with ScriptedServer(web("302 Found", Location=location)) as server:
        _, hint, fatal = failure(server.url)
    assert (hint, fatal) == ("Redirects aren't followed: use the server's own address.", True)


def test_server_of_an_old_version_of_tls_is_explained() -> None:
    def too_old(peer: Peer) -> None:
        peer.read(1)
        peer.send_raw(b"\x15\x03\x02\x00\x02\x02\x46")  # the alert protocol_version
        peer.wait_until_left()

    with ScriptedServer(too_old) as server:
        where = f"127.0.0.1:{server.port}"
        assert failure(f"wss://{where}") == (
            f"no TLS with {where}: tlsv1 alert protocol version",
            "The server offers only versions of TLS that are no longer safe.",
            False,
        )


@pytest.mark.parametrize(
    ("status", "wish", "seconds"),
    [
        ("429 Too Many Requests", "7", 7.0),
        ("503 Busy", "100000", 300.0),
        ("503 Busy", "Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
        ("503 Busy", "soon", 0.0),
    ],
)
def test_server_may_say_when_to_come_again(status: str, wish: str, seconds: float) -> None:
    script = web(status, Retry_After=wish)
    with ScriptedServer(script) as server, pytest.raises(TransportError) as caught:
        connect(server.url)
    assert caught.value.retry_after == seconds
    assert not caught.value.fatal


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def shows(authority: trustme.CA, name: str, not_after: datetime | None = None) -> ssl.SSLContext:
    """Return a server's context with a certificate by ``authority``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=not_after).configure_cert(context)
    return context


def trusts(authority: trustme.CA) -> ssl.SSLContext:
    """Return a client's context that trusts ``authority`` alone."""
    context = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    authority.configure_trust(context)
    return context


OURS, FOREIGN = trustme.CA(), trustme.CA()


@pytest.mark.parametrize(
    ("context", "message", "hint"),
    [
        (shows(FOREIGN, "localhost"), "unable to get local issuer certificate", TRUST),
        (
            shows(OURS, "chat.example"),
            "Hostname mismatch, certificate is not valid for 'localhost'.",
            TRUST,
        ),
        (shows(OURS, "localhost", LONG_AGO), "certificate has expired", CLOCK),
    ],
    ids=["unknown authority", "other host", "expired"],
)
def test_certificate_that_cant_be_trusted_is_explained(
    context: ssl.SSLContext, message: str, hint: str
) -> None:
    with ScriptedServer(Peer.wait_until_left, context=context) as server:
        assert failure(server.url, context=trusts(OURS)) == (
            f"the certificate of localhost:{server.port} can't be trusted: {message}",
            hint,
            True,
        )


def test_self_signed_certificate_is_explained(certificates: Certificates) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with OURS.private_key_pem.tempfile() as key, OURS.cert_pem.tempfile() as cert:
        own.load_cert_chain(cert, key)
    trusting = ssl.create_default_context(cafile=certificates.ca)
    with ScriptedServer(Peer.wait_until_left, context=own) as server:
        message, _, fatal = failure(server.url, context=trusting)
    assert message.endswith(" can't be trusted: self-signed certificate")
    assert fatal


# Proxies


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_proxies_are_not_for_loopback(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
    with serve(sending(encode_frame(TEXT, b"hello"))) as transport:
        assert receive(transport) == b"hello"


def test_proxy_is_asked_for_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[UpgradeRequest] = []

    def proxy(peer: Peer) -> None:
        asked.append(peer.read_request())
        peer.send_raw(b"HTTP/1.1 200 Connection established\r\n\r\n")
        asked.append(peer.handshake())
        peer.send_text("hello")
        peer.wait_until_left()

    with ScriptedServer(proxy) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:p%40ss@127.0.0.1:{server.port}")
        with closing(connect("ws://chat.example:6001")) as transport:
            assert receive(transport) == b"hello"
    tunnel, handshake = asked
    assert (tunnel.method, tunnel.target) == ("CONNECT", "chat.example:6001")
    assert tunnel.headers["proxy-authorization"] == (
        f"Basic {base64.b64encode(b'me:p@ss').decode()}"
    )
    assert handshake.headers["host"] == "chat.example:6001"
    assert "proxy-authorization" not in handshake.headers


def test_proxy_without_credentials_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[UpgradeRequest] = []
    with ScriptedServer(lambda peer: asked.append(peer.read_request())) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{server.port}")
        failure("wss://chat.example")
    assert [(each.target, each.headers) for each in asked] == [
        ("chat.example:443", {"host": "chat.example:443"})
    ]


def test_proxy_that_refuses_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(web("407 Proxy Authentication Required")) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        assert failure("wss://chat.example") == (
            f"the proxy 127.0.0.1:{server.port} refused the way to chat.example (HTTP 407)",
            "Put user and password into its URL: http://user:password@…",
            False,
        )


def test_host_in_no_proxy_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(Peer.freeze) as server:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv("NO_PROXY", ".invalid")
        failure("ws://nonexistent.invalid")
        assert server.connections == 0


def test_proxy_of_another_kind_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(UsageError, match=r"^the proxy for chat\.example is a socks5 proxy$"):
        connect("wss://chat.example")
