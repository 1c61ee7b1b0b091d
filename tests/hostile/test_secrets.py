"""Token and signatures appear in nothing that the process says, whatever a server quotes.

What a server puts into an event is its own data and goes to stdout untouched, even if it quotes the
token: hiding there would falsify records. That one case is named where it is tested.
"""

import json
import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote

import pytest

import chatapp_tail
from chatapp_tail.account.tokens import FileToken, LiteralToken
from chatapp_tail.cli.options import CredentialOptions
from chatapp_tail.pusher.authorizing import Answer as Authorized
from chatapp_tail.pusher.interfaces import Authorize
from chatapp_tail.pusher.protocol import Authorization
from tests.network.given import SPEC, envelope, pusher
from tests.support.cli_process import CLI, endpoint
from tests.support.loopback_http import Answer, AuthEndpoint, Request, json_answer
from tests.support.records import TELEGRAM, frame
from tests.support.scripted_server import (
    CLOSE,
    TEXT,
    Peer,
    Script,
    ScriptedServer,
    encode_frame,
)

# A token of the usual form, with slashes, which PHP escapes in JSON.
TOKEN = "$2y$10$made.up/token.for/tests.only.abcdefghijklmnopqrstuvwx"
# Has no known form: it can be masked only because it is registered.
STRANGE_TOKEN = "strange/secret-0123456789.abcdef"
SOCKET_ID = "123.456"
# This many characters of a secret in a row must not be shown.
_TELLING = 12
# The prefix of every token, which help texts mention.
_COMMON = "$2y$10$"


def pieces(secret: str) -> Iterator[str]:
    """Yield the parts of ``secret`` that must not be shown: plain, and as in JSON and URLs."""
    body = secret.removeprefix(_COMMON)
    for begin in range(len(body) - _TELLING + 1):
        part = body[begin : begin + _TELLING]
        yield from (part, part.replace("/", r"\/"), quote(part, safe=""))


def assert_hidden(said: str, *secrets: str) -> None:
    """Assert that no part of a secret is in ``said``."""
    for secret in secrets:
        seen = [piece for piece in pieces(secret) if piece in said]
        assert seen == [], said


class Servers:
    """An API with a token and a Pusher server with a script; ``environment`` leads to them."""

    def __init__(self, *scripts: Script, token: str = TOKEN) -> None:
        self.socket = ScriptedServer(*scripts)
        self.api = AuthEndpoint(token=token)
        self.signature = self.api.sign(SOCKET_ID, TELEGRAM).partition(":")[2]

    def __enter__(self) -> Self:
        self.socket.start()
        self.api.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        try:
            self.socket.stop()
        finally:
            self.api.stop()

    def tail(self, home: Path, *arguments: str, **environment: str) -> CLI:
        """Return a tail with -vv that ends after its first failure."""
        leading = endpoint(self.socket.url, self.api.api_url, self.api.token) | environment
        retries = () if any(one.startswith("--retries") for one in arguments) else ("--retries=0",)
        return CLI(home, SPEC, "-vv", *retries, *arguments, environment=leading)

    def assert_quiet(self, process: CLI, *secrets: str) -> None:
        """Assert that neither stream shows the token, the signature or one of ``secrets``."""
        for said in (process.stdout.text, process.stderr.text):
            assert_hidden(said, self.api.token, self.signature, *secrets)


# An API that quotes


@dataclass(frozen=True, slots=True)
class Case:
    """An answer of the API, with {} for the token, and the exit code that follows."""

    code: int
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self, token: str) -> Answer:
        """Return the answer with ``token`` in it; slashes escaped, as PHP does in JSON."""
        quoted = {name: value.replace("{}", token) for name, value in self.headers.items()}
        escaped = token.replace("/", r"\/")
        return Answer(self.status, quoted, self.body.replace("{}", escaped))


