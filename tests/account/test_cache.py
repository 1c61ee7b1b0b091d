import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_tail.account.cache import Cache
from tests.account.given import DAY, NOW, full_disk
from tests.chatapp.given import hostile_text, json_values

URL = "https://api.chatapp.online"
ROWS = [("1229/telegram", "Sales Telegram"), ("company/2224", "")]
NAMES = {"685": "Anna", "686": "Борис"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the path of a folder that isn't there yet."""
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> Cache:
    return Cache(folder, "default", URL)


def is_empty(cache: Cache) -> bool:
    return cache.channels() == [] and cache.employees(2224, float(NOW)) is None


def write(folder: Path, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "default.json").write_bytes(content)


def content(**parts: object) -> bytes:
    return json.dumps({"api_url": URL, **parts}).encode()


def names_at(at: object) -> bytes:
    return content(employees={"2224": {"at": at, "names": NAMES}})


# What is kept


def test_nothing_is_known_at_first(cache: Cache, folder: Path) -> None:
    assert is_empty(cache)
    assert not folder.exists()


def test_employees_are_known_by_company(cache: Cache, folder: Path) -> None:
    cache.keep_employees(2224, NAMES, NOW + 0.5)
    cache.keep_employees(2225, {}, NOW)
    again = Cache(folder, "default", URL)
    assert again.employees(2224, NOW + 1) == NAMES
    assert again.employees(2225, NOW + 1) == {}
    assert again.employees(2226, NOW + 1) is None


def test_channels_and_employees_dont_displace_each_other(cache: Cache, folder: Path) -> None:
    cache.keep_channels(ROWS)
    cache.keep_employees(2224, NAMES, NOW)
    again = Cache(folder, "default", URL)
    assert (again.channels(), again.employees(2224, NOW)) == (ROWS, NAMES)
    again.keep_channels(ROWS[:1])
    assert (cache.channels(), cache.employees(2224, NOW)) == (ROWS[:1], NAMES)


@pytest.mark.parametrize(
    ("later", "is_known"),
    [
        (0, True),
        (DAY - 1, True),
        (DAY, False),
        (30 * DAY, False),
        (-1, False),  # the wall clock was set back: their age is unknown
        (-30 * DAY, False),
    ],
)
def test_names_are_good_for_a_day(cache: Cache, later: float, *, is_known: bool) -> None:
    cache.keep_employees(2224, NAMES, NOW)
    assert cache.employees(2224, NOW + later) == (NAMES if is_known else None)


@given(
    rows=st.lists(st.tuples(hostile_text().filter(bool), hostile_text()), max_size=3),
    names=st.dictionaries(hostile_text(), hostile_text(), max_size=3),
)
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_text_comes_back_as_it_was(
    cache: Cache, rows: list[tuple[str, str]], names: dict[str, str]
) -> None:
    cache.keep_channels(rows)
    cache.keep_employees(2224, names, NOW)
    assert (cache.channels(), cache.employees(2224, NOW)) == (rows, names)


# Whose it is


def test_files_are_for_their_owner_alone(cache: Cache, folder: Path) -> None:
    cache.keep_channels(ROWS)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()] == [
        ("default.json", 0o600)
    ]


def test_what_another_api_said_isnt_used(cache: Cache, folder: Path) -> None:
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
        ("work", "work.json"),
        ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd.json"),
        ("..", "...json"),
        ("", ".json"),
        ("работа", "%D1%80%D0%B0%D0%B1%D0%BE%D1%82%D0%B0.json"),
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
        b"{",
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
def test_broken_file_is_as_none(cache: Cache, folder: Path, stored: bytes) -> None:
    write(folder, stored)
    assert is_empty(cache)
    cache.keep_channels(ROWS)
    cache.keep_employees(2224, NAMES, NOW)
    assert (cache.channels(), cache.employees(2224, NOW)) == (ROWS, NAMES)


def test_what_has_another_shape_is_left_out(cache: Cache, folder: Path) -> None:
    rows = [{"spec": "user/685"}, {"spec": "user/686", "description": 5}, None]
    employees = {"2224": {"at": str(NOW), "names": {"685": "Anna", "686": None, "687": 5}}}
    write(folder, content(channels=rows, employees=employees))
    assert cache.channels() == [("user/685", ""), ("user/686", "")]
    assert cache.employees(2224, NOW) == {"685": "Anna"}


entries = st.fixed_dictionaries({"at": json_values(), "names": json_values()})
stored_values = st.fixed_dictionaries(
    {
        "api_url": st.just(URL),
        "channels": json_values() | st.lists(st.fixed_dictionaries({"spec": json_values()})),
        "employees": json_values() | st.fixed_dictionaries({"2224": entries | json_values()}),
    }
)


@given(stored=(stored_values | json_values()).map(json.dumps).map(str.encode) | st.binary())
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_file_is_a_cache_or_none(cache: Cache, folder: Path, stored: bytes) -> None:
    write(folder, stored)
    assert all(isinstance(text, str) for row in cache.channels() for text in row)
    names = cache.employees(2224, float(NOW)) or {}
    assert all(isinstance(text, str) for name in names.items() for text in name)
    cache.keep_channels(ROWS)
    assert cache.channels() == ROWS


def file_in_its_place(folder: Path) -> None:
    folder.write_bytes(b"")


def folder_in_place_of_the_file(folder: Path) -> None:
    (folder / "default.json").mkdir(parents=True)


def link_to_itself(folder: Path) -> None:
    folder.symlink_to(folder)


@pytest.mark.parametrize("spoil", [file_in_its_place, folder_in_place_of_the_file, link_to_itself])
def test_folder_that_cant_be_used_is_no_matter(
    cache: Cache, folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    cache.keep_channels(ROWS)
    cache.keep_employees(2224, NAMES, NOW)
    assert is_empty(cache)


def test_name_that_is_too_long_is_no_matter(folder: Path) -> None:
    cache = Cache(folder, "x" * 1000, URL)
    cache.keep_channels(ROWS)
    assert is_empty(cache)


def test_full_disk_is_no_matter_and_leaves_what_was_kept(cache: Cache, folder: Path) -> None:
    cache.keep_channels(ROWS)
    with full_disk():
        cache.keep_channels([])
        cache.keep_employees(2224, NAMES, NOW)
    assert (cache.channels(), cache.employees(2224, NOW)) == (ROWS, None)
    assert [path.name for path in folder.iterdir()] == ["default.json"]
