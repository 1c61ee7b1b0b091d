"""One call to the API; tests/pusher/test_authorizing.py has what each answer means."""

import gzip
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from chatapp_tail.api import Api, Reply, failure, with_token
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    ChatAppTailError,
    TokenRefusedError,
)
from chatapp_tail.network.headers import ServerClock
from tests.account.given import PASSWORD, ApiServer, Tokens, answer, connected, everything_said
from tests.chatapp.given import shown
from tests.support.credentials import TOKEN
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer
from tests.support.scripted_server import Peer, Script, ScriptedServer


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def api(server: ApiServer) -> Iterator[Api]:
    with connected(server.url) as api:
        yield api


def test_clock_of_the_api_is_learned_from_its_answers(server: ApiServer) -> None:
    server_clock = ServerClock()
    ten_minutes_ago = SystemClock().utcnow() - timedelta(minutes=10)
    api = Api(
        server.url,
        clock=FakeClock(utc=ten_minutes_ago),
        context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        connect_timeout=5.0,
        server_clock=server_clock,
    )
    with closing(api):
        api.call("GET", "/", headers={})
    assert 590 < server_clock.ahead < 610


# The token


class Asked:
    """What asks with a token; ``failures`` by token."""

    def __init__(self, **failures: ChatAppTailError) -> None:
        self._failures = failures
        self.with_tokens: list[str] = []

    def __call__(self, token: str) -> str:
        self.with_tokens.append(token)
        if token in self._failures:
            raise self._failures[token]
        return f"answer for {token}"


REFUSED = TokenRefusedError("refused")


def test_refused_token_is_renewed() -> None:
    tokens, ask = Tokens("old", "new", "never"), Asked(old=REFUSED)
    assert [with_token(tokens, ask), with_token(tokens, ask)] == ["answer for new"] * 2
    assert (ask.with_tokens, tokens.refused) == (["old", "new", "new"], ["old"])


def test_token_is_renewed_once_only() -> None:
    tokens = Tokens("old", "older", "never")
    ask = Asked(old=REFUSED, older=TokenRefusedError("refused, too"))
    with pytest.raises(TokenRefusedError, match=r"^refused, too$"):
        with_token(tokens, ask)
    assert (ask.with_tokens, tokens.refused) == (["old", "older"], ["old"])


def test_refusal_stands_where_there_is_no_other_token() -> None:
    with pytest.raises(TokenRefusedError) as caught:
        with_token(Tokens("old"), Asked(old=REFUSED))
    assert caught.value is REFUSED


@pytest.mark.parametrize(
    "error",
    [
        ApiRefusedError("no"),
        ApiUnavailableError("not now"),
        TokenRefusedError("a portal answers", is_verdict=False),
    ],
    ids=str,
)
def test_other_failures_cost_no_token(error: ApiError) -> None:
    tokens = Tokens("good", "never")
    with pytest.raises(type(error)) as caught:
        with_token(tokens, Asked(good=error))
    assert caught.value is error
    assert tokens.refused == []


# The request


@pytest.mark.parametrize("password", [PASSWORD, "\udcff", "\x00\n", "\u202e\u2028"], ids=ascii)
def test_every_password_can_be_sent_as_json(server: ApiServer, api: Api, password: str) -> None:
    server.play(answer({}))
    api.call("POST", "/", headers={}, json={"password": password}, secrets=(password,))
    assert json.loads(server.requests[0].body) == {"password": password}
    assert server.requests[0].headers["content-type"] == "application/json"


# The answer


