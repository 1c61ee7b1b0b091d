"""The websocket, by websocket-client.

The main thread alone touches the socket. It is read without blocking, so that a burst costs no
waiting calls, and ``Wakeup.wait`` is the only place to sleep. A frame that comes in pieces is kept
by websocket-client until the rest arrives.
"""

import socket
import ssl
import struct
from collections.abc import Callable
from http.cookies import CookieError
from urllib.parse import quote, urlsplit

import websocket
from websocket import ABNF, frame_buffer

from chatapp_tail import __version__
from chatapp_tail.errors import TransportError
from chatapp_tail.network import USER_AGENT, proxy_credentials, proxy_for
from chatapp_tail.pusher.link import Closed, Received, Signal
from chatapp_tail.pusher.protocol import PROTOCOL_VERSION

# The largest event of any known server is about 250 KB; a frame's header can claim 2**63 bytes.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
# How much is read at once, if it is there.
_READ_AHEAD_BYTES = 64 * 1024
# RFC 6455, 5.2: the first byte of a text frame that is a whole message; the second byte of one
# whose length follows in 16 bits; and all that together.
_WHOLE_TEXT = 0x81
_LENGTH_16 = 126
_HEADER = struct.Struct(">BBH")
# What a fragment counts at least: an empty one brings no message nearer, but is read as gladly.
_LEAST_FRAGMENT_BYTES = 4096
# A send that makes no progress for this long means a dead connection, in seconds.
SEND_TIMEOUT = 5.0
# How long to wait for the answer to our close frame, in seconds: a courtesy, nothing depends on it.
CLOSE_TIMEOUT = 0.05
_GOODBYE_READS = 4

_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
# The library keeps a server's cookies, and stumbles over some.
_BROKEN = (websocket.WebSocketException, OSError, ValueError, CookieError)
# 4xx that may pass, as 5xx do; any other answer to the handshake means: no Pusher server here.
_PASSING_STATUSES = (408, 425, 429)


class _FrameBuffer(frame_buffer):
    """Reads ahead, and refuses a frame by its header, before reading what it claims to hold.

    The library asks the socket for each header and each payload, which is three calls a frame.
    """

    def __init__(self, recv: Callable[[int], bytes]) -> None:
        super().__init__(recv, skip_utf8_validation=True)
        self._ahead = bytearray()
        self._at = 0

    def recv_strict(self, bufsize: int) -> bytes:
        """Return ``bufsize`` bytes, or raise what the socket raises and keep what is there."""
        end = self._at + bufsize
        while len(self._ahead) < end:
            self._ahead += self.recv(_READ_AHEAD_BYTES)
        taken = bytes(memoryview(self._ahead)[self._at : end])
        self._at = end
        if end == len(self._ahead) or end >= _READ_AHEAD_BYTES:
            del self._ahead[:end]
            self._at = 0
        return taken

    def take_messages(self) -> list[bytes]:
        """Return the messages at the head of what was read: unmasked text frames that are whole.

        Nearly everything that a server sends is one, and the library takes five times as long.
        """
        messages: list[bytes] = []
        ahead, at = bytes(self._ahead), self._at
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
        del self._ahead[:at]
        self._at = 0
        return messages

    def recv_length(self) -> None:
        super().recv_length()
        if self.length is not None and self.length > MAX_MESSAGE_BYTES:
            raise websocket.WebSocketPayloadException(f"a frame of {self.length} bytes")


class _WebSocket(websocket.WebSocket):
    """Keeps the peer's close frame (answering it may fail) and bounds fragmented messages."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.frame_buffer = self._buffer = _FrameBuffer(self._recv)
        self.closing: bytes | None = None
        self._fragments = 0

    def recv_frame(self) -> ABNF:
        frame: ABNF = super().recv_frame()  # type: ignore[no-untyped-call]
        if frame.opcode == ABNF.OPCODE_CLOSE:
            self.closing = bytes(frame.data)  # type: ignore[arg-type]
        elif not frame.fin or frame.opcode == ABNF.OPCODE_CONT:
            size = max(len(frame.data), _LEAST_FRAGMENT_BYTES)
            self._fragments = 0 if frame.fin else self._fragments + size
            if self._fragments > MAX_MESSAGE_BYTES:
                raise websocket.WebSocketPayloadException("a message of too many fragments")
        return frame

    def take_messages(self) -> list[bytes]:
        """Return the messages that were read already; none of them is amid another's fragments."""
        return [] if self._fragments else self._buffer.take_messages()


