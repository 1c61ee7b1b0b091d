import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from chatapp_tail import __version__
from chatapp_tail.api import Api
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    CredentialsError,
    TokenRefusedError,
    UsageError,
)
from chatapp_tail.pusher.authorizing import (
    REQUEST_INTERVAL,
    Answer,
    AuthorizationWorker,
    Authorizer,
    Authorizes,
)
from chatapp_tail.pusher.protocol import Authorization
from tests.account.given import PATIENCE, TRUSTS_NOBODY, Tokens
from tests.chatapp.given import shown
from tests.pusher.given import FIRST, SECOND, THIRD, request
from tests.support.credentials import TOKEN
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer as HttpAnswer
from tests.support.loopback_http import AuthEndpoint, json_answer
from tests.support.scripted_server import ClientLeftError, Peer, Script, ScriptedServer

SOCKET_ID, CHANNEL = "123.456", "private-v1.companies.2224"


@contextmanager
def authorizer_for(
    api_url: str, tokens: Tokens | None = None, *, timeout: float = PATIENCE, whole: float = 30.0
) -> Iterator[Authorizer]:
    """Yield an authorizer with one good token, unless told otherwise.

    ``timeout`` is for each silence of the API, ``whole`` for the whole call, in seconds.
    """
    api = Api(
        api_url,
        clock=FakeClock(),
        context=TRUSTS_NOBODY,
        connect_timeout=timeout,
        answer_timeout=timeout,
        call_timeout=whole,
    )
    with closing(Authorizer(api, tokens or Tokens(TOKEN))) as authorizer:
        yield authorizer


def failure(api_url: str, *, timeout: float = PATIENCE, whole: float = 30.0) -> ApiError:
    """Return what an authorization ends with."""
    with (
        authorizer_for(api_url, timeout=timeout, whole=whole) as authorizer,
        pytest.raises(ApiError) as caught,
    ):
        authorizer.authorize(SOCKET_ID, CHANNEL)
    return caught.value


# The request


def test_request_is_a_form_with_the_bare_token(endpoint: AuthEndpoint) -> None:
    with authorizer_for(endpoint.api_url) as authorizer:
        signed = authorizer.authorize(SOCKET_ID, CHANNEL)
        assert TOKEN not in repr(authorizer)
    assert signed == Authorization(endpoint.sign(SOCKET_ID, CHANNEL))
    (sent,) = endpoint.requests
    assert (sent.method, sent.path) == ("POST", "/broadcasting/auth")
    assert sent.form == {"socket_id": SOCKET_ID, "channel_name": CHANNEL}
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent.headers["authorization"] == TOKEN
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["user-agent"] == f"chatapp-tail/{__version__}"


def test_netrc_is_not_read(
    endpoint: AuthEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with authorizer_for(endpoint.api_url) as authorizer:
        authorizer.authorize(SOCKET_ID, CHANNEL)
    assert [sent.headers["authorization"] for sent in endpoint.requests] == [TOKEN]


def test_connection_is_kept_for_the_next_channel(endpoint: AuthEndpoint) -> None:
    before = endpoint.connections
    with authorizer_for(endpoint.api_url) as authorizer:
        for _ in range(2):
            authorizer.authorize(SOCKET_ID, CHANNEL)
    assert endpoint.connections == before + 1


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
    with authorizer_for(endpoint.api_url) as authorizer:
        assert authorizer.authorize(SOCKET_ID, CHANNEL) == signed


def said(status: int, message: str) -> HttpAnswer:
    return json_answer(status, {"message": message})


INVALID_FIELD = {"message": "Bad.", "errors": {"socket_id": ["Is missing."]}}
REFUSED_TOKEN = {"success": False, "error": {"code": "ApiInvalidTokenError", "message": "Expired"}}
MAINTENANCE = {"success": False, "error": {"code": "ApiMaintenance"}}
HTML = HttpAnswer(200, {"Content-Type": "text/html"}, "<html>Log in</html>")
TRAILING = HttpAnswer(200, {"Content-Type": "application/json"}, '{"auth":"key:5f"}<html>')
# What each answer but a signature means: the error, its message, and what stands there for {}.
MEANINGS: dict[tuple[type[ApiError], str], list[tuple[HttpAnswer, str]]] = {
    (TokenRefusedError, "the API refused the token ({})"): [
        (said(401, "Unauthenticated."), "HTTP 401, Unauthenticated."),
        (HttpAnswer(302, {"Location": "http://127.0.0.1:1/login"}), "HTTP 302"),
        (json_answer(200, REFUSED_TOKEN), "HTTP 200, ApiInvalidTokenError: Expired"),
    ],
    (ApiRefusedError, "{}"): [
        (said(403, "This is unauthorized."), "HTTP 403, This is unauthorized."),
        (HttpAnswer(403, {}, "<html>"), "HTTP 403"),
        (json_answer(422, INVALID_FIELD), "HTTP 422, Bad.; socket_id: Is missing."),
    ],
    (ApiUnavailableError, "the API answered {}"): [
        (HttpAnswer(408), "HTTP 408"),
        (said(419, "CSRF token mismatch."), "HTTP 419, CSRF token mismatch."),
        (said(429, "Too Many Attempts."), "HTTP 429, Too Many Attempts."),
        (said(500, "x" * 100_000), f"HTTP 500, {'x' * 200}"),
        (HttpAnswer(599), "HTTP 599"),
    ],
    (ApiUnavailableError, "the API's answer has no signature ({})"): [
        (HttpAnswer(200), "HTTP 200, no content type, 0 bytes"),
        (HTML, "HTTP 200, text/html, 19 bytes"),
        (TRAILING, "HTTP 200, application/json, 23 bytes"),
        (json_answer(200, MAINTENANCE), "HTTP 200, ApiMaintenance, application/json, 55 bytes"),
        (json_answer(201, {"auth": "key:5f"}), "HTTP 201, application/json, 18 bytes"),
    ],
}


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (answer, error, message.format(detail))
        for (error, message), answers in MEANINGS.items()
        for answer, detail in answers
    ],
    ids=shown,
)
def test_every_other_answer_is_about_the_token_the_channel_or_the_moment(
    endpoint: AuthEndpoint, answer: HttpAnswer, error: type[ApiError], message: str
) -> None:
    endpoint.play(answer)
    refused = failure(endpoint.api_url)
    assert (type(refused), refused.message, refused.status) == (error, message, answer.status)
    assert refused.hint == ("Check the API's address." if "no signature" in message else "")
    assert len(endpoint.requests) == 1