@pytest.mark.parametrize(
    ("played", "reply"),
    [
        (answer({"a": [1]}), Reply(200, {"a": [1]}, "", "application/json", 10, None)),
        (Answer(201), Reply(201, None, "", "no content type", 0, None)),
        (
            Answer(200, {"Content-Type": "text/html"}, "<p>"),
            Reply(200, None, "", "text/html", 3, None),
        ),
        (Answer(200, {}, '{"a":'), Reply(200, None, "", "no content type", 5, None)),
        (
            answer({"message": "Slow down."}, status=429, **{"Retry-After": "7"}),
            Reply(429, {"message": "Slow down."}, "Slow down.", "application/json", 25, 7.0),
        ),
    ],
    ids=shown,
)
def test_answer_is_returned_whatever_it_is(
    server: ApiServer, api: Api, played: Answer, reply: Reply
) -> None:
    server.play(played)
    assert api.call("GET", "/", headers={}) == reply


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"code": "ApiNo", "message": "Not yours"}, "ApiNo: Not yours"),
        ({"code": "ApiNo"}, "ApiNo"),
        ({"code": 42, "message": "Not yours"}, "42: Not yours"),
        ({"message": "Not yours"}, "error: Not yours"),
        ({"code": None, "message": None}, "error"),
        ({}, "error"),
        ({"code": "ApiNo", "message": {"password": ["too short"]}}, "ApiNo"),
        ({"code": ["ApiNo"], "message": ["Not yours"]}, "error"),
        ({"code": True, "message": 1.5}, "error"),
        ("Not yours", "Not yours"),
        (None, ""),
    ],
    ids=shown,
)
def test_error_text_is_read_in_each_form(
    server: ApiServer, api: Api, error: object, said: str
) -> None:
    server.play(answer({"success": False, "error": error}))
    assert api.call("GET", "/", headers={}).said == said


def packed(body: bytes) -> Answer:
    return Answer(200, {"Content-Encoding": "gzip"}, gzip.compress(body))


@pytest.mark.parametrize(
    "make", [lambda body: Answer(200, {}, body), packed], ids=["plain", "gzip"]
)
def test_answer_may_be_as_large_as_asked_for(
    server: ApiServer, api: Api, make: Callable[[bytes], Answer]
) -> None:
    text = b'"' + b"x" * 98 + b'"'
    server.play(make(text), make(text))
    assert api.call("GET", "/", headers={}, largest=100).body == "x" * 98
    with pytest.raises(ApiUnavailableError, match="can't be read: ContentDecodingError"):
        api.call("GET", "/", headers={}, largest=99)


def test_answer_that_inflates_is_cut_at_a_megabyte(server: ApiServer, api: Api) -> None:
    server.play(packed(b" " * (1 << 20)), packed(b" " * (1 << 20) + b" "))
    assert api.call("GET", "/", headers={}).size == 1 << 20
    with pytest.raises(ApiUnavailableError, match="can't be read: ContentDecodingError"):
        api.call("GET", "/", headers={})


# What it means


def test_proxy_that_wants_a_password_is_not_the_api() -> None:
    error = failure(Reply(407, None, "", "text/html", 9, None), lacks="list")
    assert isinstance(error, ApiUnavailableError)
    assert error.message == "the proxy wants a user and a password (HTTP 407)"
    assert error.status == 407


# Secrets


@pytest.mark.parametrize(
    "body",
    [
        {"message": f"What is {TOKEN} {PASSWORD}?"},
        {"error": {"code": f"No{TOKEN}", "message": PASSWORD}},
        {"error": {"code": TOKEN, "message": {"password": [PASSWORD], PASSWORD: TOKEN}}},
        {"error": {"code": [PASSWORD], "message": [TOKEN, PASSWORD]}},
    ],
    ids=range(4),
)
def test_secrets_of_the_request_are_not_quoted(server: ApiServer, api: Api, body: object) -> None:
    server.play(answer(body, status=403, **{"X-Echo": TOKEN}), Answer(403, {"Content-Type": TOKEN}))
    for _ in range(2):
        reply = api.call(
            "POST", "/", headers={"Refresh": TOKEN}, json={"p": PASSWORD}, secrets=(PASSWORD,)
        )
        said = f"{reply!r} {failure(reply, lacks='list')!r}"
        for secret in (TOKEN, PASSWORD, "pass", "word"):
            assert secret not in said


def test_content_of_an_answer_is_in_no_repr(server: ApiServer, api: Api) -> None:
    server.play(answer({"success": True, "data": {"accessToken": TOKEN}}))
    reply = api.call("POST", "/v1/tokens", headers={})
    assert TOKEN not in repr(reply)
    assert "status=200" in repr(reply)


@pytest.mark.parametrize("token", [f"{TOKEN}\n", f" {TOKEN}", f"{TOKEN}ы", f"{TOKEN}\r\nA: b"])
def test_header_that_cannot_be_sent_is_not_shown(server: ApiServer, api: Api, token: str) -> None:
    with pytest.raises(ApiUnavailableError) as caught:
        api.call("GET", "/", headers={"Authorization": token})
    assert caught.value.message == "the request can't be sent: a header holds what none may"
    assert TOKEN not in everything_said(caught.value)
    assert server.requests == []