API_CASES = {
    "401": Case(3, 401, '{"message":"{} is no token"}'),
    "invalid with 200": Case(
        3, 200, '{"success":false,"error":{"code":"ApiInvalidTokenError","message":"{}"}}'
    ),
    "403": Case(4, 403, '{"message":"{} may not"}'),
    "no signature": Case(5, 200, "<html>{}", {"Content-Type": "{}"}),
}
# Answers that don't end a run which has another channel.
WARNINGS = [
    Case(0, 403, '{"message":"{} may not"}'),
    Case(0, 422, '{"message":"' + "x" * 170 + ' {}"}'),
    Case(0, 500, '{"message":"{}"}', {"Retry-After": "{}"}),
    Case(0, 200, '{"auth":["{}"],"message":"{}"}'),
    Case(0, 200, '{"error":{"code":["{}"],"message":{"token":"{}"}}}'),
    Case(0, 200, "<html>{}", {"Content-Type": "{}"}),
]


@pytest.mark.parametrize("case", API_CASES.values(), ids=API_CASES)
def test_error_that_quotes_the_token_from_the_api_is_shown_without_it(
    tmp_path: Path, case: Case
) -> None:
    with Servers(pusher, token=STRANGE_TOKEN) as servers:
        servers.api.play(*[case.answer(STRANGE_TOKEN)] * 2)
        with servers.tail(tmp_path) as process:
            assert process.exit_code() == case.code
            servers.assert_quiet(process)


def test_warnings_that_quote_the_token_from_the_api_are_shown_without_it(tmp_path: Path) -> None:
    def decide(request: Request) -> Answer | None:
        number = int(request.channel.removeprefix("private-v1.users.") or 0)
        return WARNINGS[number - 1].answer(STRANGE_TOKEN) if number else None

    specs = [f"user/{number}" for number in range(len(WARNINGS) + 1)]
    with Servers(pusher, token=STRANGE_TOKEN) as servers:
        servers.api.decide = decide
        environment = endpoint(servers.socket.url, servers.api.api_url, STRANGE_TOKEN)
        with CLI(tmp_path, *specs, "-vv", "--notices", environment=environment) as process:
            for spec in specs[1:]:
                process.wait_for(spec)
            process.send(signal.SIGTERM)
            assert process.exit_code() == 143
            servers.assert_quiet(process)


