import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_tail import __version__
from chatapp_tail.account.rest import (
    License,
    Messenger,
    Page,
    Rest,
    Webhook,
    make_tokens,
    refresh_tokens,
)
from chatapp_tail.account.tokens import TokenPair
from chatapp_tail.api import Api
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    TokenRefusedError,
)
from tests.account.given import (
    INVALID_TOKEN,
    NOW,
    PAIR,
    PASSWORD,
    REFRESH,
    ApiServer,
    Tokens,
    answer,
    bad,
    connected,
    everything_said,
    good,
)
from tests.chatapp.given import json_values, shown
from tests.support.credentials import TOKEN
from tests.support.loopback_http import Answer

TOKEN_DATA = {
    "cabinetUserId": 685,
    "accessToken": PAIR.access,
    "accessTokenEndTime": PAIR.access_ends,
    "refreshToken": PAIR.refresh,
    "refreshTokenEndTime": PAIR.refresh_ends,
}


def make(api: Api) -> TokenPair:
    return make_tokens(api, "me@example.com", PASSWORD, "app_685_1")


def refresh(api: Api) -> TokenPair:
    return refresh_tokens(api, REFRESH)


def with_rest(call: Callable[[Rest], object]) -> Callable[[Api], object]:
    return lambda api: call(Rest(api, Tokens(TOKEN)))


CALLS: Mapping[str, Callable[[Api], object]] = {
    "make_tokens": make,
    "refresh_tokens": refresh,
    "check": with_rest(Rest.check),
    "licenses": with_rest(Rest.licenses),
    "companies": with_rest(Rest.companies),
    "employees": with_rest(lambda rest: rest.employees(2224)),
    "webhooks": with_rest(Rest.webhooks),
    "newest_messages": with_rest(lambda rest: rest.newest_messages(1229, "telegram", "p-1", 5)),
    "chats": with_rest(lambda rest: rest.chats(1229, "telegram")),
    "messages": with_rest(lambda rest: rest.messages(1229, "telegram", "private-1", 1795348800)),
}
MESSENGER = "/v1/licenses/1229/messengers/telegram"
FORWARDS = "limit=100&direction=next&includeSystemMessages=1"


# The requests


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("webhooks", "/v1/callbackUrls"),
        (
            "newest_messages",
            f"{MESSENGER}/chats/p-1/messages?limit=5&direction=prev&includeSystemMessages=0",
        ),
        ("check", "/v1/tokens/check"),
        ("licenses", "/v1/licenses"),
        ("companies", "/v1/companies"),
        ("employees", "/v1/companies/2224/employees?limit=200"),
        ("chats", f"{MESSENGER}/chats?limit=100"),
        ("messages", f"{MESSENGER}/chats/private-1/messages?{FORWARDS}&lastTime=1795348800"),
    ],
)
def test_lists_are_asked_for_with_the_bare_token(
    server: ApiServer, api: Api, name: str, path: str
) -> None:
    server.play(good([]))
    CALLS[name](api)
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("GET", path, b"")
    assert request.headers["authorization"] == TOKEN
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == f"chatapp-tail/{__version__}"
    assert not {"refresh", "content-type"} & set(request.headers)


def test_login_is_json_without_a_token(server: ApiServer, api: Api) -> None:
    server.play(good(TOKEN_DATA))
    assert make(api) == PAIR
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/tokens")
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers
    assert json.loads(request.body) == {
        "email": "me@example.com",
        "password": PASSWORD,
        "appId": "app_685_1",
    }


def test_refresh_token_has_a_header_of_its_own_and_no_content(server: ApiServer, api: Api) -> None:
    server.play(good(TOKEN_DATA))
    assert refresh(api) == PAIR
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/v1/tokens/refresh", b"")
    assert request.headers["refresh"] == REFRESH
    assert request.headers["content-length"] == "0"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("call", [Rest.check, Rest.licenses])
def test_refused_token_is_renewed(
    server: ApiServer, api: Api, call: Callable[[Rest], object]
) -> None:
    server.play(bad(INVALID_TOKEN), good([]))
    call(Rest(api, Tokens("old", TOKEN)))
    assert [request.headers["authorization"] for request in server.requests] == ["old", TOKEN]


# Tokens


