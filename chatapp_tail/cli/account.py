"""The account behind a command: its token, the API with it, and what is remembered of it."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from shlex import quote
from typing import TYPE_CHECKING

from chatapp_tail.account.config import (
    DEFAULT_PROFILE,
    cache_folder,
    config_folder,
    unknown_profile,
)
from chatapp_tail.account.tokens import RENEW, FoundToken, find_token, form_warning
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import ApiError, CredentialsError, TokenRefusedError
from chatapp_tail.network import tls_context
from chatapp_tail.output.status import Status
from chatapp_tail.settings import DEFAULT_CONNECT_TIMEOUT, Endpoint

if TYPE_CHECKING:
    from chatapp_tail.account.cache import Cache
    from chatapp_tail.account.credentials import CredentialStore, Login, StoredToken
    from chatapp_tail.account.listing import Listed
    from chatapp_tail.account.rest import Rest
    from chatapp_tail.account.tokens import TokenPair
    from chatapp_tail.api import Api, TokenSource


class HiddenToken:
    """A token source that registers each token it returns with ``Status.hide``."""

    def __init__(self, token: "TokenSource", status: Status) -> None:
        self._token = token
        self._status = status

    def token(self) -> str:
        """Return the current token."""
        token = self._token.token()
        self._status.hide(token)
        return token

    def renew(self, refused: str) -> str | None:
        """Return another token than ``refused``, or None."""
        token = self._token.renew(refused)
        self._status.hide(token or "")
        return token


class Account:
    """One profile at one endpoint. Its parts are made when they are first needed."""

    def __init__(self, endpoint: Endpoint, chosen: Chosen, status: Status) -> None:
        """Say with -v where the values of options come from."""
        self.endpoint = endpoint
        self.profile = chosen.profile
        self._status = status
        self._clock = SystemClock()
        self._stored_token: StoredToken | None = None
        for sentence in chosen.sentences:
            status.detail(sentence)

    @cached_property
    def store(self) -> "CredentialStore":
        """The stored logins. Warns if other users can write to their folder."""
        from chatapp_tail.account.credentials import CredentialStore  # noqa: PLC0415
        from chatapp_tail.account.files import is_replaceable_by_others  # noqa: PLC0415

        path = config_folder(os.environ) / "credentials.json"
        if is_replaceable_by_others(path):
            self._status.warn(
                f"other users can replace the stored logins: all may write to {path.parent}",
                f"chmod o-w {quote(str(path.parent))}",
            )
        return CredentialStore(path)

    @cached_property
    def cache(self) -> "Cache":
        """What the API answered before, kept in a file."""
        from chatapp_tail.account.cache import Cache  # noqa: PLC0415

        return Cache(cache_folder(os.environ), self.profile.name, self.endpoint.api_url)

    def require_profile(self) -> None:
        """Raise ``UsageError`` if the profile is neither in the file nor has a stored login."""
        profile = self.profile
        if profile.exists or profile.name == DEFAULT_PROFILE:
            return
        if profile.name not in self.store.load():
            raise unknown_profile(profile)

    def token(self, option: str | None) -> FoundToken:
        """Return the token that --token or anything below it gives. Raises ``CredentialsError``.

        Registers it with ``Status.hide``, and warns if it looks wrong or others can see it.
        """
        given = find_token(
            option,
            os.environ,
            sys.stdin,
            token_file=self.profile.token_file,
            stored=self._stored,
        )
        hidden = HiddenToken(given.token, self._status)
        shows = option and option != "-" and not option.startswith("@")
        if shows and sys.stderr.isatty():
            self._status.warn("other users can see the --token in the list of processes")
        if not given.is_login and (warning := form_warning(hidden.token())):
            self._status.warn(warning)
        if host := self.endpoint.exposed_to:
            self._status.warn(
                f"the token goes to {host} without encryption",
                "Use https://, or add --api-insecure if you trust the network in between.",
            )
        self._status.detail(f"token: {given.origin}")
        return given._replace(token=hidden)

    @contextmanager
    def settled(self) -> Iterator[None]:
        """At the end, wait until a renewal in another thread has stored its tokens."""
        try:
            yield
        finally:
            if (token := self._stored_token) is not None:
                if token.is_renewing:
                    self._status.say("storing the renewed token first; Ctrl-C ends at once")
                token.finish()

    @contextmanager
    def api(self, *, call_timeout: float | None = None) -> Iterator["Api"]:
        """Yield the API; it connects at the first call.

        ``call_timeout`` is for each call, in seconds; None is the API's default.
        """
        from chatapp_tail.api import CALL_TIMEOUT, Api  # noqa: PLC0415 (loads requests)

        api = Api(
            self.endpoint.api_url,
            clock=self._clock,
            context=tls_context(),
            connect_timeout=DEFAULT_CONNECT_TIMEOUT,
            call_timeout=call_timeout or CALL_TIMEOUT,
        )
        try:
            yield api
        finally:
            api.close()

    @contextmanager
    def rest(self, given: FoundToken) -> Iterator["Rest"]:
        """Yield the API's calls with this token. Raises ``CredentialsError`` if it is refused."""
        from chatapp_tail.account.rest import Rest  # noqa: PLC0415

        try:
            with self.api() as api:
                yield Rest(api, given.token)
        except TokenRefusedError as exc:
            raise CredentialsError(exc.message, hint=exc.hint or RENEW) from exc

    def channels(self, given: FoundToken) -> list["Listed"]:
        """Ask what the token may watch, and keep it for completion. Raises ``ApiError``."""
        self._status.say(f"asking {self.endpoint.api_url} what this token may watch")
        from chatapp_tail.account.listing import list_channels  # noqa: PLC0415

        login = self.login(given)
        with self.rest(given) as rest:
            listing = list_channels(rest, login.tokens.user if login else None)
            self._warn_of_unread(rest)
        self.cache.keep_channels([(one.spec, one.description) for one in listing])
        return listing

    def people(self, given: FoundToken, channels: Iterable[Channel]) -> dict[str, str]:
        """Return employees' names by id; none, and a warning, if the API doesn't tell."""
        from chatapp_tail.account.listing import employees  # noqa: PLC0415

        companies = [channel.company for channel in channels if channel.company is not None]
        now = self._clock.utcnow().timestamp()
        try:
            with self.rest(given) as rest:
                names = employees(rest, self.cache, companies, now)
                self._warn_of_unread(rest)
        except ApiError as exc:
            self._status.warn(f"no names of employees: {exc.message}")
            return {}
        return names

    def login(self, given: FoundToken) -> "Login | None":
        """Return the stored login that the token is from, None for any other token."""
        return self.store.load().get(self.profile.name) if given.is_login else None

    def _warn_of_unread(self, rest: "Rest") -> None:
        for what, count in rest.unread.items():
            self._status.warn(
                f"the API's list of {what} is incomplete: {count} of its entries can't be read"
            )

    def _stored(self) -> FoundToken | None:
        """Return the profile's stored login, None if there is none.

        Raises ``CredentialsError`` for one at another API: it must not get this token.
        """
        from chatapp_tail.account.credentials import StoredToken, profile_option  # noqa: PLC0415

        login = self.store.load().get(self.profile.name)
        if login is None:
            return None
        if login.api_url != self.endpoint.api_url:
            option = profile_option(self.profile.name)
            raise CredentialsError(
                f"the stored login is for {login.api_url}, not for {self.endpoint.api_url}",
                hint=f"Log in there: chatapp-tail login{option} --api-url {self.endpoint.api_url}\n"
                "or keep both, each in a profile of its own (--profile NAME).",
            )
        self._stored_token = StoredToken(
            self.store,
            self.profile.name,
            login,
            self._refresh,
            clock=self._clock,
            tell=self._status.error,
        )
        return FoundToken(self._stored_token, f"the login of {login.email}", is_login=True)

    def _refresh(self, refresh_token: str) -> "TokenPair":
        from chatapp_tail.account.credentials import RENEWAL_TIMEOUT  # noqa: PLC0415
        from chatapp_tail.account.rest import refresh_tokens  # noqa: PLC0415

        self._status.say("the token is no longer valid; renewing it")
        with self.api(call_timeout=RENEWAL_TIMEOUT) as api:
            return refresh_tokens(api, refresh_token)
