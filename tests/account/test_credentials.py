import errno
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_tail.account.credentials import (
    LOCK_TIMEOUT,
    RENEWAL_TIMEOUT,
    CredentialStore,
    KeptElsewhereError,
    Login,
    made_today,
)
from chatapp_tail.account.tokens import TokenPair
from chatapp_tail.errors import ApiUnavailableError, CredentialsError
from tests.account.given import (
    DAY,
    LOGIN,
    NEXT_PAIR,
    NOW,
    REFRESH,
    everything_said,
    full_disk,
)
from tests.chatapp.given import hostile_text, json_values
from tests.support.credentials import TOKEN

OTHER = replace(LOGIN, email="you@example.com", tokens=NEXT_PAIR, made=(NOW - 5, NOW))
SECRETS = (TOKEN, REFRESH, NEXT_PAIR.access, NEXT_PAIR.refresh)


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


def document(**profiles: object) -> dict[str, object]:
    return {"version": 1, "profiles": profiles}


def entry(**changes: object) -> dict[str, object]:
    """Return a stored login as JSON values."""
    return {**asdict(LOGIN), **changes}


def tokens(**changes: object) -> dict[str, object]:
    """Return a stored login with other tokens."""
    return entry(tokens={**asdict(LOGIN.tokens), **changes})


# What is stored


def test_nothing_is_stored_at_first(store: CredentialStore) -> None:
    assert store.load() == {}


def test_profiles_are_stored_side_by_side(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    save(store, "work", OTHER)
    assert store.load() == {"default": LOGIN, "work": OTHER}
    save(store, "default", OTHER)
    assert store.load() == {"default": OTHER, "work": OTHER}
    save(store, "default", None)
    assert store.load() == {"work": OTHER}


def test_removing_what_isnt_there_is_no_error(store: CredentialStore) -> None:
    save(store, "work", None)
    assert store.load() == {}


def test_looking_alone_changes_nothing(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    with store.locked() as stored:
        assert stored.logins == {"default": LOGIN}
        stored.reserve()
    assert store.load() == {"default": LOGIN}
    assert [path.name for path in store.path.parent.glob("*credentials.json")] == [
        "credentials.json"
    ]


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


usable_tokens = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
ends = st.integers(0, 10**18)
# Two surrogates side by side become one character in JSON.
texts = hostile_text().map(lambda text: str(json.loads(json.dumps(text))))
logins = st.builds(
    Login,
    texts,
    texts,
    texts,
    st.builds(TokenPair, usable_tokens, ends, usable_tokens, ends, st.none() | ends),
    st.lists(st.integers(1, 10**18), max_size=3).map(tuple),
)


@given(stored=st.dictionaries(texts, logins, max_size=3))
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_login_comes_back_as_it_was(store: CredentialStore, stored: dict[str, Login]) -> None:
    store.path.unlink(missing_ok=True)
    for profile, login in stored.items():
        save(store, profile, login)
    assert store.load() == stored


# A file that isn't ours


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it isn't JSON"),
        (b"{", "it isn't JSON"),
        (b"\xff\xfe", "it isn't JSON"),
        (b"NaN", "it isn't JSON"),
        (b"[" * 100_000, "it isn't JSON"),
        (b"[]", "its version isn't known"),
        (b"{}", "its version isn't known"),
        (b'{"version":1}', "its version isn't known"),
        (b'{"version":2,"profiles":{}}', "its version isn't known"),
        (b'{"version":"1","profiles":{}}', "its version isn't known"),
        (b'{"version":1,"profiles":[]}', "its version isn't known"),
        (b'{"version":1,"profiles":{"work":5}}', "the entry of profile 'work' isn't whole"),
        (b'{"version":1,"profiles":{"\\ud83d":5}}', r"the entry of profile '\ud83d' isn't whole"),
        (b" " * ((4 << 20) + 1), "more than 4194304 bytes"),
    ],
    ids=range(14),
)
def test_file_that_cant_be_understood_is_an_error(
    store: CredentialStore, content: bytes, why: str
) -> None:
    write(store, content)
    with pytest.raises(CredentialsError) as caught:
        store.load()
    assert caught.value.message == (f"the stored logins in {store.path} can't be understood: {why}")
    assert caught.value.hint == "Move the file away and log in again: chatapp-tail login"
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
def test_login_that_isnt_whole_is_an_error(store: CredentialStore, broken: object) -> None:
    write(store, json.dumps(document(default=entry(), work=broken)).encode())
    with pytest.raises(CredentialsError, match=r"the entry of profile 'work' isn't whole$"):
        store.load()


