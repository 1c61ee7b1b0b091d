"""What is posted, and the reply to it or the reason why there is none."""

import gzip
import json
import sys
from collections.abc import Callable
from contextlib import closing

import pytest

from chatapp_tail import __version__
from chatapp_tail.forwarding.post import Poster, Reply, request_of
from chatapp_tail.forwarding.target import Header
from tests.forwarding.given import DEADLINE, NOBODY, Webhook, poster
from tests.network.given import HOST, black_hole, port_of
from tests.support.credentials import Certificates
from tests.support.loopback_http import Answer
from tests.support.proxy_server import ProxyServer, http_answer
from tests.support.records import received
from tests.support.scripted_server import Peer, ScriptedServer

SECRET = "s3cret-of-the-webhook"
BODY = b'{"data":[1],"meta":null}'


def posted(target: Poster | str, times: int = 1) -> list[Reply]:
    """Return the replies to ``BODY``, which is posted so many times."""
    with closing(poster(target) if isinstance(target, str) else target) as posting:
        return [posting.post(BODY) for _ in range(times)]


def url_of(server: ScriptedServer) -> str:
    return f"http://127.0.0.1:{server.port}"


# The request


def test_event_is_posted_as_a_webhook_of_chatapp_sends_it() -> None:
    meta = {"type": "message", "licenseId": "1229"}
    payload = {"queue": "q", "payload": {"data": [{"id": 1}, {"id": 2}], "meta": meta}}
    request = request_of(received(json.dumps(payload)))
    assert (request.seq, request.about) == (17, "message 1")
    with Webhook() as webhook, closing(poster(f"{webhook.url}?key=1")) as posting:
        assert posting.post(request.body, request.headers) == Reply(200)
    (sent,) = webhook.requests
    assert (sent.method, sent.path) == ("POST", "/webhook?key=1")
    assert sent.body == (
        b'{"data":[{"id":1},{"id":2}],"meta":{"type":"message","licenseId":"1229"}}'
    )
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["user-agent"] == f"chatapp-tail/{__version__}"
    assert sent.headers["accept"] == "*/*"
    assert sent.headers["x-chatapp-channel"] == "1229/telegram"
    assert sent.headers["x-chatapp-seq"] == "17"


def test_name_of_an_event_cannot_add_a_header() -> None:
    request = request_of(received({"data": [{}], "meta": None}, event="chat\r\nX: 1 ы"))
    assert request.headers["X-ChatApp-Event"] == "chat%0D%0AX:%201%20%D1%8B"


def test_only_the_items_that_passed_the_filter_are_posted() -> None:
    first, _, third = received({"data": ["first", "second", "third"], "meta": None})
    assert request_of([first, third]).body == b'{"data":["first","third"],"meta":null}'


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        ("no JSON", {"data": "no JSON", "meta": None}),
        ('{"data": {"id": 1}, "meta": 5}', {"data": {"id": 1}, "meta": 5}),
        ('{"other": 1}', {"data": {"other": 1}, "meta": None}),
    ],
)
def test_malformed_event_is_posted_as_it_came(payload: str, body: object) -> None:
    assert json.loads(request_of(received(payload)).body) == body


def test_headers_of_the_user_are_sent_and_replace_ours() -> None:
    headers = [
        Header("Authorization", f"Bearer {SECRET}"),
        Header("X-Name", "Zoë"),
        Header("user-agent", "ChatApp"),
        Header("Host", "crm.example"),
        Header("x-chatapp-seq", "0"),
    ]
    with Webhook() as webhook, closing(poster(webhook.url, *headers)) as posting:
        posting.post(BODY, {"X-ChatApp-Seq": "17"})
    (sent,) = webhook.requests
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.headers["x-name"] == "Zoë"
    assert sent.headers["user-agent"] == "ChatApp"
    assert sent.headers["host"] == "crm.example"
    assert sent.headers["x-chatapp-seq"] == "0"


# Answers


@pytest.mark.parametrize(
    ("statuses", "is_taken", "may_pass"),
    [
        ((200, 201, 202, 204, 299), True, False),
        ((300, 304, 400, 401, 403, 404, 405, 407, 409, 410, 413, 422, 499), False, False),
        ((408, 425, 429, 500, 502, 503, 504, 520, 599), False, True),
    ],
    ids=["taken", "refused", "may pass"],
)
def test_status_tells_whether_the_event_was_taken_or_may_be_later(
    statuses: tuple[int, ...], *, is_taken: bool, may_pass: bool
) -> None:
    with Webhook(*map(Answer, statuses)) as webhook:
        replies = posted(webhook.url, len(statuses))
    assert [reply.status for reply in replies] == list(statuses)
    assert {reply.is_taken for reply in replies} == {is_taken}
    assert {reply.may_pass for reply in replies} == {may_pass}


def test_beginning_of_an_answer_is_quoted_in_one_line() -> None:
    with Webhook(Answer(422, body="no such\r\n  client\n" + "x" * 1000)) as webhook:
        assert posted(webhook.url) == [Reply(422, said="no such client " + "x" * 182)]


