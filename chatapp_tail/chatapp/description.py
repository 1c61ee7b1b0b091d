"""A record in words: who, and what happened; not yet cleaned or cut for a row."""

import re
from datetime import timedelta, tzinfo
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.details import Context
from chatapp_tail.chatapp.events import EVENTS
from chatapp_tail.chatapp.identity import MESSAGE, STATUS, is_outgoing, short_id
from chatapp_tail.chatapp.memory import KnownChat, Memory
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, words
from chatapp_tail.units import age, elapsed

# A message that came so long after it was sent is marked as late.
LATE_AFTER = timedelta(seconds=10)
# JSON of an unknown item is cut to one line anyway: no need to clean a megabyte of it.
_LONGEST_JSON = 4_000
_NOT_DIGITS = re.compile("[^0-9]+")
# WhatsApp's ids are phones, with or without what follows; no id of Telegram has so many digits.
_IS_PHONE = re.compile(r"[0-9]{11,15}|[0-9]+@(?:c\.us|s\.whatsapp\.net)").fullmatch
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{4,18}[0-9]")


class Description(NamedTuple):
    """The words for one record. All of it is remote text.

    ``message`` is the short id of the message that it is about. ``mark`` belongs behind ``detail``
    and mustn't be cut off. ``kind`` is in, out, failed, viewed, or empty.
    """

    who: str
    message: str
    detail: str
    mark: str = ""
    kind: str = ""

    @property
    def words(self) -> str:
        """The words with the mark behind them."""
        return f"{self.detail} {self.mark}" if self.mark else self.detail


class Describer:
    """Turns records into words, with the help of earlier records."""

    def __init__(self, zone: tzinfo | None = None, memory: Memory | None = None) -> None:
        """``zone`` is for times of day inside the text (None: local).

        ``memory`` may know more than the records that are summarized: those that aren't shown.
        """
        self._zone = zone
        self.memory = memory or Memory()

    def describe(self, record: Record) -> Description:
        """Return the words for ``record``. Never raises for what a record holds."""
        self.memory.note(record)
        message_id, chat = record.message_id, self.memory.chat(record)
        context = self._context(record, chat)
        return Description(
            self._who(record, chat, context),
            "" if message_id is None else short_id(message_id),
            _detail(record, context) or _compact(record.data),
            self._mark(record),
            _kind(record),
        )

    def _who(self, record: Record, known: KnownChat, context: Context) -> str:
        """Return the chat's name, else its phone, @username or id; else the employee."""
        chat = dig(record.data, "chat")
        if name := words(dig(chat, "name")) or known.name:
            return name
        if phone := words(dig(chat, "phone")) or known.phone:
            return phone_words(phone)
        if username := words(dig(chat, "username")) or known.username:
            return f"@{username.removeprefix('@')}"
        if identity := words(dig(chat, "id")):
            return phone_words(identity.partition("@")[0]) if _IS_PHONE(identity) else identity
        return context.employee(dig(record.data, "employee", "id"))

    def _context(self, record: Record, chat: KnownChat) -> Context:
        return Context(
            self._zone,
            record.envelope.received_at,
            record.envelope.people,
            record.author,
            chat.is_group,
            lambda identity: self._said(record, identity),
            self._since_message(record) if record.envelope.event == STATUS else "",
            self.memory.said(record),
        )

    def _said(self, record: Record, identity: object) -> str:
        known = self.memory.message(record, identity)
        return known.words if known else ""

    def _since_message(self, record: Record) -> str:
        known = self.memory.about(record)
        seconds = None if known is None else known.seconds_until(record)
        return "" if seconds is None else f"+{elapsed(seconds)}"

    def _mark(self, record: Record) -> str:
        if record.envelope.event != MESSAGE:
            return ""
        repetition = self.memory.repetition(record)
        return f"({repetition})" if repetition else ""


def phone_words(phone: str) -> str:
    """Return a phone in groups, ``+7 000 111-22-33``; other text unchanged."""
    if not _PHONE.fullmatch(phone):
        return phone
    digits = _NOT_DIGITS.sub("", phone)
    if len(digits) == 11 and digits[0] in "17":
        return f"+{digits[0]} {digits[1:4]} {digits[4:7]}-{digits[7:9]}-{digits[9:]}"
    return f"+{digits}"


def _detail(record: Record, context: Context) -> str:
    event = EVENTS.get(record.envelope.event)
    if event is None or record.envelope.malformed:
        return ""
    text = event.detail(record.data, context)
    return _with_delay(text, record) if text and event.name == MESSAGE else text


def _with_delay(text: str, record: Record) -> str:
    """Put ``+12s`` behind the arrow of a message that came late, unless the API returned it."""
    if record.occurred_at is None or record.envelope.backfill:
        return text
    late = record.envelope.received_at - record.occurred_at
    if late < LATE_AFTER:
        return text
    return f"{text[0]} +{age(late.total_seconds())}{text[1:]}"


def _kind(record: Record) -> str:
    if record.envelope.malformed:
        return "failed"
    if record.envelope.event == MESSAGE and isinstance(record.data, dict):
        return "out" if is_outgoing(record.data) else "in"
    if record.envelope.event == STATUS:
        kind = words(dig(record.data, "type"))
        return kind if kind in ("failed", "viewed") else ""
    return ""


def _compact(item: object) -> str:
    if isinstance(item, str):
        return item[:_LONGEST_JSON]
    return jsontext.dumps(item)[:_LONGEST_JSON].decode(errors="ignore")
