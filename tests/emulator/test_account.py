"""Accounts: which channels the demo account may watch, and accounts from a file."""

import json

import pytest

from chatapp_tail.chatapp.values import dig
from chatapp_tail.emulator.account import DEMO_ACCOUNT, EXAMPLE, read_accounts
from chatapp_tail.emulator.rest import callback_urls_reply, licenses_reply
from chatapp_tail.errors import UsageError
from tests.support.fake_clock import FakeClock

LEAST = {"email": "a@b.example", "password": "secret", "appId": "app_7_1", "userId": 7}


def test_channels_follow_from_the_account() -> None:
    assert sorted(DEMO_ACCOUNT.channels()) == [
        "private-v1.companies.2224",
        "private-v1.companies.2224.users.124",
        "private-v1.companies.2224.users.685",
        "private-v1.licenses.1229.messengers.WhatsApp",
        "private-v1.licenses.1229.messengers.caWhatsApp",
        "private-v1.licenses.1229.messengers.grWhatsApp",
        "private-v1.licenses.1229.messengers.telegram",
        "private-v1.users.124",
        "private-v1.users.685",
    ]


def test_example_is_an_account() -> None:
    (account,) = read_accounts(EXAMPLE.encode())
    assert account.token == "made-up-token"
    assert list(account.specs()) == ["100/telegram", "user/7"]
    assert "made-up" not in repr(account)


def test_fields_of_a_file_are_in_the_answers_of_the_api() -> None:
    messenger = {"type": "avito", "name": "Avito", "phone": "7"}
    license_ = {"licenseId": 1, "licenseName": "Shop", "licenseTo": 1700000000, "active": False}
    webhooks = [{"licenseId": 1, "messengerType": "avito", "url": "https://x.example"}]
    given = {**LEAST, "licenses": [license_ | {"messenger": [messenger]}], "callbackUrls": webhooks}
    (account,) = read_accounts(json.dumps([given]).encode())
    licenses = dig(licenses_reply(account, FakeClock().utcnow()), "data")
    assert isinstance(licenses, list)
    (answered,) = licenses
    assert {name: answered[name] for name in license_} == license_
    assert answered["messenger"] == [{"type": "avito", "name": "Avito", "info": {"phone": "7"}}]
    assert callback_urls_reply(account)["data"] == webhooks


def test_account_without_a_token_gets_the_same_one_each_time_in_the_real_form() -> None:
    first, second = (read_accounts(json.dumps([LEAST]).encode())[0].token for _ in range(2))
    assert first == second
    assert (first[:7], len(first)) == ("$2y$10$", 60)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "it is not JSON: "),
        (b"{}", "it must be a list"),
        (b"[]", "it has no account"),
        (b"[1]", "[0] must be an object"),
        ([{**LEAST, "email": 1}], "[0].email must be a string"),
        ([LEAST, {**LEAST, "userId": "x"}], "[1].userId must be a whole number"),
        ([{**LEAST, "licences": []}], "[0] has no 'licences'; it may have email, "),
        ([{**LEAST, "licenses": [{}]}], "[0].licenses[0].licenseId must be a whole number"),
        ([{**LEAST, "licenses": [{"licenseId": 1, "active": 1}]}], "[0].licenses[0].active must"),
    ],
)
def test_invalid_file_is_refused_with_the_place_of_the_error(content: object, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_accounts(content if isinstance(content, bytes) else json.dumps(content).encode())
    assert caught.value.message.startswith(problem)
    assert caught.value.option == "accounts"


def test_messenger_that_no_channel_name_can_contain_is_refused() -> None:
    account = {**LEAST, "licenses": [{"licenseId": 1, "messenger": [{"type": "a/b"}]}]}
    with pytest.raises(UsageError):
        read_accounts(json.dumps([account]).encode())
