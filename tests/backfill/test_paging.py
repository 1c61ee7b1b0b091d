"""Reading from scripted listings: order, pages that repeat, and hostile answers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_tail.account.rest import Page
from chatapp_tail.backfill.paging import (
    MOST_BYTES,
    MOST_CHAT_PAGES,
    MOST_ITEMS,
    MOST_MESSAGE_PAGES,
    Missed,
    Span,
    missed,
    span_of,
)
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    TokenRefusedError,
)
from tests.backfill.given import NOON, TELEGRAM, Script, chat, chats_before, ids, item, page, span
from tests.chatapp.given import json_values


def read(script: Script, since: int = 100) -> Missed:
    return missed(script, 1229, "telegram", since)


# From when


@pytest.mark.parametrize(
    ("since", "floor", "first"),
    [
        (NOON, datetime(2020, 1, 1, tzinfo=UTC), 1795348795),
        (NOON, NOON, 1795348800),
        (NOON, NOON - timedelta(seconds=2.1), 1795348797),
        (NOON + timedelta(seconds=0.9), NOON + timedelta(seconds=0.9), 1795348800),
        (NOON.astimezone(timezone(timedelta(hours=5))), NOON, 1795348800),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(1960, 1, 1, tzinfo=UTC), 0),
    ],
)
def test_reading_begins_a_little_earlier_but_not_before_the_floor(
    since: datetime, floor: datetime, first: int
) -> None:
    assert span(since=since, floor=floor).first_second(ahead=0.0) == first


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("1229/telegram", Span(TELEGRAM, 1229, "telegram", NOON, NOON)),
        ("company/2224/user/685", None),
        ("private-something", None),
    ],
)
def test_only_a_licences_channel_has_a_span(spec: str, expected: Span | None) -> None:
    assert span_of(parse_spec(spec), NOON, NOON) == expected


# What is read


def test_changed_chats_are_read_from_the_moment_on_and_sorted_by_time() -> None:
    listed = chats_before(chat("a", 130), chat("b", 120), chat("c", 99))
    messages = {
        "a": page(item(1, 110), item(2, 130)),
        "b": page(item(3, 110), item(4, 120)),
    }
    script = Script(listed, lambda chat_id, _: messages[chat_id])
    found = read(script)
    assert ids(found.items()) == [1, 3, 4, 2]
    assert found.problem is None
    assert script.asked == [("a", 100, None), ("b", 100, None)]
    assert script.bounds == [None]


def test_each_message_has_its_chat_as_in_an_event() -> None:
    own: dict[str, object] = {"id": "a", "name": "Own"}
    messages = page(
        item(1, 110), {**item(2, 110), "chat": own}, {**item(3, 110), "chat": None}, {"chat": {}}
    )
    script = Script(chats_before(chat("a", 110), chat("b", 1)), lambda *_: messages)
    listed = {"id": "a", "lastTime": 110, "name": "Chat a"}
    assert [one["chat"] for one in read(script).items()] == [listed, own, listed, listed]


def test_messages_from_before_the_moment_are_left_out() -> None:
    messages = page(item(1, 99), item(2, 100), item(3, "99"), item(4, "101"))
    script = Script(chats_before(chat("a", 101), chat("b", 1)), lambda *_: messages)
    assert ids(read(script).items()) == [2, 4]


@pytest.mark.parametrize("time", [None, "soon", 1.5, -3, 0, 10**12, True, {}])
def test_message_without_a_time_keeps_its_place(time: object) -> None:
    messages = page(item(1, 110), item(2, time), item(3, 105))
    script = Script(chats_before(chat("a", 110), chat("b", 1)), lambda *_: messages)
    assert ids(read(script).items()) == [3, 1, 2]


def test_cursor_leads_through_the_pages_empty_ones_too() -> None:
    pages = {
        None: page(item(1, 110), more="x"),
        "x": page(more="y"),
        "y": page(more="z"),
        "z": page(item(2, 110)),
    }
    script = Script(chats_before(chat(7, 110), chat("b", 1)), lambda _, cursor: pages[cursor])
    assert ids(read(script).items()) == [1, 2]
    assert script.asked == [("7", 100, None), ("7", 100, "x"), ("7", 100, "y"), ("7", 100, "z")]


# Pages of chats


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_chats_are_listed_until_one_is_older(size: int) -> None:
    listed = [chat(f"chat-{number}", 150 - number) for number in range(55)]
    script = Script(chats_before(*listed, size=size))
    read(script)
    assert sorted({chat_id for chat_id, _, _ in script.asked}) == sorted(
        f"chat-{number}" for number in range(51)
    )
    assert len(script.asked) == 51


def test_chats_of_one_second_are_found_over_the_edge_of_a_page() -> None:
    listed = [chat("a", 130), *(chat(f"b{n}", 120) for n in range(3)), chat("c", 110)]
    script = Script(chats_before(*listed, chat("d", 1), size=4))
    read(script)
    assert [chat_id for chat_id, _, _ in script.asked] == ["a", "b0", "b1", "b2", "c"]


def test_a_second_that_fills_a_page_does_not_hide_what_is_older() -> None:
    listed = [*(chat(f"b{n}", 120) for n in range(3)), chat("c", 110), chat("d", 1)]
    script = Script(chats_before(*listed, size=3))
    read(script)
    assert [chat_id for chat_id, _, _ in script.asked] == ["b0", "b1", "b2", "c"]


def test_a_list_that_includes_the_second_asked_for_is_read_to_its_end() -> None:
    strictly = chats_before(*(chat(f"b{n}", 120 - n // 2) for n in range(8)), size=2)
    script = Script(lambda bound: strictly(None if bound is None else bound + 1))
    read(script)
    assert len(script.asked) == 8


def test_chat_that_moves_to_the_front_while_pages_are_read_is_found() -> None:
    """Somebody writes in "late" after the first page was read: it is on none of the later pages."""
    before = chats_before(chat("a", 130), chat("b", 120), chat("late", 110), chat("d", 1), size=2)
    after = chats_before(chat("late", 140), chat("a", 130), chat("b", 120), chat("d", 1), size=2)
    script = Script(lambda bound: before(bound) if len(script.bounds) == 1 else after(bound))
    read(script)
    assert [chat_id for chat_id, _, _ in script.asked] == ["a", "b", "late"]


def test_pinned_old_chat_at_the_top_does_not_end_the_list() -> None:
    pinned, rest = chat("pinned", 5), chats_before(chat("a", 130), chat("b", 120), chat("c", 1))
    script = Script(lambda bound: Page((pinned, *rest(bound).items)))
    read(script)
    assert [chat_id for chat_id, _, _ in script.asked] == ["a", "b"]


def test_chats_without_a_time_are_read_to_be_safe() -> None:
    script = Script(lambda _: page(chat("a", None), {"id": "b"}, chat("c", "soon")))
    read(script)
    assert [chat_id for chat_id, _, _ in script.asked] == ["a", "b", "c"]
    assert script.bounds == [None]


@pytest.mark.parametrize("chat_id", [None, "", ".", "..", True, 1.5, [], {}, "x" * 1001])
def test_chat_without_a_usable_id_is_left_out(chat_id: object) -> None:
    script = Script(chats_before(chat(chat_id, 120), chat("b", 110), chat("c", 1)))
    read(script)
    assert [asked for asked, _, _ in script.asked] == ["b"]


# Problems


@pytest.mark.parametrize(
    "error",
    [ApiRefusedError("HTTP 403"), TokenRefusedError("HTTP 401"), ApiUnavailableError("HTTP 503")],
    ids=repr,
)
def test_list_that_cannot_be_read_is_the_problem(error: ApiError) -> None:
    def refuse(_: int | None) -> Page:
        raise error

    assert read(Script(refuse)) == Missed((), error)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (ApiRefusedError("HTTP 404"), ["of a", "of c"]),  # of this chat: others can be read
        (TokenRefusedError("HTTP 401"), ["of a"]),
        (ApiUnavailableError("HTTP 503"), ["of a"]),
    ],
    ids=repr,
)
def test_what_was_found_beside_a_problem_is_kept(error: ApiError, found: list[object]) -> None:
    def answer(chat_id: str, _: str | None) -> Page:
        if chat_id == "b":
            raise error
        return page(item(f"of {chat_id}", 110))

    listed = chats_before(chat("a", 130), chat("b", 125), chat("c", 120), chat("d", 1))
    result = read(Script(listed, answer))
    assert ids(result.items()) == found
    assert result.problem is error


def test_chats_listed_before_a_problem_are_read() -> None:
    error = ApiUnavailableError("HTTP 500")

    def answer(bound: int | None) -> Page:
        if bound:
            raise error
        return page(chat("a", 110))

    result = read(Script(answer, lambda *_: page(item(1, 110))))
    assert ids(result.items()) == [1]
    assert result.problem is error


def test_messages_before_the_broken_page_of_a_chat_are_kept() -> None:
    error = ApiUnavailableError("HTTP 500")

    def answer(_: str, cursor: str | None) -> Page:
        if cursor:
            raise error
        return page(item(1, 110), more="x")

    result = read(Script(chats_before(chat("a", 110), chat("b", 1)), answer))
    assert ids(result.items()) == [1]
    assert result.problem is error


def test_refusals_without_end_are_not_waited_for() -> None:
    def refuse(*_: object) -> Page:
        raise ApiRefusedError("HTTP 403")

    script = Script(chats_before(*(chat(f"c{n}", 110) for n in range(50)), chat("b", 1)), refuse)
    result = read(script)
    assert result.problem is not None
    assert len(script.asked) == 10


# Loops


def test_list_that_is_always_the_same_is_left() -> None:
    script = Script(lambda _: page(*(chat(f"c{n}", 200 - n) for n in range(50))))
    assert read(script) == Missed((), None)
    assert len(script.asked) == 50
    assert len(script.bounds) < 10


def test_list_without_end_is_left_and_said() -> None:
    numbers = count()
    script = Script(lambda _: page(chat(f"c{next(numbers)}", 10**11)))
    result = read(script)
    assert len(script.bounds) == MOST_CHAT_PAGES
    assert len(script.asked) == MOST_CHAT_PAGES  # what was listed is read
    assert result.problem is not None
    assert result.problem.message == "the API's list of chats has too many pages"


@pytest.mark.parametrize(
    ("pages", "calls"),
    [
        (lambda _: page(item(1, 110), more="x"), 2),
        (lambda cursor: page(item(1, 110), more=f"{cursor}+"), 21),
        (lambda cursor: page(more=f"{cursor}+"), 20),
        (lambda cursor: page(item(1, 110), more="y" if cursor == "x" else "x"), 3),
    ],
)
def test_messages_that_repeat_themselves_are_left(
    pages: Callable[[str | None], Page], calls: int
) -> None:
    listed = chats_before(chat("a", 110), chat("b", 1))
    script = Script(listed, lambda _, cursor: pages(cursor))
    assert len(read(script).texts) <= 1
    assert len(script.asked) == calls


def test_messages_without_end_of_one_chat_leave_time_for_the_others() -> None:
    numbers = count()

    def answer(chat_id: str, cursor: str | None) -> Page:
        number = next(numbers)
        return page(item(number, 110), more=f"{cursor}+" if chat_id == "a" else None)

    script = Script(chats_before(chat("a", 120), chat("b", 110), chat("c", 1)), answer)
    result = read(script)
    assert len(result.texts) == MOST_MESSAGE_PAGES + 1
    assert result.problem is not None
    assert result.problem.message == "the API's list of messages has too many pages"


def test_more_messages_than_fit_are_cut_and_said() -> None:
    messages = page(*(item(number, 110) for number in range(MOST_ITEMS // 2)))
    listed = chats_before(*(chat(name, 110) for name in "abcd"), chat("e", 1))
    result = read(Script(listed, lambda *_: messages))
    assert len(result.texts) == MOST_ITEMS
    assert result.problem is not None
    assert result.problem.message == "there are more than 50,000 messages"


@pytest.mark.parametrize("place", ["chats", "messages", "ids", "cursors", "repeated chat"])
def test_bytes_of_all_lists_together_are_bounded(place: str) -> None:
    large, numbers = "x" * 3_000_000, count()

    def chats(_: int | None) -> Page:
        number = next(numbers)
        padding = {"pad": large} if place == "chats" else {}
        if place == "repeated chat":
            return page({**chat("a", 110), "pad": large}, chat("b", 1))
        return page({**chat(f"c{number}", 10**11 - number), **padding})

    def messages(_: str, __: str | None) -> Page:
        number = next(numbers)
        if place == "repeated chat":
            return page(*({"id": f"{number}-{n}", "time": 110} for n in range(100)))
        if place == "cursors":
            return page({"id": number, "time": 5}, more=f"{number}{large}")
        message = {
            "messages": item(number, 110) | {"text": large},
            "ids": item(f"{number}{large}", 5),
        }
        return page(message.get(place, {}), more=str(number))

    script = Script(chats, messages)
    result = read(script)
    assert result.problem is not None
    assert "take more than 128 MB" in str(result.problem)
    assert sum(map(len, result.texts)) <= MOST_BYTES
    assert len(script.bounds) + len(script.asked) < MOST_CHAT_PAGES + 50


fields = json_values(3) | st.sampled_from([99, 100, "101", 10**30])
hostile_items = st.dictionaries(
    st.sampled_from(["id", "time", "lastTime", "chat", "name"]), fields, max_size=5
)
hostile_pages = st.builds(
    Page,
    st.lists(hostile_items, max_size=4).map(tuple),
    st.none() | st.text(min_size=1, max_size=3),
)


@given(chats=st.lists(hostile_pages, max_size=3), messages=st.lists(hostile_pages, max_size=5))
def test_whatever_is_answered_there_is_an_end(chats: list[Page], messages: list[Page]) -> None:
    listed, said = iter(chats), iter(messages)
    script = Script(lambda _: next(listed, Page(())), lambda *_: next(said, Page(())))
    result = read(script)
    assert all(isinstance(one["chat"], dict) for one in result.items())
