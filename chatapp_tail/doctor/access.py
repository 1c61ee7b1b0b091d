"""The steps of the token and of the API that is to accept it."""

from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

from chatapp_tail.account.rest import Rest
from chatapp_tail.account.tokens import WAYS, FoundToken, form_warning, has_known_form
from chatapp_tail.api import Api, TokenSource
from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.findings import Finding, Step, failed, works
from chatapp_tail.errors import (
    ApiRefusedError,
    ChatAppTailError,
    CredentialsError,
    TokenRefusedError,
)
from chatapp_tail.network import CHECK_PROXY, PRIVATE_CA, proxy_for
from chatapp_tail.units import format_minute

GIVE_TOKEN = "Log in: chatapp-tail login; or: export CHATAPP_TOKEN='…' (in single quotes)."  # noqa: S105 (no token)
NEW_TOKEN = "A token lives 24 hours; for a new one, which renews itself: chatapp-tail login."  # noqa: S105 (no token)
_QUOTE_IT = "Take it from a file (--token @FILE) or put it in single quotes: '$2y$10$…'."


def examine_token(
    given: FoundToken | CredentialsError, ends: int | None, dependencies: Dependencies
) -> Finding:
    """Examine the token's origin, form and end (``ends`` in unix seconds).

    Registers the token with ``Status.hide``.
    """
    if isinstance(given, CredentialsError):
        return _no_token(given)
    try:
        token = given.token.token()
    except CredentialsError as exc:
        return _no_token(exc)
    dependencies.status.hide(token)
    result = f"from {given.origin}"
    if ends is not None:
        is_over = ends <= dependencies.clock.utcnow().timestamp()
        result += f"; {'it ended' if is_over else 'it ends'} at {format_minute(ends)}"
        if is_over:
            return works(Step.TOKEN, result, NEW_TOKEN)
    if not given.is_login and (warning := form_warning(token)):
        return works(Step.TOKEN, f"{result}; {warning}", _QUOTE_IT)
    if has_known_form(token):
        result += "; its form is ChatApp's"
    return works(Step.TOKEN, result)


def examine_api(
    new_api: Callable[[], Api], tokens: TokenSource, api_url: str, dependencies: Dependencies
) -> Finding:
    """Ask the API whether it accepts the token."""

    def check() -> None:
        with closing(new_api()) as api:
            Rest(api, tokens).check()

    try:
        dependencies.bounded(check, api_url)
    except ChatAppTailError as exc:
        return _api_failure(exc, api_url)
    return works(Step.API, f"the API accepts the token{_way(api_url)}")


def _no_token(error: CredentialsError) -> Finding:
    next_step = GIVE_TOKEN if error.hint == WAYS else error.hint
    return failed(Step.TOKEN, error, next_step or GIVE_TOKEN)


def _api_failure(error: ChatAppTailError, api_url: str) -> Finding:
    match error:
        case TokenRefusedError() | CredentialsError():
            next_step = NEW_TOKEN if error.hint in ("", WAYS) else error.hint
            return failed(Step.API, error, next_step)
        case ApiRefusedError():
            # Another API than ChatApp's may sign channels, and know nothing of tokens/check.
            result = f"it doesn't say whether the token is good: {error.message}"
            next_step = "If channels are refused, too: check --api-url."
            return works(Step.API, result, next_step)
        case _:
            next_step = error.hint or _reach_step(error, api_url)
            return failed(Step.API, error, next_step)


def _reach_step(error: ChatAppTailError, api_url: str) -> str:
    if "certificate" in error.message:
        return PRIVATE_CA
    if proxy_for(api_url):
        return f"{CHECK_PROXY.rstrip('.')}; and --api-url."
    return "Check --api-url and the network; or try again later."


def _way(api_url: str) -> str:
    proxy = proxy_for(api_url)
    if proxy is None:
        return ""
    parts = urlsplit(proxy)
    return f", through the proxy {parts.hostname}:{parts.port or 80}"
