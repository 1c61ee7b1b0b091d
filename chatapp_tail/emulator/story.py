"""The story that the local ChatApp publishes: first all 19 documented events, then random ones.

Pure, and deterministic for a seed and a clock. ``serving`` publishes it, with ``gaps`` between.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator

from chatapp_tail.clock import Clock, seeded_random
from chatapp_tail.emulator import cast
from chatapp_tail.emulator.cast import AIGUL, CLIENTS, DMITRY, EMMA, JOAO, Chat
from chatapp_tail.emulator.scenes import Scenes, StoryEvent, StoryMessage

FIRST_PASS_ITEMS = 39

_WRITERS = (cast.MANAGER, cast.MANAGER, cast.COLLEAGUE)
_AFTER = {"sent": "delivered", "delivered": "viewed"}
_LONGEST_GAP = 2.0  # in the first pass, as a multiple of the pace
_REMEMBERED = 8  # messages for answers and reactions, and statuses that are due


def story(seed: int, clock: Clock) -> Iterator[StoryEvent]:
    """Yield events without end; the first ``FIRST_PASS_ITEMS`` items cover all 19 events."""
    scenes = Scenes(seed, clock)
    reply = yield from _first_pass(scenes)
    endless = _Endless(scenes, reply)
    while True:
        yield endless.next()


def gaps(seed: int, pace: float) -> Iterator[float]:
    """Yield the seconds between events: exponential with mean ``pace``, limited at first."""
    random = seeded_random(seed)
    for _ in range(FIRST_PASS_ITEMS):
        yield min(random.expovariate(1 / pace), _LONGEST_GAP * pace)
    while True:
        yield random.expovariate(1 / pace)


def _first_pass(scenes: Scenes) -> Generator[StoryEvent, None, StoryMessage]:
    """Yield a morning in the shop; return the answer that the customer hasn't read yet."""
    yield scenes.event(cast.COMPANY, "employeeWorkday", _employee(cast.MANAGER, "start"))
    yield scenes.event(cast.COMPANY, "employeeStatus", _employee(cast.MANAGER, "online"))
    photo = scenes.message_in(
        AIGUL,
        "image",
        caption="Здравствуйте! Можно такой же торт к субботе? 🍰",
        file=cast.CAKE_PHOTO,
    )
    yield photo.event
    yield scenes.about(AIGUL, "chatResponsible", responsible={"id": cast.MANAGER})
    yield scenes.about(AIGUL, "chatRead")
    reply = scenes.message_out(AIGUL, "text", quote=photo, text="Иә, әрине! К субботе успеем 👍")
    yield reply.event
    yield scenes.status(reply, "delivered")
    yield from _delivery(scenes)
    yield scenes.reaction(reply, "❤️")
    yield from _answers(scenes)
    yield from _business(scenes)
    yield from _teamwork(scenes)
    yield scenes.system(AIGUL, "Диалог закрыт").event
    yield scenes.about(AIGUL, "chatStatus", type="close")
    return reply


def _delivery(scenes: Scenes) -> Iterator[StoryEvent]:
    """A customer asks for delivery over WhatsApp; a file that a program sends him fails."""
    yield scenes.message_in(
        JOAO,
        "location",
        caption="Entrega aqui, por favor 🙏",
        location={"latitude": 43.2389, "longitude": 76.8897},
    ).event
    yield scenes.conversation(JOAO)
    yield scenes.about(JOAO, "chatProcess", process="inWork")
    prices = scenes.message_out(
        JOAO, "file", by="api", caption="Our cakes and prices", file=cast.PRICE_LIST
    )
    yield prices.event
    yield scenes.status(prices, "failed", cast.FAILURE)
    yield _tag(scenes, JOAO, cast.TAGS[0], "add")
    yield scenes.about(JOAO, "messageDestroy", id=prices.id)


