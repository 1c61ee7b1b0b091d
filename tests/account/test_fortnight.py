"""Two weeks of a tail on one login, in simulated time, against the local ChatApp's real HTTP."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatapp_tail.account.credentials import CredentialStore, Login, StoredToken
from chatapp_tail.account.rest import make_tokens, refresh_tokens
from chatapp_tail.api import Api
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.emulator.account import DEMO_APP_ID, DEMO_EMAIL, DEMO_PASSWORD
from chatapp_tail.errors import ApiError, CredentialsError, ExitCode, TokenRefusedError
from chatapp_tail.network import tls_context
from chatapp_tail.pusher.authorizing import Authorizer
from chatapp_tail.pusher.interfaces import Authorize
from chatapp_tail.pusher.protocol import Authorization
from chatapp_tail.settings import TailSettings
from chatapp_tail.signals import Signals
from chatapp_tail.tail import Tail
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.fake_clock import FakeClock
from tests.support.fakes import (
    FakeAuthorizations,
    FakeServer,
    FakeWakeup,
    FakeWriter,
    closed,
    dependencies,
)

HOUR, DAY = 3600.0, 86_400.0
PROFILE = "default"
CHANNEL = parse_spec("1229/telegram")
REFRESH = "/v1/tokens/refresh"


class Fortnight:
    """A tail with a stored login; its server closes every connection after an hour."""

    def __init__(self, emulator: Emulator, clock: FakeClock, folder: Path) -> None:
        self.emulator = emulator
        self.clock = clock
        self.store = CredentialStore(folder / "credentials.json")
        self.said: list[str] = []
        self.api = Api(emulator.api_url, clock=clock, context=tls_context(), connect_timeout=5.0)

    def log_in(self) -> Login:
        """Store a new login."""
        tokens = make_tokens(self.api, DEMO_EMAIL, DEMO_PASSWORD, DEMO_APP_ID)
        login = Login(self.emulator.api_url, DEMO_EMAIL, DEMO_APP_ID, tokens)
        with self.store.locked() as stored:
            stored.save(PROFILE, login)
        return login

    def stored_token(self) -> StoredToken:
        """Return the stored login as a tail finds it."""
        login = self.store.load()[PROFILE]
        return StoredToken(
            self.store,
            PROFILE,
            login,
            lambda token: refresh_tokens(self.api, token),
            clock=self.clock,
            tell=lambda _error: None,
        )

    def tail(self, lasts: float) -> ExitCode:
        """Tail for ``lasts`` seconds."""
        authorizer = Authorizer(self.api, self.stored_token())

        def outcome(request: Authorize) -> Authorization | ApiError:
            try:
                return authorizer.authorize(request.socket_id, request.channel)
            except ApiError as exc:
                return exc
            except CredentialsError as exc:  # as AuthorizationWorker has it
                return TokenRefusedError(exc.message, hint=exc.hint)

        server, wakeup, signals = (
            FakeServer(self.clock, [closed(HOUR)]),
            FakeWakeup(self.clock),
            Signals(),
        )
        wakeup.plan(lasts, lambda: signals.receive(signal.SIGTERM))
        writer = FakeWriter()
        parts = dependencies(
            server.connect,
            FakeAuthorizations(outcome),
            wakeup,
            writer,
            self.clock,
            Lines(self.said),
            signals=signals,
        )
        return Tail(TailSettings((CHANNEL,)), parts).run()

    @property
    def renewals(self) -> int:
        """Return how often the API was asked for a new pair."""
        return self.emulator.requests.count(REFRESH)


class Lines:
    """Takes what is said."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, text: str) -> None:
        self._lines.append(text)

    def flush(self) -> None:
        pass


@pytest.fixture
def fortnight(tmp_path: Path) -> Iterator[Fortnight]:
    clock = FakeClock()
    with running_emulator(EmulatorSettings(pace=None), clock) as emulator:
        made = Fortnight(emulator, clock, tmp_path)
        with closing(made.api):
            yield made


def test_a_fortnight_with_a_reconnect_an_hour_never_stops(fortnight: Fortnight) -> None:
    first = fortnight.log_in()
    assert fortnight.tail(14 * DAY) is ExitCode.SIGTERM
    # Each token is used for a day and until the next reconnect.
    assert fortnight.renewals == 13
    said = "".join(fortnight.said)
    assert said.count("subscribed to 1229/telegram") > 320
    assert "error" not in said
    stored = fortnight.store.load()[PROFILE]
    assert stored.tokens.access != first.tokens.access
    assert first.tokens.access not in said
    assert stored.tokens.access not in said


def test_a_login_that_slept_too_long_ends_with_one_sentence(fortnight: Fortnight) -> None:
    login = fortnight.log_in()
    fortnight.clock.advance(15 * DAY)
    with pytest.raises(CredentialsError) as caught:
        fortnight.tail(DAY)
    assert caught.value.message == (
        "the stored login can't be renewed any more: it ended at 2026-12-06 12:00 UTC"
    )
    assert caught.value.hint == "Log in again: chatapp-tail login"
    assert fortnight.store.load()[PROFILE] == login
