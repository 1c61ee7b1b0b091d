"""``demo`` and ``serve``: the emulator on loopback. It needs the extra ``demo``."""

import shlex
import sys
from contextlib import closing, nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path

from chatapp_tail.account.files import read_bounded
from chatapp_tail.account.tokens import LiteralToken
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.cli.account import HiddenToken
from chatapp_tail.cli.build import build_settings, warn_of_guesses
from chatapp_tail.cli.options import ConnectionOptions, DemoOptions, ServeOptions
from chatapp_tail.cli.run_parts import in_process
from chatapp_tail.cli.tail import run_tail
from chatapp_tail.emulator import INSTALL
from chatapp_tail.emulator.account import DEMO_ACCOUNT, DEMO_PASSWORD, Account, read_accounts
from chatapp_tail.emulator.auth import LOCAL_APP
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.output.status import Status
from chatapp_tail.settings import Endpoint
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import Wakeup

try:
    from chatapp_tail.emulator.server import (
        Emulator,
        EmulatorSettings,
        running_emulator,
        throwaway_authority,
    )
except ModuleNotFoundError as exc:
    raise UsageError(
        "the local ChatApp needs aiohttp, which isn't installed", hint=INSTALL
    ) from exc

DEMO_SPECS = ("1229/telegram", "1229/grWhatsApp", "1229/caWhatsApp", "company/2224", "user/685")
_LARGEST_ACCOUNTS = 16 << 20  # bytes


def demo_command(options: DemoOptions) -> ExitCode:
    """Tail a local ChatApp in this process, over real sockets."""
    status = Status(sys.stderr, options.show.output.verbosity.level)
    story = EmulatorSettings(seed=options.local.seed, drop_every=options.local.drop_every)
    with running_emulator(story) as emulator:
        settings = build_settings(
            tuple(parse_spec(spec) for spec in DEMO_SPECS),
            Endpoint(emulator.socket_url, emulator.api_url, emulator.app_key),
            options.show,
            options.live,
            ConnectionOptions(),
        )
        warn_of_guesses(settings, status)
        status.say("a ChatApp of its own on this machine; Ctrl-C ends it")
        token = HiddenToken(LiteralToken(emulator.token), status)
        with in_process(status, settings.show) as process:
            return run_tail(settings, token, process, DEMO_ACCOUNT.names())


def serve_command(options: ServeOptions) -> ExitCode:
    """Run a local ChatApp until a signal; print how to connect to it."""
    status = Status(sys.stderr, options.verbosity.level)
    signals, settings = Signals(), _settings(options)
    with (
        closing(Wakeup()) as wakeup,
        signals.installed(wakeup.signal_fd),
        throwaway_authority() if options.tls else nullcontext((None, None)) as (ca, context),
        running_emulator(replace(settings, ssl_context=context)) as emulator,
    ):
        sys.stdout.write(_how_to_connect(emulator, ca))
        sys.stdout.flush()
        status.say("Ctrl-C ends it")
        while signals.received is None:
            wakeup.wait(None, float("inf"))
    return ExitCode(128 + signals.received)


def _settings(options: ServeOptions) -> EmulatorSettings:
    accounts = (DEMO_ACCOUNT,) if options.accounts is None else _accounts(options.accounts)
    settings = EmulatorSettings(
        port=options.port,
        seed=options.local.seed,
        drop_every=options.local.drop_every,
        accounts=accounts,
        token_life=options.token_life,
    )
    # The story is about the made-up account.
    has_story = accounts == (DEMO_ACCOUNT,) and not options.no_story
    return settings if has_story else replace(settings, pace=None)


def _accounts(path: Path) -> tuple[Account, ...]:
    """Return the accounts in a file. Raises ``UsageError``."""
    try:
        content = read_bounded(path, _LARGEST_ACCOUNTS)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise UsageError(
            f"{path} can't be read: {reason}", hint="Name a JSON file.", option="accounts"
        ) from exc
    return read_accounts(content)


def _how_to_connect(emulator: Emulator, ca: Path | None) -> str:
    trust = f"  export SSL_CERT_FILE={shlex.quote(str(ca))}\n" if ca else ""
    accounts = "\n".join(_account_lines(account) for account in emulator.settings.accounts)
    return f"""\
A local ChatApp is listening. In another terminal:

{trust}  export CHATAPP_SOCKET_URL={emulator.socket_url} CHATAPP_API_URL={emulator.api_url}
{accounts}
Events can also be published with any Pusher server library:
  app id {LOCAL_APP.id}, key {LOCAL_APP.key}, secret {LOCAL_APP.secret}
"""


def _account_lines(account: Account) -> str:
    is_demo = account == DEMO_ACCOUNT
    specs = DEMO_SPECS if is_demo else tuple(islice(account.specs(), len(DEMO_SPECS)))
    # A password from a file stays there.
    password = f"   # password: {DEMO_PASSWORD}" if is_demo else ""
    named = shlex.join(["--email", account.email, "--app-id", account.app_id])
    return f"""\
  export CHATAPP_TOKEN={shlex.quote(account.token)}
  chatapp-tail {shlex.join(specs)}

The same through a login, which renews its token:
  chatapp-tail login {named}{password}
"""
