"""Two weeks of a tail on one login, in simulated time, against the local ChatApp's real HTTP."""

import signal
from contextlib import closing
from io import StringIO
from pathlib import Path

from chatapp_tail.account.credentials import CredentialStore, Login, StoredToken
from chatapp_tail.account.rest import make_tokens, refresh_tokens
from chatapp_tail.api import Api
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.emulator.account import DEMO_APP_ID, DEMO_EMAIL, DEMO_PASSWORD
from chatapp_tail.errors import ApiError, ExitCode
from chatapp_tail.network import tls_context
from chatapp_tail.pusher.authorizing import Authorizer
from chatapp_tail.pusher.interfaces import Authorize
from chatapp_tail.pusher.protocol import Authorization
from chatapp_tail.settings import TailSettings
from chatapp_tail.signals import Signals
from chatapp_tail.tail import Tail
from tests.support.emulated import EmulatorSettings, running_emulator
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


def test_a_fortnight_with_a_reconnect_an_hour_never_stops(tmp_path: Path) -> None:
    clock, store = FakeClock(), CredentialStore(tmp_path / "credentials.json")
    with (
        running_emulator(EmulatorSettings(pace=None), clock) as emulator,
        closing(
            Api(emulator.api_url, clock=clock, context=tls_context(), connect_timeout=5.0)
        ) as api,
    ):
        first = make_tokens(api, DEMO_EMAIL, DEMO_PASSWORD, DEMO_APP_ID)
        login = Login(emulator.api_url, DEMO_EMAIL, DEMO_APP_ID, first)
        with store.locked() as stored:
            stored.save("default", login)
        token = StoredToken(
            store,
            "default",
            login,
            lambda token: refresh_tokens(api, token),
            clock=clock,
            tell=lambda _error: None,
        )
        code, said = tail(14 * DAY, Authorizer(api, token), clock)
        renewals = emulator.requests.count("/v1/tokens/refresh")
    assert code is ExitCode.SIGTERM
    assert renewals == 13  # each token is used for a day and until the next reconnect
    assert said.count("subscribed to 1229/telegram") > 320
    assert "error" not in said
    last = store.load()["default"].tokens
    assert last.access != first.access
    assert first.access not in said
    assert last.access not in said


def tail(lasts: float, authorizer: Authorizer, clock: FakeClock) -> tuple[ExitCode, str]:
    """Tail for ``lasts`` seconds a server that closes every connection after an hour.

    Returns the exit code, and what was said.
    """

    def outcome(request: Authorize) -> Authorization | ApiError:
        try:
            return authorizer.authorize(request.socket_id, request.channel)
        except ApiError as exc:
            return exc

    wakeup, signals, stderr = FakeWakeup(clock), Signals(), StringIO()
    wakeup.plan(lasts, lambda: signals.receive(signal.SIGTERM))
    parts = dependencies(
        FakeServer(clock, [closed(HOUR)]).connect,
        FakeAuthorizations(outcome),
        wakeup,
        FakeWriter(),
        clock,
        stderr,
        signals=signals,
    )
    return Tail(TailSettings((parse_spec("1229/telegram"),)), parts).run(), stderr.getvalue()
