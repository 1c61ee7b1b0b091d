"""Events as ``--format raw`` writes them, or as a webhook sends them: without a channel or a time.

What is known of both stands in ``meta`` and in the items.
"""

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.values import dig, integer, string
from chatapp_tail.clock import Clock
from chatapp_tail.errors import UsageError
from chatapp_tail.pusher.protocol import PusherEvent
from chatapp_tail.recording.frame import Frame
from chatapp_tail.recording.line import RawLine


def decode_raw(line: RawLine, *, seq: int, clock: Clock) -> Frame:
    """Return the frame, received when its first item with a time occurred, else now."""
    now = clock.utcnow()
    records = decode_event(PusherEvent("", None, line.payload), seq=seq, received_at=now)
    times = (record.occurred_at for record in records if record.occurred_at is not None)
    received_at = next(times, now)
    event = PusherEvent("", _channel(records[0].envelope.meta), line.payload)
    return Frame(received_at, decode_event(event, seq=seq, received_at=received_at))


def _channel(meta: object) -> str | None:
    """Return the name of the channel on which ChatApp sends events with such a ``meta``."""
    messenger = string(dig(meta, "messengerType"))
    license_id, company, user = (
        integer(dig(meta, key)) for key in ("licenseId", "companyId", "userId")
    )
    if license_id is not None and messenger is not None:
        return _name(f"{license_id}/{messenger}")
    if company is not None:
        return _name(f"company/{company}" + ("" if user is None else f"/user/{user}"))
    return None if user is None else _name(f"user/{user}")


def _name(spec: str) -> str | None:
    try:
        return parse_spec(spec).name
    except UsageError:  # a number or a word that no channel can have
        return None
