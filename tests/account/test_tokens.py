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
from tests.account.given import everything_said
from tests.chatapp.given import shown
from tests.support.credentials import TOKEN

OTHER = TOKEN.replace("made", "next")


def found(option: str | None = None, stdin: str = "", **environment: str) -> TokenSource:
    return find_token(option, environment, StringIO(stdin)).token


def refusal(option: str | None = None, stdin: str = "", **environment: str) -> CredentialsError:
    with pytest.raises(CredentialsError) as caught:
        found(option, stdin, **environment)
    return caught.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token.txt"
    path.write_text(f"{TOKEN}\n")
    return path


# Where it is from


def test_option_comes_before_the_environment_and_a_value_before_a_file(file: Path) -> None:
    both = {"CHATAPP_TOKEN": "from-variable", "CHATAPP_TOKEN_FILE": str(file)}
    assert found("from-option", **both).token() == "from-option"
    assert found(f"@{file}", CHATAPP_TOKEN="from-variable").token() == TOKEN
    assert found("-", "from-stdin\n", **both).token() == "from-stdin"
    assert found(**both).token() == "from-variable"
    assert found(CHATAPP_TOKEN="", CHATAPP_TOKEN_FILE=str(file)).token() == TOKEN


@pytest.mark.parametrize(
    "environment", [{}, {"CHATAPP_TOKEN": ""}, {"CHATAPP_TOKEN_FILE": ""}, {"TOKEN": "x"}], ids=str
)
def test_without_a_token_the_ways_to_give_one_are_told(environment: Mapping[str, str]) -> None:
    error = refusal(**environment)
    assert (error.message, error.hint, error.exit_code) == ("no access token", WAYS, 3)


def test_stdin_is_read_up_to_the_first_line() -> None:
    stdin = StringIO(f"{TOKEN}\nmore\n")
    assert find_token("-", {}, stdin).token.token() == TOKEN
    assert stdin.read() == "more\n"


@pytest.mark.parametrize("stdin", ["", "\n", "  \nmore"])
def test_stdin_without_a_token_is_an_error(stdin: str) -> None:
    assert refusal("-", stdin).message == "--token: standard input holds no token"


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
        ("x" * 300, "File name too long"),
    ],
    ids=["missing", "directory", "too long"],
)
def test_file_that_cannot_be_read_is_an_error_with_its_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    path = tmp_path / name
    message = f"the token file {path} can't be read: {reason}"
    assert refusal(f"@{path}").message == f"--token: {message}"
    assert refusal(CHATAPP_TOKEN_FILE=str(path)).message == f"CHATAPP_TOKEN_FILE: {message}"


# In double quotes a shell takes $2, $1 and $10 for its own, and what is left is no less secret.
EATEN = "y0" + TOKEN.rpartition("$")[2]


@pytest.mark.parametrize(
    "token", [TOKEN, TOKEN[:-1], f"Bearer {TOKEN}", TOKEN.replace(".", "/"), EATEN]
)
def test_token_in_place_of_a_file_is_not_shown(token: str) -> None:
    error = refusal(CHATAPP_TOKEN_FILE=token)
    assert error.message == (
        "CHATAPP_TOKEN_FILE: the token file (its name looks like a token) can't be read: "
        "No such file or directory"
    )
    assert error.hint == WAYS
    assert token not in everything_said(error)


@pytest.mark.parametrize(
    "name", ["token.txt", "secrets/chatapp.token", "a" * 39, "../" * 20 + "token"]
)
def test_name_of_a_file_that_is_not_there_is_shown(name: str) -> None:
    error = refusal(CHATAPP_TOKEN_FILE=name)
    assert f"the token file {name} can't be read: " in error.message


# What it holds


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (TOKEN, TOKEN),
        (f"  {TOKEN}\r\n", TOKEN),
        (f"Bearer {TOKEN}", TOKEN),
        (f"bearer   {TOKEN} ", TOKEN),
        ("BEARER abc", "abc"),
        ("Bearerabc", "Bearerabc"),
        (f"'{TOKEN}'", TOKEN),
        (f' "{TOKEN}"\n', TOKEN),
        (f'"Bearer {TOKEN}"', TOKEN),
        (f'Bearer "{TOKEN}"', TOKEN),
        (f"\ufeff{TOKEN}\r\n", TOKEN),
        (f'\ufeff"{TOKEN}"', TOKEN),
    ],
)
def test_characters_around_a_copied_token_are_removed(
    text: str, token: str, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_bytes(text.encode())
    for source in (LiteralToken(text), FileToken(path)):
        assert source.token() == token


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("two words", "holds spaces or strange characters"),
        ("Bearer two words", "holds spaces or strange characters"),
        ("a\nb", "holds spaces or strange characters"),
        ("a\x1b[2J", "holds spaces or strange characters"),
        ("töken", "holds spaces or strange characters"),
        ("", "is empty"),
        (" \n", "is empty"),
        ("Bearer \n ", "is empty"),
        ('""', "is empty"),
    ],
)
def test_text_that_cannot_be_a_token_is_refused_without_quoting_it(
    tmp_path: Path, text: str, why: str
) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    with pytest.raises(CredentialsError) as refused:
        LiteralToken(text)
    assert refused.value.message == f"the access token {why}"
    with pytest.raises(CredentialsError, match=why):
        FileToken(path)


def test_binary_and_endless_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"12345\xff\x00")
    for name in (path, Path("/dev/zero")):
        with pytest.raises(CredentialsError, match=r"strange characters"):
            FileToken(name)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_file_of_a_token_in_utf_16_is_named_as_such(encoding: str, file: Path) -> None:
    file.write_text(f"\ufeff{TOKEN}", encoding=encoding)
    with pytest.raises(CredentialsError) as refused:
        FileToken(file)
    assert refused.value.message == f"the token file {file} is UTF-16"
    assert refused.value.hint == "Save it as UTF-8."


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
    file.unlink()
    with pytest.raises(CredentialsError, match=r"can't be read: No such file or directory"):
        token.renew(OTHER)
    assert token.token() == OTHER


def test_token_is_in_no_repr_and_no_message(file: Path) -> None:
    assert "made.up" not in f"{[LiteralToken(TOKEN), FileToken(file)]}"
    file.write_text(f"{TOKEN} {TOKEN}")
    for error in (
        refusal(f"{TOKEN} x"),
        refusal("-", f"{TOKEN} x"),
        refusal(f"@{file}"),
        refusal(CHATAPP_TOKEN=f"Bearer Bearer {TOKEN}"),
    ):
        assert TOKEN not in everything_said(error)


# Its form


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
    ],
)
def test_unusual_form_of_a_token_is_warned_of_without_quoting_it(
    token: str, *, can_be: bool
) -> None:
    warning = form_warning(token)
    assert (warning is None) is can_be
    if warning is not None:
        assert token not in warning
        assert "double quotes" in warning


@pytest.mark.parametrize(
    ("token", "fits"),
    [
        (TOKEN, True),
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
