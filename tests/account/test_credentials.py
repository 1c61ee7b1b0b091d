import errno
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from chatapp_tail.account.credentials import (
    LOCK_TIMEOUT,
    RENEWAL_TIMEOUT,
    CredentialStore,
    KeptElsewhereError,
    Login,
)
from chatapp_tail.account.tokens import TokenPair
from chatapp_tail.errors import ApiUnavailableError, CredentialsError
from tests.account.given import DAY, LOGIN, NEXT_PAIR, NOW, REFRESH, everything_said
from tests.support.credentials import TOKEN

OTHER = replace(LOGIN, email="ты\u202e\ud83d@example.com", tokens=NEXT_PAIR, made=(NOW - 5, NOW))


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    """Return a store without a file yet, whose lock is waited for a tenth of a second."""
    return CredentialStore(tmp_path / "config" / "credentials.json", lock_timeout=0.1)


def save(store: CredentialStore, profile: str, login: Login | None) -> None:
    with store.locked() as stored:
        stored.save(profile, login)


def write(store: CredentialStore, content: bytes) -> None:
    """Put ``content`` in the file's place, for its owner alone."""
    store.path.parent.mkdir(exist_ok=True)
    store.path.touch(mode=0o600)
    store.path.write_bytes(content)


def write_profiles(store: CredentialStore, **profiles: object) -> None:
    write(store, json.dumps({"version": 1, "profiles": profiles, "later": 2}).encode())


def entry(**changes: object) -> dict[str, object]:
    """Return a stored login as JSON values."""
    return {**asdict(LOGIN), **changes}


def tokens(**changes: object) -> dict[str, object]:
    """Return a stored login with other tokens."""
    return entry(tokens={**asdict(LOGIN.tokens), **changes})


def failure(store: CredentialStore) -> CredentialsError:
    """Return why the logins can't be read."""
    with pytest.raises(CredentialsError) as caught:
        store.load()
    return caught.value


# What is stored


def test_profiles_are_stored_side_by_side(store: CredentialStore) -> None:
    assert store.load() == {}
    save(store, "default", LOGIN)
    save(store, "работа \udcff", OTHER)
    assert store.load() == {"default": LOGIN, "работа \udcff": OTHER}
    save(store, "default", OTHER)
    assert store.load() == {"default": OTHER, "работа \udcff": OTHER}
    for _ in range(2):
        save(store, "default", None)
        assert store.load() == {"работа \udcff": OTHER}


def test_lock_prevents_no_reading_and_changes_nothing(
    store: CredentialStore,
) -> None:
    save(store, "default", LOGIN)
    with store.locked() as stored:
        stored.reserve()
        assert stored.logins == store.load() == {"default": LOGIN}
    assert store.load() == {"default": LOGIN}
    names = sorted(path.name for path in store.path.parent.iterdir())
    assert names == ["credentials.json", "credentials.json.lock"]


def test_file_is_json_for_its_owner_alone(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    assert json.loads(store.path.read_bytes()) == {
        "version": 1,
        "profiles": {
            "default": {
                "api_url": "https://api.chatapp.online",
                "email": "me@example.com",
                "app_id": "app_685_1",
                "tokens": {
                    "access": TOKEN,
                    "access_ends": 1795435200,
                    "refresh": REFRESH,
                    "refresh_ends": 1796558400,
                    "user": 685,
                },
                "made": [],
            }
        },
    }
    assert store.path.read_bytes().endswith(b"}\n")
    for path in store.path.parent.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


# A file that isn't ours


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it isn't JSON"),
        (b"{", "it isn't JSON"),
        (b"\xff\xfe", "it isn't JSON"),
        (b"[" * 100_000, "it isn't JSON"),
        (b"[]", "its version isn't known"),
        (b'{"version":1}', "its version isn't known"),
        (b'{"version":2,"profiles":{}}', "its version isn't known"),
        (b'{"version":"1","profiles":{}}', "its version isn't known"),
        (b'{"version":1,"profiles":[]}', "its version isn't known"),
        (b'{"version":1,"profiles":{"\\ud83d":5}}', r"the entry of profile '\ud83d' isn't whole"),
        (b" " * ((4 << 20) + 1), "more than 4194304 bytes"),
    ],
    ids=range(11),
)
def test_file_that_cannot_be_understood_is_an_error(
    store: CredentialStore, content: bytes, why: str
) -> None:
    write(store, content)
    error = failure(store)
    assert error.message == f"the stored logins in {store.path} can't be understood: {why}"
    assert error.hint == "Move the file away and log in again: chatapp-tail login"
    assert store.path.read_bytes() == content


