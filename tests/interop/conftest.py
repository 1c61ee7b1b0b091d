"""Real servers for the tests in this directory, started once each and only when asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.auth_endpoint import AuthEndpoint
from tests.support.certificates import Certificates, make_certificates
from tests.support.node import require_node
from tests.support.soketi import Soketi


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests marked ``soketi`` where node is missing, or fail them in CI."""
    if item.get_closest_marker("soketi"):
        require_node()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the machine's proxies: websocket-client would send even loopback through them."""
    for scheme in ("http", "https", "all"):
        for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return the private authority and the certificate that the TLS servers show."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def soketi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Soketi]:
    """Yield a plain Pusher server; leave it running as it was."""
    with Soketi(tmp_path_factory.mktemp("soketi")) as server:
        yield server


@pytest.fixture(scope="session")
def soketi_tls(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Soketi]:
    """Yield a Pusher server behind TLS; leave it running as it was."""
    with Soketi(tmp_path_factory.mktemp("soketi-tls"), certificates) as server:
        yield server


@pytest.fixture
def own_soketi(tmp_path: Path) -> Iterator[Soketi]:
    """Yield a plain Pusher server that the test may stop, kill, freeze and restart."""
    with Soketi(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def _endpoints() -> list[AuthEndpoint]:
    return []


@pytest.fixture(scope="session")
def auth_endpoint(_endpoints: list[AuthEndpoint]) -> Iterator[AuthEndpoint]:
    """Yield the channel authorization over HTTP, as new for each test."""
    with AuthEndpoint() as endpoint:
        _endpoints.append(endpoint)
        yield endpoint


@pytest.fixture(scope="session")
def auth_endpoint_tls(
    _endpoints: list[AuthEndpoint], certificates: Certificates
) -> Iterator[AuthEndpoint]:
    """Yield the channel authorization over HTTPS, as new for each test."""
    with AuthEndpoint(certificates) as endpoint:
        _endpoints.append(endpoint)
        yield endpoint


@pytest.fixture(autouse=True)
def _reset_endpoints(_endpoints: list[AuthEndpoint]) -> Iterator[None]:
    yield
    for endpoint in _endpoints:
        endpoint.reset()