@pytest.mark.parametrize(
    ("changes", "pair"),
    [
        ({}, PAIR),
        ({"later": 1}, PAIR),
        ({"accessTokenEndTime": "1795435200", "refreshTokenEndTime": "1796558400"}, PAIR),
        ({"cabinetUserId": "685"}, PAIR),
        ({"cabinetUserId": None}, replace(PAIR, user=None)),
        ({"cabinetUserId": -685}, replace(PAIR, user=None)),
        ({"cabinetUserId": 10**18}, replace(PAIR, user=None)),
        ({"accessToken": "x" * 4095}, replace(PAIR, access="x" * 4095)),
    ],
    ids=shown,
)
def test_pair_is_read_from_the_answer(
    server: ApiServer, api: Api, changes: dict[str, object], pair: TokenPair
) -> None:
    # Status 201 is usual for a POST, and the refresh token is spent by then.
    server.play(answer({"success": True, "data": {**TOKEN_DATA, **changes}}, status=201))
    assert refresh(api) == pair


@pytest.mark.parametrize(
    "changes",
    [
        {"accessToken": None},
        {"accessToken": f"{TOKEN}\n"},
        {"refreshToken": "x" * 4096},
        {"refreshToken": [REFRESH]},
        {"accessTokenEndTime": None},
        {"accessTokenEndTime": True},
        {"accessTokenEndTime": "tomorrow"},
        {"refreshTokenEndTime": -1},
        {"refreshTokenEndTime": 10**18},
        {"refreshTokenEndTime": 10**30},
    ],
    ids=shown,
)
def test_pair_that_cannot_be_used_is_an_error(
    server: ApiServer, api: Api, changes: dict[str, object]
) -> None:
    server.play(good({**TOKEN_DATA, **changes}))
    with pytest.raises(ApiUnavailableError) as caught:
        refresh(api)
    assert caught.value.message == "the API's answer has no usable token pair"
    assert (caught.value.hint, caught.value.status) == ("Check the API's address.", 200)
    assert TOKEN not in everything_said(caught.value)


@pytest.mark.parametrize(
    "refusal", [answer({"success": False}), bad(INVALID_TOKEN), bad(None), bad({"code": "Other"})]
)
def test_negative_check_refuses_the_token(server: ApiServer, rest: Rest, refusal: Answer) -> None:
    server.play(refusal)
    with pytest.raises(TokenRefusedError) as caught:
        rest.check()
    assert caught.value.message == "the API says that the token is invalid"
    assert caught.value.status == 200


# Licences


# Every key, as documented and as seen.
LICENSE = {
    "licenseId": 1229,
    "licenseTo": 1796558400,
    "licenseName": "Sales",
    "status": {"id": 1, "code": "active"},
    "messenger": [
        {"type": "telegram", "name": "Telegram", "info": {"phone": "79990000001"}},
        {"type": "grWhatsApp", "name": "WhatsApp"},
    ],
    "companies": [2224, "2225"],
    "access": [{"userId": "685", "email": "me@example.com"}, {"userId": 686, "email": None}],
}


@pytest.mark.parametrize(
    ("data", "licenses"),
    [
        (
            [LICENSE],
            [
                License(
                    1229,
                    name="Sales",
                    status="active",
                    ends=1796558400,
                    messengers=(
                        Messenger("telegram", "Telegram", "79990000001"),
                        Messenger("grWhatsApp", "WhatsApp"),
                    ),
                    companies=(2224, 2225),
                    users=((685, "me@example.com"), (686, "")),
                )
            ],
        ),
        ([{"licenseId": "1229", "id": 7}], [License(1229)]),
        ([{"licenseId": n} for n in (0, -1, 10**18, 1.5, None)], [License(0)]),
        ([{"id": 7}], [License(7)]),
        (
            {"items": [{"licenseId": 1, "messengers": {"items": [{"type": "telegram"}]}}]},
            [License(1, messengers=(Messenger("telegram"),))],
        ),
        (
            [{"licenseId": 1, "licenseName": None, "licenseTo": "1796558400", "status": None}],
            [License(1, ends=1796558400)],
        ),
        (
            [{"licenseId": n, "active": active} for n, active in enumerate([True, False, None, 1])],
            [
                License(0, status="active", is_active=True),
                License(1, status="inactive", is_active=False),
                License(2),
                License(3),
            ],
        ),
        (
            [{"licenseId": 1, "status": {"id": 2, "code": "expired"}, "active": True}],
            [License(1, status="expired", is_active=True)],
        ),
        (
            [{"licenseId": 1, "messenger": {"type": "vk"}, "companies": 2224, "access": {}}],
            [License(1, messengers=(Messenger("vk"),))],
        ),
        (
            [
                {
                    "licenseId": 1,
                    "messenger": [
                        None,
                        {"type": None},
                        {"type": ""},
                        {"type": 5},
                        {"type": "new", "name": None, "info": {"number": 79990000001}},
                        {"type": "email", "name": 5, "info": "me@example.com"},
                    ],
                    "companies": [None, -1, "x", {"id": 1}, True, 3],
                    "access": [None, {"userId": None}, {"email": "x"}, {"userId": "7"}],
                }
            ],
            [
                License(
                    1,
                    messengers=(Messenger("new", "", "79990000001"), Messenger("email", "5")),
                    companies=(3,),
                    users=((7, ""),),
                )
            ],
        ),
    ],
    ids=shown,
)
def test_licences_are_read_with_care(
    server: ApiServer, rest: Rest, data: object, licenses: list[License]
) -> None:
    server.play(good(data))
    assert rest.licenses() == licenses


