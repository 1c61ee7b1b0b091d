"""``chatapp-tail trigger`` as a whole; tests/triggering has its parts."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EVENTS, samples
from tests.cli.running import environment
from tests.forwarding.given import Webhook
from tests.support.cli_here import run_here
from tests.support.cli_process import CLI
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.loopback_http import Answer
from tests.support.schema import validate_line

SPECS = {Scope.LICENSE: "1229/telegram", Scope.COMPANY: "company/2224", Scope.USER: "user/685"}
ERROR = "chatapp-tail: error: "
# The discard port, where nothing listens.
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Yield a local ChatApp in which nothing happens by itself."""
    with running_emulator(EmulatorSettings(pace=None)) as running:
        yield running


def trigger(home: Path, *arguments: str, api_url: str = NOBODY, stdin: str = "") -> tuple[int, str]:
    """Return the exit code and stderr; stdout must stay empty."""
    variables = {"CHATAPP_API_URL": api_url}
    ended = run_here(home, "trigger", *arguments, environment=variables, stdin=stdin)
    assert ended.stdout == ""
    return ended.code, ended.stderr


def tail(home: Path, emulator: Emulator, *arguments: str) -> CLI:
    """Return a tail as JSON Lines."""
    return CLI(home, *arguments, environment=environment(emulator))


def seen(home: Path, emulator: Emulator, count: int, *arguments: str, stdin: str = "") -> list[str]:
    """Return the lines that a tail shows of ``count`` triggered items."""
    with tail(home, emulator, "1229/telegram", "--count", str(count)) as process:
        process.wait_for("subscribed to 1229/telegram")
        code, _ = trigger(home, *arguments, api_url=emulator.api_url, stdin=stdin)
        assert (code, process.exit_code()) == (0, 0)
        return process.lines(count)


# Into the local ChatApp


def test_every_documented_event_arrives_as_a_record_of_its_channel(
    emulator: Emulator, tmp_path: Path
) -> None:
    with tail(tmp_path, emulator, *SPECS.values(), "--count", str(len(EVENTS))) as process:
        for spec in SPECS.values():
            process.wait_for(f"subscribed to {spec}")
        for name in EVENTS:
            assert trigger(tmp_path, name, "-q", api_url=emulator.api_url) == (0, "")
        records = [validate_line(line) for line in process.lines(len(EVENTS))]
        assert process.exit_code() == 0
    assert [record["event"] for record in records] == list(EVENTS)
    for record, event in zip(records, EVENTS.values(), strict=True):
        assert "malformed" not in record
        assert record["scope"] == event.scope
        assert record["meta"]["type"] == event.name  # type: ignore[index]


def test_several_events_are_reported_in_one_line(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator, "1229/grWhatsApp", "--count", "3") as process:
        process.wait_for("subscribed to 1229/grWhatsApp")
        arguments = ["message", "-c", "1229/grWhatsApp", "--count", "3", "--rate", "100"]
        code, stderr = trigger(tmp_path, *arguments, api_url=emulator.api_url)
        assert process.exit_code() == 0
    assert (code, stderr) == (0, "chatapp-tail: message: 3 of 3 sent to 1229/grWhatsApp\n")


def test_channel_that_nobody_watches_is_warned_of_once(emulator: Emulator, tmp_path: Path) -> None:
    code, stderr = trigger(tmp_path, "message", "-n", "30", api_url=emulator.api_url)
    assert code == 0
    assert stderr.splitlines() == [
        "chatapp-tail: warning: message 1 of 30: sent to 1229/telegram, which nobody watches",
        "  Watch it: chatapp-tail 1229/telegram",
        "chatapp-tail: message: 30 of 30 sent to 1229/telegram",
    ]


