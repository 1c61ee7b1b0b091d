"""The websocket, by websocket-client over a socket that we open.

Once it is open, the main thread alone touches the socket. It is read and written without blocking,
and ``Wakeup.wait`` is the only place to sleep. A frame that comes in pieces is kept by
websocket-client until the rest arrives; what the peer doesn't take yet is kept here.
"""

import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from http.cookies import CookieError
from urllib.parse import SplitResult, quote, urlsplit

import websocket
from websocket import ABNF, frame_buffer

from chatapp_tail import __version__
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import TransportError
from chatapp_tail.network import USER_AGENT, proxy_credentials, proxy_for
from chatapp_tail.network.dial import dial
from chatapp_tail.network.limited import LimitedSocket, TooLongAnswerError
from chatapp_tail.network.line import Line
from chatapp_tail.network.retry import retry_after
from chatapp_tail.network.tunnel import ProxyError, open_tunnel
from chatapp_tail.pusher.link import Closed, Received, Signal
from chatapp_tail.pusher.protocol import PROTOCOL_VERSION

# The largest event of any known server is about 250 KB; a frame's header can claim 2**63 bytes.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
_TOO_LARGE = "a message of more than 8 MiB, the limit of this program"
# The library's words for what a server does wrong, and ours; its others are passed on.
_WORDS = {
    "rsv is not implemented, yet": "the server compresses its messages, which nobody asked it to",
    "Invalid opcode": "a frame of an unknown kind",
    "Invalid close opcode.": "a close frame with a code that none may have",
    "Invalid close frame.": "a close frame that is too short",
    "Ping message is too long": "a ping that is too long",
    "Invalid WebSocket Header": "the headers of its answer are not those of a websocket server",
}
# How much is read at once, if it is there.
_READ_AHEAD_BYTES = 64 * 1024
# RFC 6455, 5.2: the first byte of a text frame that is a whole message; the second byte of one
# whose length follows in 16 bits; and all that together.
_WHOLE_TEXT = 0x81
_LENGTH_16 = 126
_HEADER = struct.Struct(">BBH")
# What a fragment counts at least: an empty one brings no message nearer, but is read as gladly.
_LEAST_FRAGMENT_BYTES = 4096
# What may wait for the peer to take it, in bytes; more means that it doesn't read.
_MOST_UNSENT_BYTES = 64 * 1024
# How long to wait for the answer to our close frame, in seconds: a courtesy, nothing depends on it.
CLOSE_TIMEOUT = 0.05
_GOODBYE_READS = 4

_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
# CookieError: the library keeps a server's cookies, and some can't be parsed.
_BROKEN = (websocket.WebSocketException, OSError, ValueError, CookieError)
# 4xx that may pass, as 5xx do; any other answer to the handshake means: no Pusher server here.
_PASSING_STATUSES = (408, 425, 429)
# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL.
_CLOCK_PROBLEMS = (9, 10)
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
_TLS_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")
# How a TLS server answers a request without TLS: the header of an alert record.
_TLS_ALERT = "\\x15\\x03"
_IS_IT_PUSHER = "It doesn't seem to be a Pusher server."
_CHECK_NETWORK = "Check the network."
_IS_IT_TLS = " Does the server want TLS (wss://)?"


class _FrameBuffer(frame_buffer):
    """Reads ahead, and refuses a frame by its header, before reading what it claims to hold.

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
            raise websocket.WebSocketPayloadException(_TOO_LARGE)


class _WebSocket(websocket.WebSocket):
    """Keeps the peer's close frame, bounds fragmented messages, and never waits to send.

    ``unsent`` is what the peer hasn't taken yet. After a failure nothing more is sent; what has
    arrived can still be read, and the end of that says why the connection broke.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.frame_buffer = self._buffer = _FrameBuffer(self._recv)
        self.closing: bytes | None = None
        self._fragments = 0
        self.unsent = bytearray()
        self.send_error: Exception | None = None

    @property
    def reads(self) -> int:
        """How many times something was read from the socket."""
        return self._buffer.reads

    def send_frame(self, frame: ABNF) -> int:
        """Queue ``frame`` and send what the peer takes now; return the length of the frame."""
        data = frame.format()
        if len(self.unsent) + len(data) <= _MOST_UNSENT_BYTES:
            self.unsent += data
        elif self.send_error is None:
            self.send_error = websocket.WebSocketException("the server doesn't read")
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what the peer takes now."""
        try:
            while self.unsent and self.send_error is None and self.sock is not None:
                del self.unsent[: self.sock.send(self.unsent)]
        except _NOTHING_YET:
            pass
        except _BROKEN as exc:
            self.send_error = exc

    def pong(self, payload: str | bytes = "") -> None:
        """Answer a ping, unless an answer to an earlier one still waits: the latest counts."""
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

    def take_messages(self) -> list[bytes]:
        """Return the messages that were read already; none of them is amid another's fragments."""
        return [] if self._fragments else self._buffer.take_messages()


