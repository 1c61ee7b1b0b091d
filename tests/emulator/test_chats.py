"""Chats and messages over REST, page by page; test_history.py has what is kept of them."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from requests import Response

from tests.emulator.given import SILENT, ask, error, message
from tests.support.emulated import Emulator, running_emulator
from tests.support.records import TELEGRAM

MESSENGER = "/v1/licenses/1229/messengers/telegram"
CHATS = f"{MESSENGER}/chats"
MESSAGES = f"{CHATS}/a/messages"
BAD_LIMIT = "The limit must be between 1 and 100."


@pytest.fixture
def chatapp() -> Iterator[Emulator]:
    """Return a local ChatApp without messages."""
    with running_emulator(SILENT) as running:
        yield running


def listed(emulator: Emulator, path: str, **query: str | int) -> Response:
    """Return the answer to ``GET path`` with an encoded query."""
    return ask(emulator, path, query=query)


def items(emulator: Emulator, path: str, **query: str | int) -> list[dict[str, object]]:
    """Return the items of one page."""
    response = listed(emulator, path, **query)
    assert response.status_code == 200, response.text
    found: list[dict[str, object]] = response.json()["data"]["items"]
    return found


def ids(emulator: Emulator, path: str, **query: str | int) -> list[object]:
    return [item["id"] for item in items(emulator, path, **query)]


def pages(emulator: Emulator, **query: str | int) -> list[list[object]]:
    """Return the ids on all pages, following the cursor as real programs do: without lastTime."""
    data = listed(emulator, MESSAGES, **query).json()["data"]
    found = [[item["id"] for item in data["items"]]]
    query.pop("lastTime", None)
    while (cursor := data["nextPage"]) is not None:
        data = listed(emulator, MESSAGES, **query, nextPage=cursor).json()["data"]
        found.append([item["id"] for item in data["items"]])
    return found


def publish(emulator: Emulator, *messages: tuple[object, object], chat: str = "a") -> None:
    """Publish one event for each (id, time)."""
    for message_id, time in messages:
        emulator.publish(TELEGRAM, "message", message(chat, message_id, time))


# Messages


def test_message_is_the_item_of_its_event_without_the_chat(chatapp: Emulator) -> None:
    item = {
        "id": "3EB0A1",
        "time": 1637319282,
        "side": "in",
        "type": "text",
        "message": {"text": "Рақмет 🙏", "file": None},
        "fromUser": {"id": 7, "name": "Айгүл"},
        "created": None,
    }
    chat = {"id": "a", "name": "Айгүл", "phone": "70000000001", "tags": []}
    chatapp.publish(TELEGRAM, "message", {"data": [{**item, "chat": chat}], "meta": {}})
    data = {"nextPage": None, "items": [item]}
    assert listed(chatapp, MESSAGES).json() == {"success": True, "data": data}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("direction", "last_time", "expected"),
    [("next", 10, [2, 3, 4, 5, 6]), ("prev", 10, [5, 4, 3, 2, 1, 7])],
)
def test_pages_have_each_message_once_also_those_of_one_second(
    chatapp: Emulator, direction: str, last_time: int, expected: list[int], limit: int
) -> None:
    publish(chatapp, (1, 9), (2, 10), (3, 10), (4, 10), (5, 10), (6, 11), (7, 8))
    found = pages(chatapp, direction=direction, lastTime=last_time, limit=limit)
    assert [one for page in found for one in page] == expected
    assert len(found) == -(-len(expected) // limit)


def test_messages_published_between_two_pages_are_on_the_later_one(chatapp: Emulator) -> None:
    publish(chatapp, (1, 10), (2, 10), (3, 10))
    first = listed(chatapp, MESSAGES, direction="next", limit=2).json()["data"]
    publish(chatapp, (4, 10), (5, 11))
    assert [item["id"] for item in first["items"]] == [1, 2]
    assert ids(chatapp, MESSAGES, direction="next", nextPage=first["nextPage"]) == [3, 4, 5]


def test_default_page_has_the_newest_twenty_messages(chatapp: Emulator) -> None:
    publish(chatapp, *((number, number) for number in range(1, 26)))
    assert ids(chatapp, MESSAGES) == list(range(25, 5, -1))
    assert ids(chatapp, MESSAGES, direction="next", limit=1) == [1]


def test_system_messages_are_listed_on_request_only(chatapp: Emulator) -> None:
    for number, kind in enumerate(["text", "system", "text"], 1):
        chatapp.publish(TELEGRAM, "message", message("a", number, 10, type=kind))
    assert ids(chatapp, MESSAGES, direction="next") == [1, 3]
    assert ids(chatapp, MESSAGES, direction="next", includeSystemMessages=0) == [1, 3]
    assert pages(chatapp, direction="next", includeSystemMessages=1, limit=2) == [[1, 2], [3]]


@pytest.mark.parametrize(
    "chat_id",
    [
        *("79990000000@c.us", "private-1480005234h1360003129730259258", "group/12/34", "100%"),
        *("a%2Fb", "a b+c", "{braces}", "?x=1&y=2#z", "чат 🙏"),
    ],
)
def test_chat_id_in_the_path_is_decoded(chatapp: Emulator, chat_id: str) -> None:
    publish(chatapp, (1, 10), chat=chat_id)
    publish(chatapp, (2, 10), chat="another")
    assert ids(chatapp, f"{CHATS}/{quote(chat_id, safe='')}/messages") == [1]


# Chats


def test_chat_has_the_fields_of_its_last_event_and_the_newest_time(chatapp: Emulator) -> None:
    chat = {"id": "a", "name": "Айгүл", "hash": None, "responsible": {"id": 685}}
    publish(chatapp, (1, 20), (2, 30))
    chatapp.publish(TELEGRAM, "message", message("a", 3, 10, chat=chat))
    rest = {"internalId": 1, "licenseId": 1229, "messengerType": "telegram", "lastTime": 30}
    assert listed(chatapp, CHATS).json() == {"success": True, "data": {"items": [chat | rest]}}


def test_chats_are_listed_from_the_newest_to_the_oldest(chatapp: Emulator) -> None:
    for chat, time in [("a", 30), ("b", 10), ("c", 20), ("b", 40)]:
        publish(chatapp, (time, time), chat=chat)
    found = [(item["id"], item["lastTime"]) for item in items(chatapp, CHATS)]
    assert found == [("b", 40), ("a", 30), ("c", 20)]
    assert ids(chatapp, CHATS, limit=2) == ["b", "a"]


def test_last_time_selects_the_chats_that_are_strictly_older(chatapp: Emulator) -> None:
    for chat, time in [("a", 30), ("b", 20), ("c", 20), ("d", 10)]:
        publish(chatapp, (1, time), chat=chat)
    assert ids(chatapp, CHATS, lastTime=30) == ["c", "b", "d"]
    assert ids(chatapp, CHATS, lastTime=20) == ["d"]
    assert ids(chatapp, CHATS, lastTime=10) == []


def test_chats_of_other_licenses_are_not_listed(chatapp: Emulator) -> None:
    for channel in ("private-v1.licenses.7.messengers.telegram", f"{TELEGRAM}Bot"):
        chatapp.publish(channel, "message", message("a", 1, 10))
    assert items(chatapp, CHATS) == []


# Refusals


@pytest.mark.parametrize("rest", ["/chats", "/chats/a/messages"])
@pytest.mark.parametrize(
    "messenger",
    ["7/messengers/telegram", "01229/messengers/telegram", "1229/messengers/Telegram"],
)
def test_unknown_license_or_messenger_is_forbidden(
    emulator: Emulator, messenger: str, rest: str
) -> None:
    response = listed(emulator, f"/v1/licenses/{messenger}{rest}")
    assert response.status_code == 403
    assert response.json() == error("ApiAccessError", "Access denied")


def test_unknown_chat_is_not_found(emulator: Emulator) -> None:
    response = listed(emulator, MESSAGES)
    assert response.status_code == 404
    assert response.json() == error("ApiNotFoundError", "Chat not found")


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        (CHATS, {"limit": 101}, BAD_LIMIT),
        (CHATS, {"limit": 0}, BAD_LIMIT),
        (CHATS, {"limit": "ten"}, "The limit must be a number."),
        (CHATS, {"limit": "9" * 19}, "The limit must be a number."),
        (CHATS, {"lastTime": "-1"}, "The lastTime must be a number."),
        (MESSAGES, {"limit": 101}, BAD_LIMIT),
        (MESSAGES, {"lastTime": "1.5"}, "The lastTime must be a number."),
        (MESSAGES, {"direction": "up"}, "The direction must be one of: prev, next."),
        (MESSAGES, {"nextPage": "10+"}, "The nextPage is invalid."),
        # A cursor that wasn't encoded: its plus becomes a space.
        (MESSAGES, {"nextPage": "10 1"}, "The nextPage is invalid."),
        (
            MESSAGES,
            {"includeSystemMessages": "true"},
            "The includeSystemMessages must be one of: 0, 1.",
        ),
    ],
)
def test_invalid_query_is_refused(
    emulator: Emulator, path: str, query: dict[str, str | int], reason: str
) -> None:
    response = listed(emulator, path, **query)
    assert response.status_code == 422
    assert response.json() == error("ApiValidationError", reason)
