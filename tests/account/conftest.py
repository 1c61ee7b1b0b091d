"""What the tests of this folder share: an API that answers by script, and a caller of it."""

from collections.abc import Iterator

import pytest

from chatapp_tail.account.rest import Rest
from chatapp_tail.api import Api
from tests.account.given import ApiServer, Tokens, connected
from tests.support.credentials import TOKEN


@pytest.fixture(scope="session")
def _running_server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def server(_running_server: ApiServer) -> ApiServer:
    """Return the API, as new."""
    _running_server.reset()
    return _running_server


@pytest.fixture(scope="session")
def api(_running_server: ApiServer) -> Iterator[Api]:
    """Yield a connection to the API."""
    with connected(_running_server.url) as api:
        yield api


@pytest.fixture
def rest(server: ApiServer, api: Api) -> Rest:
    """Return the API's calls with one good token."""
    del server  # it forgets what it answered before
    return Rest(api, Tokens(TOKEN))