def test_list_may_be_larger_than_a_megabyte(server: ApiServer, rest: Rest) -> None:
    server.play(good([{**LICENSE, "licenseName": "x" * 1000}] * 2000))
    assert len(rest.licenses()) == 2000


# Other lists

EMPLOYEES = [
    None,
    {},
    {"id": 1},
    {"id": 2, "fullName": None},
    {"id": 3, "fullName": "  "},
    {"fullName": "Nobody"},
    {"id": None, "fullName": "Nobody"},
    {"id": "", "fullName": "Nobody"},
    {"id": 4, "fullName": "first"},
    {"id": "4", "fullName": " Борис ", "role": {"name": "admin"}},
    {"id": 5, "fullName": "", "email": "a@example.com"},
]


@pytest.mark.parametrize(
    ("name", "data", "value"),
    [
        ("companies", {"items": [{"companyId": 2224}, {"companyId": "2225"}]}, [2224, 2225]),
        ("companies", {"items": []}, []),
        ("companies", [], []),
        (
            "companies",
            [{"companyId": None}, {"companyId": -1}, {"id": 1}, 5, {"companyId": 3}],
            [3],
        ),
        ("employees", {"items": []}, {}),
        ("employees", [{"id": 685, "fullName": "Anna"}], {"685": "Anna"}),
        ("employees", {"items": EMPLOYEES}, {"4": "Борис", "5": "a@example.com"}),
        ("chats", {"items": [{"id": 1}], "nextPage": "a+b"}, Page(({"id": 1},), "a+b")),
        ("chats", {"items": [], "nextPage": 0}, Page((), "0")),
        ("chats", {"items": [], "nextPage": ""}, Page(())),
        ("chats", {"items": [], "nextPage": True}, Page(())),
        ("messages", {"items": [None, 5, "x", [], {}]}, Page(({},))),
        ("messages", [{"id": 1}], Page(({"id": 1},))),
    ],
    ids=shown,
)
def test_lists_are_read_with_care(
    server: ApiServer, api: Api, name: str, data: object, value: object
) -> None:
    server.play(good(data))
    assert CALLS[name](api) == value


@pytest.mark.parametrize(
    ("item", "webhook"),
    [
        (
            {"licenseId": "1229", "messengerType": "telegram", "url": "https://a.example/hook"},
            Webhook(1229, "telegram", "https://a.example/hook"),
        ),
        ({"messenger": "avito", "callbackUrl": "x"}, Webhook(None, "avito", "x")),
    ],
)
def test_webhooks_are_read_in_either_form_and_without_an_address_counted(
    server: ApiServer, rest: Rest, item: object, webhook: Webhook
) -> None:
    server.play(good([item, {"licenseId": 1}]))
    assert rest.webhooks() == [webhook]
    assert rest.unread == {"webhooks": 1}
    assert "hook" not in repr(webhook).removeprefix("Webhook")


@pytest.mark.parametrize(
    ("pages", "further"),
    [
        ([{"nextPage": "b"}, {"nextPage": "c"}, {}], ["", "&nextPage=b", "&nextPage=c"]),
        ([{"page": n, "pages": 3} for n in (1, 2, 3)], ["", "&page=2", "&page=3"]),
    ],
    ids=["cursors", "numbers"],
)
def test_employees_of_all_pages_are_read(
    server: ApiServer, rest: Rest, pages: list[dict[str, object]], further: list[str]
) -> None:
    names = ["Anna", "", "Clara"]
    for number, (page, name) in enumerate(zip(pages, names, strict=True)):
        server.play(good({"items": [{"id": number, "fullName": name}], **page}))
    assert rest.employees(2224) == {"0": "Anna", "2": "Clara"}
    assert server.paths == [f"/v1/companies/2224/employees?limit=200{query}" for query in further]


