"""``demo`` and ``serve``: the emulator on loopback. It needs the extra ``demo``."""

from chatapp_tail.account.tokens import LiteralToken
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.cli.account import HiddenToken
from chatapp_tail.cli.build import build_settings, warn_of_guesses
from chatapp_tail.cli.options import (
    ConnectionOptions,
    LiveOptions,
    LocalOptions,
    ServeOptions,
    ShowOptions,
)
from chatapp_tail.cli.reports import verbosity
from chatapp_tail.cli.run import run_tail
from chatapp_tail.cli.streams import process_streams
from chatapp_tail.emulator.account import (
    DEMO_ACCOUNT,
    DEMO_APP_ID,
    DEMO_EMAIL,
    DEMO_PASSWORD,
)
from chatapp_tail.emulator.server import Emulator, EmulatorSettings, running_emulator
from chatapp_tail.errors import ExitCode
from chatapp_tail.output.status import Status
from chatapp_tail.settings import Endpoint
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import Wakeup

DEMO_SPECS = ("1229/telegram", "1229/grWhatsApp", "1229/caWhatsApp", "company/2224", "user/685")


def demo_command(show: ShowOptions, live: LiveOptions, local: LocalOptions) -> ExitCode:
    """Tail a local ChatApp in this process, over real sockets."""
    streams = process_streams()
    status = Status(streams.stderr, verbosity(show.output.verbosity))
    with running_emulator(_emulator(local)) as emulator:
        settings = build_settings(
            tuple(parse_spec(spec) for spec in DEMO_SPECS),
            Endpoint(emulator.socket_url, emulator.api_url, emulator.app_key),
            show,
            live,
            ConnectionOptions(),
        )
        warn_of_guesses(settings, status)
        status.say("a ChatApp of its own on this machine; Ctrl-C ends it")
        token = HiddenToken(LiteralToken(emulator.token), status)
        return run_tail(settings, token, streams, status, DEMO_ACCOUNT.names())


def serve_command(options: ServeOptions, local: LocalOptions) -> ExitCode:
    """Run a local ChatApp until a signal; print how to connect to it."""
    streams = process_streams()
    status = Status(streams.stderr, verbosity(options.verbosity))
    wakeup, signals = Wakeup(), Signals()
    settings = _emulator(local, options.port)
    with signals.installed(wakeup.signal_fd), running_emulator(settings) as emulator:
        streams.stdout.write(_how_to_connect(emulator, settings))
        streams.stdout.flush()
        status.say("Ctrl-C ends it")
        while signals.received is None:
            wakeup.wait(None, float("inf"))
    wakeup.close()
    return ExitCode(128 + signals.received)


def _emulator(local: LocalOptions, port: int = 0) -> EmulatorSettings:
    return EmulatorSettings(port=port, seed=local.seed, drop_every=local.drop_every)


def _how_to_connect(emulator: Emulator, settings: EmulatorSettings) -> str:
    return f"""\
A local ChatApp is listening. In another terminal:

  export CHATAPP_TOKEN='{emulator.token}'
  export CHATAPP_SOCKET_URL={emulator.socket_url} CHATAPP_API_URL={emulator.api_url}
  chatapp-tail {" ".join(DEMO_SPECS)}

The same through a login, which renews its token:
  chatapp-tail login --email {DEMO_EMAIL} --app-id {DEMO_APP_ID}   # password: {DEMO_PASSWORD}

Events can also be published with any Pusher server library:
  app id {settings.app_id}, key {settings.app_key}, secret {settings.app_secret}
"""
