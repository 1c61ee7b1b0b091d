import ssl
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from chatapp_tail import __version__
from chatapp_tail.api import Api
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    TokenRefusedError,
)
from chatapp_tail.pusher.authorizing import Authorizer
from chatapp_tail.pusher.protocol import Authorization
from tests.account.given import Tokens
from tests.chatapp.given import shown
from tests.support.credentials import TOKEN
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer, AuthEndpoint, json_answer
from tests.support.scripted_server import ClientLeftError, Peer, Script, ScriptedServer

SOCKET_ID, CHANNEL = "123.456", "private-v1.companies.2224"
# Long enough for any answer on loopback, in seconds.
PATIENCE = 5.0
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
REFUSED_TOKEN = {"success": False, "error": {"code": "ApiInvalidTokenError", "message": "Expired"}}


def authorizer_for(
    api_url: str,
    tokens: Tokens | None = None,
    *,
    context: ssl.SSLContext | None = None,
    timeout: float = PATIENCE,
) -> Authorizer:
    """Return an authorizer with one good token, unless told otherwise."""
    api = Api(
        api_url,
        clock=FakeClock(),
        context=context or TRUSTS_NOBODY,
        connect_timeout=timeout,
        answer_timeout=timeout,
    )
    return Authorizer(api, tokens or Tokens(TOKEN))


def refusal(endpoint: AuthEndpoint, *answers: Answer, tokens: Tokens | None = None) -> ApiError:
    """Return what an authorization ends with that gets these answers."""
    endpoint.play(*answers)
    return failure(endpoint.api_url, tokens=tokens)


def failure(
    api_url: str,
    *,
    tokens: Tokens | None = None,
    context: ssl.SSLContext | None = None,
    timeout: float = PATIENCE,
) -> ApiError:
    with (
        closing(authorizer_for(api_url, tokens, context=context, timeout=timeout)) as authorizer,
        pytest.raises(ApiError) as caught,
    ):
        authorizer.authorize(SOCKET_ID, CHANNEL)
    return caught.value


# The request


def test_request_is_a_form_with_the_bare_token(endpoint: AuthEndpoint) -> None:
    with closing(authorizer_for(endpoint.api_url)) as authorizer:
        signed = authorizer.authorize(SOCKET_ID, CHANNEL)
        assert TOKEN not in repr(authorizer)
    assert signed == Authorization(endpoint.sign(SOCKET_ID, CHANNEL))
    (request,) = endpoint.requests
    assert (request.method, request.path) == ("POST", "/broadcasting/auth")
    assert request.form == {"socket_id": SOCKET_ID, "channel_name": CHANNEL}
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["authorization"] == TOKEN
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == f"chatapp-tail/{__version__}"


