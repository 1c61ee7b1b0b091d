from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_tail.account.cache import Cache
from chatapp_tail.account.listing import Listed, employees, list_channels, of_licenses
from chatapp_tail.account.rest import Rest
from chatapp_tail.chatapp.channels import Scope, parse_spec
from chatapp_tail.errors import ApiUnavailableError, UsageError
from tests.account.given import DAY, NOW, ApiServer, bad, good
from tests.chatapp.given import hostile_text
from tests.support.loopback_http import Answer

LICENSES = [
    {
        "licenseId": 1229,
        "licenseTo": 1796558400,
        "licenseName": "Sales",
        "status": {"code": "active"},
        "messenger": [
            {"type": "telegram", "name": "Telegram", "info": {"phone": "79990000001"}},
            {"type": "grWhatsApp", "name": "WhatsApp"},
        ],
        "companies": [2224, 2225],
        "access": [{"userId": "685", "email": "me@example.com"}, {"userId": 686, "email": "b@x"}],
    },
    {
        "licenseId": 77,
        "licenseName": None,
        "messenger": [{"type": "new type"}, {"type": "a/b"}, {"type": "ы"}, {"type": "x_1"}],
        "companies": [2225],
        "access": [{"userId": 686, "email": "c@x"}],
    },
]
COMPANIES = good({"items": [{"companyId": 2226}, {"companyId": 2224}]})


def routes(licenses: object, companies: Answer = COMPANIES) -> dict[str, Answer]:
    return {"/v1/licenses": good(licenses), "/v1/companies": companies}


def specs(listing: list[Listed]) -> list[str]:
    return [listed.spec for listed in listing]


# All channels


def test_licences_come_first_then_companies_then_users(server: ApiServer, rest: Rest) -> None:
    server.routes = routes(LICENSES)
    assert specs(list_channels(rest, None)) == [
        "1229/telegram",
        "1229/grWhatsApp",
        "77/x_1",
        "company/2224",
        "company/2225",
        "company/2226",
        "user/685",
        "user/686",
    ]
    assert server.paths == ["/v1/licenses", "/v1/companies"]


def test_listed_channel_has_all_that_the_api_tells_of_it(server: ApiServer, rest: Rest) -> None:
    server.routes = routes(LICENSES[:1])
    listing = list_channels(rest, None)
    assert [listing[0], listing[2], listing[-2]] == [
        Listed(
            parse_spec("1229/telegram"),
            name="Sales",
            messenger="Telegram",
            phone="79990000001",
            status="active",
            ends=1796558400,
        ),
        Listed(parse_spec("company/2224")),
        Listed(parse_spec("user/685"), name="me@example.com"),
    ]


@pytest.mark.parametrize(
    ("own_user", "users"),
    [
        (None, [("user/685", "me@example.com"), ("user/686", "c@x")]),
        (685, [("user/685", "me@example.com")]),
        (999, [("user/999", "")]),
        (0, [("user/0", "")]),
    ],
)
def test_own_user_alone_is_listed_where_it_is_known(
    server: ApiServer, rest: Rest, own_user: int | None, users: list[tuple[str, str]]
) -> None:
    server.routes = routes(LICENSES)
    listing = list_channels(rest, own_user)
    assert [
        (listed.spec, listed.name) for listed in listing if listed.channel.scope is Scope.USER
    ] == users


@pytest.mark.parametrize("refusal", [Answer(403), bad({"code": "ApiNo"})])
def test_companies_that_may_not_be_asked_for_are_those_of_the_licences(
    server: ApiServer, rest: Rest, refusal: Answer
) -> None:
    server.routes = routes(LICENSES, refusal)
    assert specs(list_channels(rest, 685))[-3:] == ["company/2224", "company/2225", "user/685"]


def test_account_without_licences_may_have_companies(server: ApiServer, rest: Rest) -> None:
    server.routes = routes([])
    assert specs(list_channels(rest, None)) == ["company/2226", "company/2224"]


@pytest.mark.parametrize("path", ["/v1/licenses", "/v1/companies"])
def test_listing_fails_where_one_of_its_calls_fails(
    server: ApiServer, rest: Rest, path: str
) -> None:
    server.routes = {**routes([]), path: Answer(503)}
    with pytest.raises(ApiUnavailableError):
        list_channels(rest, None)


