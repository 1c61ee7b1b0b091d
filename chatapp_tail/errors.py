"""The errors of this package, and the exit codes of the process.

::

    ChatAppTailError            message, hint (the next step), exit_code
    ├── UsageError              2  a bad option, spec or file; nothing to watch
    ├── CredentialsError        3  no token, or the API refused it
    ├── ChannelsRefusedError    4  the API refused the channels
    ├── ConnectionFailedError   5  could not connect, or gave up
    ├── OutputError             1  stdout or a copy of it can't be written
    ├── TransportError          -  the websocket broke; retryable unless ``fatal``
    └── ApiError                -  a call to ChatApp's HTTP API failed
        ├── TokenRefusedError   3  … because of the token
        ├── ApiRefusedError     4  … because the token may not do what was asked
        └── ApiUnavailableError 5  … for now: try again after ``retry_after``

Of one channel among others, ``tail`` turns the last group into one of the first.
"""

from enum import IntEnum
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """Exit codes of the process, each with its ``meaning`` for --help, the manual and the README.

    129, 130 and 143 are the shell's 128 + signal: the process ends by that signal.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str = "") -> Self:
        """Make a code out of its number and its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "the end that was asked for, or the reader of stdout left (| head -1)"
    UNEXPECTED = 1, "an unexpected error, or output that can't be written or forwarded"
    USAGE = 2, "usage or configuration; nothing to watch"
    CREDENTIALS = 3, "no token, or ChatApp refused it or the login"
    CHANNELS_REFUSED = 4, "all channels refused; with --strict, one of them"
    CONNECTION = 5, "could not connect, or gave up reconnecting"
    NOT_MET = 6, "--count or --until not met within --duration or --idle"
    SIGHUP = 129, "the terminal is gone (SIGHUP)"
    SIGINT = 130, "Ctrl-C (SIGINT)"
    SIGTERM = 143, "SIGTERM"


class ChatAppTailError(Exception):
    """Root of all errors that this package raises on purpose.

    ``hint`` is the next step for the user, in one or more lines; where it is empty, the class's
    ``next_step`` is shown.
    """

    exit_code: ExitCode = ExitCode.UNEXPECTED
    next_step: ClassVar[str] = "Run it again with -vv, which shows what it does."

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ChatAppTailError):
    """The command line, a file or an environment variable asks for something impossible.

    ``option`` is the long name, without hyphens, of the option whose value is wrong. The message
    doesn't name it: the value may come from elsewhere, and ``cli.precedence`` adds from where.
    """

    exit_code = ExitCode.USAGE
    next_step = "See: chatapp-tail --help"

    def __init__(self, message: str, *, hint: str = "", option: str = "") -> None:
        super().__init__(message, hint=hint)
        self.option = option


class CredentialsError(ChatAppTailError):
    """There is no token, or ChatApp doesn't accept it."""

    exit_code = ExitCode.CREDENTIALS
    next_step = "Log in: chatapp-tail login"


class ChannelsRefusedError(ChatAppTailError):
    """The token may not watch the channels asked for."""

    exit_code = ExitCode.CHANNELS_REFUSED
    next_step = "List what the token may watch: chatapp-tail channels"


class ConnectionFailedError(ChatAppTailError):
    """No connection after all the retries that were allowed."""

    exit_code = ExitCode.CONNECTION
    next_step = "Find the broken link: chatapp-tail doctor"


class OutputError(ChatAppTailError):
    """Standard output can't be written (a full disk, for example)."""

    next_step = "Look at where stdout goes: the disk that it is on, or the program that reads it."


class TransportError(ChatAppTailError):
    """The websocket could not be opened, or broke.

    ``fatal`` means that the same attempt can't succeed later either (a plain web server, a
    certificate that doesn't match); ``retry_after`` is how many seconds the server wants to wait.
    """

    def __init__(
        self, message: str, *, hint: str = "", fatal: bool = False, retry_after: float = 0.0
    ) -> None:
        super().__init__(message, hint=hint)
        self.fatal = fatal
        self.retry_after = retry_after


class ApiError(ChatAppTailError):
    """A call to the API failed. ``status`` is the HTTP status, if there was an answer.

    ``is_verdict`` is False where something else answered in the API's place, a portal for example:
    that means nothing for a token or a channel that worked before.
    """

    def __init__(
        self, message: str, *, hint: str = "", status: int | None = None, is_verdict: bool = True
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.is_verdict = is_verdict


class TokenRefusedError(ApiError):
    """The API doesn't accept the token: nothing can be asked with it."""

    exit_code = ExitCode.CREDENTIALS
    next_step = CredentialsError.next_step


class ApiRefusedError(ApiError):
    """The token is valid, but may not do this: watch another account's channel, for example."""

    exit_code = ExitCode.CHANNELS_REFUSED
    next_step = ConnectionFailedError.next_step


class ApiUnavailableError(ApiError):
    """The API can't answer now; ``retry_after`` is its ``Retry-After`` in seconds, if any."""

    exit_code = ExitCode.CONNECTION
    next_step = ConnectionFailedError.next_step

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.retry_after = retry_after


def api_error(exc: Exception) -> ApiError:
    """Return ``exc`` as an error of the call to the API in which it was raised.

    An error of the user's set-up, such as a missing token file, counts as a refused token, because
    calling again can't help.
    """
    if isinstance(exc, ApiError):
        return exc
    if isinstance(exc, ChatAppTailError):
        return TokenRefusedError(exc.message, hint=exc.hint)
    return ApiUnavailableError(f"unexpected {type(exc).__name__}: {exc}")
