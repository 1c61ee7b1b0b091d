import json

import pytest

from chatapp_tail.doctor.products import Samples, guess_server
from tests.doctor.given import TELEGRAM, api_answers, diagnose, server_of
from tests.support.auth_endpoint import AuthEndpoint
from tests.support.personalities import (
    LWS1,
    LWS2,
    PERSONALITIES,
    PUSHER,
    REVERB,
    SOKETI,
    Personality,
    Switches,
    Verdict,
)

OLD_OR_NEW = "laravel-websockets 1 or laravel-websockets 2"
HELLO = ("message", TELEGRAM, '{"data":[]}')


def established(timeout: object = 30) -> str:
    data = json.dumps({"socket_id": "1.2", "activity_timeout": timeout})
    return json.dumps({"event": "pusher:connection_established", "data": data})


@pytest.mark.parametrize(
    ("texts", "guess"),
    [
        ([], "can't be told from what it sent"),
        (["", "null", "[]", '{"event":1}', "{"], "can't be told from what it sent"),
        (['{"event":"pusher:pong","data":{}}'], "soketi"),
        (['{"event":"pusher:pong","data":"{}"}'], "Pusher"),
        (
            ['{"event":"pusher:pong"}'],
            "laravel-websockets 1, laravel-websockets 2 or Reverb",
        ),
        (['{"event":"pusher:pong","data":7}'], "none of the servers known here"),
        ([established()], "soketi, laravel-websockets 1, laravel-websockets 2 or Reverb"),
        ([established(120)], "Reverb or Pusher"),
        ([established(17)], "Reverb"),
        ([REVERB.error(Verdict(4200, "Invalid message format"))], "Reverb"),
        (
            [PUSHER.frame("pusher_internal:subscription_succeeded", channel="a", data="{}")],
            "Reverb or Pusher",
        ),
        (
            ['{"event":"pusher:pong"}', '{"event":"pusher_internal:subscription_succeeded"}'],
            OLD_OR_NEW,
        ),
        ([LWS1.event(*HELLO)], "laravel-websockets 1 or Pusher"),
        ([LWS2.frame("pusher:pong"), LWS2.event(*HELLO)], "laravel-websockets 2"),
        ([LWS2.frame("pusher:pong"), LWS1.event(*HELLO)], "laravel-websockets 1"),
        ([SOKETI.frame("pusher:subscription_error", channel="a", data={})], "soketi"),
        # An event without a channel, or of the protocol, has no order to look at.
        (['{"data":1,"event":"x"}'], "can't be told from what it sent"),
        (
            ['{"channel":"a","event":"pusher:cache_miss","data":1}'],
            "can't be told from what it sent",
        ),
    ],
)
def test_server_is_told_by_what_only_it_sends(texts: list[str], guess: str) -> None:
    assert guess_server([text.encode() for text in texts]) == guess


def test_a_few_samples_stand_for_all_that_a_server_sends() -> None:
    samples = Samples()
    pong = '{"event":"pusher:pong"}'
    for text in (
        established(),
        '{"event":"a","data":1}',
        '{"event":"b","data":2}',
        *(f'{{"event":"pusher:unheard-of-{number}"}}' for number in range(1000)),
        "no envelope",
        f'{{"event":"pusher:error","data":"{"x" * 70_000}"}}',
        pong,
        pong,
    ):
        samples.note(text.encode())
    kept = [message.decode() for message in samples.messages]
    assert kept == [established(), '{"event":"a","data":1}', pong]


@pytest.mark.parametrize("personality", PERSONALITIES.values(), ids=lambda one: one.name)
@pytest.mark.parametrize("is_refused", [False, True], ids=["subscribed", "refused"])
def test_each_kind_of_server_is_recognized(
    endpoint: AuthEndpoint, personality: Personality, *, is_refused: bool
) -> None:
    switches = Switches(refuses=[TELEGRAM] if is_refused else [])
    with server_of(personality, switches) as server:
        server.when_confirmed = lambda connection, _channel: connection.publish(*HELLO)
        found = diagnose(server.url, endpoint.api_url, "1229/telegram")
    names = {
        "soketi": "soketi",
        "lws1": OLD_OR_NEW if is_refused else "laravel-websockets 1",
        "lws2": OLD_OR_NEW if is_refused else "laravel-websockets 2",
        "reverb": "Reverb",
        "pusher": "Pusher",
    }
    assert found.words("server") == ("ok", f"it seems to be {names[personality.name]}", "")
    assert found.outcomes["ping"] == "ok"
    assert found.code == (4 if is_refused else 0)


def test_without_a_channel_laravel_websockets_and_reverb_look_alike(
    endpoint: AuthEndpoint,
) -> None:
    endpoint.decide = api_answers(endpoint)
    with server_of(LWS2) as server:
        found = diagnose(server.url, endpoint.api_url)
    assert found.words("server") == (
        "ok",
        "it seems to be laravel-websockets 1, laravel-websockets 2 or Reverb",
        "",
    )
