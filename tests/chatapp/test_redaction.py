"""A Redactor masks everything personal and keeps everything else."""

import json
import re
from itertools import islice
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail import jsontext
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.description import Describer
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.chatapp.fields import as_dict
from chatapp_tail.chatapp.redaction import Redactor
from chatapp_tail.emulator.cast import CHATS, MEDIA, TAGS
from chatapp_tail.emulator.story import story
from chatapp_tail.pusher.protocol import PusherEvent
from tests.chatapp.given import RECEIVED_AT, TELEGRAM, hostile_text, json_values, record, shown
from tests.support.fake_clock import FakeClock
from tests.support.schema import validate_line

KEY = b"the key of these tests"

# All texts of the documented samples: the harmless ones, which are kept,
HARMLESS = {
    *EVENTS,
    *("telegram", "grWhatsApp", "caWhatsApp", "WhatsApp", "1229", "events"),
    *("in", "text", "private", "close", "delivered", "system", "react", "add", "pin", "inWork"),
    *("online", "start", "create", "destroy", "w", "r", "hhhh", "#123df55", "BIC"),
    *("685", "124", "1252", "1697795977", "app_123_1", "app_685_1"),
    "ccb637d17ba3aced8051abc263bd72e4",
}
# and the personal ones, which are masked.
PERSONAL = {
    *("Test", "test", "Test Test", "username_test", "Alisher Boy", "😂", "test 1"),
    *("7000000000", "70000000000", "79899725000", "7000000000@c.us", "70000000000@c.us"),
    *("private-1480005234h1360003129730259258", "h1360003129730259258", "group-54911000655"),
    *("private-1480000234h1367520000730259258", "h1367520000730259258"),
    "private-243232294h-5444116472189911315",
    "wamid.HBgLNzk4OTk3MjU0NDIVAgARGBIyNjYzNkVEMTcyOTczMDgxMEEA",
    "https://telegramclientapi.app24.online/GetDialogPhoto/3bf70000-941b-4e19-bc31-56e150a0e900",
    *("List name", "test@test.test", "test2@test.test"),
    *("Response name", "Detail text", "test test2 test4"),
}
PERSONAL_NUMBERS = {1480675234}
SAMPLE_TIMES = {"1637319282", "1706175215", "1697795977", "1644500500", "1644586900"}
SAMPLES = [(name, number) for name in EVENTS for number in range(len(samples(name)))]


def redacted(data: object, *, key: bytes = KEY) -> object:
    """Return the masked value of an event's data, given as a value."""
    text = json.dumps(data)
    masked = Redactor(key).redact_event(PusherEvent("message", TELEGRAM, text)).data
    return json.loads(masked) if isinstance(masked, str) else masked


def redacted_item(item: object) -> object:
    """Return one masked item of ``data[]``."""
    wrapped = redacted({"queue": "events", "payload": {"data": [item], "meta": None}})
    return cast("dict[str, dict[str, list[object]]]", wrapped)["payload"]["data"][0]


def leaves(value: object, masked: object) -> list[tuple[object, object]]:
    """Return all values inside ``value``, each with what stands in its place in ``masked``."""
    if isinstance(value, dict):
        assert isinstance(masked, dict)
        assert masked.keys() == value.keys()
        return [pair for key in value for pair in leaves(value[key], masked[key])]
    if isinstance(value, list):
        assert isinstance(masked, list)
        pairs = zip(value, masked, strict=True)
        return [pair for one, other in pairs for pair in leaves(one, other)]
    return [(value, masked)]


def texts(value: object, masked: object) -> list[tuple[str, object]]:
    """Return those of ``leaves`` that are texts before they are masked."""
    return [(one, other) for one, other in leaves(value, masked) if isinstance(one, str)]


