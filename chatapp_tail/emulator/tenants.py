"""Whose a token or a login is: the accounts of the local ChatApp, each with its tokens. No I/O."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chatapp_tail.clock import Clock
from chatapp_tail.emulator.account import Account
from chatapp_tail.emulator.tokens import TokenLedger


class Tenant(NamedTuple):
    """An account, the tokens that open it, and the names of the channels that they open."""

    account: Account
    ledger: TokenLedger
    channels: frozenset[str]


class Tenants:
    """All of them."""

    def __init__(
        self, accounts: Sequence[Account], seed: int, clock: Clock, life: float | None
    ) -> None:
        """``life`` of access tokens in seconds: see ``TokenLedger``."""
        self._tenants = [
            Tenant(
                account,
                TokenLedger(account.token, seed + number, clock, life=life),
                account.channels(),
            )
            for number, account in enumerate(accounts)
        ]

    def __iter__(self) -> Iterator[Tenant]:
        return iter(self._tenants)

    def of_token(self, access: str) -> Tenant | None:
        """Return whose account an access token opens now."""
        return next((one for one in self._tenants if one.ledger.accepts(access)), None)

    def of_login(self, email: str, password: str, app_id: str) -> Tenant | None:
        """Return who logs in with these."""
        given = email, password, app_id
        for tenant in self._tenants:
            wanted = tenant.account.credentials
            if given == (wanted.email, wanted.password, wanted.app_id):
                return tenant
        return None

    def end_access(self) -> None:
        """End all access tokens that logins gave; what renews them stays valid."""
        for tenant in self._tenants:
            tenant.ledger.end_access()
