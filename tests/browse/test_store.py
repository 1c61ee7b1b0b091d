from chatapp_tail.browse.store import Event, Item, Line, Store
from chatapp_tail.browse.view import Change, View
from chatapp_tail.output.row import Row
from tests.support.records import STARTED_AT

CHAT, OTHER = ("channel", "chat"), ("channel", "other")
ROW = Row("", "", "", "", "", "")


def event(
    words: str = "", *, chat: tuple[str, str] | None = None, message: str | None = None
) -> Event:
    key = None if message is None else ("channel", message)
    return Event(STARTED_AT, ROW._replace(detail=words), b"{}\n", chat, key)


def sized(size: int) -> Event:
    """Return an event whose record has so many bytes."""
    return Event(STARTED_AT, ROW, b"x" * size)


def store(*items: Item, most_items: int = 100) -> Store:
    made = Store(most_items=most_items)
    for item in items:
        made.append(item)
    return made


def test_items_keep_their_numbers_when_the_oldest_are_dropped() -> None:
    kept = store(*(event(str(number)) for number in range(5_000)), most_items=10)
    assert (kept.first, kept.end, len(kept)) == (4_990, 5_000, 10)
    assert kept.get(4_989) is None
    assert kept.get(5_000) is None
    item = kept.get(4_995)
    assert isinstance(item, Event)
    assert item.row.detail == "4995"
    assert (kept.events, kept.events_given_up) == (10, 4_990)


def test_bytes_are_bounded_but_the_newest_item_always_stays() -> None:
    kept = Store(most_bytes=10_000)
    for _ in range(20):
        kept.append(sized(3_000))
    assert (len(kept), kept.size) == (3, 9_000)
    kept.append(sized(50_000))
    assert len(kept) == 1
    kept.append(sized(10))
    assert (len(kept), kept.size) == (1, 10)


def test_size_counts_only_what_is_kept() -> None:
    kept = store(*map(sized, range(100)), most_items=1)
    assert kept.size == 99


def test_index_finds_a_chat_and_a_message_until_they_are_dropped() -> None:
    kept = store(
        event(chat=CHAT, message="1"),
        event(chat=OTHER, message="2"),
        Line("between"),
        event(chat=CHAT, message="1"),
        most_items=4,
    )
    assert kept.chat(CHAT) == (0, 3)
    assert kept.message(("channel", "1")) == (0, 3)
    kept.append(event(chat=OTHER))
    assert kept.chat(CHAT) == (3,)
    assert kept.message(("channel", "1")) == (3,)
    assert kept.chat(OTHER) == (1, 4)
    kept.append(event())
    assert kept.message(("channel", "2")) == ()


def test_event_is_found_by_every_message_that_it_is_about() -> None:
    quoting = Event(
        STARTED_AT, ROW, b"", message=("channel", "2"), others=(("channel", "1"), ("channel", "x"))
    )
    kept = store(event(message="1"), quoting)
    assert kept.message(("channel", "1")) == (0, 1)
    assert kept.message(("channel", "x")) == (1,)


def test_view_of_everything_follows_the_store() -> None:
    kept = store(event(), event(), most_items=3)
    view = View(kept)
    assert len(view) == 0
    assert view.update(kept.end, most=100) == Change(gone=0, come=2)
    for _ in range(4):
        kept.append(event())
    assert view.update(kept.end, most=100) == Change(gone=2, come=3)
    assert [view.number(place) for place in range(len(view))] == [3, 4, 5]
    assert view.place(4) == 1


def test_view_takes_what_its_test_accepts_a_bounded_number_at_a_time() -> None:
    kept = store(*(event("odd" if number % 2 else "even") for number in range(10)), most_items=10)
    view = View(kept, lambda item: isinstance(item, Event) and item.row.detail == "odd")
    assert view.update(kept.end, most=4) == Change(gone=0, come=2)
    assert view.looked_at == 4
    assert view.update(kept.end, most=100) == Change(gone=0, come=3)
    assert [view.number(place) for place in range(len(view))] == [1, 3, 5, 7, 9]
    assert view.place(4) == 2
    for _ in range(4):
        kept.append(event("odd"))
    assert view.update(kept.end, most=100) == Change(gone=2, come=4)


def test_paused_view_drops_what_the_store_dropped_and_adds_nothing() -> None:
    kept = store(event(), event(), event(), most_items=3)
    view = View(kept)
    view.update(3, most=100)
    kept.append(event())
    assert view.update(3, most=100) == Change(gone=1, come=0)
    assert [view.number(place) for place in range(len(view))] == [1, 2]
    for _ in range(10):
        kept.append(event())
    assert view.update(3, most=100) == Change(gone=2, come=0)
    assert len(view) == 0
