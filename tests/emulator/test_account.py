"""What the token of the local ChatApp opens."""

import re

from chatapp_tail.emulator.account import (
    DEMO_ACCOUNT,
    DEMO_APP_ID,
    DEMO_EMAIL,
    DEMO_PASSWORD,
    DEMO_TOKEN,
)


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


def test_demo_token_has_the_real_form() -> None:
    assert re.fullmatch(r"\$2y\$10\$[./A-Za-z0-9]{53}", DEMO_TOKEN)


def test_demo_credentials_are_obviously_made_up() -> None:
    assert (DEMO_EMAIL, DEMO_PASSWORD) == ("aigerim@aport.example", "demo-password")
    assert DEMO_APP_ID == "app_685_1"


def test_password_is_not_in_the_repr() -> None:
    assert "demo-password" not in repr(DEMO_ACCOUNT)
