"""Where the access token comes from.

In order: --token, CHATAPP_TOKEN, CHATAPP_TOKEN_FILE, the profile's token-file, the stored login.
A ChatApp token looks like a bcrypt hash (``$2y$10$…``), goes bare into ``Authorization`` and lives
24 hours (the vendor's documentation). A file is read again when the API refuses what it held.
"""

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from chatapp_tail.account.config import expanded
from chatapp_tail.errors import CredentialsError, UsageError

if TYPE_CHECKING:
    from chatapp_tail.api import TokenSource  # it loads requests

TOKEN_VARIABLE = "CHATAPP_TOKEN"  # noqa: S105 (a variable's name)
TOKEN_FILE_VARIABLE = "CHATAPP_TOKEN_FILE"  # noqa: S105 (a variable's name)
WAYS = """\
Give one in one of these ways:
  export CHATAPP_TOKEN='…'          (single quotes: a token holds $ signs)
  --token @FILE                     or CHATAPP_TOKEN_FILE=FILE; read again when it expires
  … | chatapp-tail --token - …      from standard input
  chatapp-tail login                once, with e-mail and password; renewed from then on
No account at hand? Try: chatapp-tail demo"""
RENEW = """\
A ChatApp token lives 24 hours. chatapp-tail login keeps one that renews itself; or make a new one
with POST /v1/tokens (v1.tokens.make).
It goes bare, without "Bearer", and in single quotes: a shell eats its $ signs in double ones."""

# The forms of the tokens seen so far: bcrypt's, or 64 hex digits.
_KNOWN_FORMS = re.compile(r"\$2[aby]\$\d\d\$.{53}|[0-9a-f]{64}")
# How bcrypt's form begins after a shell expanded $2 and $1 in double quotes: both are empty.
_REMAINS = ("$2", "y0")
_SHORTEST = 20
# A token given as a file's name, whole or after a shell expanded its $ signs.
_TOKEN_AS_NAME = re.compile(r"\$2[a-z]?\$|\A[A-Za-z0-9$][./A-Za-z0-9$]{39,}\Z")
_BEARER = re.compile(r"\Abearer(\s+|\Z)", re.IGNORECASE)
_QUOTED = re.compile(r"""\A(['"])(.*)\1\Z""", re.DOTALL)
_BYTE_ORDER_MARK = "\ufeff"
_LARGEST_FILE = 64 * 1024
# In characters; ChatApp's have 60.
_LONGEST_TOKEN = 4096


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token (24 h as a rule) and its refresh token (14 days); ends in unix seconds.

    ``user`` is the API's ``cabinetUserId``: most likely the id of the user's own channel.
    """

    access: str = field(repr=False)
    access_ends: int
    refresh: str = field(repr=False)
    refresh_ends: int
    user: int | None


def fits_header(token: str) -> bool:
    """Return whether ``token`` can be sent: printable ASCII, no spaces, under 4,096 characters."""
    is_plain = token.isascii() and token.isprintable() and " " not in token
    return is_plain and 0 < len(token) < _LONGEST_TOKEN


class LiteralToken:
    """A token given by value. It isn't in the repr."""

    def __init__(self, value: str) -> None:
        """Raise ``CredentialsError`` if ``value`` can't be a token."""
        self._value = _checked(value)

    def token(self) -> str:
        """Return the token."""
        return self._value

    def renew(self, refused: str) -> str | None:  # noqa: ARG002 (protocol's signature)
        """Return None: there is no other."""
        return None


class FileToken:
    """A token in a file, which another program may replace while the tail runs."""

    def __init__(self, path: Path) -> None:
        """Raise ``CredentialsError`` if the file can't be read or holds no token."""
        self._path = path
        self._value = self._read()

    def token(self) -> str:
        """Return the token as it was last read."""
        return self._value

    def renew(self, refused: str) -> str | None:
        """Read the file again; None if it still holds ``refused``. Raises ``CredentialsError``."""
        self._value = self._read()
        return None if self._value == refused else self._value

    def _read(self) -> str:
        try:
            with self._path.open("rb") as file:
                content = file.read(_LARGEST_FILE)
        except OSError as exc:
            reason = exc.strerror
        else:
            if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise CredentialsError(
                    f"the token file {_named(self._path)} is UTF-16", hint="Save it as UTF-8."
                )
            return _checked(content.decode(errors="replace"))
        # Outside of the handler: an OSError holds the file's name, which may be a token.
        raise CredentialsError(
            f"the token file {_named(self._path)} can't be read: {reason}", hint=WAYS
        )