class WebSocketTransport:
    """A Transport over an open websocket-client connection."""

    def __init__(self, connection: _WebSocket) -> None:
        self._connection = connection
        self._connection.settimeout(0)

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return int(self._connection.fileno())  # type: ignore[no-untyped-call]

    def receive(self) -> list[Received]:
        """Return messages, ALIVE for each control frame, and Closed for any failure, at the end."""
        try:
            opcode, frame = self._connection.recv_data_frame(control_frame=True)
        except _NOTHING_YET:
            # After a close frame it is our answer that a full socket doesn't take.
            return [] if self._connection.closing is None else [self._closed(None)]
        except _BROKEN as exc:
            return [self._closed(exc)]
        if opcode == ABNF.OPCODE_CLOSE:
            return [self._closed(None)]
        is_message = opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY)
        first = bytes(frame.data) if is_message else Signal.ALIVE
        return [first, *self._connection.take_messages()]

    def send_text(self, text: str) -> None:
        """Send one message, waiting at most SEND_TIMEOUT for the peer to take it."""
        try:
            self._connection.settimeout(SEND_TIMEOUT)
            self._connection.send(text)
            self._connection.settimeout(0)
        except _BROKEN as exc:
            raise TransportError(f"sending failed: {_cause(exc)}") from exc

    def close(self) -> None:
        """Say goodbye, waiting a few times CLOSE_TIMEOUT at most, and free the socket.

        The library's close() would wait for the end of a frame that comes in byte by byte.
        """
        connection = self._connection
        try:
            if connection.connected and connection.sock is not None:
                connection.settimeout(CLOSE_TIMEOUT)
                connection.send_close()
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
            return Closed(None, f"the connection broke: {_cause(exc)}")
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
    """Connect to ``ws[s]://host[:port]`` for ``app_key``; each step may take ``timeout`` seconds.

    Raises ``TransportError``, ``fatal`` when trying again can't help.
    """
    url = (
        f"{socket_url}/app/{quote(app_key, safe='')}"
        f"?protocol={PROTOCOL_VERSION}&client=python-chatapp-tail&version={__version__}"
    )
    connection = _WebSocket(
        sslopt={"context": context},
        skip_utf8_validation=True,
        enable_multithread=False,
    )
    proxy: str | None = None
    try:
        proxy = proxy_for(socket_url)
        connection.connect(  # type: ignore[no-untyped-call]
            url,
            timeout=timeout,
            suppress_origin=True,  # laravel-websockets refuses origins that it doesn't know
            redirect_limit=0,
            header=[f"User-Agent: {USER_AGENT}"],
            **_proxy_options(proxy),
        )
    except _BROKEN as exc:
        raise _proxy_failure(exc, proxy) or _translate(exc, socket_url, timeout) from exc
    return WebSocketTransport(connection)


def _proxy_options(proxy: str | None) -> dict[str, object]:
    if proxy is None:
        # Without a host the library reads the environment by its own rules, no_proxy or not.
        return {"http_proxy_host": "none", "http_no_proxy": ["*"]}
    parts = urlsplit(proxy)
    return {
        "http_proxy_host": parts.hostname,
        "http_proxy_port": parts.port or 80,
        "proxy_type": "http",
        "http_no_proxy": ["none"],
        # The library leaves the colon out where there is no password.
        "http_proxy_auth": (proxy_credentials(proxy), ""),
    }


def _proxy_failure(exc: Exception, proxy: str | None) -> TransportError | None:
    """Return what is wrong with the proxy itself, if anything is; it is all that we look up."""
    if proxy is None:
        return None
    parts = urlsplit(proxy)
    where = f"the proxy {parts.hostname}:{parts.port or 80}"
    match exc:
        case websocket.WebSocketAddressException() | socket.gaierror():
            message = f"the host of {where} can't be found"
        case ConnectionRefusedError():
            message = f"no connection to {where}: {_cause(exc)}"
        case websocket.WebSocketProxyException() if str(exc).startswith("Invalid "):
            # The library quotes what it can't read, and that may quote our password.
            message = f"{where} doesn't answer as an HTTP proxy"
        case _:
            return None
    return TransportError(message, hint="Check the proxy in the environment, or set NO_PROXY.")


def _translate(  # noqa: PLR0911 (a table in the form of a match)
    exc: Exception,
    socket_url: str,
    timeout: float,
) -> TransportError:
    """Turn what connecting can raise into a sentence and a next step."""
    where = urlsplit(socket_url).netloc
    match exc:
        case websocket.WebSocketBadStatusException(status_code=status):
            fatal = not status or (status < 500 and status not in _PASSING_STATUSES)
            hint = "It doesn't seem to be a Pusher server: check --socket-url." if fatal else ""
            said = f"HTTP {status}" if status else "an empty line"  # the library says None then
            return TransportError(
                f"{where} answered {said} to the websocket request", hint=hint, fatal=fatal
            )
        case ssl.SSLCertVerificationError():
            return TransportError(
                f"the certificate of {where} can't be trusted: {exc.verify_message}",
                hint="For a private CA set SSL_CERT_FILE to its PEM file.",
                fatal=True,
            )
        case ssl.SSLError():
            return TransportError(
                f"no TLS with {where}: {exc.reason or exc}",
                hint="If the server speaks plain websockets, use ws:// in --socket-url.",
            )
        case websocket.WebSocketAddressException() | socket.gaierror():
            return TransportError(
                f"the host {urlsplit(socket_url).hostname} can't be found",
                hint="Check the network, and --socket-url.",
            )
        case websocket.WebSocketTimeoutException() | TimeoutError():
            return TransportError(f"no answer from {where} in {timeout:g} s")
        case websocket.WebSocketProxyException():
            return TransportError(f"the proxy refused the way to {where}: {_cause(exc)}")
        case websocket.WebSocketConnectionClosedException() | OSError():
            return TransportError(
                f"no connection to {where}: {_cause(exc)}",
                hint="Check the network, and --socket-url.",
            )
        case _:
            return TransportError(
                f"{where} doesn't answer as a websocket server: {_cause(exc)}",
                hint="Check --socket-url.",
                fatal=True,
            )


def _cause(exc: Exception) -> str:
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    # The library quotes what a server said, and that may be long.
    return str(exc)[:200] or type(exc).__name__
