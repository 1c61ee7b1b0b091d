"""The doctor's examination of soketi, plain and over TLS."""

import pytest

from tests.doctor.given import Diagnosis, answer_check, diagnose
from tests.support.credentials import DISABLED_APP, Certificates
from tests.support.loopback_http import AuthEndpoint
from tests.support.records import TELEGRAM
from tests.support.soketi import Soketi

pytestmark = pytest.mark.soketi

SPECS = ("1229/telegram", "company/2224")


def examined(soketi: Soketi, endpoint: AuthEndpoint, **options: str) -> Diagnosis:
    answer_check(endpoint)
    return diagnose(soketi.socket_url, endpoint.api_url, *SPECS, **options)  # type: ignore[arg-type]


def test_every_step_is_well(soketi: Soketi, auth_endpoint: AuthEndpoint) -> None:
    found = examined(soketi, auth_endpoint)
    assert {one.outcome for one in found.findings if one.step != "TLS"} == {"ok"}
    assert found.of("handshake").result.endswith("activity_timeout 30 s")
    assert found.code == 0


def test_tls_passes_with_a_trusted_authority(
    soketi_tls: Soketi,
    auth_endpoint_tls: AuthEndpoint,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    found = examined(soketi_tls, auth_endpoint_tls)
    assert {one.outcome for one in found.findings} == {"ok"}
    monkeypatch.delenv("SSL_CERT_FILE")
    found = examined(soketi_tls, auth_endpoint_tls)
    assert found.outcomes["API"] == "failed"
    assert found.outcomes["TLS"] == "failed"
    assert found.code == 5


def test_wrong_signature_is_the_servers_refusal(
    soketi: Soketi, auth_endpoint: AuthEndpoint
) -> None:
    with AuthEndpoint(app=DISABLED_APP) as other:
        found = examined(soketi, other)
    assert found.words("authorization", SPECS[0]) == ("ok", "signed by the API", "")
    assert found.of("subscription", SPECS[0]).result == (
        "the server refused it: The connection is unauthorized. (401)"
    )
    assert found.code == 4
    assert auth_endpoint.requests == []


def test_unknown_and_disabled_apps_are_said(soketi: Soketi, auth_endpoint: AuthEndpoint) -> None:
    found = examined(soketi, auth_endpoint, app_key="typo")
    assert "4001" in found.of("handshake").result
    assert found.of("handshake").next_step == (
        "the server doesn't know this app key. Check --socket-url and --app-key."
    )
    found = examined(soketi, auth_endpoint, app_key=DISABLED_APP.key)
    assert found.outcomes["handshake"] == "failed"
    assert found.outcomes["ping"] == "skipped"
    assert found.code == 5


def test_one_refused_channel_leaves_the_other_alone(
    soketi: Soketi, auth_endpoint: AuthEndpoint
) -> None:
    auth_endpoint.refused.add(TELEGRAM)
    found = examined(soketi, auth_endpoint)
    assert found.outcomes["authorization 1229/telegram"] == "failed"
    assert found.outcomes["subscription company/2224"] == "ok"
    assert found.code == 0
