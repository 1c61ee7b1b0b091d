"""A conversation and a history, made of what a feed keeps."""

from collections.abc import Sequence

from chatapp_tail.browse.folding import Said, conversation, history
from chatapp_tail.browse.store import Event
from tests.browse.given import Fed
from tests.support.records import TELEGRAM


def events(fed: Fed, numbers: Sequence[int]) -> list[Event]:
    items = map(fed.feed.store.get, numbers)
    return [item for item in items if isinstance(item, Event)]


def chat(fed: Fed) -> list[Said]:
    return conversation(events(fed, fed.feed.store.chat((TELEGRAM, "private-1"))))


def test_statuses_are_folded_into_their_message_and_the_last_one_counts() -> None:
    fed = Fed()
    fed.message(1, "your order is ready", side="out", after=1)
    fed.status(1, "sent", after=1.5)
    fed.status(1, "delivered", after=2.4)
    (said,) = chat(fed)
    assert (said.event.row.detail, said.status, said.kind) == (
        "→ phone: your order is ready",
        "✓✓ delivered +1.4s",
        "delivered",
    )
    fed.status(1, "viewed", after=9)
    fed.status(1, "delivered", after=10)  # late
    (said,) = chat(fed)
    assert said.status == "✓✓ viewed +8s"


def test_failure_says_why() -> None:
    fed = Fed()
    fed.message(1, "hi", side="out")
    fed.status(1, "failed", error={"code": 131026, "message": "undeliverable"})
    (said,) = chat(fed)
    assert (said.status, said.kind) == ("✗ failed: undeliverable (131026)", "failed")


def test_reactions_edits_and_deletions_stand_at_their_message() -> None:
    fed = Fed()
    fed.message(1, "for 12 peple")
    fed.message(2, "hello")
    fed.message(1, "for 12 people")
    reaction = {"id": 1, "reaction": "❤️", "action": "react", "chat": {"id": "private-1"}}
    fed.event("messageReaction", reaction)
    fed.message(2, "hello", destroyed=True)
    first, second = chat(fed)
    assert first.event.row.detail == "← for 12 peple"
    assert first.below == ["edited: ← for 12 people", "❤️"]
    assert second.below == ["deleted"]


def test_conversation_has_all_events_of_its_chat_and_none_of_others() -> None:
    fed = Fed()
    fed.message(1, "hello")
    fed.message(2, "elsewhere", chat="private-2")
    fed.event("chatStatus", {"type": "close", "chat": {"id": "private-1"}})
    assert [said.event.row.detail for said in chat(fed)] == ["← hello", "status close"]


def test_status_whose_message_comes_later_is_folded_into_it() -> None:
    fed = Fed()
    fed.status(1, "delivered")
    fed.message(1, "hello", side="out")
    (said,) = chat(fed)
    assert (said.event.row.detail, said.status) == ("→ phone: hello", "✓✓ delivered")


def test_history_has_everything_about_a_message_and_the_time_between() -> None:
    fed = Fed()
    fed.message(1, "hello", side="out", after=1)
    fed.message(2, "another", after=1.5)
    fed.status(1, "delivered", after=2.2)
    fed.message(3, "what?", quotedMessage={"id": 1}, after=70)
    steps = history(events(fed, fed.feed.store.message((TELEGRAM, "1"))))
    assert [(step.since, step.words) for step in steps] == [
        ("", "→ phone: hello"),
        ("+1.2s", "✓✓ delivered +1.2s"),
        ("+1m", "← what? (↩ hello)"),
    ]


def test_message_is_found_by_its_other_id() -> None:
    fed = Fed()
    fed.message(7, "hello", internalId="abc")
    assert len(fed.feed.store.message((TELEGRAM, "abc"))) == 1
    assert len(fed.feed.store.message((TELEGRAM, "7"))) == 1