def without_digests(value: object) -> object:
    """Return ``value`` with ``…`` for the ten characters of its masks."""
    if isinstance(value, dict):
        return {_blurred(key): without_digests(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_digests(inner) for inner in value]
    return _blurred(value) if isinstance(value, str) else value


def _blurred(text: str) -> str:
    return re.sub(r"(?<=[-/])[a-z2-7]{10}(?![a-z2-7])", "…", text)


def test_every_text_of_the_samples_is_known_as_harmless_or_personal() -> None:
    all_samples = [samples(name)[number] for name, number in SAMPLES]
    found = {text for text, _ in texts(all_samples, all_samples)}
    assert found - {""} == PERSONAL | HARMLESS - {"events"}
    assert PERSONAL.isdisjoint(HARMLESS)


@pytest.mark.parametrize(("name", "number"), SAMPLES)
def test_samples_keep_what_is_harmless_and_lose_what_is_personal(name: str, number: int) -> None:
    sample = samples(name)[number]
    for original in (sample, {"queue": "events", "payload": sample}):
        masked = redacted(original)
        line = jsontext.dumps(masked).decode()
        for before, after in leaves(original, masked):
            is_personal = before in (PERSONAL if isinstance(before, str) else PERSONAL_NUMBERS)
            assert (before != after) == is_personal
        assert [text for text in PERSONAL if text in line] == []
        assert set(re.findall(r"\d{9,}", line)) <= SAMPLE_TIMES


@pytest.mark.parametrize(
    ("name", "who", "words"),
    [
        ("message", "name-…", "← +1829d text-…(4) (↩ text-…(4))"),
        ("chatTag", "group-…", '+ tag "name-…"'),
        ("chatResponsible", "phone-…@c.us", "responsible employee 685 (by employee 685)"),
        ("chatConversation", "phone-…", "window open until Fri 13:41 (BIC)"),
        ("quickResponseList", "", 'create #1338 "name-…" (2 people)'),
    ],
)
def test_masked_samples_read_well(name: str, who: str, words: str) -> None:
    event = Redactor(KEY).redact_event(PusherEvent(name, TELEGRAM, json.dumps(samples(name)[0])))
    (one,) = decode_event(event, seq=17, received_at=RECEIVED_AT)
    row = Describer(RECEIVED_AT.tzinfo).describe(one)
    assert (_blurred(row.who), _blurred(row.detail)) == (who, words)


def test_masked_media_and_errors_read_well() -> None:
    file = {"link": "https://a.example/x.pdf", "name": "Цены 2026.pdf", "size": 70_000}
    media = {"side": "in", "type": "file", "message": {"caption": "", "file": file}}
    place = {"side": "in", "type": "location", "message": {"location": {"lat": 43.2, "lon": 76}}}
    failed = {"id": 5, "type": "failed", "error": {"code": 131026, "message": "No Ann here"}}
    rows = [
        Describer().describe(record(event, redacted_item(item))).detail
        for event, item in (("message", media), ("message", place), ("messageStatus", failed))
    ]
    assert [_blurred(row) for row in rows] == [
        "← [file] file-….pdf",
        "← [location] 0.0,0",
        "✗ failed: text-…(11) (131026)",
    ]


UUID = "3bf70000-941b-4e19-bc31-56e150a0e900"


@pytest.mark.parametrize(
    "item",
    [
        {"id": 999_999_999},
        {"id": "3EB0AAF1D2C3B4A59687"},
        {"id": UUID},
        {"fromApp": {"id": "webchat"}},
        {"type": "brandNew"},
        {"time": "2026-11-22T11:39:24.521Z"},
        {"lastTime": 1795348800123},
        {"time": 1795348800.5},
        {"brandNew": 43},
        {"brandNew": True, "other": None},
        {"size": 5_000_000_000},
        {"file": {"contentType": "image/jpeg"}},
        {"licenseId": "1229", "userId": 685},
    ],
    ids=shown,
)
def test_harmless_field_is_kept(item: object) -> None:
    assert redacted_item(item) == item


@pytest.mark.parametrize(
    ("item", "masked"),
    [
        # persons and chats
        ({"chat": {"id": 79_990_000_000}}, {"chat": {"id": "phone-…"}}),
        ({"chat": {"name": "+7 999 000-00-00"}}, {"chat": {"name": "phone-…"}}),
        ({"chat": {"hash": "h12345"}}, {"chat": {"hash": "h-…"}}),
        (
            {"chat": {"image": "https://a.example/x"}},
            {"chat": {"image": "https://masked.invalid/…"}},
        ),
        ({"chat": {"tags": [{"name": "vip"}]}}, {"chat": {"tags": [{"name": "name-…"}]}}),
        ({"fromUser": {"id": "79990000000@c.us"}}, {"fromUser": {"id": "phone-…@c.us"}}),
        ({"fromUser": {"id": 5, "age": 30}}, {"fromUser": {"id": "id-…", "age": "text-…(2)"}}),
        ({"username": "ann", "name": "Ann"}, {"username": "user-…", "name": "name-…"}),
        ({"phone": "7", "email": "a@b.c"}, {"phone": "phone-…", "email": "email-…"}),
        # ids and words where others are kept
        ({"id": "79990000000"}, {"id": "phone-…"}),
        ({"id": "alisher"}, {"id": "id-…"}),
        ({"fromApp": {"id": "ivan"}}, {"fromApp": {"id": "id-…"}}),
        ({"fromApp": {"tracking": "ivan"}}, {"fromApp": {"tracking": "text-…(4)"}}),
        ({"error": "ivan"}, {"error": "text-…(4)"}),
        ({"error": {"code": "470", "x": "ivan"}}, {"error": {"code": "470", "x": "text-…(4)"}}),
        ({"sender": "ivan", "code": "x"}, {"sender": "text-…(4)", "code": "text-…(1)"}),
        ({"type": "Brand new"}, {"type": "text-…(9)"}),
        ({"status": "Новый"}, {"status": "text-…(5)"}),
        ({"type": 79_990_000_000}, {"type": "phone-…"}),
        # times
        ({"time": 79_990_000_000}, {"time": "phone-…"}),
        ({"time": "79990000000"}, {"time": "phone-…"}),
        ({"birthDate": "12 May 1990"}, {"birthDate": "text-…(11)"}),
        ({"birth": {"date": "1990-05-12"}}, {"birth": {"date": "text-…(10)"}}),
        # places
        ({"location": {"lat": 43.2389, "lng": 76}}, {"location": {"lat": 0.0, "lng": 0}}),
        ({"location": {"latitude": "43.2"}}, {"location": {"latitude": "place-…"}}),
        ({"location": {"x": 43}, "coordinates": [43]}, {"location": {"x": 0}, "coordinates": [0]}),
        # unknown fields
        ({"utm": {"source": "ivan"}}, {"utm": {"source": "text-…(4)"}}),
        ({"brandNew": 43.2389}, {"brandNew": 0.0}),
        ({"brandNew": 79_990_000_000}, {"brandNew": "phone-…"}),
        ({"brandNew": -(10**18)}, {"brandNew": "text-…(20)"}),
        ({"brandNew": ["ann"]}, {"brandNew": ["text-…(3)"]}),
        ({"phone": 5}, {"phone": "phone-…"}),
        ({"text": 5}, {"text": "text-…(1)"}),
        ({"79990000000": {"id": 5}}, {"key-…": {"id": "id-…"}}),
        ({"Анна": 5}, {"key-…": 5}),
        ({"k" * 65: 5}, {"key-…": 5}),
        ("ann", "text-…(3)"),
    ],
    ids=shown,
)
def test_personal_field_is_masked(item: object, masked: object) -> None:
    assert without_digests(redacted_item(item)) == masked


def test_same_person_has_the_same_mask_in_every_event_and_another_with_another_key() -> None:
    forms = [
        {"chat": {"id": "79990000000@c.us", "phone": "+7 999 000-00-00"}},
        {"chat": {"id": "79990000000"}, "fromUser": {"id": 79_990_000_000, "phone": 79990000000}},
        {"brandNew": "79990000000", "chat": {"name": "79990000000"}},
    ]
    redactor = Redactor(KEY)
    lines = [
        jsontext.dumps(redactor.redact_event(PusherEvent("e", None, form)).data).decode()
        for form in forms
    ]
    assert [line.count("jlw475hj7e") for line in lines] == [2, 3, 2]
    assert redacted(forms[0]) == json.loads(lines[0])
    assert "jlw475hj7e" not in json.dumps(redacted(forms[0], key=b"another"))


def test_events_of_the_demo_lose_all_that_is_personal() -> None:
    redactor = Redactor(KEY)
    personal = [text for chat in CHATS for text in (chat.name, chat.phone, chat.id, chat.username)]
    personal += [text for chat in CHATS for text in (*chat.questions, *chat.answers)]
    personal += [text for _, file in MEDIA for text in (file["link"], file["name"])]
    for channel, event, payload in islice(story(1, FakeClock()), 500):
        masked = redactor.redact_event(PusherEvent(event, channel, json.dumps(payload)))
        line = jsontext.dumps(masked).decode()
        assert [text for text in (*personal, *TAGS) if text and text in line] == []
        assert (masked.event, masked.channel) == (event, channel)


@pytest.mark.parametrize(
    ("data", "masked"),
    [
        ("", ""),
        ("Ann", "text-…(3)"),
        ("NaN", "text-…(3)"),
        ('"Ann"', '"text-…(3)"'),
        ("79990000000", '"phone-…"'),
        ("4.5", "0.0"),
        (None, "null"),
        ("[]", []),
        ('["Ann"]', ["text-…(3)"]),
        ({"text": "Ann"}, {"text": "text-…(3)"}),
        pytest.param(object(), "null", id="no JSON at all"),
        ("[" * 100_000, "text-…(100000)"),
    ],
    ids=shown,
)
def test_data_of_any_kind(data: object, masked: object) -> None:
    found = Redactor(KEY).redact_event(PusherEvent("message", TELEGRAM, data)).data
    found = re.sub("(?<=-)[a-z2-7]{10}", "…", found) if isinstance(found, str) else found
    assert without_digests(found) == masked


@pytest.mark.parametrize(
    ("event", "channel", "masked"),
    [
        ("message", TELEGRAM, ("message", TELEGRAM)),
        ("", None, ("", None)),
        ("App\\Events\\Said", "private-my.own;1", ("App\\Events\\Said", "private-my.own;1")),
        ("hello Ann", "for Ann", ("event-…", "channel-…")),
        ("to-79990000000", "private-79990000000", ("event-…", "channel-…")),
        ("e" * 65, "7999@c.us", ("event-…", "channel-…")),
    ],
    ids=shown,
)
def test_names_of_events_and_channels_are_kept_if_they_look_like_names(
    event: str, channel: str | None, masked: tuple[str, str | None]
) -> None:
    found = Redactor(KEY).redact_event(PusherEvent(event, channel, None))
    assert (without_digests(found.event), without_digests(found.channel)) == masked


def test_employees_names_are_masked_also_those_that_come_later() -> None:
    people = {"685": "Test Test"}
    names = Redactor(KEY).names(people)
    assert dict(names) == {"685": "name-7hk5p4lxjh"}
    people["7"] = "Ann"
    assert len(names) == 2
    assert names["7"].startswith("name-")
    assert names.get("8", "nobody") == "nobody"


def test_key_must_not_be_empty_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match="the key is empty"):
        Redactor(b"")
    assert "the key" not in repr(Redactor(KEY))


