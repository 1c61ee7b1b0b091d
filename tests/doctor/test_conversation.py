"""The steps on an open websocket: the handshake, a ping, and what the server complains of."""

import json
import re

import pytest

from tests.doctor.given import (
    IMPATIENT,
    SPEC,
    Diagnosis,
    diagnose,
    diagnose_script,
    diagnose_server,
    drip,
    established,
    say_nothing,
    server_of,
)
from tests.support.loopback_http import AuthEndpoint
from tests.support.personalities import REVERB, SOKETI, Connection, Switches, Then, Verdict
from tests.support.scripted_server import PING, Peer, Script

LIST_CHANNELS = "chatapp-tail channels lists what this token may watch."
CHECK = "Check --socket-url and --app-key."
IS_IT_PUSHER = f"Is it a Pusher server? {CHECK}"
NOT_PUSHER = f"It doesn't seem to be a Pusher server. {CHECK}"
DROPPED = "The server or something on the way (a proxy, a firewall) drops it: try again."
SKIPPED_REST = {"TLS", f"authorization {SPEC}", f"subscription {SPEC}", "ping"}


def skipped(found: Diagnosis) -> set[str]:
    """Return the steps that were skipped."""
    return {step for step, outcome in found.outcomes.items() if outcome == "skipped"}


def test_handshake_and_ping_succeed_and_the_server_is_pinged_once(endpoint: AuthEndpoint) -> None:
    with server_of(SOKETI) as server:
        found = diagnose(server.url, endpoint.api_url)
    outcome, result, next_step = found.words("handshake")
    assert (outcome, next_step) == ("ok", "")
    assert re.fullmatch(r"socket_id 999999999[89]\.[12], activity_timeout 30 s", result)
    assert found.words("ping") == ("ok", "answered by the server", "")
    for step in ("handshake", "ping"):
        assert 0 < found.seconds(step) < 5
    # The other connection is the one of the TCP step.
    received = [text for connection in server.connections for text in connection.received]
    assert received == ['{"event":"pusher:ping","data":{}}']


def test_without_a_channel_the_channels_steps_are_skipped(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint)
    for step in ("authorization", "subscription"):
        assert found.words(step) == ("skipped", "no channel is named", LIST_CHANNELS)
    assert found.code == 0


def test_unknown_app_key_ends_the_conversation(endpoint: AuthEndpoint) -> None:
    with server_of(SOKETI) as server:
        found = diagnose(server.url, endpoint.api_url, SPEC, app_key="typo")
    outcome, result, next_step = found.words("handshake")
    assert outcome == "failed"
    assert "4001" in result
    assert next_step == f"the server doesn't know this app key. {CHECK}"
    assert skipped(found) == SKIPPED_REST
    assert found.of("ping").result == "needs the handshake"
    assert found.code == 5


def send_pings_only(peer: Peer) -> None:
    peer.handshake()
    while peer.goes_on(0.02):
        peer.send_frame(PING, b"")


def chat(peer: Peer) -> None:
    peer.handshake()
    peer.send_text('{"welcome":"to our chat"}')
    peer.freeze()


def hang_up(peer: Peer) -> None:
    peer.handshake()
    peer.close_frame(1013, "try again later")
    peer.wait_until_left()


@pytest.mark.parametrize(
    ("script", "words", "next_step"),
    [
        (say_nothing, "no Pusher handshake in 0.3 s", NOT_PUSHER),
        (send_pings_only, "no Pusher handshake in 0.3 s", NOT_PUSHER),
        (chat, "the server doesn't speak the Pusher protocol", NOT_PUSHER),
        (hang_up, "closed by the server with 1013 try again later", IS_IT_PUSHER),
    ],
)
def test_websocket_server_that_isnt_pusher_fails_the_handshake_in_time(
    endpoint: AuthEndpoint, script: Script, words: str, next_step: str
) -> None:
    found = diagnose_script(endpoint, script, specs=[SPEC], limits=IMPATIENT)
    assert found.outcomes["websocket"] == "ok"
    assert found.words("handshake") == ("failed", words, next_step)
    assert found.seconds("handshake") < 2
    assert found.code == 5


def test_plain_web_server_fails_the_websocket(endpoint: AuthEndpoint) -> None:
    def welcome(peer: Peer) -> None:
        peer.answer_http("200 OK", "<html>Welcome to nginx!</html>")

    found = diagnose_script(endpoint, welcome, specs=[SPEC])
    answered = "127.0.0.1:PORT answered HTTP 200 to the websocket request"
    assert found.words("websocket") == ("failed", answered, NOT_PUSHER)
    assert skipped(found) == {"handshake", *SKIPPED_REST}
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


def test_ping_without_an_answer_fails(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint, SPEC, switches=Switches(has_pongs=False), limits=IMPATIENT)
    assert found.words("ping") == ("failed", "no answer to a ping in 0.3 s", DROPPED)
    assert found.outcomes[f"subscription {SPEC}"] == "ok"
    assert found.code == 5


def test_ping_fails_with_the_connection(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(
        endpoint, SPEC, when_confirmed=lambda connection, _channel: connection.fin()
    )
    assert found.words("ping") == ("failed", "connection lost, no close frame", DROPPED)
    assert found.code == 5


def test_events_without_end_shorten_no_deadline(endpoint: AuthEndpoint) -> None:
    def flood(peer: Peer) -> None:
        peer.handshake()
        peer.send_text(established())
        while peer.goes_on():
            peer.send_text('{"event":"noise","channel":"a","data":"{}"}')

    found = diagnose_script(endpoint, flood, limits=IMPATIENT)
    assert found.words("ping") == ("failed", "no answer to a ping in 0.3 s", DROPPED)


def test_error_of_the_server_is_a_warning(endpoint: AuthEndpoint) -> None:
    error = Verdict(4301, "Too\x1b[31m many", Then.STAYS_OPEN)

    def complain(connection: Connection, _channel: str) -> None:
        connection.say(error)

    found = diagnose_server(endpoint, SPEC, personality=REVERB, when_confirmed=complain)
    assert found.words("server") == (
        "warning",
        "it says: 4301 Too\x1b[31m many",
        "Ask whoever runs the server what that means.",
    )
    assert found.code == 0


def test_long_text_of_a_server_is_cut(endpoint: AuthEndpoint) -> None:
    error = json.dumps({"event": "pusher:error", "data": {"code": 4001, "message": "x" * 100_000}})
    result = diagnose_server(endpoint, switches=Switches(greeting=error)).of("handshake").result
    assert len(result) == 400
    assert result.startswith("refused by the server: 4001 xxx")
    assert result.endswith("x…")


def test_frames_are_shown_without_signatures(endpoint: AuthEndpoint) -> None:
    frames = diagnose_server(endpoint, SPEC).frames
    assert '< {"event":"pusher:connection_established"' in frames
    assert '> {"event":"pusher:subscribe"' in frames
    assert '"auth":"***"' in frames
    assert re.search("[0-9a-f]{64}", frames) is None
