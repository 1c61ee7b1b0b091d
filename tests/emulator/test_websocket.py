"""The websocket's frames, as soketi sends them."""

import re

import pytest
import websocket

from tests.emulator.given import APP, SILENT, Client, authorize
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.records import TELEGRAM, WHATSAPP

LOST = (websocket.WebSocketConnectionClosedException, ConnectionError)


def test_handshake_has_soketis_text(emulator: Emulator) -> None:
    with Client(emulator) as client:
        assert re.fullmatch(
            r'\{"event":"pusher:connection_established",'
            r'"data":"\{\\"socket_id\\":\\"\d+\.\d+\\",\\"activity_timeout\\":30\}"\}',
            client.receive_text(),
        )


def test_unknown_key_gets_an_error_and_a_close(emulator: Emulator) -> None:
    with Client(emulator, key="Other") as client:
        assert client.receive_text() == (
            '{"event":"pusher:error",'
            '"data":{"code":4001,"message":"App key Other does not exist."}}'
        )
        assert client.receive_close() == 4001


def test_authorized_subscription_receives_the_channels_events(emulator: Emulator) -> None:
    with Client(emulator) as client:
        form = {"socket_id": client.connected().socket_id, "channel_name": TELEGRAM}
        client.subscribe(TELEGRAM, authorize(emulator, form).json()["auth"])
        assert client.receive_text() == (
            f'{{"event":"pusher_internal:subscription_succeeded","channel":"{TELEGRAM}"}}'
        )
        assert emulator.publish(TELEGRAM, "message", {"data": [{"text": "Рақмет 🙏"}]}) == 1
        assert client.receive_text() == (
            f'{{"event":"message","channel":"{TELEGRAM}",'
            '"data":"{\\"data\\":[{\\"text\\":\\"Рақмет 🙏\\"}]}"}'
        )


UNAUTHORIZED = {"type": "AuthError", "error": "The connection is unauthorized.", "status": 401}
TOO_LONG = {
    "type": "LimitReached",
    "error": "The channel name is longer than the allowed 200 characters.",
    "status": 4009,
}
BAD_NAME = {
    "error": "The channel name is not allowed. Read channel conventions: https://"
    "pusher.com/docs/channels/using_channels/channels/#channel-naming-conventions",
    "status": 4009,
}


@pytest.mark.parametrize(
    ("channel", "data"),
    [
        (TELEGRAM, UNAUTHORIZED),
        ("presence-room", UNAUTHORIZED),
        ("a" * 201, TOO_LONG),
        ("no spaces", BAD_NAME),
    ],
    ids=["private", "presence", "long", "bad"],
)
def test_refused_subscription_names_its_channel_and_leaves_the_socket_open(
    emulator: Emulator, channel: str, data: dict[str, object]
) -> None:
    with Client(emulator) as client:
        client.connected().subscribe(channel, f"{APP.key}:{'0' * 64}")
        refusal = {"event": "pusher:subscription_error", "channel": channel, "data": data}
        assert client.receive() == refusal
        assert client.receives_nothing()


def test_signature_of_another_socket_is_refused(emulator: Emulator) -> None:
    with Client(emulator) as first, Client(emulator) as second:
        form = {"socket_id": first.connected().socket_id, "channel_name": TELEGRAM}
        auth = authorize(emulator, form).json()["auth"]
        second.connected().subscribe(TELEGRAM, auth)
        assert second.receive()["event"] == "pusher:subscription_error"


def test_subscribing_again_is_confirmed_again_and_changes_nothing(emulator: Emulator) -> None:
    with Client(emulator) as client:
        client.subscribed("public", "public")
        assert emulator.publish("public", "message", {}) == 1


def test_unsubscribing_is_not_answered(emulator: Emulator) -> None:
    with Client(emulator) as client:
        client.subscribed(TELEGRAM, WHATSAPP)
        client.send({"event": "pusher:unsubscribe", "data": {"channel": TELEGRAM}})
        client.send({"event": "pusher:unsubscribe", "data": {"channel": "never-subscribed"}})
        assert client.receives_nothing()
        assert emulator.publish(TELEGRAM, "message", {}) == 0
        assert emulator.publish(WHATSAPP, "message", {}) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"event":7}'),
        '{"event":"pusher:subscribe"}',
        '{"event":"pusher:subscribe","data":{"channel":7}}',
        '{"event":"pusher:signin","data":{}}',
        '{"event":"client-typing","channel":"public","data":{}}',
        '{"event":"no-such-event"}',
    ],
)
def test_malformed_and_unknown_messages_are_ignored(emulator: Emulator, text: str) -> None:
    with Client(emulator) as client:
        client.connected().socket.send(text)
        assert client.receives_nothing()


def test_pong_has_soketis_text(emulator: Emulator) -> None:
    with Client(emulator) as client:
        client.connected().socket.send_binary(b'{"event":"pusher:ping"}')
        assert client.receive_text() == '{"event":"pusher:pong","data":{}}'


def test_silent_client_is_closed_with_4201() -> None:
    with (
        running_emulator(EmulatorSettings(pace=0, silence_timeout=0.1)) as emulator,
        Client(emulator) as client,
    ):
        client.connected().socket.ping()
        assert client.socket.recv_data_frame(control_frame=True)[0] == websocket.ABNF.OPCODE_PONG
        assert client.receive_close() == 4201


def test_pings_keep_a_connection_open() -> None:
    with (
        running_emulator(EmulatorSettings(pace=0, silence_timeout=0.8)) as emulator,
        Client(emulator) as client,
    ):
        client.connected().socket.settimeout(0.3)
        for _ in range(3):
            assert client.receives_nothing()
            with pytest.raises(websocket.WebSocketTimeoutException):
                client.receive()


def test_stop_sends_error_4200_and_closes_with_it() -> None:
    with running_emulator(SILENT) as emulator:
        client = Client(emulator).connected()
    with client:
        assert client.receive() == {
            "event": "pusher:error",
            "data": {"code": 4200, "message": "Server closed. Please reconnect shortly."},
        }
        assert client.receive_close() == 4200


def test_drop_cuts_connections_without_a_close_frame() -> None:
    with running_emulator(EmulatorSettings(pace=0, drop_every=0.1)) as emulator:
        for _ in range(2):
            with Client(emulator) as client, pytest.raises(LOST):
                client.connected().receive_close()


def test_slow_reader_misses_events_and_other_readers_do_not(emulator: Emulator) -> None:
    big = {"data": ["x" * 50_000]}
    with Client(emulator) as slow, Client(emulator) as quick:
        slow.subscribed(TELEGRAM)
        quick.subscribed(TELEGRAM)
        for number in range(400):
            emulator.publish(TELEGRAM, f"event-{number}", big)
            assert quick.receive()["event"] == f"event-{number}"
        received = 0
        slow.send({"event": "pusher:ping", "data": {}})
        while slow.receive()["event"] != "pusher:pong":
            received += 1
        assert 0 < received < 400
