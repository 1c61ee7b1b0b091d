"""An API that answers anything at all: through the real HTTP client, over real connections."""

import gzip
import json
import logging
import math
import ssl
import zlib
from collections.abc import Iterator
from contextlib import closing

import pytest

from chatapp_tail.account.tokens import LiteralToken
from chatapp_tail.api import Api
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    TokenRefusedError,
)
from chatapp_tail.pusher.authorizing import Authorizer
from chatapp_tail.pusher.protocol import Authorization, subscribe_text
from tests.hostile.given import PATIENCE, ScriptedAnswer, for_each_input
from tests.support.credentials import TOKEN
from tests.support.mutations import Mutator
from tests.support.records import TELEGRAM

TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# The limit for an error message about an answer, in characters.
_LONGEST_MESSAGE = 1_000
SIGNED = {"auth": f"key:{'5f' * 32}", "channel_data": '{"user_id":"1"}'}
BODIES = [
    json.dumps(body).encode()
    for body in (
        SIGNED,
        {"success": False, "error": {"code": "ApiInvalidTokenError", "message": f"bad {TOKEN}"}},
        {"message": "This action is unauthorized.", "errors": {"channel_name": ["required"]}},
        [SIGNED],
    )
]
STATUSES = ("200 OK", "401 No", "403 Forbidden", "302 Found", "419 Expired", "429 Slow", "503 Busy")


def http(status: str, *headers: str, body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = (body[:20], body[20:], b"")
    return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


@pytest.fixture
def authorizer(scripted: ScriptedAnswer, caplog: pytest.LogCaptureFixture) -> Iterator[Authorizer]:
    caplog.set_level(logging.CRITICAL, logger="urllib3")  # it logs each header that it can't read
    api = Api(
        scripted.url,
        clock=SystemClock(),
        context=TRUSTS_NOBODY,
        connect_timeout=PATIENCE,
        answer_timeout=PATIENCE,
    )
    with closing(Authorizer(api, LiteralToken(TOKEN))) as made:
        yield made


def authorize(authorizer: Authorizer) -> Authorization | ApiError:
    """Return the outcome; check its message, or that it can be sent to a Pusher server."""
    try:
        outcome: Authorization | ApiError = authorizer.authorize("123.456", TELEGRAM)
    except ApiError as refusal:
        outcome = refusal
    if isinstance(outcome, Authorization):
        json.loads(subscribe_text(TELEGRAM, outcome).encode())
        return outcome
    assert len(outcome.message) < _LONGEST_MESSAGE
    assert TOKEN not in outcome.message
    wish = getattr(outcome, "retry_after", None)
    assert wish is None or (math.isfinite(wish) and 0 <= wish <= 300)
    return outcome


def of_answers(mutator: Mutator) -> bytes:
    """Return an answer with a mutated head, body, or type of body."""
    body = mutator.one_of(BODIES)
    if mutator.number(0, 2) == 0:
        body = json.dumps(mutator.distorted(json.loads(body))).encode()
    if mutator.number(0, 1):
        body = mutator.mutated(body)
    match mutator.number(0, 3):
        case 0:
            answer = chunked(body)
        case 1:
            answer = http("200 OK", "Content-Encoding: gzip", body=gzip.compress(body))
        case _:
            status = STATUSES[mutator.number(0, len(STATUSES) - 1)]
            answer = http(status, "Retry-After: 5", "Content-Type: application/json", body=body)
    return mutator.mutated(answer) if mutator.number(0, 1) else answer


# Seen once in 200,000: urllib3 leaves the socket of an answer to the garbage collector.
@pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning")
def test_any_answer_of_the_api_is_a_signature_or_an_error_of_ours(
    scripted: ScriptedAnswer, authorizer: Authorizer
) -> None:
    def check(mutator: Mutator) -> None:
        scripted.answer = of_answers(mutator)
        authorize(authorizer)

    for_each_input(check)


def test_inputs_reach_every_outcome(scripted: ScriptedAnswer, authorizer: Authorizer) -> None:
    outcomes = set()
    for seed in range(100):
        scripted.answer = of_answers(Mutator(seed))
        outcomes.add(type(authorize(authorizer)))
    assert outcomes == {
        Authorization,
        ApiUnavailableError,
        ApiRefusedError,
        TokenRefusedError,
    }


MEGABYTES = 64 << 20


def inflating(size: int) -> bytes:
    """Return gzip of ``size`` bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(size >> 20)) + packer.flush()


@pytest.mark.parametrize(
    "answer",
    [
        http("200 OK", body=b" " * (2 << 20) + BODIES[0]),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * (2 << 20),
        http("200 OK", "Content-Encoding: gzip", body=inflating(MEGABYTES)),
        http("403 No", "Content-Encoding: gzip", body=inflating(MEGABYTES)),
        http(
            "200 OK",
            "Content-Encoding: gzip, gzip",
            body=gzip.compress(inflating(MEGABYTES)),
        ),
        chunked(b"x" * (2 << 20)),
    ],
    ids=["long", "without end", "bomb", "refusing bomb", "bomb in gzip", "chunks"],
)
def test_answer_of_more_than_a_megabyte_isnt_read(
    scripted: ScriptedAnswer, authorizer: Authorizer, answer: bytes
) -> None:
    scripted.answer = answer
    outcome = authorize(authorizer)
    assert isinstance(outcome, ApiUnavailableError)
    assert "can't be read" in outcome.message


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"auth":' * 5_000,
        b'{"auth":' + b"9" * 100_000 + b"}",
        b'{"auth":NaN}',
        b'{"auth":1e999}',
        b'{"auth":"x","channel_data":1e999}',
        b'{"auth":null}',
        b'{"auth":["x"]}',
        b"\xff\xfe{}",
        b"",
    ],
    ids=lambda body: f"{body[:12]!r}",
)
def test_answer_without_a_signature_is_an_error_that_says_so(
    scripted: ScriptedAnswer, authorizer: Authorizer, body: bytes
) -> None:
    scripted.answer = http("200 OK", body=body)
    outcome = authorize(authorizer)
    assert isinstance(outcome, ApiUnavailableError)
    assert outcome.message.startswith("the API's answer has no signature (HTTP 200")


@pytest.mark.parametrize(
    "auth", [r"\ud83d", r"\u0000\u001b[31m", "[/bold]", "x" * 100_000], ids=lambda auth: auth[:12]
)
def test_strange_signature_is_passed_on_as_it_is(
    scripted: ScriptedAnswer, authorizer: Authorizer, auth: str
) -> None:
    scripted.answer = http("200 OK", body=f'{{"auth":"{auth}"}}'.encode())
    outcome = authorize(authorizer)
    assert isinstance(outcome, Authorization)
    sent = json.loads(subscribe_text(TELEGRAM, outcome))
    assert sent["data"]["auth"] == json.loads(f'"{auth}"')
