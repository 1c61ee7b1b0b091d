"""What the tests of this folder share: a private authority, and an environment without proxies."""

import gc
import ssl
from collections.abc import Iterator

import pytest

from tests.support.credentials import Certificates

_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the machine's proxies."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module", autouse=True)
def _no_garbage() -> Iterator[None]:
    """Leave nothing to collect: in a test that nests too deeply no finalizer can run."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def trusting(certificates: Certificates) -> ssl.SSLContext:
    """Return a client's context that trusts the private authority alone."""
    return ssl.create_default_context(cafile=certificates.ca)
