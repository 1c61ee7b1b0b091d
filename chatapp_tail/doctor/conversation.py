"""The steps on an open websocket: handshake, channels, a ping, and the server's complaints."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.clock import Clock
from chatapp_tail.doctor.channels import LIST_CHANNELS, ChannelSteps
from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.dialog import Dialog
from chatapp_tail.doctor.findings import Finding, Outcome, Step, failed, skipped
from chatapp_tail.errors import ConnectionFailedError
from chatapp_tail.pusher.authorizing import Authorizes
from chatapp_tail.pusher.effects import Connected, ServerError

_NEVER = float("inf")
_CHANNEL_STEPS = (Step.AUTHORIZATION, Step.SUBSCRIPTION)
_CHECK = "Check --socket-url and --app-key."
_IS_IT_PUSHER = f"Is it a Pusher server? {_CHECK}"
_COMPLAINT = "Ask whoever runs the server what that means."
_GOES_SILENT = "The server or something on the way (a proxy, a firewall) drops it: try again."


@dataclass(frozen=True, slots=True)
class Asked:
    """The channels to examine, and how; ``missing`` names what the channel steps lack.

    ``new_authorizer`` is called in another thread; without one the channels are skipped.
    """

    channels: tuple[Channel, ...]
    missing: str = ""
    new_authorizer: Callable[[], Authorizes] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The full names of the channels that can be asked for."""
        can_ask = self.new_authorizer is not None
        return tuple(channel.name for channel in self.channels) if can_ask else ()


def examine_conversation(
    dialog: Dialog, asked: Asked, dependencies: Dependencies
) -> Iterator[Finding]:
    """Yield the findings of all steps on an open websocket."""
    finding, connected = _handshake(dialog, dependencies.clock)
    yield finding
    if connected is None:
        yield from _skip_rest(asked, "the handshake")
        return
    if asked.names and asked.new_authorizer is not None:
        steps = ChannelSteps(dialog, asked.channels, asked.new_authorizer, dependencies)
        timeout = dependencies.limits.channels + dependencies.limits.each_channel * len(asked.names)
        yield from steps.examine(connected.socket_id, timeout)
    else:
        yield from _skip_channels(asked, "")
    yield _ping(dialog, dependencies.clock, dependencies.limits.session.pong)
    if dialog.complaint is not None:
        yield _complaint(dialog.complaint)


def skip_conversation(asked: Asked, needed: str) -> Iterator[Finding]:
    """Yield the steps as skipped, because ``needed`` is missing."""
    yield skipped(Step.HANDSHAKE, f"needs {needed}")
    yield from _skip_rest(asked, needed)


def _skip_rest(asked: Asked, needed: str) -> Iterator[Finding]:
    yield from _skip_channels(asked, needed)
    yield skipped(Step.PING, f"needs {needed}")


def _skip_channels(asked: Asked, needed: str) -> Iterator[Finding]:
    """Yield the channels' steps as skipped; once if no channel is named."""
    if not asked.channels:
        for step in _CHANNEL_STEPS:
            yield skipped(step, "no channel is named", LIST_CHANNELS)
    for channel in asked.channels:
        for step in _CHANNEL_STEPS:
            yield skipped(step, f"needs {asked.missing or needed}", channel=channel.spec)


def _handshake(dialog: Dialog, clock: Clock) -> tuple[Finding, Connected | None]:
    """Wait for the server's first words; the session says how long."""
    began_at = dialog.opened_at
    for effects in dialog.turns(_NEVER):
        for effect in effects:
            if isinstance(effect, Connected):
                seconds = clock.now() - began_at
                result = (
                    f"socket_id {effect.socket_id}, activity_timeout {effect.activity_timeout:g} s"
                )
                return Finding(Step.HANDSHAKE, Outcome.OK, result, seconds=seconds), effect
    seconds = clock.now() - began_at
    return _ended(dialog, Step.HANDSHAKE, _IS_IT_PUSHER, seconds), None


def _ping(dialog: Dialog, clock: Clock, pong_timeout: float) -> Finding:
    """Ping now, whatever the session's own schedule is, and wait for the pong itself."""
    began_at = clock.now()
    dialog.ping()
    for _ in dialog.turns(began_at + pong_timeout):
        if dialog.pong_at is not None:
            seconds = dialog.pong_at - began_at
            return Finding(Step.PING, Outcome.OK, "answered by the server", seconds=seconds)
    if dialog.ended is not None:
        return _ended(dialog, Step.PING, _GOES_SILENT, None)
    silent = ConnectionFailedError(f"no answer to a ping in {pong_timeout:g} s")
    return failed(Step.PING, silent, _GOES_SILENT)


def _ended(dialog: Dialog, step: Step, next_step: str, seconds: float | None) -> Finding:
    ended = dialog.ended
    reason = "the connection ended" if ended is None else ended.reason
    if ended is not None and ended.hint:
        next_step = f"{ended.hint.rstrip('.')}. {_CHECK}"
    return failed(step, ConnectionFailedError(reason), next_step, seconds=seconds)


def _complaint(complaint: ServerError) -> Finding:
    code, message = complaint
    said = message if code is None else f"{code} {message}"
    return Finding(Step.SERVER, Outcome.WARNING, f"it says: {said}", _COMPLAINT)