def test_redirect_is_not_followed() -> None:
    with Webhook() as other, Webhook(Answer(307, {"Location": other.url})) as webhook:
        assert posted(webhook.url) == [Reply(307)]
        assert other.requests == []


def test_cookies_are_not_kept() -> None:
    with Webhook(Answer(headers={"Set-Cookie": "a=b; Path=/"})) as webhook:
        posted(webhook.url, 2)
    assert ["cookie" in request.headers for request in webhook.requests] == [False, False]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"x" * 10_000_000),
        Answer(body=gzip.compress(bytes(10_000_000)), headers={"Content-Encoding": "gzip"}),
        Answer(body="no gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["long", "inflated", "broken"],
)
def test_body_of_an_answer_is_neither_needed_nor_read_to_its_end(answer: Answer) -> None:
    with Webhook(answer) as webhook:
        assert [reply.is_taken for reply in posted(webhook.url, 2)] == [True, True]


def answering(raw: bytes, piece: bytes = b"") -> Callable[[Peer], None]:
    """Return a script that answers a request with ``raw``, and then with ``piece`` endlessly."""

    def answer(peer: Peer) -> None:
        peer.read_request()
        peer.read(len(BODY))
        peer.send_raw(raw)
        while piece:
            peer.send_raw(piece)

    return answer


@pytest.mark.parametrize(
    "script",
    [
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        answering(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1000\r\n" + b"x" * 4096 + b"\r\n",
        ),
    ],
    ids=["breaks off", "endless"],
)
def test_answer_counts_whatever_its_body_does(script: Callable[[Peer], None]) -> None:
    with ScriptedServer(script) as server:
        assert [reply.is_taken for reply in posted(url_of(server), 2)] == [True, True]
        assert server.connections == 2


# No answer


def test_refused_connection_has_no_answer() -> None:
    assert posted(NOBODY) == [Reply(None, "connection refused", may_pass=True)]


def test_webhook_that_hangs_up_or_is_silent_has_no_answer() -> None:
    with Webhook(Answer(0), Answer(delay=DEADLINE)) as webhook:
        assert posted(poster(webhook.url, answer_timeout=0.1), 2) == [
            Reply(None, "the connection was closed without an answer", may_pass=True),
            Reply(None, "no answer in time", may_pass=True),
        ]


@pytest.mark.parametrize(
    "raw",
    [
        f"{SECRET}\r\n\r\n",
        f"HTTP/1.1 {SECRET}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\n{SECRET * 4000}",
        "HTTP/1.1 200 OK\r\n" + "X-Key: 1\r\n" * 101 + "\r\n",
    ],
    ids=["no status line", "no status", "endless header", "endless headers"],
)
def test_what_is_not_http_is_not_quoted(raw: str) -> None:
    with ScriptedServer(answering(raw.encode())) as server:
        assert posted(url_of(server)) == [Reply(None, "the answer isn't HTTP", may_pass=True)]


def test_webhook_that_is_not_trusted_gets_nothing(certificates: Certificates) -> None:
    with Webhook(certificates=certificates) as webhook:
        assert posted(webhook.url) == [
            Reply(None, "the certificate can't be trusted: unable to get local issuer certificate")
        ]
        assert webhook.requests == []


def test_webhook_without_tls_is_told_apart() -> None:
    with Webhook() as webhook:
        (reply,) = posted(f"https://localhost:{port_of(webhook.url)}/webhook")
    assert reply.error.startswith("TLS failed: ")
    assert reply.may_pass


def test_webhook_that_never_says_hello_has_no_answer() -> None:
    with ScriptedServer(Peer.freeze) as server:
        url = f"https://localhost:{server.port}/"
        assert posted(poster(url, connect_timeout=0.05)) == [
            Reply(None, "no answer in time", may_pass=True)
        ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse what is too much")
def test_webhook_that_accepts_no_connection_is_told_apart() -> None:
    with black_hole("127.0.0.1") as port:
        assert posted(poster(f"http://127.0.0.1:{port}/", connect_timeout=0.05)) == [
            Reply(None, "no connection in time", may_pass=True)
        ]


# Proxies


@pytest.mark.parametrize(
    ("scheme", "answer", "reply"),
    [
        ("http", "407 No", Reply(407)),
        ("https", "407 No", Reply(None, "the proxy answered 407")),
        ("https", "502 Bad", Reply(None, "the proxy answered 502", may_pass=True)),
    ],
)
def test_refusal_of_the_proxy_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, scheme: str, answer: str, reply: Reply
) -> None:
    with ProxyServer(answer=http_answer(answer)) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert posted(f"{scheme}://{HOST}/") == [reply]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_missing_proxy_is_told_apart(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("ALL_PROXY", NOBODY)
    assert posted(f"{scheme}://{HOST}/") == [
        Reply(None, "the proxy: connection refused", may_pass=True)
    ]
