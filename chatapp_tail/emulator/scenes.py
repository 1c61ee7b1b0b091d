"""Single events of the story, each made from its documented sample with a few fields changed."""

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
    """One frame of the story. ``payload`` as on the wire: ``{"queue", "payload": {...}}``."""

    channel: str
    event: str
    payload: dict[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was told: what statuses, quotes, reactions and deletions refer to."""

    id: int | str
    chat: Chat
    type: str
    content: Changes


class Scenes:
    """Makes events. Equal seeds and equal clocks make equal events.

    Ids rise with each message; times are the clock's at the moment of making.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self.random = seeded_random(seed)
        self._clock = clock
        self._last_id = 42_200

    def message_in(
        self,
        chat: Chat,
        kind: str,
        *,
        writer: Changes | None = None,
        late: int = 0,
        **content: object,
    ) -> tuple[StoryEvent, Said]:
        """Return a customer's message and what can be referred to later.

        ``writer`` is who writes in a group; the message was sent ``late`` seconds before now.
        """
        changes: dict[str, object] = {"time": self._now() - late}
        if writer is not None:
            changes["fromUser"] = {**writer, "email": None}
        return self._message(self._said(chat, kind, content), changes)

    def message_out(
        self,
        chat: Chat,
        kind: str,
        *,
        by: int | str = cast.MANAGER,
        quote: Said | None = None,
        **content: object,
    ) -> tuple[StoryEvent, Said]:
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
        return self._message(self._said(chat, kind, content), author)

    def system(self, chat: Chat, text: str) -> StoryEvent:
        """Return what ChatApp notes in a chat because of something that the manager did."""
        said = Said(str(UUID(int=self.random.getrandbits(128))), chat, "system", _content(text))
        author: Changes = {
            "side": "out",
            "fromUser": None,
            "fromApp": {"id": "webchat", "sender": "system"},
            "created": {"id": cast.MANAGER},
        }
        event, _ = self._message(said, author)
        return event

    def changed(self, event: StoryEvent, **changes: object) -> StoryEvent:
        """Return a message's ``event`` with ``changes`` of its item (``message.text``)."""
        payload = deepcopy(event.payload)
        data = payload["payload"]["data"]  # type: ignore[index]
        data[0] = _changed(data[0], changes)
        return event._replace(payload=payload)

    def status(self, said: Said, kind: str, error: object = None) -> StoryEvent:
        """Return a delivery status of ``said``: sent, delivered, viewed or failed."""
        changes = {"id": said.id, "type": kind, "time": self._now(), "error": error}
        chat = {f"chat.{key}": value for key, value in said.chat.as_dict().items()}
        return self.event(said.chat.channel, "messageStatus", changes | chat)

    def reaction(self, said: Said, emoji: str, action: str = "react") -> StoryEvent:
        """Return a customer's reaction; its time is text, as in the documentation."""
        chat = said.chat
        user = {"id": str(chat.user_id), "name": chat.name}
        changes = {"id": str(said.id), "reaction": emoji, "action": action, "fromUser": user}
        return self.about(chat, "messageReaction", **changes, time=str(self._now()))

    def conversation(self, chat: Chat) -> StoryEvent:
        """Return the opening of WhatsApp's window: 24 hours from now."""
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
        """Return event ``name``: one item of its documented sample for each of ``items``.

        The keys of ``items`` are paths into the item (``chat.id``).
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

    def _message(self, said: Said, author: Changes) -> tuple[StoryEvent, Said]:
        chat = said.chat
        customer = {"id": chat.user_id, "name": chat.name, "phone": chat.phone}
        changes = {
            "id": said.id,
            "time": self._now(),
            "type": said.type,
            "message": said.content,
            "quotedMessage": None,
            "fromUser": customer | {"username": chat.username, "email": None},
            **{f"chat.{key}": value for key, value in chat.as_dict().items()},
            "chat.name": chat.name,
            "chat.type": chat.type,
            "chat.image": None,
            "chat.tags": [],
            "chat.accomplices": None,
            "chat.status": "open",
        }
        return self.event(chat.channel, "message", {**changes, **author}), said

    def _said(self, chat: Chat, kind: str, content: Changes) -> Said:
        return Said(self._next_id(chat), chat, kind, _content() | dict(content))

    def _next_id(self, chat: Chat) -> int | str:
        """Return an id in the messenger's form: a rising int, 22 hex digits, or ``wamid.…``."""
        self._last_id += self.random.randint(1, 9)
        if chat.channel == cast.TELEGRAM:
            return self._last_id
        digits = f"3EB0{self._last_id:06X}{self.random.getrandbits(48):012X}"
        if chat.channel == cast.WHATSAPP:
            return digits
        # In it is the customer's phone, and the id that WhatsApp itself has.
        inner = b"\x1d\x15\x0b%b\x15\x02\x00\x11\x18\x16%b" % (chat.phone.encode(), digits.encode())
        return f"wamid.{b64encode(inner).decode()}"

    def _owner(self, channel: Channel) -> dict[str, object]:
        """Return the ids in ``meta``; a licence comes as a number or, now and then, as text."""
        if channel.license is not None:
            license_id = channel.license if self.random.random() < 0.7 else str(channel.license)
            return {"licenseId": license_id, "messengerType": channel.messenger}
        if channel.company is not None:
            return {"companyId": channel.company}
        return {"userId": str(channel.user)}

    def _now(self) -> int:
        return int(self._clock.utcnow().timestamp())


def _content(text: str = "") -> dict[str, object]:
    return {"text": text, "caption": "", "file": None, "location": None}


def _quoted(said: Said) -> dict[str, object]:
    return {"id": said.id, "type": said.type, "subtype": None, "message": said.content}


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