def test_undocumented_event_is_sent_from_a_file(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text('[{"id": "a", "note": "Привет 👋"}, {"id": "b"}]', encoding="utf-8")
    lines = seen(tmp_path, emulator, 2, "chatNew", "--file", str(file))
    records = [validate_line(line) for line in lines]
    assert [record["event"] for record in records] == ["chatNew", "chatNew"]
    assert [record["data"] for record in records] == [
        {"id": "a", "note": "Привет 👋"},
        {"id": "b"},
    ]


def test_recorded_line_can_be_sent_again(emulator: Emulator, tmp_path: Path) -> None:
    first = seen(tmp_path, emulator, 1, "message", "--set", "data.0.message.text=Hello")[0]
    second = seen(tmp_path, emulator, 1, "message", "--file", "-", stdin=first)[0]
    assert '"text":"Hello"' in first
    assert validate_line(second)["data"] == validate_line(first)["data"]


@pytest.mark.parametrize(
    ("meta", "spec"),
    [
        ({"companyId": 9}, "company/2224"),
        ({"userId": "9"}, "user/685"),
        ({"licenseId": 9, "companyId": 9}, "1229/telegram"),
        (None, "1229/telegram"),
    ],
)
def test_file_of_an_undocumented_event_goes_where_its_meta_points(
    emulator: Emulator, tmp_path: Path, meta: object, spec: str
) -> None:
    text = json.dumps({"data": [{}], "meta": meta})
    _, stderr = trigger(tmp_path, "new", "--file=-", api_url=emulator.api_url, stdin=text)
    assert f"new: sent to {spec}" in stderr


def test_verbose_shows_what_is_sent(emulator: Emulator, tmp_path: Path) -> None:
    _, stderr = trigger(tmp_path, "chatRead", "-vv", api_url=emulator.api_url)
    assert '> {"data":[{"chat":{"id":"7000000000@c.us"}}],"meta":{"type":"chatRead"' in stderr


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        ("message --set data.0.mesage.text=x", "did you mean data.0.message.text?"),
        ("employeeStatus 1229/telegram", "comes on channels like company/2224, not 1229"),
        ("mesage --file -", "event 'mesage' isn't documented; did you mean message?"),
    ],
)
def test_probable_mistakes_are_warned_of_and_sent(
    emulator: Emulator, tmp_path: Path, words: str, warning: str
) -> None:
    code, stderr = trigger(tmp_path, *words.split(), api_url=emulator.api_url, stdin="{}")
    assert code == 0
    assert re.search(f"warning: .*{re.escape(warning)}", stderr)


def test_signal_between_two_events_ends_at_once(emulator: Emulator, tmp_path: Path) -> None:
    arguments = ["message", "-n", "9", "--rate", "0.01", "--api-url", emulator.api_url]
    with CLI(tmp_path, "trigger", *arguments) as process:
        process.wait_for("message 1 of 9: sent")  # the warning that nobody watches
        process.send(signal.SIGTERM)
        assert process.exit_code_at_once() == 143
        assert "Traceback" not in process.stderr.text


# Errors


@pytest.mark.parametrize(
    ("words", "code", "error", "hint"),
    [
        ("message", 5, f"no local ChatApp at {NOBODY}$", "Start one: chatapp-tail serve$"),
        ("mesage", 2, "there is no documented event 'mesage'$", r"Did you mean message\?$"),
        ("qqq", 2, "there is no documented event 'qqq'$", "--file F$"),
        ("message --set data.9.id=1", 2, "--set: data is a list of 1$", r" {7}\^$"),
        ("message --file absent", 2, "--file: absent can't be read: No such", ""),
        ("message --file -", 2, "--file: not JSON: ", "A file holds"),
        ("message 1229/*", 2, r"'1229/\*' is not a channel$", "1229/telegram"),
        ("message 1/a -c 2/b", 2, "an event goes to one channel, not to 2$", ""),
        ("message --header a:b", 2, "--header does nothing without a webhook$", "--to http"),
        ("message --insecure", 2, "--insecure does nothing without a webhook$", "--to http"),
        (
            "message --api-url https://api.chatapp.online",
            2,
            "only a local ChatApp takes events, and api.chatapp.online is not this machine$",
            "Start one with chatapp-tail serve",
        ),
        ("message --to http://crm.example", 2, "--to: .* go to crm.example", "--insecure"),
        (f"message --to {NOBODY}", 5, "127.0.0.1:9 could not be reached: connection refu", ""),
    ],
)
def test_errors_say_the_next_step(
    tmp_path: Path, words: str, code: int, error: str, hint: str
) -> None:
    actual, stderr = trigger(tmp_path, *words.split())
    assert actual == code
    first, _, rest = stderr.partition("\n")
    assert first.startswith(ERROR)
    assert re.search(error, first.removeprefix(ERROR))
    assert re.search(hint, rest, re.MULTILINE)


