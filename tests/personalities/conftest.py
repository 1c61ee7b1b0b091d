"""What the tests of this folder share: one API for all of them."""

from collections.abc import Iterator

import pytest

from tests.support.auth_endpoint import AuthEndpoint


@pytest.fixture(scope="session")
def _running_endpoint() -> Iterator[AuthEndpoint]:
    """Start the API."""
    with AuthEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(_running_endpoint: AuthEndpoint) -> AuthEndpoint:
    """Return the API, which has forgotten everything."""
    _running_endpoint.reset()
    return _running_endpoint
