"""The example of the vendor's page, with the real pusher-js 7 and 8, receives every event."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.emulator.auth import LOCAL_APP
from tests.support.cli_process import CLI
from tests.support.credentials import Certificates
from tests.support.emulated import EmulatorSettings, running_emulator
from tests.support.loopback_http import AuthEndpoint
from tests.support.programs import INTEROP
from tests.support.records import COMPANY, TELEGRAM, USER, WHATSAPP
from tests.support.scripted_server import server_context
from tests.support.soketi import Publisher, Soketi

pytestmark = pytest.mark.soketi

# What the page subscribes to.
CHANNELS = {WHATSAPP, TELEGRAM, COMPANY, USER}
CHANNEL_OF = {Scope.LICENSE: TELEGRAM, Scope.COMPANY: COMPANY, Scope.USER: USER}


class Server(NamedTuple):
    """A ChatApp server over TLS; ``environment`` leads the page to it."""

    environment: Mapping[str, str]
    publish: Callable[[str, str, object], None]


def environment(socket_url: str, api_url: str, token: str, ca: Path) -> Mapping[str, str]:
    """Return the page's environment variables for a server."""
    address = urlsplit(socket_url)
    return {
        "WS_HOST": address.hostname or "",
        "WSS_PORT": str(address.port),
        "AUTH_ENDPOINT": f"{api_url}/broadcasting/auth",
        "ACCESS_TOKEN": token,
        "EVENTS": ",".join(EVENTS),
        "NODE_EXTRA_CA_CERTS": str(ca),
    }


@pytest.fixture
def soketi_server(
    soketi_tls: Soketi, auth_endpoint_tls: AuthEndpoint, certificates: Certificates
) -> Server:
    """Return soketi and the endpoint that signs for it."""
    api = auth_endpoint_tls
    leading = environment(soketi_tls.socket_url, api.url, api.token, certificates.ca)
    return Server(leading, soketi_tls.publish)


@pytest.fixture
def emulator_server(certificates: Certificates) -> Iterator[Server]:
    """Yield our own ChatApp; events are published with the official library, as to soketi."""
    settings = EmulatorSettings(pace=None, ssl_context=server_context(certificates))
    with (
        running_emulator(settings) as emulator,
        closing(Publisher(emulator.port, app=LOCAL_APP, ca=certificates.ca)) as publisher,
    ):
        leading = environment(
            emulator.socket_url, emulator.api_url, emulator.token, certificates.ca
        )
        yield Server(leading, publisher.publish)


# Each name is that of a fixture which returns a Server.
@pytest.fixture(params=["soketi_server", "emulator_server"])
def server(request: pytest.FixtureRequest) -> Server:
    """Return one server after the other."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Server)
    return found


@pytest.fixture(params=["pusher-js", "pusher-js-8"], ids=["7.6.0", "8.6.0"])
def package(request: pytest.FixtureRequest) -> str:
    """Return the npm name of one pusher-js after the other."""
    return str(request.param)


def page(home: Path, package: str, server: Server, **variables: str) -> CLI:
    """Return the vendor's page in node; each line on its stdout is an object."""
    command = ("node", str(INTEROP / "vendor_page.cjs"), package)
    return CLI(home, command=command, environment={**server.environment, **variables})


def test_every_documented_event_reaches_the_page_unchanged(
    package: str, server: Server, tmp_path: Path
) -> None:
    sent = [
        {"channel": CHANNEL_OF[event.scope], "event": event.name, "data": sample}
        for event in EVENTS.values()
        for sample in samples(event.name)
    ]
    with page(tmp_path, package, server) as running:
        subscribed = [json.loads(line)["subscribed"] for line in running.lines(len(CHANNELS))]
        assert set(subscribed) == CHANNELS
        for line in sent:
            server.publish(str(line["channel"]), str(line["event"]), line["data"])
        assert [json.loads(line) for line in running.lines(len(sent))] == sent


def test_wrong_token_is_an_error_on_every_channel(
    package: str, server: Server, tmp_path: Path
) -> None:
    with page(tmp_path, package, server, ACCESS_TOKEN="wrong") as running:
        lines = [json.loads(line) for line in running.lines(len(CHANNELS))]
    assert {line["subscription_error"] for line in lines} == CHANNELS
    # Ours redirects clients that don't accept JSON to a login page, as Laravel does.
    assert {line["status"] for line in lines} in ({401}, {0})
