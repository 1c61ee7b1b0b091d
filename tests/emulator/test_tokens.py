"""The ledger of tokens, on a fake clock."""

import re

from chatapp_tail.emulator.tokens import CapReached, TokenLedger, TokenPair
from tests.support.fake_clock import FakeClock

HOUR = 3600
DAY = 24 * HOUR
NOON = 1795348800  # FakeClock's beginning: 2026-11-22 12:00 UTC


def ledger(clock: FakeClock, seed: int = 1) -> TokenLedger:
    return TokenLedger("fixed", seed, clock)


def made(outcome: TokenPair | CapReached | None) -> TokenPair:
    """Return the pair that was made; fails for anything else."""
    assert isinstance(outcome, TokenPair)
    return outcome


def test_access_token_ends_after_a_day_and_refresh_token_after_a_fortnight() -> None:
    pair = made(ledger(FakeClock()).make())
    assert pair.access_ends == NOON + 86_400
    assert pair.refresh_ends == NOON + 1_209_600


def test_tokens_have_the_real_form_and_none_comes_twice() -> None:
    tokens = ledger(FakeClock())
    pairs = [made(tokens.make()) for _ in range(100)]
    texts = [text for pair in pairs for text in (pair.access, pair.refresh)]
    assert all(re.fullmatch(r"\$2y\$10\$[./A-Za-z0-9]{53}", text) for text in texts)
    assert len(set(texts)) == 200


def test_equal_seeds_make_equal_tokens() -> None:
    clock = FakeClock()
    first, second, other = ledger(clock).make(), ledger(clock).make(), ledger(clock, 2).make()
    assert first == second
    assert first != other


def test_tokens_are_not_in_the_repr() -> None:
    pair = made(ledger(FakeClock()).make())
    assert repr(pair) == "TokenPair(access_ends=1795435200, refresh_ends=1796558400)"


def test_access_token_opens_until_its_end() -> None:
    clock = FakeClock()
    tokens = ledger(clock)
    access = made(tokens.make()).access
    clock.advance(DAY - 1)
    assert tokens.accepts(access)
    clock.advance(1)
    assert not tokens.accepts(access)


def test_fixed_token_opens_for_ever() -> None:
    clock = FakeClock()
    tokens = ledger(clock)
    clock.advance(1000 * DAY)
    assert tokens.accepts("fixed")


def test_with_a_life_every_access_token_ends_after_it_and_can_be_renewed() -> None:
    clock = FakeClock()
    tokens = TokenLedger("fixed", 1, clock, life=60.0)
    pair = made(tokens.make())
    assert pair.access_ends == NOON + 60
    clock.advance(59)
    assert tokens.accepts("fixed")
    assert tokens.accepts(pair.access)
    clock.advance(1)
    assert not tokens.accepts("fixed")
    assert not tokens.accepts(pair.access)
    assert tokens.accepts(made(tokens.refresh(pair.refresh)).access)


def test_refresh_token_and_nonsense_open_nothing() -> None:
    tokens = ledger(FakeClock())
    assert not tokens.accepts(made(tokens.make()).refresh)
    assert not tokens.accepts("")
    assert not tokens.accepts("\ud83d")


def test_old_access_token_opens_until_its_own_end_after_a_refresh() -> None:
    clock = FakeClock()
    tokens = ledger(clock)
    old = made(tokens.make())
    clock.advance(HOUR)
    new = made(tokens.refresh(old.refresh))
    assert tokens.accepts(old.access)
    clock.advance(23 * HOUR)
    assert not tokens.accepts(old.access)
    assert tokens.accepts(new.access)


def test_101st_token_of_a_day_is_refused_until_the_first_is_a_day_old() -> None:
    clock = FakeClock()
    tokens = ledger(clock)
    made(tokens.make())
    clock.advance(HOUR)
    for _ in range(99):
        made(tokens.make())
    assert tokens.make() == CapReached(23 * HOUR)
    clock.advance(23 * HOUR - 1)
    assert tokens.make() == CapReached(1)
    clock.advance(1)
    made(tokens.make())
    assert tokens.make() == CapReached(HOUR)


def test_made_and_refreshed_tokens_count_together_and_a_refused_refresh_spends_nothing() -> None:
    clock = FakeClock()
    tokens = ledger(clock)
    refresh = made(tokens.make()).refresh
    for _ in range(99):
        refresh = made(tokens.refresh(refresh)).refresh
    assert tokens.refresh(refresh) == CapReached(DAY)
    assert tokens.make() == CapReached(DAY)
    clock.advance(DAY)
    made(tokens.refresh(refresh))


def test_end_of_all_access_tokens_leaves_the_fixed_one_and_what_renews() -> None:
    tokens = ledger(FakeClock())
    pair = made(tokens.make())
    tokens.end_access()
    assert not tokens.accepts(pair.access)
    assert tokens.accepts("fixed")
    assert tokens.accepts(made(tokens.refresh(pair.refresh)).access)