def test_retry_after_is_read_in_seconds(endpoint: AuthEndpoint) -> None:
    endpoint.play(HttpAnswer(503, {"Retry-After": "7"}))
    refused = failure(endpoint.api_url)
    assert isinstance(refused, ApiUnavailableError)
    assert refused.retry_after == 7.0


def test_refused_token_is_replaced_once(endpoint: AuthEndpoint) -> None:
    tokens = Tokens("old", TOKEN, "never")
    with authorizer_for(endpoint.api_url, tokens) as authorizer:
        for _ in range(2):
            assert authorizer.authorize(SOCKET_ID, CHANNEL) == Authorization(
                endpoint.sign(SOCKET_ID, CHANNEL)
            )
    assert [each.headers["authorization"] for each in endpoint.requests] == ["old", TOKEN, TOKEN]
    assert tokens.refused == ["old"]


# No answer


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
            "no connection to the API (URL): SSH-2.0-OpenSSH_9.2",
        ),
        (
            answering(b"x" * 60_000 + b"\r\n"),
            f"no connection to the API (URL): {'x' * 200}",
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
    assert refused.message == message.replace("URL", f"{api_url}/broadcasting/auth")


def dripping(peer: Peer) -> None:
    """Answer with a byte each 10 ms."""
    peer.read_request()
    with suppress(ClientLeftError):
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000:
            peer.send_raw(bytes([byte]))
            threading.Event().wait(0.01)


@pytest.mark.parametrize(
    ("script", "timeout", "whole", "message"),
    [
        (Peer.wait_until_left, 0.1, PATIENCE, "the API didn't answer in time"),
        (dripping, PATIENCE, 0.3, "the API gave no whole answer in 0.3 s"),
    ],
    ids=["silent", "dripping"],
)
def test_slow_answer_is_given_up(
    script: Script, timeout: float, whole: float, message: str
) -> None:
    with ScriptedServer(script) as server:
        api_url = f"http://127.0.0.1:{server.port}"
        refused = failure(api_url, timeout=timeout, whole=whole)
    assert isinstance(refused, ApiUnavailableError)
    assert refused.message == f"{message} ({api_url}/broadcasting/auth)"


@pytest.mark.parametrize(
    ("api_url", "message"),
    [
        ("http://127.0.0.1:1", "no connection to the API (URL): Connection refused"),
        ("http://nonexistent.invalid", "no connection to the API (URL): Name or service not known"),
        (
            "http://behind.a.proxy",
            "the proxy refused the way to the API (URL): Connection refused",
        ),
    ],
)
def test_missing_api_or_proxy_is_explained(
    monkeypatch: pytest.MonkeyPatch, api_url: str, message: str
) -> None:
    if "proxy" in api_url:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    refused = failure(api_url)
    assert isinstance(refused, ApiUnavailableError)
    assert refused.message == message.replace("URL", f"{api_url}/broadcasting/auth")


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
        authorizer_for(f"http://127.0.0.1:{server.port}") as authorizer,
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


# The worker


class FakeAuthorizer:
    """Signs with the request itself, after ``before`` each request, which may also raise."""

    def __init__(self, before: Callable[[str], None] = lambda _channel: None) -> None:
        self._before = before
        self.asked: list[tuple[str, str]] = []
        self.thread = ""
        self.cuts = 0
        self.closed = threading.Event()

    def authorize(self, socket_id: str, channel: str) -> Authorization:
        self.asked.append((socket_id, channel))
        self.thread = threading.current_thread().name
        self._before(channel)
        return signed(channel, socket_id)

    def cut(self) -> None:
        self.cuts += 1

    def close(self) -> None:
        self.closed.set()


class SlowCall:
    """A call to the API that lasts until ``go_on``."""

    def __init__(self) -> None:
        self.is_busy = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, _channel: str) -> None:
        self.is_busy.set()
        self.go_on.wait(PATIENCE)


