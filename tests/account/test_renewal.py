from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event

import pytest

from chatapp_tail.account.credentials import (
    CredentialStore,
    Login,
    Refresh,
    StoredToken,
    profile_option,
)
from chatapp_tail.account.rest import refresh_tokens
from chatapp_tail.account.tokens import TokenPair
from chatapp_tail.api import Api
from chatapp_tail.errors import (
    ApiUnavailableError,
    ChatAppTailError,
    CredentialsError,
)
from tests.account.given import (
    DAY,
    INVALID_TOKEN,
    LOGIN,
    NEXT_PAIR,
    NOW,
    PAIR,
    REFRESH,
    ApiServer,
    bad,
    everything_said,
)
from tests.output.given import full_disk
from tests.support.credentials import TOKEN
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer


class Refresher:
    """Makes new pairs, and remembers the refresh tokens that were spent."""

    def __init__(self, pair: TokenPair = NEXT_PAIR) -> None:
        self._pair = pair
        self.spent: list[str] = []

    def __call__(self, refresh_token: str) -> TokenPair:
        self.spent.append(refresh_token)
        return self._pair


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    """Return a store with the default profile's login."""
    store = CredentialStore(tmp_path / "credentials.json")
    put(store, LOGIN)
    return store


def put(store: CredentialStore, login: Login | None, profile: str = "default") -> None:
    """Do what another process may do at any time."""
    with store.locked() as stored:
        stored.save(profile, login)


def tail(
    store: CredentialStore,
    refresh: Refresh,
    *,
    profile: str = "default",
    login: Login = LOGIN,
    clock: FakeClock | None = None,
    tell: Callable[[ChatAppTailError], None] = lambda _error: None,
) -> StoredToken:
    """Return the token of a tail that began with ``login``."""
    return StoredToken(store, profile, login, refresh, clock=clock or FakeClock(), tell=tell)


def failure(token: StoredToken, refused: str = TOKEN) -> ChatAppTailError:
    with pytest.raises(ChatAppTailError) as caught:
        token.renew(refused)
    return caught.value


# Renewal


def test_token_is_used_until_it_is_refused(store: CredentialStore) -> None:
    refresh = Refresher()
    ended = replace(LOGIN, tokens=replace(PAIR, access_ends=NOW - DAY))
    token = tail(store, refresh, login=ended)
    assert [token.token(), token.token()] == [TOKEN, TOKEN]
    assert refresh.spent == []


def test_refused_token_is_renewed_and_the_new_pair_is_stored(store: CredentialStore) -> None:
    refresh, clock = Refresher(), FakeClock()
    put(store, LOGIN, "work")
    clock.advance(60.5)
    token = tail(store, refresh, profile="work", clock=clock)
    assert token.renew(TOKEN) == NEXT_PAIR.access
    assert refresh.spent == [REFRESH]
    renewed = replace(LOGIN, tokens=NEXT_PAIR, made=(NOW + 60,))
    assert store.load() == {"default": LOGIN, "work": renewed}
    assert (token.token(), token.login) == (NEXT_PAIR.access, renewed)


# Other tails


def test_token_that_another_process_renewed_is_taken_without_a_call(store: CredentialStore) -> None:
    refresh = Refresher()
    token = tail(store, refresh)
    put(store, replace(LOGIN, tokens=NEXT_PAIR, made=(NOW,)))
    before = store.path.read_bytes()
    assert token.renew(TOKEN) == NEXT_PAIR.access
    assert (refresh.spent, token.token()) == ([], NEXT_PAIR.access)
    assert store.path.read_bytes() == before


def test_token_that_another_process_renewed_long_ago_is_renewed_again(
    store: CredentialStore,
) -> None:
    """It has ended, and the API would refuse it as the one before."""
    last_pair = replace(PAIR, access="last", refresh="latest")
    refresh, clock = Refresher(last_pair), FakeClock()
    token = tail(store, refresh, clock=clock)
    put(store, replace(LOGIN, tokens=NEXT_PAIR, made=(NOW,)))
    clock.advance(DAY)
    assert token.renew(TOKEN) == "last"
    assert refresh.spent == [NEXT_PAIR.refresh]
    assert store.load()["default"].tokens == last_pair