def test_page_that_comes_again_is_the_last(server: ApiServer, rest: Rest) -> None:
    again = good({"items": [{"id": 1, "fullName": "Anna"}], "page": 1, "pages": 3})
    server.play(again, again)
    assert rest.employees(2224) == {"1": "Anna"}


def test_employees_without_end_are_not_cut_silently(server: ApiServer, rest: Rest) -> None:
    server.play(*(good({"items": [{"id": n}], "nextPage": str(n)}) for n in range(1, 51)))
    with pytest.raises(ApiUnavailableError, match=r"^the API's list of employees has too many"):
        rest.employees(2224)
    assert len(server.paths) == 50


@pytest.mark.parametrize(
    "data",
    [None, {}, "none", {"items": None}, {"items": {"685": {"id": 685}}}, [None], {"items": [5]}],
    ids=shown,
)
@pytest.mark.parametrize(
    "name", ["licenses", "companies", "employees", "webhooks", "chats", "messages"]
)
def test_list_that_cannot_be_read_is_not_taken_for_an_empty_one(
    server: ApiServer, api: Api, name: str, data: object
) -> None:
    server.play(good(data))
    what = {"licenses": "licences"}.get(name, name)
    with pytest.raises(ApiUnavailableError, match=f"^the API's list of {what} can't be read$"):
        CALLS[name](api)


@pytest.mark.parametrize(
    ("messenger", "unread"),
    [
        ("x", {"messengers": 1}),
        ({"items": {}}, {"messengers": 1}),
        ({"name": "Sales"}, {"messengers": 1}),
        ([None], {"messengers": 1}),
        (None, {}),
        ([], {}),
        ({"items": []}, {}),
    ],
)
def test_messenger_that_cannot_be_read_is_counted_and_costs_no_licence(
    server: ApiServer, rest: Rest, messenger: object, unread: dict[str, int]
) -> None:
    server.play(good([{"licenseId": 1, "messenger": messenger}]))
    assert rest.licenses() == [License(1)]
    assert rest.unread == unread


def test_items_that_cannot_be_read_are_counted_by_list(server: ApiServer, rest: Rest) -> None:
    server.play(
        good([{"licenseId": 1, "messenger": [{"type": "email"}, {}]}, {}, None]),
        good([{"companyId": 1}, {"id": 2}]),
        good([{"id": 1}, {"fullName": "Anna"}]),
    )
    for read in (rest.licenses, rest.companies, lambda: rest.employees(2224)):
        read()
    assert rest.unread == {"licences": 2, "messengers": 1, "companies": 1, "employees": 1}


# Chats and messages


def test_older_chats_are_asked_for_by_time(server: ApiServer, rest: Rest) -> None:
    server.play(good([]))
    rest.chats(1229, "telegram", 1795348801)
    assert server.paths == [f"{MESSENGER}/chats?limit=100&lastTime=1795348801"]


def test_later_messages_are_asked_for_by_cursor_in_place_of_the_time(
    server: ApiServer, rest: Rest
) -> None:
    server.play(good([]))
    rest.messages(1229, "telegram", "a", 1795348800, "17953+5&x=1 #")
    path = f"{MESSENGER}/chats/a/messages?{FORWARDS}&nextPage=17953%2B5%26x%3D1+%23"
    assert server.paths == [path]


@pytest.mark.parametrize(
    ("chat_id", "in_path"),
    [
        ("group/12?x#y", "group%2F12%3Fx%23y"),
        ("a b+ы%", "a%20b%2B%D1%8B%25"),
        ("\ud83d", "%ED%A0%BD"),
    ],
)
def test_chat_id_is_one_part_of_the_path(
    server: ApiServer, rest: Rest, chat_id: str, in_path: str
) -> None:
    server.play(good([]))
    rest.messages(1229, "telegram", chat_id, 5)
    assert server.paths[0].partition("?")[0] == f"{MESSENGER}/chats/{in_path}/messages"


def test_chat_id_which_may_be_a_phone_number_is_in_no_message() -> None:
    chat_id = "79990000000@c.us"
    with connected("http://127.0.0.1:1") as api, pytest.raises(ApiUnavailableError) as caught:
        Rest(api, Tokens(TOKEN)).messages(1229, "caWhatsApp", chat_id, 5)
    assert caught.value.message == (
        "no connection to the API "
        "(http://127.0.0.1:1/v1/licenses/1229/messengers/caWhatsApp/chats/…/messages): "
        "Connection refused"
    )
    assert chat_id[:4] not in everything_said(caught.value)


