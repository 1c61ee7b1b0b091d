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
    api_answers,
    diagnose,
    diagnose_server,
    drip,
    given,
    server_of,
)
from tests.network.given import HOST, renamed
from tests.support.credentials import Certificates
from tests.support.loopback_http import Answer, AuthEndpoint, json_answer
from tests.support.personalities import SOKETI
from tests.support.proxy_server import ProxyServer
from tests.support.scripted_server import ScriptedServer

LONG_AGO, LONG_HENCE = 1_600_000_000, 4_000_000_000
NEW_TOKEN = "A token lives 24 hours; for a new one, which renews itself: chatapp-tail login."
GIVE_TOKEN = "Log in: chatapp-tail login; or: export CHATAPP_TOKEN='…' (in single quotes)."
HTML = Answer(200, {"Content-Type": "text/html"}, "<html>Welcome to nginx!</html>")


def access(api_url: str, token: FoundToken | CredentialsError | None = None) -> Diagnosis:
    """Examine token and API; the websocket is nowhere."""
    return diagnose(NOWHERE, api_url, SPEC, token=token, limits=IMPATIENT)


def test_good_token_is_told_without_being_shown(endpoint: AuthEndpoint) -> None:
    found = access(endpoint.api_url)
    assert found.words("token") == ("ok", "from CHATAPP_TOKEN; its form is ChatApp's", "")
    assert found.words("API") == ("ok", "the API accepts the token", "")
    assert found.of("token").seconds is None
    assert 0 < found.seconds("API") < 5
    (asked,) = (one for one in endpoint.requests if one.path == "/v1/tokens/check")
    assert asked.method == "GET"
    assert asked.headers["authorization"] == TOKEN


def test_token_of_a_strange_form_is_a_warning_and_is_tried(endpoint: AuthEndpoint) -> None:
    found = access(endpoint.api_url, given("0.made.up"))
    assert found.words("token") == (
        "warning",
        f"from CHATAPP_TOKEN; {form_warning('0.made.up')}",
        "Take it from a file (--token @FILE) or put it in single quotes: '$2y$10$…'.",
    )
    assert found.outcomes["API"] == "ok"
    assert "made.up" not in str(found.findings)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (LONG_AGO, ("warning", "from CHATAPP_TOKEN; it ended at 2020-09-13 12:26 UTC", NEW_TOKEN)),
        (
            LONG_HENCE,
            (
                "ok",
                "from CHATAPP_TOKEN; it ends at 2096-10-02 07:06 UTC; its form is ChatApp's",
                "",
            ),
        ),
        (10**30, ("ok", f"from CHATAPP_TOKEN; it ends at {10**30}; its form is ChatApp's", "")),
    ],
    ids=["over", "good", "absurd"],
)
def test_end_of_a_stored_token_is_told(
    endpoint: AuthEndpoint, ends: int, expected: tuple[str, str, str]
) -> None:
    found = diagnose(NOWHERE, endpoint.api_url, token_ends=ends)
    assert found.words("token") == expected
    assert found.outcomes["API"] == "ok"


def missing() -> CredentialsError:
    with pytest.raises(CredentialsError) as error:
        find_token(None, {}, None)  # type: ignore[arg-type]
    return error.value


def test_without_a_token_the_socket_is_examined_all_the_same(endpoint: AuthEndpoint) -> None:
    found = diagnose_server(endpoint, SPEC, token=missing())
    assert found.words("token") == ("failed", "no access token", GIVE_TOKEN)
    assert found.words("API") == ("skipped", "needs the token", "")
    assert found.words("authorization", SPEC) == ("skipped", "needs the token", "")
    assert found.words("subscription", SPEC) == ("skipped", "needs the token", "")
    for step in ("DNS", "TCP", "websocket", "handshake", "ping"):
        assert found.outcomes[step] == "ok"
    assert endpoint.requests == []
    assert found.code == 3


def test_hint_of_a_broken_login_is_the_next_step(endpoint: AuthEndpoint) -> None:
    error = CredentialsError("other users can read it", hint="chmod 600 'x'\nor log in again")
    found = access(endpoint.api_url, error)
    assert found.words("token") == (
        "failed",
        "other users can read it",
        "chmod 600 'x' or log in again",
    )
    assert access(endpoint.api_url, CredentialsError("gone")).of("token").next_step == GIVE_TOKEN


class Gone:
    """A source of tokens that has none any more."""

    error: ClassVar = CredentialsError("the stored login is gone", hint="Log in again: now")

    def token(self) -> str:
        raise self.error

    def renew(self, refused: str) -> str | None:
        raise AssertionError(refused)


def test_token_that_cant_be_read_is_missing_too(endpoint: AuthEndpoint) -> None:
    found = access(endpoint.api_url, FoundToken(Gone(), "the stored login"))
    assert found.words("token") == ("failed", "the stored login is gone", "Log in again: now")
    assert found.words("API") == ("skipped", "needs the token", "")
    assert found.code == 3