def test_later_versions_may_add_to_an_entry(store: CredentialStore) -> None:
    added = {**document(default=entry(later=1), work=tokens(user=None, scope=[])), "later": 2}
    write(store, json.dumps(added).encode())
    assert store.load() == {
        "default": LOGIN,
        "work": replace(LOGIN, tokens=replace(LOGIN.tokens, user=None)),
    }


def changed(value: object, path: list[str], change: object) -> object:
    """Return ``value`` with ``change`` at ``path``."""
    if not path or not isinstance(value, dict):
        return change
    return {**value, path[0]: changed(value.get(path[0]), path[1:], change)}


NAMES = ["version", "profiles", "default", "tokens", "access", "refresh", "access_ends", "made"]
PLACES = [
    ["profiles"],
    ["profiles", "default"],
    ["profiles", "default", "tokens"],
    *(["profiles", "default", name] for name in ("api_url", "email", "app_id", "made")),
    *(["profiles", "default", "tokens", name] for name in asdict(LOGIN.tokens)),
]
documents = st.builds(
    changed,
    st.just(document(default=entry())),
    st.sampled_from(PLACES),
    json_values() | st.dictionaries(st.sampled_from(NAMES), json_values()),
)


@given(content=(documents | json_values()).map(json.dumps).map(str.encode) | st.binary())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_logins_or_an_error(store: CredentialStore, content: bytes) -> None:
    write(store, content)
    with suppress(CredentialsError):
        for login in store.load().values():
            assert isinstance(login, Login)
            assert login.tokens.access.isprintable()
            assert made_today(login.made, NOW) is not None


# A file that can't be used


@pytest.mark.parametrize("bits", [0o644, 0o640, 0o602, 0o666], ids=oct)
def test_logins_that_others_can_read_are_not_used(store: CredentialStore, bits: int) -> None:
    save(store, "default", LOGIN)
    store.path.chmod(bits)
    for use in (store.load, lambda: save(store, "default", OTHER)):
        with pytest.raises(CredentialsError) as caught:
            use()
        assert caught.value.message == f"other users can read the stored logins in {store.path}"
        assert caught.value.hint.startswith(f"chmod 600 '{store.path}'\n")
    store.path.chmod(0o600)
    assert store.load() == {"default": LOGIN}


def test_folder_in_place_of_the_file_cant_be_read(store: CredentialStore) -> None:
    store.path.mkdir(parents=True, mode=0o700)
    with pytest.raises(CredentialsError) as caught:
        store.load()
    assert caught.value.message == (
        f"the stored logins in {store.path} can't be read: Is a directory"
    )
    assert "chatapp-tail login" in caught.value.hint


def test_file_in_place_of_the_folder_cant_hold_logins(store: CredentialStore) -> None:
    store.path.parent.write_bytes(b"")
    with pytest.raises(CredentialsError, match=r"can't be read: Not a directory$"):
        store.load()
    with pytest.raises(CredentialsError) as caught:
        save(store, "default", LOGIN)
    assert caught.value.message == (
        f"the stored logins in {store.path} can't be written: File exists"
    )
    assert caught.value.hint.startswith("What was stored before is unchanged.")


