"""``demo`` and ``serve``: a ChatApp of our own on loopback. It needs the extra ``demo``."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from chatapp_tail.account.tokens import LiteralToken
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.cli.build import build_settings, verbosity, warn_of_guesses
from chatapp_tail.cli.options import ConnectionOptions, OutputOptions, ShowOptions
from chatapp_tail.cli.run import process_streams, run_tail
from chatapp_tail.durations import parse_duration
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.output.status import Status
from chatapp_tail.settings import Endpoint
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import Wakeup

if TYPE_CHECKING:
    from chatapp_tail.emulator.server import Emulator

_DEMO_SPECS = ("1229/telegram", "1229/grWhatsApp", "company/2224", "user/685")
_NEEDS_EXTRA = """\
Install it with one of:
  pipx install 'chatapp-tail[demo]'
  pip install 'chatapp-tail[demo]'"""


def demo_command(
    show: ShowOptions,
    *,
    seed: int,
    drop_every: str | None,
) -> ExitCode:
    """Tail a local ChatApp in this process, over real sockets."""
    streams = process_streams()
    status = Status(streams.stderr, verbosity(show.output))
    with _emulator(0, seed, drop_every) as emulator:
        settings = build_settings(
            tuple(parse_spec(spec) for spec in _DEMO_SPECS),
            Endpoint(emulator.socket_url, emulator.api_url, emulator.app_key),
            show,
            ConnectionOptions(),
            streams.environment,
        )
        warn_of_guesses(settings, status)
        status.say("a ChatApp of its own on this machine; Ctrl-C ends it")
        return run_tail(settings, LiteralToken(emulator.token), streams, status)


def serve_command(
    output: OutputOptions,
    *,
    port: int,
    seed: int,
    drop_every: str | None,
) -> ExitCode:
    """Run a local ChatApp until a signal; print how to connect to it."""
    streams = process_streams()
    status = Status(streams.stderr, verbosity(output))
    wakeup, signals = Wakeup(), Signals()
    with signals.installed(wakeup.signal_fd), _emulator(port, seed, drop_every) as emulator:
        streams.stdout.write(_how_to_connect(emulator))
        streams.stdout.flush()
        status.say("Ctrl-C ends it")
        while signals.received is None:
            wakeup.wait(None, float("inf"))
    wakeup.close()
    return ExitCode(128 + signals.received)


def _emulator(
    port: int,
    seed: int,
    drop_every: str | None,
) -> AbstractContextManager["Emulator"]:
    try:
        from chatapp_tail.emulator.server import (  # noqa: PLC0415 (needs the extra)
            EmulatorSettings,
            running_emulator,
        )
    except ModuleNotFoundError as exc:
        raise UsageError(
            "the local ChatApp needs aiohttp, which isn't installed",
            hint=_NEEDS_EXTRA,
        ) from exc
    try:
        seconds = None if drop_every is None else parse_duration(drop_every)
    except ValueError as exc:
        raise UsageError(f"--drop-every: {exc}") from exc
    return running_emulator(EmulatorSettings(port=port, seed=seed, drop_every=seconds))


def _how_to_connect(emulator: "Emulator") -> str:
    return f"""\
A local ChatApp is listening. In another terminal:

  export CHATAPP_TOKEN='{emulator.token}'
  export CHATAPP_SOCKET_URL={emulator.socket_url} CHATAPP_API_URL={emulator.api_url}
  chatapp-tail {" ".join(_DEMO_SPECS)}

Events can also be published with any Pusher server library:
  app id {emulator.app_id}, key {emulator.app_key}, secret {emulator.app_secret}
"""
