"""An account's tokens, on a fake clock; test_rest.py has them over HTTP."""

import re

import pytest

from chatapp_tail.emulator.account import DEMO_ACCOUNT
from chatapp_tail.emulator.tokens import CapReached, Tenant, TokenPair
from tests.support.fake_clock import FakeClock

HOUR = 3600
DAY = 24 * HOUR
NOON = 1795348800  # FakeClock's beginning: 2026-11-22 12:00 UTC
OWN = DEMO_ACCOUNT.token


@pytest.fixture
def clock() -> FakeClock:
    """Return the clock of ``tenant``."""
    return FakeClock()


@pytest.fixture
def tenant(clock: FakeClock) -> Tenant:
    """Return the demo account without issued tokens."""
    return Tenant(DEMO_ACCOUNT, 1, clock)


def pair_of(made: TokenPair | CapReached | None) -> TokenPair:
    """Return the pair that was made; fails for anything else."""
    assert isinstance(made, TokenPair)
    return made


def test_tokens_have_the_real_form_and_are_all_different(tenant: Tenant) -> None:
    pairs = [pair_of(tenant.make_tokens()) for _ in range(100)]
    texts = [text for pair in pairs for text in (pair.access, pair.refresh)]
    assert all(re.fullmatch(r"\$2y\$10\$[./A-Za-z0-9]{53}", text) for text in texts)
    assert len(set(texts)) == 200


def test_equal_seeds_make_equal_tokens(clock: FakeClock) -> None:
    first, second, other = (Tenant(DEMO_ACCOUNT, seed, clock).make_tokens() for seed in (1, 1, 2))
    assert first == second != other


def test_repr_shows_the_ends_of_the_tokens_only(tenant: Tenant) -> None:
    pair = tenant.make_tokens()
    assert repr(pair) == "TokenPair(access_ends=1795435200, refresh_ends=1796558400)"


def test_access_token_is_valid_for_a_day_and_the_accounts_own_for_ever(
    tenant: Tenant, clock: FakeClock
) -> None:
    access = pair_of(tenant.make_tokens()).access
    clock.advance(DAY - 1)
    assert tenant.accepts(access)
    clock.advance(1)
    assert not tenant.accepts(access)
    clock.advance(1000 * DAY)
    assert tenant.accepts(OWN)


def test_life_ends_every_access_token_and_leaves_the_refresh_token(clock: FakeClock) -> None:
    tenant = Tenant(DEMO_ACCOUNT, 1, clock, life=60.0)
    pair = pair_of(tenant.make_tokens())
    assert pair.access_ends == NOON + 60
    clock.advance(59)
    assert [tenant.accepts(OWN), tenant.accepts(pair.access)] == [True, True]
    clock.advance(1)
    assert [tenant.accepts(OWN), tenant.accepts(pair.access)] == [False, False]
    assert tenant.accepts(pair_of(tenant.refresh(pair.refresh)).access)


def test_refresh_token_is_no_access_token(tenant: Tenant) -> None:
    pair = pair_of(tenant.make_tokens())
    assert not any(map(tenant.accepts, [pair.refresh, "", "\ud83d"]))


def test_old_access_token_is_valid_until_its_own_end_after_a_refresh(
    tenant: Tenant, clock: FakeClock
) -> None:
    old = pair_of(tenant.make_tokens())
    clock.advance(HOUR)
    new = pair_of(tenant.refresh(old.refresh))
    assert tenant.accepts(old.access)
    clock.advance(23 * HOUR)
    assert not tenant.accepts(old.access)
    assert tenant.accepts(new.access)


def test_101st_token_of_a_day_is_refused_until_the_first_is_a_day_old(
    tenant: Tenant, clock: FakeClock
) -> None:
    pair_of(tenant.make_tokens())
    clock.advance(HOUR)
    for _ in range(99):
        pair_of(tenant.make_tokens())
    assert tenant.make_tokens() == CapReached(23 * HOUR)
    clock.advance(23 * HOUR - 1)
    assert tenant.make_tokens() == CapReached(1)
    clock.advance(1)
    pair_of(tenant.make_tokens())
    assert tenant.make_tokens() == CapReached(HOUR)


def test_refreshed_tokens_count_too_and_a_refused_refresh_keeps_its_token(
    tenant: Tenant, clock: FakeClock
) -> None:
    refresh = pair_of(tenant.make_tokens()).refresh
    for _ in range(99):
        refresh = pair_of(tenant.refresh(refresh)).refresh
    assert tenant.refresh(refresh) == tenant.make_tokens() == CapReached(DAY)
    clock.advance(DAY)
    pair_of(tenant.refresh(refresh))