def test_netrc_is_not_read(
    endpoint: AuthEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with closing(authorizer_for(endpoint.api_url)) as authorizer:
        authorizer.authorize(SOCKET_ID, CHANNEL)
    assert [request.headers["authorization"] for request in endpoint.requests] == [TOKEN]


def test_connection_is_kept_for_the_next_channel() -> None:
    body = b'{"auth":"key:5f"}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def api(peer: Peer) -> None:
        for _ in range(2):
            length = int(peer.read_request().headers["content-length"])
            peer.read(length)
            peer.send_raw(answer)

    with (
        ScriptedServer(api) as server,
        closing(authorizer_for(f"http://127.0.0.1:{server.port}")) as authorizer,
    ):
        for _ in range(2):
            assert authorizer.authorize(SOCKET_ID, CHANNEL) == Authorization("key:5f")
        assert server.connections == 1


# The answer


@pytest.mark.parametrize(
    ("content", "signed"),
    [
        ({"auth": "key:5f", "later": 1}, Authorization("key:5f")),
        (
            {"auth": "key:5f", "channel_data": '{"user_id":1}'},
            Authorization("key:5f", '{"user_id":1}'),
        ),
        ({"auth": "key:5f", "channel_data": {"user_id": 1}}, Authorization("key:5f")),
    ],
    ids=shown,
)
def test_signature_is_read_from_the_answer(
    endpoint: AuthEndpoint, content: object, signed: Authorization
) -> None:
    endpoint.play(json_answer(200, content))
    with closing(authorizer_for(endpoint.api_url)) as authorizer:
        assert authorizer.authorize(SOCKET_ID, CHANNEL) == signed


HTML = Answer(200, {"Content-Type": "text/html"}, "<html>Log in</html>")
NO_SIGNATURE = "the API's answer has no signature"


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        # The token
        (
            json_answer(401, {"message": "Unauthenticated."}),
            TokenRefusedError,
            "the API refused the token (HTTP 401, Unauthenticated.)",
        ),
        (
            Answer(302, {"Location": "http://127.0.0.1:1/login"}),
            TokenRefusedError,
            "the API refused the token (HTTP 302)",
        ),
        (
            json_answer(200, REFUSED_TOKEN),
            TokenRefusedError,
            "the API refused the token (HTTP 200, ApiInvalidTokenError: Expired)",
        ),
        # The channel
        (
            json_answer(403, {"message": "This action is unauthorized."}),
            ApiRefusedError,
            "HTTP 403, This action is unauthorized.",
        ),
        (Answer(403, {}, "<html>"), ApiRefusedError, "HTTP 403"),
        (
            json_answer(422, {"message": "Bad.", "errors": {"socket_id": ["Is missing."]}}),
            ApiRefusedError,
            "HTTP 422, Bad.; socket_id: Is missing.",
        ),
        # The moment
        (Answer(408), ApiUnavailableError, "the API answered HTTP 408"),
        (
            json_answer(419, {"message": "CSRF token mismatch."}),
            ApiUnavailableError,
            "the API answered HTTP 419, CSRF token mismatch.",
        ),
        (
            json_answer(429, {"message": "Too Many Attempts."}),
            ApiUnavailableError,
            "the API answered HTTP 429, Too Many Attempts.",
        ),
        (
            json_answer(500, {"message": "x" * 100_000}),
            ApiUnavailableError,
            f"the API answered HTTP 500, {'x' * 200}",
        ),
        (Answer(599), ApiUnavailableError, "the API answered HTTP 599"),
        # Not the API at all
        (
            Answer(200),
            ApiUnavailableError,
            f"{NO_SIGNATURE} (HTTP 200, no content type, 0 bytes)",
        ),
        (
            HTML,
            ApiUnavailableError,
            f"{NO_SIGNATURE} (HTTP 200, text/html, 19 bytes)",
        ),
        (
            Answer(200, {"Content-Type": "application/json"}, '{"auth":"key:5f"}<html>'),
            ApiUnavailableError,
            f"{NO_SIGNATURE} (HTTP 200, application/json, 23 bytes)",
        ),
        (
            json_answer(200, {"success": False, "error": {"code": "ApiMaintenance"}}),
            ApiUnavailableError,
            f"{NO_SIGNATURE} (HTTP 200, ApiMaintenance, application/json, 55 bytes)",
        ),
        (
            json_answer(201, {"auth": "key:5f"}),
            ApiUnavailableError,
            f"{NO_SIGNATURE} (HTTP 201, application/json, 18 bytes)",
        ),
    ],
    ids=shown,
)
def test_every_other_answer_is_about_the_token_the_channel_or_the_moment(
    endpoint: AuthEndpoint, answer: Answer, error: type[ApiError], message: str
) -> None:
    refused = refusal(endpoint, answer)
    assert (type(refused), refused.message, refused.status) == (error, message, answer.status)
    assert refused.hint == ("Check the API's address." if NO_SIGNATURE in message else "")
    assert len(endpoint.requests) == 1


def test_retry_after_is_read_in_seconds(endpoint: AuthEndpoint) -> None:
    refused = refusal(endpoint, Answer(503, {"Retry-After": "7"}))
    assert isinstance(refused, ApiUnavailableError)
    assert refused.retry_after == 7.0


# The token


