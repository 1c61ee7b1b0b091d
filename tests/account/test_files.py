import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from chatapp_tail.account.files import (
    Replacement,
    is_open_to_others,
    is_replaceable_by_others,
    keep_beside,
    read_bounded,
    remove_unfinished,
    replace_file,
)
from tests.output.given import full_disk


def names(folder: Path) -> list[str]:
    """Return the names of all files in a folder, hidden ones too."""
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a file with content, which others may read."""
    path = tmp_path / "file.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    return path


# New content


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_new_content_replaces_the_old_for_its_owner_alone(old: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with Replacement(old) as replacement:
            (waiting,) = old.parent.glob(".file.json.*")
            replacement.reserve(10_000)
            assert (old.read_bytes(), mode(waiting)) == (b"old", 0o600)
            replacement.commit(b"new")
            assert old.read_bytes() == b"new"
    finally:
        os.umask(before)
    assert (mode(old), names(old.parent)) == (0o600, ["file.json"])


def test_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.json"
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert mode(path.parent) == 0o700


def interrupt(_: Replacement) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "do", [lambda _: None, lambda one: one.reserve(10_000), interrupt], ids=["", "reserve", "end"]
)
def test_replacement_without_commit_leaves_no_trace(
    old: Path, do: Callable[[Replacement], None]
) -> None:
    with suppress(KeyboardInterrupt), Replacement(old) as replacement:
        do(replacement)
    assert (old.read_bytes(), mode(old), names(old.parent)) == (b"old", 0o644, ["file.json"])


@pytest.mark.parametrize(("size", "taken"), [(0, 4096), (4095, 4096), (4096, 8192), (9000, 12288)])
def test_whole_blocks_are_reserved(old: Path, size: int, taken: int) -> None:
    with Replacement(old) as replacement:
        replacement.reserve(size)
        (waiting,) = old.parent.glob(".file.json.*")
        assert waiting.stat().st_size == taken


@pytest.mark.parametrize(
    "do",
    [lambda one: one.commit(b"x" * 4097), lambda one: one.reserve(4096)],
    ids=["commit", "reserve"],
)
def test_full_disk_leaves_the_old_content(old: Path, do: Callable[[Replacement], None]) -> None:
    with (
        full_disk(4096),
        pytest.raises(OSError, match="File too large"),
        Replacement(old) as replacement,
    ):
        do(replacement)
    assert (old.read_bytes(), mode(old), names(old.parent)) == (b"old", 0o644, ["file.json"])


@pytest.mark.parametrize("is_absolute", [True, False], ids=["absolute", "relative"])
@pytest.mark.parametrize("is_there", [True, False], ids=["file", "nothing"])
def test_link_stays_a_link(tmp_path: Path, *, is_absolute: bool, is_there: bool) -> None:
    target, link = tmp_path / "dotfiles" / "real.json", tmp_path / "file.json"
    target.parent.mkdir()
    if is_there:
        target.write_bytes(b"old")
    link.symlink_to(target if is_absolute else "dotfiles/real.json")
    replace_file(link, b"new")
    assert link.is_symlink()
    assert (target.is_symlink(), target.read_bytes()) == (False, b"new")
    assert names(tmp_path) == ["dotfiles", "file.json"]
    assert names(target.parent) == ["real.json"]


def test_file_in_place_of_the_folder_is_an_error(old: Path) -> None:
    with pytest.raises(FileExistsError):
        Replacement(old / "file.json")
    with pytest.raises(NotADirectoryError):
        Replacement(old / "below" / "file.json")


def test_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(path, b"new")
    assert names(tmp_path) == ["file.json"]


def test_temporary_file_that_somebody_removed_is_one_error_only(old: Path) -> None:
    with Replacement(old) as replacement:
        (waiting,) = old.parent.glob(".file.json.*")
        waiting.unlink()
        with pytest.raises(FileNotFoundError):
            replacement.commit(b"new")
    assert old.read_bytes() == b"old"


# Reading


def test_file_is_read_up_to_its_bound(old: Path) -> None:
    assert read_bounded(old, 3) == b"old"
    with pytest.raises(ValueError, match=r"^more than 2 bytes$"):
        read_bounded(old, 2)
    with pytest.raises(ValueError, match=r"^more than 100 bytes$"):
        read_bounded(Path("/dev/zero"), 100)  # not to its end


def test_pipe_is_an_error_and_its_writer_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(OSError, match="it is a pipe"):
        read_bounded(pipe, 100)


@pytest.mark.parametrize(
    ("bits", "is_open"),
    [(0o600, False), (0o700, False), (0o640, True), (0o620, True), (0o604, True), (0o602, True)],
    ids=oct,
)
def test_file_is_open_to_others_by_its_mode_also_through_a_link(
    old: Path, bits: int, *, is_open: bool
) -> None:
    link = old.parent / "link"
    link.symlink_to(old)
    old.chmod(bits)
    assert is_open_to_others(old) is is_open
    assert is_open_to_others(link) is is_open


@pytest.mark.parametrize(
    ("bits", "is_replaceable"),
    [(0o700, False), (0o755, False), (0o775, False), (0o777, True), (0o702, True), (0o1777, False)],
    ids=oct,
)
def test_file_is_replaceable_by_others_by_the_mode_of_its_folder(
    old: Path, bits: int, *, is_replaceable: bool
) -> None:
    old.parent.chmod(bits)
    assert is_replaceable_by_others(old) is is_replaceable
    assert not is_replaceable_by_others(old.parent / "missing" / "file.json")


# What is left or kept beside the file


def test_temporary_files_of_a_killed_process_are_removed_and_nothing_else(old: Path) -> None:
    kept = [".file.json", ".file.json.bak", ".other.json.abcdefgh", "file.json.kept-abcdefgh"]
    for name in (*kept, ".file.json.abcd_123"):
        (old.parent / name).write_bytes(b"secret")
    (old.parent / ".file.json.a_folder").mkdir()
    (old.parent / ".file.json.a__link_").symlink_to(old)
    remove_unfinished(old)
    remove_unfinished(old.parent / "missing" / "file.json")
    assert names(old.parent) == sorted(
        [*kept, ".file.json.a__link_", ".file.json.a_folder", "file.json"]
    )


def test_content_is_kept_beside_the_file_for_its_owner_alone(old: Path) -> None:
    place = keep_beside(old, b"new")
    assert place is not None
    assert (place.parent, place.read_bytes(), mode(place)) == (old.parent, b"new", 0o600)
    assert place.name.startswith("file.json.kept-")


def test_content_is_kept_elsewhere_where_there_is_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = keep_beside(tmp_path / "missing" / "file.json", b"new")
    assert place is not None
    assert (place.parent, place.read_bytes()) == (tmp_path, b"new")


def test_content_is_kept_nowhere_on_a_full_disk(old: Path) -> None:
    with full_disk(0):
        assert keep_beside(old, b"new") is None
    assert names(old.parent) == ["file.json"]
