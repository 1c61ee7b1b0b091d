"""The story that the local ChatApp tells: all 19 documented events first, then on and on.

Deterministic for a seed and a clock. Pure: the player in ``player`` gives it its pace.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator

from chatapp_tail.clock import Clock, seeded_random
from chatapp_tail.emulator import cast
from chatapp_tail.emulator.cast import AIGUL, CLIENTS, DMITRY, EMMA, JOAO, Chat
from chatapp_tail.emulator.scenes import Said, Scenes, StoryEvent

FIRST_PASS_ITEMS = 39

_WRITERS = (cast.MANAGER, cast.MANAGER, cast.COLLEAGUE)
_AFTER = {"sent": "delivered", "delivered": "viewed"}
_LONGEST_GAP = 2.0  # in the first pass, in paces
_REMEMBERED = 8  # messages that can still be reacted to, and statuses that are still due


def story(seed: int, clock: Clock) -> Iterator[StoryEvent]:
    """Yield events without end; the first items show every documented event."""
    scenes = Scenes(seed, clock)
    reply = yield from _first_pass(scenes)
    endless = _Endless(scenes, reply)
    while True:
        yield endless.next()


def gaps(seed: int, pace: float) -> Iterator[float]:
    """Yield the seconds between events: exponential around ``pace``, bounded in the first pass."""
    random = seeded_random(seed)
    for _ in range(FIRST_PASS_ITEMS):
        yield min(random.expovariate(1 / pace), _LONGEST_GAP * pace)
    while True:
        yield random.expovariate(1 / pace)


def _first_pass(scenes: Scenes) -> Generator[StoryEvent, None, Said]:
    """Tell a morning in the shop; return the answer that the customer has yet to read."""
    yield scenes.event(cast.COMPANY, "employeeWorkday", _employee(cast.MANAGER, "start"))
    yield scenes.event(cast.COMPANY, "employeeStatus", _employee(cast.MANAGER, "online"))
    event, photo = scenes.message_in(
        AIGUL,
        "image",
        caption="Здравствуйте! Можно такой же торт к субботе? 🍰",
        file=cast.CAKE_PHOTO,
    )
    yield event
    yield scenes.about(AIGUL, "chatResponsible", responsible={"id": cast.MANAGER})
    yield scenes.about(AIGUL, "chatRead")
    event, reply = scenes.message_out(
        AIGUL, "text", quote=photo, text="Иә, әрине! К субботе успеем 👍"
    )
    yield event
    yield scenes.status(reply, "delivered")
    yield from _delivery(scenes)
    yield scenes.reaction(reply, "❤️")
    yield from _answers(scenes)
    yield from _business(scenes)
    yield from _teamwork(scenes)
    yield scenes.system(AIGUL, "Диалог закрыт")
    yield scenes.about(AIGUL, "chatStatus", type="close")
    return reply


def _delivery(scenes: Scenes) -> Iterator[StoryEvent]:
    """João asks for a delivery over WhatsApp; a file sent by a program doesn't reach him."""
    event, _ = scenes.message_in(
        JOAO,
        "location",
        caption="Entrega aqui, por favor 🙏",
        location={"latitude": 43.2389, "longitude": 76.8897},
    )
    yield event
    yield scenes.conversation(JOAO)
    yield scenes.about(JOAO, "chatProcess", process="inWork")
    event, prices = scenes.message_out(
        JOAO, "file", by="api", caption="Our cakes and prices", file=cast.PRICE_LIST
    )
    yield event
    yield scenes.status(prices, "failed", cast.FAILURE)
    yield _tag(scenes, JOAO, cast.TAGS[0], "add")
    yield scenes.about(JOAO, "messageDestroy", id=prices.id)


def _answers(scenes: Scenes) -> Iterator[StoryEvent]:
    """A group, a robot whose message comes twice, one that is edited, one late, one deleted."""
    event, question = scenes.message_in(
        CLIENTS, "text", writer=cast.PAVEL, text="а доставка когда?"
    )
    yield event
    event, _ = scenes.message_out(
        CLIENTS, "text", by=cast.COLLEAGUE, quote=question, text="Завтра с 10 до 12 🚚"
    )
    yield event
    event, _ = scenes.message_out(AIGUL, "text", by="bot", text="Ваш заказ принят")
    yield event
    yield event
    event, _ = scenes.message_in(DMITRY, "text", text="Сколько стоит торт на 12 чиловек?")
    yield event
    yield scenes.changed(event, **{"message.text": "Сколько стоит торт на 12 человек?"})
    event, _ = scenes.message_in(DMITRY, "text", late=900, text="Вы ещё открыты?")
    yield event
    event, _ = scenes.message_out(DMITRY, "text", by="phone", text="Да, до девяти")
    yield event
    yield scenes.changed(event, destroyed=True)


def _business(scenes: Scenes) -> Iterator[StoryEvent]:
    """WhatsApp's own kinds of messages, and a refusal with a reason."""
    event, order = scenes.message_out(EMMA, "text", by="api", text="Your order 77 is ready")
    yield event
    yield scenes.status(order, "failed", cast.TOO_LATE)
    for chat, kind, content in (
        (EMMA, "interactive", cast.BUTTON_REPLY),
        (JOAO, "contacts", cast.CONTACT),
        (JOAO, "call", cast.MISSED_CALL),
    ):
        event, _ = scenes.message_in(chat, kind, **content)
        yield event


