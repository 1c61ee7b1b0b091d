"""Everything that may go wrong, and what the process says about it when it ends.

::

    ChatAppTailError            message, hint (the next step), exit_code
    ├── UsageError              2  a bad option, spec or file; nothing to watch
    ├── CredentialsError        3  no token, or the API refused it
    ├── ChannelsRefusedError    4  the API refused the channels
    ├── ConnectionFailedError   5  could not connect, or gave up
    ├── OutputError             1  stdout can't be written
    ├── TransportError          -  the websocket broke; retryable unless ``fatal``
    └── ApiError                -  a call to ChatApp's HTTP API failed
        ├── TokenRefusedError   3  … because of the token
        ├── ApiRefusedError     4  … because of what was asked: a channel that isn't the token's
        └── ApiUnavailableError 5  … for now: try again after ``retry_after``

Of one channel among others, ``tail`` turns the last group into one of the first.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the process. 130 and 143 follow the shell's 128 + signal."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    CREDENTIALS = 3
    CHANNELS_REFUSED = 4
    CONNECTION = 5
    NOT_MET = 6
    SIGINT = 130
    SIGTERM = 143


class ChatAppTailError(Exception):
    """Root of all errors that this package raises on purpose.

    ``hint`` is the next step to take, one or more lines, for the user.
    """

    exit_code: ExitCode = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ChatAppTailError):
    """The command line, a file or an environment variable asks for something impossible."""

    exit_code = ExitCode.USAGE


class CredentialsError(ChatAppTailError):
    """There is no token, or ChatApp doesn't accept it."""

    exit_code = ExitCode.CREDENTIALS


class ChannelsRefusedError(ChatAppTailError):
    """The token may not watch the channels asked for."""

    exit_code = ExitCode.CHANNELS_REFUSED


class ConnectionFailedError(ChatAppTailError):
    """No connection after all the retries that were allowed."""

    exit_code = ExitCode.CONNECTION


class OutputError(ChatAppTailError):
    """Standard output can't be written (a full disk, for example)."""


class TransportError(ChatAppTailError):
    """The websocket could not be opened, or broke.

    ``fatal`` means that the same attempt can't succeed later either (a plain web server, a
    certificate that doesn't match).
    """

    def __init__(self, message: str, *, hint: str = "", fatal: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.fatal = fatal


class ApiError(ChatAppTailError):
    """A call to the API failed. ``status`` is the HTTP status, if there was an answer."""

    def __init__(self, message: str, *, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class TokenRefusedError(ApiError):
    """The API doesn't accept the token: nothing can be asked with it."""

    exit_code = ExitCode.CREDENTIALS


class ApiRefusedError(ApiError):
    """The token is fine, but not this request: a channel that isn't its to watch, for example."""

    exit_code = ExitCode.CHANNELS_REFUSED


class ApiUnavailableError(ApiError):
    """The API can't answer now. ``retry_after`` is its own wish in seconds, if it had one."""

    exit_code = ExitCode.CONNECTION

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
