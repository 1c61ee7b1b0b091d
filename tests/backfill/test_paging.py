"""Reading a span: order, pages that repeat, hostile answers, and the local ChatApp's own pages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_tail.account.rest import Page, Rest
from chatapp_tail.backfill.paging import (
    MOST_BYTES,
    MOST_CHAT_PAGES,
    MOST_ITEMS,
    MOST_MESSAGE_PAGES,
    Missed,
    Span,
    SpanReader,
    span_of,
)
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.values import dig
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnavailableError,
    TokenRefusedError,
)
from tests.account.given import Tokens, connected
from tests.backfill.given import (
    NOON,
    TELEGRAM,
    ScriptedRest,
    chat,
    chats_before,
    ids,
    item,
    page,
    span,
)
from tests.chatapp.given import json_values
from tests.emulator.given import message
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator


def read(rest: Rest, since: int = 100) -> Missed:
    return SpanReader(lambda call: call(rest), 1229, "telegram", since).read()


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
    messages = {
        "a": page(item(1, 110), item(2, 130)),
        "b": page(item(3, 110), item(4, 120)),
    }
    rest = ScriptedRest(
        chats_before(chat("a", 130), chat("b", 120), chat("c", 99)),
        lambda chat_id, _: messages[chat_id],
    )
    found = read(rest)
    assert (ids(found.items()), found.problem) == ([1, 3, 4, 2], None)
    assert rest.asked == [("a", 100, None), ("b", 100, None)]
    assert rest.bounds == [None]


def messages_of_a_chat(*messages: dict[str, object]) -> list[dict[str, object]]:
    """Return what is read where one chat has ``messages``."""
    listed = chats_before(chat("a", 110), chat("b", 1))
    return list(read(ScriptedRest(listed, lambda *_: page(*messages))).items())


def test_each_message_has_its_chat_as_in_an_event() -> None:
    own: dict[str, object] = {"id": "a", "name": "Own"}
    found = messages_of_a_chat(
        item(1, 110), {**item(2, 110), "chat": own}, {**item(3, 110), "chat": None}, {"chat": {}}
    )
    listed = {"id": "a", "lastTime": 110, "name": "Chat a"}
    assert [one["chat"] for one in found] == [listed, own, listed, listed]


def test_messages_from_before_the_moment_are_left_out() -> None:
    found = messages_of_a_chat(item(1, 99), item(2, 100), item(3, "99"), item(4, "101"))
    assert ids(found) == [2, 4]


@pytest.mark.parametrize("time", [None, "soon", 1.5, -3, 0, 10**12, True, {}])
def test_message_without_a_time_keeps_its_place(time: object) -> None:
    assert ids(messages_of_a_chat(item(1, 110), item(2, time), item(3, 105))) == [3, 1, 2]


def test_cursor_leads_through_the_pages_empty_ones_too() -> None:
    pages = {
        None: page(item(1, 110), more="x"),
        "x": page(more="y"),
        "y": page(more="z"),
        "z": page(item(2, 110)),
    }
    rest = ScriptedRest(chats_before(chat(7, 110), chat("b", 1)), lambda _, cursor: pages[cursor])
    assert ids(read(rest).items()) == [1, 2]
    assert rest.asked == [("7", 100, None), ("7", 100, "x"), ("7", 100, "y"), ("7", 100, "z")]


# Pages of chats


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_chats_are_listed_until_one_is_older(size: int) -> None:
    listed = [chat(f"chat-{number}", 150 - number) for number in range(55)]
    rest = ScriptedRest(chats_before(*listed, size=size))
    read(rest)
    assert sorted(rest.read_chats) == sorted(f"chat-{number}" for number in range(51))


@pytest.mark.parametrize("size", [3, 4], ids=["a second fills a page", "over the edge of a page"])
def test_chats_of_one_second_hide_no_older_one(size: int) -> None:
    newest = [] if size == 3 else [chat("a", 130)]
    listed = [*newest, *(chat(f"b{n}", 120) for n in range(3)), chat("c", 110), chat("d", 1)]
    rest = ScriptedRest(chats_before(*listed, size=size))
    read(rest)
    assert rest.read_chats == [one["id"] for one in listed[:-1]]


def test_a_list_that_includes_the_second_asked_for_is_read_to_its_end() -> None:
    strictly = chats_before(*(chat(f"b{n}", 120 - n // 2) for n in range(8)), size=2)
    rest = ScriptedRest(lambda bound: strictly(None if bound is None else bound + 1))
    read(rest)
    assert len(rest.asked) == 8


def test_chat_that_moves_to_the_front_while_pages_are_read_is_found() -> None:
    """Somebody writes in "late" after the first page was read: it is on none of the later pages."""
    before = chats_before(chat("a", 130), chat("b", 120), chat("late", 110), chat("d", 1), size=2)
    after = chats_before(chat("late", 140), chat("a", 130), chat("b", 120), chat("d", 1), size=2)
    rest = ScriptedRest(lambda bound: before(bound) if len(rest.bounds) == 1 else after(bound))
    read(rest)
    assert rest.read_chats == ["a", "b", "late"]


def test_pinned_old_chat_at_the_top_does_not_end_the_list() -> None:
    pinned, others = chat("pinned", 5), chats_before(chat("a", 130), chat("b", 120), chat("c", 1))
    rest = ScriptedRest(lambda bound: Page((pinned, *others(bound).items)))
    read(rest)
    assert rest.read_chats == ["a", "b"]


def test_chats_without_a_time_are_read_to_be_safe() -> None:
    rest = ScriptedRest(lambda _: page(chat("a", None), {"id": "b"}, chat("c", "soon")))
    read(rest)
    assert rest.read_chats == ["a", "b", "c"]
    assert rest.bounds == [None]


@pytest.mark.parametrize("chat_id", [None, "", ".", "..", True, 1.5, [], {}, "x" * 1001])
def test_chat_without_a_usable_id_is_left_out(chat_id: object) -> None:
    rest = ScriptedRest(chats_before(chat(chat_id, 120), chat("b", 110), chat("c", 1)))
    read(rest)
    assert rest.read_chats == ["b"]


# Problems


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (ApiRefusedError("HTTP 404"), ["of a", "of c"]),  # of this chat: others can be read
        (TokenRefusedError("HTTP 401"), ["of a"]),
        (ApiUnavailableError("HTTP 503"), ["of a"]),
    ],
    ids=repr,
)
def test_messages_found_beside_a_problem_are_kept(error: ApiError, found: list[object]) -> None:
    def answer(chat_id: str, _: str | None) -> Page:
        if chat_id == "b":
            raise error
        return page(item(f"of {chat_id}", 110))

    listed = chats_before(chat("a", 130), chat("b", 125), chat("c", 120), chat("d", 1))
    result = read(ScriptedRest(listed, answer))
    assert (ids(result.items()), result.problem) == (found, error)


@pytest.mark.parametrize("broken", ["page of chats", "page of messages"])
def test_messages_read_before_a_broken_page_are_kept(broken: str) -> None:
    error = ApiUnavailableError("HTTP 500")

    def chats(bound: int | None) -> Page:
        if bound:
            raise error
        older = [] if broken == "page of chats" else [chat("b", 1)]
        return page(chat("a", 110), *older)

    def messages(_: str, cursor: str | None) -> Page:
        if cursor:
            raise error
        return page(item(1, 110), more="x" if broken == "page of messages" else None)

    result = read(ScriptedRest(chats, messages))
    assert (ids(result.items()), result.problem) == ([1], error)


def test_after_ten_refused_chats_no_other_is_asked_for() -> None:
    def refuse(*_: object) -> Page:
        raise ApiRefusedError("HTTP 403")

    listed = chats_before(*(chat(f"c{n}", 110) for n in range(50)), chat("b", 1))
    rest = ScriptedRest(listed, refuse)
    assert str(read(rest).problem) == "HTTP 403"
    assert len(rest.asked) == 10


# Loops


def test_reading_ends_where_the_list_repeats_itself() -> None:
    rest = ScriptedRest(lambda _: page(*(chat(f"c{n}", 200 - n) for n in range(50))))
    assert read(rest) == Missed((), None)
    assert len(rest.asked) == 50
    assert len(rest.bounds) < 10


def test_endless_list_ends_with_a_problem() -> None:
    numbers = count()
    rest = ScriptedRest(lambda _: page(chat(f"c{next(numbers)}", 10**11)))
    assert str(read(rest).problem) == "the API's list of chats has too many pages"
    assert len(rest.bounds) == MOST_CHAT_PAGES
    assert len(rest.asked) == MOST_CHAT_PAGES  # what was listed is read


@pytest.mark.parametrize(
    ("pages", "calls"),
    [
        (lambda _: page(item(1, 110), more="x"), 2),
        (lambda cursor: page(item(1, 110), more=f"{cursor}+"), 21),
        (lambda cursor: page(more=f"{cursor}+"), 20),
        (lambda cursor: page(item(1, 110), more="y" if cursor == "x" else "x"), 3),
    ],
    ids=["one cursor", "one message", "no message", "two cursors"],
)
def test_reading_ends_where_messages_repeat_themselves(
    pages: Callable[[str | None], Page], calls: int
) -> None:
    listed = chats_before(chat("a", 110), chat("b", 1))
    rest = ScriptedRest(listed, lambda _, cursor: pages(cursor))
    assert len(read(rest).texts) <= 1
    assert len(rest.asked) == calls


def test_messages_without_end_of_one_chat_leave_time_for_the_others() -> None:
    numbers = count()

    def answer(chat_id: str, cursor: str | None) -> Page:
        return page(item(next(numbers), 110), more=f"{cursor}+" if chat_id == "a" else None)

    result = read(ScriptedRest(chats_before(chat("a", 120), chat("b", 110), chat("c", 1)), answer))
    assert len(result.texts) == MOST_MESSAGE_PAGES + 1
    assert str(result.problem) == "the API's list of messages has too many pages"


def test_messages_over_the_limit_are_dropped_with_a_problem() -> None:
    messages = page(*(item(number, 110) for number in range(MOST_ITEMS // 2)))
    listed = chats_before(*(chat(name, 110) for name in "abcd"), chat("e", 1))
    result = read(ScriptedRest(listed, lambda *_: messages))
    assert len(result.texts) == MOST_ITEMS
    assert str(result.problem) == "there are more than 50,000 messages"


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

    rest = ScriptedRest(chats, messages)
    result = read(rest)
    assert "take more than 128 MB" in str(result.problem)
    assert sum(map(len, result.texts)) <= MOST_BYTES
    assert len(rest.bounds) + len(rest.asked) < MOST_CHAT_PAGES + 50


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
def test_reading_ends_whatever_is_answered(chats: list[Page], messages: list[Page]) -> None:
    listed, said = iter(chats), iter(messages)
    rest = ScriptedRest(lambda _: next(listed, Page(())), lambda *_: next(said, Page(())))
    assert all(isinstance(one["chat"], dict) for one in read(rest).items())


# The local ChatApp, over HTTP


@pytest.fixture
def chatapp() -> Iterator[Emulator]:
    """Return a local ChatApp that has said nothing yet."""
    with running_emulator(EmulatorSettings(pace=0)) as running:
        yield running


def say(emulator: Emulator, chat_id: str, message_id: object, time: int, **fields: object) -> None:
    emulator.publish(TELEGRAM, "message", message(chat_id, message_id, time, **fields))


def named(missed: Missed) -> list[tuple[object, object]]:
    """Return (chat's id, message's id) of each."""
    assert missed.problem is None
    return [(dig(one, "chat", "id"), one["id"]) for one in missed.items()]


def test_many_chats_and_many_messages_come_each_once(chatapp: Emulator) -> None:
    expected: list[tuple[object, object]] = []
    for number in range(130):
        say(chatapp, f"group/{number}? 100% 🙏", 1, 50)
    for number in range(130):
        if number % 13:
            say(chatapp, f"group/{number}? 100% 🙏", "late", 100 + number // 40, type="system")
            expected.append((f"group/{number}? 100% 🙏", "late"))
    for number in range(270):
        say(chatapp, "busy", number, 90 + number // 30)
    expected += [("busy", number) for number in range(270) if 90 + number // 30 >= 95]
    with connected(chatapp.api_url) as api:
        found = read(Rest(api, Tokens(chatapp.token)), since=95)
    assert sorted(named(found), key=str) == sorted(expected, key=str)
    times = [int(str(one["time"])) for one in found.items()]
    assert times == sorted(times)


def test_chats_that_are_written_to_while_they_are_listed_are_all_read(chatapp: Emulator) -> None:
    """Half of the chats move to the front of the list between two of its pages."""
    for number in range(220):
        say(chatapp, f"chat-{number}", "missed", 110 + number // 10)
    calls = count()

    def ask(call: Callable[[Rest], Page]) -> Page:
        if next(calls) == 1:
            for number in range(110):
                say(chatapp, f"chat-{number}", "live", 200 + number // 10)
        return call(rest)

    with connected(chatapp.api_url) as api:
        rest = Rest(api, Tokens(chatapp.token))
        found = named(SpanReader(ask, 1229, "telegram", 100).read())
    assert sorted(one for one in found if one[1] == "missed") == sorted(
        (f"chat-{number}", "missed") for number in range(220)
    )
