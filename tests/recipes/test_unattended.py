"""The table of the README's chapter "Unattended": each example is run."""

import re
import signal
from pathlib import Path

import pytest

from tests.forwarding.given import Webhook
from tests.recipes.sandbox import README, TOP, Sandbox
from tests.support.cli_process import CLI

CHAPTER = (TOP / README).read_text(encoding="utf-8").partition("\n## Unattended\n")[2]
EXAMPLES = re.findall(
    r"^\|.*\| `(chatapp-tail [^`]*)` \|$", CHAPTER.partition("\n## ")[0], re.MULTILINE
)
TAILS = [example for example in EXAMPLES if "--all" in example and "doctor" not in example]
URL = "http://localhost:8000/hook"


def ended(process: CLI) -> str:
    """End the process, and return its words."""
    process.send(signal.SIGTERM)
    assert process.exit_code() == 143
    return process.stderr.text


def names(home: Path) -> set[str]:
    """Return the files there, with a date as such."""
    return {re.sub(r"\d{4}-\d\d-\d\d", "DATE", path.name) for path in home.iterdir()}


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ("--resume", {"state.json"}),
        ("--record", {"chatapp-DATE.jsonl.gz"}),
        ("--on-ready", {"ready", "chatapp.prom"}),
        ("--forward-to", {"spool.db"}),
        ("--shard", set()),
    ],
)
def test_each_tail_runs_and_leaves_its_files(sandbox: Sandbox, words: str, files: set[str]) -> None:
    (example,) = (one for one in TAILS if words in one)
    with Webhook() as webhook:
        command = example.replace(URL, webhook.url)
        with sandbox.run(command) as process:
            process.wait_for("command ended" if "--on-ready" in words else "subscribed to")
            ended(process)
    assert files <= names(sandbox.home)


def test_doctor_compares_with_what_a_tail_has_left(sandbox: Sandbox) -> None:
    resumed, doctor = (one for one in EXAMPLES if "--resume" in one)
    with sandbox.run(resumed) as process:
        process.wait_for("subscribed to 1229/telegram")
        ended(process)
    with sandbox.run(doctor) as process:
        assert process.exit_code() == 0
        assert "messages" in process.stdout.text


def test_serve_says_how_to_connect(sandbox: Sandbox) -> None:
    (serve,) = (one for one in EXAMPLES if " serve " in one)
    with sandbox.run(f"{serve} --port 0") as process:
        process.wait_for_prompt("SSL_CERT_FILE=")
        ended(process)


def test_table_has_a_row_for_each_purpose() -> None:
    assert len(EXAMPLES) == 7
