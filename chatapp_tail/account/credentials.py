"""Stored logins: ``credentials.json``, readable by its owner alone, one entry a profile.

Several tails may run on one login, and a refresh token can be used once. So whoever changes the
file holds its lock from reading to writing, and reserves disk space before a token is spent.

The vendor asks clients not to refresh on a timer but after ``ApiInvalidTokenError``; making tokens
is limited to 100 a day.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from threading import Lock

from chatapp_tail import jsontext
from chatapp_tail.account.files import (
    FileLock,
    Replacement,
    is_open_to_others,
    keep_beside,
    read_bounded,
    remove_unfinished,
)
from chatapp_tail.account.tokens import TokenPair, fits_header
from chatapp_tail.chatapp.values import dig, integer, string
from chatapp_tail.clock import Clock
from chatapp_tail.errors import (
    ApiRefusedError,
    ApiUnavailableError,
    CredentialsError,
    TokenRefusedError,
)
from chatapp_tail.signals import held_back
from chatapp_tail.units import format_minute

_VERSION = 1
# Seconds to wait for the lock while another process renews; and the limit of a renewal.
LOCK_TIMEOUT = 30.0
RENEWAL_TIMEOUT = 20.0
_MOST_TOKENS_A_DAY = 100
# Seconds until the file is read again at the limit: the user may have logged in again.
_LONGEST_PAUSE = 300.0
# How long the end of the process waits for a renewal that is under way, in seconds.
_LONGEST_FINISH = 10.0
_LARGEST_FILE = 4 << 20
# In bytes: two tokens of the greatest length, escaped, and the times of a hundred renewals.
_LARGEST_ENTRY = 6 * 4096


Refresh = Callable[[str], TokenPair]


@dataclass(frozen=True, slots=True)
class Login:
    """One account's login, as it is stored.

    ``made`` are the times at which token pairs were made in the last day, in unix seconds.
    """

    api_url: str
    email: str
    app_id: str
    tokens: TokenPair
    made: tuple[int, ...] = ()

    def with_tokens(self, tokens: TokenPair, now: float) -> "Login":
        """Return the login after ``tokens`` were made at ``now``, in unix seconds."""
        return replace(self, tokens=tokens, made=(*_made_today(self.made, now), int(now)))


def _made_today(made: tuple[int, ...], now: float) -> tuple[int, ...]:
    """Return those of the times that are within a day before ``now``."""
    return tuple(at for at in made if now - 86_400 < at <= now)


class KeptElsewhereError(CredentialsError):
    """New tokens couldn't be stored and are in another file; the hint is how to put them back."""


class LockedLogins:
    """The stored logins, held under the file lock."""

    def __init__(self, path: Path, replacement: Replacement, logins: Mapping[str, Login]) -> None:
        self._path = path
        self._replacement = replacement
        self.logins = logins

    def reserve(self) -> None:
        """Reserve disk space for one more login. Raises ``CredentialsError``."""
        with _writing(self._path):
            self._replacement.reserve(len(_encode(self.logins)) + _LARGEST_ENTRY)

    def save(self, profile: str, login: Login | None) -> None:
        """Store ``login``, or remove the profile's with None.

        Raises ``CredentialsError``, and ``KeptElsewhereError`` when ``login`` is in another file.
        """
        logins = {**self.logins, profile: login}
        content = _encode({name: one for name, one in logins.items() if one is not None})
        try:
            with _writing(self._path):
                self._replacement.commit(content)
        except CredentialsError as exc:
            # The old tokens are spent: the new ones can't be requested a second time.
            if login is None or (place := keep_beside(self._path, content)) is None:
                raise
            raise KeptElsewhereError(
                f"{exc.message}; the new login is in {place}",
                hint=f"Put it where it belongs: mv {quote(str(place))} {quote(str(self._path))}",
            ) from exc