class FoundToken(NamedTuple):
    """A token, and where it is from, in words: ``CHATAPP_TOKEN``."""

    token: "TokenSource"
    origin: str
    is_login: bool = False


def find_token(
    option: str | None,
    environment: Mapping[str, str],
    stdin: TextIO,
    *,
    token_file: Path | None = None,
    stored: Callable[[], FoundToken | None] = lambda: None,
) -> FoundToken:
    """Return the token that the user gave: ``option`` is the value of --token.

    ``token_file`` is the profile's; ``stored`` looks for a stored login. Raises
    ``CredentialsError`` when there is none, or none that can be one.
    """
    if option:
        return _given(lambda: _from_option(option, stdin), "--token")
    if value := environment.get(TOKEN_VARIABLE):
        return _given(lambda: LiteralToken(value), TOKEN_VARIABLE)
    if path := environment.get(TOKEN_FILE_VARIABLE):
        return _given(lambda: FileToken(expanded(path)), TOKEN_FILE_VARIABLE)
    if token_file:
        return _given(lambda: FileToken(token_file), "the profile's token-file")
    if (login := stored()) is not None:
        return login
    raise CredentialsError("no access token", hint=WAYS)


def _given(make: Callable[[], LiteralToken | FileToken], origin: str) -> FoundToken:
    """Return the token of ``make``; its errors begin with ``origin``."""
    try:
        return FoundToken(make(), origin)
    except CredentialsError as exc:
        message, hint = exc.message, exc.hint
    # Outside of the handler: the error's context may hold the token.
    raise CredentialsError(f"{origin}: {message}", hint=hint)


def _from_option(option: str, stdin: TextIO) -> LiteralToken | FileToken:
    if option == "-":
        line = stdin.readline(_LARGEST_FILE)
        if not line.strip():
            raise CredentialsError("standard input holds no token", hint=WAYS)
        return LiteralToken(line)
    if not option.startswith("@"):
        return LiteralToken(option)
    if not option[1:]:
        raise UsageError("--token @ names no file", hint="For example: --token @token.txt")
    return FileToken(expanded(option[1:]))


def form_warning(token: str) -> str | None:
    """Return why ``token`` can't be a token, without quoting it; None if it can.

    An unknown form is no reason: it may be newer than this program.
    """
    is_broken = len(token) < _SHORTEST or token.startswith(_REMAINS)
    if has_known_form(token) or not is_broken:
        return None
    return (
        "the token doesn't look like ChatApp's (60 characters, beginning with $2y$10$): "
        "in double quotes a shell eats its $ signs"
    )


def has_known_form(token: str) -> bool:
    """Return whether ``token`` is written as ChatApp's tokens are."""
    return _KNOWN_FORMS.fullmatch(token) is not None


def _named(path: Path) -> str:
    """Return the file's name, unless it looks like a token."""
    return "(its name looks like a token)" if _TOKEN_AS_NAME.search(str(path)) else str(path)


def _checked(text: str) -> str:
    """Return the token without ``Bearer``, an editor's byte order mark, and quotes.

    ``docker --env-file`` passes quotes on that a shell would remove.
    """
    token = text.strip().removeprefix(_BYTE_ORDER_MARK).strip()
    token = _BEARER.sub("", _QUOTED.sub(r"\2", token).strip())
    token = _QUOTED.sub(r"\2", token).strip()
    if not token:
        raise CredentialsError("the access token is empty", hint=WAYS)
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise CredentialsError("the access token holds spaces or strange characters", hint=WAYS)
    return token