def _answers(scenes: Scenes) -> Iterator[StoryEvent]:
    """Messages in a group, sent twice by a bot, edited, late, and deleted."""
    question = scenes.message_in(CLIENTS, "text", text="а доставка когда?")
    yield question.event
    yield scenes.message_out(
        CLIENTS, "text", by=cast.COLLEAGUE, quote=question, text="Завтра с 10 до 12 🚚"
    ).event
    order = scenes.message_out(AIGUL, "text", by="bot", text="Ваш заказ принят")
    yield order.event
    yield order.event
    misspelt = scenes.message_in(DMITRY, "text", text="Сколько стоит торт на 12 чиловек?")
    yield misspelt.event
    yield scenes.changed(misspelt, **{"message.text": "Сколько стоит торт на 12 человек?"})
    yield scenes.message_in(DMITRY, "text", late=900, text="Вы ещё открыты?").event
    deleted = scenes.message_out(DMITRY, "text", by="phone", text="Да, до девяти")
    yield deleted.event
    yield scenes.changed(deleted, destroyed=True)


def _business(scenes: Scenes) -> Iterator[StoryEvent]:
    """A failed status with a detailed reason, and WhatsApp's other types of messages."""
    order = scenes.message_out(EMMA, "text", by="api", text="Your order 77 is ready")
    yield order.event
    yield scenes.status(order, "failed", cast.TOO_LATE)
    for chat, kind, content in (
        (EMMA, "interactive", cast.BUTTON_REPLY),
        (JOAO, "contacts", cast.CONTACT),
        (JOAO, "call", cast.MISSED_CALL),
    ):
        yield scenes.message_in(chat, kind, **content).event


def _teamwork(scenes: Scenes) -> Iterator[StoryEvent]:
    """Changes of a chat's employees and of the quick responses."""
    yield scenes.about(AIGUL, "chatProducer", producer={"id": cast.MANAGER})
    yield scenes.about(AIGUL, "chatAccomplice", accomplice={"id": cast.COLLEAGUE})
    yield scenes.about(JOAO, "chatAuditor", auditor={"id": cast.COLLEAGUE})
    yield scenes.about(JOAO, "chatLevel")
    yield scenes.about(AIGUL, "chatResponsiblePin", type="pin")
    yield scenes.event(cast.USER, "quickResponseList", {"quickResponseList.name": "Доставка 🚚"})
    yield scenes.event(cast.USER, "quickResponse", sample=2)


