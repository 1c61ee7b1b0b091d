"""Signatures, against the worked examples of the Pusher documentation."""

import pytest

from chatapp_tail.emulator.auth import (
    App,
    channel_auth_is_valid,
    request_refusal,
    sign_channel,
    sign_request,
)

DOCUMENTED = App("3", "278d425bdf160c739803", "7ad3773142a6692b25b8")
CHANNEL_AUTH = (
    "278d425bdf160c739803:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"
)
BODY = b'{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}'
QUERY = {
    "auth_key": "278d425bdf160c739803",
    "auth_timestamp": "1353088179",
    "auth_version": "1.0",
    "body_md5": "ec365a775a4cd0599faeb73354201b6f",
    "auth_signature": "da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c",
}
WRONG_SIGNATURE, WRONG_MD5 = "Invalid auth_signature.", "body_md5 is not the MD5 of the body."


def test_documented_channel_signature() -> None:
    assert sign_channel(DOCUMENTED, "1234.1234", "private-foobar") == CHANNEL_AUTH


def test_documented_request_signature() -> None:
    assert sign_request(DOCUMENTED, "/apps/3/events", BODY, timestamp=1353088179) == QUERY
    assert request_refusal(DOCUMENTED, "/apps/3/events", QUERY, BODY) is None


@pytest.mark.parametrize(
    "auth",
    [None, 7, "", "278d425bdf160c739803:", CHANNEL_AUTH.upper(), "\ud83d", CHANNEL_AUTH + " "],
)
def test_wrong_channel_signature_is_refused(auth: object) -> None:
    assert not channel_auth_is_valid(DOCUMENTED, "1234.1234", "private-foobar", auth)


@pytest.mark.parametrize(
    ("path", "changes", "body", "reason"),
    [
        ("/apps/3/events", {"auth_key": "other"}, BODY, "Unknown auth_key."),
        ("/apps/3/events", {"body_md5": ""}, BODY, WRONG_MD5),
        ("/apps/3/events", {}, BODY + b" ", WRONG_MD5),
        ("/apps/4/events", {}, BODY, WRONG_SIGNATURE),
        ("/apps/3/events", {"auth_timestamp": "1353088180"}, BODY, WRONG_SIGNATURE),
        ("/apps/3/events", {"auth_signature": "é"}, BODY, WRONG_SIGNATURE),
    ],
)
def test_changed_request_is_refused(
    path: str, changes: dict[str, str], body: bytes, reason: str
) -> None:
    assert request_refusal(DOCUMENTED, path, QUERY | changes, body) == reason


def test_secret_is_not_in_the_repr() -> None:
    assert DOCUMENTED.secret not in repr(DOCUMENTED)
