"""A stored login as a source of tokens: renewed when the API says so, and only then.

The vendor asks clients not to refresh on a timer but after ``ApiInvalidTokenError``; making tokens
is limited to 100 a day. A refresh token is spent by its use, and another tail may have used it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from shlex import quote
from threading import Lock

from chatapp_tail.account.credentials import (
    CredentialStore,
    KeptElsewhereError,
    LockedLogins,
    Login,
    made_today,
)
from chatapp_tail.account.tokens import TokenPair
from chatapp_tail.clock import Clock
from chatapp_tail.errors import (
    ApiRefusedError,
    ApiUnavailableError,
    CredentialsError,
    TokenRefusedError,
)
from chatapp_tail.signals import held_back

MOST_TOKENS_A_DAY = 100
# Seconds until the file is read again at the limit: the user may have logged in again.
_LONGEST_PAUSE = 300.0
# How long the end of the process waits for a renewal that is under way, in seconds.
LONGEST_FINISH = 10.0

Refresh = Callable[[str], TokenPair]


class StoredToken:
    """The access token of a profile's stored login."""

    def __init__(  # noqa: PLR0913 (wiring)
        self,
        store: CredentialStore,
        profile: str,
        login: Login,
        refresh: Refresh,
        *,
        clock: Clock,
        tell: Callable[[KeptElsewhereError], None],
    ) -> None:
        """``refresh`` turns a refresh token into a new pair, or raises ``ApiError``.

        ``tell`` is given what a person has to know of a pair that couldn't be stored.
        """
        self._store = store
        self._profile = profile
        self._refresh = refresh
        self._clock = clock
        self._tell = tell
        # Held from spending the refresh token to storing the new pair.
        self._spending = Lock()
        self.login = login

    def token(self) -> str:
        """Return the access token as last read or made."""
        return self.login.tokens.access

    def renew(self, refused: str) -> str | None:
        """Return the token that another process has stored, else make a new pair.

        One that has ended, too, isn't offered: the API would refuse it, and it is asked only twice.
        Raises ``CredentialsError`` when it can't be renewed any more, ``ApiUnavailableError`` when
        it can't be now.
        """
        with self._store.locked() as stored:
            login = stored.logins.get(self._profile)
            if login is None or login.api_url != self.login.api_url:
                raise CredentialsError(
                    "the stored login is gone: somebody has logged out", hint=self._next_step
                )
            self.login = login
            now = self._clock.utcnow().timestamp()
            if login.tokens.access == refused or login.tokens.access_ends <= now:
                self.login = self._renewed(stored, login, now)
        return self.login.tokens.access

    @property
    def is_renewing(self) -> bool:
        """Whether a refresh token is spent and the new pair isn't stored yet."""
        return self._spending.locked()

    def finish(self) -> None:
        """Wait until the pair of a renewal under way is stored, 10 s at most; let none begin.

        Whoever ends the process calls this: the pair would be lost, and the login with it.
        """
        self._spending.acquire(timeout=LONGEST_FINISH)

    def _renewed(self, stored: LockedLogins, login: Login, now: float) -> Login:
        made = made_today(login.made, now)
        if len(made) >= MOST_TOKENS_A_DAY:
            raise ApiUnavailableError(
                f"{MOST_TOKENS_A_DAY} tokens were made in a day, which is ChatApp's limit",
                hint="The next can be made a day after the first of them.",
                retry_after=min(made[0] + 86_400 - now, _LONGEST_PAUSE),
            )
        stored.reserve()  # before the old refresh token is spent
        if not self._spending.acquire(blocking=False):
            raise ApiUnavailableError("the process is ending")
        try:
            with held_back(LONGEST_FINISH):
                return self._spent(stored, login, now)
        finally:
            self._spending.release()

    def _spent(self, stored: LockedLogins, login: Login, now: float) -> Login:
        try:
            tokens = self._refresh(login.tokens.refresh)
        except (TokenRefusedError, ApiRefusedError) as exc:
            if not exc.is_verdict and login.tokens.refresh_ends > now:
                raise ApiUnavailableError(
                    f"something answers in the API's place: {exc.message}"
                ) from exc
            raise self._refusal(login, exc.message, now) from exc
        renewed = login.with_tokens(tokens, now)
        try:
            stored.save(self._profile, renewed)
        except KeptElsewhereError as exc:
            self._tell(exc)  # go on: the tokens are valid although the file isn't
        return renewed

    def _refusal(self, login: Login, said: str, now: float) -> CredentialsError:
        ends = login.tokens.refresh_ends
        why = f"it ended at {minute(ends)}" if ends <= now else f"the API says: {said}"
        return CredentialsError(
            f"the stored login can't be renewed any more: {why}", hint=self._next_step
        )

    @property
    def _next_step(self) -> str:
        return f"Log in again: chatapp-tail login{profile_option(self._profile)}"


def profile_option(profile: str) -> str:
    """Return what names ``profile`` in a shell; nothing for the default one."""
    return "" if profile == "default" else f" --profile {quote(profile)}"


def minute(unix: int) -> str:
    """Return ``2026-11-23 19:37 UTC``; the number itself for a time that no calendar holds."""
    try:
        return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):
        return str(unix)