# To a webhook


def test_webhook_gets_the_flat_event_with_headers(tmp_path: Path) -> None:
    with Webhook() as webhook:
        headers = ("--header", "X-Key: k1", "--header", "X-B: 2")
        code, stderr = trigger(tmp_path, "chatRead", "--to", webhook.url, *headers)
    request = webhook.requests[0]
    assert code == 0
    assert (request.method, request.path) == ("POST", "/webhook")
    assert (request.headers["x-key"], request.headers["x-b"]) == ("k1", "2")
    assert request.headers["content-type"] == "application/json"
    assert webhook.bodies == list(samples("chatRead"))
    assert re.fullmatch(r"chatapp-tail: chatRead: 200 in \d+ ms\n", stderr)


def test_webhook_gets_the_ids_of_a_channel_that_is_named(tmp_path: Path) -> None:
    with Webhook() as webhook:
        assert trigger(tmp_path, "chatRead", "7/avito", "--to", webhook.url)[0] == 0
    (body,) = webhook.bodies
    assert isinstance(body, dict)
    assert body["meta"] == {"type": "chatRead", "licenseId": 7, "messengerType": "avito"}


def test_verbose_reports_each_event(tmp_path: Path) -> None:
    with Webhook(Answer(204), Answer(500), Answer(500), Answer()) as webhook:
        code, stderr = trigger(tmp_path, "message", "-n", "4", "-v", "--to", webhook.url)
    told = re.findall(r"message (\d) of 4: (\d+) in ", stderr)
    assert (code, told) == (1, [("1", "204"), ("2", "500"), ("3", "500"), ("4", "200")])


def test_answers_other_than_2xx_end_with_1_after_all_events_are_sent(tmp_path: Path) -> None:
    with Webhook(Answer(302, {"Location": "/"}), Answer(500), Answer()) as webhook:
        code, stderr = trigger(tmp_path, "message", "-n", "3", "--to", webhook.url)
    assert (code, len(webhook.requests)) == (1, 3)
    assert "warning: message 1 of 3: 302 in " in stderr
    assert stderr.count("warning: message ") == 1
    assert "Redirects aren't followed." in stderr
    assert f"{ERROR}the webhook did not take 2 of 3 events" in stderr


def test_one_refused_event_is_an_error_even_with_quiet(tmp_path: Path) -> None:
    with Webhook(Answer(404)) as webhook:
        code, stderr = trigger(tmp_path, "message", "-q", "--to", webhook.url)
    assert (code, stderr.splitlines()[0]) == (1, f"{ERROR}the webhook did not take the event")


def test_webhook_that_hangs_up_ends_with_5_and_no_secret_is_said(tmp_path: Path) -> None:
    with Webhook(Answer(), Answer(0)) as webhook:
        secrets = ("--to", f"{webhook.url}?key=s3cret", "--header", "X-Key: hush-hush")
        code, stderr = trigger(tmp_path, "message", "-n", "9", *secrets)
    assert code == 5
    assert "could not be reached: the connection was closed without an answer" in stderr
    assert "s3cret" not in stderr
    assert "hush-hush" not in stderr


def test_signal_while_a_webhook_answers_slowly_ends_at_once(tmp_path: Path) -> None:
    with (
        Webhook(Answer(delay=60.0)) as webhook,
        CLI(tmp_path, "trigger", "message", "--to", webhook.url) as process,
    ):
        assert webhook.arrived.wait(15.0)
        process.send(signal.SIGINT)
        assert process.exit_code_at_once() == 130