UNKNOWN_KEYS = (
    *("brandNew", "brand_new", "name", "fullName", "userName", "text", "caption", "phone", "email"),
    *("username", "link", "avatarUrl", "hash", "chatId", "wa_id", "fileName", "message", "lat"),
    *("sender", "code", "lang", "city", "vcard", "token", "birthDate", "address", "reaction"),
)
keys = st.sampled_from(UNKNOWN_KEYS)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(keys, anything, min_size=1))
@settings(max_examples=200, deadline=None)
def test_no_text_of_an_unknown_field_comes_through(item: dict[str, object]) -> None:
    for before, after in texts(item, redacted_item(item)):
        assert isinstance(after, str)
        assert (before == after) == (before == "")


KNOWN_KEYS = (
    *("id", "type", "status", "queue", "color", "event", "contentType", "userId", "messageId"),
    *("messengerType", "chat", "fromUser", "data", "tags", "file", "location"),
)
PHONE_FORMS = (
    *("{}", "+{}", "{}@c.us", "true_{}@c.us_3EB0AAF1D2C3B4A59687", "private-{}h-5", "h{}", "a{}"),
    *("Ann {}", "tel:{}", "https://wa.me/{}", "{}@example.com", "image/{}", "#{}", "app_{}_1"),
)


@given(
    st.integers(10**10, 10**15 - 1).map(str),
    st.sampled_from(PHONE_FORMS),
    st.lists(st.sampled_from((*KNOWN_KEYS, *UNKNOWN_KEYS)), min_size=1, max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_no_phone_comes_through_in_any_field(phone: str, form: str, path: list[str]) -> None:
    text = form.format(phone)
    for leaf in (text, int(phone), {text: 1}, [[text]]):
        item: object = leaf
        for key in path:
            item = {key: item}
        event = PusherEvent(text, text, json.dumps(item))
        assert phone not in jsontext.dumps(Redactor(KEY).redact_event(event)).decode()


@given(json_values() | json_values().map(json.dumps) | hostile_text(60), hostile_text(60))
@settings(max_examples=200, deadline=None)
def test_any_event_is_masked_into_one_that_makes_records(data: object, name: str) -> None:
    event = Redactor(KEY).redact_event(PusherEvent(name, name, data))
    for one in decode_event(event, seq=17, received_at=RECEIVED_AT):
        validate_line(jsontext.dumps(as_dict(one)))


def test_deepest_data_is_masked() -> None:
    for opening, closing in (("[", "]"), ('{"data":', "}"), ('[{"a":', "}]")):
        depth = 249 // (opening.count("[") + opening.count("{"))
        text = opening * depth + '"Ann"' + closing * depth
        found = Redactor(KEY).redact_event(PusherEvent("message", None, text)).data
        assert jsontext.dumps(found).decode().count(opening) == depth
        assert "Ann" not in str(found)
