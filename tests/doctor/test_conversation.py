import json
import re
from dataclasses import replace

import pytest

from tests.doctor.given import (
    IMPATIENT,
    NOWHERE,
    SPEC,
    diagnose,
    diagnose_script,
    diagnose_server,
    drip,
    say_nothing,
    server_of,
)
from tests.network.given import envelope
from tests.support.loopback_http import AuthEndpoint
from tests.support.personalities import (
    REVERB,
    SOKETI,
    Connection,
    Switches,
    Then,
    Verdict,
)
from tests.support.scripted_server import PING, Peer, Script

LIST_CHANNELS = "chatapp-tail channels lists what this token may watch."
IS_IT_PUSHER = "Is it a Pusher server? Check --socket-url and --app-key."
CHECK = "Check --socket-url and --app-key."
NOT_PUSHER = f"It doesn't seem to be a Pusher server. {CHECK}"
DROPPED = "The server or something on the way (a proxy, a firewall) drops it: try again."
SKIPPED_REST = {f"authorization {SPEC}", f"subscription {SPEC}", "ping"}


def test_handshake_is_told_with_what_it_brings(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint)
    outcome, result, next_step = found.words("handshake")
    assert (outcome, next_step) == ("ok", "")
    assert re.fullmatch(r"socket_id 999999999[89]\.[12], activity_timeout 30 s", result)
    assert found.words("ping") == ("ok", "answered by the server", "")
    for step in ("handshake", "ping"):
        assert 0 < found.seconds(step) < 5


def test_server_is_pinged_once(endpoint: AuthEndpoint) -> None:
    with server_of(SOKETI) as server:
        diagnose(server.url, endpoint.api_url)
    # The other connection is the one of the TCP step.
    received = [text for connection in server.connections for text in connection.received]
    assert received == ['{"event":"pusher:ping","data":{}}']


def test_without_a_channel_the_channels_steps_are_skipped(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint)
    assert found.words("authorization") == ("skipped", "no channel is named", LIST_CHANNELS)
    assert found.words("subscription") == ("skipped", "no channel is named", LIST_CHANNELS)
    assert found.code == 0


def test_unknown_app_key_is_said(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint, SPEC, app_key="typo")
    outcome, result, next_step = found.words("handshake")
    assert outcome == "failed"
    assert "4001" in result
    assert next_step == f"the server doesn't know this app key. {CHECK}"
    skipped = {step for step, outcome in found.outcomes.items() if outcome == "skipped"}
    assert skipped == {"TLS", *SKIPPED_REST}
    assert found.of("ping").result == "needs the handshake"
    assert found.code == 5


def only_live(peer: Peer) -> None:
    """Prove to be alive all the time, but never say hello."""
    peer.handshake()
    while peer.goes_on(0.02):
        peer.send_frame(PING, b"")


@pytest.mark.parametrize("script", [say_nothing, only_live])
def test_server_that_says_nothing_after_the_upgrade_is_left_in_time(
    endpoint: AuthEndpoint, script: Script
) -> None:
    found = diagnose_script(endpoint, script, specs=[SPEC], limits=IMPATIENT)
    assert found.outcomes["websocket"] == "ok"
    assert found.words("handshake") == (
        "failed",
        "no Pusher handshake in 0.3 s",
        NOT_PUSHER,
    )
    assert 0.3 <= found.seconds("handshake") < 2
    assert found.code == 5


def chat(peer: Peer) -> None:
    peer.handshake()
    peer.send_text('{"welcome":"to our chat"}')
    peer.freeze()


def hang_up(peer: Peer) -> None:
    peer.handshake()
    peer.close_frame(1013, "try again later")
    peer.wait_until_left()


@pytest.mark.parametrize(
    ("script", "result", "next_step"),
    [
        (chat, "the server doesn't speak the Pusher protocol", NOT_PUSHER),
        (hang_up, "closed by the server with 1013 try again later", IS_IT_PUSHER),
    ],
)
def test_websocket_server_that_isnt_pusher_is_said(
    endpoint: AuthEndpoint, script: Script, result: str, next_step: str
) -> None:
    found = diagnose_script(endpoint, script)
    assert found.words("handshake") == ("failed", result, next_step)


