"""What the tests of this folder share: a private authority."""

import gc
import ssl
from collections.abc import Iterator

import pytest

from tests.support.credentials import Certificates


@pytest.fixture(scope="module", autouse=True)
def _no_garbage() -> Iterator[None]:
    """Leave nothing to collect: in a test that nests too deeply no finalizer can run."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def trusting(certificates: Certificates) -> ssl.SSLContext:
    """Return a client's context that trusts the private authority alone."""
    return ssl.create_default_context(cafile=certificates.ca)
