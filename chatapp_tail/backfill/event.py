"""A backfilled message as the event that would have brought it. Pure."""

from chatapp_tail.backfill.recipe import Item
from chatapp_tail.backfill.seen import MESSAGE
from chatapp_tail.backfill.span import Span
from chatapp_tail.pusher.protocol import PusherEvent


def message_event(span: Span, item: Item) -> PusherEvent:
    """Return the event of one message; flat, as a webhook brings it, with the documented meta."""
    meta = {"type": MESSAGE, "licenseId": span.license, "messengerType": span.messenger}
    return PusherEvent(MESSAGE, span.channel, {"data": [item], "meta": meta})
