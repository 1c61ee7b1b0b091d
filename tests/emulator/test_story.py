"""The story: its first pass has all events; it is consistent, repeatable and endless."""

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from itertools import islice

import pytest

from chatapp_tail import jsontext
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.description import Describer
from chatapp_tail.chatapp.events import EVENTS, fields, samples
from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.values import dig, integer
from chatapp_tail.emulator.account import DEMO_ACCOUNT
from chatapp_tail.emulator.story import FIRST_PASS_ITEMS, gaps, story
from chatapp_tail.pusher.protocol import PusherEvent
from tests.support.fake_clock import FakeClock

NOON = 1795348800


def decoded(seed: int = 1) -> Iterator[Record]:
    """Yield the story's items as a tail would decode them."""
    clock = FakeClock()
    for seq, (channel, event, payload) in enumerate(story(seed, clock)):
        data = jsontext.dumps(payload).decode()
        yield from decode_event(
            PusherEvent(event, channel, data), seq=seq, received_at=clock.utcnow()
        )


FIRST_PASS = list(islice(decoded(), FIRST_PASS_ITEMS))
LONG = list(islice(decoded(), 3_000))


def test_first_pass_has_all_19_documented_events() -> None:
    assert {record.envelope.event for record in FIRST_PASS} == set(EVENTS)


ASKED = "[image] Здравствуйте! Можно такой же торт к субботе? 🍰"
TOO_LATE = "more than 24 hours have passed since the customer last replied to this number"


def test_first_pass_reads_as_a_story() -> None:
    describer = Describer()
    rows = [
        describer.describe(record).words
        for record in FIRST_PASS
        if record.envelope.event.startswith(("message", "quick"))
    ]
    assert rows == [
        f"← {ASKED}",
        f"→ employee 685: Иә, әрине! К субботе успеем 👍 (↩ {ASKED})",
        "✓✓ delivered +0s · Иә, әрине! К субботе успеем 👍",
        "← [location] 43.2389,76.8897 · Entrega aqui, por favor 🙏",
        "→ api: [file] Цены 2026.pdf · Our cakes and prices",
        "✗ failed: Message undeliverable (131026) · [file] Цены 2026.pdf · Our cakes and prices",
        "deleted · [file] Цены 2026.pdf · Our cakes and prices",
        "❤️ · Иә, әрине! К субботе успеем 👍",
        "← Павел: а доставка когда?",
        "→ employee 124: Завтра с 10 до 12 🚚 (↩ а доставка когда?)",
        "→ bot: Ваш заказ принят",
        "→ bot: Ваш заказ принят (again)",
        "← Сколько стоит торт на 12 чиловек?",
        "← Сколько стоит торт на 12 человек? (edited)",
        "← +15m Вы ещё открыты?",
        "→ phone: Да, до девяти",
        "→ phone: Да, до девяти (deleted)",
        "→ api: Your order 77 is ready",
        f"✗ failed: Re-engagement message (131047): {TOO_LATE} · Your order 77 is ready",
        "← [interactive] Yes",
        "← [contacts] Ana Pereira · +7 000 000-00-07",
        "← [call] missed call",
        'create #1338 "Доставка 🚚" (2 people)',
        "destroy #1197",
        "destroy #1198",
        "→ system: Диалог закрыт",
    ]


def test_each_event_decodes_and_agrees_with_its_channel_which_may_be_watched() -> None:
    watchable = DEMO_ACCOUNT.channels()
    for envelope in (record.envelope for record in LONG):
        owner, meta = envelope.owner, envelope.meta
        assert not envelope.malformed
        assert envelope.channel is not None
        assert envelope.channel.name in watchable
        assert owner.scope == EVENTS[envelope.event].scope
        assert dig(meta, "type") == envelope.event
        assert dig(meta, "messengerType") == owner.messenger
        ids = [integer(dig(meta, key)) for key in ("licenseId", "companyId", "userId")]
        assert ids == [owner.license, owner.company, owner.user]


def test_ids_and_times_mix_numbers_and_text_as_the_real_ones_do() -> None:
    licenses = {type(dig(r.envelope.meta, "licenseId")) for r in LONG if r.envelope.owner.license}
    assert licenses == {int, str}
    times = {r.envelope.event: type(dig(r.data, "time")) for r in LONG}
    assert (times["message"], times["messageReaction"]) == (int, str)


def test_items_have_documented_fields_only() -> None:
    for record in FIRST_PASS:
        assert isinstance(record.data, dict)
        documented = {field.path for field in fields(record.envelope.event)}
        assert set(record.data) <= documented | {"destroyed"}  # a field of REST


def test_times_are_the_clocks() -> None:
    occurred = {record.occurred_at for record in LONG if record.occurred_at is not None}
    now = FakeClock().utcnow()
    assert occurred == {now, now - timedelta(minutes=15)}  # one message is late
    (window,) = (r.data for r in FIRST_PASS if r.envelope.event == "chatConversation")
    assert dig(window, "conversation", "startTime") == NOON
    assert dig(window, "conversation", "endTime") == NOON + 86_400


MESSAGE_IDS = {
    "telegram": "[0-9]{5,}|[0-9a-f-]{36}",
    "grWhatsApp": "3EB0[0-9A-F]{18}",
    "caWhatsApp": "wamid\\.[A-Za-z0-9+/]{52,}=*",
}


def test_message_ids_have_the_form_of_their_messenger() -> None:
    messages = [record for record in LONG if record.envelope.event == "message"]
    assert {record.envelope.owner.messenger for record in messages} == set(MESSAGE_IDS)
    for record in messages:
        form = MESSAGE_IDS[record.envelope.owner.messenger or ""]
        assert re.fullmatch(form, str(record.message_id))


def test_statuses_belong_to_earlier_messages_of_the_same_channel() -> None:
    known = set()
    for record in LONG:
        key = (record.envelope.channel, dig(record.data, "id"))
        if record.envelope.event == "message":
            known.add(key)
        elif record.envelope.event == "messageStatus":
            assert key in known


def test_all_events_come_again_and_messages_and_statuses_most_often() -> None:
    counts = Counter(record.envelope.event for record in LONG[FIRST_PASS_ITEMS:])
    assert {event for event, _ in counts.most_common(2)} == {"message", "messageStatus"}
    assert set(counts) == set(EVENTS)
    statuses = {dig(r.data, "type") for r in LONG if r.envelope.event == "messageStatus"}
    assert statuses == {"sent", "delivered", "viewed", "failed"}


def test_story_depends_on_the_seed_alone_and_leaves_the_samples_unchanged() -> None:
    before = deepcopy([samples(name) for name in EVENTS])
    first, again, other = (list(islice(story(seed, FakeClock()), 300)) for seed in (1, 1, 2))
    assert first == again != other
    assert [samples(name) for name in EVENTS] == before


@pytest.mark.parametrize("pace", [0.01, 0.5, 3.0])
def test_gaps_are_repeatable_around_the_pace_and_short_in_the_first_pass(pace: float) -> None:
    some = list(islice(gaps(1, pace), 2_000))
    assert some == list(islice(gaps(1, pace), 2_000))
    assert max(some[:FIRST_PASS_ITEMS]) <= 2 * pace
    assert 0.9 * pace < sum(some) / len(some) < 1.1 * pace
