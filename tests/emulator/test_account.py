"""What the token of the local ChatApp opens."""

import re

from chatapp_tail.emulator.account import DEMO_ACCOUNT, DEMO_TOKEN, licenses_reply
from tests.emulator.given import StoppedClock


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


def test_licenses_reply_has_the_shape_that_clients_read() -> None:
    reply = licenses_reply(DEMO_ACCOUNT, StoppedClock().utcnow())
    assert reply == {
        "success": True,
        "data": [
            {
                "licenseId": 1229,
                "licenseTo": 1797940800,
                "licenseName": "Кондитерская «Апорт»",
                "status": {"id": 1, "code": "active"},
                "active": True,
                "messenger": [
                    {"type": "telegram", "name": "Telegram"},
                    {"type": "grWhatsApp", "name": "WhatsApp"},
                    {"type": "caWhatsApp", "name": "WhatsApp Business API"},
                    {"type": "WhatsApp", "name": "WhatsApp (BIC)"},
                ],
                "companies": [2224],
                "access": [
                    {"userId": "685", "email": "aigerim@aport.example"},
                    {"userId": "124", "email": "marat@aport.example"},
                ],
            }
        ],
    }


def test_demo_token_has_the_real_form() -> None:
    assert re.fullmatch(r"\$2y\$10\$[./A-Za-z0-9]{53}", DEMO_TOKEN)
