"""The steps of the token and of the API that is to accept it."""

from pathlib import Path
from typing import ClassVar

import pytest

from chatapp_tail.account.tokens import (
    FileToken,
    FoundToken,
    LiteralToken,
    find_token,
    form_warning,
)
from chatapp_tail.errors import CredentialsError
from tests.doctor.given import (
    IMPATIENT,
    NOWHERE,
    SPEC,
    TOKEN,
    Diagnosis,
    answer_check,
    diagnose,
    diagnose_server,
    drip,
    given,
)
from tests.network.given import HOST, renamed
from tests.support.credentials import Certificates
from tests.support.loopback_http import Answer, AuthEndpoint, json_answer
from tests.support.proxy_server import ProxyServer
from tests.support.scripted_server import ScriptedServer

LONG_AGO, LONG_HENCE = 1_600_000_000, 4_000_000_000
NEW_TOKEN = "A token lives 24 hours; for a new one, which renews itself: chatapp-tail login."
GIVE_TOKEN = "Log in: chatapp-tail login; or: export CHATAPP_TOKEN='…' (in single quotes)."
REACH_API = "Check --api-url and the network; or try again later."
HTML = Answer(200, {"Content-Type": "text/html"}, "<html>Welcome to nginx!</html>")


def access(api_url: str, token: FoundToken | CredentialsError | None = None) -> Diagnosis:
    """Examine token and API; the websocket is nowhere."""
    return diagnose(NOWHERE, api_url, SPEC, token=token, limits=IMPATIENT)


def test_good_token_is_accepted_and_never_shown(endpoint: AuthEndpoint) -> None:
    found = access(endpoint.api_url)
    assert found.words("token") == ("ok", "from CHATAPP_TOKEN; its form is ChatApp's", "")
    assert found.words("API") == ("ok", "the API accepts the token", "")
    assert found.of("token").seconds is None
    assert 0 < found.seconds("API") < 5
    (asked,) = (one for one in endpoint.requests if one.path == "/v1/tokens/check")
    assert (asked.method, asked.headers["authorization"]) == ("GET", TOKEN)
    assert TOKEN not in str(found)


def test_token_of_an_unknown_form_is_a_warning_and_is_tried(endpoint: AuthEndpoint) -> None:
    endpoint.token = "0.made.up"
    found = access(endpoint.api_url, given("0.made.up"))
    assert found.words("token") == (
        "warning",
        f"from CHATAPP_TOKEN; {form_warning('0.made.up')}",
        "Take it from a file (--token @FILE) or put it in single quotes: '$2y$10$…'.",
    )
    assert found.outcomes["API"] == "ok"
    assert "made.up" not in str(found.findings)


@pytest.mark.parametrize(
    ("ends", "outcome", "words", "next_step"),
    [
        (LONG_AGO, "warning", "it ended at 2020-09-13 12:26 UTC", NEW_TOKEN),
        (LONG_HENCE, "ok", "it ends at 2096-10-02 07:06 UTC; its form is ChatApp's", ""),
        (10**30, "ok", f"it ends at {10**30}; its form is ChatApp's", ""),
    ],
    ids=["over", "valid", "absurd"],
)
def test_token_of_a_login_is_reported_with_its_end(
    endpoint: AuthEndpoint, ends: int, outcome: str, words: str, next_step: str
) -> None:
    found = diagnose(NOWHERE, endpoint.api_url, token_ends=ends)
    assert found.words("token") == (outcome, f"from CHATAPP_TOKEN; {words}", next_step)
    assert found.outcomes["API"] == "ok"


def missing() -> CredentialsError:
    """Return the error for a user without any token."""
    with pytest.raises(CredentialsError) as error:
        find_token(None, {}, None)  # type: ignore[arg-type]
    return error.value


def test_without_a_token_the_socket_is_examined_all_the_same(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint, SPEC, token=missing())
    assert found.words("token") == ("failed", "no access token", GIVE_TOKEN)
    for step, channel in (("API", None), ("authorization", SPEC), ("subscription", SPEC)):
        assert found.words(step, channel) == ("skipped", "needs the token", "")
    for step in ("DNS", "TCP", "websocket", "handshake", "ping"):
        assert found.outcomes[step] == "ok"
    assert endpoint.requests == []
    assert found.code == 3


class Gone:
    """A source of tokens that has none any more."""

    error: ClassVar = CredentialsError("the stored login is gone", hint="Log in again: now")

    def token(self) -> str:
        raise self.error

    def renew(self, refused: str) -> str | None:
        raise AssertionError(refused)


