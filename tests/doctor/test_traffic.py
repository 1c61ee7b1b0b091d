"""What the API says of licences, webhooks and messages; cli/test_doctor_traffic.py has the rest."""

import pytest

from chatapp_tail.doctor.findings import Finding
from tests.doctor.given import ACCEPTED, SPEC, diagnose_server
from tests.support.loopback_http import Answer, AuthEndpoint, Request, json_answer

MESSENGER = "/v1/licenses/1229/messengers/telegram"
HUGE = 10**400


def examined(endpoint: AuthEndpoint, answers: dict[str, object]) -> dict[str, Finding]:
    """Return the findings by step; the API gives ``answers`` by path, as their data."""

    def decide(asked: Request) -> Answer | None:
        path = asked.path.partition("?")[0]
        if path in answers:
            return json_answer(200, {"success": True, "data": answers[path]})
        return ACCEPTED if path == "/v1/tokens/check" else None

    endpoint.decide = decide
    found = diagnose_server(endpoint, SPEC)
    assert found.code == 0
    return {str(one.step): one for one in found.traffic}


@pytest.mark.parametrize(
    ("license_", "outcome", "result"),
    [
        ({"status": {"code": "active"}}, "ok", "the licence is active"),
        ({"active": True, "licenseTo": 0}, "ok", "the licence is active"),
        ({"status": {"code": "frozen"}}, "warning", "the licence is not active (frozen)"),
        (
            {"status": {"code": "trial"}, "active": True, "licenseTo": "4102444800"},
            "ok",
            "the licence is active (trial); it ends at 2100-01-01 00:00 UTC",
        ),
        ({"active": False}, "warning", "the licence is not active (inactive)"),
        ({"licenseTo": HUGE}, "ok", f"the licence is active; it ends at {HUGE}"[:399] + "…"),
        ({"licenseId": 1}, "warning", "licence 1229 isn't among those of this token"),
    ],
)
def test_licence_is_active_by_its_flag_or_status(
    endpoint: AuthEndpoint, license_: dict[str, object], outcome: str, result: str
) -> None:
    listed = {"licenseId": "1229", "messenger": [{"type": "telegram"}], **license_}
    found = examined(endpoint, {"/v1/licenses": [listed]})["licence"]
    assert (found.outcome, found.result) == (outcome, result)


def test_webhooks_are_shown_by_host_alone_and_many_are_counted(endpoint: AuthEndpoint) -> None:
    urls = [f"https://user:pw@h{n}.example/secret?key=secret" for n in range(4)] + ["http://["]
    listed = [{"licenseId": 1229, "messengerType": "telegram", "url": url} for url in urls]
    found = examined(endpoint, {"/v1/callbackUrls": listed})["webhooks"]
    assert found.result == (
        "ChatApp posts the events to h0.example, h1.example, h2.example and 2 more, too"
    )


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "time": HUGE, "side": "in"},
        {"id": 1, "time": -1, "side": "in"},
        {"id": 1, "time": None, "side": "in"},
        {"id": 1, "time": 1700000000, "side": "out", "type": "system"},
    ],
    ids=["huge", "negative", "none", "system"],
)
def test_message_without_a_valid_time_and_system_message_are_left_out(
    endpoint: AuthEndpoint, message: dict[str, object]
) -> None:
    real = {"id": "a", "time": "1700000000", "side": "in"}
    answers: dict[str, object] = {
        f"{MESSENGER}/chats": [{"id": "c", "lastTime": HUGE}, {"id": None}],
        f"{MESSENGER}/chats/c/messages": {"items": [message, real]},
    }
    found = examined(endpoint, answers)
    assert found["messages"].result.startswith("the newest is of 2023-11-14 22:13 UTC, ")
    assert found["unanswered"].result.startswith("an answer is due in the one chat, the oldest for")


def test_chat_that_the_api_no_longer_has_is_left_out(endpoint: AuthEndpoint) -> None:
    found = examined(endpoint, {f"{MESSENGER}/chats": [{"id": "gone", "lastTime": 1}]})
    assert found["messages"].result == "the API knows none: nobody has written"
    assert found["unanswered"].result == "no chat waits for an answer"


def test_list_that_the_api_does_not_have_skips_its_step(endpoint: AuthEndpoint) -> None:
    found = examined(endpoint, {})
    skipped = {step for step, one in found.items() if one.outcome == "skipped"}
    assert skipped == {"licence", "webhooks", "messages", "unanswered"}
