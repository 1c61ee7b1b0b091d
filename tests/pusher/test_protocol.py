import pytest

from chatapp_tail.pusher.protocol import (
    Authorization,
    CloseAction,
    ClosePolicy,
    PusherEvent,
    close_policy,
    decode_code,
    decode_envelope,
    decode_object,
    decode_text,
    subscribe_text,
)
from tests.chatapp.given import shown

GIVE_UP = ClosePolicy(CloseAction.GIVE_UP)
NOW = ClosePolicy(CloseAction.RECONNECT_NOW)
SOON = ClosePolicy(CloseAction.BACK_OFF)
LATER = ClosePolicy(CloseAction.BACK_OFF, at_least=1.0)
MUCH_LATER = ClosePolicy(CloseAction.BACK_OFF, at_least=60.0)


@pytest.mark.parametrize(
    ("code", "policy"),
    [
        (None, SOON),
        (1000, SOON),
        (3999, SOON),
        (4000, GIVE_UP),
        (4001, GIVE_UP),
        (4004, MUCH_LATER),
        (4005, GIVE_UP),
        (4009, GIVE_UP),
        (4099, GIVE_UP),
        (4100, LATER),
        (4199, LATER),
        (4200, NOW),
        (4299, NOW),
        (4300, SOON),
    ],
)
def test_close_code_decides_whether_and_when_to_reconnect(
    code: int | None, policy: ClosePolicy
) -> None:
    assert close_policy(code) == policy


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (
            r'{"event":"message","channel":"private-x","data":"{\"a\":1}"}',
            PusherEvent("message", "private-x", '{"a":1}'),
        ),
        (
            '{"event":"message","channel":"private-x","data":{"a":1}}',
            PusherEvent("message", "private-x", {"a": 1}),
        ),
        ('{"event":"pusher:pong"}', PusherEvent("pusher:pong", None, None)),
        ('{"event":"pusher:ping","data":[]}', PusherEvent("pusher:ping", None, [])),
        ('{"event":"e","channel":null,"data":5}', PusherEvent("e", None, 5)),
        ('{"event":"e","channel":7,"data":null}', PusherEvent("e", None, None)),
        ('{"event":null,"channel":"c"}', PusherEvent("", "c", None)),
        ('{"data":"x"}', PusherEvent("", None, "x")),
        ("{}", PusherEvent("", None, None)),
        ('{"event":"e","later":{}}', PusherEvent("e", None, None)),
        (r'{"event":"\ud83d","data":"\ud83d"}', PusherEvent("\ud83d", None, "\ud83d")),
    ],
)
def test_envelope_is_read_as_it_came(text: str, event: PusherEvent) -> None:
    assert decode_envelope(text.encode()) == event


def test_bytes_that_are_not_utf8_survive_as_lone_surrogates() -> None:
    message = '{"event":"é","data":"\\ud83d ж'.encode() + b'\xff\xc3"}'
    assert decode_envelope(message) == PusherEvent("é", None, "\ud83d ж\udcff\udcc3")
    assert decode_envelope(message[:-1]) is None
    assert decode_text(b"a\xff") == "a\udcff"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32-le", "utf-8-sig"])
def test_envelope_is_utf8_and_nothing_else(encoding: str) -> None:
    assert decode_envelope('{"event":"x"}'.encode(encoding)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        '{"event":5}',
        '{"event":"message"',
        '{"event":"message","data":NaN}',
        '{"data":' * 100_000,
    ],
    ids=shown,
)
def test_what_is_no_envelope_is_none(text: str) -> None:
    assert decode_envelope(text.encode()) is None


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ({"a": 1}, {"a": 1}),
        ('{"a":1}', {"a": 1}),
        ("no JSON", {}),
        (r'"{\"a\":1}"', {}),
        ("[1]", {}),
        ("[" * 100_000, {}),
        (5, {}),
    ],
    ids=shown,
)
def test_protocol_data_is_an_object_or_an_empty_one(data: object, value: object) -> None:
    assert decode_object(data) == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (4001, 4001),
        ("4001", 4001),
        (-1, -1),
        ("999999999", 999_999_999),
        ("9999999999", None),
        ("9" * 1_000_000, None),
        ("٤٠٠١", None),
        ("", None),
        (True, None),
        (None, None),
        ([4001], None),
    ],
    ids=shown,
)
def test_error_code_is_read_from_a_number_or_digits(value: object, code: int | None) -> None:
    assert decode_code(value) == code


@pytest.mark.parametrize(
    ("authorization", "text"),
    [
        (
            Authorization("key:5f"),
            '{"event":"pusher:subscribe","data":{"channel":"private-x","auth":"key:5f"}}',
        ),
        (
            Authorization("key:5f", '{"user_id":1}'),
            (
                '{"event":"pusher:subscribe","data":{"channel":"private-x","auth":"key:5f",'
                r'"channel_data":"{\"user_id\":1}"}}'
            ),
        ),
    ],
    ids=["private", "presence"],
)
def test_subscription_carries_the_authorization(authorization: Authorization, text: str) -> None:
    assert subscribe_text("private-x", authorization) == text


def test_repr_of_an_authorization_is_empty() -> None:
    assert repr(Authorization("key:5f", "x")) == "Authorization()"
