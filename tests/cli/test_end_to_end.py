"""The whole program in a process of its own, against a local ChatApp in this one."""

import json
import re
import shlex
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.emulator.auth import App
from chatapp_tail.emulator.story import FIRST_PASS_ITEMS
from tests.cli.running import CHANNEL, SUBSCRIBED, tail, watching
from tests.support.cli_process import AT_ONCE, CLI, endpoint
from tests.support.emulated import Emulator
from tests.support.loopback_http import Answer, AuthEndpoint
from tests.support.schema import validate_line
from tests.support.soketi import Publisher
from tests.support.waiting import wait_until

# More than a pipe takes (64 KB on Linux) without anybody reading.
MANY, KILOBYTES_EACH = 400, 4


@pytest.fixture(scope="module", autouse=True)
def whole_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CLI]:
    """Start the demo's first pass early: it takes ten seconds, in which other tests can run."""
    with CLI(tmp_path_factory.mktemp("demo"), "demo", "--count", str(FIRST_PASS_ITEMS)) as process:
        yield process


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """Yield the URL of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"


def publish(emulator: Emulator, text: str) -> None:
    """Send one message to the one subscriber."""
    item = {"id": 1, "side": "in", "type": "text", "message": {"text": text}}
    assert emulator.publish(CHANNEL, "message", {"data": [item], "meta": {}}) == 1


def publish_many(emulator: Emulator, process: CLI) -> None:
    """Send more than a pipe takes, and wait until the tail (run with -vv) has seen all of it.

    Its stdout isn't read meanwhile.
    """
    process.holds_stdout = True
    for number in range(MANY):
        publish(emulator, text_number(number))
        if number % 50 == 49:  # the server skips messages when a megabyte is under way
            process.wait_for(f"#{number}:")


def text_number(number: int) -> str:
    """Return a long text that can be told from the others."""
    return f"#{number}:".ljust(KILOBYTES_EACH * 1024, "x")


def texts(lines: list[str]) -> list[str]:
    """Return the messages' texts of JSON Lines, each checked against the schema."""
    return [json.loads(line)["data"]["message"]["text"] for line in lines if validate_line(line)]


def check_quiet_end(process: CLI) -> None:
    """Assert that the tail ends at once, as its reader left, and complains of nothing."""
    process.close_stdout()
    assert process.exit_code_at_once() == 0
    assert re.search("error|warning|pipe|Traceback", process.stderr.text) is None


def test_events_arrive_in_order_and_count_ends_the_run_at_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "--count", "3") as process:
        for text in ("one", "two", "three"):
            publish(emulator, text)
        assert process.exit_code_at_once() == 0
        assert texts(process.lines(3)) == ["one", "two", "three"]
        assert "3 shown of 3 received" in process.stderr.text


def test_reader_that_leaves_while_nothing_happens_ends_the_run_quietly_and_at_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator) as process:
        publish(emulator, "the first")
        assert texts(process.lines(1)) == ["the first"]
        check_quiet_end(process)
        assert "1 shown of 1 received" in process.stderr.text


def test_reader_that_leaves_a_backlog_behind_ends_the_run_quietly(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "-vv") as process:
        publish_many(emulator, process)
        check_quiet_end(process)


def test_pipe_into_head_ends_with_the_first_line(emulator: Emulator, tmp_path: Path) -> None:
    with watching(tmp_path, emulator, script='"$@" | head -1') as process:
        publish(emulator, "the first")
        assert process.exit_code_at_once() == 0
        assert texts(process.lines(1)) == ["the first"]


def test_signal_while_events_wait_for_a_slow_reader_loses_none(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "-vv") as process:
        publish_many(emulator, process)
        process.send(signal.SIGINT)
        process.holds_stdout = False
        assert process.exit_code() == 130
        assert texts(process.lines(MANY)) == [text_number(number) for number in range(MANY)]
        assert f"{MANY} shown of {MANY} received" in process.stderr.text


def test_signal_with_a_stuck_reader_ends_the_run_within_a_second_and_says_what_is_lost(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "-vv") as process:
        publish_many(emulator, process)
        process.send(signal.SIGINT)
        assert process.exit_code_at_once(within=2 * AT_ONCE) == 130
        lost = process.wait_for("could not be written")
        assert re.search(r"\d+ events could not be written", lost)


def test_second_signal_leaves_at_once(emulator: Emulator, tmp_path: Path) -> None:
    with watching(tmp_path, emulator, "-vv") as process:
        publish_many(emulator, process)
        process.send(signal.SIGINT)
        wait_until(lambda: emulator.connections == 0, "the tail to write its queue")
        process.send(signal.SIGINT)
        assert process.exit_code_at_once() == 130
        assert "could not be written" not in process.stderr.text


def test_stuck_reader_does_not_stop_the_reading_of_the_socket(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "-vv", "--count", str(MANY)) as process:
        publish_many(emulator, process)
        assert not process.ended
        process.holds_stdout = False
        assert texts(process.lines(MANY)) == [text_number(number) for number in range(MANY)]
        assert process.exit_code() == 0


def test_signal_while_connecting_ends_the_run_at_once(deaf_server: str, tmp_path: Path) -> None:
    environment = endpoint(deaf_server, "http://127.0.0.1:9", "token")
    with CLI(tmp_path, "1229/telegram", environment=environment) as process:
        process.wait_for("connecting to")
        process.send(signal.SIGINT)
        assert process.exit_code_at_once() == 130
        assert "Traceback" not in process.stderr.text