def test_retry_after_is_kept_where_the_chat_id_is_hidden(server: ApiServer, rest: Rest) -> None:
    server.play(answer({"message": "Slow down"}, status=429, **{"Retry-After": "7"}))
    with pytest.raises(ApiUnavailableError) as caught:
        rest.messages(1229, "telegram", "a", 5)
    assert (caught.value.retry_after, caught.value.status) == (7.0, 429)


# Other answers


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("licenses", 401, TokenRefusedError),
        ("make_tokens", 401, ApiRefusedError),  # there is no token to refuse
        ("check", 422, ApiRefusedError),
        ("refresh_tokens", 503, ApiUnavailableError),
    ],
)
def test_other_statuses_are_errors_whatever_is_in_the_body(
    server: ApiServer, api: Api, name: str, status: int, error: type[ApiError]
) -> None:
    """tests/pusher/test_authorizing.py has the meaning of each status."""
    server.play(answer({"success": True, "data": TOKEN_DATA}, status=status))
    with pytest.raises(error, match=f"HTTP {status}") as caught:
        CALLS[name](api)
    assert (caught.value.status, len(server.requests)) == (status, 1)


@pytest.mark.parametrize(
    ("name", "lacks"),
    [("make_tokens", "token"), ("check", "verdict"), ("licenses", "list")],
)
@pytest.mark.parametrize(
    "body",
    [
        "",
        '{"success":true,"data":',
        "[]",
        "{}",
        '{"data":[]}',
        '{"success":1,"data":[]}',
        '{"success":"true","data":[]}',
    ],
)
def test_answer_of_another_server_is_an_error(
    server: ApiServer, api: Api, name: str, lacks: str, body: str
) -> None:
    server.play(Answer(200, {"Content-Type": "text/html"}, body))
    with pytest.raises(ApiUnavailableError) as caught:
        CALLS[name](api)
    assert caught.value.message == (
        f"the API's answer has no {lacks} (HTTP 200, text/html, {len(body)} bytes)"
    )
    assert caught.value.hint == "Check the API's address."


@pytest.mark.parametrize("name", ["make_tokens", "licenses"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"code": "ApiNo", "message": "Not yours"}, "ApiNo: Not yours"),
        (None, "no reason given"),
        ("Invalid appId", "Invalid appId"),
    ],
)
def test_refusal_without_an_http_error_is_a_refusal(
    server: ApiServer, api: Api, name: str, error: object, said: str
) -> None:
    server.play(bad(error))
    with pytest.raises(ApiRefusedError) as caught:
        CALLS[name](api)
    assert caught.value.message == f"the API refused: {said}"
    assert caught.value.status == 200


@pytest.mark.parametrize(
    ("name", "sent"), [("make_tokens", PASSWORD), ("refresh_tokens", REFRESH), ("check", TOKEN)]
)
@pytest.mark.parametrize("status", [200, 401, 403, 500])
def test_secrets_are_in_no_message(
    server: ApiServer, api: Api, name: str, sent: str, status: int
) -> None:
    words = f"{PASSWORD} {TOKEN} {REFRESH}"
    server.play(bad({"code": words, "message": [words]}, status=status))
    with pytest.raises(ApiError) as caught:
        CALLS[name](api)
    assert sent not in everything_said(caught.value)


# Anything at all

KEYS = (
    *("success", "data", "items", "error", "code", "message", "status", "active", "nextPage"),
    *("licenseId", "licenseTo", "licenseName", "messenger", "type", "name", "info", "phone"),
    *("companies", "companyId", "access", "userId", "email", "id", "fullName", "lastTime"),
    *TOKEN_DATA,
)
fields = st.recursive(
    json_values(4) | st.sampled_from([1229, "1229", "telegram", TOKEN, NOW]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=6)
    ),
    max_leaves=20,
)
bodies = st.one_of(
    st.fixed_dictionaries({"success": st.just(value=True), "data": fields}),
    st.fixed_dictionaries({"success": fields, "error": fields, "data": fields}),
    json_values(),
).map(lambda body: json.dumps(body).encode())


@given(body=bodies | st.binary(), status=st.sampled_from([200, 200, 200, 201, 401, 403, 422, 500]))
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_answer_is_a_value_or_an_error(
    server: ApiServer, api: Api, body: bytes, status: int
) -> None:
    for call in CALLS.values():
        server.play(Answer(status, {}, body))
        with suppress(ApiError):
            call(api)
