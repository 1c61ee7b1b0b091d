import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest

from chatapp_tail.account.tokens import (
    WAYS,
    FileToken,
    LiteralToken,
    find_token,
    fits_header,
    form_warning,
)
from chatapp_tail.api import TokenSource
from chatapp_tail.errors import CredentialsError, UsageError
from tests.chatapp.given import shown
from tests.support.credentials import TOKEN

OTHER = TOKEN.replace("made", "next")


def found(option: str | None = None, stdin: str = "", **environment: str) -> TokenSource:
    return find_token(option, environment, StringIO(stdin)).token


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token.txt"
    path.write_text(f"{TOKEN}\n")
    return path


def test_option_comes_before_the_environment_and_a_value_before_a_file(file: Path) -> None:
    both = {"CHATAPP_TOKEN": "from-variable", "CHATAPP_TOKEN_FILE": str(file)}
    assert found("from-option", **both).token() == "from-option"
    assert found(f"@{file}", CHATAPP_TOKEN="from-variable").token() == TOKEN
    assert found("-", "from-stdin\n", **both).token() == "from-stdin"
    assert found(**both).token() == "from-variable"
    assert found(CHATAPP_TOKEN_FILE=str(file)).token() == TOKEN
    assert found(CHATAPP_TOKEN="", CHATAPP_TOKEN_FILE=str(file)).token() == TOKEN


@pytest.mark.parametrize(
    "environment", [{}, {"CHATAPP_TOKEN": ""}, {"CHATAPP_TOKEN_FILE": ""}, {"TOKEN": "x"}], ids=str
)
def test_without_a_token_the_ways_to_give_one_are_told(environment: Mapping[str, str]) -> None:
    with pytest.raises(CredentialsError, match=r"^no access token$") as missing:
        find_token(None, environment, StringIO())
    assert missing.value.hint == WAYS
    assert missing.value.exit_code == 3


def test_stdin_is_read_up_to_the_first_line() -> None:
    stdin = StringIO(f"{TOKEN}\nmore\n")
    assert find_token("-", {}, stdin).token.token() == TOKEN
    assert stdin.read() == "more\n"


@pytest.mark.parametrize("stdin", ["", "\n", "  \nmore"])
def test_stdin_without_a_token_is_an_error(stdin: str) -> None:
    with pytest.raises(CredentialsError, match=r"^--token: standard input holds no token$"):
        found("-", stdin)


def test_file_without_a_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"^--token @ names no file$"):
        found("@")


def test_home_directory_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(file.parent))
    assert found("@~/token.txt").token() == TOKEN
    assert found(CHATAPP_TOKEN_FILE="~/token.txt").token() == TOKEN


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "No such file or directory"),
        ("", "Is a directory"),
        ("token.txt/x", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
    ids=["missing", "directory", "below a file", "too long"],
)
def test_file_that_cannot_be_read_is_an_error_with_its_reason(
    file: Path, name: str, reason: str
) -> None:
    path = file.parent / name
    for option, environment in ((f"@{path}", {}), (None, {"CHATAPP_TOKEN_FILE": str(path)})):
        with pytest.raises(CredentialsError) as unreadable:
            find_token(option, environment, StringIO())
        origin = "--token" if option else "CHATAPP_TOKEN_FILE"
        assert str(unreadable.value) == f"{origin}: the token file {path} can't be read: {reason}"


# In double quotes a shell takes $2, $1 and $10 for its own, and what is left is no less secret.
EATEN = "y0" + TOKEN.rpartition("$")[2]