class _Endless:
    """Random events, messages and their statuses most often."""

    def __init__(self, scenes: Scenes, unread: StoryMessage) -> None:
        self._scenes = scenes
        self._random = scenes.random
        self._messages: deque[StoryMessage] = deque([unread], maxlen=_REMEMBERED)
        self._due: deque[tuple[StoryMessage, str]] = deque([(unread, "viewed")], maxlen=_REMEMBERED)

    def next(self) -> StoryEvent:
        """Return one event of a random kind, by weight."""
        (make,) = self._random.choices([*_WEIGHTS], [*_WEIGHTS.values()])
        return make(self)

    def incoming(self) -> StoryEvent:
        chat = self._chat()
        if self._random.random() < 0.2:
            kind, file = self._random.choice(cast.MEDIA)
            message = self._scenes.message_in(chat, kind, file=file)
        else:
            text = self._random.choice(chat.questions)
            message = self._scenes.message_in(chat, "text", text=text)
        self._messages.append(message)
        return message.event

    def outgoing(self) -> StoryEvent:
        by = self._random.choice((*_WRITERS, "api", "bot"))
        chat = self._chat()
        text = self._random.choice(chat.answers)
        message = self._scenes.message_out(chat, "text", by=by, text=text)
        self._messages.append(message)
        self._due.append((message, "sent"))
        return message.event

    def answer(self) -> StoryEvent:
        quote = self._random.choice(self._messages)
        text = self._random.choice(quote.chat.answers)
        by = self._random.choice(_WRITERS)
        message = self._scenes.message_out(quote.chat, "text", by=by, quote=quote, text=text)
        self._due.append((message, "sent"))
        return message.event

    def status(self) -> StoryEvent:
        """Return the oldest status that is due: sent, then delivered, then viewed; or failed."""
        if not self._due:
            return self.outgoing()
        message, kind = self._due.popleft()
        if kind == "sent" and self._random.random() < 0.1:
            return self._scenes.status(message, "failed", cast.FAILURE)
        if kind in _AFTER:
            self._due.append((message, _AFTER[kind]))
        return self._scenes.status(message, kind)

    def reaction(self) -> StoryEvent:
        action = self._random.choice(("react", "react", "unreact"))
        message = self._random.choice(self._messages)
        return self._scenes.reaction(message, self._random.choice(cast.REACTIONS), action)

    def destroy(self) -> StoryEvent:
        message = self._random.choice(self._messages)
        return self._scenes.about(message.chat, "messageDestroy", id=str(message.id))

    def tag(self) -> StoryEvent:
        kind = self._random.choice(("add", "destroy"))
        return _tag(self._scenes, self._chat(), self._random.choice(cast.TAGS), kind)

    def read(self) -> StoryEvent:
        return self._scenes.about(self._chat(), "chatRead")

    def conversation(self) -> StoryEvent:
        return self._scenes.conversation(JOAO)

    def chat_change(self) -> StoryEvent:
        """Return a change of one of the chat's fields: set, cleared, added or removed."""
        changes: dict[str, dict[str, object]] = {
            "chatStatus": {"type": self._random.choice(("open", "close"))},
            "chatResponsible": {"responsible": self._random.choice(({"id": cast.COLLEAGUE}, None))},
            "chatResponsiblePin": {"type": self._random.choice(("pin", "unpin"))},
            "chatProducer": {"producer": self._random.choice(({"id": cast.COLLEAGUE}, None))},
            "chatAccomplice": {"type": self._random.choice(("add", "destroy"))},
            "chatAuditor": {"type": self._random.choice(("add", "destroy"))},
            "chatLevel": {"level": self._random.choice(({"id": 556}, None))},
            "chatProcess": {"process": self._random.choice(("inWork", None))},
        }
        name = self._random.choice(tuple(changes))
        return self._scenes.about(self._chat(), name, **changes[name])

    def employee(self) -> StoryEvent:
        person = self._random.choice((cast.MANAGER, cast.COLLEAGUE))
        name, kinds = self._random.choice(_EMPLOYEE_EVENTS)
        kind = self._random.choice(kinds)
        return self._scenes.event(cast.COMPANY, name, _employee(person, kind))

    def quick_response(self) -> StoryEvent:
        name, sample = self._random.choice(_QUICK_RESPONSE_EVENTS)
        return self._scenes.event(cast.USER, name, sample=sample)

    def _chat(self) -> Chat:
        return self._random.choice(cast.CHATS)


_EMPLOYEE_EVENTS = (
    ("employeeStatus", ("online", "offline")),
    ("employeeWorkday", ("start", "end")),
)
# An event's name, and the index of one of its documented samples.
_QUICK_RESPONSE_EVENTS = (
    ("quickResponse", 0),
    ("quickResponse", 1),
    ("quickResponse", 2),
    ("quickResponseList", 0),
    ("quickResponseList", 1),
)
_WEIGHTS: dict[Callable[[_Endless], StoryEvent], int] = {
    _Endless.incoming: 24,
    _Endless.outgoing: 14,
    _Endless.answer: 6,
    _Endless.status: 36,
    _Endless.chat_change: 8,
    _Endless.read: 5,
    _Endless.reaction: 4,
    _Endless.tag: 3,
    _Endless.employee: 2,
    _Endless.quick_response: 2,
    _Endless.destroy: 1,
    _Endless.conversation: 1,
}


def _employee(person: int, kind: str) -> dict[str, object]:
    return {"type": kind, "employee.id": person}


def _tag(scenes: Scenes, chat: Chat, name: str, kind: str) -> StoryEvent:
    changes: dict[str, object] = {"type": kind, "tag.name": name, "chat.id": chat.id}
    return scenes.event(chat.channel, "chatTag", changes)
