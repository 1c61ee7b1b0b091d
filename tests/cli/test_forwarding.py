"""Forwarding through the real process: several webhooks, a spool, and two tails at one receiver."""

import json
import signal
from pathlib import Path

import pytest

from tests.cli.running import CHANNEL, SUBSCRIBED, end, publish, tail, watching
from tests.forwarding.given import Webhook
from tests.support.emulated import Emulator
from tests.support.loopback_http import Answer


def ids(webhook: Webhook) -> list[object]:
    return [json.loads(request.body)["data"][0].get("id") for request in webhook.requests]


def test_shown_items_are_posted_as_chatapp_does_and_again_after_503(
    emulator: Emulator, tmp_path: Path
) -> None:
    with Webhook(Answer(503), Answer()) as webhook:
        arguments = ("--forward-to", webhook.url, "--forward-header", "X-Key: s3cretvalue")
        with watching(tmp_path, emulator, *arguments, "-w", "data.id!=2", "-n", "2") as process:
            for identity in (1, 2, 3):
                publish(emulator, identity)
            assert process.exit_code() == 0
            stderr = process.stderr.text
    assert ids(webhook) == [1, 1, 3]
    meta = {"type": "message", "licenseId": 1229, "messengerType": "telegram"}
    assert json.loads(webhook.requests[0].body)["meta"] == meta
    assert webhook.requests[0].headers["x-key"] == "s3cretvalue"
    assert "s3cretvalue" not in stderr
    assert "503" in stderr
    assert "2 forwarded" in stderr


def test_each_webhook_gets_the_events_that_it_wants(emulator: Emulator, tmp_path: Path) -> None:
    with Webhook() as every, Webhook() as messages:
        targets = ("--forward-to", every.url, "--forward-to", f"message,chatR*={messages.url}")
        with watching(tmp_path, emulator, "-n", "2", *targets) as process:
            emulator.publish(CHANNEL, "chatTag", {"data": [{}]})
            publish(emulator, 1)
            assert process.exit_code() == 0
    assert ids(every) == [None, 1]
    assert ids(messages) == [1]


def test_undelivered_events_are_sent_in_the_next_run(emulator: Emulator, tmp_path: Path) -> None:
    with Webhook(Answer(503), Answer()) as webhook:
        options = ("--forward-to", webhook.url, "--forward-spool", "spool")
        with watching(tmp_path, emulator, *options) as process:
            for identity in (1, 2):
                publish(emulator, identity)
            process.lines(2)
            process.wait_for("503 in")
            end(process, signal.SIGKILL)
        with tail(tmp_path, emulator, "-n", "1", *options) as process:
            process.wait_for("2 left by earlier runs to be forwarded first")
            process.wait_for(SUBSCRIBED)
            publish(emulator, 3)
            assert process.exit_code() == 0
    assert ids(webhook) == [1, 1, 2, 3]
    keys = [request.headers["idempotency-key"] for request in webhook.requests]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="no folder that nobody can write to")
def test_spool_that_cannot_be_written_is_a_usage_error(emulator: Emulator, tmp_path: Path) -> None:
    options = ("--forward-to", "http://127.0.0.1:1", "--forward-spool", "/sys/spool")
    with tail(tmp_path, emulator, *options) as process:
        process.wait_for("--forward-spool: /sys/spool: unable to open database file")
        process.wait_for("Name a file of its own for each tail, on a disk that may be written to.")
        assert process.exit_code() == 2


def test_two_tails_send_the_same_keys_and_either_may_be_killed(
    emulator: Emulator, tmp_path: Path
) -> None:
    with Webhook() as webhook:
        options = ("--backfill", "--forward-to", webhook.url)
        with watching(tmp_path, emulator, *options) as first:
            with watching(tmp_path, emulator, *options) as second:
                for identity in range(10):
                    publish(emulator, identity)
                first.wait_for("forwarded #10 message 9")
                second.wait_for("forwarded #10 message 9")
                end(second, signal.SIGKILL)
            for identity in range(10, 20):
                publish(emulator, identity)
            first.wait_for("forwarded #20 message 19")
    news = {
        request.headers["idempotency-key"]: json.loads(request.body) for request in webhook.requests
    }
    assert len(webhook.requests) == 30
    assert sorted(one["data"][0]["id"] for one in news.values()) == list(range(20))
