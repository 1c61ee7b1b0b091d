"""What the doctor's tests share: an API, a private authority, no certificates of the machine."""

from pathlib import Path

import pytest

import chatapp_tail.network.http  # noqa: F401 (loading requests must not count as a step's time)
from tests.doctor.given import answer_check
from tests.support.credentials import Certificates
from tests.support.loopback_http import AuthEndpoint

_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the machine's certificates from the environment."""
    for name in _CERTIFICATES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, certificates: Certificates) -> Path:
    """Trust the private authority alone; return its file."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    return certificates.ca


@pytest.fixture
def endpoint(endpoint: AuthEndpoint) -> AuthEndpoint:
    """Return an API that signs every channel and accepts the token."""
    answer_check(endpoint)
    return endpoint
