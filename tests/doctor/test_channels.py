import json

import pytest

from tests.doctor.given import (
    IMPATIENT,
    SPEC,
    TELEGRAM,
    api_answers,
    diagnose,
    diagnose_server,
    given,
    server_of,
)
from tests.support.loopback_http import Answer, AuthEndpoint, Request, json_answer
from tests.support.personalities import (
    LWS1,
    SOKETI,
    Connection,
    Personality,
    SubscriptionError,
    Switches,
)

COMPANY_SPEC, COMPANY = "company/2224", "private-v1.companies.2224"
LIST_CHANNELS = "chatapp-tail channels lists what this token may watch."
TRY_AGAIN = "Try again later; if it stays so, check --api-url."
NO_WORD = "The server says nothing of it: check --app-key and --socket-url, or try again later."
DONT_BELONG = (
    "The API signed it and the server says no: check that --app-key, --socket-url and --api-url "
    "belong together."
)
NEEDS_AUTHORIZATION = ("skipped", "needs the authorization", "")


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


def test_one_refused_channel_leaves_the_others_alone(endpoint: AuthEndpoint) -> None:
    endpoint.refused.add(TELEGRAM)
    found = diagnose_server(endpoint, SPEC, COMPANY_SPEC)
    assert found.words("authorization", SPEC) == (
        "failed",
        "the API refused it: HTTP 403, This action is unauthorized.",
        LIST_CHANNELS,
    )
    assert found.words("subscription", SPEC) == NEEDS_AUTHORIZATION
    assert found.outcomes[f"subscription {COMPANY_SPEC}"] == "ok"
    assert found.code == 0


def test_all_channels_refused_are_worth_an_exit_code(endpoint: AuthEndpoint) -> None:
    endpoint.refused |= {TELEGRAM, COMPANY}
    found = diagnose_server(endpoint, SPEC, COMPANY_SPEC)
    assert found.outcomes["ping"] == "ok"
    assert found.code == 4


def test_messenger_in_the_wrong_case_is_hinted_at(endpoint: AuthEndpoint) -> None:
    endpoint.refused.add("private-v1.licenses.1229.messengers.gr-whatsapp")
    found = diagnose_server(endpoint, "1229/gr-whatsapp")
    assert found.of("authorization", "1229/gr-whatsapp").next_step == (
        f"Did you mean 1229/grWhatsApp? {LIST_CHANNELS}"
    )


@pytest.mark.parametrize("personality", [SOKETI, LWS1], ids=lambda one: one.name)
def test_channel_that_the_server_refuses_is_told_from_one_that_the_api_refuses(
    endpoint: AuthEndpoint, personality: Personality
) -> None:
    found = diagnose_server(
        endpoint, SPEC, COMPANY_SPEC, personality=personality, switches=Switches(refuses=[TELEGRAM])
    )
    outcome, result, next_step = found.words("subscription", SPEC)
    assert outcome == "failed"
    assert result.startswith("the server refused it: ")
    assert next_step == DONT_BELONG
    assert found.outcomes[f"authorization {SPEC}"] == "ok"
    assert found.outcomes[f"subscription {COMPANY_SPEC}"] == "ok"
    assert found.code == 0


def test_code_of_the_servers_refusal_is_told(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint, SPEC, personality=LWS1, switches=Switches(refuses=[TELEGRAM]))
    assert found.of("subscription", SPEC).result == (
        "the server refused it: Invalid Signature (4009)"
    )
    assert found.code == 4


def test_subscription_without_an_answer_is_said_and_the_next_one_comes(
    endpoint: AuthEndpoint,
) -> None:
    found = diagnose_server(
        endpoint,
        SPEC,
        COMPANY_SPEC,
        personality=LWS1,
        switches=Switches(ignores=[TELEGRAM]),
        limits=IMPATIENT,
    )
    assert found.words("subscription", SPEC) == (
        "failed",
        "no answer to the subscription in 0.3 s",
        NO_WORD,
    )
    assert found.outcomes[f"subscription {COMPANY_SPEC}"] == "ok"
    assert found.code == 0
    with server_of(LWS1, Switches(ignores=[TELEGRAM])) as server:
        assert diagnose(server.url, endpoint.api_url, SPEC, limits=IMPATIENT).code == 5


def test_many_subscriptions_without_an_answer_dont_take_for_ever(endpoint: AuthEndpoint) -> None:
    specs = [f"company/{number}" for number in range(9)]
    ignored = [f"private-v1.companies.{number}" for number in range(9)]
    found = diagnose_server(
        endpoint, *specs, personality=LWS1, switches=Switches(ignores=ignored), limits=IMPATIENT
    )
    results = [found.of("subscription", spec).result for spec in specs]
    waited_for = results.count("no answer to the subscription in 0.3 s")
    assert 1 <= waited_for <= 3  # which are 0.9 s of the 1 s
    assert results[waited_for:] == ["not settled in 1 s"] * (9 - waited_for)
    assert found.outcomes["ping"] == "ok"
    assert found.code == 5


