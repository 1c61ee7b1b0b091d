from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_tail.account.cache import Cache
from chatapp_tail.account.listing import employees
from chatapp_tail.account.rest import Rest
from chatapp_tail.errors import ApiUnavailableError, TokenRefusedError
from tests.account.given import DAY, NOW, ApiServer, Tokens, bad, connected, good
from tests.support.credentials import TOKEN
from tests.support.loopback_http import Answer

COMPANIES = good({"items": [{"companyId": 2224}, {"companyId": 2225}]})
REFUSALS = [Answer(403), Answer(404), bad({"code": "ApiNo"})]


def people(**names: str) -> Answer:
    """Return a company's employees by the number in ``_685="Anna"``."""
    items = [{"id": int(key[1:]), "fullName": name} for key, name in names.items()]
    return good({"items": items})


ROUTES = {
    "/v1/companies": COMPANIES,
    "/v1/companies/2224/employees?limit=200": people(_685="Anna", _686="Boris"),
    "/v1/companies/2225/employees?limit=200": people(_686="Boris B.", _687="Clara"),
    "/v1/companies/9/employees?limit=200": people(_9="Dora"),
}


@pytest.fixture(scope="module")
def running_server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def server(running_server: ApiServer) -> ApiServer:
    """Return the API of an account with two companies, as new."""
    running_server.reset()
    running_server.routes = ROUTES
    return running_server


@pytest.fixture
def rest(server: ApiServer) -> Iterator[Rest]:
    with connected(server.url) as api:
        yield Rest(api, Tokens(TOKEN))


@pytest.fixture
def cache(server: ApiServer, tmp_path: Path) -> Cache:
    return Cache(tmp_path, "default", server.url)


def test_employees_of_all_companies_are_known_by_name(rest: Rest, cache: Cache) -> None:
    assert employees(rest, cache, [], NOW) == {"685": "Anna", "686": "Boris B.", "687": "Clara"}


def test_watched_companies_are_asked_for_once_and_last(
    server: ApiServer, rest: Rest, cache: Cache
) -> None:
    assert employees(rest, cache, [9, 2224, 9], NOW) == {
        "685": "Anna",
        "686": "Boris B.",
        "687": "Clara",
        "9": "Dora",
    }
    assert server.paths == [
        "/v1/companies",
        "/v1/companies/2224/employees?limit=200",
        "/v1/companies/2225/employees?limit=200",
        "/v1/companies/9/employees?limit=200",
    ]


def test_names_are_asked_for_once_a_day(server: ApiServer, rest: Rest, cache: Cache) -> None:
    first = employees(rest, cache, [], NOW)
    server.requests.clear()
    assert employees(rest, cache, [], NOW + DAY - 1) == first
    assert server.paths == ["/v1/companies"]
    employees(rest, cache, [], NOW + DAY)
    assert server.paths[1:] == [
        "/v1/companies",
        "/v1/companies/2224/employees?limit=200",
        "/v1/companies/2225/employees?limit=200",
    ]


@pytest.mark.parametrize("refusal", REFUSALS, ids=range(3))
def test_watched_companies_are_enough_where_the_list_is_refused(
    server: ApiServer, rest: Rest, cache: Cache, refusal: Answer
) -> None:
    server.routes = {**ROUTES, "/v1/companies": refusal}
    assert employees(rest, cache, [2224], NOW) == {"685": "Anna", "686": "Boris"}
    assert employees(rest, cache, [], NOW) == {}


@pytest.mark.parametrize("refusal", REFUSALS, ids=range(3))
def test_employees_of_a_company_that_is_refused_keep_their_numbers(
    server: ApiServer, rest: Rest, cache: Cache, refusal: Answer
) -> None:
    server.routes = {**ROUTES, "/v1/companies/2225/employees?limit=200": refusal}
    assert employees(rest, cache, [], NOW) == {"685": "Anna", "686": "Boris"}
    server.routes = ROUTES
    assert employees(rest, cache, [], NOW + 60) == {"685": "Anna", "686": "Boris"}
    assert employees(rest, cache, [], NOW + DAY)["687"] == "Clara"


@pytest.mark.parametrize("path", ["/v1/companies", "/v1/companies/2225/employees?limit=200"])
@pytest.mark.parametrize(
    ("status", "error"), [(503, ApiUnavailableError), (401, TokenRefusedError)]
)
def test_other_failures_are_the_callers(
    server: ApiServer, cache: Cache, path: str, status: int, error: type[Exception]
) -> None:
    server.routes = {**ROUTES, path: Answer(status)}
    with connected(server.url) as api:
        rest = Rest(api, Tokens(TOKEN))
        with pytest.raises(error):
            employees(rest, cache, [], NOW)


def test_what_was_known_before_a_failure_is_kept(
    server: ApiServer, rest: Rest, cache: Cache
) -> None:
    server.routes = {**ROUTES, "/v1/companies/2225/employees?limit=200": Answer(503)}
    with pytest.raises(ApiUnavailableError):
        employees(rest, cache, [], NOW)
    assert cache.employees(2224, NOW) == {"685": "Anna", "686": "Boris"}
    assert cache.employees(2225, NOW) is None


def test_cache_that_cant_be_written_is_no_matter(
    server: ApiServer, rest: Rest, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    cache = Cache(tmp_path / "file", "default", server.url)
    assert employees(rest, cache, [9], NOW)["9"] == "Dora"