class Driver:
    """A worker, and the side of it that the main thread sees."""

    def __init__(self, worker: AuthorizationWorker, woken: threading.Semaphore) -> None:
        self.worker = worker
        self._woken = woken

    def ask(self, *channels: str, socket_id: str = "1.1") -> None:
        for channel in channels:
            self.worker.submit(request(channel, socket_id))

    def answers(self, count: int) -> list[Answer]:
        """Return the answers after the main thread was woken ``count`` times."""
        for _ in range(count):
            assert self._woken.acquire(timeout=PATIENCE), "no answer came"
        return self.worker.answers()


@contextmanager
def working(
    new_authorizer: Callable[[], Authorizes],
    clock: Clock | None = None,
    hanging_after: float = PATIENCE,
) -> Iterator[Driver]:
    woken = threading.Semaphore(0)
    worker = AuthorizationWorker(
        new_authorizer,
        clock=clock or FakeClock(),
        wake=woken.release,
        hanging_after=hanging_after,
    )
    try:
        yield Driver(worker, woken)
    finally:
        worker.stop()


def signed(channel: str, socket_id: str = "1.1") -> Authorization:
    return Authorization(f"{socket_id} {channel}")


def outcomes(answers: Sequence[Answer]) -> list[tuple[str, object]]:
    return [(answer.request.channel, answer.outcome) for answer in answers]


def test_answers_come_in_the_order_of_the_requests() -> None:
    with working(FakeAuthorizer) as driver:
        driver.ask(SECOND, FIRST, THIRD)
        assert driver.answers(3) == [
            Answer(request(SECOND, "1.1"), signed(SECOND)),
            Answer(request(FIRST, "1.1"), signed(FIRST)),
            Answer(request(THIRD, "1.1"), signed(THIRD)),
        ]
        assert driver.worker.answers() == []


@pytest.mark.parametrize("is_prepared", [False, True], ids=["unprepared", "prepared"])
def test_authorizer_is_made_once_and_used_in_the_workers_thread_only(*, is_prepared: bool) -> None:
    made: list[FakeAuthorizer] = []
    is_made = threading.Event()

    def new_authorizer() -> FakeAuthorizer:
        made.append(FakeAuthorizer())
        assert threading.current_thread().name == "authorizations"
        is_made.set()
        return made[-1]

    with working(new_authorizer) as driver:
        assert made == []
        if is_prepared:
            driver.worker.prepare()
            assert is_made.wait(PATIENCE)
            driver.worker.prepare()  # at the next connection
        driver.ask(FIRST, SECOND)
        driver.answers(2)
    (authorizer,) = made
    assert authorizer.thread == "authorizations"
    assert authorizer.closed.wait(PATIENCE)


def test_preparation_that_fails_is_tried_again_by_the_first_request() -> None:
    errors: list[Exception] = [UsageError("no certificates")]

    def new_authorizer() -> FakeAuthorizer:
        if errors:
            raise errors.pop()
        return FakeAuthorizer()

    with working(new_authorizer) as driver:
        driver.worker.prepare()
        driver.ask(FIRST)
        assert outcomes(driver.answers(1)) == [(FIRST, signed(FIRST))]
    assert errors == []


@pytest.mark.parametrize(
    ("raised", "outcome", "message"),
    [
        (ApiRefusedError("HTTP 403", status=403), ApiRefusedError, "HTTP 403"),
        (CredentialsError("the token file is gone"), TokenRefusedError, "the token file is gone"),
        (KeyError("x"), ApiUnavailableError, "unexpected KeyError: 'x'"),
    ],
    ids=repr,
)
def test_error_becomes_the_answer_and_the_next_request_is_made(
    raised: Exception, outcome: type[Exception], message: str
) -> None:
    errors = [raised]

    def fail(_channel: str) -> None:
        if errors:
            raise errors.pop()

    with working(lambda: FakeAuthorizer(fail)) as driver:
        driver.ask(FIRST, SECOND)
        first, second = driver.answers(2)
    assert (type(first.outcome), str(first.outcome)) == (outcome, message)
    assert second.outcome == signed(SECOND)


