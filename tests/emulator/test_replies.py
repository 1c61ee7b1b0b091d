"""The bodies of the API's answers have the shapes that clients read."""

from chatapp_tail.emulator.account import DEMO_ACCOUNT
from chatapp_tail.emulator.replies import (
    companies_reply,
    employees_reply,
    error_body,
    licenses_reply,
    tokens_reply,
)
from chatapp_tail.emulator.tokens import TokenPair
from tests.emulator.given import StoppedClock


def test_tokens() -> None:
    pair = TokenPair("access", 1795435200, "refresh", 1796558400)
    assert tokens_reply(pair, 685) == {
        "success": True,
        "data": {
            "cabinetUserId": 685,
            "accessToken": "access",
            "accessTokenEndTime": 1795435200,
            "refreshToken": "refresh",
            "refreshTokenEndTime": 1796558400,
        },
    }


def test_error() -> None:
    assert error_body("ApiInvalidTokenError", "Invalid Token") == {
        "success": False,
        "error": {"code": "ApiInvalidTokenError", "message": "Invalid Token"},
    }


def test_licenses_with_the_phone_of_some_messengers() -> None:
    assert licenses_reply(DEMO_ACCOUNT, StoppedClock().utcnow()) == {
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
                    {
                        "type": "grWhatsApp",
                        "name": "WhatsApp",
                        "info": {"phone": "70000000000"},
                    },
                    {
                        "type": "caWhatsApp",
                        "name": "WhatsApp Business API",
                        "info": {"phone": "70000000000"},
                    },
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


def test_companies() -> None:
    assert companies_reply(DEMO_ACCOUNT) == {
        "success": True,
        "data": {"items": [{"companyId": 2224, "name": "Кондитерская «Апорт»"}]},
    }


def test_employees() -> None:
    assert employees_reply(DEMO_ACCOUNT) == {
        "success": True,
        "data": {
            "items": [
                {
                    "id": 685,
                    "fullName": "Айгерим Сапарова",
                    "email": "aigerim@aport.example",
                    "role": {"name": "Администратор"},
                },
                {
                    "id": 124,
                    "fullName": "Марат Жумабаев",
                    "email": "marat@aport.example",
                    "role": {"name": "Оператор"},
                },
            ]
        },
    }
