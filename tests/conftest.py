"""What every test process needs before it starts others, and what many tests share."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.support.credentials import Certificates, make_certificates
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.loopback_http import AuthEndpoint

# A shell's background job (make test &) ignores SIGINT, nohup SIGHUP, and so would all they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# The machine's proxies aren't the tests'.
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]


@pytest.fixture(scope="session")
def _running_endpoint() -> Iterator[AuthEndpoint]:
    """Start the API once."""
    with AuthEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(_running_endpoint: AuthEndpoint) -> AuthEndpoint:
    """Return the API's channel authorization, as new."""
    _running_endpoint.reset()
    return _running_endpoint


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return a private authority, and the certificate for localhost that TLS servers show."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Yield a local ChatApp in which nothing happens by itself."""
    with running_emulator(EmulatorSettings(pace=None)) as running:
        yield running
