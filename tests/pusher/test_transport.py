import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.clock import SystemClock
from chatapp_tail.pusher.interfaces import Closed, Received
from chatapp_tail.pusher.transport import (
    MAX_MESSAGE_BYTES,
    WebSocketTransport,
)
from tests.chatapp.given import shown
from tests.pusher.websockets import (
    ALIVE,
    DEADLINE,
    PIECE,
    connect,
    receive,
    receive_all,
    receive_next,
    receive_some,
    wait_for,
)
from tests.support.credentials import Certificates
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
    encode_frame,
    encode_header,
    server_context,
)

Serve = Callable[[Script], AbstractContextManager[WebSocketTransport]]

GOODBYE = encode_frame(CLOSE, b"\x03\xe8")


def wait_until_broken(transport: WebSocketTransport) -> None:
    """Wait for the peer's RST, without reading."""
    poll = select.poll()
    poll.register(transport, 0)
    assert poll.poll(DEADLINE * 1000), "the connection is still whole"


def fill(transport: WebSocketTransport) -> None:
    """Send until a part of a frame waits."""
    while not transport.has_unsent:
        transport.send_text("x" * 10_000)


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


LONG = "Ёлка🎄" * 20_000


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (encode_frame(TEXT, LONG.encode()), [LONG.encode()]),
        (
            b"".join(encode_frame(TEXT, b"%d" % number) for number in range(20_000)),
            [b"%d" % number for number in range(20_000)],
        ),
        (
            encode_frame(TEXT, b"a", fin=False)
            + encode_frame(PING, b"are you there?")
            + encode_frame(CONTINUATION, b"b"),
            [ALIVE, b"ab"],
        ),
    ],
    ids=shown,
)
def test_messages_are_texts_and_control_frames_are_signs_of_life(
    serve: Serve, content: bytes, received: list[Received]
) -> None:
    with serve(sending(content + GOODBYE)) as transport:
        assert receive_all(transport) == [*received, Closed(1000, "")]


def test_nothing_is_received_when_nothing_came(serve: Serve) -> None:
    with serve(Peer.listen) as transport:
        assert transport.receive() == []
        assert transport.receive() == []


def test_each_part_of_a_message_is_a_sign_of_life(serve: Serve) -> None:
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

MISPLACED = "a fragment without a message, or a message between the fragments of another"
COMPRESSED = "the server compresses messages, which this client didn't offer"
TOO_LARGE = "a message of more than 8 MiB, the limit of this program"


def masked(text: bytes) -> bytes:
    """Return a text frame as clients send it, and a server may."""
    key = b"\x01\x02\x03\x04"
    content = bytes(byte ^ key[at % 4] for at, byte in enumerate(text))
    return bytes([0x81, 0x80 | len(text)]) + key + content


# Frames, and what is received of them. Only the first few are read without websocket-client.
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
    "ping between fragments": (
        encode_frame(TEXT, b"\x81\x01", fin=False)
        + encode_frame(PING, b"\x81\x02")
        + encode_frame(CONTINUATION, b"\x81\x03"),
        [ALIVE, b"\x81\x01\x81\x03"],
    ),
}


@contextmanager
def open_pair() -> Iterator[tuple[socket.socket, WebSocketTransport]]:
    """Yield the server's end of an open connection, and a transport on the other."""
    ours, server = socket.socketpair()
    # The server leaves first, or our close frame would wait for its answer.
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


MANY = [b"%d %b" % (number, b"x" * (number % 300)) for number in range(300)]
TWO = encode_frame(TEXT, b"a") * 2


@pytest.mark.parametrize(
    ("stream", "received"),
    [
        (b"".join(encode_frame(TEXT, text) for text in MANY), [MANY, []]),
        (
            encode_frame(TEXT, b"a", fin=False) + encode_frame(PING, b"") + TWO,
            [[ALIVE], [Closed(None, f"the connection broke: {MISPLACED}")]],
        ),
        (TWO + GOODBYE + TWO, [[b"a", b"a"], [Closed(1000, "")]]),
        (
            TWO + encode_frame(TEXT | 0x40, b"compressed") + TWO,
            [[b"a", b"a"], [Closed(None, f"the connection broke: {COMPRESSED}")]],
        ),
    ],
    ids=["messages", "message between fragments", "close frame", "broken framing"],
)
def test_whole_messages_of_one_read_come_together_and_what_follows_them_next(
    stream: bytes, received: list[list[Received]]
) -> None:
    with open_pair() as (server, transport):
        server.sendall(stream)
        assert [transport.receive() for _ in received] == received


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


