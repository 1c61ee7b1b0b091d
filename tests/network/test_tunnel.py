import socket
from collections.abc import Iterator

import pytest

from chatapp_tail.network.head import NoHttpError, ProxyRefusedError, open_tunnel
from tests.chatapp.given import shown

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Return both ends of a connection: ours, and the proxy's."""
    ours, proxy = socket.socketpair()
    with ours, proxy:
        proxy.settimeout(5.0)
        yield ours, proxy


def opened(pair: Pair, answer: bytes, *, host: str = "a.example", credentials: str = "") -> bytes:
    """Open a tunnel at a proxy that gives ``answer``; return what it was asked."""
    ours, proxy = pair
    proxy.sendall(answer)
    open_tunnel(ours, host, 6001, credentials=credentials, timeout=5.0)
    return proxy.recv(1000)


@pytest.mark.parametrize(
    ("host", "target"), [("a.example", "a.example:6001"), ("::1", "[::1]:6001")], ids=shown
)
def test_tunnel_is_for_a_host_and_a_port(pair: Pair, host: str, target: str) -> None:
    asked = opened(pair, b"HTTP/1.1 200 OK\r\n\r\n", host=host)
    assert asked.decode() == f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"


def test_credentials_go_into_a_header(pair: Pair) -> None:
    asked = opened(pair, b"HTTP/1.1 200 OK\r\n\r\n", credentials="me:пароль")
    assert b"\r\nProxy-Authorization: Basic bWU60L/QsNGA0L7Qu9GM\r\n\r\n" in asked


def test_what_the_server_says_first_stays_unread(pair: Pair) -> None:
    opened(pair, b"HTTP/1.0 204 Go on\r\nVia: 1.1 a\r\n\r\nhello")
    assert pair[0].recv(100) == b"hello"


@pytest.mark.parametrize("status", [101, 302, 403, 407, 502])
def test_refusal_keeps_the_status_alone(pair: Pair, status: int) -> None:
    with pytest.raises(ProxyRefusedError, match=rf"^HTTP {status}$") as caught:
        opened(pair, f"HTTP/1.1 {status} no, me:secret\r\n\r\n".encode(), credentials="me:secret")
    assert caught.value.status == status


def test_what_isnt_http_is_no_proxy(pair: Pair) -> None:
    with pytest.raises(NoHttpError):
        opened(pair, b"220 mail.example ESMTP\r\n")
