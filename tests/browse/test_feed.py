from chatapp_tail.browse.store import Event, Line, Tone
from tests.browse.given import Fed
from tests.support.records import received, said


def words(fed: Fed) -> list[str]:
    """Return what each item says, but for the days."""
    words = [item.row.detail if isinstance(item, Event) else item.words for item in fed.items]
    return [said for said in words if not said.endswith("2026")]


def test_each_day_begins_with_a_line() -> None:
    fed = Fed()
    for after in (1, 2, 86_400):
        fed.message(1, "hi", after=after)
    days = [item.words for item in fed.items if isinstance(item, Line)]
    assert days == ["Sun 22 Nov 2026", "Mon 23 Nov 2026"]


def test_sentences_stand_between_the_events_where_they_came() -> None:
    fed = Fed()
    fed.message(1, "before")
    fed.feed.write("chatapp-tail: warning: gap of 3 s (11:00:00–11:00:03) in all channels\n")
    fed.feed.write("chatapp-tail: warning: telegram refused\n")
    fed.feed.write("chatapp-tail: error: HTTP 401\n  Log in: chatapp-tail login\n")
    fed.message(2, "after")
    assert words(fed) == [
        "← before",
        "gap of 3 s (11:00:00–11:00:03) in all channels",
        "telegram refused",
        "error: HTTP 401",
        "  Log in: chatapp-tail login",
        "← after",
    ]
    tones = [item.tone for item in fed.items[2:-1] if isinstance(item, Line)]
    assert tones == [Tone.GAP, Tone.WARNING, Tone.ERROR, Tone.PLAIN]


def test_sentence_can_not_act_on_the_terminal() -> None:
    fed = Fed()
    fed.feed.write("chatapp-tail: the server says: \x1b[2J\n")
    assert words(fed) == ["the server says: \\x1b[2J"]


def test_table_that_sigusr1_asks_for_is_shown_without_its_colours() -> None:
    fed = Fed()
    fed.feed.write("EVENT    SEEN\n\x1b[32mmessage\x1b[0m     3\n")
    assert words(fed) == ["EVENT    SEEN", "message     3"]


def test_event_keeps_its_record_byte_for_byte() -> None:
    fed = Fed()
    record = said("[bold]\x1b[2J")
    fed.take([record])
    (event,) = [item for item in fed.items if isinstance(item, Event)]
    assert event.line == record.line()
    assert event.row.detail == "← [bold]\\x1b[2J"


def test_summary_counts_events_outcomes_and_seconds() -> None:
    fed = Fed()
    fed.message(1, "hi", side="out")
    fed.status(1, "failed", error="no such number")
    fed.clock.advance(3)
    fed.take(received({"data": [{}, {}], "meta": None}, event="chatRead"))
    summary, outcomes, seconds = fed.feed.summary()
    assert summary.total.seen == 4
    assert outcomes == ["1 message failed: 1 × no such number"]
    assert seconds[-4:] == [2, 0, 0, 2]
    assert len(seconds) == 120
