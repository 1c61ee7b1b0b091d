"""The frames of an open websocket, by websocket-client.

The main thread alone touches the socket. It is read and written without blocking, and
``Wakeup.wait`` is the only place to sleep. A frame that comes in pieces is kept by
websocket-client until the rest arrives; what the peer doesn't take yet is kept here.
"""

import socket
import ssl
import struct
from collections.abc import Callable

import websocket
from websocket import ABNF, frame_buffer

from chatapp_tail.pusher.interfaces import Closed, Received, Signal
from chatapp_tail.pusher.opening import Opening, cause

# The largest event of any known server is about 250 KB; a frame's header can claim 2**63 bytes.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
_TOO_LARGE = "a message of more than 8 MiB, the limit of this program"
# How the library's messages about a server's errors begin, and our words for them.
_WORDS = {
    "rsv is not implemented, yet": "the server compresses messages, which this client didn't offer",
    "Invalid opcode": "a frame of the unknown kind",
    "Invalid close opcode": "a close frame with the invalid code",
    "Invalid close frame.": "a close frame of an impossible length",
    "Invalid ping frame.": "a ping in fragments",
    "Ping message is too long": "a ping that is too long",
    "Illegal frame": "a fragment without a message, or a message between the fragments of another",
}
# How much one read takes, in bytes.
_READ_AHEAD_BYTES = 64 * 1024
# RFC 6455, 5.2: the first byte of a text frame that is a whole message; the second byte of one
# whose length follows in 16 bits; and all that together.
_WHOLE_TEXT = 0x81
_LENGTH_16 = 126
_HEADER = struct.Struct(">BBH")
# Each fragment counts as at least this, in bytes, so endless empty fragments hit the limit.
_LEAST_FRAGMENT_BYTES = 4096
# More than this waiting for the peer to take it, in bytes, means that it doesn't read.
_MOST_UNSENT_BYTES = 64 * 1024
# How long to wait for the answer to our close frame, in seconds. Nothing depends on the answer.
CLOSE_TIMEOUT = 0.05
_GOODBYE_READS = 4

_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_BROKEN = (websocket.WebSocketException, OSError, ValueError)


class _FrameBuffer(frame_buffer):
    """Reads ahead, and refuses a frame that is too long when it has read its header.

    The library asks the socket for each header and each payload, which is three calls a frame.
    """

    def __init__(self, recv: Callable[[int], bytes]) -> None:
        super().__init__(recv, skip_utf8_validation=True)
        self._ahead = bytearray()
        self._at = 0
        self.reads = 0

    def recv_strict(self, bufsize: int) -> bytes:
        """Return ``bufsize`` bytes, or raise what the socket raises and keep what is there."""
        end = self._at + bufsize
        while len(self._ahead) < end:
            self._ahead += self.recv(_READ_AHEAD_BYTES)
            self.reads += 1
        taken = bytes(memoryview(self._ahead)[self._at : end])
        self._at = end
        if end == len(self._ahead) or end >= _READ_AHEAD_BYTES:
            del self._ahead[:end]
            self._at = 0
        return taken

    def read_messages(self) -> list[bytes]:
        """Read once, and return the messages that are whole now. Raises what the socket raises.

        Returns none if the library has to take what is left.
        """
        if not self.needs_header():  # the library has begun a frame
            return []
        left = bytes(memoryview(self._ahead)[self._at :])
        if not _is_part_of_a_text(left):
            return []
        read = self.recv(_READ_AHEAD_BYTES)
        self.reads += 1
        return self._split(left + read if left else read)

    def take_messages(self) -> list[bytes]:
        """Return the messages at the head of what was read: unmasked text frames that are whole.

        Nearly everything that a server sends is one, and the library takes five times as long.
        """
        return self._split(bytes(memoryview(self._ahead)[self._at :]))

    def _split(self, ahead: bytes) -> list[bytes]:
        """Return the messages at the head of ``ahead``, and keep the rest."""
        messages: list[bytes] = []
        at = 0
        while at + _HEADER.size <= len(ahead):
            first, size, long_size = _HEADER.unpack_from(ahead, at)
            start = at + 2
            if size == _LENGTH_16:
                start, size = at + 4, long_size
            elif size > _LENGTH_16:  # longer, or masked
                break
            if first != _WHOLE_TEXT or start + size > len(ahead):
                break
            at = start + size
            messages.append(ahead[start:at])
        self._ahead[:] = ahead[at:]
        self._at = 0
        return messages

    def recv_length(self) -> None:
        super().recv_length()
        if self.length is not None and self.length > MAX_MESSAGE_BYTES:
            raise websocket.WebSocketPayloadException(_TOO_LARGE)