@pytest.mark.parametrize(
    "broken",
    [
        {},
        entry(api_url=None),
        entry(email=5),
        entry(app_id=["app"]),
        entry(tokens=None),
        entry(made=None),
        entry(made=[NOW, "soon"]),
        tokens(access=None),
        tokens(refresh=5),
        tokens(access_ends="soon"),
        tokens(refresh_ends=None),
        # Tokens that no header can hold.
        tokens(access=""),
        tokens(access=f"{TOKEN}\n"),
        tokens(access=f"Bearer {TOKEN}"),
        tokens(refresh=f"{REFRESH}ы"),
        tokens(refresh="x" * 4096),
    ],
    ids=range(16),
)
def test_incomplete_login_is_an_error(store: CredentialStore, broken: object) -> None:
    write_profiles(store, default=entry(), work=broken)
    assert failure(store).message.endswith("the entry of profile 'work' isn't whole")


def test_later_versions_may_add_to_an_entry(store: CredentialStore) -> None:
    write_profiles(store, default=entry(later=1), work=tokens(user=None, scope=[]))
    assert store.load() == {
        "default": LOGIN,
        "work": replace(LOGIN, tokens=replace(LOGIN.tokens, user=None)),
    }


# A file that can't be used


def test_logins_that_others_can_read_are_not_used(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    store.path.chmod(0o640)
    for use in (store.load, lambda: save(store, "default", OTHER)):
        with pytest.raises(CredentialsError) as caught:
            use()
        assert caught.value.message == f"other users can read the stored logins in {store.path}"
        assert caught.value.hint.startswith(f"chmod 600 '{store.path}'\n")
    store.path.chmod(0o600)
    assert store.load() == {"default": LOGIN}


def test_folder_in_place_of_the_file_cannot_be_read(store: CredentialStore) -> None:
    store.path.mkdir(parents=True, mode=0o700)
    error = failure(store)
    assert error.message == f"the stored logins in {store.path} can't be read: Is a directory"
    assert "chatapp-tail login" in error.hint


def test_file_in_place_of_the_folder_cannot_hold_logins(store: CredentialStore) -> None:
    store.path.parent.write_bytes(b"")
    with pytest.raises(CredentialsError) as caught:
        save(store, "default", LOGIN)
    assert caught.value.message == (
        f"the stored logins in {store.path} can't be written: File exists"
    )
    assert caught.value.hint.startswith("What was stored before is unchanged.")


def test_reserved_room_is_enough_for_the_longest_tokens(store: CredentialStore) -> None:
    longest = TokenPair('"' * 4095, NOW, "\\" * 4095, NOW, 10**17)
    login = replace(LOGIN, tokens=longest, made=tuple(range(NOW, NOW + 100)))
    for number in range(5):
        save(store, f"profile-{number}", login)
    with store.locked() as stored:
        stored.reserve()
        (waiting,) = store.path.parent.glob(".credentials.json.*")
        reserved = waiting.stat().st_size
        stored.save("profile-5", login)
    assert store.path.stat().st_size <= reserved


def test_login_that_cannot_be_stored_is_kept_in_another_file_and_a_logout_is_not(
    store: CredentialStore,
) -> None:
    save(store, "default", LOGIN)
    with store.locked() as stored:
        store.path.unlink()
        store.path.mkdir()
        with pytest.raises(CredentialsError, match=r"can't be written: Is a directory$"):
            stored.save("default", None)
    store.path.rmdir()
    with store.locked() as stored:
        store.path.mkdir()
        with pytest.raises(KeptElsewhereError) as caught:
            stored.save("default", OTHER)
    (place,) = store.path.parent.glob("credentials.json.kept-*")
    assert caught.value.message == (
        f"the stored logins in {store.path} can't be written: Is a directory; "
        f"the new login is in {place}"
    )
    assert caught.value.hint == f"Put it where it belongs: mv {place} {store.path}"
    store.path.rmdir()
    place.rename(store.path)
    assert store.load() == {"default": OTHER}


# The lock

STORING = """
import sys
from pathlib import Path
from chatapp_tail.account.credentials import CredentialStore
with CredentialStore(Path(sys.argv[1])).locked() as stored:
    stored.reserve()
    print("reserved", flush=True)
    sys.stdin.readline()
"""
UPDATING = """
import sys
from dataclasses import replace
from pathlib import Path
from chatapp_tail.account.credentials import CredentialStore
from tests.account.given import LOGIN
store, name = CredentialStore(Path(sys.argv[1])), sys.argv[2]
sys.stdin.readline()
for number in range(20):
    with store.locked() as stored:
        made = stored.logins.get("shared", LOGIN).made
        stored.save("shared", replace(LOGIN, made=(*made, 1)))
    with store.locked() as stored:
        stored.save(f"{name}-{number}", LOGIN)
"""


@contextmanager
def process(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program; at the end let it go on from reading a line, and wait for it."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        yield running


def wait_until_reserved(running: "subprocess.Popen[str]") -> None:
    assert running.stdout is not None
    assert running.stdout.readline() == "reserved\n"


def test_nothing_is_lost_between_processes_that_change_the_file(store: CredentialStore) -> None:
    with process(UPDATING, store.path, "a") as one, process(UPDATING, store.path, "b") as two:
        for running in (one, two):
            assert running.stdin is not None
            running.stdin.close()
    stored = store.load()
    assert len(stored.pop("shared").made) == 40
    assert sorted(stored) == sorted(f"{name}-{number}" for name in "ab" for number in range(20))


def test_lock_that_another_process_holds_is_waited_for_and_then_given_up(
    store: CredentialStore,
) -> None:
    save(store, "default", LOGIN)
    with process(STORING, store.path) as running:
        wait_until_reserved(running)
        with pytest.raises(ApiUnavailableError) as caught:
            save(store, "default", OTHER)
    assert caught.value.message == (
        f"another chatapp-tail has been renewing its token for 0.1 s; {store.path}.lock is taken"
    )
    assert store.load() == {"default": LOGIN}
    save(store, "default", OTHER)


def test_lock_of_a_killed_process_is_free_and_its_temporary_file_is_removed(
    store: CredentialStore,
) -> None:
    with process(STORING, store.path) as running:
        wait_until_reserved(running)
        running.kill()
    assert len(list(store.path.parent.glob(".credentials.json.*"))) == 1
    save(store, "default", LOGIN)
    assert list(store.path.parent.glob(".credentials.json.*")) == []
    assert store.load() == {"default": LOGIN}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ApiUnavailableError("no")], ids=repr)
