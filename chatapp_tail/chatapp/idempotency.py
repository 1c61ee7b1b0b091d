"""Idempotency keys: equal for the same event, so that a receiver can drop repetitions. Pure."""

from collections.abc import Sequence
from hashlib import blake2b

from chatapp_tail import jsontext
from chatapp_tail.chatapp.content import message_words
from chatapp_tail.chatapp.identity import MESSAGE, STATUS
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, words


def idempotency_key(records: Sequence[Record]) -> str:
    """Return 32 hexadecimal digits that identify the event of ``records``.

    A message is identified by its channel, chat, id and words, because REST and the websocket send
    different fields; a status by its message and type; anything else by its whole data.
    """
    envelope = records[0].envelope
    channel = "" if envelope.channel is None else envelope.channel.name
    parts = [channel, envelope.event, *map(_identity, records)]
    return blake2b(jsontext.dumps(parts), digest_size=16).hexdigest()


def _identity(record: Record) -> object:
    event, message = record.envelope.event, record.message_id
    if message is not None and isinstance(record.data, dict):
        if event == MESSAGE:
            return [record.chat_id, message, message_words(record.data)]
        if event == STATUS:
            return [message, words(dig(record.data, "type"))]
    return record.data
