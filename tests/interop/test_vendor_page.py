"""The example of the vendor's page, with the real pusher-js 7 and 8, receives every event."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.emulator.auth import LOCAL_APP
from tests.support.credentials import Certificates
from tests.support.emulated import EmulatorSettings, running_emulator
from tests.support.loopback_http import AuthEndpoint
from tests.support.pusher_js import CHANNELS, TLSServer, VendorPage
from tests.support.records import COMPANY, TELEGRAM, USER
from tests.support.soketi import Publisher, Soketi

pytestmark = pytest.mark.soketi

CHANNEL_OF = {Scope.LICENSE: TELEGRAM, Scope.COMPANY: COMPANY, Scope.USER: USER}


@pytest.fixture
def soketi_server(
    soketi_tls: Soketi, auth_endpoint_tls: AuthEndpoint, certificates: Certificates
) -> TLSServer:
    """Return soketi and the endpoint that signs for it."""
    return TLSServer(
        socket_url=soketi_tls.socket_url,
        api_url=auth_endpoint_tls.api_url,
        token=auth_endpoint_tls.token,
        ca=certificates.ca,
        publish=soketi_tls.publish,
    )


@pytest.fixture
def emulator_server(certificates: Certificates) -> Iterator[TLSServer]:
    """Yield our own ChatApp; events are published with the official library, as to soketi."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    settings = EmulatorSettings(pace=None, ssl_context=context)
    with (
        running_emulator(settings) as emulator,
        closing(Publisher(emulator.port, app=LOCAL_APP, ca=certificates.ca)) as publisher,
    ):
        yield TLSServer(
            socket_url=emulator.socket_url,
            api_url=emulator.api_url,
            token=emulator.token,
            ca=certificates.ca,
            publish=publisher.publish,
        )


# Each name is that of a fixture which returns a TLSServer.
@pytest.fixture(params=["soketi_server", "emulator_server"])
def server(request: pytest.FixtureRequest) -> TLSServer:
    """Return one server after the other."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, TLSServer)
    return found


@pytest.fixture(params=["pusher-js", "pusher-js-8"], ids=["7.6.0", "8.6.0"])
def package(request: pytest.FixtureRequest) -> str:
    """Return the npm name of one pusher-js after the other."""
    return str(request.param)


@pytest.fixture
def page(package: str, server: TLSServer, tmp_path: Path) -> Iterator[VendorPage]:
    """Yield the vendor's page, subscribed."""
    with VendorPage(package, server, events=EVENTS, log=tmp_path / "node.log") as running:
        running.wait_until_subscribed()
        yield running


def test_every_documented_event_reaches_the_page_unchanged(
    page: VendorPage, server: TLSServer
) -> None:
    sent = [
        {"channel": CHANNEL_OF[event.scope], "event": event.name, "data": sample}
        for event in EVENTS.values()
        for sample in samples(event.name)
    ]
    for line in sent:
        server.publish(str(line["channel"]), str(line["event"]), line["data"])
    assert page.lines(len(sent)) == sent


def test_wrong_token_is_an_error_on_every_channel(
    package: str, server: TLSServer, tmp_path: Path
) -> None:
    log = tmp_path / "node.log"
    with VendorPage(package, server, events=EVENTS, log=log, token="wrong") as refused:
        lines = refused.lines(len(CHANNELS))
    assert {line["subscription_error"] for line in lines} == CHANNELS
    # Ours redirects clients that don't accept JSON to a login page, as Laravel does.
    assert {line["status"] for line in lines} in ({401}, {0})
