"""Two steps for each channel: its authorization by the API, its subscription by the server."""

import json

import pytest

from tests.doctor.given import (
    ACCEPTED,
    IMPATIENT,
    SPEC,
    Diagnosis,
    diagnose,
    diagnose_server,
    server_of,
)
from tests.support.loopback_http import AUTH_PATH, Answer, AuthEndpoint, json_answer
from tests.support.personalities import (
    LWS1,
    SOKETI,
    Connection,
    Personality,
    SubscriptionError,
    Switches,
)
from tests.support.records import COMPANY, TELEGRAM

COMPANY_SPEC = "company/2224"
LIST_CHANNELS = "chatapp-tail channels lists what this token may watch."
TRY_AGAIN = "Try again later; if it stays so, check --api-url."
NO_WORD = "The server says nothing of it: check --app-key and --socket-url, or try again later."
DONT_BELONG = (
    "The API signed it and the server says no: check that --app-key, --socket-url and --api-url "
    "belong together."
)
NEEDS_AUTHORIZATION = ("skipped", "needs the authorization", "")
MANY_SPECS = [f"company/{number}" for number in range(30)]


def test_channels_are_signed_and_confirmed_each_with_its_time(endpoint: AuthEndpoint) -> None:
    with server_of(SOKETI) as server:
        found = diagnose(server.url, endpoint.api_url, SPEC, COMPANY_SPEC)
        assert [TELEGRAM, COMPANY] in [each.confirmed for each in server.connections]
    for spec in (SPEC, COMPANY_SPEC):
        assert found.words("authorization", spec) == ("ok", "signed by the API", "")
        assert found.words("subscription", spec) == ("ok", "confirmed by the server", "")
        for step in ("authorization", "subscription"):
            assert 0 < found.seconds(step, spec) < 5
    assert found.code == 0


def test_channel_that_the_api_refuses_leaves_the_others_alone(endpoint: AuthEndpoint) -> None:
    endpoint.refused.add(TELEGRAM)
    found = diagnose_server(endpoint, SPEC, COMPANY_SPEC)
    refusal = "the API refused it: HTTP 403, This action is unauthorized."
    assert found.words("authorization", SPEC) == ("failed", refusal, LIST_CHANNELS)
    assert found.words("subscription", SPEC) == NEEDS_AUTHORIZATION
    assert found.outcomes[f"subscription {COMPANY_SPEC}"] == "ok"
    assert found.code == 0


def test_refusal_of_all_channels_has_an_exit_code(endpoint: AuthEndpoint) -> None:
    endpoint.refused |= {TELEGRAM, COMPANY}
    found = diagnose_server(endpoint, SPEC, COMPANY_SPEC)
    assert found.outcomes["ping"] == "ok"
    assert found.code == 4


def test_next_step_names_a_messenger_of_a_similar_name(endpoint: AuthEndpoint) -> None:
    endpoint.refused.add("private-v1.licenses.1229.messengers.gr-whatsapp")
    found = diagnose_server(endpoint, "1229/gr-whatsapp")
    assert found.of("authorization", "1229/gr-whatsapp").next_step == (
        f"Did you mean 1229/grWhatsApp? {LIST_CHANNELS}"
    )


@pytest.mark.parametrize(
    ("personality", "words"),
    [(SOKETI, "The connection is unauthorized. (401)"), (LWS1, "Invalid Signature (4009)")],
    ids=["soketi", "laravel-websockets"],
)
def test_channel_that_the_server_refuses_leaves_the_others_alone(
    endpoint: AuthEndpoint, personality: Personality, words: str
) -> None:
    refusing = Switches(refuses=[TELEGRAM])
    found = diagnose_server(
        endpoint, SPEC, COMPANY_SPEC, personality=personality, switches=refusing
    )
    refusal = f"the server refused it: {words}"
    assert found.outcomes[f"authorization {SPEC}"] == "ok"
    assert found.words("subscription", SPEC) == ("failed", refusal, DONT_BELONG)
    assert found.outcomes[f"subscription {COMPANY_SPEC}"] == "ok"
    assert found.code == 0


def test_subscription_without_an_answer_fails_and_the_next_one_comes(
    endpoint: AuthEndpoint,
) -> None:
    mute = Switches(ignores=[TELEGRAM])
    found = diagnose_server(endpoint, SPEC, COMPANY_SPEC, switches=mute, limits=IMPATIENT)
    silence = "no answer to the subscription in 0.3 s"
    assert found.words("subscription", SPEC) == ("failed", silence, NO_WORD)
    assert found.outcomes[f"subscription {COMPANY_SPEC}"] == "ok"
    assert found.code == 0


