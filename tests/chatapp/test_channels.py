import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.channels import (
    MESSENGER_TYPES,
    Channel,
    Scope,
    license_channel,
    parse_name,
    parse_spec,
    similar_messengers,
)
from chatapp_tail.errors import UsageError
from tests.chatapp.given import shown


@pytest.mark.parametrize(
    ("spec", "name", "ids"),
    [
        (
            "1229/grWhatsApp",
            "private-v1.licenses.1229.messengers.grWhatsApp",
            Channel("", Scope.LICENSE, license=1229, messenger="grWhatsApp"),
        ),
        (
            "company/2224",
            "private-v1.companies.2224",
            Channel("", Scope.COMPANY, company=2224),
        ),
        ("user/685", "private-v1.users.685", Channel("", Scope.USER, user=685)),
        (
            "company/2224/user/685",
            "private-v1.companies.2224.users.685",
            Channel("", Scope.EMPLOYEE, company=2224, user=685),
        ),
        (
            "user/999999999999999999",
            "private-v1.users.999999999999999999",
            Channel("", Scope.USER, user=999_999_999_999_999_999),
        ),
    ],
)
def test_spec_and_name_are_the_same_channel(spec: str, name: str, ids: Channel) -> None:
    channel = ids._replace(name=name)
    assert parse_spec(spec) == channel
    assert parse_spec(name) == channel
    assert parse_name(name) == channel
    assert channel.spec == spec


@pytest.mark.parametrize("messenger", [*MESSENGER_TYPES, "new-type_2", "a.b", "x" * 100])
def test_any_messenger_type_of_the_right_shape_passes(messenger: str) -> None:
    name = f"private-v1.licenses.1229.messengers.{messenger}"
    channel = Channel(name, Scope.LICENSE, license=1229, messenger=messenger)
    assert parse_spec(f"1229/{messenger}") == channel
    assert license_channel("1229", messenger) == channel
    assert parse_name(name) == channel


@pytest.mark.parametrize(
    "spec",
    ["", "/", "1229", "1229/", "/telegram", "telegram/1229", "1229/*", "1229/telegram/x",
     "1229/telegram\n", " 1229/telegram", "1229/tele gram", "1229/телеграм", "1229/" + "x" * 101,
     "-1/telegram", "01229/telegram", "١٢٢٩/telegram", "1²/telegram", "9" * 19 + "/telegram",
     "9" * 1_000_000 + "/telegram", "company/", "company/x", "company/2224/", "company/2224/user",
     "company/2224/user/x", "company/2224/users/685", "companies/2224", "user/", "user/٦٨٥",
     "user/685/", "User/685", "presence-v1.users.685", "{license}/telegram"],
    ids=shown,
)  # fmt: skip
def test_what_is_no_spec_is_a_usage_error_that_shows_the_forms(spec: str) -> None:
    with pytest.raises(UsageError, match="is not a channel") as caught:
        parse_spec(spec)
    assert caught.value.hint == (
        "A channel is written 1229/telegram, company/2224, company/2224/user/685, user/685 "
        "or a full private-… name."
    )


@pytest.mark.parametrize(
    "name",
    ["private-v2.licenses.1229.messengers.telegram", "private-v1.licenses.1229",
     "private-v1.licenses.01229.messengers.telegram", "private-v1.users." + "9" * 19,
     "private-v1.users.-1", "private-v1-users-685", "private-anything_=@,.;"],
)  # fmt: skip
def test_full_name_of_another_shape_passes_unchanged_and_without_ids(name: str) -> None:
    assert parse_spec(name) == Channel(name)
    assert parse_name(name) == Channel(name)
    assert Channel(name).spec == name


@pytest.mark.parametrize(
    "name",
    ["private-a b", "private-a\n", "private-\x1b[2J", "private-канал", "private-a/b", "private-*",
     "private-" + "x" * 193],
    ids=shown,
)  # fmt: skip
def test_full_name_that_no_server_accepts_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="is not a channel name") as caught:
        parse_spec(name)
    assert caught.value.hint == (
        "A name has at most 200 letters, digits and the characters _ - = @ , . ;"
    )
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    "name",
    ["", "1229/telegram", "private-v1.users.٦٨٥", "private-v1.users.685\n", "\ud83d",
     "private-v1.licenses.1229.messengers.\x1b]0;x\x07",
     "private-v1.licenses.1229.messengers.\u202etelegram",
     "private-v1.companies." + "1" * 1_000_000],
    ids=shown,
)  # fmt: skip
def test_hostile_name_from_the_server_is_kept_without_ids(name: str) -> None:
    assert parse_name(name) == Channel(name)


digits = st.text("0123456789", min_size=1, max_size=20)


@given(
    st.builds("private-v1.licenses.{}.messengers.{}".format, digits, st.text("aZ5_=@,.;-"))
    | st.builds("private-v1.companies.{}.users.{}".format, digits, digits)
)
@settings(max_examples=100, deadline=None)
def test_spec_of_a_channel_is_parsed_as_the_same_channel(name: str) -> None:
    assert parse_spec(parse_name(name).spec) == parse_name(name)


@pytest.mark.parametrize(
    "license_id", ["", "x", "-1", "1.5", "01229", "١٢٢٩", "9" * 19, "1229/telegram", "1229\n"]
)
def test_wrong_licence_is_named(license_id: str) -> None:
    with pytest.raises(UsageError) as caught:
        license_channel(license_id, "telegram")
    assert caught.value.message == f"{license_id!r} is not a licence id"
    assert caught.value.hint == (
        "A licence id is a number, as in: --license 1229 --messenger telegram"
    )


@pytest.mark.parametrize("messenger", ["", "*", "a b", "a/b", "a\n", "телеграм", "x" * 101])
def test_wrong_messenger_is_named_with_the_known_types(messenger: str) -> None:
    with pytest.raises(UsageError) as caught:
        license_channel("1229", messenger)
    assert caught.value.message == f"{messenger!r} is not a messenger type"
    assert caught.value.hint == (
        "Known types: grWhatsApp, caWhatsApp, WhatsApp, telegram, telegramBot, avito, "
        "vkontakte, email, instagram."
    )


@pytest.mark.parametrize(
    ("messenger", "similar"),
    [
        *((known, "") for known in MESSENGER_TYPES),
        ("whatsapp", "grWhatsApp caWhatsApp WhatsApp"),
        ("gr-whatsapp", "grWhatsApp"),
        ("Telegram", "telegram"),
        ("telegramm", "telegram"),
        ("telegram-bot", "telegramBot"),
        ("viber", ""),
        ("", ""),
        ("телеграм", ""),
    ],
)
def test_similar_messenger_types_are_found(messenger: str, similar: str) -> None:
    assert " ".join(similar_messengers(messenger)) == similar