def test_tails_that_are_refused_at_once_renew_once(store: CredentialStore) -> None:
    refresh, together = Refresher(), Barrier(4)

    def renew(_: int) -> str | None:
        token = tail(CredentialStore(store.path), refresh)
        together.wait(timeout=5)
        return token.renew(TOKEN)

    with ThreadPoolExecutor(4) as tails:
        assert list(tails.map(renew, range(4))) == [NEXT_PAIR.access] * 4
    assert refresh.spent == [REFRESH]
    assert store.load()["default"].made == (NOW,)


@pytest.mark.parametrize(
    "login", [None, replace(LOGIN, api_url="https://other.example")], ids=["none", "other API"]
)
def test_logout_meanwhile_is_an_error(store: CredentialStore, login: Login | None) -> None:
    refresh = Refresher()
    put(store, login, "work")
    error = failure(tail(store, refresh, profile="work"))
    assert isinstance(error, CredentialsError)
    assert error.message == "the stored login is gone: somebody has logged out"
    assert error.hint == "Log in again: chatapp-tail login --profile work"
    assert refresh.spent == []


# Refused

NOT_RENEWED = "the stored login can't be renewed any more: "


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (bad(INVALID_TOKEN), "HTTP 200, ApiInvalidTokenError: Expired"),
        (bad({"code": "ApiNo", "message": "Spent"}), "the API refused: ApiNo: Spent"),
        (bad({"message": REFRESH}, status=403), "HTTP 403, error: ***"),
    ],
    ids=["token", "request", "403"],
)
def test_refused_renewal_ends_with_the_advice_to_log_in(
    store: CredentialStore, server: ApiServer, api: Api, refusal: Answer, said: str
) -> None:
    before = store.path.read_bytes()
    server.play(refusal)
    error = failure(tail(store, lambda token: refresh_tokens(api, token)))
    assert isinstance(error, CredentialsError)
    assert error.message == f"{NOT_RENEWED}the API says: {said}"
    assert error.hint == "Log in again: chatapp-tail login"
    assert store.path.read_bytes() == before
    for secret in (TOKEN, REFRESH):
        assert secret not in everything_said(error)


@pytest.mark.parametrize("portal", [Answer(401), Answer(302, {"Location": "/"}), Answer(403)])
def test_answer_that_is_not_the_apis_is_no_refusal(
    store: CredentialStore, server: ApiServer, api: Api, portal: Answer
) -> None:
    server.play(portal)
    error = failure(tail(store, lambda token: refresh_tokens(api, token)))
    assert isinstance(error, ApiUnavailableError)
    assert error.message.startswith("something answers in the API's place: HTTP ")


def test_refused_renewal_of_an_ended_login_says_when_it_ended(
    store: CredentialStore, server: ApiServer, api: Api
) -> None:
    put(store, replace(LOGIN, tokens=replace(PAIR, refresh_ends=NOW)))
    server.play(Answer(403))
    error = failure(tail(store, lambda token: refresh_tokens(api, token)))
    assert error.message == f"{NOT_RENEWED}it ended at 2026-11-22 12:00 UTC"


def test_login_that_has_ended_by_the_clock_is_tried_all_the_same(store: CredentialStore) -> None:
    """The clock may be wrong; the API decides."""
    clock = FakeClock()
    clock.jump(30 * DAY)
    assert tail(store, Refresher(), clock=clock).renew(TOKEN) == NEXT_PAIR.access


# Not now


def test_renewal_that_must_wait_leaves_the_stored_login_and_may_come_later(
    store: CredentialStore,
) -> None:
    before, errors = store.path.read_bytes(), [ApiUnavailableError("HTTP 429", retry_after=7.0)]

    def refresh(_: str) -> TokenPair:
        if errors:
            raise errors.pop()
        return NEXT_PAIR

    token = tail(store, refresh)
    error = failure(token)
    assert isinstance(error, ApiUnavailableError)
    assert error.retry_after == 7.0
    assert (token.token(), store.path.read_bytes()) == (TOKEN, before)
    assert token.renew(TOKEN) == NEXT_PAIR.access


