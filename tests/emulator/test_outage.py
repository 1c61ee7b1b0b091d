"""Outages that a test begins and ends when it wants."""

import pytest
import websocket

from tests.emulator.given import SILENT, TELEGRAM, WHATSAPP, Client, listing, message
from tests.support.emulated import Emulator, running_emulator

LOST = (websocket.WebSocketConnectionClosedException, ConnectionError)


def assert_refused(emulator: Emulator) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Client(emulator)
    assert caught.value.status_code == 503


def test_drop_all_cuts_every_websocket_and_lets_new_ones_in() -> None:
    with running_emulator(SILENT) as emulator:
        with Client(emulator) as first, Client(emulator) as second:
            first.subscribed(TELEGRAM)
            second.connected()
            emulator.drop_all()
            for client in (first, second):
                with pytest.raises(LOST):
                    client.receive_close()
        with Client(emulator) as again:
            again.subscribed(TELEGRAM)
            assert emulator.publish(TELEGRAM, "message", {}) == 1


def test_drop_all_without_a_client_does_nothing() -> None:
    with running_emulator(SILENT) as emulator:
        emulator.drop_all()
        assert emulator.connections == 0


def test_refused_websockets_get_503_until_they_are_let_in_again() -> None:
    with running_emulator(SILENT) as emulator, Client(emulator) as early:
        early.subscribed(TELEGRAM)
        emulator.refuse_websockets()
        for _ in range(2):
            assert_refused(emulator)
        # Whoever was connected before stays so.
        assert emulator.publish(TELEGRAM, "message", {}) == 1
        assert early.receive()["event"] == "message"
        emulator.refuse_websockets(refused=False)
        with Client(emulator) as late:
            late.subscribed(WHATSAPP)


def test_what_is_published_in_an_outage_is_there_over_rest() -> None:
    path = "/v1/licenses/1229/messengers/telegram/chats/a/messages"
    with running_emulator(SILENT) as emulator, Client(emulator) as client:
        client.subscribed(TELEGRAM)
        emulator.publish(TELEGRAM, "message", message("a", 1, 10))
        emulator.refuse_websockets()
        emulator.drop_all()
        for number in (2, 3):
            emulator.publish(TELEGRAM, "message", message("a", number, 20))
        assert_refused(emulator)
        emulator.refuse_websockets(refused=False)
        response = listing(emulator, path, direction="next", lastTime=11)
        assert [item["id"] for item in response.json()["data"]["items"]] == [2, 3]
