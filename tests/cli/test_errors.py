"""What goes wrong ends with its exit code, one sentence, and the next step to take."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.running import SPEC, environment
from tests.support.cli_here import run_here
from tests.support.cli_process import CLI, endpoint
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.loopback_http import Answer, LoopbackHTTP, Request

ERROR = "chatapp-tail: error: "
# A tail's have the local time, because stderr is a pipe here.
SENTENCE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d )?chatapp-tail: |  ")
REFUSED = "1229/avito"
# Looks like one, and is on no server.
WRONG_TOKEN = "$2y$10$wrong.wrong.wrong.wrong.wrong.wrong.wrong.wrong.wrong"
# The discard port, where nothing listens.
NOBODY = "127.0.0.1:9"
_WEBSOCKET_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


# By what went wrong: a command line, the exit code; error and hint are regular expressions.
TAIL_ERRORS = {
    "wrong token": (
        f"{SPEC} --token {WRONG_TOKEN}",
        3,
        r"the API refused the token \(HTTP 401, Unauthenticated\.\)$",
        "A ChatApp token lives 24 hours",
    ),
    "refused channel": (REFUSED, 4, "1229/avito refused: HTTP 403$", "Check the licence id"),
    "all channels refused": (
        f"{REFUSED} user/1",
        4,
        "all 2 channels were refused; user/1 refused: HTTP 403$",
        "Check the licence id",
    ),
    "first refusal with --strict": (
        f"--strict {REFUSED} {SPEC}",
        4,
        "1229/avito refused: HTTP 403$",
        "Check the licence id",
    ),
    "nothing listens": (
        f"{SPEC} --retries 0 --socket-url ws://{NOBODY}",
        5,
        rf"no connection to {NOBODY}: Connection refused \(gave up after 1 try\)$",
        r"Check the network\.\n  Check the server ws://",
    ),
    "unknown host": (
        f"{SPEC} --retries 0 --socket-url ws://nobody.invalid",
        5,
        r"the host nobody\.invalid can't be found \(gave up after 1 try\)$",
        r"Check the network\.\n  Check the server ws://",
    ),
    "the API is down": (
        f"{SPEC} --retries 0 --api-url http://{NOBODY}",
        5,
        rf"1229/telegram can't be subscribed yet: no connection to the API .*{NOBODY}.*refused$",
        rf"Check .*the API http://{NOBODY}",
    ),
    "wrong app key": (
        f"{SPEC} --app-key Wrong",
        5,
        r"refused by the server: 4001 App key Wrong does not exist\.$",
        "the server doesn't know this app key\n.*the app key Wrong;",
    ),
    "unreadable token file": (
        f"{SPEC} --token @missing.txt",
        3,
        r"the token file missing\.txt can't be read: No such file or directory$",
        "Give one in one of these ways",
    ),
}
USAGE_ERRORS = {
    "nothing to watch": ("", 2, "nothing to watch$", r"No account yet\? +chatapp-tail demo"),
    "no token": (SPEC, 3, "no access token$", "chatapp-tail demo"),
    "bad full name": ("private-ä", 2, "'private-ä' is not a channel name$", "at most 200"),
    "near event": ("events mesage", 2, "there is no documented event 'mesage'$", "message"),
    "far event": ("events xyz", 2, "there is no documented event 'xyz'$", "chatapp-tail ev"),
    "bad port": (
        "serve --port 70000",
        2,
        "--port: '70000' is not a whole number from 0 to 65535",
        "--help",
    ),
    "control characters": (
        "a/\x1b[31m\u202e",
        2,
        r"'a/\\x1b\[31m\\u202e' is not a channel$",
        "A channel is written",
    ),
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Yield a local ChatApp in which nothing happens by itself."""
    with running_emulator(EmulatorSettings(pace=None)) as running:
        yield running


@pytest.mark.parametrize("what", TAIL_ERRORS)
def test_tail_that_cannot_run_ends_with_its_code_and_the_next_step(
    what: str, emulator: Emulator, tmp_path: Path
) -> None:
    words, code, error, hint = TAIL_ERRORS[what]
    with CLI(tmp_path, *words.split(), environment=environment(emulator)) as process:
        assert process.exit_code() == code
        assert process.stdout.text == ""
        check_error(process.stderr.text, error, hint)


@pytest.mark.parametrize("what", USAGE_ERRORS)
def test_command_that_cannot_run_ends_with_its_code_and_the_next_step(
    what: str, tmp_path: Path
) -> None:
    words, code, error, hint = USAGE_ERRORS[what]
    ended = run_here(tmp_path, *words.split())
    assert (ended.code, ended.stdout) == (code, "")
    check_error(ended.stderr, error, hint)


def check_error(stderr: str, error: str, hint: str) -> None:
    """Assert that ``stderr`` ends with one error and its hint, and holds nothing ugly."""
    before, mark, after = stderr.partition(ERROR)
    assert mark, stderr
    assert ERROR not in after
    line, *hints = after.splitlines()
    assert hints, "the next step is missing"
    assert re.match(f".*{error}", line)
    assert re.search(hint, "\n".join(hints))
    assert all(said.startswith("  ") for said in hints)
    assert all(SENTENCE.match(said) for said in before.splitlines())
    assert all(said.isprintable() for said in stderr.split("\n"))
    assert re.search(r"Traceback|unexpected|\$2y\$10\$\w", stderr) is None