def _teamwork(scenes: Scenes) -> Iterator[StoryEvent]:
    """The manager shares the work, and tidies up the ready-made answers."""
    yield scenes.about(AIGUL, "chatProducer", producer={"id": cast.MANAGER})
    yield scenes.about(AIGUL, "chatAccomplice", accomplice={"id": cast.COLLEAGUE})
    yield scenes.about(JOAO, "chatAuditor", auditor={"id": cast.COLLEAGUE})
    yield scenes.about(JOAO, "chatLevel")
    yield scenes.about(AIGUL, "chatResponsiblePin", type="pin")
    yield scenes.event(cast.USER, "quickResponseList", {"quickResponseList.name": "Доставка 🚚"})
    yield scenes.event(cast.USER, "quickResponse", sample=2)


class _Endless:
    """Random events for ever, messages and their statuses most often."""

    def __init__(self, scenes: Scenes, unread: Said) -> None:
        self._scenes = scenes
        self._random = scenes.random
        self._said: deque[Said] = deque([unread], maxlen=_REMEMBERED)
        self._due: deque[tuple[Said, str]] = deque([(unread, "viewed")], maxlen=_REMEMBERED)

    def next(self) -> StoryEvent:
        """Return one event, picked by weight."""
        (make,) = self._random.choices(_MAKERS, _WEIGHTS)
        return make(self)

    def incoming(self) -> StoryEvent:
        chat = self._chat()
        writer = cast.PAVEL if chat is CLIENTS else None
        if self._random.random() < 0.2:
            kind, file = self._random.choice(cast.MEDIA)
            event, said = self._scenes.message_in(chat, kind, writer=writer, file=file)
        else:
            text = self._random.choice(chat.questions)
            event, said = self._scenes.message_in(chat, "text", writer=writer, text=text)
        self._said.append(said)
        return event

    def outgoing(self) -> StoryEvent:
        by = self._random.choice((*_WRITERS, "api", "bot"))
        chat = self._chat()
        text = self._random.choice(chat.answers)
        event, said = self._scenes.message_out(chat, "text", by=by, text=text)
        self._said.append(said)
        self._due.append((said, "sent"))
        return event

    def answer(self) -> StoryEvent:
        quote = self._random.choice(self._said)
        text = self._random.choice(quote.chat.answers)
        by = self._random.choice(_WRITERS)
        event, said = self._scenes.message_out(quote.chat, "text", by=by, quote=quote, text=text)
        self._due.append((said, "sent"))
        return event

    def status(self) -> StoryEvent:
        """Return the oldest status that is due: sent, then delivered, then viewed; or failed."""
        if not self._due:
            return self.outgoing()
        said, kind = self._due.popleft()
        if kind == "sent" and self._random.random() < 0.1:
            return self._scenes.status(said, "failed", cast.FAILURE)
        if kind in _AFTER:
            self._due.append((said, _AFTER[kind]))
        return self._scenes.status(said, kind)

    def reaction(self) -> StoryEvent:
        action = self._random.choice(("react", "react", "unreact"))
        said = self._random.choice(self._said)
        return self._scenes.reaction(said, self._random.choice(cast.REACTIONS), action)

    def destroy(self) -> StoryEvent:
        said = self._random.choice(self._said)
        return self._scenes.about(said.chat, "messageDestroy", id=str(said.id))

    def tag(self) -> StoryEvent:
        kind = self._random.choice(("add", "destroy"))
        return _tag(self._scenes, self._chat(), self._random.choice(cast.TAGS), kind)

    def read(self) -> StoryEvent:
        return self._scenes.about(self._chat(), "chatRead")

    def conversation(self) -> StoryEvent:
        return self._scenes.conversation(JOAO)

    def chat_change(self) -> StoryEvent:
        """Return a set, cleared or added field of a chat."""
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
# An event and which of its documented samples.
_QUICK_RESPONSE_EVENTS = (
    ("quickResponse", 0),
    ("quickResponse", 1),
    ("quickResponse", 2),
    ("quickResponseList", 0),
    ("quickResponseList", 1),
)
_MAKERS_BY_WEIGHT: tuple[tuple[int, Callable[[_Endless], StoryEvent]], ...] = (
    (24, _Endless.incoming),
    (14, _Endless.outgoing),
    (6, _Endless.answer),
    (36, _Endless.status),
    (8, _Endless.chat_change),
    (5, _Endless.read),
    (4, _Endless.reaction),
    (3, _Endless.tag),
    (2, _Endless.employee),
    (2, _Endless.quick_response),
    (1, _Endless.destroy),
    (1, _Endless.conversation),
)
_WEIGHTS = tuple(weight for weight, _ in _MAKERS_BY_WEIGHT)
_MAKERS = tuple(make for _, make in _MAKERS_BY_WEIGHT)


def _employee(person: int, kind: str) -> dict[str, object]:
    return {"type": kind, "employee.id": person}


def _tag(scenes: Scenes, chat: Chat, name: str, kind: str) -> StoryEvent:
    changes: dict[str, object] = {"type": kind, "tag.name": name, "chat.id": chat.id}
    return scenes.event(chat.channel, "chatTag", changes)
