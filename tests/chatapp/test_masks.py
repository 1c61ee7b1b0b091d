"""Masks of single values. The literal masks must never change: --redact-key promises it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.redaction.masks import Kind, Masks
from tests.chatapp.given import hostile_text, shown

KEY = b"the key of these tests"


def mask(kind: Kind, value: str) -> str:
    return Masks(KEY).mask(kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        (Kind.PHONE, "79990000000", "phone-jlw475hj7e"),
        (Kind.PHONE, "+7 999 000-00-00", "phone-jlw475hj7e"),
        (Kind.PHONE, "0079990000000", "phone-jlw475hj7e"),
        (Kind.PHONE, "+7\u00a0999\u2011000\u201100\u201100", "phone-jlw475hj7e"),
        (Kind.PHONE, "٧٩٩٩٠٠٠٠٠٠٠", "phone-jlw475hj7e"),
        (Kind.NAME, "+7 (999) 000-00-00", "phone-jlw475hj7e"),
        (Kind.USER, "79990000000", "phone-jlw475hj7e"),
        (Kind.UNKNOWN, " 79990000000\n", "phone-jlw475hj7e"),
        (Kind.TEXT, "79990000000", "text-jlw475hj7e(11)"),
        (Kind.KEY, "79990000000", "key-jlw475hj7e"),
        (Kind.ID, "79990000000", "phone-jlw475hj7e"),
        (Kind.ID, "79990000000@c.us", "phone-jlw475hj7e@c.us"),
        (Kind.ID, "+79990000000@c.us", "phone-jlw475hj7e@c.us"),
        (Kind.ID, "79990000000:12@s.whatsapp.net", "phone-jlw475hj7e:12@s.whatsapp.net"),
        (Kind.ID, "79990000000-1400000000@g.us", "phone-jlw475hj7e-ikjv5ocqwn@g.us"),
    ],
    ids=shown,
)
def test_person_is_the_same_in_each_form_of_the_phone(kind: Kind, value: str, masked: str) -> None:
    assert mask(kind, value) == masked


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        (Kind.ID, "120363025246125486@g.us", "id-prjd3qmffy@g.us"),
        (Kind.ID, "123456789012345@lid", "id-junepin3ax@lid"),
        (Kind.ID, "1480005234", "id-2pqfdqh6hg"),
        (Kind.ID, "private-1480005234h1360003129730259258", "private-2pqfdqh6hg-h-oncmq4m2yq"),
        (Kind.ID, "h1360003129730259258", "h-oncmq4m2yq"),
        (Kind.ID, "private-243232294h-5444116472189911315", "private-37q7z4ge4m-h-e5cnq4qnc7"),
        (Kind.ID, "group-54911000655", "group-4vsoqszkyu"),
        (Kind.ID, "u2i-abc", "id-rwly3zlrqy"),
        (Kind.ID, "Test@Test.test", "email-fcxnpifljp"),
    ],
    ids=shown,
)
def test_ids_of_chats_and_persons_keep_their_form(kind: Kind, value: str, masked: str) -> None:
    assert mask(kind, value) == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("wamid.HBgLNzk4OTk3MjU0NDIVAgARGBIyNjYzNkVEMTcyOTczMDgxMEEA", "wamid.ctwms5rjvr"),
        (
            "true_79990000000@c.us_3EB0AAF1D2C3B4A59687",
            "true_phone-jlw475hj7e@c.us_3EB0AAF1D2C3B4A59687",
        ),
        (
            "false_79990000000-1400000000@g.us_3EB0AAF1D2C3B4A59687_79990000001@c.us",
            "false_phone-jlw475hj7e-ikjv5ocqwn@g.us_3EB0AAF1D2C3B4A59687_phone-mdhitynm5o@c.us",
        ),
        ("true_79990000000@c.us_79990000000", "true_phone-jlw475hj7e@c.us_phone-jlw475hj7e"),
        ("79990000000@c.us", "phone-jlw475hj7e@c.us"),
        ("msg_1", "id-v5s4fnavoe"),
    ],
    ids=shown,
)
def test_message_ids_lose_the_phones_in_them(value: str, masked: str) -> None:
    assert mask(Kind.MESSAGE_ID, value) == masked


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        (Kind.NAME, "Test Test", "name-7hk5p4lxjh"),
        (Kind.NAME, "test@test.test", "email-fcxnpifljp"),
        (Kind.USER, "username_test", "user-opltuxw4sa"),
        (Kind.USER, "@Username_Test", "@user-opltuxw4sa"),
        (Kind.EMAIL, "Test@Test.test", "email-fcxnpifljp"),
        (Kind.UNKNOWN, "test@test.test ", "email-fcxnpifljp"),
        (Kind.UNKNOWN, "x y", "text-m7uxvfvkph(3)"),
        (Kind.TEXT, "Test", "text-fayhllqi7k(4)"),
        (Kind.TEXT, "", ""),
        (Kind.TEXT, "\ud83d", "text-zvekfpyvk3(1)"),
        (Kind.LINK, "https://a.example/x.JPG?y=1#z", "https://masked.invalid/24dc7gftow.jpg"),
        (Kind.LINK, "HTTP://a.example/x.ivan", "http://masked.invalid/hu5h67watt"),
        (Kind.LINK, "t.me/ann", "link-6iwyq3duey"),
        (Kind.LINK, "data.jpg", "link-aacr7yonvz.jpg"),
        (Kind.NAME, "https://a.example/x.JPG?y=1#z", "https://masked.invalid/24dc7gftow.jpg"),
        (Kind.FILE, "Цены 2026.pdf", "file-dwaosek2hk.pdf"),
        (Kind.FILE, "Report.ivan", "file-rmo7klwddt"),
        (Kind.FILE, "Report", "file-6liq2wl2zi"),
        (Kind.PLACE, "43.2389", "place-ct3kul33pn"),
        (Kind.EVENT, "Анна", "event-qg6em6sfd4"),
        (Kind.CHANNEL, "a b", "channel-sx7ctfbddn"),
    ],
    ids=shown,
)
def test_mask_begins_with_the_kind_of_the_value(kind: Kind, value: str, masked: str) -> None:
    assert mask(kind, value) == masked


def test_other_key_makes_other_masks() -> None:
    assert mask(Kind.NAME, "Ann") == Masks(KEY).mask(Kind.NAME, "Ann")
    assert mask(Kind.NAME, "Ann") != Masks(KEY + b".").mask(Kind.NAME, "Ann")
    assert Masks(b"k" * 1000).mask(Kind.NAME, "Ann") != Masks(b"k" * 999).mask(Kind.NAME, "Ann")


def test_hundred_thousand_phones_have_different_masks() -> None:
    masks = Masks(KEY)
    people = range(79_990_000_000, 79_990_100_000)
    assert len({masks.mask(Kind.PHONE, str(phone)) for phone in people}) == 100_000
    assert masks.mask(Kind.PHONE, "79990000000") == "phone-jlw475hj7e"


@given(st.sampled_from(list(Kind)), hostile_text(40) | st.text("0123456789@.h-_+ ", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_short_mask_without_a_phone(kind: Kind, value: str) -> None:
    masked = mask(kind, value)
    assert (masked == value) == (value == "")
    assert len(masked) <= 120
    assert re.search(r"\d{10}", masked) is None


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("unit", ["7", "7a", "a@", "a.", "@.", " ", "true_", "(-", "h"])
def test_a_hostile_megabyte_has_a_short_mask(kind: Kind, unit: str) -> None:
    assert len(mask(kind, unit * (1_000_000 // len(unit)))) <= 40