def test_authorization_that_takes_too_long_is_left(endpoint: AuthEndpoint) -> None:
    signed = api_answers(endpoint)

    def decide(asked: Request) -> Answer | None:
        if asked.path == "/v1/tokens/check":
            return signed(asked)
        return Answer(200, delay=30.0)

    endpoint.decide = decide
    found = diagnose_server(endpoint, SPEC, limits=IMPATIENT)
    assert found.words("authorization", SPEC) == (
        "failed",
        f"the API didn't answer in time ({endpoint.api_url}/broadcasting/auth)".replace(
            endpoint.api_url.rpartition(":")[2], "PORT"
        ),
        TRY_AGAIN,
    )
    assert found.words("subscription", SPEC) == NEEDS_AUTHORIZATION
    assert found.code == 5


@pytest.mark.parametrize(
    ("answer", "result", "next_step"),
    [
        (json_answer(429, {}, Retry_After="60"), "the API answered HTTP 429", TRY_AGAIN),
        (
            Answer(200, {"Content-Type": "text/html"}, "<html>"),
            "the API's answer has no signature (HTTP 200, text/html, 6 bytes)",
            "Check the API's address.",
        ),
    ],
)
def test_api_that_cant_sign_now_is_said_once(
    endpoint: AuthEndpoint, answer: Answer, result: str, next_step: str
) -> None:
    endpoint.play(json_answer(200, {"success": True}), answer)
    found = diagnose_server(endpoint, SPEC)
    assert found.words("authorization", SPEC) == ("failed", result, next_step)
    assert list(filter(None, endpoint.channels)) == [TELEGRAM]
    assert found.code == 5


def test_token_that_the_api_refuses_at_a_channel_ends_the_asking(endpoint: AuthEndpoint) -> None:
    specs = [f"company/{number}" for number in range(30)]
    endpoint.play(
        json_answer(200, {"success": True}), json_answer(401, {"message": "Unauthenticated."})
    )
    found = diagnose_server(endpoint, *specs)
    assert found.words("authorization", "company/0") == (
        "failed",
        "the API refused the token (HTTP 401, Unauthenticated.)",
        "Log in again: chatapp-tail login",
    )
    assert found.words("authorization", "company/29") == (
        "skipped",
        "needs a token that the API accepts",
        "",
    )
    assert len(found.findings) == 7 + 60 + 1
    assert len(endpoint.requests) < 5
    assert found.outcomes["ping"] == "ok"
    assert found.code == 3


def test_end_of_the_connection_settles_the_rest(endpoint: AuthEndpoint) -> None:
    specs = [f"company/{number}" for number in range(30)]
    found = diagnose_server(
        endpoint, *specs, when_confirmed=lambda connection, _channel: connection.close(4200, "bye")
    )
    assert found.words("subscription", "company/0") == ("ok", "confirmed by the server", "")
    assert found.words("authorization", "company/29") == (
        "failed",
        "the connection ended: closed by the server with 4200 bye",
        NO_WORD,
    )
    assert found.words("subscription", "company/29") == NEEDS_AUTHORIZATION
    assert found.of("ping").result == "closed by the server with 4200 bye"
    assert len(found.findings) == 7 + 60 + 1
    assert found.code == 5


def test_signature_that_a_server_quotes_is_hidden(endpoint: AuthEndpoint) -> None:
    secret = "no usual signature at all"
    quoting = SubscriptionError(f"bad auth {secret}", 401)
    endpoint.play(json_answer(200, {"success": True}), json_answer(200, {"auth": secret}))
    found = diagnose_server(endpoint, SPEC, switches=Switches(refuses=[TELEGRAM], refusal=quoting))
    assert found.of("subscription", SPEC).result == "the server refused it: bad auth *** (401)"
    assert secret not in found.frames


def test_news_of_a_channel_that_nobody_asked_for_is_ignored(endpoint: AuthEndpoint) -> None:
    def confirm_another(connection: Connection, _channel: str) -> None:
        for name in ("private-other", TELEGRAM):
            succeeded = {"event": "pusher_internal:subscription_succeeded", "channel": name}
            connection.send(json.dumps(succeeded))

    found = diagnose_server(
        endpoint, SPEC, when_confirmed=confirm_another, token=given("$2y$10$" + "a" * 53)
    )
    assert found.outcomes[f"subscription {SPEC}"] == "ok"
    assert found.outcomes["ping"] == "ok"
