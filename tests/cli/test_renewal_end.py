"""Processes that are to end while the API answers a renewal, whose refresh token is spent then."""

import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import NamedTuple

import pytest

from chatapp_tail.account.credentials import CredentialStore
from chatapp_tail.account.tokens import TokenPair
from tests.account.given import LOGIN, NEXT_PAIR, answer, good
from tests.support.cli_process import CLI
from tests.support.emulated import EmulatorSettings, running_emulator
from tests.support.loopback_http import Answer, LoopbackHTTP, Request
from tests.support.waiting import wait_until

PATIENCE = 10.0


class RefusingApi:
    """An API that refuses every token, and takes its time for a renewal."""

    def __init__(self) -> None:
        self.renewing, self.answered = Event(), Event()
        self.http = LoopbackHTTP(self._answer)

    def _answer(self, request: Request) -> Answer:
        if request.path != "/v1/tokens/refresh":
            return answer({"message": "Unauthenticated."}, status=401)
        self.renewing.set()
        assert self.answered.wait(PATIENCE)
        return good(
            {
                "accessToken": NEXT_PAIR.access,
                "accessTokenEndTime": NEXT_PAIR.access_ends,
                "refreshToken": NEXT_PAIR.refresh,
                "refreshTokenEndTime": NEXT_PAIR.refresh_ends,
                "cabinetUserId": 685,
            }
        )


class User(NamedTuple):
    """Somebody whose stored login has to be renewed."""

    home: Path
    api: RefusingApi
    environment: Mapping[str, str]
    store: CredentialStore

    def process(self, *arguments: str) -> CLI:
        return CLI(self.home, *arguments, environment=self.environment)

    @property
    def tokens(self) -> TokenPair:
        """Return the stored pair."""
        return self.store.load()["default"].tokens


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    api = RefusingApi()
    store = CredentialStore(tmp_path / ".config/chatapp-tail/credentials.json")
    with api.http, running_emulator(EmulatorSettings(pace=None)) as emulator:
        with store.locked() as stored:
            stored.save("default", replace(LOGIN, api_url=api.http.url))
        endpoint = {"CHATAPP_API_URL": api.http.url, "CHATAPP_SOCKET_URL": emulator.socket_url}
        yield User(tmp_path, api, endpoint, store)
        api.answered.set()


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("1229/telegram", signal.SIGTERM),
        ("--all", signal.SIGTERM),
        ("channels", signal.SIGINT),
        ("doctor", signal.SIGTERM),
    ],
)
def test_signal_waits_until_the_new_tokens_are_stored(
    user: User, command: str, number: signal.Signals
) -> None:
    with user.process(command) as process:
        assert user.api.renewing.wait(PATIENCE)
        process.send(number)
        if command in ("1229/telegram", "doctor"):
            process.wait_for("storing the renewed token first; Ctrl-C ends at once")
        user.api.answered.set()
        process.exit_code()
        assert NEXT_PAIR.access not in process.stderr.text
    assert user.tokens == NEXT_PAIR


def test_end_by_duration_waits_until_the_new_tokens_are_stored(user: User) -> None:
    with user.process("1229/telegram", "-d", "1s") as process:
        assert user.api.renewing.wait(PATIENCE)
        process.wait_for("storing the renewed token first")
        user.api.answered.set()
        process.exit_code()
    assert user.tokens == NEXT_PAIR


@pytest.mark.parametrize("command", ["1229/telegram", "channels"])
def test_ctrl_c_again_ends_at_once(user: User, command: str) -> None:
    with user.process(command) as process:
        assert user.api.renewing.wait(PATIENCE)

        def is_over() -> bool:
            if not process.ended:
                process.send(signal.SIGINT)
            return process.ended

        # Two that come together are one.
        wait_until(is_over, "the end")
    assert user.tokens == LOGIN.tokens