@pytest.mark.parametrize(
    "token",
    [TOKEN, TOKEN[:-1], f"Bearer {TOKEN}", TOKEN.replace(".", "/"), EATEN],
)
def test_token_in_place_of_a_file_is_not_shown(token: str) -> None:
    for option, environment in ((f"@{token}", {}), (None, {"CHATAPP_TOKEN_FILE": token})):
        with pytest.raises(CredentialsError) as refused:
            find_token(option, environment, StringIO())
        error = refused.value
        assert str(error) == (
            f"{'--token' if option else 'CHATAPP_TOKEN_FILE'}: "
            "the token file (its name looks like a token) can't be read: No such file or directory"
        )
        assert error.hint == WAYS
        assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize(
    "name", ["token", "token.txt", "secrets/chatapp.token", "a" * 39, "../" * 20 + "token"]
)
def test_name_of_a_file_that_is_not_there_is_shown(name: str) -> None:
    with pytest.raises(CredentialsError) as missing:
        found(CHATAPP_TOKEN_FILE=name)
    assert f"the token file {name} can't be read: " in str(missing.value)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (TOKEN, TOKEN),
        (f"  {TOKEN}\r\n", TOKEN),
        (f"Bearer {TOKEN}", TOKEN),
        (f"bearer   {TOKEN} ", TOKEN),
        ("BEARER abc", "abc"),
        ("Bearerabc", "Bearerabc"),
        ("abc", "abc"),
    ],
)
def test_spaces_around_and_a_pasted_bearer_are_taken_off(
    text: str, token: str, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_bytes(text.encode())
    for source in (LiteralToken(text), FileToken(path), found("-", text), found(text)):
        assert source.token() == token


@pytest.mark.parametrize(
    "text", ["two words", "Bearer two words", "a\nb", "a\x1b[2J", "töken", "a\x00"]
)
def test_what_cannot_be_a_token_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(CredentialsError) as refused:
        LiteralToken(text)
    assert str(refused.value) == "the access token holds spaces or strange characters"


@pytest.mark.parametrize("text", ["", " ", "\n", "Bearer", "Bearer \n "])
def test_empty_token_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    with pytest.raises(CredentialsError):
        FileToken(path)
    with pytest.raises(CredentialsError):
        LiteralToken(text)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(os.urandom(8) + b"\xff\x00")
    with pytest.raises(CredentialsError, match=r"strange characters"):
        FileToken(path)


def test_endless_file_is_refused() -> None:
    with pytest.raises(CredentialsError, match=r"strange characters"):
        FileToken(Path("/dev/zero"))


def test_literal_token_cannot_be_renewed() -> None:
    token = LiteralToken(TOKEN)
    assert token.renew(TOKEN) is None
    assert token.token() == TOKEN


def test_changed_file_is_read_again(file: Path) -> None:
    token = FileToken(file)
    assert token.renew(TOKEN) is None
    file.write_text(OTHER)
    assert token.token() == TOKEN
    assert token.renew(TOKEN) == OTHER
    assert token.token() == OTHER
    assert token.renew(OTHER) is None


def test_file_that_vanished_is_an_error(file: Path) -> None:
    token = FileToken(file)
    file.unlink()
    with pytest.raises(CredentialsError, match=r"can't be read: No such file or directory"):
        token.renew(TOKEN)
    assert token.token() == TOKEN


def test_token_is_in_no_repr(file: Path) -> None:
    for token in (LiteralToken(TOKEN), FileToken(file), [LiteralToken(TOKEN)]):
        for text in (repr(token), str(token)):
            assert "made.up" not in text


def test_token_is_in_no_message(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN} {TOKEN}")
    for option, value in (
        (f"{TOKEN} x", ""),
        ("-", ""),
        (f"@{path}", ""),
        (None, f"Bearer Bearer {TOKEN}"),
    ):
        with pytest.raises(CredentialsError) as refused:
            find_token(option, {"CHATAPP_TOKEN": value}, StringIO(f"{TOKEN} x"))
        error: BaseException | None = refused.value
        while error is not None:
            assert TOKEN not in f"{error} {error!r} {getattr(error, 'hint', '')}"
            error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    ("token", "can_be"),
    [
        ("$2y$10$" + "a" * 53, True),
        ("$2a$12$" + "./Az09" * 8 + "abcde", True),
        ("$2b$10$" + "a" * 53, True),
        ("$2y$10$" + "a" * 52, False),
        ("$2y$10$" + "a" * 54, False),
        ("$2x$10$" + "a" * 53, False),
        ("0123456789abcdef" * 4, True),
        ("a" * 20, True),
        ("a" * 19, False),
        ("y0" + "a" * 53, False),
        ("abc", False),
    ],
)
def test_what_cant_be_a_token_is_warned_of_without_quoting_it(token: str, *, can_be: bool) -> None:
    warning = form_warning(token)
    assert (warning is None) is can_be
    if warning is not None:
        assert token not in warning
        assert "double quotes" in warning


@pytest.mark.parametrize(
    "text",
    [
        f'"{TOKEN}"',
        f"'{TOKEN}'",
        f' "{TOKEN}"\n',
        f'"Bearer {TOKEN}"',
        f'Bearer "{TOKEN}"',
        f"\ufeff{TOKEN}\r\n",
        f'\ufeff"{TOKEN}"',
    ],
)
def test_what_comes_with_a_copied_token_is_taken_off(text: str, tmp_path: Path) -> None:
    file = tmp_path / "token.txt"
    file.write_text(text, encoding="utf-8")
    assert LiteralToken(text).token() == TOKEN
    assert FileToken(file).token() == TOKEN


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_file_of_a_token_in_utf_16_is_named_as_such(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "token.txt"
    file.write_text(f"\ufeff{TOKEN}", encoding=encoding)
    with pytest.raises(CredentialsError) as refused:
        FileToken(file)
    assert refused.value.message == f"the token file {file} is UTF-16"
    assert refused.value.hint == "Save it as UTF-8."


@pytest.mark.parametrize(
    ("token", "fits"),
    [
        (TOKEN, True),
        ("a", True),
        ("!~\"\\'", True),
        ("x" * 4095, True),
        ("x" * 4096, False),
        ("", False),
        (f" {TOKEN}", False),
        (f"{TOKEN}\n", False),
        ("a\x7f", False),
        ("ы", False),
    ],
    ids=shown,
)
def test_token_fits_a_header_if_it_is_printable_ascii_without_spaces(
    token: str, *, fits: bool
) -> None:
    assert fits_header(token) is fits
