"""Makes single events of the story: documented samples with a few fields changed."""

from base64 import b64encode
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.events import samples
from chatapp_tail.clock import Clock, seeded_random
from chatapp_tail.emulator import cast
from chatapp_tail.emulator.cast import Chat

Changes = Mapping[str, object]


class StoryEvent(NamedTuple):
    """One event of the story. ``payload`` as on the wire: ``{"queue", "payload": {...}}``."""

    channel: str
    event: str
    payload: dict[str, object]


@dataclass(frozen=True, slots=True)
class StoryMessage:
    """A message with its event; statuses, quotes, reactions and deletions refer to it."""

    id: int | str
    chat: Chat
    type: str
    content: Changes
    event: StoryEvent


class Scenes:
    """Makes events. Equal seeds and equal clocks make equal events.

    Ids rise with each message; times are the clock's at the moment of making.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self.random = seeded_random(seed)
        self._clock = clock
        self._last_id = 42_200

    def message_in(
        self, chat: Chat, kind: str, *, late: int = 0, **content: object
    ) -> StoryMessage:
        """Return a customer's message, which was sent ``late`` seconds before now."""
        changes: dict[str, object] = {"time": self._now() - late}
        if chat.writer is not None:
            changes["fromUser"] = {**chat.writer, "email": None}
        return self._message(self._next_id(chat), chat, kind, content, changes)

    def message_out(
        self,
        chat: Chat,
        kind: str,
        *,
        by: int | str = cast.MANAGER,
        quote: StoryMessage | None = None,
        **content: object,
    ) -> StoryMessage:
        """Return the shop's message. ``by`` is an employee's id, "api", "bot", or "phone"."""
        is_employee = isinstance(by, int)
        app = {"id": cast.APP_ID, "sender": "system"} if by in ("api", "bot") else None
        author: Changes = {
            "fromMe": True,
            "side": "out",
            "fromUser": {"id": 1480000000, "name": cast.SHOP_NAME, "phone": cast.SHOP_PHONE},
            "fromApi": by == "api",
            "fromApp": {"id": "webchat", "sender": "employee"} if is_employee else app,
            "created": {"id": by} if is_employee else None,
            "quotedMessage": None if quote is None else _quoted(quote),
        }
        return self._message(self._next_id(chat), chat, kind, content, author)

    def system(self, chat: Chat, text: str) -> StoryMessage:
        """Return a note that ChatApp adds to a chat after an action of the manager."""
        author: Changes = {
            "side": "out",
            "fromUser": None,
            "fromApp": {"id": "webchat", "sender": "system"},
            "created": {"id": cast.MANAGER},
        }
        message_id = str(UUID(int=self.random.getrandbits(128)))
        return self._message(message_id, chat, "system", {"text": text}, author)

    def changed(self, message: StoryMessage, **changes: object) -> StoryEvent:
        """Return the event of ``message`` once more, with ``changes`` to its item."""
        payload = deepcopy(message.event.payload)
        data = payload["payload"]["data"]  # type: ignore[index]
        data[0] = _changed(data[0], changes)
        return message.event._replace(payload=payload)

    def status(self, message: StoryMessage, kind: str, error: object = None) -> StoryEvent:
        """Return a delivery status of ``message``: sent, delivered, viewed or failed."""
        changes = {"id": message.id, "type": kind, "time": self._now(), "error": error}
        return self.event(message.chat.channel, "messageStatus", changes | _chat_ids(message.chat))

    def reaction(self, message: StoryMessage, emoji: str, action: str = "react") -> StoryEvent:
        """Return a customer's reaction; its time is text, as in the documentation."""
        chat = message.chat
        user = {"id": str(chat.user_id), "name": chat.name}
        changes = {"id": str(message.id), "reaction": emoji, "action": action, "fromUser": user}
        return self.about(chat, "messageReaction", **changes, time=str(self._now()))

    def conversation(self, chat: Chat) -> StoryEvent:
        """Return the opening of WhatsApp's window for answers, which lasts 24 hours."""
        now = self._now()
        window = {
            "id": f"{self.random.getrandbits(128):032x}",
            "type": "BIC",
            "startTime": now,
            "endTime": now + 86_400,
        }
        return self.about(chat, "chatConversation", conversation=window)

    def about(self, chat: Chat, name: str, **changes: object) -> StoryEvent:
        """Return an event of one item about ``chat``; ``changes`` replace the item's fields."""
        return self.event(chat.channel, name, {"chat.id": chat.id, **changes})

    def event(self, channel: Channel, name: str, *items: Changes, sample: int = 0) -> StoryEvent:
        """Return event ``name`` with one item for each of ``items``; without any, its whole sample.

        Each is an item of the documented sample, changed at dotted paths (``chat.id``).
        """
        documented = samples(name)[sample]["data"]
        assert isinstance(documented, list)  # noqa: S101  (our own files)
        data = [
            _changed(documented[index], changes)
            for index, changes in enumerate(items or [{}] * len(documented))
        ]
        meta = {"type": name, **self._owner(channel)}
        wrapped: dict[str, object] = {"queue": "events", "payload": {"data": data, "meta": meta}}
        return StoryEvent(channel.name, name, wrapped)

    def _message(
        self, message_id: int | str, chat: Chat, kind: str, content: Changes, author: Changes
    ) -> StoryMessage:
        customer = {"id": chat.user_id, "name": chat.name, "phone": chat.phone}
        whole = {"text": "", "caption": "", "file": None, "location": None, **content}
        changes = {
            "id": message_id,
            "time": self._now(),
            "type": kind,
            "message": whole,
            "quotedMessage": None,
            "fromUser": customer | {"username": chat.username, "email": None},
            **_chat_ids(chat),
            "chat.name": chat.name,
            "chat.type": chat.type,
            "chat.image": None,
            "chat.tags": [],
            "chat.accomplices": None,
            "chat.status": "open",
        }
        event = self.event(chat.channel, "message", {**changes, **author})
        return StoryMessage(message_id, chat, kind, whole, event)

    def _next_id(self, chat: Chat) -> int | str:
        """Return an id in the messenger's form: a rising int, 22 hex digits, or ``wamid.…``."""
        self._last_id += self.random.randint(1, 9)
        if chat.channel == cast.TELEGRAM:
            return self._last_id
        digits = f"3EB0{self._last_id:06X}{self.random.getrandbits(48):012X}"
        if chat.channel == cast.WHATSAPP:
            return digits
        # It contains the customer's phone number and WhatsApp's own id.
        inner = b"\x1d\x15\x0b%b\x15\x02\x00\x11\x18\x16%b" % (chat.phone.encode(), digits.encode())
        return f"wamid.{b64encode(inner).decode()}"

    def _owner(self, channel: Channel) -> dict[str, object]:
        """Return the ids in ``meta``; a licence's is sometimes text, as in real events."""
        if channel.license is not None:
            license_id = channel.license if self.random.random() < 0.7 else str(channel.license)
            return {"licenseId": license_id, "messengerType": channel.messenger}
        if channel.company is not None:
            return {"companyId": channel.company}
        return {"userId": str(channel.user)}

    def _now(self) -> int:
        return int(self._clock.utcnow().timestamp())


def _chat_ids(chat: Chat) -> dict[str, object]:
    """Return the chat's ids as changes of an item."""
    return {
        "chat.id": chat.id,
        "chat.hash": chat.hash,
        "chat.phone": chat.phone,
        "chat.username": chat.username,
    }


def _quoted(message: StoryMessage) -> dict[str, object]:
    return {
        "id": message.id,
        "type": message.type,
        "subtype": None,
        "message": message.content,
    }


def _changed(item: object, changes: Changes) -> object:
    """Return a deep copy of ``item`` with the values at the dotted paths of ``changes``."""
    copy = deepcopy(item)
    for path, value in changes.items():
        *parents, last = path.split(".")
        target = copy
        for parent in parents:
            target = target[parent]  # type: ignore[index]
        target[last] = deepcopy(value)  # type: ignore[index]
    return copy