def test_full_disk_leaves_what_was_stored(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    with full_disk(room=100), pytest.raises(CredentialsError) as caught:
        save(store, "default", OTHER)
    assert caught.value.message == (
        f"the stored logins in {store.path} can't be written: File too large"
    )
    assert caught.value.hint.startswith("What was stored before is unchanged.")
    assert store.load() == {"default": LOGIN}
    for secret in SECRETS:
        assert secret not in everything_said(caught.value)


def test_what_is_reserved_is_enough_for_the_longest_tokens(store: CredentialStore) -> None:
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


# What can't be stored


def test_login_that_cant_be_stored_is_kept_in_another_file(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    with store.locked() as stored:
        store.path.unlink()
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


def test_logout_that_cant_be_stored_keeps_nothing(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    with store.locked() as stored:
        store.path.unlink()
        store.path.mkdir()
        with pytest.raises(CredentialsError, match=r"can't be written: Is a directory$"):
            stored.save("default", None)
    assert list(store.path.parent.glob("*kept*")) == []


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
    assert running.returncode == 0


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
        assert running.stdout is not None
        assert running.stdout.readline() == "reserved\n"
        with pytest.raises(ApiUnavailableError) as caught:
            save(store, "default", OTHER)
    assert caught.value.message == (
        f"another chatapp-tail has been renewing its token for 0.1 s; {store.path}.lock is taken"
    )
    assert store.load() == {"default": LOGIN}
    save(store, "default", OTHER)


def test_lock_is_waited_for_by_threads_too(store: CredentialStore) -> None:
    patient = CredentialStore(store.path)
    with ThreadPoolExecutor(4) as threads:
        for number in range(8):
            threads.submit(save, patient, str(number), LOGIN)
    assert sorted(store.load()) == ["0", "1", "2", "3", "4", "5", "6", "7"]


def test_reading_needs_no_lock(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    with store.locked():
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


# A day's tokens


def test_times_of_the_last_day_are_kept() -> None:
    made = (NOW - DAY - 1, NOW - DAY, NOW - DAY + 1, NOW, NOW + 1)
    assert made_today(made, NOW) == (NOW - DAY + 1, NOW)


def test_new_tokens_are_counted_by_the_second() -> None:
    login = replace(LOGIN, made=(NOW - DAY, NOW - 5))
    assert login.with_tokens(NEXT_PAIR, NOW + 0.9) == replace(
        LOGIN, tokens=NEXT_PAIR, made=(NOW - 5, NOW)
    )


# Secrets


def test_tokens_are_in_no_repr(store: CredentialStore) -> None:
    save(store, "default", LOGIN)
    save(store, "work", OTHER)
    with store.locked() as stored:
        for thing in (LOGIN.tokens, LOGIN, store, stored, stored.logins, store.load()):
            for secret in SECRETS:
                assert secret not in f"{thing} {thing!r}"
    assert repr(LOGIN.tokens) == (
        f"TokenPair(access_ends={NOW + DAY}, refresh_ends={NOW + 14 * DAY}, user=685)"
    )


@pytest.mark.parametrize(
    "damaged",
    [
        lambda text: text[:-10],
        lambda text: text.replace(TOKEN, f"{TOKEN}\x00"),
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace("1795435200", "9" * 30),
        lambda text: text.replace(TOKEN, f"{TOKEN}\\n"),
        lambda text: text.replace('"access"', f'"{TOKEN}"'),
    ],
    ids=range(6),
)
def test_tokens_of_a_damaged_file_are_in_no_message(
    store: CredentialStore, damaged: Callable[[str], str]
) -> None:
    save(store, "default", LOGIN)
    write(store, damaged(store.path.read_text()).encode("latin-1"))
    with pytest.raises(CredentialsError) as caught:
        store.load()
    for secret in (TOKEN, REFRESH):
        assert secret not in everything_said(caught.value)


# What may become of the lock


def test_file_of_a_process_that_was_killed_is_removed_by_the_next(store: CredentialStore) -> None:
    command = [sys.executable, "-c", STORING, str(store.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"reserved\n"
        running.kill()
    assert len(list(store.path.parent.glob(".credentials.json.*"))) == 1
    save(store, "default", LOGIN)
    assert list(store.path.parent.glob(".credentials.json.*")) == []
    assert store.load() == {"default": LOGIN}


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_file_system_without_locks_is_an_error_at_once(
    store: CredentialStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def flock(_fd: int, _operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(CredentialsError) as caught:
        save(store, "default", LOGIN)
    assert caught.value.message == (
        f"the stored logins in {store.path} can't be locked: {os.strerror(number)}"
    )
    assert caught.value.hint == (
        "Keep them on a file system that has locks: set XDG_CONFIG_HOME to a folder."
    )
    assert store.load() == {}


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
