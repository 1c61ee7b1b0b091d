"""Pusher's HTTP API, with the official server library and by hand."""

import pusher
import pytest
from requests import Response

from chatapp_tail import jsontext
from chatapp_tail.emulator.auth import App, sign_request
from tests.emulator.given import APP, Client, ask
from tests.support.emulated import Emulator
from tests.support.records import COMPANY, TELEGRAM, USER
from tests.support.soketi import Publisher

EVENT = {"name": "message", "channel": TELEGRAM, "data": "{}"}
TOO_MANY_CHANNELS = jsontext.dumps({**EVENT, "channels": ["a"] * 101})
TOO_MUCH_DATA = jsontext.dumps({**EVENT, "data": "ы" * 51_201})


def official_library(emulator: Emulator, app: App = APP) -> pusher.Pusher:
    """Return the library's client for ``emulator``."""
    return Publisher(emulator.port, app=app).library


def post(emulator: Emulator, route: str, body: bytes, app: App = APP) -> Response:
    """Return the answer to ``body`` signed by ``app``."""
    path = f"/apps/{app.id}/{route}"
    signed = sign_request(app, path, body, timestamp=1795348800)
    headers = {"Content-Type": "application/json"}
    return ask(emulator, path, method="POST", query=signed, body=body, headers=headers)


def test_official_library_reaches_subscribers_of_all_channels(emulator: Emulator) -> None:
    with Client(emulator) as first, Client(emulator) as second:
        first.subscribed(TELEGRAM)
        second.subscribed(COMPANY)
        library, channels = official_library(emulator), [TELEGRAM, COMPANY, USER]
        assert library.trigger(channels, "message", {"text": "Сәлем 👋"}) == {"ok": True}
        event = {"event": "message", "data": '{"text": "Сәлем 👋"}'}
        assert first.receive() == {**event, "channel": TELEGRAM}
        assert second.receive() == {**event, "channel": COMPANY}


def test_official_librarys_signature_is_accepted_on_the_websocket(emulator: Emulator) -> None:
    with Client(emulator) as client:
        client.connected()
        auth = official_library(emulator).authenticate(TELEGRAM, client.socket_id)["auth"]
        client.subscribe(TELEGRAM, auth)
        assert client.receive()["event"] == "pusher_internal:subscription_succeeded"


def test_excluded_socket_receives_nothing(emulator: Emulator) -> None:
    with Client(emulator) as author, Client(emulator) as other:
        author.subscribed(TELEGRAM)
        other.subscribed(TELEGRAM)
        official_library(emulator).trigger(TELEGRAM, "message", {}, author.socket_id)
        assert other.receive()["event"] == "message"
        assert author.receives_nothing()


def test_subscribers_are_counted_on_request(emulator: Emulator) -> None:
    with Client(emulator) as client:
        client.subscribed(TELEGRAM)
        event = {"name": "x", "channels": [TELEGRAM, USER], "data": "{}"}
        asked = {**event, "info": "user_count,subscription_count"}
        assert post(emulator, "events", jsontext.dumps(event)).json() == {"ok": True}
        assert post(emulator, "events", jsontext.dumps(asked)).json() == {
            "ok": True,
            "channels": {TELEGRAM: {"subscription_count": 1}, USER: {"subscription_count": 0}},
        }


def test_official_library_publishes_batches(emulator: Emulator) -> None:
    with Client(emulator) as client:
        client.subscribed(TELEGRAM, COMPANY)
        batch = [
            {"channel": TELEGRAM, "name": "message", "data": {"a": 1}},
            {"channel": COMPANY, "name": "employeeStatus", "data": "plain"},
        ]
        assert official_library(emulator).trigger_batch(batch) == {"ok": True}
        assert client.receive()["data"] == '{"a": 1}'
        assert client.receive()["data"] == "plain"


def test_data_that_is_an_object_stays_one(emulator: Emulator) -> None:
    with Client(emulator) as client:
        client.subscribed(TELEGRAM)
        body = jsontext.dumps({**EVENT, "data": {"text": "Test"}})
        assert post(emulator, "events", body).status_code == 200
        assert client.receive()["data"] == {"text": "Test"}


def test_official_library_reports_a_wrong_secret(emulator: Emulator) -> None:
    with pytest.raises(pusher.errors.PusherBadAuth, match=r"Invalid auth_signature\."):
        official_library(emulator, App(APP.id, APP.key, "other")).trigger(TELEGRAM, "message", {})


@pytest.mark.parametrize(
    ("route", "body", "status", "reason"),
    [
        ("events", b"{", 400, "The body is not JSON."),
        ("events", b"[]", 400, "The body is not a JSON object."),
        ("events", b'{"channel":"a","data":""}', 400, "name must be a string."),
        ("events", b'{"channel":"a","name":"b"}', 400, "data is missing."),
        ("events", b'{"name":"b","data":""}', 400, "channel must be a string."),
        ("events", TOO_MANY_CHANNELS, 400, "channels must be a list of at most 100 names."),
        ("events", TOO_MUCH_DATA, 413, "data is 102402 bytes; 102400 are allowed."),
        ("events", b" " * 2_097_153, 413, "The body is larger than 2097152 bytes."),
        ("batch_events", b"{}", 400, "batch must be a list of at most 10 events."),
        ("batch_events", b'{"batch":[7]}', 400, "An event must be an object."),
    ],
)
def test_invalid_event_is_refused_with_a_reason(
    emulator: Emulator, route: str, body: bytes, status: int, reason: str
) -> None:
    response = post(emulator, route, body)
    assert (response.status_code, response.text) == (status, reason)


def test_data_of_100_kb_is_accepted(emulator: Emulator) -> None:
    body = jsontext.dumps({**EVENT, "data": "x" * 102_400})
    assert post(emulator, "events", body).status_code == 200


def test_another_app_is_not_found(emulator: Emulator) -> None:
    app = App("1002", APP.key, APP.secret)
    assert post(emulator, "events", jsontext.dumps(EVENT), app).status_code == 404
