import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chatapp_tail.account.cache import Cache
from tests.account.given import DAY, NOW
from tests.output.given import full_disk

URL = "https://api.chatapp.online"
ROWS = [("1229/telegram", "Sales\nTelegram"), ("company/2224", "")]
# With half of a surrogate pair.
NAMES = {"685": "Anna", "686": "Борис \ud83d"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the path of a folder that isn't there yet."""
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> Cache:
    return Cache(folder, "default", URL)


def is_empty(cache: Cache) -> bool:
    return cache.channels() == [] and cache.employees(2224, float(NOW)) is None


def content(**parts: object) -> bytes:
    return json.dumps({"api_url": URL, **parts}).encode()


def names_at(at: object) -> bytes:
    return content(employees={"2224": {"at": at, "names": NAMES}})


# What is kept


def test_channels_and_employees_of_each_company_are_kept_side_by_side(
    cache: Cache, folder: Path
) -> None:
    assert is_empty(cache)
    assert not folder.exists()
    cache.keep_channels(ROWS)
    cache.keep_employees(2224, NAMES, NOW + 0.5)
    cache.keep_employees(2225, {}, NOW)
    again = Cache(folder, "default", URL)
    assert again.channels() == ROWS
    assert [again.employees(company, NOW + 1) for company in (2224, 2225, 2226)] == [
        NAMES,
        {},
        None,
    ]
    again.keep_channels(ROWS[:1])
    assert (cache.channels(), cache.employees(2224, NOW)) == (ROWS[:1], NAMES)


@pytest.mark.parametrize(
    ("later", "is_known"),
    [
        (0, True),
        (DAY - 1, True),
        (DAY, False),
        (-1, False),  # the wall clock was set back: their age is unknown
    ],
)
def test_names_are_kept_for_a_day(cache: Cache, later: float, *, is_known: bool) -> None:
    cache.keep_employees(2224, NAMES, NOW)
    assert cache.employees(2224, NOW + later) == (NAMES if is_known else None)


# Whose it is


def test_files_are_for_their_owner_alone(cache: Cache, folder: Path) -> None:
    cache.keep_channels(ROWS)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()] == [
        ("default.json", 0o600)
    ]


def test_answers_of_another_api_are_not_used(cache: Cache, folder: Path) -> None:
    cache.keep_channels(ROWS)
    cache.keep_employees(2224, NAMES, NOW)
    other = Cache(folder, "default", "http://127.0.0.1:8080")
    assert is_empty(other)
    other.keep_channels(ROWS[1:])
    assert other.employees(2224, NOW) is None
    assert is_empty(cache)


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd.json"),
        ("", ".json"),
        ("a%2Fb", "a%252Fb.json"),
        ("\udcff", "%ED%B3%BF.json"),  # a byte of a command line that isn't UTF-8
    ],
    ids=ascii,
)
def test_profile_is_a_file_in_the_folder(folder: Path, profile: str, name: str) -> None:
    cache = Cache(folder, profile, URL)
    cache.keep_channels(ROWS)
    assert [path.name for path in folder.iterdir()] == [name]
    assert cache.channels() == ROWS


# What fails


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\xff{",
        b"null",
        b"[" * 100_000,
        b'{"channels":[{"spec":"1229/telegram"}]}',
        b'{"api_url":null,"channels":[{"spec":"1229/telegram"}]}',
        content(channels={}, employees=[]),
        content(channels=[5, {}, {"spec": None}, {"spec": 5}, {"spec": ""}]),
        content(employees={"2224": {"at": NOW}}),
        content(employees={"2224": {"at": NOW, "names": ["Anna"]}}),
        names_at("soon"),
        names_at(10**400),
        content(channels=[{"spec": "1229/telegram"}]) + b" " * (64 << 20),
    ],
    ids=range(13),
)
def test_broken_file_is_an_empty_cache(cache: Cache, folder: Path, stored: bytes) -> None:
    folder.mkdir()
    (folder / "default.json").write_bytes(stored)
    assert is_empty(cache)
    cache.keep_channels(ROWS)
    cache.keep_employees(2224, NAMES, NOW)
    assert (cache.channels(), cache.employees(2224, NOW)) == (ROWS, NAMES)


def test_rows_and_names_of_another_shape_are_left_out(cache: Cache, folder: Path) -> None:
    rows = [{"spec": "user/685"}, {"spec": "user/686", "description": 5}, None]
    employees = {"2224": {"at": str(NOW), "names": {"685": "Anna", "686": None, "687": 5}}}
    folder.mkdir()
    (folder / "default.json").write_bytes(content(channels=rows, employees=employees))
    assert cache.channels() == [("user/685", ""), ("user/686", "")]
    assert cache.employees(2224, NOW) == {"685": "Anna"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: folder.write_bytes(b""),
        lambda folder: (folder / "default.json").mkdir(parents=True),
        lambda folder: folder.symlink_to(folder),
    ],
    ids=["file for the folder", "folder for the file", "link to itself"],
)
def test_folder_that_cannot_be_used_is_an_empty_cache(
    cache: Cache, folder: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(folder)
    cache.keep_channels(ROWS)
    assert is_empty(cache)


def test_full_disk_leaves_what_was_kept(cache: Cache, folder: Path) -> None:
    cache.keep_channels(ROWS)
    with full_disk(0):
        cache.keep_channels([])
        cache.keep_employees(2224, NAMES, NOW)
    assert (cache.channels(), cache.employees(2224, NOW)) == (ROWS, None)
    assert [path.name for path in folder.iterdir()] == ["default.json"]