def test_signal_while_a_channel_awaits_its_authorization_ends_the_run_at_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    with AuthEndpoint() as slow:
        slow.play(Answer(delay=60.0))
        environment = endpoint(emulator.socket_url, slow.api_url, slow.token)
        with CLI(tmp_path, "1229/telegram", environment=environment) as process:
            process.wait_for("connecting to")
            wait_until(lambda: len(slow.requests) == 1, "the question")
            process.send(signal.SIGINT)
            assert process.exit_code_at_once() == 130


def test_signal_between_two_attempts_ends_the_run_at_once(tmp_path: Path) -> None:
    environment = endpoint("ws://127.0.0.1:9", "http://127.0.0.1:9", "token")
    with CLI(tmp_path, "1229/telegram", "--retries", "99", environment=environment) as process:
        process.wait_for("next try in")
        process.send(signal.SIGINT)
        assert process.exit_code_at_once() == 130


def test_first_words_come_early_and_before_any_answer_of_the_server(
    deaf_server: str, tmp_path: Path
) -> None:
    environment = endpoint(deaf_server, "http://127.0.0.1:9", "token")
    with CLI(tmp_path, "1229/telegram", environment=environment) as process:
        assert process.seconds_to_first_words() < 2 * AT_ONCE
        process.wait_for(f"connecting to {deaf_server}")


def test_quiet_run_says_nothing_on_stderr(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator, "-q", "--count", "1") as process:
        wait_until(lambda: bool(emulator.publish(CHANNEL, "message", "text")), "a subscriber")
        assert process.exit_code() == 0
        assert process.stderr.text == ""


def test_verbosity_adds_steps_then_frames_and_never_shows_token_or_signature(
    emulator: Emulator, tmp_path: Path
) -> None:
    said = []
    for options in ((), ("-v",), ("-vv",)):
        with watching(tmp_path, emulator, "--count", "1", *options) as process:
            publish(emulator, emulator.token)
            assert process.exit_code() == 0
            said.append(process.stderr.text)
    assert ["connected, socket_id" in text for text in said] == [False, True, True]
    assert ["pusher:subscribe" in text for text in said] == [False, False, True]
    assert f'"channel":"{CHANNEL}","auth":"***"' in said[2]
    signature = re.compile(f"{emulator.app_key}:[0-9a-f]")
    for text in said:
        assert emulator.token not in text
        assert signature.search(text) is None


def test_demo_with_drops_shows_loss_recovery_and_gap(tmp_path: Path) -> None:
    with CLI(tmp_path, "demo", "--drop-every", "1s") as process:
        process.wait_for(SUBSCRIBED)
        process.wait_for("next try in")
        process.wait_for(SUBSCRIBED)
        process.wait_for("gap of")
        process.send(signal.SIGINT)
        assert process.exit_code() == 130
        process.wait_for("1 gap of")


def test_serve_prints_commands_that_work_and_takes_events_from_the_official_library(
    tmp_path: Path,
) -> None:
    with CLI(tmp_path, "serve", "--port", "0") as server:
        printed = server.lines(11)
        exports = "\n".join(line.strip() for line in printed if line.startswith("  export "))
        command = next(line for line in printed if line.strip().startswith("chatapp-tail"))
        app = re.search(r"app id (\S+), key (\S+), secret (\S+)", "\n".join(printed))
        port = re.search(r"CHATAPP_SOCKET_URL=ws://\S+:(\d+)", exports)
        assert app
        assert port
        specs = shlex.split(command)[1:]
        arguments = (*specs, "-e", "published", "--count", "1")
        with CLI(tmp_path, *arguments, script=f'{exports}\nexec "$@"') as process:
            for spec in specs:
                process.wait_for(f"subscribed to {spec}")
            publisher = Publisher(int(port[1]), app=App(*app.groups()))
            publisher.publish(CHANNEL, "published", {"data": ["Привет 👋"]})
            publisher.close()
            assert process.exit_code() == 0
            assert validate_line(process.lines(1)[0])["data"] == "Привет 👋"
        server.send(signal.SIGTERM)
        assert server.exit_code_at_once() == 143


def test_serve_says_that_its_port_is_taken(emulator: Emulator, tmp_path: Path) -> None:
    with CLI(tmp_path, "serve", "--port", str(emulator.port)) as process:
        assert process.exit_code() == 2
        assert "the port is in use" in process.wait_for("chatapp-tail: error: ")


def test_events_shows_one_with_fields_and_sample(tmp_path: Path) -> None:
    with CLI(tmp_path, "events", "message") as process:
        assert process.exit_code() == 0
        assert "a message came in or went out" in process.stdout.text
        assert re.search(
            r"^ ?quotedMessage\.message\.text +string", process.stdout.text, re.MULTILINE
        )
        sample, examples, _ = process.stdout.text.partition("Sample:\n")[2].partition("\nExamples:")
        assert examples
        assert json.loads(sample) == samples("message")[0]


def test_first_pass_of_the_demo_shows_every_documented_event(whole_demo: CLI) -> None:
    assert whole_demo.exit_code(within=30) == 0
    records = [validate_line(line) for line in whole_demo.lines(FIRST_PASS_ITEMS)]
    assert {record["event"] for record in records} == set(EVENTS)
    assert f"{FIRST_PASS_ITEMS} shown of {FIRST_PASS_ITEMS} received" in whole_demo.stderr.text
    assert "warning" not in whole_demo.stderr.text
