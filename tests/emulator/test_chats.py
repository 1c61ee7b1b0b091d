"""Chats and messages over REST: all that was sent, page by page."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.emulator.given import SILENT, get, listing, message
from tests.support.emulated import Emulator, running_emulator
from tests.support.fake_clock import FakeClock
from tests.support.records import TELEGRAM

MESSENGER = "/v1/licenses/1229/messengers/telegram"
CHATS = f"{MESSENGER}/chats"
Item = dict[str, object]


@pytest.fixture
def chatapp() -> Iterator[Emulator]:
    """Return a local ChatApp without messages; its clock stands at noon."""
    with running_emulator(SILENT, FakeClock()) as running:
        yield running


def messages_path(chat_id: str, messenger: str = MESSENGER) -> str:
    return f"{messenger}/chats/{quote(chat_id, safe='')}/messages"


def items(emulator: Emulator, path: str, **query: str | int) -> list[Item]:
    """Return the items of one page."""
    response = listing(emulator, path, **query)
    assert response.status_code == 200, response.text
    found: list[Item] = response.json()["data"]["items"]
    return found


def ids(emulator: Emulator, path: str, **query: str | int) -> list[object]:
    return [item["id"] for item in items(emulator, path, **query)]


def pages(emulator: Emulator, path: str, **query: str | int) -> list[list[object]]:
    """Return the ids on all pages, following the cursor as real programs do: without lastTime."""
    data = listing(emulator, path, **query).json()["data"]
    found = [[item["id"] for item in data["items"]]]
    query.pop("lastTime", None)
    while (cursor := data["nextPage"]) is not None:
        data = listing(emulator, path, **query, nextPage=cursor).json()["data"]
        found.append([item["id"] for item in data["items"]])
    return found


def say(emulator: Emulator, *said: tuple[object, object], chat: str = "a") -> None:
    """Send one event for each (id, time)."""
    for message_id, time in said:
        emulator.publish(TELEGRAM, "message", message(chat, message_id, time))


def error(code: str, text: str) -> Item:
    return {"success": False, "error": {"code": code, "message": text}}


def test_message_comes_as_in_its_event_without_the_chat(chatapp: Emulator) -> None:
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
    response = listing(chatapp, messages_path("a"))
    assert response.status_code == 200
    assert response.json() == {"success": True, "data": {"nextPage": None, "items": [item]}}


def test_chat_has_the_fields_of_its_last_event_and_the_newest_time(chatapp: Emulator) -> None:
    for message_id, time, name in [(1, 20, "Before"), (2, 30, "Between"), (3, 10, "Айгүл")]:
        chat = {"id": "a", "name": name, "hash": None, "responsible": {"id": 685}}
        chatapp.publish(TELEGRAM, "message", message("a", message_id, time, chat=chat))
    response = listing(chatapp, CHATS)
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "data": {
            "items": [
                {
                    "id": "a",
                    "name": "Айгүл",
                    "hash": None,
                    "responsible": {"id": 685},
                    "internalId": 1,
                    "licenseId": 1229,
                    "messengerType": "telegram",
                    "lastTime": 30,
                }
            ]
        },
    }


def test_wrapped_and_flat_events_are_both_remembered_with_all_their_items(
    chatapp: Emulator,
) -> None:
    several = [{"id": number, "time": 10, "chat": {"id": 77}} for number in (1, 2)]
    chatapp.publish(TELEGRAM, "message", {"queue": "q", "payload": {"data": several, "meta": {}}})
    say(chatapp, (3, 20), chat="77")
    assert ids(chatapp, messages_path("77"), direction="next") == [1, 2, 3]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_next_pages_through_messages_of_one_second_without_hole_or_duplicate(
    chatapp: Emulator, limit: int
) -> None:
    say(chatapp, (1, 9), (2, 10), (3, 10), (4, 10), (5, 10), (6, 11), (7, 8))
    found = pages(chatapp, messages_path("a"), direction="next", lastTime=10, limit=limit)
    assert [one for page in found for one in page] == [2, 3, 4, 5, 6]
    assert len(found) == -(-5 // limit)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_prev_pages_from_the_newest_message_to_the_oldest(chatapp: Emulator, limit: int) -> None:
    say(chatapp, (1, 9), (2, 10), (3, 10), (4, 10), (5, 11), (6, 12), (7, 8))
    found = pages(chatapp, messages_path("a"), direction="prev", lastTime=11, limit=limit)
    assert [one for page in found for one in page] == [5, 4, 3, 2, 1, 7]
    assert len(found) == -(-6 // limit)


def test_messages_that_come_while_a_client_pages_are_on_a_later_page(chatapp: Emulator) -> None:
    say(chatapp, (1, 10), (2, 10), (3, 10))
    first = listing(chatapp, messages_path("a"), direction="next", limit=2).json()["data"]
    say(chatapp, (4, 10), (5, 11))
    assert [item["id"] for item in first["items"]] == [1, 2]
    cursor = first["nextPage"]
    assert ids(chatapp, messages_path("a"), direction="next", nextPage=cursor) == [3, 4, 5]


def test_without_a_query_the_newest_twenty_messages_come(chatapp: Emulator) -> None:
    say(chatapp, *((number, number) for number in range(1, 26)))
    assert ids(chatapp, messages_path("a")) == list(range(25, 5, -1))
    assert ids(chatapp, messages_path("a"), direction="next", limit=1) == [1]


def test_system_messages_come_only_to_those_who_ask(chatapp: Emulator) -> None:
    for number, kind in enumerate(["text", "system", "text"], 1):
        chatapp.publish(TELEGRAM, "message", message("a", number, 10, type=kind))
    for asked, expected in [({}, [1, 3]), ({"includeSystemMessages": 0}, [1, 3])]:
        assert ids(chatapp, messages_path("a"), direction="next", **asked) == expected
    found = pages(chatapp, messages_path("a"), direction="next", includeSystemMessages=1, limit=2)
    assert found == [[1, 2], [3]]


@pytest.mark.parametrize(
    "chat_id",
    [
        "79990000000@c.us",
        "private-1480005234h1360003129730259258",
        "group/12/34",
        "100%",
        "a%2Fb",
        "a b+c",
        "{braces}",
        "?x=1&y=2#z",
        "чат 🙏",
    ],
)
def test_chat_ids_are_encoded_in_the_path(chatapp: Emulator, chat_id: str) -> None:
    say(chatapp, (1, 10), chat=chat_id)
    say(chatapp, (2, 10), chat="another")
    assert ids(chatapp, messages_path(chat_id)) == [1]


def test_chats_are_listed_from_the_newest_to_the_oldest(chatapp: Emulator) -> None:
    for chat, time in [("a", 30), ("b", 10), ("c", 20), ("b", 40)]:
        say(chatapp, (time, time), chat=chat)
    assert [(item["id"], item["lastTime"]) for item in items(chatapp, CHATS)] == [
        ("b", 40),
        ("a", 30),
        ("c", 20),
    ]
    assert ids(chatapp, CHATS, limit=2) == ["b", "a"]


def test_last_time_leads_to_the_chats_that_are_strictly_older(chatapp: Emulator) -> None:
    for chat, time in [("a", 30), ("b", 20), ("c", 20), ("d", 10)]:
        say(chatapp, (1, time), chat=chat)
    assert ids(chatapp, CHATS, lastTime=30) == ["c", "b", "d"]
    assert ids(chatapp, CHATS, lastTime=20) == ["d"]
    assert ids(chatapp, CHATS, lastTime=10) == []


def test_licenses_of_others_are_not_shown(chatapp: Emulator) -> None:
    for channel in ("private-v1.licenses.7.messengers.telegram", f"{TELEGRAM}Bot"):
        chatapp.publish(channel, "message", message("a", 1, 10))
    assert items(chatapp, CHATS) == []


@pytest.mark.parametrize("rest", ["/chats", "/chats/a/messages"])
@pytest.mark.parametrize(
    "messenger",
    ["7/messengers/telegram", "01229/messengers/telegram", "1229/messengers/Telegram"],
)
def test_unknown_license_or_messenger_is_forbidden(
    chatapp: Emulator, messenger: str, rest: str
) -> None:
    response = listing(chatapp, f"/v1/licenses/{messenger}{rest}")
    assert response.status_code == 403
    assert response.json() == error("ApiAccessError", "Access denied")


def test_unknown_chat_is_not_found(chatapp: Emulator) -> None:
    say(chatapp, (1, 10))
    response = listing(chatapp, messages_path("A"))
    assert response.status_code == 404
    assert response.json() == error("ApiNotFoundError", "Chat not found")


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        (CHATS, {"limit": 101}, "The limit must be between 1 and 100."),
        (CHATS, {"limit": 0}, "The limit must be between 1 and 100."),
        (CHATS, {"limit": "ten"}, "The limit must be a number."),
        (CHATS, {"limit": "9" * 19}, "The limit must be a number."),
        (CHATS, {"lastTime": "-1"}, "The lastTime must be a number."),
        (messages_path("a"), {"limit": 101}, "The limit must be between 1 and 100."),
        (messages_path("a"), {"lastTime": "1.5"}, "The lastTime must be a number."),
        (messages_path("a"), {"direction": "up"}, "The direction must be one of: prev, next."),
        (messages_path("a"), {"nextPage": "10+"}, "The nextPage is invalid."),
        # A cursor that wasn't encoded: its plus becomes a space.
        (messages_path("a"), {"nextPage": "10 1"}, "The nextPage is invalid."),
        (
            messages_path("a"),
            {"includeSystemMessages": "true"},
            "The includeSystemMessages must be one of: 0, 1.",
        ),
    ],
)
def test_query_that_makes_no_sense_is_refused(
    chatapp: Emulator, path: str, query: dict[str, str | int], reason: str
) -> None:
    say(chatapp, (1, 10))
    response = listing(chatapp, path, **query)
    assert response.status_code == 422
    assert response.json() == error("ApiValidationError", reason)


@pytest.mark.parametrize("path", [CHATS, messages_path("a")])
def test_token_is_needed(chatapp: Emulator, path: str) -> None:
    say(chatapp, (1, 10))
    response = get(chatapp, path, {"Authorization": "$2y$10$other"})
    assert response.status_code == 401
    assert response.json() == error("ApiInvalidTokenError", "Invalid Token")
