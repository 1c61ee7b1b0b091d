"""``chatapp-tail trigger`` as a whole; tests/triggering has its parts."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.clock import SystemClock
from tests.cli.running import environment
from tests.support.cli_here import run_here
from tests.support.cli_process import CLI
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.loopback_http import Answer, LoopbackHTTP, Request
from tests.support.schema import validate_line
from tests.support.waiting import wait_until

SPECS = {Scope.LICENSE: "1229/telegram", Scope.COMPANY: "company/2224", Scope.USER: "user/685"}
ERROR = "chatapp-tail: error: "
# The discard port, where nothing listens.
NOBODY = "http://127.0.0.1:9"
HELLO = "data.0.message.text=Hello"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Yield a local ChatApp in which nothing happens by itself."""
    with running_emulator(EmulatorSettings(pace=None)) as running:
        yield running


@pytest.fixture
def webhook() -> Iterator["Webhook"]:
    """Yield a webhook that answers 200."""
    hook = Webhook()
    with LoopbackHTTP(hook.answer) as server:
        hook.url = f"{server.url}/hook?key=s3cret"
        yield hook


class Webhook:
    """Keeps what it is sent; ``answers`` come first, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.answers: list[Answer] = []

    def answer(self, request: Request) -> Answer:
        """Take one event."""
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else Answer()

    def bodies(self) -> list[dict[str, object]]:
        """Return what was posted."""
        return [json.loads(request.body) for request in self.requests]


def trigger(home: Path, *arguments: str, api_url: str = NOBODY, stdin: str = "") -> tuple[int, str]:
    """Return the exit code and stderr; stdout must stay empty."""
    environment = {"CHATAPP_API_URL": api_url}
    code, stdout, stderr = run_here(
        home, "trigger", *arguments, environment=environment, stdin=stdin
    )
    assert stdout == ""
    return code, stderr


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


def seen_raw(home: Path, emulator: Emulator) -> dict[str, object]:
    """Return the payload of a ``chatRead`` as the wire has it."""
    with tail(home, emulator, "1229/telegram", "--format", "raw", "--count", "1") as process:
        process.wait_for("subscribed to 1229/telegram")
        assert trigger(home, "chatRead", api_url=emulator.api_url)[0] == 0
        line: dict[str, object] = json.loads(process.lines(1)[0])
        return line


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
        meta = record["meta"]
        assert isinstance(meta, dict)
        ids = {"licenseId": "license", "messengerType": "messenger"}
        ids |= {"companyId": "company", "userId": "user"}
        owner = {key: str(record[one]) for key, one in ids.items() if record[one] is not None}
        assert {key: str(value) for key, value in meta.items()} == {"type": event.name} | owner


def test_sample_is_of_now_and_fields_are_set_by_type(emulator: Emulator, tmp_path: Path) -> None:
    changes = [HELLO, "data.0.fromMe=true", "data.0.chat.image=null", "data.0.chat.tags=[]"]
    options = [word for change in changes for word in ("--set", change)]
    record = validate_line(seen(tmp_path, emulator, 1, "message", *options)[0])
    data = record["data"]
    documented = samples("message")[0]["data"]
    assert isinstance(data, dict)
    assert isinstance(documented, list)
    assert abs(data["time"] - SystemClock().utcnow().timestamp()) < 60
    assert data["id"] == 123
    assert data["message"]["text"] == "Hello"
    assert (data["fromMe"], data["chat"]["image"], data["chat"]["tags"]) == (True, None, [])
    assert data["quotedMessage"] == documented[0]["quotedMessage"]


def test_wire_has_the_shape_that_chatapp_sends(emulator: Emulator, tmp_path: Path) -> None:
    line = seen_raw(tmp_path, emulator)
    assert line.keys() == {"queue", "payload"}
    assert line["payload"] == {
        "data": [{"chat": {"id": "7000000000@c.us"}}],
        "meta": {"type": "chatRead", "licenseId": "1229", "messengerType": "telegram"},
    }


def test_each_of_several_is_a_message_of_its_own_and_one_line_tells_of_all(
    emulator: Emulator, tmp_path: Path
) -> None:
    with tail(tmp_path, emulator, "1229/grWhatsApp", "--count", "3") as process:
        process.wait_for("subscribed to 1229/grWhatsApp")
        arguments = ["message", "-c", "1229/grWhatsApp", "--count", "3", "--rate", "100"]
        code, stderr = trigger(tmp_path, *arguments, api_url=emulator.api_url)
        records = [validate_line(line) for line in process.lines(3)]
    assert code == 0
    assert [record["data"]["id"] for record in records] == [123, 124, 125]  # type: ignore[index]
    assert {record["messenger"] for record in records} == {"grWhatsApp"}
    assert stderr == "chatapp-tail: message: 3 of 3 sent to 1229/grWhatsApp\n"


def test_what_nobody_watches_is_warned_of_once(emulator: Emulator, tmp_path: Path) -> None:
    code, stderr = trigger(tmp_path, "message", "-n", "30", api_url=emulator.api_url)
    assert code == 0
    assert stderr.splitlines() == [
        "chatapp-tail: warning: message 1 of 30: sent to 1229/telegram, which nobody watches",
        "  Watch it: chatapp-tail 1229/telegram",
        "chatapp-tail: message: 30 of 30 sent to 1229/telegram",
    ]


def test_undocumented_event_is_sent_from_a_file_or_stdin(
    emulator: Emulator, tmp_path: Path
) -> None:
    file = tmp_path / "event.json"
    file.write_text('[{"id": "a", "note": "Привет 👋"}, {"id": "b"}]', encoding="utf-8")
    lines = seen(tmp_path, emulator, 2, "chatNew", "--file", str(file))
    again = seen(tmp_path, emulator, 1, "chatNew", "--file", "-", stdin='{"id": "c"}')
    records = [validate_line(line) for line in lines + again]
    assert [record["data"] for record in records] == [
        {"id": "a", "note": "Привет 👋"},
        {"id": "b"},
        {"id": "c"},
    ]
    assert {record["event"] for record in records} == {"chatNew"}
    assert records[0]["meta"] == {
        "type": "chatNew",
        "licenseId": 1229,
        "messengerType": "telegram",
    }


def test_recorded_line_can_be_sent_again(emulator: Emulator, tmp_path: Path) -> None:
    first = seen(tmp_path, emulator, 1, "message", "--set", HELLO)[0]
    second = seen(tmp_path, emulator, 1, "message", "--file", "-", stdin=first)[0]
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
    arguments = ("new", "--file", "-")
    _, stderr = trigger(tmp_path, *arguments, api_url=emulator.api_url, stdin=text)
    assert f"new: sent to {spec}" in stderr


def test_verbose_shows_what_is_sent_and_quiet_nothing(emulator: Emulator, tmp_path: Path) -> None:
    _, stderr = trigger(tmp_path, "chatRead", "-vv", api_url=emulator.api_url)
    assert '> {"data":[{"chat":{"id":"7000000000@c.us"}}],"meta":{"type":"chatRead"' in stderr
    assert trigger(tmp_path, "chatRead", "-q", api_url=emulator.api_url) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (["message", "--set", "data.0.mesage.text=x"], "did you mean data.0.message.text?"),
        (["employeeStatus", "1229/telegram"], "comes on channels like company/2224, not 1229"),
        (["mesage", "--file", "-"], "event 'mesage' isn't documented; did you mean message?"),
    ],
    ids=str,
)
def test_probable_mistakes_are_said_and_sent(
    emulator: Emulator, tmp_path: Path, arguments: list[str], warning: str
) -> None:
    code, stderr = trigger(tmp_path, *arguments, api_url=emulator.api_url, stdin="{}")
    assert code == 0
    assert re.search(f"warning: .*{re.escape(warning)}", stderr)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_signal_between_two_events_ends_at_once(
    emulator: Emulator, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    arguments = ["message", "-n", "9", "--rate", "0.01", "--api-url", emulator.api_url]
    with CLI(tmp_path, "trigger", *arguments) as process:
        process.wait_for("message 1 of 9: sent")  # the warning that nobody watches
        process.send(number)
        assert process.exit_code_at_once() == code
        assert "Traceback" not in process.stderr.text


# Errors


@pytest.mark.parametrize(
    ("arguments", "code", "error", "hint"),
    [
        (["message"], 5, f"no local ChatApp at {NOBODY}$", "Start one: chatapp-tail serve$"),
        (["mesage"], 2, "there is no documented event 'mesage'$", r"Did you mean message\?$"),
        (["qqq"], 2, "there is no documented event 'qqq'$", "--file F$"),
        (["message", "--set", "data.9.id=1"], 2, "--set: data is a list of 1$", r" {7}\^$"),
        (["message", "--file", "absent"], 2, "--file: absent can't be read: No such", ""),
        (["message", "--file", "-"], 2, "--file: not JSON: ", "A file holds"),
        (["message", "1229/*"], 2, r"'1229/\*' is not a channel$", "1229/telegram"),
        (["message", "1/a", "-c", "2/b"], 2, "an event goes to one channel, not to 2$", ""),
        (
            ["message", "--header", "a: b"],
            2,
            "--header does nothing without a webhook$",
            "--to http",
        ),
        (["message", "--insecure"], 2, "--insecure does nothing without a webhook$", "--to http"),
        (
            ["message", "--api-url", "https://api.chatapp.online"],
            2,
            "only a local ChatApp takes events, and api.chatapp.online is not this machine$",
            "Start one with chatapp-tail serve",
        ),
        (
            ["message", "--to", "http://crm.example"],
            2,
            "--to: .* go to crm.example without",
            "--insecure",
        ),
        (["message", "--to", NOBODY], 5, "127.0.0.1:9 could not be reached: connection refu", ""),
    ],
    ids=str,
)
def test_errors_say_the_next_step(
    tmp_path: Path, arguments: list[str], code: int, error: str, hint: str
) -> None:
    actual, stderr = trigger(tmp_path, *arguments)
    assert actual == code
    first, _, rest = stderr.partition("\n")
    assert first.startswith(ERROR)
    assert re.search(error, first.removeprefix(ERROR))
    assert re.search(hint, rest, re.MULTILINE)


# To a webhook


def test_webhook_gets_the_flat_event_with_headers(webhook: Webhook, tmp_path: Path) -> None:
    code, stderr = trigger(
        tmp_path, "chatRead", "--to", webhook.url, "--header", "X-Key: k1", "--header", "X-B: 2"
    )
    request = webhook.requests[0]
    assert code == 0
    assert (request.method, request.path) == ("POST", "/hook?key=s3cret")
    assert (request.headers["x-key"], request.headers["x-b"]) == ("k1", "2")
    assert request.headers["content-type"] == "application/json"
    assert webhook.bodies() == list(samples("chatRead"))
    assert re.fullmatch(r"chatapp-tail: chatRead: 200 in \d+ ms\n", stderr)


def test_webhook_gets_the_ids_of_a_channel_that_is_named(webhook: Webhook, tmp_path: Path) -> None:
    assert trigger(tmp_path, "chatRead", "7/avito", "--to", webhook.url)[0] == 0
    assert webhook.bodies()[0]["meta"] == {
        "type": "chatRead",
        "licenseId": 7,
        "messengerType": "avito",
    }


def test_verbose_tells_of_each_of_several(webhook: Webhook, tmp_path: Path) -> None:
    webhook.answers = [Answer(204), Answer(500), Answer(500)]
    code, stderr = trigger(tmp_path, "message", "-n", "4", "-v", "--to", webhook.url)
    assert code == 1
    told = re.findall(r"message (\d) of 4: (\d+) in ", stderr)
    assert told == [("1", "204"), ("2", "500"), ("3", "500"), ("4", "200")]


def test_other_answers_end_with_1_after_all_is_sent(webhook: Webhook, tmp_path: Path) -> None:
    webhook.answers = [Answer(302, {"Location": "/"}), Answer(500), Answer(200)]
    code, stderr = trigger(tmp_path, "message", "-n", "3", "--to", webhook.url)
    assert code == 1
    assert len(webhook.requests) == 3
    assert "warning: message 1 of 3: 302 in " in stderr
    assert stderr.count("warning: message ") == 1
    assert "Redirects aren't followed." in stderr
    assert f"{ERROR}the webhook did not take 2 of 3 events" in stderr


def test_one_refused_event_is_an_error_even_with_quiet(webhook: Webhook, tmp_path: Path) -> None:
    webhook.answers = [Answer(404)]
    code, stderr = trigger(tmp_path, "message", "-q", "--to", webhook.url)
    assert (code, stderr.splitlines()[0]) == (1, f"{ERROR}the webhook did not take the event")


def test_webhook_that_hangs_up_ends_with_5_and_no_secret_is_said(
    webhook: Webhook, tmp_path: Path
) -> None:
    webhook.answers = [Answer(), Answer(0)]
    arguments = ("message", "-n", "9", "--to", webhook.url, "--header", "X-Key: hush-hush")
    code, stderr = trigger(tmp_path, *arguments)
    assert code == 5
    assert "could not be reached: the connection was closed without an answer" in stderr
    assert "s3cret" not in stderr
    assert "hush-hush" not in stderr


def test_signal_while_a_webhook_thinks_ends_at_once(webhook: Webhook, tmp_path: Path) -> None:
    webhook.answers = [Answer(delay=60.0)]
    with CLI(tmp_path, "trigger", "message", "--to", webhook.url) as process:
        wait_until(lambda: bool(webhook.requests), "the webhook to be asked")
        process.send(signal.SIGINT)
        assert process.exit_code_at_once() == 130
