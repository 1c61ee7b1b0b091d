from collections.abc import Mapping
from io import StringIO

import pytest

from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.status import Status, Verbosity
from tests.support.fake_clock import FakeClock
from tests.support.schema import record_validator, validate_line


class Reported:
    """A reporter, its messages and its notices."""

    def __init__(self, verbosity: int = Verbosity.NORMAL, *, notices: bool = True) -> None:
        self._stream = StringIO()
        self.lines: list[tuple[bytes, int]] = []
        status = Status(self._stream, verbosity)
        self.reporter = Reporter(status, FakeClock(), self._put if notices else None)

    @property
    def said(self) -> str:
        return self._stream.getvalue()

    def notices(self) -> list[dict[str, object]]:
        """Return the notices; fails for one that the shipped schema doesn't allow."""
        notices = []
        for text, records in self.lines:
            assert (text.count(b"\n"), records) == (1, 1)
            assert text.endswith(b"}\n")
            notices.append(validate_line(text))
        return notices

    def _put(self, lines: bytes, records: int) -> bool:
        self.lines.append((lines, records))
        return True


def notice_types() -> list[str]:
    """Return the types that the shipped schema allows."""
    schema = record_validator().schema
    assert isinstance(schema, Mapping)
    types: list[str] = schema["$defs"]["notice"]["properties"]["type"]["enum"]
    return types


def test_notice_is_a_record_of_version_1_with_its_facts() -> None:
    reported = Reported()
    reported.reporter.say("heartbeat", "all is well", silence=60.5, since_pong=None)
    assert reported.said == "chatapp-tail: all is well\n"
    assert reported.lines[0][0] == (
        b'{"v":1,"kind":"notice","at":"2026-11-22T12:00:00.000Z","type":"heartbeat",'
        b'"silence":60.5,"since_pong":null}\n'
    )


@pytest.mark.parametrize("notice", notice_types())
def test_each_type_of_notice_is_in_the_shipped_schema(notice: str) -> None:
    reported = Reported()
    reported.reporter.note(notice, channels=["a"], reason="silent")
    (line,) = reported.notices()
    assert (line["type"], line["channels"], line["reason"]) == (notice, ["a"], "silent")


@pytest.mark.parametrize(
    ("verbosity", "said"),
    [
        (Verbosity.QUIET, ""),
        (Verbosity.NORMAL, "chatapp-tail: b\nchatapp-tail: warning: c\n  next\n"),
        (
            Verbosity.VERBOSE,
            "chatapp-tail: a\nchatapp-tail: b\nchatapp-tail: warning: c\n  next\n",
        ),
    ],
)
def test_verbosity_is_for_the_words_and_not_for_the_notices(verbosity: int, said: str) -> None:
    reported = Reported(verbosity)
    reported.reporter.detail("connected", "a", socket_id="1.1")
    reported.reporter.say("subscribed", "b", channel="x")
    reported.reporter.warn("retry", "c", "next", delay=1.5)
    reported.reporter.note("lost", reason="silent")
    assert reported.said == said
    assert [line["type"] for line in reported.notices()] == [
        *["connected", "subscribed", "retry", "lost"],
    ]


def test_without_anybody_who_asked_there_are_words_alone() -> None:
    reported = Reported(notices=False)
    reported.reporter.say("subscribed", "words", channel="x")
    reported.reporter.note("lost", reason="silent")
    assert reported.said == "chatapp-tail: words\n"
    assert reported.lines == []


def test_hostile_facts_stay_in_one_safe_line() -> None:
    reported = Reported()
    hostile = "\x1b[2J\n\u202e\ud83d\u2028\x9b"
    reported.reporter.warn("refused", hostile, hostile, reason=hostile, channel=hostile)
    (line,) = reported.notices()
    assert (line["reason"], line["channel"]) == (hostile, hostile)
    assert reported.said.splitlines() == [
        "chatapp-tail: warning: \\x1b[2J\\n\\u202e\\ud83d\\u2028\\x9b",
        "  \\x1b[2J",
        "  \\u202e\\ud83d",
        "  \\x9b",
    ]


def test_times_are_those_of_the_clock() -> None:
    clock, taken = FakeClock(), list[bytes]()

    def put(lines: bytes, records: int) -> bool:
        assert records == 1
        taken.append(lines)
        return True

    reporter = Reporter(Status(StringIO()), clock, put)
    clock.advance(61.25)
    reporter.note("lost")
    assert b'"at":"2026-11-22T12:01:01.250Z"' in taken[0]


def test_secrets_are_masked_in_facts_and_never_in_what_holds_them() -> None:
    reported = Reported()
    reported.reporter.status.hide("peculiar_fact")
    reported.reporter.note(
        "retry", peculiar_fact="of peculiar_fact", channels=["x-peculiar_fact"], delay=1.5
    )
    assert reported.lines[0][0].endswith(
        b'"type":"retry","peculiar_fact":"of ***","channels":["x-***"],"delay":1.5}\n'
    )