def test_many_subscriptions_without_an_answer_share_one_time_limit(endpoint: AuthEndpoint) -> None:
    specs = MANY_SPECS[:9]
    mute = Switches(ignores=[f"private-v1.companies.{number}" for number in range(9)])
    found = diagnose_server(endpoint, *specs, switches=mute, limits=IMPATIENT)
    results = [found.of("subscription", spec).result for spec in specs]
    waited_for = results.count("no answer to the subscription in 0.3 s")
    assert 1 <= waited_for <= 3  # which are 0.9 s of the 1 s
    assert results[waited_for:] == ["not settled in 1 s"] * (9 - waited_for)
    assert found.outcomes["ping"] == "ok"
    assert found.code == 5


@pytest.mark.parametrize(
    ("answer", "words", "next_step"),
    [
        (json_answer(429, {}, Retry_After="60"), "the API answered HTTP 429", TRY_AGAIN),
        (
            Answer(200, {"Content-Type": "text/html"}, "<html>"),
            "the API's answer has no signature (HTTP 200, text/html, 6 bytes)",
            "Check the API's address.",
        ),
        (
            Answer(200, delay=30.0),
            f"the API didn't answer in time (http://127.0.0.1:PORT{AUTH_PATH})",
            TRY_AGAIN,
        ),
    ],
    ids=["throttled", "html", "late"],
)
def test_api_without_a_signature_is_asked_once(
    endpoint: AuthEndpoint, answer: Answer, words: str, next_step: str
) -> None:
    endpoint.play(ACCEPTED, answer)
    found = diagnose_server(endpoint, SPEC, limits=IMPATIENT)
    assert found.words("authorization", SPEC) == ("failed", words, next_step)
    assert found.words("subscription", SPEC) == NEEDS_AUTHORIZATION
    assert list(filter(None, endpoint.channels)) == [TELEGRAM]
    assert found.code == 5


def assert_settled(found: Diagnosis) -> None:
    """Check that each of ``MANY_SPECS`` has its two findings, and each other step one."""
    assert len(found.findings) == 7 + 2 * len(MANY_SPECS) + 1


def test_token_that_the_api_refuses_at_a_channel_ends_the_requests(endpoint: AuthEndpoint) -> None:
    endpoint.play(ACCEPTED, json_answer(401, {"message": "Unauthenticated."}))
    found = diagnose_server(endpoint, *MANY_SPECS)
    assert found.words("authorization", MANY_SPECS[0]) == (
        "failed",
        "the API refused the token (HTTP 401, Unauthenticated.)",
        "Log in again: chatapp-tail login",
    )
    needs_token = ("skipped", "needs a token that the API accepts", "")
    assert found.words("authorization", MANY_SPECS[-1]) == needs_token
    assert_settled(found)
    assert len(endpoint.requests) < 5
    assert found.outcomes["ping"] == "ok"
    assert found.code == 3


def test_end_of_the_connection_settles_the_rest(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(
        endpoint,
        *MANY_SPECS,
        when_confirmed=lambda connection, _channel: connection.close(4200, "bye"),
    )
    closed = "closed by the server with 4200 bye"
    ended = ("failed", f"the connection ended: {closed}", NO_WORD)
    assert found.words("subscription", MANY_SPECS[0]) == ("ok", "confirmed by the server", "")
    assert found.words("authorization", MANY_SPECS[-1]) == ended
    assert found.words("subscription", MANY_SPECS[-1]) == NEEDS_AUTHORIZATION
    assert found.of("ping").result == closed
    assert_settled(found)
    assert found.code == 5


def test_signature_that_a_server_quotes_is_hidden(endpoint: AuthEndpoint) -> None:
    secret = "no usual signature at all"
    quoting = SubscriptionError(f"bad auth {secret}", 401)
    endpoint.play(ACCEPTED, json_answer(200, {"auth": secret}))
    found = diagnose_server(endpoint, SPEC, switches=Switches(refuses=[TELEGRAM], refusal=quoting))
    assert found.of("subscription", SPEC).result == "the server refused it: bad auth *** (401)"
    assert secret not in found.frames


def test_confirmations_that_nobody_asked_for_are_ignored(endpoint: AuthEndpoint) -> None:
    def confirm_more(connection: Connection, _channel: str) -> None:
        for name in ("private-other", TELEGRAM):
            succeeded = {"event": "pusher_internal:subscription_succeeded", "channel": name}
            connection.send(json.dumps(succeeded))

    found = diagnose_server(endpoint, SPEC, when_confirmed=confirm_more)
    assert found.outcomes[f"subscription {SPEC}"] == "ok"
    assert found.outcomes["ping"] == "ok"
