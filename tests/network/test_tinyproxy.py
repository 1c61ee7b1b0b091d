"""Everything through a real proxy, to real servers: the websocket and the API alike."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.network.given import HOST, SPEC, message, port_of
from tests.support.cli_process import CLI, endpoint
from tests.support.credentials import Certificates
from tests.support.emulated import EmulatorSettings, running_emulator
from tests.support.loopback_http import AuthEndpoint
from tests.support.node import require_node
from tests.support.proxy_server import ProxyServer, Tinyproxy, require_tinyproxy
from tests.support.records import TELEGRAM
from tests.support.soketi import Soketi

PAYLOAD = {"data": [message("through the office's proxy")], "meta": {"type": "message"}}


@pytest.fixture(autouse=True)
def _tinyproxy() -> None:
    require_tinyproxy()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Yield what stops the servers in the end."""
    with ExitStack() as stack:
        yield stack


def started(stack: ExitStack, directory: Path, *urls: str) -> tuple[ProxyServer, Tinyproxy]:
    """Return tinyproxy, and the proxy that it asks because it doesn't know our names."""
    upstream = stack.enter_context(ProxyServer())
    ports = [port_of(url) for url in urls]
    return upstream, stack.enter_context(Tinyproxy(directory, upstream, ports))


def text_of(line: str) -> object:
    """Return the message's text of a JSON line."""
    return json.loads(line)["data"]["message"]["text"]


@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY"])
def test_plain_websocket_and_api_go_through_it(
    stack: ExitStack, tmp_path: Path, variable: str
) -> None:
    emulator = stack.enter_context(running_emulator(EmulatorSettings(pace=None), host=HOST))
    upstream, proxy = started(stack, tmp_path, emulator.socket_url, emulator.api_url)
    socket, api = (f"{HOST}:{port_of(url)}" for url in (emulator.socket_url, emulator.api_url))
    environment = endpoint(f"ws://{socket}", f"http://{api}", emulator.token)
    environment[variable] = proxy.url
    with CLI(tmp_path, SPEC, "--count=1", environment=environment) as process:
        process.wait_for("subscribed to")
        assert emulator.publish(TELEGRAM, "message", PAYLOAD) == 1
        assert text_of(*process.lines(1)) == "through the office's proxy"
        assert process.exit_code() == 0
    asked = [("CONNECT", socket), ("POST", f"http://{api}/broadcasting/auth")]
    assert upstream.targets == asked
    assert all(f"{method} {target} HTTP/" in proxy.log for method, target in asked)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_secure_websocket_and_api_go_through_it(
    stack: ExitStack, tmp_path: Path, certificates: Certificates, soketi: Soketi, variable: str
) -> None:
    auth = stack.enter_context(AuthEndpoint(certificates))
    upstream, proxy = started(stack, tmp_path, soketi.socket_url, auth.api_url)
    socket, api = (f"{HOST}:{port_of(url)}" for url in (soketi.socket_url, auth.api_url))
    environment = endpoint(f"wss://{socket}", f"https://{api}", auth.token)
    environment |= {variable: proxy.url, "SSL_CERT_FILE": str(certificates.ca)}
    with CLI(tmp_path, SPEC, "--count=1", environment=environment) as process:
        process.wait_for("subscribed to")
        soketi.publish(TELEGRAM, "message", PAYLOAD)
        assert text_of(*process.lines(1)) == "through the office's proxy"
        assert process.exit_code() == 0
    asked = [("CONNECT", socket), ("CONNECT", api)]
    assert upstream.targets == asked
    assert all(f"{method} {target} HTTP/" in proxy.log for method, target in asked)


@pytest.fixture(scope="module")
def soketi(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Soketi]:
    """Yield a Pusher server with TLS; it needs node."""
    require_node()
    with Soketi(tmp_path_factory.mktemp("soketi"), certificates) as server:
        yield server


def test_port_that_it_doesnt_allow_is_a_refusal(stack: ExitStack, tmp_path: Path) -> None:
    emulator = stack.enter_context(running_emulator(EmulatorSettings(pace=None), host=HOST))
    upstream, proxy = started(stack, tmp_path, "http://only:1")
    socket = f"{HOST}:{port_of(emulator.socket_url)}"
    environment = endpoint(f"ws://{socket}", emulator.api_url, emulator.token)
    environment["HTTP_PROXY"] = proxy.url
    with CLI(tmp_path, SPEC, "--retries=0", environment=environment) as process:
        assert process.exit_code() == 5
        where = proxy.url.removeprefix("http://")
        sentence = f"the proxy {where} refused the way to {socket} (HTTP 403)"
        assert sentence in process.stderr.text
    assert upstream.targets == []
