"""``chatapp-tail login`` and ``logout``: a token pair made once, renewed from then on."""

import re
import sys

import typer

from chatapp_tail.account.credentials import Login, profile_option
from chatapp_tail.account.rest import make_tokens
from chatapp_tail.account.tokens import TokenPair
from chatapp_tail.cli.account import Account
from chatapp_tail.cli.build import build_endpoint
from chatapp_tail.cli.options import LoginOptions, VerbosityOptions
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.clock import SystemClock
from chatapp_tail.errors import ApiRefusedError, CredentialsError, ExitCode, UsageError
from chatapp_tail.output.status import Status
from chatapp_tail.settings import Endpoint
from chatapp_tail.units import format_minute

_APP_ID = re.compile(r"app_\d+_\d+")
_LONGEST_PASSWORD = 4096


def login_command(options: LoginOptions, chosen: Chosen) -> ExitCode:
    """Ask for what is missing, make a token pair, store it."""
    try:
        return _login(options, chosen)
    except typer.Abort:  # Ctrl-C, or the end of the input, at a prompt
        return ExitCode.SIGINT


def _login(options: LoginOptions, chosen: Chosen) -> ExitCode:
    status = Status(sys.stderr, options.verbosity.level)
    account = Account(build_endpoint(options.endpoint), chosen, status)
    if host := account.endpoint.exposed_to:
        raise UsageError(
            f"login would send the password to {host} without encryption",
            hint="Use https://, or add --api-insecure if you trust the network in between.",
        )
    profile = account.profile
    email = _asked("e-mail", "--email", options.email or profile.text("email"))
    app_id = _asked("appId", "--app-id", options.app_id or profile.text("app-id"))
    if not _APP_ID.fullmatch(app_id):
        status.warn("the appId isn't of ChatApp's form, app_<user>_<n>")
    password = _password(options)
    status.hide(password)
    status.say(f"logging in to {account.endpoint.api_url} as {email}")
    with account.store.locked() as stored:
        stored.reserve()
        tokens = _make_tokens(account, email, password, app_id)
        before = stored.logins.get(profile.name)
        made = before.made if before and (before.email, before.app_id) == (email, app_id) else ()
        login = Login(account.endpoint.api_url, email, app_id, tokens, made)
        now = SystemClock().utcnow().timestamp()
        stored.save(profile.name, login.with_tokens(tokens, now))
    status.say(f"logged in; stored in {account.store.path} (profile {profile.name})")
    status.say(f"the token is valid until {format_minute(tokens.access_ends)}, then it is renewed")
    status.say(f"next: chatapp-tail channels{profile_option(profile.name)}")
    return ExitCode.OK


def logout_command(options: VerbosityOptions, chosen: Chosen) -> ExitCode:
    """Remove the profile's stored login, if it has one."""
    status = Status(sys.stderr, options.level)
    account = Account(Endpoint(), chosen, status)
    name = account.profile.name
    with account.store.locked() as stored:
        login = stored.logins.get(name)
        if login is None:
            status.say(f"profile {name} has no stored login")
            return ExitCode.OK
        stored.save(name, None)
    status.say(
        f"logged out {login.email}, profile {name}; ChatApp itself goes on accepting the token "
        f"until {format_minute(login.tokens.access_ends)}"
    )
    return ExitCode.OK


def _make_tokens(account: Account, email: str, password: str, app_id: str) -> TokenPair:
    try:
        with account.api() as api:
            return make_tokens(api, email, password, app_id)
    except ApiRefusedError as exc:
        raise CredentialsError(
            f"ChatApp refused the login: {exc.message}",
            hint="Check e-mail, password and appId; the appId is in ChatApp's cabinet, "
            "in the form app_<user>_<n>.\nWhat was stored before is unchanged.",
        ) from exc


def _asked(name: str, option: str, given: str | None) -> str:
    """Return the option's value, else ask. Raises ``UsageError`` without a terminal."""
    if given and given.strip():
        return given.strip()
    if not _is_interactive():
        raise UsageError(f"login needs {option}", hint=_SCRIPT)
    answer: str = typer.prompt(name, err=True)
    return answer.strip()


def _password(options: LoginOptions) -> str:
    if options.password_stdin:
        password = sys.stdin.readline(_LONGEST_PASSWORD).rstrip("\r\n")
        if not password:
            raise UsageError("standard input holds no password", hint=_SCRIPT)
        return password
    if not _is_interactive():
        raise UsageError("login needs --password-stdin", hint=_SCRIPT)
    answer: str = typer.prompt("password", err=True, hide_input=True)
    return answer


_SCRIPT = """\
In a script: chatapp-tail login --email E --app-id A --password-stdin < password.txt
On a terminal chatapp-tail login asks for what is missing."""


def _is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