class WebSocketTransport:
    """A Transport over an open websocket-client connection."""

    def __init__(self, connection: _WebSocket) -> None:
        self._connection = connection
        self._connection.settimeout(0)
        self._reads = connection.reads

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return int(self._connection.fileno())  # type: ignore[no-untyped-call]

    @property
    def has_unsent(self) -> bool:
        """Whether something waits for the peer to take it."""
        return bool(self._connection.unsent) and self._connection.send_error is None

    def receive(self) -> list[Received]:
        """Return messages, ALIVE for each control frame, PIECE, and Closed for the end."""
        connection = self._connection
        if connection.unsent:
            connection.flush()
        try:
            opcode, frame = connection.recv_data_frame(control_frame=True)
        except _NOTHING_YET:
            return self._received_nothing()
        except _BROKEN as exc:
            return [self._closed(exc)]
        if opcode == ABNF.OPCODE_CLOSE:
            return [self._closed(None)]
        self._reads = connection.reads
        is_message = opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY)
        first = bytes(frame.data) if is_message else Signal.ALIVE
        return [first, *connection.take_messages()]

    def send_text(self, text: str) -> None:
        """Send one message, or as much of it as the peer takes now; the rest follows."""
        self._connection.send(text)

    def _received_nothing(self) -> list[Received]:
        """Return PIECE if a part of a message came, Closed if nothing can be sent any more."""
        connection = self._connection
        if connection.reads != self._reads:
            self._reads = connection.reads
            return [Signal.PIECE]
        return [self._closed(connection.send_error)] if connection.send_error else []

    def close(self) -> None:
        """Say goodbye, waiting a few times CLOSE_TIMEOUT at most, and free the socket.

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
    line: Line | None = None,
) -> WebSocketTransport:
    """Connect to ``ws[s]://host[:port]`` for ``app_key``.

    Name and TCP, the proxy, TLS, and the upgrade may take ``timeout`` seconds each. Another thread
    can cut ``line``. Raises ``TransportError``, ``fatal`` when trying again can't help, and
    ``UsageError`` for a proxy that can't be used.
    """
    opening = _Opening(socket_url, timeout, context, line or Line())
    try:
        return WebSocketTransport(opening.upgraded(opening.connected(), app_key))
    except _BROKEN as exc:
        raise opening.failure(exc) from exc


class _Opening:
    """The steps to an open websocket. What fails raises, and ``failure`` says it in words."""

    def __init__(
        self, socket_url: str, timeout: float, context: ssl.SSLContext, line: Line
    ) -> None:
        parts = urlsplit(socket_url)
        self._url = socket_url
        self._where = parts.netloc
        self._host = parts.hostname or ""
        self._is_tls = parts.scheme == "wss"
        self._port = parts.port or (443 if self._is_tls else 80)
        self._timeout = timeout
        self._context = context
        self._line = line
        self._proxy = proxy_for(socket_url)
        self._is_at_proxy = self._proxy is not None

    def connected(self) -> socket.socket:
        """Return a connection to the server, through the proxy and inside TLS where asked for."""
        proxy = urlsplit(self._proxy or "")
        host, port = (proxy.hostname or "", proxy.port or 80) if self._proxy else self._server
        connected = dial(host, port, timeout=self._timeout).socket
        try:
            self._line.hold(connected)
            if self._proxy is not None:
                credentials = proxy_credentials(self._proxy)
                open_tunnel(
                    connected, *self._server, credentials=credentials, timeout=self._timeout
                )
                self._is_at_proxy = False
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if not self._is_tls:
                return connected
            connected.settimeout(self._timeout)  # of the whole handshake
            secure = self._context.wrap_socket(connected, server_hostname=self._host)
            self._line.hold(secure)
        except BaseException:
            connected.close()
            raise
        return secure

    def upgraded(self, connected: socket.socket, app_key: str) -> _WebSocket:
        """Return a websocket over ``connected``, which is closed if there is none."""
        connection = _WebSocket(
            sslopt={"context": self._context},
            skip_utf8_validation=True,
            enable_multithread=False,
        )
        try:
            connection.connect(  # type: ignore[no-untyped-call]
                f"{self._url}/app/{quote(app_key, safe='')}"
                f"?protocol={PROTOCOL_VERSION}&client=python-chatapp-tail&version={__version__}",
                socket=LimitedSocket(connected, seconds=self._timeout),
                suppress_origin=True,  # laravel-websockets refuses origins that it doesn't know
                redirect_limit=0,
                header=[f"User-Agent: {USER_AGENT}"],
            )
        except BaseException:
            connected.close()
            raise
        connection.sock = connected
        return connection

    def failure(self, exc: Exception) -> TransportError:
        """Return what went wrong in words, and the next step."""
        if self._is_at_proxy:
            return self._proxy_failure(exc)
        return self._refusal(exc) or self._tls_failure(exc) or self._broken(exc)

    @property
    def _server(self) -> tuple[str, int]:
        return self._host, self._port

    def _proxy_failure(self, exc: Exception) -> TransportError:
        proxy = urlsplit(self._proxy or "")
        where = f"the proxy {proxy.hostname}:{proxy.port or 80}"
        match exc:
            case ProxyError(status=int(status)):
                message = f"{where} refused the way to {self._where} (HTTP {status})"
                if status == 407:
                    return TransportError(
                        message, hint="Put user and password into its URL: http://user:password@…"
                    )
                return TransportError(message)
            case ProxyError() | TooLongAnswerError():
                message = f"{where} doesn't answer as an HTTP proxy"
            case socket.gaierror() | UnicodeError():
                message = f"the host of {where} can't be found"
            case TimeoutError():
                message = f"no answer from {where} in {self._timeout:g} s"
            case _:
                message = f"no connection to {where}: {_cause(exc)}"
        return TransportError(message, hint="Check the proxy in the environment, or set NO_PROXY.")

    def _refusal(self, exc: Exception) -> TransportError | None:
        """Return what an HTTP answer other than 101 means; None if there was none."""
        if isinstance(exc, TooLongAnswerError):
            return TransportError(
                f"{self._where} answered the websocket request with more than 64 KiB of headers",
                hint=_IS_IT_PUSHER,
            )
        if not isinstance(exc, websocket.WebSocketBadStatusException):
            return None
        status = exc.status_code
        headers = exc.resp_headers or {}
        said = f"HTTP {status}" if status else "an empty line"  # the library says None then
        message = f"{self._where} answered {said} to the websocket request"
        if not status:
            return TransportError(message, hint=_IS_IT_PUSHER, fatal=True)
        if 300 <= status < 400:
            return TransportError(
                message, hint=self._redirected(headers.get("location")), fatal=True
            )
        if status in (401, 403):
            hint = "Something in front of the Pusher server refuses this client."
            return TransportError(message, hint=hint, fatal=True)
        is_passing = status >= 500 or status in _PASSING_STATUSES
        return TransportError(
            message,
            hint="" if is_passing else _IS_IT_PUSHER,
            fatal=not is_passing,
            retry_after=_wish(headers),
        )

    def _redirected(self, location: object) -> str:
        """Return the URL to use in place of this one, if it is only TLS that is missing."""
        target = urlsplit(location) if isinstance(location, str) else urlsplit("")
        if target.scheme in ("https", "wss") and target.hostname == self._host:
            return f"Redirects aren't followed. Use wss://{self._without_default_port(target)}"
        return "Redirects aren't followed: use the server's own address."

    def _without_default_port(self, target: SplitResult) -> str:
        port = target.port or 443
        return self._host if port == 443 else f"{self._host}:{port}"

    def _tls_failure(self, exc: Exception) -> TransportError | None:
        match exc:
            case ssl.SSLCertVerificationError(verify_code=code):
                return TransportError(
                    f"the certificate of {self._where} can't be trusted: {exc.verify_message}",
                    hint="Check this machine's clock."
                    if code in _CLOCK_PROBLEMS
                    else "For a private CA set SSL_CERT_FILE to its PEM file.",
                    fatal=True,
                )
            case ssl.SSLError(
                reason="WRONG_VERSION_NUMBER" | "HTTP_REQUEST" | "RECORD_LAYER_FAILURE"
            ):
                hint = f"The server speaks without TLS at this port: use ws://{self._where}"
            case ssl.SSLError(reason=str(reason)) if reason in _TLS_TOO_OLD:
                hint = "The server offers only versions of TLS that are no longer safe."
            case ssl.SSLError():
                hint = ""
            case _:
                return None
        words = (exc.reason or str(exc)).replace("_", " ").lower()
        return TransportError(f"no TLS with {self._where}: {words}", hint=hint)

    def _may_want_tls(self, exc: Exception) -> bool:
        """Return whether the server hung up on a request without TLS."""
        hung_up = (websocket.WebSocketConnectionClosedException, ConnectionResetError)
        return not self._is_tls and isinstance(exc, hung_up)

    def _broken(self, exc: Exception) -> TransportError:
        match exc:
            case socket.gaierror() | UnicodeError():
                return TransportError(f"the host {self._host} can't be found", hint=_CHECK_NETWORK)
            case websocket.WebSocketTimeoutException() | TimeoutError():
                return TransportError(f"no answer from {self._where} in {self._timeout:g} s")
            case websocket.WebSocketConnectionClosedException() | OSError():
                return TransportError(
                    f"no connection to {self._where}: {_cause(exc)}",
                    hint=f"{_CHECK_NETWORK}{_IS_IT_TLS if self._may_want_tls(exc) else ''}",
                )
            case _ if not self._is_tls and _TLS_ALERT in str(exc):
                return TransportError(
                    f"{self._where} speaks TLS", hint=f"Use wss://{self._where}", fatal=True
                )
            case _:
                return TransportError(
                    f"{self._where} doesn't answer as a websocket server: {_cause(exc)}",
                    hint=_IS_IT_PUSHER,
                    fatal=True,
                )


def _wish(headers: Mapping[str, str]) -> float:
    """Return for how many seconds the server wants to be left alone."""
    return retry_after(headers.get("retry-after"), SystemClock().utcnow()) or 0.0


def _cause(exc: Exception) -> str:
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    # The library quotes what a server said, and that may be long.
    words = str(exc)[:200]
    return _WORDS.get(words, words) or type(exc).__name__
