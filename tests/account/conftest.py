"""An API that answers by script, and a caller of it."""

from collections.abc import Iterator

import pytest

from chatapp_tail.account.rest import Rest
from chatapp_tail.api import Api
from tests.account.given import ApiServer, Tokens, connected
from tests.support.credentials import TOKEN


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def api(server: ApiServer) -> Iterator[Api]:
    with connected(server.url) as api:
        yield api


@pytest.fixture
def rest(api: Api) -> Rest:
    """Return the API's calls with one good token."""
    return Rest(api, Tokens(TOKEN))
