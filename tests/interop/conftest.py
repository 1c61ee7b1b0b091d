"""Real servers for the tests in this directory, started once each and only when asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.credentials import Certificates
from tests.support.loopback_http import AuthEndpoint
from tests.support.programs import missing_reason, skip
from tests.support.soketi import Soketi


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests marked ``soketi`` where node is missing, or fail them in CI."""
    if item.get_closest_marker("soketi") and (reason := missing_reason()):
        skip(reason)


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


@pytest.fixture
def auth_endpoint(endpoint: AuthEndpoint) -> AuthEndpoint:
    """Return the channel authorization over HTTP."""
    return endpoint


@pytest.fixture(scope="session")
def _running_endpoint_tls(certificates: Certificates) -> Iterator[AuthEndpoint]:
    with AuthEndpoint(certificates) as endpoint:
        yield endpoint


@pytest.fixture
def auth_endpoint_tls(_running_endpoint_tls: AuthEndpoint) -> AuthEndpoint:
    """Return the channel authorization over HTTPS, as new."""
    _running_endpoint_tls.reset()
    return _running_endpoint_tls
