"""Start and end of the local ChatApp, TLS, and the moment the story begins."""

import socket
import subprocess
import sys
import threading
from itertools import islice

import pytest

from chatapp_tail import jsontext
from chatapp_tail.clock import SystemClock
from chatapp_tail.emulator.story import story
from chatapp_tail.errors import UsageError
from tests.emulator.given import SILENT, Client, ask
from tests.support.credentials import Certificates
from tests.support.emulated import DEMO_TOKEN, EmulatorSettings, running_emulator
from tests.support.fake_clock import FakeClock
from tests.support.records import COMPANY, TELEGRAM, USER, WHATSAPP, WHATSAPP_API
from tests.support.scripted_server import server_context


def test_urls_are_on_the_loopback() -> None:
    with running_emulator(SILENT) as emulator:
        assert emulator.socket_url == f"ws://127.0.0.1:{emulator.port}"
        assert emulator.api_url == f"http://127.0.0.1:{emulator.port}"
        assert (emulator.app_key, emulator.token) == ("ChatsAppApiProdKey", DEMO_TOKEN)


def test_taken_port_is_a_usage_error_with_a_hint() -> None:
    with running_emulator(SILENT) as first:
        settings = EmulatorSettings(port=first.port, pace=0)
        with pytest.raises(UsageError) as caught, running_emulator(settings):
            pass
    assert caught.value.message == f"can't listen on 127.0.0.1:{first.port}: the port is in use"
    assert caught.value.hint == "Choose another port, or 0 for any free one."


def test_impossible_port_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="a port is a number from 0 to 65535"):
        running_emulator(EmulatorSettings(port=70_000)).__enter__()


@pytest.mark.parametrize("pace", [0, 0.001])
def test_stop_is_quick_and_leaves_no_thread_or_output(
    pace: float, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    clock, threads = SystemClock(), threading.enumerate()
    with running_emulator(EmulatorSettings(pace=pace)) as emulator:
        idle, subscribed = Client(emulator).connected(), Client(emulator).subscribed(TELEGRAM)
        ask(emulator, "/v1/licenses")
        assert emulator.connections == 2
        before = clock.now()
    with idle, subscribed:
        assert clock.now() - before < 1
        assert threading.enumerate() == threads
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_client_that_never_reads_does_not_delay_the_stop() -> None:
    clock = SystemClock()
    with running_emulator(SILENT) as emulator:
        client = Client(emulator).subscribed(TELEGRAM)
        for _ in range(300):
            emulator.publish(TELEGRAM, "message", "x" * 50_000)
        before = clock.now()
    assert clock.now() - before < 1
    client.close()


def test_what_is_no_http_is_reported_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with running_emulator(SILENT) as emulator:
        with socket.create_connection(("127.0.0.1", emulator.port), timeout=3) as client:
            client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            assert client.recv(100).startswith(b"HTTP/1.0 400 ")
        assert emulator.connections == 0
    assert capfd.readouterr() == ("", "")


def test_tls_is_verified_against_localhost(certificates: Certificates) -> None:
    context = server_context(certificates)
    with running_emulator(EmulatorSettings(pace=0, ssl_context=context)) as emulator:
        assert emulator.socket_url == f"wss://localhost:{emulator.port}"
        assert ask(emulator, "/v1/licenses", ca=certificates.ca).status_code == 200
        with Client(emulator, ca=certificates.ca) as client:
            client.subscribed(TELEGRAM)
            assert emulator.publish(TELEGRAM, "message", {}) == 1
            assert client.receive()["event"] == "message"


def test_story_waits_until_all_channels_are_subscribed_then_starts_at_its_beginning() -> None:
    clock = FakeClock()
    with (
        running_emulator(EmulatorSettings(pace=0.001, seed=7), clock) as emulator,
        Client(emulator) as client,
    ):
        client.subscribed(TELEGRAM, WHATSAPP, WHATSAPP_API, COMPANY, USER)
        for channel, event, payload in islice(story(7, clock), 60):
            received = client.receive()
            assert (received["channel"], received["event"]) == (channel, event)
            assert jsontext.loads(str(received["data"])) == payload


def test_story_goes_on_for_the_next_client() -> None:
    with running_emulator(EmulatorSettings(pace=0.001)) as emulator:
        with Client(emulator) as first:
            first.subscribed(COMPANY)
            assert first.receive()["event"] == "employeeWorkday"
        with Client(emulator) as second:
            second.subscribed(TELEGRAM)
            assert second.receive()["channel"] == TELEGRAM


def test_missing_extra_is_a_usage_error_with_the_command_that_adds_it() -> None:
    code = """
import sys
from chatapp_tail.errors import UsageError
sys.modules["aiohttp"] = None
try:
    import chatapp_tail.cli.local
except UsageError as error:
    sys.exit(error.hint != "python -m pip install 'chatapp-tail[demo]'")
sys.exit("nothing was missing")
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
