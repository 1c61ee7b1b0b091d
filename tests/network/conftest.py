"""Servers with and without TLS for the tests of this folder."""

import socket
from collections.abc import Iterator

import pytest
import trustme

from tests.network.given import HOST, Pair, Servers, pusher, write_certificates
from tests.support.credentials import Certificates
from tests.support.loopback_http import AuthEndpoint
from tests.support.proxy_server import ProxyServer
from tests.support.scripted_server import ScriptedServer, server_context


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Return the private authority."""
    return trustme.CA()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Certificates:
    """Return what good servers show; localhost is for those who publish from here."""
    directory = tmp_path_factory.mktemp("network") / "good"
    return write_certificates(directory, authority, HOST, "localhost", "127.0.0.1")


@pytest.fixture
def plain() -> Iterator[Servers]:
    """Yield servers without TLS."""
    with ScriptedServer(pusher) as socket, AuthEndpoint() as api:
        yield Servers(socket, api)


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[Servers]:
    """Yield servers with TLS."""
    context = server_context(certificates)
    with ScriptedServer(pusher, context=context) as socket, AuthEndpoint(certificates) as api:
        yield Servers(socket, api)


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> Servers:
    """Return ``plain`` or ``secure``, as the test's parameter says."""
    chosen: Servers = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def proxy() -> Iterator[ProxyServer]:
    """Yield a proxy that wants no password."""
    with ProxyServer() as running:
        yield running


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Yield both ends of a connection: ours, and the other side's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.settimeout(5.0)
        yield ours, theirs
