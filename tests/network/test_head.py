import socket
import threading

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.network.head import (
    MOST_HEAD_BYTES,
    Head,
    NoHttpError,
    ProxyRefusedError,
    ask,
    open_tunnel,
    proxy_authorization,
)
from tests.chatapp.given import shown
from tests.network.given import Pair

REQUEST = ["GET / HTTP/1.1", "Host: a"]


def test_request_is_sent_and_nothing_after_the_head_is_read(pair: Pair) -> None:
    ours, server = pair
    server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
    assert ask(ours, REQUEST, timeout=5.0) == Head(200, {"content-length": "4"})
    assert server.recv(100) == b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert ours.recv(100) == b"body"


@pytest.mark.parametrize(
    ("answer", "head"),
    [
        (b"HTTP/1.0 407 No\r\n\r\n", Head(407, {})),
        (
            b"HTTP/1.1 101\r\nUpgrade:websocket\r\nX:\r\n\r\n",
            Head(101, {"upgrade": "websocket", "x": ""}),
        ),
        (b"HTTP/1.1 200 OK\nA: b\n\n", Head(200, {"a": "b"})),
        (b"HTTP/1.1 200 OK\r\nA: b\r\na: c\r\n\r\n", Head(200, {"a": "c"})),
        (
            b"HTTP/1.1 200 OK\r\nA: \xff\x85a\r\nno header\r\n\r\n",
            Head(200, {"a": "\xff\x85a", "no header": ""}),
        ),
    ],
    ids=shown,
)
def test_head_is_read_as_servers_send_it(pair: Pair, answer: bytes, head: Head) -> None:
    ours, server = pair
    server.sendall(answer)
    assert ask(ours, REQUEST, timeout=5.0) == head


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-x\r\n", b"\r\n", b"HTTP/2 200\r\n", b"HTTP/1.1 2000 OK\r\n"], ids=shown
)
def test_line_that_isnt_http_is_refused_without_waiting_for_more(pair: Pair, answer: bytes) -> None:
    ours, server = pair
    server.sendall(answer)
    with pytest.raises(NoHttpError) as caught:
        ask(ours, REQUEST, timeout=5.0)
    assert caught.value.beginning == answer


def test_error_after_an_end_in_the_first_line_has_what_came(pair: Pair) -> None:
    ours, server = pair
    server.sendall(b"\x15\x03\x01")
    server.shutdown(socket.SHUT_WR)
    with pytest.raises(NoHttpError) as caught:
        ask(ours, REQUEST, timeout=5.0)
    assert caught.value.beginning == b"\x15\x03\x01"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nA: b\r\n"], ids=shown)
def test_end_before_the_end_of_the_head_is_a_broken_connection(pair: Pair, answer: bytes) -> None:
    ours, server = pair
    server.sendall(answer)
    server.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionResetError, match=r"^the other side ended it without a whole "):
        ask(ours, REQUEST, timeout=5.0)


@pytest.mark.parametrize(
    ("beginning", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: yes\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"x"),
        (b"HTTP/1.1 200 ", b"x"),
        (b"", b"x"),
    ],
    ids=["lines", "a line", "a status line", "no HTTP"],
)
def test_no_more_than_64_kib_are_read(pair: Pair, beginning: bytes, more: bytes) -> None:
    ours, server = pair
    flood = beginning + more * (100_000 // len(more))
    sending = threading.Thread(target=server.sendall, args=(flood,))
    sending.start()
    with pytest.raises(NoHttpError, match=r"^more than 64 KiB of headers$"):
        ask(ours, REQUEST, timeout=5.0)
    left = 0
    while left < len(flood) - MOST_HEAD_BYTES:
        left += len(ours.recv(1 << 16))
    sending.join()
    ours.settimeout(0)
    with pytest.raises(BlockingIOError):
        ours.recv(1)
    assert left == len(flood) - 64 * 1024


def test_deadline_is_for_the_whole_answer(pair: Pair) -> None:
    ours, server = pair
    over = threading.Event()

    def drip() -> None:
        server.sendall(b"HTTP/1.1 ")
        while not over.wait(0.01):
            server.sendall(b"2")

    dripping = threading.Thread(target=drip)
    dripping.start()
    clock = SystemClock()
    began_at = clock.now()
    with pytest.raises(TimeoutError):
        ask(ours, REQUEST, timeout=0.2)
    over.set()
    dripping.join()
    assert 0.2 <= clock.now() - began_at < 1.0


# Tunnels


def opened(pair: Pair, answer: bytes, *, host: str = "a.example", authorization: str = "") -> bytes:
    """Open a tunnel at a proxy that gives ``answer``; return what it was asked."""
    ours, proxy = pair
    proxy.sendall(answer)
    open_tunnel(ours, host, 6001, authorization=authorization, timeout=5.0)
    return proxy.recv(1000)


@pytest.mark.parametrize(
    ("host", "target"), [("a.example", "a.example:6001"), ("::1", "[::1]:6001")], ids=shown
)
def test_tunnel_is_for_a_host_and_a_port(pair: Pair, host: str, target: str) -> None:
    asked = opened(pair, b"HTTP/1.1 200 OK\r\n\r\n", host=host)
    assert asked.decode() == f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"


def test_credentials_go_into_a_header(pair: Pair) -> None:
    authorization = proxy_authorization("http://me:%D0%BF%D0%B0%D1%80%D0%BE%D0%BB%D1%8C@p:1")
    asked = opened(pair, b"HTTP/1.1 200 OK\r\n\r\n", authorization=authorization)
    assert b"\r\nProxy-Authorization: Basic bWU60L/QsNGA0L7Qu9GM\r\n\r\n" in asked


def test_what_the_server_sends_first_stays_unread(pair: Pair) -> None:
    opened(pair, b"HTTP/1.0 204 Go on\r\nVia: 1.1 a\r\n\r\nhello")
    assert pair[0].recv(100) == b"hello"


@pytest.mark.parametrize("status", [101, 302, 407])
def test_refusal_keeps_the_status_alone(pair: Pair, status: int) -> None:
    with pytest.raises(ProxyRefusedError, match=rf"^HTTP {status}$") as caught:
        opened(pair, f"HTTP/1.1 {status} no, me:secret\r\n\r\n".encode(), authorization="x")
    assert caught.value.status == status
