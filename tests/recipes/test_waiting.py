"""The recipe that waits for a message to be read."""

import pytest

from tests.recipes.kitchen import Kitchen

VIEWED = "data.0.chat.phone=70000000000"


def sent_by(kitchen: Kitchen, *statuses: str) -> None:
    """Let ``./send-message`` be followed by these statuses; nobody gets them who isn't there."""
    commands = [
        f"chatapp-tail trigger -q messageStatus --set data.0.type={status} --set {VIEWED}"
        for status in statuses
    ]
    kitchen.program("send-message", "\n".join(commands))


def test_job_goes_on_when_the_message_was_viewed(kitchen: Kitchen) -> None:
    sent_by(kitchen, "sent", "delivered", "viewed")
    with kitchen.start("ci") as process:
        assert process.exit_code() == 0, process.stderr.text
    assert (kitchen.home / "seen.jsonl").read_text().count("\n") == 3


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_job_fails_with_six_when_nobody_viewed_it_in_time(kitchen: Kitchen, status: str) -> None:
    sent_by(kitchen, status)
    with kitchen.start("ci", but={"-d 60s": "-d 1s"}) as process:
        assert process.exit_code() == 6


def test_job_ends_when_the_tail_cannot_begin(kitchen: Kitchen) -> None:
    sent_by(kitchen, "viewed")
    with kitchen.start("ci", CHATAPP_TOKEN="wrong") as process:
        assert process.exit_code() == 3