def test_secrets_echoed_by_another_protocol_are_not_shown() -> None:
    def echo(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(f"You said {TOKEN} and {PASSWORD}\r\n".encode())
        peer.fin()
        peer.wait_until_left()

    with (
        ScriptedServer(echo) as scripted,
        connected(f"http://127.0.0.1:{scripted.port}") as api,
        pytest.raises(ApiUnavailableError) as caught,
    ):
        api.call("GET", "/", headers={"Authorization": TOKEN}, secrets=(PASSWORD,))
    assert "You said ***" in caught.value.message
    assert TOKEN not in everything_said(caught.value)
    assert "pass" not in everything_said(caught.value)


# TLS where there is none, and none where there is


@pytest.mark.parametrize("location", ["https://portal.example/", "http://127.0.0.1/", "/login"])
def test_redirect_elsewhere_is_an_answer(server: ApiServer, api: Api, location: str) -> None:
    server.play(answer({}, status=302, Location=location))
    assert api.call("GET", "/", headers={}).status == 302
    assert server.paths == ["/"]


@pytest.mark.parametrize(
    ("wants_tls", "use"),
    [
        (Answer(301, {"Location": "https://127.0.0.1/v1/tokens"}), "https://127.0.0.1"),
        (Answer(301, {"Location": "https://127.0.0.1:443/"}), "https://127.0.0.1"),
        (Answer(400, {}, "The plain HTTP request was sent to HTTPS port</center>"), ""),
        (Answer(400, {}, "You're speaking plain HTTP to an SSL-enabled server port.<br />"), ""),
        (Answer(400, {}, "Client sent an HTTP request to an HTTPS server.\n"), ""),
    ],
    ids=["redirect", "redirect with port", "nginx", "Apache", "Go"],
)
def test_server_that_wants_tls_names_the_url_to_use(
    server: ApiServer, api: Api, wants_tls: Answer, use: str
) -> None:
    server.play(wants_tls)
    with pytest.raises(ApiUnavailableError) as caught:
        api.call("GET", "/", headers={})
    assert caught.value.message == f"the API wants TLS ({server.url})"
    assert caught.value.hint == f"Use {use or server.url.replace('http', 'https')}"


def failure_of(script: Script, scheme: str) -> str:
    """Return why there is no answer, from a server that plays ``script``; its port is PORT."""
    with ScriptedServer(script) as scripted:
        port = str(scripted.port)
        with (
            connected(f"{scheme}://127.0.0.1:{port}") as api,
            pytest.raises(ApiUnavailableError) as caught,
        ):
            api.call("GET", "/", headers={})
    return caught.value.message.replace(port, "PORT")


def ends(content: bytes) -> Script:
    """Return a script that answers with ``content`` and ends the connection."""

    def script(peer: Peer) -> None:
        peer.read(1)
        peer.send_raw(content)
        peer.fin()
        peer.wait_until_left()

    return script


@pytest.mark.parametrize(
    ("scheme", "content", "message"),
    [
        (
            "http",
            b"\x15\x03\x01\x00\x02\x02\x46",
            "the API speaks TLS at this port: use https://127.0.0.1:PORT",
        ),
        (
            "https",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "the API speaks without TLS at this port: use http://127.0.0.1:PORT",
        ),
        (
            "https",
            b"\x15\x03\x02\x00\x02\x02\x46",
            "the API offers only versions of TLS that are no longer safe (https://127.0.0.1:PORT/)",
        ),
    ],
    ids=["TLS alert", "HTTP", "alert protocol_version"],
)
def test_wrong_scheme_is_an_error_with_the_right_one(
    scheme: str, content: bytes, message: str
) -> None:
    assert failure_of(ends(content), scheme) == message


def test_port_that_ends_plain_http_may_want_tls() -> None:
    message = failure_of(ends(b""), "http")
    assert message.startswith("no connection to the API (http://127.0.0.1:PORT/): ")
    assert message.endswith("; does it want TLS (https://127.0.0.1:PORT)?")