def test_plain_web_server_is_said_by_the_websocket(endpoint: AuthEndpoint) -> None:
    def welcome(peer: Peer) -> None:
        peer.answer_http("200 OK", "<html>Welcome to nginx!</html>")

    found = diagnose_script(endpoint, welcome, specs=[SPEC])
    assert found.words("websocket") == (
        "failed",
        "127.0.0.1:PORT answered HTTP 200 to the websocket request",
        NOT_PUSHER,
    )
    skipped = {step for step, outcome in found.outcomes.items() if outcome == "skipped"}
    assert skipped == {"TLS", "handshake", *SKIPPED_REST}
    assert found.of("handshake").result == "needs the websocket"
    assert found.code == 5


def test_upgrade_that_drips_is_left_in_time(endpoint: AuthEndpoint) -> None:
    beginning = b"HTTP/1.1 101 Switching Protocols\r\nX-Slow: "
    # The first connection is the one of the TCP step.
    found = diagnose_script(
        endpoint, Peer.wait_until_left, lambda peer: drip(peer, beginning), limits=IMPATIENT
    )
    assert found.words("websocket") == (
        "failed",
        "no answer from 127.0.0.1:PORT in 0.3 s",
        "Check --socket-url, and whether a proxy or firewall on the way lets websockets pass.",
    )


def test_server_that_answers_no_ping_is_said(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint, SPEC, switches=Switches(has_pongs=False), limits=IMPATIENT)
    assert found.words("ping") == ("failed", "no answer to a ping in 0.3 s", DROPPED)
    assert found.outcomes[f"subscription {SPEC}"] == "ok"
    assert found.code == 5


def test_end_of_the_connection_at_the_ping_is_said(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(
        endpoint, SPEC, when_confirmed=lambda connection, _channel: connection.fin()
    )
    assert found.words("ping") == ("failed", "connection lost, no close frame", DROPPED)
    assert found.code == 5


def test_complaint_of_the_server_is_passed_on(endpoint: AuthEndpoint) -> None:
    complaint = Verdict(4301, "Too\x1b[31m many", Then.STAYS_OPEN)

    def complain(connection: Connection, _channel: str) -> None:
        connection.say(complaint)

    found = diagnose_server(endpoint, SPEC, personality=REVERB, when_confirmed=complain)
    assert found.words("server") == (
        "warning",
        "it says: 4301 Too\x1b[31m many",
        "Ask whoever runs the server what that means.",
    )
    assert found.code == 0


def test_flood_of_events_hinders_nothing(endpoint: AuthEndpoint) -> None:
    def flood(peer: Peer) -> None:
        peer.handshake()
        established = {"socket_id": "123.456", "activity_timeout": 30}
        peer.send_text(envelope("pusher:connection_established", established))
        while peer.goes_on():
            peer.send_text('{"event":"noise","channel":"a","data":"{}"}')

    found = diagnose_script(endpoint, flood, limits=IMPATIENT)
    assert found.words("ping") == ("failed", "no answer to a ping in 0.3 s", DROPPED)


def test_what_a_server_says_is_cut(endpoint: AuthEndpoint) -> None:
    error = json.dumps({"event": "pusher:error", "data": {"code": 4001, "message": "x" * 100_000}})
    found = diagnose_server(endpoint, switches=Switches(greeting=error))
    result = found.of("handshake").result
    assert len(result) == 400
    assert result.startswith("refused by the server: 4001 xxx")
    assert result.endswith("x…")


def test_everything_can_fail_at_once() -> None:
    found = diagnose(NOWHERE, "http://127.0.0.1:1", SPEC, limits=replace(IMPATIENT, step=5.0))
    assert found.outcomes["API"] == "failed"
    assert found.outcomes["TCP"] == "failed"
    assert found.words("authorization", SPEC) == ("skipped", "needs the API", "")
    assert found.words("ping") == ("skipped", "needs TCP", "")
    assert found.code == 5


def test_frames_are_shown_without_signatures(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint, SPEC)
    assert '< {"event":"pusher:connection_established"' in found.frames
    assert '> {"event":"pusher:subscribe"' in found.frames
    assert '"auth":"***"' in found.frames
    assert re.search("[0-9a-f]{64}", found.frames) is None
