"""One event as the request that a webhook gets: body, headers, and what to call it. Pure."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import quote

from chatapp_tail import jsontext
from chatapp_tail.chatapp.content import message_words
from chatapp_tail.chatapp.identity import MESSAGE
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, words

_STATUS = "messageStatus"
_LONGEST_NAME = 200
# Of a header's value, besides letters and digits; what is over is written with percent signs.
_PLAIN = "!#$&'()*+,/:;=?@[]_.~-"


class Request(NamedTuple):
    """``seq`` is the event's number in this run, ``about`` names it: ``message 42205``."""

    seq: int
    about: str
    headers: Mapping[str, str]
    body: bytes


def request_of(records: Sequence[Record]) -> Request:
    """Return the request for ``records``, which are all that is shown of one event.

    The body is what a ChatApp webhook sends; malformed data stay what they are.
    """
    envelope = records[0].envelope
    data = records[0].data if envelope.malformed else [record.data for record in records]
    channel = "" if envelope.channel is None else envelope.channel.spec
    event, message = envelope.event, records[0].message_id
    return Request(
        envelope.seq,
        f"{event} {message[:_LONGEST_NAME]}" if message else event[:_LONGEST_NAME],
        {
            "Idempotency-Key": idempotency_key(records),
            "X-ChatApp-Event": quote(event[:_LONGEST_NAME], safe=_PLAIN),
            "X-ChatApp-Channel": quote(channel[:_LONGEST_NAME], safe=_PLAIN),
            "X-ChatApp-Seq": str(envelope.seq),
        },
        jsontext.dumps({"data": data, "meta": envelope.meta}),
    )


def idempotency_key(records: Sequence[Record]) -> str:
    """Return what is the same for the same news, whoever brings it, and whenever.

    For a message that is its channel, chat, id and words, because REST and the websocket send
    different fields; for a status its message and type; else the item as a whole.
    """
    envelope = records[0].envelope
    channel = "" if envelope.channel is None else envelope.channel.name
    parts = [channel, envelope.event, *map(_news, records)]
    return blake2b(jsontext.dumps(parts), digest_size=16).hexdigest()


def _news(record: Record) -> object:
    event, message = record.envelope.event, record.message_id
    if message is not None and isinstance(record.data, dict):
        if event == MESSAGE:
            return [record.chat_id, message, message_words(record.data)]
        if event == _STATUS:
            return [message, words(dig(record.data, "type"))]
    return record.data
