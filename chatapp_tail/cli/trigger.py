"""``chatapp-tail trigger EVENT``: into the local ChatApp, or with ``--to`` to a webhook."""

import sys
from collections.abc import Iterable, Mapping

from chatapp_tail import jsontext
from chatapp_tail.account.config import expanded
from chatapp_tail.chatapp.channels import Channel, Scope
from chatapp_tail.chatapp.events import EVENTS, near_event
from chatapp_tail.chatapp.values import dig
from chatapp_tail.cli.build import build_endpoint
from chatapp_tail.cli.options import EndpointOptions, TriggerOptions
from chatapp_tail.cli.run_parts import until_signal
from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.emulator import cast
from chatapp_tail.emulator.auth import LOCAL_APP, sign_request
from chatapp_tail.errors import ChatAppTailError, ExitCode, UsageError
from chatapp_tail.network import tls_context
from chatapp_tail.output.status import Status
from chatapp_tail.triggering.payload import Payload, Recipe, paced, read_payload
from chatapp_tail.triggering.target import (
    LocalChatApp,
    Target,
    Webhook,
    check_local,
    check_webhook,
)
from chatapp_tail.wakeup import Wakeup

# Where ``serve`` listens unless told otherwise.
_SERVE_URL = "http://127.0.0.1:8765"
# Channels of the account that ``serve`` has.
_DEFAULT_CHANNELS = {
    Scope.LICENSE: cast.TELEGRAM,
    Scope.COMPANY: cast.COMPANY,
    Scope.USER: cast.USER,
}


def trigger_command(event: str, spec: Channel | None, options: TriggerOptions) -> ExitCode:
    """Check everything, then send. Raises ``ChatAppTailError`` when the webhook took not all."""
    clock, status = SystemClock(), Status(sys.stderr, options.verbosity.level)
    _check_event(event, options, status)
    channel = _channel(spec, options)
    given = None if options.file is None else read_payload(_read(options.file), event)
    if channel is None and options.to is None:
        channel = _default_channel(event, given)
    recipe = Recipe(event, channel, given, options.set)
    recipe.payload(0, clock.utcnow())  # raises for a change that can't be made
    _warn_of_guesses(recipe, status, clock)
    target, count = _target(channel, options, clock), options.count or 1

    def send(wakeup: Wakeup) -> ExitCode:
        numbers = paced(count, options.rate, clock, lambda left: wakeup.wait(None, left))
        payloads = (recipe.payload(number, clock.utcnow()) for number in numbers)
        return _send(event, payloads, count, target, status)

    return until_signal(send)


def _send(
    event: str, payloads: Iterable[Payload], count: int, target: Target, status: Status
) -> ExitCode:
    """Send all; of several, one line tells. Raises ``ChatAppTailError`` if some were refused."""
    say = status.say if count == 1 else status.detail
    taken = refused = 0
    has_warned = False
    try:
        for number, payload in enumerate(payloads, start=1):
            status.frame(">", jsontext.dumps(payload).decode())
            sent = target.send(event, payload)
            taken += sent.is_taken
            refused += not sent.is_taken
            name = event if count == 1 else f"{event} {number} of {count}"
            told = f"{name}: {sent.words}"
            if has_warned or (sent.is_taken and not sent.hint):
                say(told)
            else:
                has_warned = True  # what else is wrong is much the same
                status.warn(told, sent.hint)
    finally:
        if count > 1:
            status.say(f"{event}: {taken} of {count} sent to {target.name}")
    if refused:
        what = "the event" if count == 1 else f"{refused} of {count} events"
        raise ChatAppTailError(
            f"the webhook did not take {what}", hint="A webhook takes an event by answering 2xx."
        )
    return ExitCode.OK


def _check_event(event: str, options: TriggerOptions, status: Status) -> None:
    """Raise ``UsageError`` for an event without a sample, unless there is a file to send."""
    if event in EVENTS:
        return
    near = near_event(event)
    if options.file is None:
        raise UsageError(
            f"there is no documented event {event!r}",
            hint=f"Did you mean {near}?"
            if near
            else "List them: chatapp-tail events. To send another one, give its content: --file F",
        )
    if near or not event:
        status.warn(f"event {event!r} isn't documented; did you mean {near or 'message'}?")


def _channel(spec: Channel | None, options: TriggerOptions) -> Channel | None:
    """Return the channel that was named. Raises ``UsageError`` for more than one."""
    named = [*options.channel, *([spec] if spec else [])]
    if len(named) > 1:
        raise UsageError(
            f"an event goes to one channel, not to {len(named)}", hint=f"Name one: {named[0].spec}"
        )
    return named[0] if named else None


def _default_channel(event: str, given: Payload | None) -> Channel:
    """Return the demo account's channel for ``event``, or for the ids in the file's ``meta``."""
    if event in EVENTS:
        return _DEFAULT_CHANNELS[EVENTS[event].scope]
    meta = dig(given, "meta")
    for key, scope in (("companyId", Scope.COMPANY), ("userId", Scope.USER)):
        if dig(meta, key) is not None and dig(meta, "licenseId") is None:
            return _DEFAULT_CHANNELS[scope]
    return _DEFAULT_CHANNELS[Scope.LICENSE]


def _read(file: str) -> bytes:
    path = expanded(file)
    try:
        return sys.stdin.buffer.read() if file == "-" else path.read_bytes()
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise UsageError(
            f"--file: {path} can't be read: {reason}", hint="Name a JSON file, or - for stdin."
        ) from exc


def _warn_of_guesses(recipe: Recipe, status: Status, clock: Clock) -> None:
    """Warn of what is probably a mistake."""
    for path in recipe.doubts(clock.utcnow()):
        status.warn(f"--set makes a new field; did you mean {path}?")
    known, channel = EVENTS.get(recipe.event), recipe.channel
    if known and channel and channel.scope in _DEFAULT_CHANNELS and channel.scope != known.scope:
        usual = _DEFAULT_CHANNELS[known.scope].spec
        status.warn(f"{recipe.event} comes on channels like {usual}, not {channel.spec}")


def _target(channel: Channel | None, options: TriggerOptions, clock: Clock) -> Target:
    """Return where to send. Raises ``UsageError`` for what can't or shouldn't be sent to."""
    if options.to is None and (options.header or options.insecure):
        option = "--header" if options.header else "--insecure"
        raise UsageError(
            f"{option} does nothing without a webhook",
            hint="Add one, for example: --to http://localhost:3000/webhook",
        )
    if options.to is not None or channel is None:
        return _webhook(options.to or "", options, clock)
    url = build_endpoint(EndpointOptions(api_url=options.api_url or _SERVE_URL)).api_url
    check_local(url)

    def sign(path: str, body: bytes) -> Mapping[str, str]:
        return sign_request(LOCAL_APP, path, body, timestamp=int(clock.utcnow().timestamp()))

    return LocalChatApp(url, LOCAL_APP.id, sign, channel, context=tls_context(), clock=clock)


def _webhook(url: str, options: TriggerOptions, clock: Clock) -> Target:
    check_webhook(url, insecure=options.insecure)
    return Webhook(url, options.header, context=tls_context(), clock=clock)
