"""The server that several tests of this folder talk to."""

from collections.abc import Iterator

import pytest

from tests.hostile.given import ScriptedAnswer
from tests.support.scripted_server import ScriptedServer


@pytest.fixture
def scripted() -> Iterator[ScriptedAnswer]:
    made = ScriptedAnswer()
    with ScriptedServer(made) as server:
        made.url = server.url.replace("ws:", "http:")
        yield made