class _WebSocket(websocket.WebSocket):
    """Keeps the peer's close frame, bounds fragmented messages, and never waits to send.

    ``unsent`` is what the peer hasn't taken yet. After a failure nothing more is sent; what has
    arrived can still be read, and its end says why the connection broke.
    """

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(skip_utf8_validation=True, enable_multithread=False)
        connected.settimeout(0)
        self.sock, self.connected = connected, True
        self.frame_buffer = self.buffer = _FrameBuffer(self._recv)
        self.closing: bytes | None = None
        self._fragments = 0
        self.unsent = bytearray()
        self.send_error: Exception | None = None

    def send_frame(self, frame: ABNF) -> int:
        """Queue ``frame`` and send what the peer takes now; return the length of the frame."""
        data = frame.format()
        if len(self.unsent) <= _MOST_UNSENT_BYTES:
            self.unsent += data
        elif self.can_send:
            self.send_error = websocket.WebSocketException("the server doesn't read")
        self.flush()
        return len(data)

    @property
    def can_send(self) -> bool:
        """Whether the connection is open and nothing has failed."""
        return self.sock is not None and self.send_error is None

    def flush(self) -> None:
        """Send what the peer takes now."""
        try:
            while self.unsent and self.sock is not None and self.send_error is None:
                del self.unsent[: self.sock.send(self.unsent)]
        except _NOTHING_YET:
            pass
        except _BROKEN as exc:
            self.send_error = exc

    def pong(self, payload: str | bytes = "") -> None:
        """Answer a ping, unless what was sent before still waits: then it isn't answered."""
        if not self.unsent:
            super().pong(payload)

    def recv_frame(self) -> ABNF:
        frame: ABNF = super().recv_frame()  # type: ignore[no-untyped-call]
        if frame.opcode == ABNF.OPCODE_CLOSE:
            self.closing = bytes(frame.data)  # type: ignore[arg-type]
        elif not frame.fin or frame.opcode == ABNF.OPCODE_CONT:
            size = max(len(frame.data), _LEAST_FRAGMENT_BYTES)
            self._fragments = 0 if frame.fin else self._fragments + size
            if self._fragments > MAX_MESSAGE_BYTES:
                raise websocket.WebSocketPayloadException(_TOO_LARGE)
        return frame

    def read_messages(self) -> list[bytes]:
        """Return whole messages, read if none was left; none while a fragmented one is open."""
        return [] if self._fragments else self.buffer.read_messages()

    def take_messages(self) -> list[bytes]:
        """Return whole messages that were read already; none while a fragmented message is open."""
        return [] if self._fragments else self.buffer.take_messages()