# How it ends


@pytest.mark.parametrize(
    ("payload", "closed"),
    [
        (b"", Closed(1005, "")),
        (b"\x03\xe8", Closed(1000, "")),
        (b"\x03\xe9Going away", Closed(1001, "Going away")),
        (b"\x0f\xa1App key x not in this cluster", Closed(4001, "App key x not in this cluster")),
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


def test_close_code_is_kept_when_the_connection_is_broken(serve: Serve) -> None:
    def script(peer: Peer) -> None:
        peer.close_frame(4200, "restart")
        peer.reset()

    with serve(script) as transport:
        wait_until_broken(transport)
        assert receive(transport) == Closed(4200, "restart")


def test_close_code_is_kept_when_the_peer_takes_no_answer() -> None:
    def script(peer: Peer) -> None:
        peer.handshake()
        peer.close_frame(4200, "restart")
        peer.freeze()

    with ScriptedServer(script) as server, closing(connect(server.url)) as transport:
        wait_for(transport)
        fill(transport)
        assert receive(transport) == Closed(4200, "restart")


@pytest.mark.parametrize("code", [0, 999, 1005, 5000])
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


@pytest.mark.parametrize("size", [0, 1000, 1 << 20])
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


def test_sending_after_the_end_does_nothing(serve: Serve) -> None:
    with serve(Peer.fin) as transport:
        assert receive(transport) == Closed(None, "")
        transport.send_text("hello")
        assert not transport.has_unsent
        assert transport.receive() == [Closed(None, "")]


def test_what_arrived_before_the_connection_broke_is_received_first(serve: Serve) -> None:
    texts = [b"%d" % number for number in range(1, 21)]
    first, *rest = (encode_frame(TEXT, text) for text in texts)

    def script(peer: Peer) -> None:
        close = encode_frame(CLOSE, (4001).to_bytes(2) + b"bye")
        peer.send_raw(b"".join([first, encode_frame(PING, b""), *rest, close]))
        peer.reset()

    with serve(script) as transport:
        wait_until_broken(transport)
        transport.send_text("never arrives")
        assert receive_all(transport) == [b"1", ALIVE, *texts[1:], Closed(4001, "bye")]


def test_every_frame_over_a_full_connection_is_whole_or_absent(serve: Serve) -> None:
    is_full = threading.Event()
    frames: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        peer.send_raw(
            encode_frame(PING, b"1") + encode_frame(TEXT, b"hi") + encode_frame(PING, b"")
        )
        is_full.wait(DEADLINE)
        while (frame := peer.receive()) != (TEXT, b"last"):
            frames.append(frame)
        peer.send_frame(PING, b"2")
        frames.append(peer.receive())
        peer.close_frame(1000)

    with serve(script) as transport:
        wait_for(transport)
        fill(transport)
        assert receive_some(transport) == [ALIVE, b"hi"]
        assert receive_some(transport) == [ALIVE]
        transport.send_text("last")
        is_full.set()
        assert receive_all(transport) == [ALIVE, Closed(1000, "")]
    *earlier, last = frames
    assert last == (PONG, b"2")
    assert set(earlier) <= {(TEXT, b"x" * 10_000), (PONG, b"1"), (PONG, b"")}


def test_closing_a_full_connection_adds_nothing_to_a_part_of_a_frame(serve: Serve) -> None:
    is_closed = threading.Event()
    frames: set[tuple[int, bytes]] = set()

    def script(peer: Peer) -> None:
        is_closed.wait(DEADLINE)
        while True:
            frames.add(peer.receive())

    with serve(script) as transport:
        fill(transport)
        transport.close()
        is_closed.set()
    assert frames <= {(TEXT, b"x" * 10_000), (CLOSE, b"\x03\xe8")}


def test_peer_that_reads_nothing_is_left_after_what_it_sent(serve: Serve) -> None:
    def script(peer: Peer) -> None:
        peer.send_text("hello")
        peer.freeze()

    with serve(script) as transport:
        wait_for(transport)
        for _ in range(2_000):
            transport.send_text("x" * 10_000)
        assert not transport.has_unsent
        assert receive_all(transport) == [
            b"hello",
            Closed(None, "the connection broke: the server doesn't read"),
        ]


# Closing


def test_closing_sends_a_close_frame_and_frees_the_socket(serve: Serve) -> None:
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