def test_lock_is_free_after_a_failure(store: CredentialStore, error: BaseException) -> None:
    save(store, "default", LOGIN)
    with pytest.raises(type(error)), store.locked():
        raise error
    save(store, "default", OTHER)
    store.path.write_bytes(b"{")
    for _ in range(2):
        with pytest.raises(CredentialsError, match="it isn't JSON"), store.locked():
            pass


def test_file_system_without_locks_is_an_error_at_once(
    store: CredentialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_fd: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(CredentialsError) as caught:
        save(store, "default", LOGIN)
    assert caught.value.message == (
        f"the stored logins in {store.path} can't be locked: {os.strerror(errno.ENOLCK)}"
    )
    assert caught.value.hint == (
        "Keep them on a file system that has locks: set XDG_CONFIG_HOME to a folder."
    )


def test_link_in_place_of_the_lock_leaves_what_it_points_to(
    store: CredentialStore, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"content")
    store.path.parent.mkdir()
    Path(f"{store.path}.lock").symlink_to(precious)
    with pytest.raises(CredentialsError, match="can't be written: "):
        save(store, "default", LOGIN)
    assert precious.read_bytes() == b"content"


def test_lock_is_waited_for_longer_than_a_renewal_may_take() -> None:
    assert LOCK_TIMEOUT > RENEWAL_TIMEOUT


# A day's tokens


def test_tokens_of_the_last_day_are_counted_by_the_second() -> None:
    login = replace(LOGIN, made=(NOW - DAY, NOW - DAY + 1, NOW, NOW + 1))
    assert login.with_tokens(NEXT_PAIR, NOW + 0.9) == replace(
        LOGIN, tokens=NEXT_PAIR, made=(NOW - DAY + 1, NOW, NOW)
    )


# Secrets


def test_tokens_are_in_no_repr(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    with store.locked() as stored:
        said = f"{LOGIN} {store} {stored} {stored.logins}"
    assert TOKEN not in said
    assert REFRESH not in said
    assert repr(LOGIN.tokens) == (
        f"TokenPair(access_ends={NOW + DAY}, refresh_ends={NOW + 14 * DAY}, user=685)"
    )


@pytest.mark.parametrize(
    "damaged",
    [
        lambda text: text[:-10],
        lambda text: text.replace("1795435200", "9" * 30),
        lambda text: text.replace(TOKEN, f"{TOKEN}\\n"),
    ],
    ids=["cut", "number", "line end"],
)
def test_tokens_of_a_damaged_file_are_in_no_message(
    store: CredentialStore, damaged: Callable[[str], str]
) -> None:
    save(store, "default", LOGIN)
    write(store, damaged(store.path.read_text()).encode("latin-1"))
    said = everything_said(failure(store))
    assert TOKEN not in said
    assert REFRESH not in said
