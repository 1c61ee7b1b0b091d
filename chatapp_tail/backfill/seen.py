"""The messages that were shown, so that none is shown twice, by websocket and REST. Pure."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import islice

from chatapp_tail import jsontext
from chatapp_tail.chatapp.identity import MESSAGE
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, id_text

MOST_MESSAGES = 100_000


class Seen:
    """The last messages, by channel, chat and message id; for one thread.

    A message that the websocket brings again is shown again: it may have been edited. A live one is
    dropped only if it was backfilled before, and then once.
    """

    def __init__(self, most: int = MOST_MESSAGES) -> None:
        """``most`` messages are remembered, the oldest forgotten first."""
        self._most = most
        # Hashes: an id may be as long as a server likes. True: backfilled, not yet come live.
        self._messages: OrderedDict[int, bool] = OrderedDict()

    def live(self, record: Record) -> bool:
        """Note what the websocket brought; return whether it is to be shown."""
        channel = record.envelope.channel
        if record.envelope.event != MESSAGE or channel is None:
            return True
        key = message_key(channel.name, record.data)
        if key is None:
            return True
        is_backfilled = self._messages.get(key, False)
        self._note(key, backfilled=False)
        return not is_backfilled

    def filled(self, channel: str, item: object) -> bool:
        """Note a message that REST brought; return whether it is to be shown.

        One without an id can't be recognized, and is.
        """
        key = message_key(channel, item)
        if key is None:
            return True
        if key in self._messages:
            return False
        self._note(key, backfilled=True)
        return True

    def note(self, keys: Iterable[int]) -> None:
        """Take the keys of what an earlier run has shown, the newest last."""
        for key in keys:
            self._note(key, backfilled=False)

    def newest(self, most: int) -> Sequence[int]:
        """Return the keys of the last messages, the newest last."""
        return list(islice(reversed(self._messages), most))[::-1]

    def _note(self, key: int, *, backfilled: bool) -> None:
        self._messages[key] = backfilled
        self._messages.move_to_end(key)
        if len(self._messages) > self._most:
            self._messages.popitem(last=False)


def message_key(channel: str, item: object) -> int | None:
    """Return a key of a message, the same in every run; None without an id.

    Messages of two chats may have the same id.
    """
    message_id = id_text(dig(item, "id"))
    if message_id is None:
        return None
    parts = jsontext.dumps([channel, id_text(dig(item, "chat", "id")), message_id])
    return int.from_bytes(blake2b(parts, digest_size=8).digest())