@given(kinds=st.lists(st.text("aZ09_=@,.;-*/ [#]\n", max_size=3) | hostile_text(3), max_size=5))
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_listed_messenger_can_be_typed(
    server: ApiServer, rest: Rest, kinds: list[str]
) -> None:
    messengers = [{"type": kind} for kind in (*kinds, "a" * 101, "email")]
    server.routes = routes([{"licenseId": 1, "messenger": messengers}])
    listing = list_channels(rest, 5)
    assert "1/email" in specs(listing)
    for listed in listing:
        assert parse_spec(listed.spec) == parse_spec(listed.channel.name) == listed.channel


# The channels of some licences

LISTING = [
    Listed(parse_spec(spec))
    for spec in ("1229/telegram", "77/email", "1229/grWhatsApp", "company/2224", "user/685")
]


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ([], []),
        ([77, 1229], ["77/email", "1229/telegram", "1229/grWhatsApp"]),
        ([77, 77], ["77/email", "77/email"]),
    ],
    ids=str,
)
def test_channels_of_licences_come_in_the_order_asked_for(ids: list[int], found: list[str]) -> None:
    assert [channel.spec for channel in of_licenses(LISTING, ids)] == found


@pytest.mark.parametrize(("ids", "unknown"), [([5], 5), ([1229, 2224], 2224), ([685], 685)])
def test_unknown_licence_is_a_usage_error(ids: list[int], unknown: int) -> None:
    with pytest.raises(UsageError) as caught:
        list(of_licenses(LISTING, ids))
    assert caught.value.message == f"licence {unknown} isn't among those of this token"
    assert caught.value.hint == "List them: chatapp-tail channels"


# Employees


OWN, STAFF = "/v1/companies", "/v1/companies/{}/employees?limit=200"


def people(*people: tuple[int, str]) -> Answer:
    """Return a company's employees, each an id and a name."""
    return good([{"id": identity, "fullName": name} for identity, name in people])


ROUTES = {
    OWN: good({"items": [{"companyId": 2224}, {"companyId": 2225}]}),
    STAFF.format(2224): people((685, "Anna"), (686, "Boris")),
    STAFF.format(2225): people((686, "Boris B."), (687, "Clara")),
    STAFF.format(9): people((9, "Dora")),
}


@pytest.fixture
def cache(server: ApiServer, tmp_path: Path) -> Cache:
    """Return an empty cache; the API is that of an account with two companies."""
    server.routes = ROUTES
    return Cache(tmp_path, "default", server.url)


def test_watched_companies_are_asked_for_once_and_last(
    server: ApiServer, rest: Rest, cache: Cache
) -> None:
    names = {"685": "Anna", "686": "Boris B.", "687": "Clara", "9": "Dora"}
    assert employees(rest, cache, [9, 2224, 9], NOW) == names
    assert server.paths == [OWN, *(STAFF.format(company) for company in (2224, 2225, 9))]


def test_names_are_asked_for_once_a_day(server: ApiServer, rest: Rest, cache: Cache) -> None:
    first = employees(rest, cache, [], NOW)
    server.requests.clear()
    assert employees(rest, cache, [], NOW + DAY - 1) == first
    assert server.paths == [OWN]
    employees(rest, cache, [], NOW + DAY)
    assert server.paths[1:] == [OWN, STAFF.format(2224), STAFF.format(2225)]


def test_watched_companies_are_enough_where_the_list_is_refused(
    server: ApiServer, rest: Rest, cache: Cache
) -> None:
    server.routes = {**ROUTES, OWN: Answer(403)}
    assert employees(rest, cache, [2224], NOW) == {"685": "Anna", "686": "Boris"}
    assert employees(rest, cache, [], NOW) == {}


def test_refused_company_has_no_names_for_a_day(
    server: ApiServer, rest: Rest, cache: Cache
) -> None:
    server.routes = {**ROUTES, STAFF.format(2225): Answer(403)}
    assert employees(rest, cache, [], NOW) == {"685": "Anna", "686": "Boris"}
    server.routes = ROUTES
    assert employees(rest, cache, [], NOW + 60) == {"685": "Anna", "686": "Boris"}
    assert employees(rest, cache, [], NOW + DAY)["687"] == "Clara"


@pytest.mark.parametrize("path", [OWN, STAFF.format(2225)])
def test_other_failures_are_errors_and_what_was_known_before_is_kept(
    server: ApiServer, rest: Rest, cache: Cache, path: str
) -> None:
    server.routes = {**ROUTES, path: Answer(503)}
    with pytest.raises(ApiUnavailableError):
        employees(rest, cache, [], NOW)
    known = None if path == OWN else {"685": "Anna", "686": "Boris"}
    assert cache.employees(2224, NOW) == known
    assert cache.employees(2225, NOW) is None