@pytest.mark.parametrize(
    ("token", "words", "next_step"),
    [
        (
            CredentialsError("unsafe", hint="chmod 600 'x'\nor log in"),
            "unsafe",
            "chmod 600 'x' or log in",
        ),
        (CredentialsError("gone"), "gone", GIVE_TOKEN),
        (FoundToken(Gone(), "the stored login"), "the stored login is gone", "Log in again: now"),
    ],
    ids=["hint", "no hint", "unreadable"],
)
def test_broken_login_has_the_next_step_of_its_error(
    endpoint: AuthEndpoint, token: FoundToken | CredentialsError, words: str, next_step: str
) -> None:
    found = access(endpoint.api_url, token)
    assert found.words("token") == ("failed", words, next_step)
    assert found.words("API") == ("skipped", "needs the token", "")
    assert found.code == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (json_answer(401, {"message": "No."}), "the API refused the token (HTTP 401, No.)"),
        (json_answer(200, {"success": False}), "the API says that the token is invalid"),
        (Answer(302, {"Location": "/login"}), "the API refused the token (HTTP 302)"),
    ],
    ids=["refused", "invalid", "login page"],
)
def test_refused_token_fails_the_api(endpoint: AuthEndpoint, answer: Answer, words: str) -> None:
    answer_check(endpoint, answer)
    found = access(endpoint.api_url)
    assert found.words("API") == ("failed", words, NEW_TOKEN)
    assert found.code == 3


NO_VERDICT = "the API's answer has no verdict (HTTP 200, text/html, 30 bytes)"


@pytest.mark.parametrize(
    ("answer", "words", "next_step"),
    [
        (HTML, NO_VERDICT, "Check the API's address."),
        (Answer(503), "the API answered HTTP 503", REACH_API),
    ],
    ids=["html", "maintenance"],
)
def test_api_without_a_verdict_fails(
    endpoint: AuthEndpoint, answer: Answer, words: str, next_step: str
) -> None:
    answer_check(endpoint, answer)
    found = access(endpoint.api_url)
    assert found.words("API") == ("failed", words, next_step)
    assert found.code == 5


def test_api_that_knows_nothing_of_tokens_is_a_warning_that_hides_what_it_quotes(
    endpoint: AuthEndpoint,
) -> None:
    strange = "strange/secret-0123456789.abcdef"
    answer_check(endpoint, json_answer(404, {"message": f"no {strange} here"}))
    found = access(endpoint.api_url, FoundToken(LiteralToken(strange), "--token"))
    assert found.words("API") == (
        "warning",
        "it doesn't say whether the token is good: HTTP 404, no *** here",
        "If channels are refused, too: check --api-url.",
    )


@pytest.mark.parametrize(
    ("answer", "needed", "code"),
    [
        (json_answer(401, {}), "a token that the API accepts", 3),
        (Answer(503), "the API", 5),
    ],
    ids=["refused", "down"],
)
def test_channels_need_what_the_api_lacks_and_the_socket_is_examined(
    endpoint: AuthEndpoint, answer: Answer, needed: str, code: int
) -> None:
    answer_check(endpoint, answer)
    found = diagnose_server(endpoint, SPEC)
    assert found.words("authorization", SPEC) == ("skipped", f"needs {needed}", "")
    assert found.words("subscription", SPEC) == ("skipped", f"needs {needed}", "")
    assert found.outcomes["ping"] == "ok"
    assert len(endpoint.requests) == 1
    assert found.code == code


def test_token_file_that_vanished_is_the_reason_after_a_refusal(
    endpoint: AuthEndpoint, tmp_path: Path
) -> None:
    file = tmp_path / "token.txt"
    file.write_text(TOKEN)
    token = FileToken(file)
    file.unlink()
    answer_check(endpoint, json_answer(401, {}))
    assert access(endpoint.api_url, FoundToken(token, "--token")).words("API") == (
        "failed",
        f"the token file {file} can't be read: No such file or directory",
        NEW_TOKEN,
    )


def test_untrusted_api_gets_no_token(certificates: Certificates) -> None:
    with AuthEndpoint(certificates) as api:
        found = access(api.api_url)
        assert api.requests == []
    assert found.words("API") == (
        "failed",
        "the API's certificate can't be trusted: unable to get local issuer certificate",
        "For a private CA set SSL_CERT_FILE to its PEM file.",
    )


def test_api_behind_a_proxy_is_reported_with_it(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = renamed(endpoint.api_url, HOST)
    with ProxyServer(credentials="user:secret") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//user:secret@"))
        found = access(url)
    through = "the API accepts the token, through the proxy 127.0.0.1:PORT"
    assert found.words("API") == ("ok", through, "")
    assert "secret" not in str(found)
    stopped = access(url).of("API")
    assert (stopped.outcome, stopped.next_step) == (
        "failed",
        "Check the proxy in the environment, or set NO_PROXY; and --api-url.",
    )


def test_api_that_drips_is_left_in_time() -> None:
    with ScriptedServer(lambda peer: drip(peer, b"HTTP/1.1 200 OK\r\nX-Slow: ")) as server:
        found = access(server.url.replace("ws://", "http://"))
    words = "http://127.0.0.1:PORT took more than 1.2 s"
    assert found.words("API") == ("failed", words, REACH_API)
