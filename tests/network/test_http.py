import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import requests

from chatapp_tail.network.cuttable import CutError, CuttableSocket
from chatapp_tail.network.http import http_session
from tests.network.given import HOST, black_hole, resolves_to
from tests.support.credentials import Certificates
from tests.support.loopback_http import Answer, LoopbackHTTP
from tests.support.proxy_server import ProxyServer
from tests.support.scripted_server import Peer, ScriptedServer, server_context

TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
def web() -> Iterator[LoopbackHTTP]:
    """Yield a web server that says hello."""
    with LoopbackHTTP(lambda _: Answer(200, {"Connection": "close"}, "hello")) as server:
        yield server


def port_of(server: LoopbackHTTP) -> int:
    return int(server.url.rpartition(":")[2])


@contextmanager
def session_for(
    url: str, context: ssl.SSLContext = TRUSTS_NOBODY, cuttable: CuttableSocket | None = None
) -> Iterator[requests.Session]:
    with closing(http_session(url, context, cuttable or CuttableSocket())) as session:
        yield session


def got(url: str) -> str:
    """Return the text at ``url``."""
    with session_for(url) as session, session.get(url, timeout=(2.0, 2.0)) as response:
        return response.text


def test_address_without_an_answer_costs_no_time(
    web: LoopbackHTTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = port_of(web)
    with black_hole("127.0.0.2", port):
        resolves_to(monkeypatch, "::1", "127.0.0.2", "127.0.0.1")
        assert got(f"http://two.test:{port}/") == "hello"


def test_proxy_is_dialed_in_the_same_way(
    web: LoopbackHTTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProxyServer(credentials="me:secret") as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:secret@127.0.0.1:{proxy.port}")
        assert got(f"http://{HOST}:{port_of(web)}/") == "hello"
        assert proxy.targets == [("GET", f"http://{HOST}:{port_of(web)}/")]


def test_failure_to_connect_is_the_error_that_requests_has_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        got("http://nobody.invalid/")
    with pytest.raises(requests.exceptions.ConnectionError, match="Connection refused"):
        got("http://127.0.0.1:1/")
    with black_hole("127.0.0.2") as port:
        resolves_to(monkeypatch, "127.0.0.2")
        url = f"http://silent.test:{port}/"
        with session_for(url) as session, pytest.raises(requests.exceptions.ConnectTimeout):
            session.get(url, timeout=(0.2, 2.0))


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "TLS"])
def test_each_connection_can_be_cut(certificates: Certificates, *, is_tls: bool) -> None:
    def drip(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            peer.send_raw(b"x")
            threading.Event().wait(0.01)

    trusting = ssl.create_default_context(cafile=certificates.ca)
    with ScriptedServer(drip, context=server_context(certificates) if is_tls else None) as server:
        cuttable = CuttableSocket()
        url = server.url.replace("ws", "http", 1)
        with (
            session_for(url, trusting, cuttable) as session,
            pytest.raises(CutError),
            cuttable.within(0.2),
        ):
            session.get(url, timeout=(2.0, 2.0))