def test_hundred_tokens_a_day_are_the_limit(store: CredentialStore) -> None:
    refresh = Refresher()
    spent = replace(LOGIN, made=(NOW - DAY, *range(NOW - 1000, NOW - 900)))
    put(store, spent)
    error = failure(tail(store, refresh, login=spent))
    assert isinstance(error, ApiUnavailableError)
    assert error.message == "100 tokens were made in a day, which is ChatApp's limit"
    assert error.retry_after == 300.0
    assert (refresh.spent, store.load()) == ([], {"default": spent})


def test_hundredth_token_of_a_day_is_made(store: CredentialStore) -> None:
    made = tuple(range(NOW - 1000, NOW - 901))
    put(store, replace(LOGIN, made=(NOW - DAY, *made)))
    assert tail(store, Refresher()).renew(TOKEN) == NEXT_PAIR.access
    assert store.load()["default"].made == (*made, NOW)


# A disk that is full, a file that is broken


@pytest.mark.parametrize("room", [0, 4096, 20_000])
def test_no_refresh_token_is_spent_when_the_disk_is_full(store: CredentialStore, room: int) -> None:
    refresh = Refresher()
    token = tail(store, refresh)
    before = store.path.read_bytes()
    with full_disk(room):
        error = failure(token)
    assert isinstance(error, CredentialsError)
    assert error.message == f"the stored logins in {store.path} can't be written: File too large"
    assert "the room on its disk" in error.hint
    assert refresh.spent == []
    assert (token.token(), store.path.read_bytes()) == (TOKEN, before)
    assert [path.name for path in store.path.parent.glob(".*")] == []


def test_file_that_cannot_be_trusted_is_an_error(store: CredentialStore) -> None:
    refresh = Refresher()
    store.path.chmod(0o644)
    assert isinstance(failure(tail(store, refresh)), CredentialsError)
    assert refresh.spent == []


def test_pair_that_cannot_be_stored_is_kept_and_told_and_used(store: CredentialStore) -> None:
    told: list[ChatAppTailError] = []

    def refresh(_: str) -> TokenPair:
        store.path.unlink()
        store.path.mkdir()
        return NEXT_PAIR

    token = tail(store, refresh, tell=told.append)
    assert token.renew(TOKEN) == NEXT_PAIR.access
    (place,) = store.path.parent.glob("credentials.json.kept-*")
    assert [error.hint for error in told] == [f"Put it where it belongs: mv {place} {store.path}"]
    assert CredentialStore(place).load()["default"].tokens == NEXT_PAIR


# The end of the process


def test_end_waits_for_the_pair_of_a_renewal_under_way(store: CredentialStore) -> None:
    asked, answered = Event(), Event()

    def refresh(_: str) -> TokenPair:
        asked.set()
        assert answered.wait(5)
        return NEXT_PAIR

    token = tail(store, refresh)
    with ThreadPoolExecutor(2) as threads:
        threads.submit(token.renew, TOKEN)
        assert asked.wait(5)
        assert token.is_renewing
        end = threads.submit(token.finish)
        with pytest.raises(TimeoutError):
            end.result(0.1)
        answered.set()
        end.result(5)
    assert store.load()["default"].tokens == NEXT_PAIR


def test_no_renewal_begins_at_the_end(store: CredentialStore) -> None:
    refresh = Refresher()
    token = tail(store, refresh)
    token.finish()
    assert isinstance(failure(token), ApiUnavailableError)
    assert (refresh.spent, store.load()) == ([], {"default": LOGIN})


# Words


@pytest.mark.parametrize(
    ("profile", "option"),
    [("default", ""), ("work", " --profile work"), ("$HOME", " --profile '$HOME'")],
)
def test_profile_is_named_so_that_a_shell_can_read_it(profile: str, option: str) -> None:
    assert profile_option(profile) == option