def test_authorizer_that_cannot_be_made_is_the_answer_to_each_request() -> None:
    def new_authorizer() -> FakeAuthorizer:
        raise UsageError("no certificates", hint="Give some.")

    with working(new_authorizer) as driver:
        driver.ask(FIRST, SECOND)
        for _, outcome in driver.answers(2):
            assert isinstance(outcome, TokenRefusedError)
            assert (outcome.message, outcome.hint) == ("no certificates", "Give some.")


def test_requests_of_an_earlier_connection_are_dropped() -> None:
    call = SlowCall()
    authorizer = FakeAuthorizer(call)
    with working(lambda: authorizer) as driver:
        driver.ask(FIRST, SECOND)
        assert call.is_busy.wait(PATIENCE)
        driver.ask(FIRST, SECOND, socket_id="2.2")
        call.go_on.set()
        assert outcomes(driver.answers(3)) == [
            (FIRST, signed(FIRST)),
            (FIRST, signed(FIRST, "2.2")),
            (SECOND, signed(SECOND, "2.2")),
        ]
    assert authorizer.asked == [("1.1", FIRST), ("2.2", FIRST), ("2.2", SECOND)]


def test_loss_of_the_connection_ends_the_call_and_drops_the_requests_behind_it() -> None:
    call = SlowCall()
    authorizer = FakeAuthorizer(call)
    with working(lambda: authorizer) as driver:
        driver.ask(FIRST, SECOND)
        assert call.is_busy.wait(PATIENCE)
        driver.worker.forget()
        assert authorizer.cuts == 1
        call.go_on.set()
        assert outcomes(driver.answers(1)) == [(FIRST, signed(FIRST))]
        driver.ask(FIRST, socket_id="2.2")
        assert outcomes(driver.answers(1)) == [(FIRST, signed(FIRST, "2.2"))]
    assert authorizer.asked == [("1.1", FIRST), ("2.2", FIRST)]


def test_stopping_doesnt_wait_for_a_call_that_is_under_way() -> None:
    call, clock = SlowCall(), SystemClock()
    authorizer = FakeAuthorizer(call)
    with working(lambda: authorizer) as driver:
        driver.ask(FIRST, SECOND)
        assert call.is_busy.wait(PATIENCE)
        began = clock.now()
        driver.worker.stop()
        assert clock.now() - began < 0.5
        assert not authorizer.closed.is_set()
        call.go_on.set()
        assert authorizer.closed.wait(PATIENCE)
    assert authorizer.asked == [("1.1", FIRST)]


def test_stopping_ends_the_pause_between_two_requests() -> None:
    authorizer = FakeAuthorizer()
    clock = FakeClock()
    with working(lambda: authorizer, clock) as driver:
        driver.ask(FIRST)
        driver.answers(1)
        # The clock goes back, so that the pause before the next request is an hour.
        clock.advance(-3600.0)
        driver.ask(SECOND)
        driver.worker.stop()
        assert authorizer.closed.wait(PATIENCE)
    assert authorizer.asked == [("1.1", FIRST)]


def test_requests_are_a_forty_fifth_of_a_second_apart() -> None:
    clock = SystemClock()
    asked_at: list[float] = []
    with working(lambda: FakeAuthorizer(lambda _: asked_at.append(clock.now())), clock) as driver:
        driver.ask(FIRST, SECOND, THIRD)
        driver.answers(3)
    first, second, third = asked_at
    assert second - first >= REQUEST_INTERVAL * 0.99
    assert third - second >= REQUEST_INTERVAL * 0.99


def test_call_that_hangs_holds_no_other_and_no_more_than_four_hang() -> None:
    calls = [SlowCall() for _ in range(5)]
    hanging = iter(calls)
    clock = SystemClock()

    def hang(channel: str) -> None:
        if channel.startswith("hanging"):
            next(hanging)(channel)

    with working(lambda: FakeAuthorizer(hang), clock, hanging_after=0.01) as driver:
        driver.ask("hanging 0", "hanging 1", "hanging 2", FIRST, SECOND)
        assert sorted(outcomes(driver.answers(2))) == [
            (FIRST, signed(FIRST)),
            (SECOND, signed(SECOND)),
        ]
        driver.ask("hanging 3")
        assert calls[3].is_busy.wait(PATIENCE)
        driver.ask("hanging 4")
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("authorizations") == 4
        assert not calls[4].is_busy.is_set()
        for call in calls:
            call.go_on.set()
        assert len(driver.answers(5)) == 5