def test_renewed_token_is_as_secret_as_the_first(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(STRANGE_TOKEN, encoding="utf-8")

    def refuse(request: Request) -> Answer:
        file.write_text(STRANGE_TOKEN[::-1], encoding="utf-8")
        token = request.headers["authorization"]
        return json_answer(401 if token == STRANGE_TOKEN else 403, {"message": token})

    with Servers(pusher) as servers:
        servers.api.decide = refuse
        environment = {"CHATAPP_TOKEN": "", "CHATAPP_TOKEN_FILE": str(file)}
        with servers.tail(tmp_path, **environment) as process:
            assert process.exit_code() == 4
            servers.assert_quiet(process, STRANGE_TOKEN, STRANGE_TOKEN[::-1])
        assert len(servers.api.requests) == 2


# A Pusher server that quotes


Say = Callable[[str], list[bytes]]


def quoting(*says: Say) -> Script:
    """Return a script that answers each subscription's ``auth`` by one of ``says``."""

    def script(peer: Peer) -> None:
        peer.handshake()
        established = {"socket_id": SOCKET_ID, "activity_timeout": 120}
        peer.send_text(envelope("pusher:connection_established", established))
        for say in says:
            auth = json.loads(peer.receive_text())["data"]["auth"]
            peer.send_raw(b"".join(say(auth)))
        peer.listen()

    return script


def text(content: str) -> bytes:
    return encode_frame(TEXT, content.encode())


def close(code: int, reason: str = "") -> bytes:
    return encode_frame(CLOSE, code.to_bytes(2) + reason.encode())


def error(code: int | None, message: str, *, is_text: bool = False) -> bytes:
    """Return an error frame, its data an object or JSON in a string."""
    data: object = {"code": code, "message": message}
    envelope = {"event": "pusher:error", "data": json.dumps(data) if is_text else data}
    return text(json.dumps(envelope))


def refused(auth: str, channel: str = TELEGRAM) -> bytes:
    """Return a refusal that quotes secrets."""
    data = {"type": "AuthError", "error": f"{auth} with {TOKEN}", "status": 401}
    return text(envelope("pusher:subscription_error", data, channel))


def echoed(auth: str) -> bytes:
    """Return a frame that quotes the client's own frame."""
    subscription = {"event": "pusher:subscribe", "data": {"auth": auth, "channel": TELEGRAM}}
    data = {"received": json.dumps(subscription), "token": TOKEN}
    return text(envelope("pusher:debug", data).replace("/", r"\/"))


SUBSCRIBED = text(envelope("pusher_internal:subscription_succeeded", {}, TELEGRAM))
ENDS: dict[str, tuple[int, Say]] = {
    "refusal": (4, lambda auth: [refused(auth)]),
    "no channel in the refusal": (4, lambda auth: [error(4009, f"bad {auth} {TOKEN}")]),
    "close with the signature": (5, lambda auth: [close(4009, f"bad {auth}")]),
    "close with the token": (5, lambda _: [close(4200, f"bad token {TOKEN}")]),
}


@pytest.mark.parametrize(("code", "say"), ENDS.values(), ids=ENDS)
def test_error_that_quotes_secrets_from_a_pusher_server_is_shown_without_them(
    tmp_path: Path, code: int, say: Say
) -> None:
    with Servers(quoting(say)) as servers, servers.tail(tmp_path) as process:
        assert process.exit_code() == code
        servers.assert_quiet(process)


def test_messages_that_quote_secrets_during_a_run_are_shown_without_them(
    tmp_path: Path,
) -> None:
    """Other texts become records, which keep their content; ``-e message`` filters them out."""
    specs = [f"user/{number}" for number in range(4)]

    refusals: list[Say] = [
        lambda auth: [refused(auth, "private-v1.users.0")],
        lambda auth: [error(4009, f"bad {auth} {TOKEN}")],
        lambda auth: [error(4009, f'"auth":"{auth}" {TOKEN}', is_text=True)],
        lambda auth: [error(None, f"Invalid: {auth} {TOKEN}")],
    ]

    def quote(auth: str) -> list[bytes]:
        return [
            SUBSCRIBED,
            error(4301, f"{auth} {TOKEN}"),
            error(4200, f"{auth} {TOKEN}"),
            echoed(auth),
            text(f'{{auth: {auth}, "auth" : "{auth}", {TOKEN}'),
            close(4200, f"restart {auth}"),
        ]

    def end(_auth: str) -> list[bytes]:
        return [SUBSCRIBED, close(4001, "bye")]

    with Servers(quoting(*refusals, quote), quoting(*refusals, end)) as servers:
        environment = endpoint(servers.socket.url, servers.api.api_url, TOKEN)
        arguments = (*specs, SPEC, "-vv", "--notices", "-e", "message")
        with CLI(tmp_path, *arguments, environment=environment) as process:
            assert process.exit_code() == 5
            signatures = [servers.api.sign(SOCKET_ID, name) for name in servers.api.channels]
            assert len(signatures) == 10
            servers.assert_quiet(process, *(each.partition(":")[2] for each in signatures))
            said = process.stderr.text.replace("ChatsAppApiProdKey:", "")
            assert "4301 *** ***" in said
            assert "what was sent then is lost (closed by the server with 4200 restart ***" in said
            assert '"type":"lost"' in process.stdout.text


def test_failed_handshake_that_quotes_the_token_is_explained_without_it(tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(f"{TOKEN}\r\n\r\n".encode())

    with Servers(script) as servers, servers.tail(tmp_path) as process:
        assert process.exit_code() == 5
        servers.assert_quiet(process)


# Events


def test_stderr_hides_secrets_that_an_event_shows_on_stdout(tmp_path: Path) -> None:
    """The event quotes both: stdout shows the server's data untouched, stderr hides them."""

    def say(auth: str) -> list[bytes]:
        return [SUBSCRIBED, text(frame({"id": 1, "message": {"text": f"{TOKEN} {auth}"}}))]

    with Servers(quoting(say)) as servers:
        with servers.tail(tmp_path, "-n1") as process:
            assert process.exit_code() == 0
            assert TOKEN in process.stdout.text
            assert servers.signature in process.stdout.text
            assert_hidden(process.stderr.text, TOKEN, servers.signature)
        assert '"auth":"***"' in process.stderr.text


# Defects of our own


BROKEN = {
    "loop": "import chatapp_tail.watch as it\nit.Watch.subscribed = broken",
    "authorization": "import requests as it\nit.Session.request = broken",
    "sink": "import chatapp_tail.output.formats as it\nit.JsonSink.render = broken",
}


@pytest.mark.parametrize("place", BROKEN)
def test_defect_is_shown_without_secrets(tmp_path: Path, place: str) -> None:
    """``sitecustomize``, which Python loads first, breaks the program."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n\n"
        "def broken(*_, **__):\n"
        "    raise RuntimeError('boom ' + os.environ['CHATAPP_TOKEN'])\n\n" + BROKEN[place],
        encoding="utf-8",
    )
    with (
        Servers(pusher, token=STRANGE_TOKEN) as servers,
        servers.tail(tmp_path, "-n1", PYTHONPATH=str(tmp_path)) as process,
    ):
        assert process.exit_code() in (1, 5)
        assert "unexpected RuntimeError" in process.stderr.text
        assert "boom ***" in process.stderr.text
        servers.assert_quiet(process)


@pytest.mark.parametrize(
    "arguments",
    [
        [TOKEN],
        [SPEC, "--count", TOKEN],
        [SPEC, "--socket-url", TOKEN],
        [SPEC, "--token", f"@{TOKEN}"],
    ],
    ids=["spec", "count", "url", "file"],
)
def test_token_in_the_wrong_place_is_not_repeated(tmp_path: Path, arguments: list[str]) -> None:
    with CLI(tmp_path, *arguments) as process:
        assert process.exit_code() in (2, 3)
        assert_hidden(process.stderr.text, TOKEN)
        assert process.stdout.text == ""


# What others on the machine see


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("way", ["environment", "file", "stdin"])
def test_list_of_processes_shows_no_token(tmp_path: Path, way: str) -> None:
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    arguments, environment = {
        "environment": ([], {"CHATAPP_TOKEN": TOKEN}),
        "file": (["--token", "@token"], {}),
        "stdin": (["--token", "-"], {}),
    }[way]
    with Servers(pusher) as servers:
        leading = endpoint(servers.socket.url, servers.api.api_url, "") | environment
        with CLI(tmp_path, SPEC, *arguments, environment=leading, stdin=f"{TOKEN}\n") as process:
            process.wait_for("subscribed")
            listed = Path(f"/proc/{process.pid}")
            assert_hidden((listed / "cmdline").read_text(encoding="utf-8"), TOKEN)
            assert_hidden((listed / "comm").read_text(encoding="utf-8"), TOKEN)


# Values


def test_repr_of_values_hides_their_secrets(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN, encoding="utf-8")
    signed = Authorization(f"key:{TOKEN}", f'{{"user":"{TOKEN}"}}')
    for value in (
        LiteralToken(TOKEN),
        FileToken(file),
        signed,
        Authorized(Authorize(SOCKET_ID, TELEGRAM), signed),
        CredentialOptions(token=TOKEN),
    ):
        assert_hidden(f"{value!r} {value!s} {value} {[value]} { ({'it': value}) }", TOKEN)


def test_nothing_in_the_program_stores_or_spreads_objects() -> None:
    """Fields of an object are read by name only: a list of all of them gives secrets away."""
    package = Path(chatapp_tail.__file__).parent
    asking = re.compile(r"\b(pickle|shelve|asdict|astuple|vars\(|__dict__|locals\()")
    found = {
        path.name
        for path in package.rglob("*.py")
        if asking.search(path.read_text(encoding="utf-8"))
    }
    assert found == set()
