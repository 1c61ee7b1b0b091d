"""The made-up people, chats and texts of the story. Pure data.

Customers of a pastry shop in Almaty write in Russian, Kazakh, English and Portuguese, over Telegram
and WhatsApp.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chatapp_tail.chatapp.channels import Channel, parse_spec

TELEGRAM = parse_spec("1229/telegram")
WHATSAPP = parse_spec("1229/grWhatsApp")
WHATSAPP_API = parse_spec("1229/caWhatsApp")
COMPANY = parse_spec("company/2224")
USER = parse_spec("user/685")

# The two employees; USER is the manager's channel. Their names are in ``account``.
MANAGER = 685
COLLEAGUE = 124
APP_ID = "app_685_1"
SHOP_NAME = "Кондитерская «Апорт»"
SHOP_PHONE = "70000000000"


@dataclass(frozen=True, slots=True)
class Chat:
    """A customer's chat in one messenger, with ids in that messenger's form.

    ``questions`` are texts of the customer, ``answers`` are the shop's. ``writer`` is the member
    of a group who writes.
    """

    channel: Channel
    id: str
    user_id: int | str
    name: str
    phone: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    username: str | None = None
    hash: str | None = None
    type: str = "private"
    writer: Mapping[str, object] | None = None


AIGUL = Chat(
    TELEGRAM,
    id="private-1480000001h1360003129730000001",
    user_id=1480000001,
    name="Айгүл Ермекова",
    phone="70000000001",
    username="aigul_example",
    hash="h1360003129730000001",
    questions=(
        "Сәлеметсіз бе! Бүгін ашықсыздар ма? 🙂",
        "Тапсырысты ертеңге ауыстыруға бола ма?",
        "Рақмет! 🙏",
    ),
    answers=(
        "Иә, сағат тоғызға дейін ашықпыз",
        "Әрине, ауыстырдық 👌",
        "Торт дайын, келе беріңіз 🎂",
    ),
)
JOAO = Chat(
    WHATSAPP,
    id="70000000002@c.us",
    user_id="70000000002@c.us",
    name="João Pereira",
    phone="70000000002",
    questions=(
        "Oi! Vocês entregam no domingo?",
        "O bolo estava maravilhoso 🎂🎉",
        "Dá para fazer sem nozes?",
    ),
    answers=(
        "Sim, entregamos todos os dias 🚚",
        "Claro, sem nozes então",
        "Obrigado! Até a próxima 💛",
    ),
)
DMITRY = Chat(
    TELEGRAM,
    id="private-1480000003h1360003129730000003",
    user_id=1480000003,
    name="Дмитрий Орлов",
    phone="70000000003",
    username="d_orlov_example",
    hash="h1360003129730000003",
    questions=(
        "Здравствуйте! Сколько стоит торт на 12 человек?",
        "А можно без орехов? У ребёнка аллергия",
        "Спасибо большое, всё очень вкусно 😍",
    ),
    answers=(
        "Стоимость — 14 500 ₸, доставка бесплатно",
        "Да, конечно! Соберём к 18:00 ⏰",
        "Рады, что понравилось 💛",
    ),
)
EMMA = Chat(
    WHATSAPP_API,
    id="70000000004",
    user_id="70000000004",
    name="Emma Clarke 🌷",
    phone="70000000004",
    questions=(
        "Hi! Do you have anything without gluten?",
        "Can I pay on delivery?",
        "Lovely, thank you!",
    ),
    answers=(
        "Yes, we have two flourless cakes today",
        "Sure, card or cash",
        "Your order is on its way 🛵",
    ),
)
CLIENTS = Chat(
    TELEGRAM,
    id="group-1480000005",
    user_id=1480000006,
    name="Наши клиенты",
    phone="",
    questions=("а доставка когда?", "Кто-нибудь пробовал медовик?", "Сегодня открыты?"),
    answers=("Доставка завтра с 10 до 12 🚚", "Медовик хвалят 🍯", "Открыты до девяти"),
    type="group",
    writer={"id": 1480000006, "name": "Павел", "username": "pavel_example", "phone": None},
)
CHATS = (AIGUL, JOAO, DMITRY, EMMA, CLIENTS)

REACTIONS = ("❤️", "👍", "😂", "🎉", "👨‍👩‍👧")

# Attachments, each a ``message.file``; MEDIA adds the type of the message.
CAKE_PHOTO = {
    "link": "https://files.example.com/cake.jpg",
    "name": "cake.jpg",
    "contentType": "image/jpeg",
}
PRICE_LIST = {
    "link": "https://files.example.com/Цены%202026.pdf",
    "name": "Цены 2026.pdf",
    "contentType": "application/pdf",
}
VOICE = {
    "link": "https://files.example.com/voice.ogg",
    "name": "voice.ogg",
    "contentType": "audio/ogg",
}
MEDIA: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("image", CAKE_PHOTO),
    ("file", PRICE_LIST),
    ("voice", VOICE),
)
TAGS = ("день рождения", "VIP", "жеткізу", "alergia")
# ChatApp's documentation shows no error of a status; these have WhatsApp's shape.
FAILURE = {"code": 131026, "message": "Message undeliverable"}
TOO_LATE = {
    "code": 131047,
    "title": "Re-engagement message",
    "error_data": {
        "details": "more than 24 hours have passed since the customer last replied to this number"
    },
}
# Contents of WhatsApp's other types of messages, in its own shapes.
BUTTON_REPLY = {
    "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}
}
CONTACT = {
    "contacts": [
        {
            "name": {"formatted_name": "Ana Pereira"},
            "phones": [{"phone": "+7 000 000-00-07", "type": "CELL", "wa_id": "70000000007"}],
        }
    ]
}
MISSED_CALL = {"call": {"status": "missed call"}}
