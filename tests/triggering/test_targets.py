"""Targets of events: cases that tests of the whole command don't cover."""

import json
from collections.abc import Mapping

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import ConnectionFailedError, UsageError
from chatapp_tail.network import tls_context
from chatapp_tail.triggering.target import (
    LocalChatApp,
    Sent,
    check_local,
    check_webhook,
)
from tests.support.loopback_http import Answer, LoopbackHTTP, Request

CHANNEL = parse_spec("1229/telegram")


def sent_to(answer: Answer) -> tuple[Sent, list[Request]]:
    """Send one event to a server that gives ``answer``; return the result and the requests."""
    requests: list[Request] = []

    def answering(request: Request) -> Answer:
        requests.append(request)
        return answer

    def sign(path: str, body: bytes) -> Mapping[str, str]:
        return {"of": f"{path} {len(body)}"}

    with LoopbackHTTP(answering) as server:
        target = LocalChatApp(
            server.url, "1001", sign, CHANNEL, context=tls_context(), clock=SystemClock()
        )
        return target.send("message", {"data": [], "meta": {}}), requests


def counted(number: int) -> Answer:
    """Return Pusher's answer to ``info=subscription_count``."""
    return Answer(body=json.dumps({"channels": {CHANNEL.name: {"subscription_count": number}}}))


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (Answer(body="{}"), Sent("sent to 1229/telegram")),
        (Answer(body='{"channels": [1]}'), Sent("sent to 1229/telegram")),
        (counted(1), Sent("sent to 1229/telegram, 1 subscriber")),
        (counted(3), Sent("sent to 1229/telegram, 3 subscribers")),
        (
            counted(0),
            Sent(
                "sent to 1229/telegram, which nobody watches",
                hint="Watch it: chatapp-tail 1229/telegram",
            ),
        ),
    ],
    ids=str,
)
def test_number_of_subscribers_is_shown_if_the_server_knows_it(answer: Answer, sent: Sent) -> None:
    assert sent_to(answer)[0] == sent


def test_event_is_double_encoded_wrapped_and_signed_as_sent() -> None:
    request = sent_to(Answer(body="{}"))[1][0]
    body = json.loads(request.body)
    assert request.path == f"/apps/1001/events?of=%2Fapps%2F1001%2Fevents+{len(request.body)}"
    assert body == {
        "name": "message",
        "channel": "private-v1.licenses.1229.messengers.telegram",
        "data": '{"queue":"events","payload":{"data":[],"meta":{}}}',
        "info": "subscription_count",
    }


@pytest.mark.parametrize(
    "answer",
    [Answer(404), Answer(401, body="Invalid auth_signature."), Answer(200, body="<html>")],
    ids=str,
)
def test_another_server_at_the_url_is_reported(answer: Answer) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        sent_to(answer)
    assert "takes no events (HTTP " in caught.value.message
    assert "chatapp-tail serve --port N" in caught.value.hint


def test_too_large_an_event_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="larger than a local ChatApp takes: 100 KB"):
        sent_to(Answer(413))


def test_only_this_machine_is_local() -> None:
    check_local("http://localhost:8765")
    for url in ("https://api.chatapp.online", "http://localhost.example.com", "http://0.0.0.0"):
        with pytest.raises(UsageError, match="only a local ChatApp takes events"):
            check_local(url)


def test_webhook_errors_name_the_options_of_this_command() -> None:
    with pytest.raises(UsageError) as caught:
        check_webhook("http://crm.example/hook", insecure=False)
    assert caught.value.hint.startswith("Use https://, or add --insecure if")
    assert caught.value.option == "to"
    check_webhook("http://crm.example/hook", insecure=True)