class CredentialStore:
    """The file of logins. All methods raise ``CredentialsError`` with the next step to take."""

    def __init__(self, path: Path, *, lock_timeout: float = LOCK_TIMEOUT) -> None:
        self.path = path
        self._lock_timeout = lock_timeout

    def load(self) -> dict[str, Login]:
        """Return the logins by profile; an empty dict if there is no file."""
        try:
            if is_open_to_others(self.path):
                raise CredentialsError(
                    f"other users can read the stored logins in {self.path}",
                    hint=f"chmod 600 '{self.path}'\n"
                    "If somebody may have read them: chatapp-tail login makes new ones.",
                )
            return _decode(read_bounded(self.path, _LARGEST_FILE))
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise CredentialsError(
                f"the stored logins in {self.path} can't be read: {exc.strerror}",
                hint="Check the file's owner, or log in again: chatapp-tail login",
            ) from exc
        except ValueError as exc:
            raise CredentialsError(
                f"the stored logins in {self.path} can't be understood: {exc}",
                hint="Move the file away and log in again: chatapp-tail login",
            ) from None  # the cause may quote what the file holds

    @contextmanager
    def locked(self) -> Iterator[LockedLogins]:
        """Yield the logins while holding the lock.

        Raises ``ApiUnavailableError`` when the lock isn't free in the lock's timeout.
        """
        with _writing(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(Path(f"{self.path}.lock"))
        with closing(lock):
            self._acquire(lock)
            remove_unfinished(self.path)
            logins = self.load()
            with _writing(self.path):
                replacement = Replacement(self.path)
            with replacement:
                yield LockedLogins(self.path, replacement, logins)

    def _acquire(self, lock: FileLock) -> None:
        try:
            is_free = lock.acquire(self._lock_timeout)
        except OSError as exc:
            raise CredentialsError(
                f"the stored logins in {self.path} can't be locked: {exc.strerror}",
                hint="Keep them on a file system that has locks: set XDG_CONFIG_HOME to a folder.",
            ) from exc
        if not is_free:
            raise ApiUnavailableError(
                "another chatapp-tail has been renewing its token for "
                f"{self._lock_timeout:g} s; {self.path}.lock is taken",
                hint="Try again, or end the other one.",
            )


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

        ``tell`` is called with the error when a new pair couldn't be stored.
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
        """Return the token that another process has stored meanwhile, else make a new pair.

        A stored token that has ended isn't returned: the API would refuse it, and a call is tried
        with two tokens only. Raises ``CredentialsError`` if the login can't be renewed any more,
        ``ApiUnavailableError`` if it can't be renewed now.
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
        """Wait until a renewal under way has stored its pair, 10 s at most; no other begins.

        Called before the process ends: otherwise the pair would be lost, and the login with it.
        """
        self._spending.acquire(timeout=_LONGEST_FINISH)

    def _renewed(self, stored: LockedLogins, login: Login, now: float) -> Login:
        made = _made_today(login.made, now)
        if len(made) >= _MOST_TOKENS_A_DAY:
            raise ApiUnavailableError(
                f"{_MOST_TOKENS_A_DAY} tokens were made in a day, which is ChatApp's limit",
                hint="The next can be made a day after the first of them.",
                retry_after=min(made[0] + 86_400 - now, _LONGEST_PAUSE),
            )
        stored.reserve()  # before the old refresh token is spent
        if not self._spending.acquire(blocking=False):
            raise ApiUnavailableError("the process is ending")
        try:
            with held_back(_LONGEST_FINISH):
                return self._spent(stored, login, now)
        finally:
            self._spending.release()

    def _spent(self, stored: LockedLogins, login: Login, now: float) -> Login:
        ends = login.tokens.refresh_ends
        try:
            tokens = self._refresh(login.tokens.refresh)
        except (TokenRefusedError, ApiRefusedError) as exc:
            if not exc.is_verdict and ends > now:
                raise ApiUnavailableError(
                    f"something answers in the API's place: {exc.message}"
                ) from exc
            why = (
                f"the API says: {exc.message}"
                if ends > now
                else f"it ended at {format_minute(ends)}"
            )
            raise CredentialsError(
                f"the stored login can't be renewed any more: {why}", hint=self._next_step
            ) from exc
        renewed = login.with_tokens(tokens, now)
        try:
            stored.save(self._profile, renewed)
        except KeptElsewhereError as exc:
            self._tell(exc)  # go on: the tokens are valid although the file isn't
        return renewed

    @property
    def _next_step(self) -> str:
        return f"Log in again: chatapp-tail login{profile_option(self._profile)}"


def profile_option(profile: str) -> str:
    """Return what names ``profile`` in a shell; nothing for the default one."""
    return "" if profile == "default" else f" --profile {quote(profile)}"


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise CredentialsError(
            f"the stored logins in {path} can't be written: {exc.strerror}",
            hint="What was stored before is unchanged. Check the folder, and the room on its disk.",
        ) from exc


def _encode(logins: Mapping[str, Login]) -> bytes:
    profiles = {
        name: {
            "api_url": login.api_url,
            "email": login.email,
            "app_id": login.app_id,
            "tokens": {
                "access": login.tokens.access,
                "access_ends": login.tokens.access_ends,
                "refresh": login.tokens.refresh,
                "refresh_ends": login.tokens.refresh_ends,
                "user": login.tokens.user,
            },
            "made": login.made,
        }
        for name, login in logins.items()
    }
    return jsontext.dumps({"version": _VERSION, "profiles": profiles}, indent=True) + b"\n"


def _decode(content: bytes) -> dict[str, Login]:
    """Return what ``_encode`` wrote. Raises ``ValueError`` in words without secrets."""
    try:
        document = jsontext.loads(content)
    except ValueError:
        raise ValueError("it isn't JSON") from None
    profiles = dig(document, "profiles")
    if dig(document, "version") != _VERSION or not isinstance(profiles, dict):
        raise ValueError("its version isn't known")
    return {name: _login(name, entry) for name, entry in profiles.items()}


def _login(name: str, entry: object) -> Login:
    tokens, made = dig(entry, "tokens"), dig(entry, "made")
    texts = [string(dig(entry, key)) for key in ("api_url", "email", "app_id")]
    pair = [string(dig(tokens, key)) for key in ("access", "refresh")]
    ends = [integer(dig(tokens, key)) for key in ("access_ends", "refresh_ends")]
    times = [integer(at) for at in made] if isinstance(made, list) else [None]
    match texts, pair, ends:
        case [str(api_url), str(email), str(app_id)], [str(access), str(refresh)], [
            int(access_ends),
            int(refresh_ends),
        ] if None not in times and fits_header(access) and fits_header(refresh):
            user = integer(dig(tokens, "user"))
            stored = TokenPair(access, access_ends, refresh, refresh_ends, user)
            return Login(api_url, email, app_id, stored, tuple(at for at in times if at))
        case _:
            raise ValueError(f"the entry of profile {name!r} isn't whole")