def tail_against(answer: Callable[[Request], Answer], home: Path, *arguments: str) -> str:
    """Return what a tail says of a server that answers like this, and ends with 5."""
    with LoopbackHTTP(answer) as server:
        variables = endpoint(server.url.replace("http", "ws"), server.url, WRONG_TOKEN)
        with CLI(home, SPEC, *arguments, environment=variables) as process:
            assert process.exit_code() == 5
            return process.stderr.text


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [
        (200, "answered HTTP 200 to the websocket request", "be a Pusher server"),
        (404, "answered HTTP 404 to the websocket request", "be a Pusher server"),
        (301, "answered HTTP 301 to the websocket request", "Redirects aren't followed"),
    ],
)
def test_web_server_in_place_of_a_pusher_server_is_fatal(
    status: int, error: str, hint: str, tmp_path: Path
) -> None:
    answer = Answer(status, {"Location": "/login"}, "<html>Hello")
    said = tail_against(lambda _: answer, tmp_path)
    check_error(said, error, hint)
    assert "next try" not in said


def test_server_that_fails_for_now_is_tried_three_times(tmp_path: Path) -> None:
    error = r"answered HTTP 503 to the websocket request \(gave up after 3 tries\)$"
    check_error(tail_against(lambda _: Answer(503), tmp_path), error, "")


def test_websocket_server_of_another_kind_is_named_as_such(tmp_path: Path) -> None:
    def upgrade(request: Request) -> Answer:
        key = request.headers["sec-websocket-key"] + _WEBSOCKET_MAGIC
        accept = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest())
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept.decode(),
        }
        return Answer(101, headers, b"\x81\x05hello")

    said = tail_against(upgrade, tmp_path, "--retries", "0")
    check_error(said, "the server doesn't speak the Pusher protocol", "Check the server ws://")


def test_tls_with_a_plain_server_names_the_remedy(emulator: Emulator, tmp_path: Path) -> None:
    url = emulator.socket_url.replace("ws:", "wss:")
    environment = endpoint(url, emulator.api_url, emulator.token)
    with CLI(tmp_path, SPEC, "--retries", "0", environment=environment) as process:
        assert process.exit_code() == 5
        check_error(
            process.stderr.text, "no TLS with 127.0.0.1", "without TLS at this port: use ws://"
        )


def test_unreadable_certificates_are_a_usage_error(emulator: Emulator, tmp_path: Path) -> None:
    variables = environment(emulator, SSL_CERT_FILE="missing.pem")
    with CLI(tmp_path, SPEC, environment=variables) as process:
        assert process.exit_code() == 2
        error = r"no certificates can be read from missing\.pem \(SSL_CERT_FILE\)"
        check_error(process.stderr.text, error, "Point SSL_CERT_FILE to a PEM file")


@pytest.mark.parametrize(
    "words", ["demo", "events", "events --json", "events message", "--help", "--version"]
)
def test_full_disk_under_stdout_is_an_error(tmp_path: Path, words: str) -> None:
    with CLI(tmp_path, *words.split(), stdout=Path("/dev/full")) as process:
        assert process.exit_code() == 1
        error = "standard output can't be written: No space left on device$"
        check_error(process.stderr.text, error, "")


@pytest.mark.parametrize("redirection", ["2>&-", "<&- 2>&-"], ids=["stderr", "stdin and stderr"])
def test_closed_stderr_leaves_the_exit_code(tmp_path: Path, redirection: str) -> None:
    with CLI(tmp_path, "nonsense", script=f'exec "$@" {redirection}') as process:
        assert process.exit_code() == 2


def test_closed_stdin_holds_no_token(tmp_path: Path) -> None:
    with CLI(tmp_path, SPEC, "--token", "-", script='exec "$@" <&-') as process:
        assert process.exit_code() == 3
        check_error(process.stderr.text, "standard input holds no token$", "--token @FILE")


def test_reader_of_the_help_may_leave(tmp_path: Path) -> None:
    with CLI(tmp_path, "--help", script='{ "$@"; echo $? >&2; } | true') as process:
        assert process.exit_code() == 0
        assert process.stderr.text == "0\n"


def test_probable_typing_error_is_a_warning_and_passes(emulator: Emulator, tmp_path: Path) -> None:
    arguments = ("1229/grwhatsap", "-c", SPEC, "-d", "300ms")
    with CLI(tmp_path, *arguments, environment=environment(emulator)) as process:
        assert process.exit_code() == 0
        question = "messenger type 'grwhatsap' isn't known; did you mean grWhatsApp?"
        assert f"chatapp-tail: warning: {question}\n" in process.stderr.text


def test_token_of_an_unknown_form_is_tried_with_a_warning(
    emulator: Emulator, tmp_path: Path
) -> None:
    environment = endpoint(emulator.socket_url, emulator.api_url, "strange-token")
    with CLI(tmp_path, SPEC, environment=environment) as process:
        assert process.exit_code() == 3
        assert "the token doesn't look like ChatApp's" in process.stderr.text
        assert "strange-token" not in process.stderr.text