class WebSocketTransport:
    """A Transport over the connected socket of an open websocket."""

    def __init__(self, connected: socket.socket) -> None:
        self._connection = _WebSocket(connected)
        self._reads = 0

    def fileno(self) -> int:
        """Return the socket's descriptor; -1 once it is closed."""
        connected = self._connection.sock
        return -1 if connected is None else connected.fileno()

    @property
    def has_unsent(self) -> bool:
        """Whether something waits for the peer to take it."""
        return self._connection.can_send and bool(self._connection.unsent)

    def receive(self) -> list[Received]:
        """Return messages, ALIVE for each control frame, PIECE, and Closed for the end."""
        connection = self._connection
        if connection.unsent:
            connection.flush()
        try:
            if messages := connection.read_messages():
                self._reads = connection.buffer.reads
                return [*messages]
            opcode, frame = connection.recv_data_frame(control_frame=True)
        except _NOTHING_YET:
            return self._received_nothing()
        except _BROKEN as exc:
            return [self._closed(exc)]
        if opcode == ABNF.OPCODE_CLOSE:
            return [self._closed(None)]
        self._reads = connection.buffer.reads
        is_message = opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY)
        first = bytes(frame.data) if is_message else Signal.ALIVE
        return [first, *connection.take_messages()]

    def send_text(self, text: str) -> None:
        """Send one message, or as much of it as the peer takes now; the rest follows."""
        self._connection.send(text)

    def _received_nothing(self) -> list[Received]:
        """Return PIECE if a part of a message came, Closed if nothing can be sent any more."""
        connection = self._connection
        if connection.buffer.reads != self._reads:
            self._reads = connection.buffer.reads
            return [Signal.PIECE]
        return [self._closed(connection.send_error)] if connection.send_error else []

    def close(self) -> None:
        """Send a close frame, wait a few times CLOSE_TIMEOUT at most, and free the socket.

        The library's close() would wait for the end of a frame that comes in byte by byte.
        """
        connection = self._connection
        try:
            if connection.connected and connection.sock is not None:
                connection.send_close()
                connection.settimeout(CLOSE_TIMEOUT)
                # Closing a socket with unread bytes resets it, and our goodbye may get lost.
                for _ in range(_GOODBYE_READS):
                    if not connection.sock.recv(1 << 16):
                        break
        except _BROKEN:
            pass
        finally:
            connection.shutdown()  # type: ignore[no-untyped-call]

    def _closed(self, exc: Exception | None) -> Closed:
        closing = self._connection.closing
        if closing is None:
            if exc is None or isinstance(exc, websocket.WebSocketConnectionClosedException):
                return Closed(None, "")
            return Closed(None, f"the connection broke: {_in_our_words(exc)}")
        if len(closing) < 2:
            return Closed(1005, "")
        return Closed(int.from_bytes(closing[:2]), closing[2:].decode(errors="replace"))


def open_websocket(
    socket_url: str,
    app_key: str,
    *,
    timeout: float,
    context: ssl.SSLContext,
) -> WebSocketTransport:
    """Connect to ``ws[s]://host[:port]`` for ``app_key``.

    Name and TCP, the proxy, TLS, and the upgrade may take ``timeout`` seconds each. Raises
    ``TransportError``, ``fatal`` when trying again can't help, and ``UsageError`` for a proxy that
    can't be used.
    """
    opening = Opening(socket_url, timeout, context)
    try:
        return WebSocketTransport(opening.upgraded(app_key))
    except (OSError, ValueError) as exc:  # ValueError: an invalid host name
        raise opening.failure(exc) from exc


def _is_part_of_a_text(left: bytes) -> bool:
    """Return whether ``left`` is less than a text frame of up to 64 KiB.

    A longer one is left to the library: here it would be copied with each read.
    """
    if len(left) < 2:
        return True
    first, size = left[0], left[1]
    if first != _WHOLE_TEXT or size > _LENGTH_16:
        return False
    if size == _LENGTH_16:
        return len(left) < _HEADER.size or len(left) < _HEADER.size + _HEADER.unpack_from(left)[2]
    return len(left) < 2 + size


def _in_our_words(exc: Exception) -> str:
    words = cause(exc)
    for theirs, ours in _WORDS.items():
        if words.startswith(theirs):
            return f"{ours}{words.removeprefix(theirs)}"
    return words