@pytest.mark.parametrize(
    ("answer", "expected", "code"),
    [
        (
            json_answer(401, {"message": "Unauthenticated."}),
            ("failed", "the API refused the token (HTTP 401, Unauthenticated.)", NEW_TOKEN),
            3,
        ),
        (
            json_answer(200, {"success": False}),
            ("failed", "the API says that the token is invalid", NEW_TOKEN),
            3,
        ),
        (
            Answer(302, {"Location": "/login"}),
            ("failed", "the API refused the token (HTTP 302)", NEW_TOKEN),
            3,
        ),
        (
            HTML,
            (
                "failed",
                "the API's answer has no verdict (HTTP 200, text/html, 30 bytes)",
                "Check the API's address.",
            ),
            5,
        ),
        (
            Answer(503, {"Content-Type": "text/html"}, "<html>maintenance</html>"),
            (
                "failed",
                "the API answered HTTP 503",
                "Check --api-url and the network; or try again later.",
            ),
            5,
        ),
        (
            json_answer(404, {"message": "Not Found"}),
            (
                "warning",
                "it doesn't say whether the token is good: HTTP 404, Not Found",
                "If channels are refused, too: check --api-url.",
            ),
            5,  # because of the websocket, which is nowhere here
        ),
    ],
    ids=["refused", "invalid", "login page", "html", "maintenance", "another API"],
)
def test_what_the_api_says_of_the_token_is_told(
    endpoint: AuthEndpoint, answer: Answer, expected: tuple[str, str, str], code: int
) -> None:
    endpoint.decide = api_answers(endpoint, answer)
    found = access(endpoint.api_url)
    assert found.words("API") == expected
    assert found.code == code


def test_refused_token_leaves_the_channels_alone_and_the_socket_is_examined(
    endpoint: AuthEndpoint,
) -> None:
    endpoint.decide = api_answers(endpoint, json_answer(401, {}))
    found = diagnose_server(endpoint, SPEC)
    assert found.words("authorization", SPEC) == (
        "skipped",
        "needs a token that the API accepts",
        "",
    )
    assert found.outcomes["ping"] == "ok"
    assert len(endpoint.requests) == 1
    assert found.code == 3


def test_api_that_cant_be_reached_leaves_the_channels_alone(endpoint: AuthEndpoint) -> None:
    del endpoint
    with server_of(SOKETI) as server:
        found = diagnose(server.url, "http://127.0.0.1:1", SPEC)
    assert found.words("API") == (
        "failed",
        "no connection to the API (http://127.0.0.1:PORT/v1/tokens/check): Connection refused",
        "Check --api-url and the network; or try again later.",
    )
    assert found.words("authorization", SPEC) == ("skipped", "needs the API", "")
    assert found.words("subscription", SPEC) == ("skipped", "needs the API", "")
    assert found.outcomes["ping"] == "ok"
    assert found.code == 5


def test_token_file_that_vanished_is_said_once_the_api_refuses_what_it_held(
    endpoint: AuthEndpoint, tmp_path: Path
) -> None:
    file = tmp_path / "token.txt"
    file.write_text(TOKEN)
    token = FileToken(file)
    file.unlink()
    endpoint.play(json_answer(401, {}))
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


def test_api_behind_a_proxy_is_told_with_it(
    endpoint: AuthEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProxyServer(credentials="user:secret") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//user:secret@"))
        found = access(renamed(endpoint.api_url, HOST))
        assert found.words("API") == (
            "ok",
            "the API accepts the token, through the proxy 127.0.0.1:PORT",
            "",
        )
        assert "secret" not in str(found)
    found = access(renamed(endpoint.api_url, HOST))
    assert found.outcomes["API"] == "failed"
    assert found.of("API").next_step == (
        "Check the proxy in the environment, or set NO_PROXY; and --api-url."
    )


def test_api_that_drips_is_left_in_time() -> None:
    with ScriptedServer(lambda peer: drip(peer, b"HTTP/1.1 200 OK\r\nX-Slow: ")) as server:
        url = server.url.replace("ws://", "http://")
        found = access(url)
    assert found.words("API") == (
        "failed",
        f"{url} took more than 0.6 s".replace(url.rpartition(":")[2], "PORT", 1),
        "Check --api-url and the network; or try again later.",
    )


def test_token_is_hidden_in_frames_and_findings(endpoint: AuthEndpoint) -> None:
    strange = "strange/secret-0123456789.abcdef"
    said = f"you said {strange} to me"
    endpoint.decide = api_answers(endpoint, json_answer(404, {"message": said}))
    found = access(endpoint.api_url, FoundToken(LiteralToken(strange), "--token"))
    assert found.of("API").result == (
        "it doesn't say whether the token is good: HTTP 404, you said *** to me"
    )