def test_refused_token_is_replaced_once(endpoint: AuthEndpoint) -> None:
    tokens = Tokens("old", TOKEN, "never")
    with closing(authorizer_for(endpoint.api_url, tokens)) as authorizer:
        assert authorizer.authorize(SOCKET_ID, CHANNEL) == Authorization(
            endpoint.sign(SOCKET_ID, CHANNEL)
        )
        authorizer.authorize(SOCKET_ID, CHANNEL)
    assert [each.headers["authorization"] for each in endpoint.requests] == ["old", TOKEN, TOKEN]
    assert tokens.refused == ["old"]


# No answer


def test_slow_answer_is_given_up(endpoint: AuthEndpoint) -> None:
    endpoint.play(Answer(200, delay=0.3))
    refused = failure(endpoint.api_url, timeout=0.1)
    assert isinstance(refused, ApiUnavailableError)
    assert refused.message == (
        f"the API didn't answer in time ({endpoint.api_url}/broadcasting/auth)"
    )


def test_answer_that_drips_is_given_up_as_a_whole() -> None:
    def drip(peer: Peer) -> None:
        peer.read_request()
        with suppress(ClientLeftError):
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000:
                peer.send_raw(bytes([byte]))
                threading.Event().wait(0.01)

    with ScriptedServer(drip) as server:
        api = Api(
            f"http://127.0.0.1:{server.port}",
            clock=FakeClock(),
            context=TRUSTS_NOBODY,
            connect_timeout=PATIENCE,
            call_timeout=0.3,
        )
        with (
            closing(Authorizer(api, Tokens(TOKEN))) as authorizer,
            pytest.raises(ApiUnavailableError, match=r"the API gave no whole answer in 0\.3 s"),
        ):
            authorizer.authorize(SOCKET_ID, CHANNEL)


def test_call_is_ended_by_another_thread_and_the_next_one_has_a_new_connection() -> None:
    asked = threading.Event()

    def answer(peer: Peer) -> None:
        peer.read_request()
        if asked.is_set():
            peer.send_raw(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"auth":"x"}')
        asked.set()
        peer.wait_until_left()

    with (
        ScriptedServer(answer) as server,
        closing(authorizer_for(f"http://127.0.0.1:{server.port}")) as authorizer,
    ):

        def cut() -> None:
            asked.wait(PATIENCE)
            authorizer.cut()

        cutting = threading.Thread(target=cut)
        cutting.start()
        with pytest.raises(ApiUnavailableError, match="the call was abandoned"):
            authorizer.authorize(SOCKET_ID, CHANNEL)
        cutting.join()
        assert authorizer.authorize(SOCKET_ID, CHANNEL) == Authorization("x")
        assert server.connections == 2


def answering(content: bytes) -> Script:
    """Return a script that reads a request and answers it with ``content``."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send_raw(content)
        peer.fin()
        peer.wait_until_left()

    return script


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            answering(b"SSH-2.0-OpenSSH_9.2\r\n"),
            "no connection to the API ({}): SSH-2.0-OpenSSH_9.2",
        ),
        (
            answering(b"x" * 60_000 + b"\r\n"),
            f"no connection to the API ({{}}): {'x' * 200}",
        ),
        (
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
            "the API's answer can't be read: ChunkedEncodingError",
        ),
        (
            answering(
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
            ),
            "the API's answer can't be read: ContentDecodingError",
        ),
    ],
    ids=["other protocol", "endless line", "half a body", "no gzip"],
)
def test_broken_answer_is_explained(script: Script, message: str) -> None:
    with ScriptedServer(script) as server:
        api_url = f"http://127.0.0.1:{server.port}"
        refused = failure(api_url)
    assert isinstance(refused, ApiUnavailableError)
    assert refused.message == message.format(f"{api_url}/broadcasting/auth")


@pytest.mark.parametrize(
    ("api_url", "cause"),
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("http://nonexistent.invalid", "Name or service not known"),
    ],
)
def test_missing_api_is_explained(api_url: str, cause: str) -> None:
    refused = failure(api_url)
    assert isinstance(refused, ApiUnavailableError)
    assert refused.message == f"no connection to the API ({api_url}/broadcasting/auth): {cause}"
