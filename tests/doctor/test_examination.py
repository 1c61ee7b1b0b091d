"""The whole chain at once, against the local ChatApp and in a broken environment."""

import threading
from collections.abc import Callable, Iterator

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.doctor.examination import Target, examine
from chatapp_tail.settings import Endpoint
from chatapp_tail.signals import InterruptedBySignal
from tests.doctor.given import (
    ACCEPTED,
    CLOCK,
    NOWHERE,
    SPEC,
    TOKEN,
    diagnose,
    given,
    interruptible,
    press_ctrl_c,
    say_nothing,
)
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.loopback_http import Answer, AuthEndpoint
from tests.support.scripted_server import Peer, ScriptedServer
from tests.support.waiting import wait_until

STEPS = ["token", "API", "DNS", "TCP", "TLS", "websocket", "handshake"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Return a local ChatApp without a story."""
    with running_emulator(EmulatorSettings(pace=0)) as running:
        yield running


@pytest.mark.parametrize(
    ("written", "where"),
    [
        ({"api-url": "--api-url"}, "the server's address"),
        ({"socket-url": "CHATAPP_SOCKET_URL"}, "CHATAPP_SOCKET_URL"),
    ],
    ids=str,
)
def test_next_step_names_only_what_the_user_wrote(
    endpoint: AuthEndpoint, written: dict[str, str], where: str
) -> None:
    found = diagnose(NOWHERE, endpoint.api_url, written=written)
    assert found.of("TCP").next_step == (
        f"Check host and port in {where}, and whether a firewall is on the way."
    )


def test_each_finding_comes_before_the_next_step(emulator: Emulator) -> None:
    endpoint = Endpoint(emulator.socket_url, emulator.api_url, emulator.app_key)
    target = Target(endpoint, (), given(emulator.token))
    with interruptible() as dependencies:
        findings = examine(target, dependencies)
        assert [next(findings).step for _ in range(7)] == STEPS
        assert emulator.connections == 1
        del findings
    wait_until(lambda: emulator.connections == 0, "the doctor to leave")


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "HTTP_PROXY"])
def test_proxy_that_cant_be_used_ends_the_examination_as_it_ends_a_tail(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "socks5://user:secret@127.0.0.1:1080")
    found = diagnose("wss://chatapp.test", "http://api.chatapp.test", SPEC)
    outcome, result, next_step = found.words("environment")
    assert (outcome, result.partition(".test ")[2]) == ("failed", "is a socks5 proxy")
    assert next_step == "Only http:// proxies are supported; NO_PROXY can exempt a host."
    assert found.outcomes == {
        "token": "ok",
        "environment": "failed",
        **dict.fromkeys(STEPS[1:], "skipped"),
        f"authorization {SPEC}": "skipped",
        f"subscription {SPEC}": "skipped",
        "ping": "skipped",
    }
    assert found.of("TCP").result == "needs the environment"
    assert "secret" not in str(found)
    assert found.code == 2


def interrupt_when(condition: Callable[[], bool]) -> threading.Thread:
    """Start a thread that sends SIGINT once ``condition`` holds."""

    def interrupt() -> None:
        wait_until(condition, "the examination to get so far")
        press_ctrl_c()

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


def never_answer(peer: Peer) -> None:
    peer.read_request()
    peer.freeze()


@pytest.mark.parametrize("place", ["API", "websocket", "handshake"])
def test_ctrl_c_ends_the_examination_at_once(endpoint: AuthEndpoint, place: str) -> None:
    script = say_nothing if place == "handshake" else never_answer
    steps: list[str] = []
    # Before the websocket there is the connection of the TCP step.
    connections = 1 if place == "API" else 2
    with ScriptedServer(Peer.wait_until_left if connections == 2 else script, script) as server:
        api_url = server.url.replace("ws://", "http://") if place == "API" else endpoint.api_url
        target = Target(Endpoint(server.url, api_url), (), given(TOKEN))
        with interruptible() as dependencies:
            thread = interrupt_when(
                lambda: server.connections == connections and len(steps) >= STEPS.index(place)
            )
            findings = examine(target, dependencies)
            with pytest.raises(InterruptedBySignal):
                steps.extend(one.step for one in findings)
        began_at = CLOCK.now()
        thread.join()
    assert CLOCK.now() - began_at < 2.0
    assert steps == STEPS[: STEPS.index(place)]


def test_ctrl_c_doesnt_wait_for_an_authorization(
    emulator: Emulator, endpoint: AuthEndpoint
) -> None:
    endpoint.play(ACCEPTED, Answer(200, delay=30.0))
    addresses = Endpoint(emulator.socket_url, endpoint.api_url, emulator.app_key)
    target = Target(addresses, (parse_spec(SPEC),), given(emulator.token))
    with interruptible() as dependencies:
        thread = interrupt_when(lambda: len(endpoint.requests) == 2)
        with pytest.raises(InterruptedBySignal):
            list(examine(target, dependencies))
    thread.join()
    wait_until(lambda: emulator.connections == 0, "the doctor to leave")
