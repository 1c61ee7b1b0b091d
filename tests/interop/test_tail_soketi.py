"""The program itself against soketi and an authorization endpoint, plain and over TLS."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EVENTS, samples
from tests.support.cli_process import CLI, endpoint
from tests.support.credentials import APP, Certificates
from tests.support.loopback_http import AuthEndpoint, json_answer
from tests.support.records import COMPANY, TELEGRAM, USER
from tests.support.schema import validate_line
from tests.support.soketi import Soketi

pytestmark = pytest.mark.soketi

AVITO = "private-v1.licenses.1229.messengers.avito"
SPECS = ("1229/telegram", "company/2224", "user/685")
CHANNEL_OF = {Scope.LICENSE: TELEGRAM, Scope.COMPANY: COMPANY, Scope.USER: USER}
# A record's keys for the event, its channel, the channel's owner, and the item.
KEYS = (
    *("event", "channel"),
    *("scope", "license", "messenger", "company", "user"),
    *("index", "count", "data", "meta"),
)
OWNER_OF = {
    Scope.LICENSE: ("license", 1229, "telegram", None, None),
    Scope.COMPANY: ("company", None, None, 2224, None),
    Scope.USER: ("user", None, None, None, 685),
}

Wrap = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Servers:
    """A Pusher server, the endpoint that signs for it, and the environment for a tail."""

    soketi: Soketi
    endpoint: AuthEndpoint
    environment: Mapping[str, str]

    def tail(self, home: Path, *arguments: str) -> CLI:
        """Return a tail of these servers."""
        return CLI(home, *arguments, environment=self.environment)


def of(soketi: Soketi, auth_endpoint: AuthEndpoint, **variables: str) -> Servers:
    """Return the servers with the environment variables that name them."""
    leading = endpoint(soketi.socket_url, auth_endpoint.api_url, auth_endpoint.token)
    return Servers(soketi, auth_endpoint, leading | variables)


@pytest.fixture
def plain(soketi: Soketi, auth_endpoint: AuthEndpoint) -> Servers:
    """Return the servers without TLS."""
    return of(soketi, auth_endpoint)


@pytest.fixture
def tls(soketi_tls: Soketi, auth_endpoint_tls: AuthEndpoint, certificates: Certificates) -> Servers:
    """Return the servers with TLS, of a private authority."""
    return of(soketi_tls, auth_endpoint_tls, SSL_CERT_FILE=str(certificates.ca))


@pytest.fixture
def own(own_soketi: Soketi, auth_endpoint: AuthEndpoint) -> Servers:
    """Return a server that the test may stop, and the endpoint."""
    return of(own_soketi, auth_endpoint)


def message(text: str) -> dict[str, object]:
    """Return a documented message without a time."""
    item = {"id": 1, "side": "in", "type": "text", "message": {"text": text}}
    return {"data": [item], "meta": {"type": "message", "licenseId": 1229}}


def texts(lines: list[str]) -> list[str]:
    """Return the messages' texts of JSON Lines."""
    return [json.loads(line)["data"]["message"]["text"] for line in lines]


def wrapped(sample: object) -> object:
    """Return ``sample`` in the envelope of the vendor's queue."""
    return {"queue": "events", "payload": sample}


@pytest.mark.parametrize(
    ("name", "wrap"),
    [("plain", lambda sample: sample), ("tls", wrapped)],
    ids=["plain, flat", "TLS, wrapped"],
)
def test_every_documented_event_arrives_unchanged(
    request: pytest.FixtureRequest, tmp_path: Path, name: str, wrap: Wrap
) -> None:
    servers: Servers = request.getfixturevalue(name)
    expected = []
    with servers.tail(tmp_path, *SPECS) as process:
        process.wait_for("subscribed to user/685")
        for event in EVENTS.values():
            for sample in samples(event.name):
                servers.soketi.publish(CHANNEL_OF[event.scope], event.name, wrap(sample))
                items: Any = sample["data"]
                for index, item in enumerate(items):
                    place = (index, len(items), item, sample["meta"])
                    owner = (CHANNEL_OF[event.scope], *OWNER_OF[event.scope])
                    expected.append((event.name, *owner, *place))
        records = [validate_line(line) for line in process.lines(len(expected))]
        assert [tuple(record[key] for key in KEYS) for record in records] == expected


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_lost_server_is_found_again_and_the_gap_is_said(
    own: Servers, tmp_path: Path, how: str
) -> None:
    with own.tail(tmp_path, SPECS[0], SPECS[2], "--count", "4") as process:
        process.wait_for("subscribed to user/685")
        own.soketi.publish(TELEGRAM, "message", message("before"))
        own.soketi.publish(USER, "message", message("before, to the user"))
        process.lines(2)
        first = process.stdout.text
        if how == "stop":
            own.soketi.stop()
            process.wait_for("closed by the server with 4200")
        else:
            own.soketi.kill()
            process.wait_for("next try in")
        own.soketi.start()
        subscribed = [process.wait_for("subscribed to", within=40) for _ in (TELEGRAM, USER)]
        said = [sentence.partition("chatapp-tail: ")[2] for sentence in subscribed]
        assert said == [f"subscribed to {spec}" for spec in SPECS[::2]]
        assert re.search(r"warning: gap of \d+\.\d s \(", process.wait_for("gap of"))
        own.soketi.publish(TELEGRAM, "message", message("after"))
        own.soketi.publish(USER, "message", message("after, to the user"))
        assert process.exit_code() == 0
        assert texts(first.splitlines()) == ["before", "before, to the user"]
        assert texts(process.lines(2)) == ["after", "after, to the user"]
        assert process.stdout.text.count("\n") == 4
        process.wait_for("1 gap of")
    # One authorization for each channel and connection, with the connection's socket_id.
    assert len({asked.socket_id for asked in own.endpoint.requests}) == 2
    assert Counter(own.endpoint.channels) == {TELEGRAM: 2, USER: 2}


def test_refused_channel_is_warned_of_and_the_other_goes_on(plain: Servers, tmp_path: Path) -> None:
    plain.endpoint.refused.add(AVITO)
    with plain.tail(tmp_path, "1229/avito", SPECS[0], "--count", "1") as process:
        process.wait_for("warning: 1229/avito refused: HTTP 403, This action is unauthorized.")
        process.wait_for("subscribed to 1229/telegram")
        plain.soketi.publish(TELEGRAM, "message", message("goes on"))
        assert process.exit_code() == 0
        assert texts(process.lines(1)) == ["goes on"]


def test_signature_that_the_server_refuses_ends_the_run_with_4(
    plain: Servers, tmp_path: Path
) -> None:
    plain.endpoint.play(json_answer(200, {"auth": f"{APP.key}:{'0' * 64}"}))
    with plain.tail(tmp_path, SPECS[0]) as process:
        assert process.exit_code() == 4
        assert "1229/telegram refused: " in process.stderr.text


def test_wrong_app_key_ends_the_run_with_5_and_the_remedy(plain: Servers, tmp_path: Path) -> None:
    with plain.tail(tmp_path, SPECS[0], "--app-key", "Wrong") as process:
        assert process.exit_code() == 5
        assert "4001" in process.wait_for("chatapp-tail: error: ")
        process.wait_for("the server doesn't know this app key")
        process.wait_for("the app key Wrong")
    assert plain.endpoint.requests == []
