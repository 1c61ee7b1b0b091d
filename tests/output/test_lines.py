"""The formats for programs: json, raw, pretty and plain."""

import json
import re

import pytest

from chatapp_tail import jsontext
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.chatapp.fields import idempotency_key
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.pretty import PrettySink
from chatapp_tail.output.row import PlainSink, RowMaker
from chatapp_tail.output.sink import JsonSink, KeyedJsonSink, RawSink, Sink
from tests.output.given import without_colors
from tests.support.records import (
    STARTED_AT,
    of_item,
    received,
    said,
    sample_records,
)
from tests.support.schema import validate_line

STATUS = of_item({"type": "sent", "id": 5, "ok": True}, event="messageStatus")


def plain() -> PlainSink:
    return PlainSink(RowMaker(TimeFormat.UTC, STARTED_AT, cut=False))


@pytest.mark.parametrize(
    "sink",
    [JsonSink(), RawSink(), plain(), PrettySink(color=True)],
    ids=lambda sink: type(sink).__name__,
)
def test_formats_for_programs_have_no_header(sink: Sink) -> None:
    assert sink.header() == b""


def test_only_raw_takes_a_frame_for_its_unit() -> None:
    assert RawSink().per_frame
    assert not any(sink.per_frame for sink in (JsonSink(), plain(), PrettySink(color=True)))


def test_json_is_the_record_version_1_in_one_line() -> None:
    assert JsonSink().render(STATUS) == (
        b'{"v":1,"kind":"event","seq":17,"received_at":"2026-11-22T11:39:24.521Z",'
        b'"occurred_at":null,"event":"messageStatus",'
        b'"channel":"private-v1.licenses.1229.messengers.telegram","scope":"license",'
        b'"license":1229,"messenger":"telegram","company":null,"user":null,'
        b'"index":0,"count":1,"chat_id":null,"message_id":"5","author":null,'
        b'"data":{"type":"sent","id":5,"ok":true},"meta":null}\n'
    )


def test_record_with_its_key_is_the_record_and_the_webhooks_key() -> None:
    line = KeyedJsonSink().render(STATUS)
    assert line.endswith(b'"}\n')
    record = validate_line(line)
    assert record.pop("idempotency_key") == idempotency_key([STATUS])
    assert jsontext.dumps(record) + b"\n" == JsonSink().render(STATUS)


@pytest.mark.parametrize("name", EVENTS)
def test_raw_is_the_payload_with_its_wrapper(name: str) -> None:
    for sample in samples(name):
        wrapped = {"queue": "q", "payload": sample}
        for sent in (sample, wrapped, json.dumps(sample), json.dumps(wrapped)):
            decoded = json.loads(sent) if isinstance(sent, str) else sent
            line = RawSink().render(received(sent, event=name)[0])
            assert line.count(b"\n") == 1
            assert json.loads(line) == decoded


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ('{"b": 1,\n "a": [2, 3]}', b'{"b":1,"a":[2,3]}\n'),
        ("no JSON\n", b'"no JSON\\n"\n'),
        (None, b"null\n"),
        ("", b'""\n'),
        ({"data": [1, 2, 3]}, b'{"data":[1,2,3]}\n'),
    ],
)
def test_raw_is_one_line_of_json_whatever_was_sent(sent: object, line: bytes) -> None:
    assert RawSink().render(received(sent)[0]) == line


def test_pretty_is_indented_and_colored_by_kind() -> None:
    written = PrettySink(color=True).render(STATUS)
    assert '  "data": {\n    "type": "sent",\n    "id": 5,\n    "ok": true\n  },\n' in (
        without_colors(written)
    )
    painted = re.findall(rb'(\x1b\[[\d;]+m)("type"|"sent"|5|true)\x1b\[0m', written)
    assert [token for _, token in painted] == [b'"type"', b'"sent"', b"5", b"true"]
    assert len({color for color, _ in painted}) == 4


@pytest.mark.parametrize(
    "text",
    ['"', '": 1', "\\", '\\": ', "a: 1, true", "null", "-1.5e3", '{"a": 1}'],
)
def test_pretty_takes_no_text_for_another_token(text: str) -> None:
    line = PrettySink(color=True).render(of_item({"a": text})).decode()
    assert f": \x1b[32m{json.dumps(text)}\x1b[0m\n" in line


def test_pretty_takes_a_moment_for_a_text_of_megabytes() -> None:
    text = 'x"' * 1_000_000
    written = PrettySink(color=True).render(said(text))
    assert len(written) > 3_000_000


CHAT_ID = "private-243232294h-5444116472189911315"
PLAIN_ROWS = [
    "11:39:24\t1229/telegram\tmessage\t123\tTest Test\t← +1829d Test (↩ test)\n",
    "11:39:24\t1229/telegram\tmessageStatus\t42213\t+7 000 000-00-00\t✓✓ delivered\n",
    f"11:39:24\t1229/telegram\tmessageDestroy\t1252\t{CHAT_ID}\tdeleted\n",
    "11:39:24\t1229/telegram\tmessageReaction\tz58j\t+7 989 972-50-00\t😂\n",
    '11:39:24\t1229/telegram\tchatTag\t\tgroup-54911000655\t+ tag "test 1"\n',
]


def test_plain_is_tab_separated_and_never_cut() -> None:
    sink = plain()
    assert [sink.render(record).decode() for record in sample_records()[:5]] == PLAIN_ROWS
    assert sink.render(said("x" * 10_000)).count(b"x") == 10_000


def test_plain_has_no_color_and_shows_tabs() -> None:
    assert plain().render(said("a\tb\n[/]", "A\tnn")).decode() == (
        "11:39:24\t1229/telegram\tmessage\t5\tA\\tnn\t← a\\tb\\n[/]\n"
    )
